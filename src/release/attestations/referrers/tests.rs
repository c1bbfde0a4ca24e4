//! What is pushed, by what the registry answers.

use super::*;
use crate::protocol::{NewAttestation, Subject};
use crate::release::attestations::examples::{job, signed};

fn image() -> PinnedImage {
    let repository: crate::domain::ImageRepository = "r.example/prod/manager".parse().unwrap();
    repository.pinned(Digest::of(b"image"))
}

fn subject() -> SeenManifest {
    SeenManifest {
        digest: image().digest,
        media_type: INDEX.to_owned(),
        size: Some(7),
    }
}

fn referrer(predicate_type: &str) -> Referrer {
    let statement = NewAttestation {
        subjects: vec![Subject {
            name: "image".into(),
            digest: image().digest,
        }],
        predicate_type: predicate_type.to_owned(),
        predicate: json!({}),
    };
    let mut signed = signed(&statement, job(1));
    signed.bundle = Bytes::from(format!("a bundle with {predicate_type}"));
    Referrer::new(&subject(), 7, &signed)
}

/// An image that is to have two referrers, and what this registry answers.
fn seen(list: ReferrersList, listed: &[&Referrer], there: &[&Referrer]) -> ReferredImage {
    let digests = |all: &[&Referrer]| all.iter().map(|one| one.digest).collect::<Vec<_>>();
    ReferredImage {
        image: image(),
        wanted: vec![referrer("a"), referrer("b")],
        list: SeenReferrers {
            bundles: digests(listed),
            list,
        },
        there: digests(there).into_iter().collect(),
        blobs: BTreeSet::new(),
    }
}

/// What is pushed: blobs by their sizes, manifests by their tags or the digest of a referrer.
fn pushed(seen: &ReferredImage) -> Vec<String> {
    let named = |to: &ImageRef| {
        let digest = to.digest();
        let nth = seen
            .wanted
            .iter()
            .position(|one| Some(one.digest) == digest);
        nth.map_or_else(|| to.reference(), |nth| format!("referrer {nth}"))
    };
    let told = |action: &Action| match action {
        Action::PushBlobs { to, blobs } => {
            assert_eq!(*to, image().repository);
            let sizes: Vec<_> = blobs.iter().map(|blob| blob.size.to_string()).collect();
            format!("blobs {}", sizes.join(" "))
        }
        Action::PushManifest { to, .. } => named(to),
        other => panic!("{other}"),
    };
    seen.missing().iter().map(told).collect()
}

fn empty() -> ReferrersList {
    ReferrersList::Index(Map::new())
}

#[test]
fn manifest_of_a_bundle_is_always_the_same() {
    let one = referrer("https://slsa.dev/verification_summary/v1");
    let text = std::str::from_utf8(&one.manifest).unwrap();
    let bundle = Digest::of(&one.bundle);
    assert_eq!(
        text,
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json","config":{{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}},"layers":[{{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","digest":"{bundle}","size":54}}],"subject":{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{}","size":7}},"annotations":{{"dev.sigstore.bundle.content":"dsse-envelope","dev.sigstore.bundle.predicateType":"https://slsa.dev/verification_summary/v1"}}}}"#,
            image().digest
        )
    );
    assert_eq!(one, referrer("https://slsa.dev/verification_summary/v1"));
}

#[test]
fn registry_with_a_list_is_pushed_blobs_and_manifests_once() {
    let (a, b) = (referrer("a"), referrer("b"));
    let list = || ReferrersList::Registry;
    // The empty config is pushed once for both.
    let all = ["blobs 2 15 15", "referrer 0", "referrer 1"];
    assert_eq!(pushed(&seen(list(), &[], &[])), all);
    assert_eq!(
        pushed(&seen(list(), &[&a], &[])),
        ["blobs 2 15", "referrer 1"]
    );
    // The answer was lost, or the manifest was there before the registry kept a list.
    assert_eq!(pushed(&seen(list(), &[&a], &[&b])), ["referrer 1"]);
    assert_eq!(pushed(&seen(list(), &[&b, &a], &[])), [""; 0]);
    let mut with_blobs = seen(list(), &[], &[]);
    with_blobs.blobs = [Digest::of(EMPTY_CONFIG), Digest::of(&b.bundle)].into();
    assert_eq!(
        pushed(&with_blobs),
        ["blobs 15", "referrer 0", "referrer 1"]
    );
}

#[test]
fn index_is_written_after_all_manifests_where_the_registry_has_no_list() {
    let (a, b) = (referrer("a"), referrer("b"));
    let tag = format!("sha256-{}", image().digest.hex());
    let all = ["blobs 2 15 15", "referrer 0", "referrer 1"];
    assert_eq!(pushed(&seen(empty(), &[], &[])), all);
    assert_eq!(
        pushed(&seen(empty(), &[], &[&a])),
        ["blobs 2 15", "referrer 1"]
    );
    assert_eq!(pushed(&seen(empty(), &[], &[&a, &b])), [tag.as_str()]);
    assert_eq!(pushed(&seen(empty(), &[&a], &[&b])), [tag.as_str()]);
    assert_eq!(pushed(&seen(empty(), &[&a, &b], &[])), [""; 0]);
}

/// Two jobs write at once, and one entry is lost: it is added again to what is there then.
#[test]
fn entries_of_others_stay_in_the_index() {
    let (a, b) = (referrer("a"), referrer("b"));
    let foreign = json!({"digest": "sha512:0", "size": 1, "x-more": [1]});
    let index = json!({"manifests": [foreign], "annotations": {"by": "others"}});
    let index = index.as_object().unwrap().clone();
    let written = |seen: &ReferredImage| -> Value {
        let [
            Action::PushManifest {
                media_type, bytes, ..
            },
        ] = &seen.missing()[..]
        else {
            panic!("{:?}", seen.missing())
        };
        assert_eq!(media_type, INDEX);
        serde_json::from_slice(bytes).unwrap()
    };
    let first = written(&seen(ReferrersList::Index(index), &[], &[&a, &b]));
    assert_eq!(first["manifests"], json!([foreign, a.entry(), b.entry()]));
    assert_eq!(first["annotations"]["by"], "others");
    assert_eq!(
        (&first["schemaVersion"], &first["mediaType"]),
        (&json!(2), &json!(INDEX))
    );
    let theirs = json!({"manifests": [foreign, a.entry()], "mediaType": INDEX});
    let theirs = theirs.as_object().unwrap().clone();
    let second = written(&seen(ReferrersList::Index(theirs), &[&a], &[&b]));
    assert_eq!(second["manifests"], json!([foreign, a.entry(), b.entry()]));
    let annotations = &b.entry()["annotations"];
    assert_eq!(annotations[CONTENT], "dsse-envelope");
    assert_eq!(annotations[PREDICATE_TYPE], "b");
}

#[test]
fn type_of_a_bundle_that_is_not_verified_is_read_for_comparison_only() {
    let bundle = |payload: &str| json!({"dsseEnvelope": {"payload": payload}}).to_string();
    let statement = BASE64_STANDARD.encode(r#"{"predicateType": "x"}"#);
    assert_eq!(
        claimed_type(bundle(&statement).as_bytes()).as_deref(),
        Some("x")
    );
    for unreadable in [
        "",
        "{}",
        &bundle("%"),
        &bundle(&BASE64_STANDARD.encode("[]")),
    ] {
        assert_eq!(claimed_type(unreadable.as_bytes()), None);
    }
}
