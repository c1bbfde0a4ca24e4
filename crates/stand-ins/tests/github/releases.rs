//! Releases behave as documented (<https://docs.github.com/en/rest/releases/releases>), surprising cases included.

use super::common::Api;
use serde_json::json;
use stand_ins::Options;
use stand_ins::github::{GitHubWorld, Untagged};

/// "Get a published release with the specified tag": a draft is 404 by tag, there by id and in the list,
/// and GraphQL's `release(tagName:)` finds it.
#[tokio::test]
async fn draft_is_found_by_id_list_and_graphql_but_not_by_tag() {
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

/// Drafts are not unique per tag, and a published release of the same tag may exist; GraphQL returns one.
#[tokio::test]
async fn tag_may_have_several_drafts() {
    let api = Api::start().await;
    let (first, second) = (api.draft("2.0.0").await, api.draft("2.0.0").await);
    assert_ne!(first, second);
    let beside = api.draft("1.0.0").await;
    let published = api.get("releases/tags/1.0.0").await.id();
    for (tag, shown) in [("2.0.0", first), ("1.0.0", published)] {
        let query = "query($t: String!) { repository(owner: \"kyma-project\", name: \"btp-manager\") \
                     { release(tagName: $t) { databaseId } } }";
        let found = api.graphql(query, json!({ "t": tag })).await;
        assert_eq!(
            found.body["data"]["repository"]["release"]["databaseId"],
            shown
        );
    }
    assert!(beside > published);
}

/// Publishing creates the missing tag at `target_commitish`, and `created_at` becomes the commit's date.
#[tokio::test]
async fn publishing_creates_the_tag() {
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

/// `tag_name` left out of an update may leave a draft as `untagged-…`:
/// <https://github.com/release-drafter/release-drafter/issues/204>
#[tokio::test]
async fn draft_edit_without_tag_name_becomes_untagged() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let path = format!("releases/{id}");
    let updated = api.patch(&path, json!({ "body": "notes" })).await;
    assert!(
        updated.body["tag_name"]
            .as_str()
            .unwrap()
            .starts_with("untagged-")
    );
    let updated = api
        .patch(&path, json!({ "tag_name": "2.0.0", "body": "more" }))
        .await;
    assert_eq!(updated.body["tag_name"], "2.0.0");
    // The page URL of a draft contains `untagged-…` even when the tag is right.
    assert!(
        updated.body["html_url"]
            .as_str()
            .unwrap()
            .contains("/releases/tag/untagged-")
    );
}

/// `{"draft": false}` alone is how `gh`, softprops/action-gh-release and semantic-release publish, and the tag
/// stays; that it is lost even then is the rare case, for which there is an option.
#[tokio::test]
async fn publishing_without_tag_name_keeps_the_tag() {
    for (untagged, edited, published) in [
        (Untagged::Never, true, true),
        (Untagged::Edits, false, true),
        (Untagged::EditsAndPublishing, false, false),
    ] {
        let options = Options {
            untagged,
            ..Options::default()
        };
        let api = Api::with(GitHubWorld::example(), options).await;
        for (patch, kept) in [
            (json!({ "name": "Two" }), edited),
            (json!({ "draft": false }), published),
        ] {
            let id = api.draft("2.0.0").await;
            let answer = api.patch(&format!("releases/{id}"), patch).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let tag = answer.body["tag_name"].as_str().unwrap();
            assert_eq!(tag == "2.0.0", kept, "{untagged:?}: {tag}");
            assert_eq!(tag.starts_with("untagged-"), !kept, "{untagged:?}: {tag}");
        }
        let tag = api.get("git/ref/tags/2.0.0").await;
        assert_eq!(tag.status == 200, published, "{untagged:?}");
    }
}

/// Published releases are unique per tag; the form of the refusal is that of
/// <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed>.
#[tokio::test]
async fn second_published_release_of_a_tag_is_refused() {
    let api = Api::start().await;
    let refused = api.post("releases", json!({ "tag_name": "1.0.0" })).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (422, &json!("Validation Failed"))
    );
    let error = json!([{ "resource": "Release", "code": "already_exists", "field": "tag_name" }]);
    assert_eq!(refused.body["errors"], error);
    assert_eq!(refused.body["status"], "422");
    let docs = "https://docs.github.com/rest/releases/releases#create-a-release";
    assert_eq!(refused.body["documentation_url"], docs);

    let id = api.draft("1.0.0").await;
    let patch = json!({ "tag_name": "1.0.0", "draft": false });
    assert_eq!(
        api.patch(&format!("releases/{id}"), patch).await.body["errors"],
        error
    );
}

/// `make_latest`: "Can be one of: `true`, `false`, `legacy`", as strings.
#[tokio::test]
async fn make_latest_refuses_booleans() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    for wrong in [json!(true), json!("yes")] {
        let patch = json!({ "tag_name": "2.0.0", "draft": false, "make_latest": wrong });
        assert_eq!(
            api.patch(&format!("releases/{id}"), patch).await.status,
            422
        );
    }
}

/// "Drafts and prereleases cannot be set as latest"; "`legacy` specifies that the latest release should be
/// determined based on the release creation date and higher semantic version".
#[tokio::test]
async fn latest_release_is_pinned_or_newest() {
    let api = Api::start().await;
    let publish = async |tag: &str, more: serde_json::Value| {
        let mut body = json!({ "tag_name": tag });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        api.post("releases", body).await.id()
    };
    let latest = async || api.get("releases/latest").await.body["tag_name"].clone();
    publish("2.0.0-rc1", json!({ "prerelease": true })).await;
    assert_eq!(latest().await, "1.0.0");
    publish("2.0.0", json!({})).await;
    assert_eq!(latest().await, "2.0.0");
    let old = publish("1.0.1", json!({ "make_latest": "false" })).await;
    assert_eq!(latest().await, "2.0.0");
    api.patch(&format!("releases/{old}"), json!({ "make_latest": "true" }))
        .await;
    assert_eq!(latest().await, "1.0.1");
    api.patch(
        &format!("releases/{old}"),
        json!({ "make_latest": "legacy" }),
    )
    .await;
    assert_eq!(latest().await, "2.0.0");
}

/// `target_commitish`: "Can be any branch or commit SHA. Unused if the Git tag already exists." A short
/// SHA is neither: <https://github.com/softprops/action-gh-release/issues/601>
#[tokio::test]
async fn target_commitish_accepts_branch_or_full_sha_only() {
    let api = Api::start().await;
    let tip = api.tip();
    for (tag, target, status) in [
        ("2.0.0", "main", 201),
        ("2.0.1", &tip, 201),
        ("2.0.4", "refs/heads/main", 201),
        ("2.0.5", "refs/pull/1/merge", 422),
        ("2.0.2", &tip[..12], 422),
        ("2.0.3", "nowhere", 422),
        ("1.0.0", "nowhere", 201),
    ] {
        let body = json!({ "tag_name": tag, "target_commitish": target, "draft": true });
        assert_eq!(
            api.post("releases", body).await.status,
            status,
            "{tag} at {target}"
        );
    }
}

/// "body is too long (maximum is 125000 characters)":
/// <https://github.com/softprops/action-gh-release/issues/374>
#[tokio::test]
async fn release_body_length_is_limited() {
    let api = Api::start().await;
    for (length, status) in [(125_000, 201), (125_001, 422)] {
        let body = json!({ "tag_name": "2.0.0", "draft": true, "body": "x".repeat(length) });
        assert_eq!(api.post("releases", body).await.status, status);
    }
}

/// `{"message": "Invalid request.\n\n…"}` where the body has not the described form, and 400 where it is
/// no JSON: <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>
#[tokio::test]
async fn malformed_release_bodies_are_refused() {
    let api = Api::start().await;
    for body in [
        json!({}),
        json!({ "tag_name": 1 }),
        json!({ "tag_name": "x", "draft": "yes" }),
    ] {
        let refused = api.post("releases", body).await;
        assert_eq!(refused.status, 422);
        assert!(
            refused.body["message"]
                .as_str()
                .unwrap()
                .starts_with("Invalid request.")
        );
    }
    let request = api.request("POST", "releases").body("{");
    let refused = super::common::answer(request).await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (400, &json!("Problems parsing JSON"))
    );
}

/// "Notes are not saved anywhere"; the base is the newest tag on the way back; and it needs the right to
/// write: <https://docs.github.com/en/rest/releases/releases#generate-release-notes-content-for-a-release>
#[tokio::test]
async fn generated_notes_start_at_newest_ancestor_tag() {
    let mut api = Api::start().await;
    let notes = api
        .post("releases/generate-notes", json!({ "tag_name": "2.0.0" }))
        .await;
    let body = notes.body["body"].as_str().unwrap();
    assert!(
        body.starts_with("## What's Changed\n* Read the secret once by @grace in "),
        "{body}"
    );
    assert!(
        body.contains("* @linus made their first contribution in "),
        "{body}"
    );
    assert!(body.ends_with("/compare/1.0.0...2.0.0"), "{body}");
    assert!(!body.contains("Add the operator"), "{body}");
    assert!(api.github.log().writes().is_empty());

    // A tag that already exists is not its own base.
    api.post(
        "git/refs",
        json!({ "ref": "refs/tags/2.0.0", "sha": api.tip() }),
    )
    .await;
    let notes = api
        .post("releases/generate-notes", json!({ "tag_name": "2.0.0" }))
        .await;
    assert!(
        notes.body["body"]
            .as_str()
            .unwrap()
            .ends_with("/compare/1.0.0...2.0.0")
    );

    let wrong = json!({ "tag_name": "2.0.0", "previous_tag_name": "0.9.0" });
    assert_eq!(api.post("releases/generate-notes", wrong).await.status, 422);
    api.github
        .world()
        .token("reader", stand_ins::github::Token::read_only());
    api.act_as(Some("reader"));
    let refused = api
        .post("releases/generate-notes", json!({ "tag_name": "2.0.0" }))
        .await;
    assert_eq!(refused.status, 403);
}
