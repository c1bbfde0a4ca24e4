//! Immutable releases:
//! <https://docs.github.com/en/code-security/concepts/supply-chain-security/immutable-releases>.
#![expect(
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

use super::common::Api;
use serde_json::{Value, json};

const NAME: &str = "kyma-project/btp-manager";

/// A published immutable release with one asset; its id and the asset's.
async fn immutable() -> (Api, u64, u64) {
    let api = Api::start().await;
    api.github.world().repository(NAME).immutable_releases = true;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "a.txt", b"a").await.id();
    let patch = json!({ "tag_name": "2.0.0", "draft": false });
    let published = api.patch(&format!("releases/{id}"), patch).await;
    assert_eq!(published.body["immutable"], true);
    (api, id, asset)
}

/// "Assets cannot be added, modified, or deleted"; the words as reported in
/// <https://github.com/concourse/github-release-resource/issues/151>.
#[tokio::test]
async fn immutable_release_refuses_asset_changes() {
    let (api, id, asset) = immutable().await;
    let refused = api.upload(id, "b.txt", b"b").await;
    let message = "Cannot upload assets to an immutable release.";
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (422, &json!(message))
    );
    assert_eq!(
        api.delete(&format!("releases/assets/{asset}")).await.status,
        422
    );
    let rename = json!({ "name": "c.txt" });
    assert_eq!(
        api.patch(&format!("releases/assets/{asset}"), rename)
            .await
            .status,
        422
    );
}

/// Name, text, `prerelease` and `make_latest` stay open: <https://github.com/github/docs/pull/45730>
#[tokio::test]
async fn immutable_release_refuses_tag_changes_and_accepts_text() {
    let (api, id, _) = immutable().await;
    let path = format!("releases/{id}");
    for frozen in [json!({ "draft": true }), json!({ "tag_name": "3.0.0" })] {
        assert_eq!(api.patch(&path, frozen).await.status, 422);
    }
    let refused = api
        .patch(&path, json!({ "target_commitish": api.tip() }))
        .await;
    let message = "target_commitish cannot be changed when release is immutable";
    assert_eq!(refused.body["errors"][0]["message"], message);
    let open =
        json!({ "tag_name": "2.0.0", "body": "more", "prerelease": true, "make_latest": "false" });
    assert_eq!(api.patch(&path, open).await.status, 200);
    assert_eq!(api.delete("git/refs/tags/2.0.0").await.status, 422);
}

/// "tag names of deleted immutable releases cannot be reused", even with the setting off; a ref is refused
/// with the message of a ruleset that does not exist: <https://github.com/opsknight-labs/OpsKnight/pull/318>
#[tokio::test]
async fn deleted_immutable_release_reserves_its_tag_name() {
    let (api, id, _) = immutable().await;
    assert_eq!(api.delete(&format!("releases/{id}")).await.status, 204);
    assert_eq!(api.delete("git/refs/tags/2.0.0").await.status, 204);
    api.github.world().repository(NAME).immutable_releases = false;

    let refused = api
        .post(
            "git/refs",
            json!({ "ref": "refs/tags/2.0.0", "sha": api.tip() }),
        )
        .await;
    let message = refused.body["message"].as_str().unwrap();
    assert_eq!(refused.status, 422);
    assert!(
        message.contains("Cannot create ref due to creations being restricted."),
        "{message}"
    );
    assert_eq!(api.get("rules/branches/main").await.body, json!([]));

    // The three errors as in https://github.com/github-community-projects/ospo-reusable-workflows/issues/83
    let refused = api.post("releases", json!({ "tag_name": "2.0.0" })).await;
    let messages: Vec<&Value> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| &error["message"])
        .collect();
    assert_eq!(messages[1], "tag_name was used by an immutable release");
    assert_eq!(messages[2], "Published releases must have a valid tag");
}

/// "You must have admin read access": a job's token cannot see the setting.
#[tokio::test]
async fn immutable_releases_setting_needs_administration() {
    let mut api = Api::start().await;
    assert_eq!(api.get("immutable-releases").await.status, 403);
    let admin = stand_ins::github::Token::pat("ada");
    let admin = admin.with(|rights| rights.administration = stand_ins::github::Level::Write);
    api.github.world().token("admin", admin);
    api.act_as(Some("admin"));
    assert_eq!(api.get("immutable-releases").await.status, 404);
    assert_eq!(
        api.call("PUT", "immutable-releases", Value::Null)
            .await
            .status,
        204
    );
    assert_eq!(api.get("immutable-releases").await.body["enabled"], true);
}
