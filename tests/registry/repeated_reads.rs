//! What is named by digest is read once in a process; what may change is asked for each time.

use btp_release::adapters::registry::Credentials;
use btp_release::domain::Digest;
use btp_release::protocol::{Cause, RegistryReader as _, RegistryWriter as _};
use stand_ins::{Fault, Pattern};

use crate::faults::Fixture;
use crate::rig::{blob, collect, registries, sample};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BYTES: &[u8] = br#"{"schemaVersion":2}"#;

#[tokio::test]
async fn manifest_is_read_once() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let pinned = fixture.at.pinned(Digest::of(BYTES));
    for _ in 0..3 {
        assert_eq!(all.manifest(&pinned).await.unwrap().unwrap(), BYTES);
    }
    assert_eq!(fixture.seen("/manifests/"), ["GET 200"]);
    // Clones share what was read; another adapter does not.
    all.clone().manifest(&pinned).await.unwrap();
    assert_eq!(fixture.seen("/manifests/").len(), 1);
    let other = registries(Credentials::anonymous());
    other.manifest(&pinned).await.unwrap();
    assert_eq!(fixture.seen("/manifests/").len(), 2);
}

#[tokio::test]
async fn tags_and_digests_are_resolved_each_time() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let first = all.resolve(&fixture.tag).await.unwrap();
    assert_eq!(all.resolve(&fixture.tag).await.unwrap(), first);
    assert_eq!(fixture.seen("/manifests/").len(), 2);
    let pinned = fixture.at.pinned(Digest::of(BYTES)).into();
    for _ in 0..3 {
        assert_eq!(all.resolve(&pinned).await.unwrap(), first);
    }
    assert_eq!(fixture.seen("/manifests/").len(), 5);
}

#[tokio::test]
async fn blob_is_read_once_and_its_presence_each_time() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let digest = Digest::of(&fixture.layer);
    for _ in 0..3 {
        let bytes = all.blob(&fixture.at, digest, fixture.size()).await;
        assert_eq!(bytes.unwrap(), fixture.layer);
        assert!(all.has_blob(&fixture.at, digest).await.unwrap());
    }
    // The stream of a blob that is in memory is made of that.
    let streamed = collect(all.open_blob(&fixture.at, digest, fixture.size())).await;
    assert_eq!(streamed.unwrap(), fixture.layer);
    let requests = fixture.seen("/blobs/");
    assert_eq!(requests, ["GET 200", "HEAD 200", "HEAD 200", "HEAD 200"]);
    // Limit and size are those of each call.
    let limited = all.blob(&fixture.at, digest, fixture.size() - 1).await;
    let cause = limited.unwrap_err().cause;
    assert!(matches!(cause, Cause::Broken { .. }), "{cause:?}");
    let wrong = collect(all.open_blob(&fixture.at, digest, fixture.size() - 1)).await;
    assert!(matches!(wrong.unwrap_err().cause, Cause::Broken { .. }));
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
async fn presence_is_known_of_each_repository_alone() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let layer = blob(sample(99));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    let before = fixture.server.log().last();
    assert!(all.has_blob(&fixture.at, layer.digest).await.unwrap());
    assert_eq!(fixture.server.log().last(), before, "the push proves it");
    let other = crate::rig::repository(&fixture.server.host(), "other");
    assert!(!all.has_blob(&other, layer.digest).await.unwrap());
}

#[tokio::test]
async fn missing_blob_in_a_manifest_push_forgets_what_was_present() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let layer = blob(sample(99));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    let unknown = r#"{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"collected"}]}"#;
    let refused = crate::scripted_server::ScriptedServer::start({
        let unknown = unknown.to_owned();
        move |_, request| match &request[..4] {
            "HEAD" => crate::scripted_server::reply(200, "", b""),
            _ => crate::scripted_server::reply(400, "", unknown.as_bytes()),
        }
    });
    let at = refused.at();
    for _ in 0..2 {
        assert!(all.has_blob(&at, layer.digest).await.unwrap());
    }
    let put = all
        .push_manifest(&refused.tag(), MANIFEST, "{}".into())
        .await;
    let cause = put.unwrap_err().cause;
    assert!(matches!(cause, Cause::Conflict { .. }), "{cause:?}");
    assert!(all.has_blob(&at, layer.digest).await.unwrap());
    let path = format!("HEAD /v2/a/b/blobs/{}", layer.digest);
    assert_eq!(
        refused.lines(),
        [&path, &path, "PUT /v2/a/b/manifests/1", path.as_str()]
    );
}
