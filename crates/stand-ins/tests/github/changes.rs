//! Comparisons, the search for pull requests, files and milestones over GraphQL.

use super::common::Api;
use serde_json::{Value, json};
use stand_ins::github::StoredMilestone;

const REPOSITORY: &str = "repository(owner: \"kyma-project\", name: \"btp-manager\")";

async fn api() -> Api {
    let api = Api::start().await;
    let mut world = api.github.world();
    let repository = world.repository("kyma-project/btp-manager");
    repository
        .files
        .insert(".github/release.yml".into(), "changelog: {}".into());
    repository
        .merge_commit("Add a step", "ada", &["kind/bug"])
        .commit_by(
            "Pair\n\nCo-authored-by: Mary <mary@users.noreply.github.com>",
            None,
        )
        .on("release-1.0")
        .commit("Elsewhere");
    repository.milestones.push(StoredMilestone {
        title: "1.1.0".into(),
        state: "open".into(),
        items: vec![1, 2],
    });
    drop(world);
    api
}

/// <https://docs.github.com/en/graphql/reference/objects#comparison>
#[tokio::test]
async fn graphql_compares_a_ref_with_a_commit() {
    let api = api().await;
    let query = format!(
        "query {{ {REPOSITORY} {{ ref(qualifiedName: \"refs/tags/1.0.0\") {{ compare(headRef: \"main\") {{
            status aheadBy behindBy commits(first: 4) {{ totalCount pageInfo {{ hasNextPage }} nodes {{
                messageHeadline authors(first: 5) {{ nodes {{ user {{ login }} }} }}
                associatedPullRequests(first: 1) {{ nodes {{ number }} }}
            }} }} }} }} missing: ref(qualifiedName: \"refs/tags/9\") {{ name }} }} }}"
    );
    let answer = api.graphql(&query, Value::Null).await;
    let found = &answer.body["data"]["repository"];
    assert_eq!(found["missing"], Value::Null, "{}", answer.body);
    let compare = &found["ref"]["compare"];
    assert_eq!(compare["status"], "AHEAD");
    assert_eq!(
        (&compare["aheadBy"], &compare["behindBy"]),
        (&json!(5), &json!(0))
    );
    let commits = &compare["commits"];
    assert_eq!(
        (&commits["totalCount"], &commits["pageInfo"]["hasNextPage"]),
        (&json!(5), &json!(true))
    );
    let told: Vec<_> = commits["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|commit| {
            let pull = &commit["associatedPullRequests"]["nodes"][0]["number"];
            (commit["messageHeadline"].as_str().unwrap(), pull.as_u64())
        })
        .collect();
    // Oldest first; the commit of a merged branch belongs to its pull request as the merge does.
    assert_eq!(
        told,
        [
            ("Read the secret once (#2)", Some(2)),
            ("Support a proxy (#3)", Some(3)),
            ("Add a step", Some(4)),
            ("Merge pull request #4 from ada/ada-4", Some(4)),
        ]
    );
    let query = format!(
        "query {{ {REPOSITORY} {{ object(expression: \"main\") {{ ... on Commit {{ authors(first: 5) {{ nodes {{ name user {{ login }} }} }} }} }} }} }}"
    );
    let answer = api.graphql(&query, Value::Null).await;
    let authors = &answer.body["data"]["repository"]["object"]["authors"]["nodes"];
    assert_eq!(
        *authors,
        json!([{ "name": "Somebody Unknown", "user": null }, { "name": "Mary", "user": { "login": "mary" } }])
    );
}

/// <https://docs.github.com/en/search-github/searching-on-github/searching-issues-and-pull-requests>
#[tokio::test]
async fn graphql_counts_merged_pull_requests_of_an_author() {
    let api = api().await;
    for (rest, expected) in [
        ("author:ada", 2),
        ("author:ADA merged:<2025-01-06T11:00:00Z", 1),
        ("author:ada merged:<2025-01-06T10:00:00Z", 0),
        ("author:app/ada", 0),
        ("author:ada unknown:x", 0),
    ] {
        let search = format!("repo:kyma-project/btp-manager is:pr is:merged {rest}");
        let query =
            "query($q: String!) { search(query: $q, type: ISSUE, first: 1) { issueCount } }";
        let answer = api.graphql(query, json!({ "q": search })).await;
        assert_eq!(
            answer.body["data"]["search"]["issueCount"], expected,
            "{rest}: {}",
            answer.body
        );
    }
}

/// <https://docs.github.com/en/graphql/reference/objects#milestone>
#[tokio::test]
async fn graphql_serves_files_and_milestones() {
    let api = api().await;
    let query = format!(
        "query {{ {REPOSITORY} {{
            file: object(expression: \"main:.github/release.yml\") {{ __typename ... on Blob {{ text byteSize }} }}
            none: object(expression: \"main:nothing\") {{ __typename }}
            milestones(first: 5, query: \"1.1\") {{ nodes {{ title state
                open: pullRequests(first: 5, states: [OPEN]) {{ totalCount }}
                merged: pullRequests(first: 5, states: [MERGED]) {{ totalCount }}
                issues(first: 5) {{ totalCount }} }} }}
            others: milestones(first: 5, query: \"2\") {{ totalCount }}
        }} }}"
    );
    let answer = api.graphql(&query, Value::Null).await;
    let count = |n: u32| json!({ "totalCount": n });
    assert_eq!(
        answer.body["data"]["repository"],
        json!({
            "file": { "__typename": "Blob", "text": "changelog: {}", "byteSize": 13 },
            "none": null,
            "milestones": { "nodes": [{
                "title": "1.1.0", "state": "OPEN",
                "open": count(0), "merged": count(2), "issues": count(0),
            }] },
            "others": count(0),
        }),
        "{}",
        answer.body
    );
}
