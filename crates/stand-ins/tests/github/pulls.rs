//! Pull requests: <https://docs.github.com/en/rest/pulls/pulls>.

use super::common::REPOSITORY;
use super::scene::{NAME, Scene, refusal};
use serde_json::{Value, json};
use stand_ins::GitHubEvent;
use stand_ins::github::{Level, Token, TokenKind};
use std::time::Duration;

#[tokio::test]
async fn a_pull_request_is_made_found_and_read() {
    let scene = Scene::start().await;
    let mut events = scene.api.github.events();
    let number = scene.open("bump").await;
    assert_eq!(number, 4, "after three seeded ones");
    let opened = events.recv().await.unwrap();
    assert!(
        matches!(
            opened,
            GitHubEvent::PullOpened {
                number: 4,
                by: TokenKind::Pat,
                ..
            }
        ),
        "{opened:?}"
    );
    let found = scene
        .api
        .get("pulls?head=kyma-project:bump&base=main")
        .await;
    let found = &found.body[0];
    assert_eq!(found["number"], 4);
    assert_eq!(found["head"]["ref"], "bump");
    assert_eq!(found["head"]["label"], "kyma-project:bump");
    assert_eq!(found["base"]["sha"], scene.api.tip());
    assert_eq!(found["user"]["login"], "ada");
    assert_eq!(found.get("mergeable"), None, "not in lists");
    for none in [
        "pulls?head=kyma-project:other",
        "pulls?head=ada:bump",
        "pulls?base=other",
    ] {
        assert_eq!(scene.api.get(none).await.body, json!([]), "{none}");
    }
    let unfiltered = scene.api.get("pulls?head=nothing").await.body;
    assert_eq!(
        unfiltered[0]["number"], 4,
        "a head without its owner filters nothing"
    );
    let commits = scene.api.get("pulls/4/commits").await.body;
    assert_eq!(commits[0]["commit"]["message"], "Bump a");
    let files = scene.api.get("pulls/4/files").await.body;
    assert_eq!(
        (
            &files[0]["filename"],
            &files[0]["status"],
            &files[0]["patch"]
        ),
        (
            &json!("a.yaml"),
            &json!("modified"),
            &json!("@@ -1,1 +1,1 @@\n-version: 1\n+version: 2")
        )
    );
    assert_eq!(files.as_array().unwrap().len(), 1);
}

/// "The value of the mergeable attribute can be true, false, or null", and null while a job works it out.
#[tokio::test]
async fn whether_it_can_be_merged_is_known_later() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    let read = || async { scene.api.get(&format!("pulls/{number}")).await.body };
    let first = read().await;
    assert_eq!(
        (
            &first["mergeable"],
            &first["mergeable_state"],
            &first["merge_commit_sha"]
        ),
        (&Value::Null, &json!("unknown"), &Value::Null)
    );
    scene.clock.advance(Duration::from_millis(999));
    assert_eq!(read().await["mergeable"], Value::Null);
    scene.clock.advance(Duration::from_millis(1));
    let known = read().await;
    assert_eq!(
        (&known["mergeable"], &known["mergeable_state"]),
        (&json!(true), &json!("clean"))
    );
    assert!(known["merge_commit_sha"].is_string());
    scene.repository(|repository| {
        repository.push("main", "ada", "Go on", &[("b.yaml", Some("version: 3\n"))]);
    });
    assert_eq!(read().await["mergeable"], Value::Null, "main moved");
    assert_eq!(scene.state(number).await, "clean");
    scene.repository(|repository| {
        repository.push("main", "ada", "Other", &[("a.yaml", Some("version: 9\n"))]);
    });
    let dirty = scene.settled(number).await;
    assert_eq!(
        (&dirty["mergeable"], &dirty["mergeable_state"]),
        (&json!(false), &json!("dirty"))
    );
    let refused = scene.merge(number, Value::Null).await;
    assert_eq!(refusal(&refused), (405, "Pull Request is not mergeable"));
}

#[tokio::test]
async fn what_cannot_be_a_pull_request_is_refused() {
    let scene = Scene::start().await;
    scene.open("bump").await;
    scene.repository(|repository| {
        let tip = repository.branch_tip("main").unwrap();
        repository.refs.insert("refs/heads/same".into(), tip);
    });
    let cases = [
        (
            "bump",
            "main",
            json!({ "resource": "PullRequest", "code": "custom", "message": "A pull request already exists for kyma-project:bump." }),
        ),
        (
            "same",
            "main",
            json!({ "resource": "PullRequest", "code": "custom", "message": "No commits between main and same" }),
        ),
        (
            "none",
            "main",
            json!({ "resource": "PullRequest", "code": "invalid", "field": "head" }),
        ),
        (
            "someone:bump",
            "main",
            json!({ "resource": "PullRequest", "code": "invalid", "field": "head" }),
        ),
        (
            "bump",
            "none",
            json!({ "resource": "PullRequest", "code": "invalid", "field": "base" }),
        ),
    ];
    for (head, base, error) in cases {
        let body = json!({ "title": "t", "head": head, "base": base });
        let refused = scene.api.post("pulls", body).await;
        assert_eq!(
            refusal(&refused),
            (422, "Validation Failed"),
            "{head} {base}"
        );
        assert_eq!(refused.body["errors"], json!([error]), "{head} {base}");
    }
    let long = json!({ "title": "t", "head": "bump", "base": "main", "body": "x".repeat(65_537) });
    assert_eq!(scene.api.post("pulls", long).await.status, 422);
}

#[tokio::test]
async fn a_squash_makes_one_commit_with_one_parent() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        repository.merge_settings.delete_branch_on_merge = true;
        repository.push("bump", "ada", "Bump b", &[("b.yaml", Some("version: 2\n"))]);
    });
    let number = scene.open("bump").await;
    let head = scene.settled(number).await["head"]["sha"].clone();
    let before = scene.api.tip();
    let stale = scene
        .merge(number, json!({ "sha": before, "merge_method": "squash" }))
        .await;
    let words = "Head branch was modified. Review and try the merge again.";
    assert_eq!(refusal(&stale), (409, words));
    let merged = scene
        .merge(number, json!({ "sha": head, "merge_method": "squash" }))
        .await;
    assert_eq!(merged.status, 200, "{}", merged.body);
    let commit = scene.api.get("commits/main").await.body;
    assert_eq!(commit["sha"], merged.body["sha"]);
    assert_eq!(commit["parents"].as_array().unwrap().len(), 1);
    assert_eq!(commit["parents"][0]["sha"], before);
    assert_eq!(
        commit["commit"]["message"],
        "Merge bump (#4)\n\n* Bump a\n\n* Bump b"
    );
    assert_eq!(commit["commit"]["verification"]["verified"], true);
    let read = scene.api.get("pulls/4").await.body;
    assert_eq!(
        (
            &read["state"],
            &read["merged"],
            &read["merge_commit_sha"],
            &read["merged_by"]["login"]
        ),
        (
            &json!("closed"),
            &json!(true),
            &merged.body["sha"],
            &json!("ada")
        )
    );
    assert_eq!(
        read["head"]["sha"], head,
        "kept although the branch is gone"
    );
    assert_eq!(scene.api.get("branches/bump").await.status, 404);
    assert_eq!(scene.api.get("pulls/4/merge").await.status, 204);
    let again = scene.merge(number, Value::Null).await;
    assert_eq!(refusal(&again), (405, "Pull Request is not mergeable"));
    let file = scene
        .api
        .github
        .world()
        .repository(NAME)
        .file_at("main", "b.yaml");
    assert_eq!(file, Some(b"version: 2\n".to_vec()));
    let pulls = format!("commits/{}/pulls", merged.body["sha"].as_str().unwrap());
    assert_eq!(scene.api.get(&pulls).await.body[0]["number"], 4);
}

#[tokio::test]
async fn merge_and_rebase_keep_the_commits() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    let head = scene.settled(number).await["head"]["sha"].clone();
    let before = scene.api.tip();
    let own = json!({ "commit_title": "Title", "commit_message": "Text" });
    assert_eq!(scene.merge(number, own).await.status, 200);
    let merge = scene.api.get("commits/main").await.body;
    assert_eq!(merge["commit"]["message"], "Title\n\nText");
    let parents: Vec<_> = merge["parents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|parent| &parent["sha"])
        .collect();
    assert_eq!(parents, [&json!(before), &head]);

    scene.repository(|repository| {
        repository.push("two", "grace", "One", &[("c", Some("1"))]);
        repository.push("two", "grace", "Two", &[("c", Some("2"))]);
        repository.push("main", "ada", "Go on", &[("d", Some("1"))]);
    });
    let tip = scene.api.tip();
    let number = scene.open("two").await;
    // What is pushed here is dated a minute after its parent.
    scene.clock.advance(Duration::from_mins(2));
    assert_eq!(
        scene
            .merge(number, json!({ "merge_method": "rebase" }))
            .await
            .status,
        200
    );
    let commits = scene.api.get("commits?per_page=3").await.body;
    let messages: Vec<_> = commits
        .as_array()
        .unwrap()
        .iter()
        .map(|commit| commit["commit"]["message"].as_str().unwrap())
        .collect();
    assert_eq!(messages, ["Two", "One", "Go on"]);
    assert_eq!(commits[2]["sha"], tip);
    assert_eq!(commits[0]["author"]["login"], "grace");

    scene.repository(|repository| {
        repository.merge_settings.methods.remove("squash");
        repository.push("three", "ada", "Three", &[("e", Some("1"))]);
    });
    let number = scene.open("three").await;
    let refused = scene
        .merge(number, json!({ "merge_method": "squash" }))
        .await;
    assert_eq!(
        refusal(&refused),
        (405, "Squash merges are not allowed on this repository.")
    );
}

#[tokio::test]
async fn a_pull_request_is_edited_closed_and_opened_again() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    let path = format!("pulls/{number}");
    let edited = scene
        .api
        .patch(&path, json!({ "title": "New", "body": "text" }))
        .await;
    assert_eq!(
        (&edited.body["title"], &edited.body["body"]),
        (&json!("New"), &json!("text"))
    );
    let closed = scene.api.patch(&path, json!({ "state": "closed" })).await;
    assert_eq!(
        (&closed.body["state"], &closed.body["merged"]),
        (&json!("closed"), &json!(false))
    );
    assert_eq!(scene.api.get("pulls").await.body, json!([]));
    assert_eq!(
        scene
            .api
            .patch(&path, json!({ "state": "open" }))
            .await
            .body["state"],
        "open"
    );
    scene.repository(|repository| repository.delete_branch("bump"));
    let gone = scene.api.get(&path).await.body;
    assert_eq!(gone["state"], "closed", "its branch was deleted");
    assert_eq!(
        scene
            .api
            .patch(&path, json!({ "state": "open" }))
            .await
            .status,
        422
    );
    let labels = json!({ "labels": ["kind/chore"] });
    assert_eq!(
        scene
            .api
            .post(&format!("issues/{number}/labels"), labels)
            .await
            .status,
        200
    );
    assert_eq!(
        scene.api.get(&path).await.body["labels"][0]["name"],
        "kind/chore"
    );
}

/// A push of the head into the base merges as well; a head that is moved back to the base is closed.
#[tokio::test]
async fn what_is_pushed_by_hand_merges_or_closes() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    scene.settled(number).await;
    scene.repository(|repository| {
        let head = repository.branch_tip("bump").unwrap();
        repository.refs.insert("refs/heads/main".into(), head);
    });
    let read = scene.api.get(&format!("pulls/{number}")).await.body;
    assert_eq!(
        (&read["merged"], &read["merge_commit_sha"]),
        (&json!(true), &json!(scene.api.tip()))
    );

    scene.repository(|repository| {
        repository.push("other", "ada", "Other", &[("c", Some("1"))]);
    });
    let number = scene.open("other").await;
    scene.settled(number).await;
    scene.repository(|repository| {
        let tip = repository.branch_tip("main").unwrap();
        repository.refs.insert("refs/heads/other".into(), tip);
    });
    let read = scene.api.get(&format!("pulls/{number}")).await.body;
    assert_eq!(
        (&read["state"], &read["merged"]),
        (&json!("closed"), &json!(false))
    );
}

#[tokio::test]
async fn rights_and_the_setting_for_jobs_are_kept() {
    let mut scene = Scene::start().await;
    {
        let mut world = scene.api.github.world();
        let job = Token::github_token().with(|rights| rights.pull_requests = Level::Write);
        world.token("job", job);
        let narrow = Token::app("bot")
            .only_for(NAME)
            .with(|rights| rights.contents = Level::Read);
        world.token("narrow", narrow);
        world.repository("kyma-project/other").commit("Begin");
        world
            .repository("kyma-project/hidden")
            .commit("Begin")
            .private = true;
    }
    let body = json!({ "title": "t", "head": "bump", "base": "main" });
    scene.api.act_as(Some("gh-token"));
    let refused = scene.api.post("pulls", body.clone()).await;
    assert_eq!(
        refusal(&refused),
        (403, "Resource not accessible by integration")
    );
    assert_eq!(
        refused.header("x-accepted-github-permissions"),
        "pull_requests=write"
    );
    scene.api.act_as(Some("job"));
    let refused = scene.api.post("pulls", body.clone()).await;
    let words = "GitHub Actions is not permitted to create or approve pull requests.";
    assert_eq!(refusal(&refused), (403, words));
    scene.repository(|repository| repository.merge_settings.actions_create_pulls = true);
    let mut events = scene.api.github.events();
    assert_eq!(scene.api.post("pulls", body.clone()).await.status, 201);
    let opened = events.recv().await.unwrap();
    assert!(matches!(
        opened,
        GitHubEvent::PullOpened {
            by: TokenKind::GitHubToken,
            ..
        }
    ));
    scene.api.act_as(Some("narrow"));
    let refused = scene.merge(4, Value::Null).await;
    assert_eq!(
        refusal(&refused),
        (403, "Resource not accessible by integration")
    );
    assert_eq!(
        refused.header("x-accepted-github-permissions"),
        "contents=write"
    );
    let elsewhere = scene
        .api
        .post("/repos/kyma-project/other/pulls", body.clone())
        .await;
    assert_eq!(elsewhere.status, 403);
    let hidden = scene
        .api
        .post("/repos/kyma-project/hidden/pulls", body)
        .await;
    assert_eq!(hidden.status, 404);
    assert_eq!(
        scene.api.get(&format!("{REPOSITORY}/pulls")).await.status,
        200
    );
}

/// <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
#[tokio::test]
async fn commits_and_comparisons_name_the_changed_files() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        repository.push(
            "main",
            "ada",
            "Go on",
            &[("b.yaml", None), ("c", Some("1"))],
        );
    });
    let changed = |body: &Value| -> Vec<String> {
        let files = body["files"].as_array().unwrap().iter();
        let text = |file: &Value, field: &str| file[field].as_str().unwrap().to_owned();
        files
            .map(|file| text(file, "status") + " " + &text(file, "filename"))
            .collect()
    };
    let commit = scene.api.get("commits/main").await.body;
    assert_eq!(changed(&commit), ["removed b.yaml", "added c"]);
    let compared = scene.api.get("compare/main...bump").await.body;
    assert_eq!(
        changed(&compared),
        ["modified a.yaml"],
        "since the branch began"
    );
}
