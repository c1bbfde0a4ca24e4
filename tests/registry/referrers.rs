//! Referrers that hold bundles: in a registry that lists them, in one where those who push keep an index, and in docker-registry.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::domain::{Digest, ImageRef, PinnedImage};
use btp_release::protocol::{
    BUNDLE_MEDIA_TYPE, Cause, MOST_REFERRERS, ReferrersList, RegistryReader as _,
    RegistryWriter as _, referrers_tag,
};
use serde_json::{Value, json};
use stand_ins::{Fault, Pattern, RegistryOptions};

use crate::faults::Fixture;
use crate::scripted_server::{ScriptedServer, reply};
use crate::support::registry::{DockerRegistry, blob, registries, repository};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const BYTES: &[u8] = br#"{"schemaVersion":2}"#;

fn subject(fixture: &Fixture) -> PinnedImage {
    fixture.at.pinned(Digest::of(BYTES))
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes).to_string(), "size": bytes.len()})
}

/// The manifest of a referrer with this bundle.
fn referrer(of: &PinnedImage, bundle: &[u8]) -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": BUNDLE_MEDIA_TYPE,
        "config": descriptor("application/vnd.oci.empty.v1+json", b"{}"),
        "layers": [descriptor(BUNDLE_MEDIA_TYPE, bundle)],
        "subject": {"mediaType": MANIFEST, "digest": of.digest.to_string(), "size": BYTES.len()},
    })
}

/// Puts a referrer into the registry as somebody else; `alter` changes its manifest.
fn put(fixture: &Fixture, bundle: &[u8], alter: impl FnOnce(&mut Value)) -> Digest {
    let mut manifest = referrer(&subject(fixture), bundle);
    alter(&mut manifest);
    let mut store = fixture.server.store();
    let path = fixture.at.path();
    store.put_blob(path, bundle).unwrap();
    let bytes = manifest.to_string().into_bytes();
    let digest = Digest::of(&bytes);
    let named = digest.to_string();
    store.put_manifest(path, &named, MANIFEST, &bytes).unwrap();
    digest
}

/// Puts the index of referrers into a registry that keeps no list.
fn put_index(fixture: &Fixture, referrers: &[Digest]) {
    let entry = |digest: &Digest| {
        json!({
            "mediaType": MANIFEST, "digest": digest.to_string(), "size": 1, "artifactType": BUNDLE_MEDIA_TYPE
        })
    };
    let manifests: Vec<_> = referrers.iter().map(entry).collect();
    let index =
        json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests, "x-more": 1});
    put_tag(fixture, INDEX, &index);
}

fn put_tag(fixture: &Fixture, media_type: &str, manifest: &Value) {
    let tag = referrers_tag(&subject(fixture)).unwrap();
    let tag = tag.tag().unwrap().as_str().to_owned();
    let mut store = fixture.server.store();
    let bytes = manifest.to_string();
    let path = fixture.at.path();
    store
        .put_manifest(path, &tag, media_type, bytes.as_bytes())
        .unwrap();
}

async fn without_list() -> Fixture {
    Fixture::with(RegistryOptions {
        referrers: false,
        ..RegistryOptions::default()
    })
    .await
}

fn adapter() -> Registries {
    registries(Credentials::anonymous())
}

#[tokio::test]
async fn registry_lists_bundles_in_pages_and_need_not_select() {
    for (filter, page) in [(true, 100), (true, 2), (false, 100), (false, 1)] {
        let fixture = Fixture::with(RegistryOptions {
            referrers_filter: filter,
            page_size_max: page,
            ..RegistryOptions::default()
        })
        .await;
        let all = adapter();
        let image = subject(&fixture);
        let none = all.referrers(&image).await.unwrap();
        assert_eq!(
            (none.bundles.len(), none.list),
            (0, ReferrersList::Registry)
        );
        let mut wanted: Vec<_> = (0..3).map(|n| put(&fixture, &[n], |_| {})).collect();
        put(&fixture, b"sbom", |m| {
            m["artifactType"] = "application/spdx+json".into()
        });
        put(&fixture, b"other", |m| {
            m["subject"]["digest"] = Digest::of(b"another image").to_string().into();
        });
        let mut listed = all.referrers(&image).await.unwrap().bundles;
        wanted.sort();
        listed.sort();
        assert_eq!(listed, wanted, "{filter} {page}");
        let read = all
            .referred_bundle(&image, put(&fixture, &[0], |_| {}))
            .await;
        assert_eq!(read.unwrap().unwrap(), [0].as_slice());
    }
}

#[tokio::test]
async fn index_is_read_where_the_registry_keeps_no_list() {
    let fixture = without_list().await;
    let (all, image) = (adapter(), subject(&fixture));
    let none = all.referrers(&image).await.unwrap();
    assert_eq!(none.bundles, []);
    assert!(matches!(none.list, ReferrersList::Index(index) if index.is_empty()));
    let one = put(&fixture, b"bundle", |_| {});
    // What is not in the index is not there for readers.
    assert_eq!(all.referrers(&image).await.unwrap().bundles, []);
    put_index(&fixture, &[one]);
    let found = all.referrers(&image).await.unwrap();
    assert_eq!(found.bundles, [one]);
    // All of the index is kept for whoever adds to it.
    assert!(matches!(found.list, ReferrersList::Index(index) if index["x-more"] == 1));
    assert_eq!(
        all.referred_bundle(&image, one).await.unwrap().unwrap(),
        "bundle"
    );
    // That it keeps no list is asked once, and what has a digest is read once.
    all.referred_bundle(&image, one).await.unwrap().unwrap();
    assert_eq!(fixture.seen("/referrers/"), ["GET 404"]);
    assert_eq!(fixture.seen(&one.to_string()), ["GET 200"]);
}

type AlterManifest = fn(&mut Value);

/// Whoever may push could add it: it does not count, and is no reason to read nothing else.
#[tokio::test]
async fn referrer_that_is_not_as_it_must_be_does_not_count() {
    let fixture = Fixture::start().await;
    let (all, image) = (adapter(), subject(&fixture));
    let table: [(&str, AlterManifest); 6] = [
        ("is one of sha256:", |m| {
            m["subject"]["digest"] = Digest::of(b"other").to_string().into();
        }),
        ("cannot be read", |m| m["subject"] = Value::Null),
        ("cannot be read", |m| m["layers"] = "all".into()),
        ("exactly one", |m| m["layers"] = json!([])),
        ("exactly one", |m| {
            let layer = m["layers"][0].clone();
            m["layers"] = json!([layer, layer]);
        }),
        ("exactly one", |m| {
            m["layers"][0]["mediaType"] = "text/plain".into()
        }),
    ];
    for (why, alter) in table {
        let one = put(&fixture, b"bundle", alter);
        let refused = all.referred_bundle(&image, one).await.unwrap().unwrap_err();
        assert!(refused.seen.contains(why), "{why}: {refused}");
    }
    let gone = Digest::of(b"nowhere");
    let refused = all
        .referred_bundle(&image, gone)
        .await
        .unwrap()
        .unwrap_err();
    assert!(refused.seen.contains("is not there"), "{refused}");
    let lost = put(&fixture, b"lost", |_| {});
    fixture
        .server
        .store()
        .repositories
        .get_mut(fixture.at.path())
        .unwrap()
        .blobs
        .clear();
    let refused = all
        .referred_bundle(&image, lost)
        .await
        .unwrap()
        .unwrap_err();
    assert!(refused.seen.contains("was deleted"), "{refused}");
}

/// Manifest and bundle are compared with their digests, and one that has other bytes does not count.
#[tokio::test]
async fn altered_bytes_of_a_referrer_do_not_count() {
    for part in ["/manifests/", "/blobs/"] {
        let fixture = Fixture::start().await;
        let (all, image) = (adapter(), subject(&fixture));
        let one = put(&fixture, b"a bundle", |_| {});
        let faults = fixture.server.faults();
        faults.when(Pattern::path(part), 50, Fault::FlipByte(2));
        let refused = all.referred_bundle(&image, one).await.unwrap().unwrap_err();
        assert!(refused.seen.contains("sha256:"), "{part}: {refused}");
    }
}

#[tokio::test]
async fn only_404_means_that_there_is_no_list_and_no_index() {
    for status in [401, 403, 400, 405] {
        let fixture = Fixture::start().await;
        let faults = fixture.server.faults();
        faults.when(Pattern::path("/referrers/"), 9, Fault::Status(status));
        let error = adapter().referrers(&subject(&fixture)).await.unwrap_err();
        let seen = match error.cause {
            Cause::Denied { status, .. } | Cause::Refused { status, .. } => status,
            other => panic!("{other:?}"),
        };
        assert_eq!(seen, status);
    }
    let fixture = without_list().await;
    let faults = fixture.server.faults();
    faults.when(Pattern::path("sha256-"), 9, Fault::Status(403));
    let error = adapter().referrers(&subject(&fixture)).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Denied { .. }), "{error}");
    // What passes is asked again.
    let fixture = Fixture::start().await;
    let faults = fixture.server.faults();
    faults.when(Pattern::path("/referrers/"), 2, Fault::Status(503));
    assert!(adapter().referrers(&subject(&fixture)).await.is_ok());
}

#[tokio::test]
async fn lists_are_bounded_and_are_lists() {
    let fixture = without_list().await;
    let (all, image) = (adapter(), subject(&fixture));
    let many: Vec<_> = (0..MOST_REFERRERS)
        .map(|n| Digest::of(&[u8::try_from(n).unwrap()]))
        .collect();
    put_index(&fixture, &many[1..]);
    assert_eq!(
        all.referrers(&image).await.unwrap().bundles.len(),
        MOST_REFERRERS - 1
    );
    put_index(&fixture, &many);
    let error = all.referrers(&image).await.unwrap_err();
    assert!(error.to_string().contains("delete those"), "{error}");
    put_tag(&fixture, MANIFEST, &json!({"schemaVersion": 2}));
    let error = all.referrers(&image).await.unwrap_err();
    assert!(
        error.to_string().contains("is no list of referrers"),
        "{error}"
    );
    put_tag(&fixture, INDEX, &json!({"manifests": 1}));
    let error = all.referrers(&image).await.unwrap_err();
    assert!(
        error.to_string().contains("is no list of referrers"),
        "{error}"
    );
}

/// Each page names a next one: as many as there can be, and on another host.
#[tokio::test]
async fn pages_are_bounded_and_stay_at_the_registry() {
    let page = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}).to_string();
    for (link, why) in [
        ("/v2/a/b/referrers/x?last=1", "pages"),
        ("https://evil.example/v2/", "credentials are not sent there"),
    ] {
        let body = page.clone();
        let server = ScriptedServer::start(move |_, _| {
            let head = format!("content-type: {INDEX}\r\nlink: <{link}>; rel=\"next\"\r\n");
            reply(200, &head, body.as_bytes())
        });
        let image = server.at().pinned(Digest::of(BYTES));
        let error = adapter().referrers(&image).await.unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
        assert!(server.lines().len() <= 20);
    }
    let server = ScriptedServer::start(|_, _| reply(200, "content-type: text/html\r\n", b"<html>"));
    let image = server.at().pinned(Digest::of(BYTES));
    assert!(adapter().referrers(&image).await.is_err());
}

/// The same with Debian's docker-registry, which keeps no list and takes what we push.
#[tokio::test]
async fn docker_registry_stores_referrers_and_their_index() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let all = adapter();
    let at = repository(&server.host, "kyma/module");
    let config = blob(b"{}".to_vec());
    let (layer, bundle) = (blob(b"layer".to_vec()), blob(br#"{"a":1}"#.to_vec()));
    for one in [&config, &layer, &bundle] {
        all.push_blob(&at, one).await.unwrap();
    }
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": descriptor("application/vnd.oci.image.config.v1+json", b"{}"),
        "layers": [descriptor("application/octet-stream", b"layer")],
    })
    .to_string();
    let image = at.pinned(Digest::of(manifest.as_bytes()));
    let push = async |to: ImageRef, kind, bytes: String| {
        all.push_manifest(&to, kind, bytes.into()).await.unwrap();
    };
    push(image.clone().into(), MANIFEST, manifest).await;
    let manifest = referrer(&image, br#"{"a":1}"#).to_string();
    let one = Digest::of(manifest.as_bytes());
    push(at.pinned(one).into(), MANIFEST, manifest).await;
    let before = all.referrers(&image).await.unwrap();
    assert_eq!(before.bundles, []);
    assert!(matches!(before.list, ReferrersList::Index(_)));
    let index = json!({
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [{
            "mediaType": MANIFEST,
            "digest": one.to_string(),
            "size": 1,
            "artifactType": BUNDLE_MEDIA_TYPE,
        }],
    });
    let tag = referrers_tag(&image).unwrap();
    push(tag, INDEX, index.to_string()).await;
    assert_eq!(all.referrers(&image).await.unwrap().bundles, [one]);
    let read = all.referred_bundle(&image, one).await.unwrap();
    assert_eq!(read.unwrap(), r#"{"a":1}"#);
}
