//! Releases behave as <https://docs.github.com/en/rest/releases/releases> says, traps included.

use super::common::Api;
use serde_json::json;

/// "Get a published release with the specified tag": a draft is 404 by tag, there by id and in the list,
/// and GraphQL's `release(tagName:)` finds it.
#[tokio::test]
async fn a_draft_is_found_by_id_list_and_graphql_but_not_by_tag() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;

    assert_eq!(api.get("releases/tags/2.0.0").await.status, 404);
    assert_eq!(
        api.get(&format!("releases/{id}")).await.body["tag_name"],
        "2.0.0"
    );
    assert_eq!(api.get("releases").await.body[0]["id"], id);
    let query = "query($t: String!) { repository(owner: \"kyma-project\", name: \"btp-manager\") \
                 { release(tagName: $t) { databaseId isDraft } } }";
    let found = api.graphql(query, json!({ "t": "2.0.0" })).await;
    assert_eq!(
        found.body["data"]["repository"]["release"],
        json!({ "databaseId": id, "isDraft": true })
    );
}

/// Drafts are not unique per tag; GraphQL shows one of them only.
#[tokio::test]
async fn a_tag_may_have_many_drafts() {
    let api = Api::start().await;
    let (first, second) = (api.draft("2.0.0").await, api.draft("2.0.0").await);
    assert_ne!(first, second);
    assert_eq!(
        api.github
            .world()
            .repository("kyma-project/btp-manager")
            .releases_of("2.0.0")
            .len(),
        2
    );
}

/// Publishing creates the missing tag at `target_commitish`, and `created_at` becomes the commit's date.
#[tokio::test]
async fn publishing_makes_the_tag() {
    let api = Api::start().await;
    let (id, tip) = (api.draft("2.0.0").await, api.tip());
    assert_eq!(api.get("git/ref/tags/2.0.0").await.status, 404);

    let patch = json!({ "tag_name": "2.0.0", "draft": false });
    let published = api.patch(&format!("releases/{id}"), patch).await;

    assert_eq!(
        (published.status, &published.body["draft"]),
        (200, &json!(false))
    );
    assert_eq!(
        api.get("git/ref/tags/2.0.0").await.body["object"]["sha"],
        tip
    );
    assert_eq!(api.get("releases/tags/2.0.0").await.id(), id);
    assert_eq!(api.get("releases/latest").await.id(), id);
    let date = api.get(&format!("commits/{tip}")).await.body["commit"]["committer"]["date"].clone();
    assert_eq!(published.body["created_at"], date);
}
