//! Content is read by digest once in a process; its existence is checked each time.

use btp_release::adapters::registry::Credentials;
use btp_release::domain::Digest;
use btp_release::protocol::{Cause, RegistryReader as _, RegistryWriter as _};
use stand_ins::{Fault, Pattern};

use crate::faults::Fixture;
use crate::scripted_server::{ScriptedServer, reply};
use crate::support::registry::{blob, collect, registries, repository, sample};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BYTES: &[u8] = br#"{"schemaVersion":2}"#;

#[tokio::test]
async fn bytes_of_a_manifest_are_read_once() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let pinned = fixture.at.pinned(Digest::of(BYTES));
    for _ in 0..3 {
        assert_eq!(all.manifest(&pinned).await.unwrap().unwrap(), BYTES);
    }
    // Clones share what was read; another adapter does not.
    all.clone().manifest(&pinned).await.unwrap();
    let requests = ["GET 200", "HEAD 200", "HEAD 200", "HEAD 200"];
    assert_eq!(fixture.seen("/manifests/"), requests);
    let other = registries(Credentials::anonymous());
    other.manifest(&pinned).await.unwrap();
    assert_eq!(fixture.seen("/manifests/").last().unwrap(), "GET 200");
}

#[tokio::test]
async fn bytes_of_a_blob_are_read_once() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let digest = Digest::of(&fixture.layer);
    for _ in 0..3 {
        let bytes = all.blob(&fixture.at, digest, fixture.size()).await;
        assert_eq!(bytes.unwrap(), fixture.layer);
    }
    assert_eq!(fixture.seen("/blobs/"), ["GET 200", "HEAD 200", "HEAD 200"]);
    // The stream of a blob that is in memory is made from memory.
    let streamed = collect(all.open_blob(&fixture.at, digest, fixture.size())).await;
    assert_eq!(streamed.unwrap(), fixture.layer);
    assert_eq!(fixture.seen("/blobs/").len(), 3);
    // Limit and size are checked in each call.
    let limited = all.blob(&fixture.at, digest, fixture.size() - 1).await;
    let cause = limited.unwrap_err().cause;
    assert!(matches!(cause, Cause::Broken { .. }), "{cause:?}");
    let wrong = collect(all.open_blob(&fixture.at, digest, fixture.size() - 1)).await;
    assert!(matches!(wrong.unwrap_err().cause, Cause::Broken { .. }));
}

#[tokio::test]
async fn content_that_is_deleted_after_it_was_read_is_missing() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let (blob, pinned) = (
        Digest::of(&fixture.layer),
        fixture.at.pinned(Digest::of(BYTES)),
    );
    all.manifest(&pinned).await.unwrap().unwrap();
    all.blob(&fixture.at, blob, fixture.size()).await.unwrap();
    let gone = Fault::Status(404);
    let faults = fixture.server.faults();
    faults.when(Pattern::path(""), 10, gone);
    assert_eq!(all.manifest(&pinned).await.unwrap(), None);
    let read = all.blob(&fixture.at, blob, fixture.size()).await;
    let cause = read.unwrap_err().cause;
    assert!(
        matches!(cause, Cause::Refused { status: 404, .. }),
        "{cause:?}"
    );
}

#[tokio::test]
async fn known_bytes_do_not_prove_presence_elsewhere() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let digest = Digest::of(&fixture.layer);
    all.blob(&fixture.at, digest, fixture.size()).await.unwrap();
    all.manifest(&fixture.at.pinned(Digest::of(BYTES)))
        .await
        .unwrap();
    let other = repository(&fixture.server.host(), "other");
    assert!(all.blob(&other, digest, fixture.size()).await.is_err());
    let manifest = all.manifest(&other.pinned(Digest::of(BYTES))).await;
    assert_eq!(manifest.unwrap(), None);
}

#[tokio::test]
async fn altered_bytes_are_not_remembered() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let digest = Digest::of(&fixture.layer);
    let flipped = Fault::FlipByte(7);
    let faults = fixture.server.faults();
    faults.when(Pattern::path("/blobs/"), 1, flipped);
    let read = || all.blob(&fixture.at, digest, fixture.size());
    assert!(read().await.is_err());
    assert_eq!(read().await.unwrap(), fixture.layer);
}

#[tokio::test]
async fn absence_is_not_remembered() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let layer = blob(sample(99));
    let pinned = fixture.at.pinned(Digest::of(b"{}"));
    assert!(!all.has_blob(&fixture.at, layer.digest).await.unwrap());
    assert_eq!(all.manifest(&pinned).await.unwrap(), None);
    assert_eq!(all.resolve(&pinned.clone().into()).await.unwrap(), None);
    {
        let mut store = fixture.server.store();
        store.put_blob(fixture.at.path(), &sample(99)).unwrap();
        store
            .put_manifest(fixture.at.path(), "2", MANIFEST, b"{}")
            .unwrap();
    }
    assert!(all.has_blob(&fixture.at, layer.digest).await.unwrap());
    assert_eq!(all.manifest(&pinned).await.unwrap().unwrap(), "{}");
    assert!(all.resolve(&pinned.into()).await.unwrap().is_some());
}

#[tokio::test]
async fn pushed_blob_is_known_to_be_present_in_its_repository() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let layer = blob(sample(99));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    let before = fixture.server.log().last();
    assert!(all.has_blob(&fixture.at, layer.digest).await.unwrap());
    assert_eq!(fixture.server.log().last(), before, "the push proves it");
    let other = repository(&fixture.server.host(), "other");
    assert!(!all.has_blob(&other, layer.digest).await.unwrap());
}

#[tokio::test]
async fn missing_blob_in_a_manifest_push_forgets_what_was_pushed() {
    let all = registries(Credentials::anonymous());
    let mut layer = blob(sample(99));
    let unknown = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"collected"}]}"#;
    let refused = ScriptedServer::start({
        let unknown = unknown.to_owned();
        move |_, request| match &request[..4] {
            "HEAD" => reply(200, "", b""),
            _ => reply(400, "", unknown.as_bytes()),
        }
    });
    let at = refused.at();
    // It is asked for before it is mounted from elsewhere.
    layer.mount_from = Some(at.clone());
    all.push_blob(&at, &layer).await.unwrap();
    assert!(all.has_blob(&at, layer.digest).await.unwrap());
    let put = all
        .push_manifest(&refused.tag(), MANIFEST, "{}".into())
        .await;
    let cause = put.unwrap_err().cause;
    assert!(matches!(cause, Cause::Conflict { .. }), "{cause:?}");
    assert!(all.has_blob(&at, layer.digest).await.unwrap());
    let path = format!("HEAD /v2/a/b/blobs/{}", layer.digest);
    assert_eq!(
        refused.lines(),
        [path.as_str(), "PUT /v2/a/b/manifests/1", path.as_str()]
    );
}
