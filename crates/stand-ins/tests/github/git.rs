//! Refs, tags, commits: <https://docs.github.com/en/rest/git/refs>, <https://docs.github.com/en/rest/git/tags>,
//! <https://docs.github.com/en/rest/commits/commits>.

use super::common::{Api, REPOSITORY};
use serde_json::json;
use stand_ins::GitHubEvent;
use stand_ins::github::{Enforcement, Rule, Token, TokenKind};

const NAME: &str = "kyma-project/btp-manager";

/// "Reference already exists": of fifty callers at once, one makes it.
#[tokio::test]
async fn create_ref_refuses_existing_ref() {
    let api = Api::start().await;
    let body = json!({ "ref": "refs/release-locks/2.0.0", "sha": api.tip() });
    let callers = (0..50).map(|_| {
        let request = api.request("POST", "git/refs").json(&body);
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    });
    let callers: Vec<_> = callers.collect();
    let mut made = 0;
    for caller in callers {
        match caller.await.unwrap() {
            201 => made += 1,
            status => assert_eq!(status, 422),
        }
    }
    assert_eq!(made, 1);
    let again = api.post("git/refs", body).await;
    assert_eq!(again.body["message"], "Reference already exists");
}

/// "Delete a reference": 204, and 422 "Reference does not exist" the second time.
#[tokio::test]
async fn delete_ref_refuses_missing_ref() {
    let api = Api::start().await;
    assert_eq!(api.delete("git/refs/tags/1.0.0").await.status, 204);
    let again = api.delete("git/refs/tags/1.0.0").await;
    assert_eq!(
        (again.status, &again.body["message"]),
        (422, &json!("Reference does not exist"))
    );
}

/// A published release without its tag is a draft, which is not found by its tag and is never the latest.
#[tokio::test]
async fn deleting_a_tag_turns_its_release_into_a_draft() {
    let api = Api::start().await;
    let published = api.get("releases/tags/1.0.0").await;
    assert_eq!(
        (published.status, &published.body["draft"]),
        (200, &json!(false))
    );
    let id = published.id();
    assert_eq!(api.get("releases/latest").await.id(), id);
    api.delete("git/refs/tags/1.0.0").await;
    let draft = api.get(&format!("releases/{id}")).await;
    assert_eq!(draft.body["draft"], true);
    assert_eq!(draft.body["published_at"], json!(null));
    for hidden in ["releases/tags/1.0.0", "releases/latest"] {
        assert_eq!(api.get(hidden).await.status, 404, "{hidden}");
    }
}

/// "force: … Leaving this out or setting it to false will make sure you're not overwriting work."
#[tokio::test]
async fn update_ref_refuses_non_fast_forward_without_force() {
    let api = Api::start().await;
    let (tip, old) = (
        api.tip(),
        api.get("git/ref/tags/1.0.0").await.body["object"]["sha"].clone(),
    );
    let path = "git/refs/tags/1.0.0";
    assert_eq!(api.patch(path, json!({ "sha": tip })).await.status, 200);
    let refused = api.patch(path, json!({ "sha": old })).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (422, &json!("Update is not a fast forward"))
    );
    assert_eq!(
        api.patch(path, json!({ "sha": old, "force": true }))
            .await
            .status,
        200
    );
}

/// "Create a tag object" makes no ref: "you'll have to create the ref"; a ref to it says type `tag`.
#[tokio::test]
async fn annotated_tag_needs_object_and_ref() {
    let api = Api::start().await;
    let mut events = api.github.events();
    let tag = json!({ "tag": "2.0.0", "message": "m", "object": api.tip(), "type": "commit" });
    let sha = api.post("git/tags", tag).await.body["sha"].clone();
    assert_eq!(api.get("git/ref/tags/2.0.0").await.status, 404);
    let made = api
        .post("git/refs", json!({ "ref": "refs/tags/2.0.0", "sha": sha }))
        .await;
    assert_eq!(made.body["object"]["type"], "tag");
    let object = api
        .get(&format!("git/tags/{}", sha.as_str().unwrap()))
        .await;
    assert_eq!(object.body["object"]["sha"], api.tip());
    assert_eq!(api.get("commits/2.0.0").await.body["sha"], api.tip());
    let event = GitHubEvent::TagCreated {
        repository: NAME.to_owned(),
        tag: "2.0.0".to_owned(),
        commit: api.tip(),
        by: TokenKind::GitHubToken,
    };
    assert_eq!(events.recv().await.unwrap(), event);
}

/// "List matching references": by prefix, and none is an empty list.
#[tokio::test]
async fn matching_refs_filters_by_prefix() {
    let api = Api::start().await;
    assert_eq!(
        api.get("git/matching-refs/tags/1.").await.body[0]["ref"],
        "refs/tags/1.0.0"
    );
    assert_eq!(api.get("git/matching-refs/tags/9").await.body, json!([]));
}

/// A ruleset restricts creations; publishing meets the same rule in another form:
/// <https://github.com/googleapis/release-please-action/issues/1194>
#[tokio::test]
async fn rulesets_refuse_tag_creation_update_and_deletion() {
    let api = Api::start().await;
    let rule = Rule {
        refs: "refs/tags/*".to_owned(),
        creation: true,
        ..Rule::default()
    };
    api.github.world().repository(NAME).rules.push(rule);
    let refused = api
        .post(
            "git/refs",
            json!({ "ref": "refs/tags/2.0.0", "sha": api.tip() }),
        )
        .await;
    let words = "Repository rule violations found\n\nCannot create ref due to creations being restricted.\n\n";
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (422, &json!(words))
    );
    let refused = api.post("releases", json!({ "tag_name": "2.0.0" })).await;
    let error = &refused.body["errors"][0];
    assert_eq!(
        (&error["field"], &error["message"]),
        (
            &json!("pre_receive"),
            &json!(format!("pre_receive {words}"))
        )
    );
}

/// Workflow files that would newly be shown take the right `workflows`, which a job's token never has:
/// through releases the target is compared with the default branch, through refs a commit that is
/// reachable passes. <https://github.blog/changelog/2023-11-02-github-actions-enforcing-workflow-scope-when-creating-a-release/>
#[tokio::test]
async fn changed_workflow_files_need_workflows_permission() {
    let mut api = Api::start().await;
    let sha = {
        let mut world = api.github.world();
        world.token("pat", Token::pat("ada"));
        world
            .repository(NAME)
            .on("release-1.0")
            .commit_workflows("Change CI", "other")
            .tip()
    };
    let draft = json!({ "tag_name": "2.0.0", "target_commitish": sha, "draft": true });
    let refused = api.post("releases", draft.clone()).await;
    assert_eq!(refused.status, 403);
    let accepted = "contents=write; contents=write,workflows=write";
    assert_eq!(refused.header("x-accepted-github-permissions"), accepted);
    assert_eq!(
        api.post("git/refs", json!({ "ref": "refs/tags/2.0.0", "sha": sha }))
            .await
            .status,
        201
    );
    assert_eq!(api.post("releases", draft).await.status, 201);

    api.github
        .world()
        .repository(NAME)
        .refs
        .remove("refs/heads/release-1.0");
    api.delete("git/refs/tags/2.0.0").await;
    let create = json!({ "ref": "refs/tags/2.0.0", "sha": sha });
    assert_eq!(api.post("git/refs", create.clone()).await.status, 403);
    api.act_as(Some("pat"));
    assert_eq!(api.post("git/refs", create).await.status, 201);
}

/// "Get a commit": what is unknown is 422 "No commit found for SHA".
#[tokio::test]
async fn unknown_commit_is_422() {
    let api = Api::start().await;
    let missing = api.get("commits/nowhere").await;
    assert_eq!(
        (missing.status, &missing.body["message"]),
        (422, &json!("No commit found for SHA: nowhere"))
    );
    assert_eq!(
        api.get("branches/nowhere").await.body["message"],
        "Branch not found"
    );
    assert_eq!(api.get("commits/main").await.body["sha"], api.tip());
}

/// "Compare two commits": oldest first, with the number of all of them.
#[tokio::test]
async fn compare_counts_and_pages_commits() {
    let api = Api::start().await;
    let found = api.get("compare/1.0.0...main?per_page=1").await;
    assert_eq!(
        (&found.body["status"], &found.body["total_commits"]),
        (&json!("ahead"), &json!(2))
    );
    assert_eq!(
        found.body["commits"][0]["commit"]["message"],
        "Read the secret once (#2)"
    );
    assert!(found.header("link").contains("rel=\"next\""));
    assert_eq!(api.get("compare/main...1.0.0").await.body["behind_by"], 2);
}

/// "List pull requests associated with a commit", and their labels.
#[tokio::test]
async fn commit_pulls_lists_merged_pull_request() {
    let api = Api::start().await;
    let pulls = api.get(&format!("commits/{}/pulls", api.tip())).await;
    assert_eq!(pulls.body[0]["number"], 3);
    assert_eq!(
        api.get("issues/3/labels").await.body[0]["name"],
        "kind/feature"
    );
    assert_eq!(
        api.get("pulls?state=closed&per_page=1").await.body[0]["number"],
        3
    );
    assert_eq!(api.get("pulls").await.body, json!([]));
}

/// "follow redirects … 307 keeps the method": a renamed repository.
#[tokio::test]
async fn renamed_repository_redirects_reads_and_writes() {
    let api = Api::start().await;
    api.github
        .world()
        .renamed
        .insert("kyma-project/old".to_owned(), NAME.to_owned());
    let moved = api.get("/repos/kyma-project/old/releases?per_page=1").await;
    assert_eq!(moved.status, 301);
    assert_eq!(api.get(moved.header("location")).await.status, 200);
    assert_eq!(
        api.post("/repos/kyma-project/old/releases", json!({}))
            .await
            .status,
        307
    );
    assert_eq!(api.get(REPOSITORY).await.body["permissions"]["push"], true);
}

/// Anyone may read the rulesets, with what they are for and whether the caller may bypass them; who else may, only those who may edit them.
#[tokio::test]
async fn rulesets_tell_whether_the_caller_may_bypass_them() {
    let api = Api::start().await;
    {
        let mut world = api.github.world();
        let rules = &mut world.repository(NAME).rules;
        for (refs, enforcement) in [
            ("refs/heads/*", Enforcement::Active),
            ("refs/tags/v*", Enforcement::Active),
            ("refs/tags/*", Enforcement::Evaluate),
        ] {
            rules.push(Rule {
                name: format!("Rules for {refs}"),
                refs: refs.to_owned(),
                enforcement,
                creation: true,
                ..Rule::default()
            });
        }
    }
    let listed = api.get("rulesets?targets=tag").await;
    let entries = listed.body.as_array().unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (&entry["target"], &entry["enforcement"], entry.get("rules")))
        .collect();
    let tag = json!("tag");
    assert_eq!(
        told,
        [
            (&tag, &json!("active"), None),
            (&tag, &json!("evaluate"), None)
        ]
    );
    let path = format!("rulesets/{}", entries[0]["id"]);
    let one = api.get(&path).await.body;
    assert_eq!(
        one["conditions"]["ref_name"]["include"],
        json!(["refs/tags/v*"])
    );
    assert_eq!(one["rules"], json!([{ "type": "creation" }]));
    assert_eq!(one["current_user_can_bypass"], "never");
    assert_eq!(one.get("bypass_actors"), None);
    api.github.world().repository(NAME).rules[1]
        .bypass
        .insert("github-actions[bot]".to_owned());
    assert_eq!(
        api.get(&path).await.body["current_user_can_bypass"],
        "always"
    );
    assert_eq!(api.get("rulesets/9").await.status, 404);
}
