//! What can go wrong on the way, each as a client would meet it.

use super::common::{MANIFEST, NAME, TestClient, code, header};
use stand_ins::{Fault, Pattern, RegistryOptions};
use std::time::Duration;

async fn with_blob() -> (TestClient, String) {
    let client = TestClient::start().await;
    let digest = client.blob(&vec![7; 200_000]);
    (client, format!("blobs/{digest}"))
}

#[tokio::test]
async fn blob_faults_cut_the_body() {
    let (client, path) = with_blob().await;
    client.registry.faults().at(1, Fault::CutAt(100_000));
    let mut cut = client.get(&path).await;
    assert_eq!(
        (cut.status().as_u16(), header(&cut, "content-length")),
        (200, "200000")
    );
    let mut bytes = 0;
    let error = loop {
        match cut.chunk().await {
            Ok(chunk) => bytes += chunk.unwrap().len(),
            Err(error) => break error,
        }
    };
    assert_eq!(bytes, 100_000, "{error}");
    assert_eq!(
        client.get(&path).await.bytes().await.unwrap().len(),
        200_000
    );
}

#[tokio::test]
async fn blob_faults_flip_a_byte() {
    let (client, path) = with_blob().await;
    client.registry.faults().at(1, Fault::FlipByte(150_000));
    let bytes = client.get(&path).await.bytes().await.unwrap();
    let odd: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 7).collect();
    assert_eq!(odd, [150_000]);
}

#[tokio::test]
async fn blob_faults_stall_the_body() {
    let (client, path) = with_blob().await;
    client.registry.faults().at(1, Fault::Stall(10));
    let mut stalled = client.get(&path).await;
    assert_eq!(stalled.chunk().await.unwrap().unwrap().len(), 10);
    let more = tokio::time::timeout(Duration::from_millis(50), stalled.chunk()).await;
    assert!(more.is_err(), "nothing more should come");
}

#[tokio::test]
async fn too_many_requests_fault_sets_retry_after() {
    let (client, path) = with_blob().await;
    let retry_after = Some(Duration::from_secs(1));
    client.registry.faults().when(
        Pattern::path("/blobs/"),
        2,
        Fault::TooManyRequests { retry_after },
    );
    for _ in 0..2 {
        let refused = client.get(&path).await;
        assert_eq!(
            (refused.status().as_u16(), header(&refused, "retry-after")),
            (429, "1")
        );
        assert_eq!(code(refused).await, "TOOMANYREQUESTS");
    }
    assert_eq!(client.get(&path).await.status(), 200);
}

#[tokio::test]
async fn manifest_faults_change_digest_and_existence() {
    let client = TestClient::start().await;
    let digest = client
        .registry
        .store()
        .put_manifest(NAME, "1.0.0", MANIFEST, b"{}")
        .unwrap();
    client
        .registry
        .faults()
        .at(1, Fault::Body("{ }".to_owned()));
    client.registry.faults().at(2, Fault::WrongDigest);
    client.registry.faults().at(3, Fault::ManifestUnknown);
    let altered = client.get("manifests/1.0.0").await;
    assert_eq!(header(&altered, "docker-content-digest"), digest);
    assert_eq!(altered.text().await.unwrap(), "{ }");
    assert_ne!(
        header(
            &client.get("manifests/1.0.0").await,
            "docker-content-digest"
        ),
        digest
    );
    assert_eq!(client.get("manifests/1.0.0").await.status(), 404);
    assert_eq!(client.get("manifests/1.0.0").await.status(), 200);
}

/// A push whose response is lost has still taken effect.
#[tokio::test]
async fn lost_answer_leaves_the_effect() {
    let client = TestClient::with(RegistryOptions {
        strict_accept: false,
        ..RegistryOptions::default()
    })
    .await;
    client.registry.faults().at(1, Fault::AnswerLost);
    let put = client
        .request("PUT", "manifests/1.0.0")
        .header("content-type", MANIFEST)
        .body("{}");
    assert!(put.send().await.is_err());
    let entry = client.registry.log().entries().remove(0);
    assert_eq!((entry.status, entry.landed), (None, true));
    assert_eq!(client.get("manifests/1.0.0").await.status(), 200);
}
