//! "Pulling" manifests and blobs, and "Listing Tags".

use super::common::{INDEX, MANIFEST, NAME, TestClient, code, header};
use serde_json::Value;
use stand_ins::RegistryOptions;

/// "Pulling manifests": the digest is in `Docker-Content-Digest`; HEAD is GET without the body.
#[tokio::test]
async fn manifest_answers_carry_their_digest() {
    let client = TestClient::start().await;
    let digest = client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", MANIFEST, b"{}")
        .unwrap();
    for (method, reference) in [
        ("HEAD", "1.0.0"),
        ("GET", "1.0.0"),
        ("GET", digest.as_str()),
    ] {
        let request = client.request(method, &format!("manifests/{reference}"));
        let found = request.header("accept", MANIFEST).send().await.unwrap();
        assert_eq!(header(&found, "docker-content-digest"), digest);
        assert_eq!(header(&found, "content-type"), MANIFEST);
        assert_eq!(header(&found, "content-length"), "2");
    }
}

/// "the registry MUST return 404 Not Found"; docker-registry 2.8 also where the `Accept` header does not
/// name the type, others serve what they have.
#[tokio::test]
async fn manifest_of_unaccepted_media_type_is_404() {
    let client = TestClient::start().await;
    client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", INDEX, b"{}")
        .unwrap();
    for reference in ["1.0.0", "2.0.0"] {
        let missing = client.get(&format!("manifests/{reference}")).await;
        assert_eq!(missing.status(), 404);
        assert_eq!(code(missing).await, "MANIFEST_UNKNOWN");
    }
    let lenient = RegistryOptions {
        strict_accept: false,
        ..RegistryOptions::default()
    };
    let client = TestClient::with(lenient).await;
    client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", INDEX, b"{}")
        .unwrap();
    assert_eq!(client.get("manifests/1.0.0").await.status(), 200);
}

/// "a registry SHOULD support the `Range` request header": some do, some send all of it with 200.
#[tokio::test]
async fn blob_ranges_are_served_or_ignored() {
    for (ranges, status, bytes) in [(true, 206, "lo"), (false, 200, "hello")] {
        let client = TestClient::with(RegistryOptions {
            ranges,
            ..RegistryOptions::default()
        })
        .await;
        let digest = client.blob(b"hello");
        let request = client
            .request("GET", &format!("blobs/{digest}"))
            .header("range", "bytes=3-");
        let part = request.send().await.unwrap();
        assert_eq!(part.status(), status);
        assert_eq!(
            header(&part, "content-range"),
            if ranges { "bytes 3-4/5" } else { "" }
        );
        assert_eq!(part.bytes().await.unwrap(), bytes);
    }
}

/// "may return a redirect": the other host refuses a request that still carries credentials.
#[tokio::test]
async fn redirected_blob_refuses_credentials() {
    let options = RegistryOptions {
        redirect_blobs: true,
        ..RegistryOptions::default()
    };
    let client = TestClient::with(options).await;
    let digest = client.blob(b"hello");
    let found = client.get(&format!("blobs/{digest}")).await;
    assert_eq!(found.status(), 307);
    let url = header(&found, "location");
    assert_eq!(
        client
            .request("GET", url)
            .bearer_auth("secret")
            .send()
            .await
            .unwrap()
            .status(),
        400
    );
    assert_eq!(client.get(url).await.bytes().await.unwrap(), "hello");
}

/// "Listing Tags": in lexical order, `n` at a time, with `Link` to the rest.
#[tokio::test]
async fn tags_are_paged() {
    let client = TestClient::start().await;
    for tag in ["1.0.0", "1.1.0", "1.2.0"] {
        client
            .registry
            .store()
            .put_manifest(NAME, tag, MANIFEST, b"{}")
            .unwrap();
    }
    let first = client.get("tags/list?n=2").await;
    assert_eq!(
        header(&first, "link"),
        format!("</v2/{NAME}/tags/list?last=1.1.0&n=2>; rel=\"next\"")
    );
    let last = client.get("tags/list?n=2&last=1.1.0").await;
    assert_eq!(header(&last, "link"), "");
    assert_eq!(last.json::<Value>().await.unwrap()["tags"][0], "1.2.0");
    assert_eq!(
        code(client.get("/v2/nowhere/tags/list").await).await,
        "NAME_UNKNOWN"
    );
}

/// "Deleting tags" and "Deleting Manifests".
#[tokio::test]
async fn deleting_a_manifest_deletes_its_tags() {
    let client = TestClient::start().await;
    let digest = client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", MANIFEST, b"{}")
        .unwrap();
    let delete = client
        .request("DELETE", &format!("manifests/{digest}"))
        .send()
        .await
        .unwrap();
    assert_eq!(delete.status(), 202);
    assert_eq!(client.get("manifests/1.0.0").await.status(), 404);
}
