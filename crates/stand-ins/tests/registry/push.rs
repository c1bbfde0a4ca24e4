//! "Pushing" blobs and manifests.

use super::common::{INDEX, MANIFEST, NAME, TestClient, code, header, manifest};
use serde_json::json;
use stand_ins::RegistryOptions;

const HELLO: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const EMPTY_OBJECT: &str =
    "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

/// "Pushing a blob monolithically": POST then PUT; the `Location` has a query that must be kept.
#[tokio::test]
async fn blob_upload_in_two_requests() {
    let client = TestClient::start().await;
    let begun = client
        .request("POST", "blobs/uploads/")
        .send()
        .await
        .unwrap();
    assert_eq!(begun.status(), 202);
    let location = header(&begun, "location").to_owned();
    assert!(location.contains('?'), "{location}");
    let put = client
        .request("PUT", &format!("{location}&digest={HELLO}"))
        .body("hello");
    let put = put.send().await.unwrap();
    assert_eq!(
        (put.status().as_u16(), header(&put, "docker-content-digest")),
        (201, HELLO)
    );
    assert_eq!(
        client
            .get(&format!("blobs/{HELLO}"))
            .await
            .bytes()
            .await
            .unwrap(),
        "hello"
    );
}

/// "Single POST".
#[tokio::test]
async fn blob_upload_in_one_request() {
    let client = TestClient::start().await;
    let post = client
        .request("POST", &format!("blobs/uploads/?digest={HELLO}"))
        .body("hello");
    assert_eq!(post.send().await.unwrap().status(), 201);
}

/// "Pushing a blob in chunks": in order, or 416.
#[tokio::test]
async fn blob_upload_in_chunks() {
    let client = TestClient::start().await;
    let begun = client
        .request("POST", "blobs/uploads/")
        .send()
        .await
        .unwrap();
    let location = header(&begun, "location").to_owned();
    let patch = |range: &'static str, bytes: &'static str| {
        client
            .request("PATCH", &location)
            .header("content-range", range)
            .body(bytes)
            .send()
    };
    let first = patch("0-2", "hel").await.unwrap();
    assert_eq!(
        (first.status().as_u16(), header(&first, "range")),
        (202, "0-2")
    );
    assert_eq!(patch("0-1", "lo").await.unwrap().status(), 416);
    assert_eq!(patch("3-4", "lo").await.unwrap().status(), 202);
    let put = client
        .request("PUT", &format!("{location}&digest={HELLO}"))
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 201);
}

/// "`DIGEST_INVALID`": content that does not match is not kept.
#[tokio::test]
async fn blob_upload_refuses_wrong_digest() {
    let client = TestClient::start().await;
    let post = client
        .request("POST", &format!("blobs/uploads/?digest={EMPTY_OBJECT}"))
        .body("hello");
    let refused = post.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(code(refused).await, "DIGEST_INVALID");
    assert_eq!(client.get(&format!("blobs/{HELLO}")).await.status(), 404);
}

/// "Mounting a blob from another repository": 201 where it is there, else an upload is begun.
#[tokio::test]
async fn blob_mount_needs_existing_blob() {
    let client = TestClient::start().await;
    client.registry.store().put_blob("other", b"hello").unwrap();
    for (from, status) in [("other", 201), ("third", 202)] {
        let path = format!("blobs/uploads/?mount={HELLO}&from={from}");
        assert_eq!(
            client.request("POST", &path).send().await.unwrap().status(),
            status
        );
    }
}

/// "`MANIFEST_BLOB_UNKNOWN`": what a manifest refers to is pushed before it, also the children of an index,
/// except where a registry does not check.
#[tokio::test]
async fn manifest_push_needs_referenced_content() {
    let client = TestClient::start().await;
    let body = manifest(EMPTY_OBJECT, HELLO);
    let refused = client.put_manifest("1.0.0", MANIFEST, &body).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(code(refused).await, "MANIFEST_BLOB_UNKNOWN");
    client.blob(b"{}");
    client.blob(b"hello");
    assert_eq!(
        client.put_manifest("1.0.0", MANIFEST, &body).await.status(),
        201
    );

    let index =
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [{ "digest": HELLO }] });
    assert_eq!(
        client.put_manifest("index", INDEX, &index).await.status(),
        400
    );
    let lenient = RegistryOptions {
        index_before_children: true,
        ..RegistryOptions::default()
    };
    assert_eq!(
        TestClient::with(lenient)
            .await
            .put_manifest("index", INDEX, &index)
            .await
            .status(),
        201
    );
}

/// "If the manifest's digest does not match, 400 `DIGEST_INVALID`"; no JSON is `MANIFEST_INVALID`.
#[tokio::test]
async fn manifest_push_refuses_wrong_digest() {
    let client = TestClient::start().await;
    let refused = client.put_manifest(HELLO, MANIFEST, &json!({})).await;
    assert_eq!(code(refused).await, "DIGEST_INVALID");
    let put = client
        .request("PUT", "manifests/x")
        .header("content-type", MANIFEST)
        .body("no json");
    assert_eq!(code(put.send().await.unwrap()).await, "MANIFEST_INVALID");
}

/// A registry that is given a folder finds everything again.
#[tokio::test]
async fn registry_folder_survives_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || RegistryOptions {
        dir: Some(folder.path().to_owned()),
        ..RegistryOptions::default()
    };
    let first = TestClient::with(options()).await;
    let (config, layer) = (first.blob(b"{}"), first.blob(b"hello"));
    first
        .put_manifest("1.0.0", MANIFEST, &manifest(&config, &layer))
        .await;
    drop(first);
    let second = TestClient::with(options()).await;
    assert_eq!(second.get("manifests/1.0.0").await.status(), 200);
    assert_eq!(second.registry.store().bytes(&layer).unwrap(), b"hello");
    assert!(second.registry.store().repositories.contains_key(NAME));
}
