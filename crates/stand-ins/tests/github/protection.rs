//! Rules of branches: <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-protected-branches/about-protected-branches>.

use super::scene::{Scene, refusal};
use serde_json::{Value, json};
use stand_ins::github::{Rule, StoredReviewRule};

fn on_main() -> Rule {
    Rule {
        name: "main".into(),
        refs: "refs/heads/main".into(),
        ..Rule::default()
    }
}

/// <https://github.com/pascalgn/automerge-action/issues/41>
#[tokio::test]
async fn required_checks_and_reviews_block_until_they_are_there() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        repository.rules.push(Rule {
            classic: true,
            required_checks: vec!["build".into()],
            pull_request: Some(StoredReviewRule {
                approvals: 1,
                ..StoredReviewRule::default()
            }),
            ..on_main()
        });
    });
    let number = scene.open("bump").await;
    assert_eq!(scene.state(number).await, "blocked");
    let review = "At least 1 approving review is required by reviewers with write access.";
    let refused = scene.merge(number, Value::Null).await;
    let words = format!("Required status check \"build\" is expected. {review}");
    assert_eq!(refusal(&refused), (405, words.as_str()));
    scene.repository(|repository| repository.set_check("bump", "build", None));
    let refused = scene.merge(number, Value::Null).await;
    let words = format!("Required status check \"build\" is in progress. {review}");
    assert_eq!(refusal(&refused), (405, words.as_str()));
    scene.repository(|repository| repository.set_check("bump", "build", Some("success")));
    let refused = scene.merge(number, Value::Null).await;
    assert_eq!(refusal(&refused), (405, review));
    scene.repository(|repository| repository.review(number, "grace", "CHANGES_REQUESTED"));
    assert_eq!(scene.state(number).await, "blocked");
    scene.repository(|repository| repository.review(number, "grace", "APPROVED"));
    assert_eq!(scene.state(number).await, "clean");
    assert_eq!(scene.merge(number, Value::Null).await.status, 200);
}

#[tokio::test]
async fn a_check_that_is_not_required_makes_it_unstable() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    scene.repository(|repository| repository.set_check("bump", "lint", Some("failure")));
    assert_eq!(scene.state(number).await, "unstable");
    scene.repository(|repository| repository.set_check("bump", "lint", Some("success")));
    assert_eq!(scene.state(number).await, "clean");
}

#[tokio::test]
async fn a_head_that_has_to_be_up_to_date_falls_behind() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        repository.rules.push(Rule {
            up_to_date: true,
            ..on_main()
        });
    });
    let number = scene.open("bump").await;
    assert_eq!(scene.state(number).await, "clean");
    scene.repository(|repository| {
        repository.push("main", "ada", "Go on", &[("c", Some("1"))]);
    });
    assert_eq!(scene.state(number).await, "behind");
    assert_eq!(scene.merge(number, Value::Null).await.status, 405);
    let path = format!("pulls/{number}/update-branch");
    let stale = json!({ "expected_head_sha": scene.api.tip() });
    assert_eq!(scene.api.call("PUT", &path, stale).await.status, 422);
    assert_eq!(scene.api.call("PUT", &path, json!({})).await.status, 202);
    assert_eq!(scene.state(number).await, "clean");
    assert_eq!(
        scene.api.call("PUT", &path, json!({})).await.status,
        422,
        "nothing new"
    );
}

/// <https://github.com/googleapis/repo-automation-bots/issues/5551>
#[tokio::test]
async fn pushes_to_a_protected_branch_are_refused() {
    let scene = Scene::start().await;
    let head = scene.api.get("branches/bump").await.body["commit"]["sha"].clone();
    let push = || {
        scene
            .api
            .patch("git/refs/heads/main", json!({ "sha": head }))
    };
    for classic in [true, false] {
        scene.repository(|repository| {
            repository.rules = vec![Rule {
                classic,
                pull_request: Some(StoredReviewRule::default()),
                ..on_main()
            }];
        });
        let plain = "Changes must be made through a pull request.";
        let ruleset = format!("Repository rule violations found\n\n{plain}\n\n");
        let words = if classic { plain } else { ruleset.as_str() };
        assert_eq!(refusal(&push().await), (422, words));
        assert_eq!(scene.api.get("branches/main").await.body["protected"], true);
    }
    let rules = scene.api.get("rules/branches/main").await.body;
    assert_eq!(rules[0]["type"], "pull_request");
    assert_eq!(rules[0]["parameters"]["required_approving_review_count"], 0);
    scene.repository(|repository| {
        repository.rules[0].bypass.insert("ada".into());
    });
    assert_eq!(push().await.status, 200, "who may bypass it");
}

#[tokio::test]
async fn code_owners_of_changed_files_have_to_approve() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        let owners = "* @linus\n*.yaml @grace @kyma-project/release # all of them\n";
        repository.push("main", "ada", "Own", &[("CODEOWNERS", Some(owners))]);
        repository.rules.push(Rule {
            pull_request: Some(StoredReviewRule {
                code_owners: true,
                dismiss_stale: true,
                ..StoredReviewRule::default()
            }),
            ..on_main()
        });
    });
    let number = scene.open("bump").await;
    scene.repository(|repository| repository.review(number, "linus", "APPROVED"));
    assert_eq!(scene.state(number).await, "blocked");
    let refused = scene.merge(number, Value::Null).await;
    let (_, words) = refusal(&refused);
    assert!(
        words.contains("Waiting on code owner review from @grace and/or @kyma-project/release."),
        "{words}"
    );
    scene.repository(|repository| repository.review(number, "grace", "APPROVED"));
    assert_eq!(scene.state(number).await, "clean");
    scene.repository(|repository| {
        repository.push("bump", "ada", "More", &[("b.yaml", Some("x"))]);
    });
    assert_eq!(
        scene.state(number).await,
        "blocked",
        "the push made the approvals void"
    );
}

/// <https://docs.github.com/en/rest/pulls/reviews>
#[tokio::test]
async fn reviews_are_asked_for_given_and_dismissed() {
    let mut scene = Scene::start().await;
    let number = scene.open("bump").await;
    let path = |rest: &str| format!("pulls/{number}/{rest}");
    let asked = json!({ "reviewers": ["grace"] });
    assert_eq!(
        scene
            .api
            .post(&path("requested_reviewers"), asked)
            .await
            .status,
        201
    );
    let approve = json!({ "event": "APPROVE" });
    let own = scene.api.post(&path("reviews"), approve.clone()).await;
    assert_eq!(refusal(&own), (422, "Unprocessable Entity"));
    assert_eq!(
        own.body["errors"],
        json!(["Can not approve your own pull request"])
    );
    scene.api.act_as(Some("reviewer"));
    let review = scene.api.post(&path("reviews"), approve).await;
    assert_eq!(
        (review.status, &review.body["state"]),
        (200, &json!("APPROVED"))
    );
    let left = scene.api.get(&path("requested_reviewers")).await.body;
    assert_eq!(left["users"], json!([]));
    let dismiss = path(&format!("reviews/{}/dismissals", review.id()));
    let body = json!({ "message": "outdated" });
    assert_eq!(
        scene.api.call("PUT", &dismiss, body).await.body["state"],
        "DISMISSED"
    );
    assert_eq!(
        scene.api.get(&path("reviews")).await.body[0]["state"],
        "DISMISSED"
    );
}
