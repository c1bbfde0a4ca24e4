//! Assets behave as <https://docs.github.com/en/rest/releases/assets> says.

use super::common::{Api, answer, http};
use serde_json::json;
use stand_ins::github::{Digests, GitHubWorld};
use stand_ins::{Fault, Options, Pattern, ServerClock};
use std::time::Duration;

const HELLO: &[u8] = b"hello\n";
const HELLO_DIGEST: &str =
    "sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

/// "digest" is there since 2025-06-03: <https://github.blog/changelog/2025-06-03-releases-now-expose-digests-for-release-assets/>
#[tokio::test]
async fn upload_returns_size_and_digest() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "hello.txt", HELLO).await;
    assert_eq!(
        (asset.status, &asset.body["state"]),
        (201, &json!("uploaded"))
    );
    assert_eq!(
        (&asset.body["size"], &asset.body["digest"]),
        (&json!(6), &json!(HELLO_DIGEST))
    );
    assert_eq!(
        api.get(&format!("releases/{id}/assets")).await.body[0]["id"],
        asset.body["id"]
    );
}

/// "If you upload an asset with the same filename as another uploaded asset, you'll receive an error";
/// its body as recorded in the npm package `@octokit/fixtures`, `release-assets-conflict`.
#[tokio::test]
async fn upload_refuses_existing_name() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    api.upload(id, "hello.txt", HELLO).await;
    let again = api.upload(id, "hello.txt", HELLO).await;
    assert_eq!(again.status, 422);
    assert_eq!(again.body["message"], "Validation Failed");
    let error = json!([{ "resource": "ReleaseAsset", "code": "already_exists", "field": "name" }]);
    assert_eq!(again.body["errors"], error);
    assert_eq!(
        again.body["request_id"],
        again.header("x-github-request-id")
    );
    assert_eq!(
        again.body["documentation_url"],
        "https://docs.github.com/rest"
    );

    let other = api.upload(id, "other.txt", HELLO).await.id();
    let renamed = api
        .patch(
            &format!("releases/assets/{other}"),
            json!({ "name": "hello.txt" }),
        )
        .await;
    assert_eq!((renamed.status, &renamed.body["errors"]), (422, &error));
}

/// "Update a release asset" renames in place: id and bytes stay.
#[tokio::test]
async fn asset_rename_keeps_bytes() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "new.txt", HELLO).await.id();
    let renamed = api
        .patch(
            &format!("releases/assets/{asset}"),
            json!({ "name": "a.txt" }),
        )
        .await;
    assert_eq!(
        (renamed.id(), &renamed.body["digest"]),
        (asset, &json!(HELLO_DIGEST))
    );
    assert_eq!(
        api.delete(&format!("releases/assets/{asset}")).await.status,
        204
    );
    assert_eq!(
        api.delete(&format!("releases/assets/{asset}")).await.status,
        404
    );
}

/// "GitHub renames asset filenames that have special characters, non-alphanumeric characters, and
/// leading or trailing periods."
#[tokio::test]
async fn upload_rewrites_special_characters_in_names() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    for (sent, stored) in [
        ("a%20b.txt", "a.b.txt"),
        (".x..y.", "x.y"),
        ("a%28b%29.txt", "a.b.txt.1"),
    ] {
        let asset = api.upload(id, sent, HELLO).await;
        if stored == "a.b.txt.1" {
            // "a(b).txt" becomes the name that "a b.txt" has taken.
            assert_eq!(asset.status, 422);
        } else {
            assert_eq!(asset.body["name"], stored);
        }
    }
}

/// "Content-Length" is required and an empty file is none: 400 `Bad Content-Length`.
#[tokio::test]
async fn upload_refuses_empty_body() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let refused = api.upload(id, "empty", b"").await;
    assert_eq!(
        (refused.status, &refused.body["message"]),
        (400, &json!("Bad Content-Length"))
    );
}

/// "`file_count` limited to 1000 assets": <https://github.com/osandov/drgn/issues/521>; sizes below 2 GiB:
/// <https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases#storage-and-bandwidth-quotas>
#[tokio::test]
async fn upload_refuses_too_many_and_too_large_assets() {
    let options = Options {
        assets_max: 1,
        asset_size_limit: 7,
        ..Options::default()
    };
    let api = Api::with(GitHubWorld::example(), options).await;
    let id = api.draft("2.0.0").await;
    assert_eq!(
        api.upload(id, "big", b"1234567").await.body["errors"][0]["field"],
        "size"
    );
    api.upload(id, "one", HELLO).await;
    let error = &api.upload(id, "two", HELLO).await.body["errors"][0];
    assert_eq!(error["message"], "file_count limited to 1 assets");
}

/// "may return a 302": to a signed URL elsewhere, which refuses a request that still has the token, as
/// storage services do ("Only one auth mechanism allowed").
#[tokio::test]
async fn asset_download_redirects_to_another_host() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "hello.txt", HELLO).await.id();
    let request = api.request("GET", &format!("releases/assets/{asset}"));
    let found = answer(request.header("accept", "application/octet-stream")).await;
    assert_eq!(found.status, 302);
    let url = found.header("location");
    assert!(!url.starts_with(&api.github.api_url()), "{url}");
    assert_eq!(
        answer(http().get(url).bearer_auth("gh-token")).await.status,
        400
    );
    assert_eq!(
        http().get(url).send().await.unwrap().bytes().await.unwrap(),
        HELLO
    );
}

/// The storage host has a different host name, so that clients that compare only names drop their token; it serves
/// ranges, for downloads that are resumed.
#[tokio::test]
async fn storage_host_has_another_name_and_serves_ranges() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "hello.txt", HELLO).await.id();
    let request = api.request("GET", &format!("releases/assets/{asset}"));
    let found = answer(request.header("accept", "application/octet-stream")).await;
    let url = found.header("location");
    assert!(url.starts_with("http://localhost:"), "{url}");
    for (range, status, bytes, content_range) in [
        ("bytes=1-2", 206, &HELLO[1..3], "bytes 1-2/6"),
        ("bytes=4-", 206, &HELLO[4..], "bytes 4-5/6"),
        ("bytes=9-", 416, &b""[..], "bytes */6"),
        ("lines=1-", 200, HELLO, ""),
    ] {
        let part = http().get(url).header("range", range).send().await.unwrap();
        assert_eq!(part.status(), status, "{range}");
        let header = part.headers().get("content-range");
        let header = header.map_or("", |header| header.to_str().unwrap());
        assert_eq!(header, content_range);
        assert_eq!(part.bytes().await.unwrap(), bytes);
    }
    let forged = url.replace("sig=", "sig=0");
    assert_eq!(answer(http().get(&forged)).await.status, 403);
}

/// Public downloads are of published releases only; a draft's URL says `untagged-` and leads nowhere.
/// <https://docs.github.com/en/repositories/releasing-projects-on-github/linking-to-releases>
#[tokio::test]
async fn public_download_serves_published_releases_only() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let draft = api.upload(id, "hello.txt", HELLO).await;
    let url = draft.body["browser_download_url"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(url.contains("/untagged-"), "{url}");
    assert_eq!(answer(http().get(&url)).await.status, 404);
    api.patch(
        &format!("releases/{id}"),
        json!({ "tag_name": "2.0.0", "draft": false }),
    )
    .await;
    let server = api.github.server_url();
    let url = format!("{server}/kyma-project/btp-manager/releases/download/2.0.0/hello.txt");
    assert_eq!(answer(http().get(&url)).await.status, 302);
    let latest = format!("{server}/kyma-project/btp-manager/releases/latest/download/hello.txt");
    assert_eq!(answer(http().get(&latest)).await.status, 302);
}

/// "If the upload fails with 502, an empty asset with state `starter` may remain": it has the declared
/// size, no digest, and blocks the name until it is deleted.
#[tokio::test]
async fn failed_upload_leaves_starter_asset() {
    let api = Api::start().await;
    let id = api.draft("2.0.0").await;
    api.github
        .faults()
        .when(Pattern::new("POST", "*/assets"), 1, Fault::StarterAsset);
    assert_eq!(api.upload(id, "hello.txt", HELLO).await.status, 502);
    let wreck = api.get(&format!("releases/{id}")).await.body["assets"][0].clone();
    assert_eq!(
        (&wreck["state"], &wreck["size"]),
        (&json!("starter"), &json!(6))
    );
    assert!(wreck["digest"].is_null());
    assert_eq!(api.upload(id, "hello.txt", HELLO).await.status, 422);
    assert_eq!(
        api.delete(&format!("releases/assets/{}", wreck["id"]))
            .await
            .status,
        204
    );
    assert_eq!(api.upload(id, "hello.txt", HELLO).await.status, 201);
}

/// `digest` may be null, so a client has to wait for it.
#[tokio::test]
async fn asset_digest_is_null_until_computed() {
    let clock = ServerClock::manual();
    let late = Digests::After(Duration::from_secs(5));
    let options = Options {
        clock: clock.clone(),
        digests: late,
        ..Options::default()
    };
    let api = Api::with(GitHubWorld::example(), options).await;
    let id = api.draft("2.0.0").await;
    let asset = api.upload(id, "hello.txt", HELLO).await;
    assert!(asset.body["digest"].is_null());
    clock.advance(Duration::from_secs(5));
    let asset = api.get(&format!("releases/assets/{}", asset.id())).await;
    assert_eq!(asset.body["digest"], HELLO_DIGEST);
}

/// Drafts and their assets are 404 without the right to push.
#[tokio::test]
async fn drafts_are_hidden_without_push_access() {
    let mut api = Api::start().await;
    let id = api.draft("2.0.0").await;
    let reader = stand_ins::github::Token::read_only();
    api.github.world().token("reader", reader);
    for caller in [Some("reader"), None] {
        api.act_as(caller);
        assert_eq!(api.get(&format!("releases/{id}")).await.status, 404);
        assert_eq!(
            api.get("releases").await.body.as_array().map(Vec::len),
            Some(1)
        );
    }
}
