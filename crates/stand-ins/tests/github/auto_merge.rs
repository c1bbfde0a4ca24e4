//! Auto-merge, merge queues and pull requests over GraphQL.
//! <https://docs.github.com/en/graphql/reference/mutations>
#![expect(
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::scene::{NAME, Scene, refusal};
use serde_json::{Value, json};
use stand_ins::GitHubEvent;
use stand_ins::github::{Level, Rule, Token, TokenKind};
use std::time::Duration;

async fn read(scene: &Scene, number: u64, fields: &str) -> Value {
    let query = format!(
        "query {{ repository(owner: \"kyma-project\", name: \"btp-manager\") {{ pullRequest(number: {number}) {{ {fields} }} }} }}"
    );
    let answer = scene.api.graphql(&query, Value::Null).await.body;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["repository"]["pullRequest"].clone()
}

/// The answer of a mutation, or the first error's type and message.
async fn mutate(
    scene: &Scene,
    number: u64,
    name: &str,
    more: Value,
) -> Result<Value, (String, String)> {
    let mut input = more;
    input["pullRequestId"] = read(scene, number, "id").await["id"].clone();
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let answer = if name == "enqueuePullRequest" {
        "mergeQueueEntry { position state }"
    } else {
        "pullRequest { state merged }"
    };
    let query = format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ clientMutationId {answer} }} }}"
    );
    let body = scene
        .api
        .graphql(&query, json!({ "input": input }))
        .await
        .body;
    match body["errors"].get(0) {
        Some(error) => {
            let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            Err((text("type"), text("message")))
        }
        None => Ok(body["data"][name].clone()),
    }
}

fn refused<T>(message: &str) -> Result<T, (String, String)> {
    Err(("UNPROCESSABLE".to_owned(), message.to_owned()))
}

fn rule(change: impl FnOnce(&mut Rule)) -> Rule {
    let mut rule = Rule {
        refs: "refs/heads/main".into(),
        ..Rule::default()
    };
    change(&mut rule);
    rule
}

#[tokio::test]
async fn a_pull_request_is_read_by_graphql() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    scene.repository(|repository| {
        repository.set_check("bump", "build", None);
        repository.review(number, "grace", "APPROVED");
    });
    let fields = "state isDraft mergeable mergeStateStatus reviewDecision headRefOid baseRefOid \
        autoMergeRequest { mergeMethod } mergeQueueEntry { position } isInMergeQueue mergeCommit { oid } \
        files(first: 9) { nodes { path additions deletions changeType } } reviews(first: 9) { nodes { state author { login } } } \
        statusCheckRollup { state contexts(first: 9) { nodes { __typename ... on CheckRun { name status conclusion } } } }";
    let early = read(&scene, number, "mergeable mergeStateStatus").await;
    assert_eq!(
        early,
        json!({ "mergeable": "UNKNOWN", "mergeStateStatus": "UNKNOWN" })
    );
    scene.settled(number).await;
    let head = scene.api.get("branches/bump").await.body["commit"]["sha"].clone();
    assert_eq!(
        read(&scene, number, fields).await,
        json!({
            "state": "OPEN", "isDraft": false, "mergeable": "MERGEABLE", "mergeStateStatus": "UNSTABLE",
            "reviewDecision": null, "headRefOid": head, "baseRefOid": scene.api.tip(),
            "autoMergeRequest": null, "mergeQueueEntry": null, "isInMergeQueue": false, "mergeCommit": null,
            "files": { "nodes": [{ "path": "a.yaml", "additions": 1, "deletions": 1, "changeType": "MODIFIED" }] },
            "reviews": { "nodes": [{ "state": "APPROVED", "author": { "login": "grace" } }] },
            "statusCheckRollup": { "state": "PENDING", "contexts": { "nodes": [
                { "__typename": "CheckRun", "name": "build", "status": "IN_PROGRESS", "conclusion": null }] } },
        })
    );
}

/// <https://github.com/peter-evans/enable-pull-request-automerge/issues/343>
#[tokio::test]
async fn auto_merge_waits_for_the_checks_and_refuses_what_is_clean() {
    let scene = Scene::start().await;
    let number = scene.open("bump").await;
    let enable = || {
        mutate(
            &scene,
            number,
            "enablePullRequestAutoMerge",
            json!({ "mergeMethod": "SQUASH", "clientMutationId": "x" }),
        )
    };
    assert_eq!(
        enable().await,
        refused("Auto merge is not allowed for this repository")
    );
    scene.repository(|repository| repository.merge_settings.auto_merge = true);
    assert_eq!(
        enable().await,
        refused("Pull request Pull request is in clean status")
    );
    scene.repository(|repository| repository.set_check("bump", "lint", Some("failure")));
    assert_eq!(
        enable().await,
        refused("Pull request Pull request is in unstable status")
    );
    scene.repository(|repository| {
        repository
            .rules
            .push(rule(|rule| rule.required_checks = vec!["build".into()]));
    });
    let enabled = enable().await.unwrap();
    assert_eq!(enabled["clientMutationId"], "x");
    let pull = scene.settled(number).await;
    assert_eq!(
        (
            &pull["auto_merge"]["merge_method"],
            &pull["auto_merge"]["enabled_by"]["login"]
        ),
        (&json!("squash"), &json!("ada"))
    );
    let off = mutate(&scene, number, "disablePullRequestAutoMerge", json!({})).await;
    assert!(off.is_ok(), "{off:?}");
    assert_eq!(
        read(&scene, number, "autoMergeRequest { mergeMethod }").await["autoMergeRequest"],
        Value::Null
    );
    enable().await.unwrap();
    let mut events = scene.api.github.events();
    scene.repository(|repository| repository.set_check("bump", "build", Some("failure")));
    assert_eq!(scene.state(number).await, "blocked");
    scene.repository(|repository| repository.set_check("bump", "build", Some("success")));
    let merged = scene.api.get(&format!("pulls/{number}")).await.body;
    assert_eq!(
        (
            &merged["merged"],
            &merged["merged_by"]["login"],
            &merged["merge_commit_sha"],
            &merged["auto_merge"]
        ),
        (
            &json!(true),
            &json!("ada"),
            &json!(scene.api.tip()),
            &Value::Null
        )
    );
    assert!(matches!(
        events.recv().await.unwrap(),
        GitHubEvent::PullMerged { .. }
    ));
}

#[tokio::test]
async fn a_queue_merges_one_after_the_other_and_drops_what_conflicts() {
    let scene = Scene::start().await;
    let enqueue = |number| mutate(&scene, number, "enqueuePullRequest", json!({}));
    scene.repository(|repository| {
        repository.push("rival", "ada", "Rival", &[("a.yaml", Some("version: 3\n"))]);
    });
    let number = scene.open("bump").await;
    assert_eq!(
        enqueue(number).await,
        refused("Merge queue is not enabled for the base branch")
    );
    scene.repository(|repository| {
        repository
            .rules
            .push(rule(|rule| rule.merge_queue = Some("squash".into())));
    });
    let rival = scene.open("rival").await;
    let direct = scene.merge(number, Value::Null).await;
    let words =
        "Repository rule violations found\n\nChanges must be made through the merge queue\n\n";
    assert_eq!(refusal(&direct), (405, words));
    for (number, position) in [(number, 1), (rival, 2)] {
        let entry = enqueue(number).await.unwrap();
        assert_eq!(entry["mergeQueueEntry"]["position"], position);
    }
    assert_eq!(
        enqueue(rival).await,
        refused("Pull request is already in the merge queue")
    );
    scene.settled(number).await;
    assert_eq!(
        read(&scene, number, "isInMergeQueue isMergeQueueEnabled").await,
        json!({ "isInMergeQueue": true, "isMergeQueueEnabled": true })
    );
    scene.clock.advance(Duration::from_mins(1));
    let merged = scene.api.get(&format!("pulls/{number}")).await.body;
    assert_eq!(merged["merged"], true);
    let commit = scene.api.get("commits/main").await.body;
    assert_eq!(commit["parents"].as_array().unwrap().len(), 1, "squashed");
    scene.settled(rival).await;
    assert_eq!(
        read(&scene, rival, "state isInMergeQueue mergeable").await,
        json!({ "state": "OPEN", "isInMergeQueue": false, "mergeable": "CONFLICTING" })
    );
}

/// With a queue, auto-merge means the queue, at once or when the requirements are met.
#[tokio::test]
async fn auto_merge_puts_into_the_queue() {
    let scene = Scene::start().await;
    scene.repository(|repository| {
        repository.merge_settings.auto_merge = true;
        repository.rules.push(rule(|rule| {
            rule.merge_queue = Some("merge".into());
            rule.required_checks = vec!["build".into()];
        }));
    });
    let number = scene.open("bump").await;
    mutate(&scene, number, "enablePullRequestAutoMerge", json!({}))
        .await
        .unwrap();
    scene.settled(number).await;
    assert_eq!(
        read(&scene, number, "isInMergeQueue").await["isInMergeQueue"],
        false
    );
    scene.repository(|repository| repository.set_check("bump", "build", Some("success")));
    assert_eq!(
        read(&scene, number, "isInMergeQueue").await["isInMergeQueue"],
        true
    );
    scene.clock.advance(Duration::from_mins(1));
    assert_eq!(read(&scene, number, "state").await["state"], "MERGED");
}

#[tokio::test]
async fn pull_requests_are_made_and_merged_by_graphql() {
    let mut scene = Scene::start().await;
    let repository = "query { repository(owner: \"kyma-project\", name: \"btp-manager\") { id } }";
    let id =
        scene.api.graphql(repository, Value::Null).await.body["data"]["repository"]["id"].clone();
    let create = "mutation($input: CreatePullRequestInput!) { createPullRequest(input: $input) { pullRequest { number url } } }";
    let input =
        json!({ "repositoryId": id, "title": "t", "headRefName": "bump", "baseRefName": "main" });
    let made = scene
        .api
        .graphql(create, json!({ "input": input }))
        .await
        .body;
    assert_eq!(
        made["data"]["createPullRequest"]["pullRequest"]["number"], 4,
        "{made}"
    );
    let again = scene
        .api
        .graphql(create, json!({ "input": input }))
        .await
        .body;
    assert_eq!(
        again["errors"][0]["message"],
        "A pull request already exists for kyma-project:bump."
    );
    let unknown = json!({ "input": { "repositoryId": id, "title": "t", "head": "bump", "baseRefName": "main" } });
    let unknown = scene.api.graphql(create, unknown).await.body;
    let messages: Vec<_> = unknown["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["message"].as_str().unwrap())
        .collect();
    assert_eq!(
        messages,
        [
            "InputObject 'CreatePullRequestInput' doesn't accept argument 'head'",
            "Argument 'headRefName' on InputObject 'CreatePullRequestInput' is required. Expected type String!"
        ]
    );
    let stale = json!({ "expectedHeadOid": scene.api.tip() });
    let stale = mutate(&scene, 4, "mergePullRequest", stale).await;
    assert_eq!(
        stale,
        refused("Head branch was modified. Review and try the merge again.")
    );
    let narrow = Token::new(
        TokenKind::App,
        "bot[bot]",
        stand_ins::github::Rights {
            contents: Level::Read,
            ..Default::default()
        },
    );
    scene.api.github.world().token("narrow", narrow);
    scene.api.act_as(Some("narrow"));
    for name in [
        "mergePullRequest",
        "enablePullRequestAutoMerge",
        "closePullRequest",
    ] {
        let forbidden = mutate(&scene, 4, name, json!({})).await;
        let words = "Resource not accessible by integration";
        assert_eq!(forbidden, Err(("FORBIDDEN".into(), words.into())), "{name}");
    }
    scene.api.act_as(Some("person"));
    let merged = mutate(
        &scene,
        4,
        "mergePullRequest",
        json!({ "mergeMethod": "REBASE" }),
    )
    .await
    .unwrap();
    assert_eq!(
        merged["pullRequest"],
        json!({ "state": "MERGED", "merged": true })
    );
    let message = scene.api.github.world().repository(NAME).tip();
    let message = scene.api.get(&format!("commits/{message}")).await.body;
    assert_eq!(message["commit"]["message"], "Bump a");
}
