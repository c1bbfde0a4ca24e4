//! The recorded bundles, and that they verify as they are.

use btp_release::adapters::sigstore::{TrustedRoot, verify};
use btp_release::protocol::{RefusedAttestation, SeenAttestation, SignatureFault};
use bytes::Bytes;
use serde_json::Value;

/// SLSA provenance of a workflow, in Rekor v1, without a timestamp.
pub(crate) const PUBLIC: &str = include_str!("data/public-good-rekor1.sigstore.json");
/// A statement in Rekor v2, with a timestamp, of the staging instance.
pub(crate) const STAGING: &str = include_str!("data/staging-rekor2.sigstore.json");
/// GitHub's attestation of an immutable release: a timestamp only.
pub(crate) const GITHUB: &str = include_str!("data/github-release.sigstore.json");
/// A signature over the bytes of an artifact, without a statement.
const BLOB: &str = include_str!("data/public-good-blob.sigstore.json");
/// A test result that cosign signed in a workflow's job, in Rekor v2 and with a timestamp (`tests/sigstore/cosign/record`).
pub(crate) const COSIGN: &str = include_str!("data/cosign-logged.sigstore.json");
/// The same with a timestamp only.
pub(crate) const COSIGN_STAMPED: &str = include_str!("data/cosign-timestamped.sigstore.json");
/// The statement of v0.1 that cosign makes where it is given a predicate only.
const COSIGN_PREDICATE: &str = include_str!("data/cosign-predicate.sigstore.json");
const COSIGN_ROOT: &str = include_str!("data/cosign.trusted_root.json");
const STAGING_ROOT: &str = include_str!("data/staging.trusted_root.json");

/// All instances but the one without a log.
pub(crate) fn roots() -> TrustedRoot {
    use sigstore_verify::trust_root::{
        SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT,
    };
    let all = [
        SIGSTORE_PRODUCTION_TRUSTED_ROOT,
        SIGSTORE_GITHUB_TRUSTED_ROOT,
        STAGING_ROOT,
        COSIGN_ROOT,
    ];
    let one_a_line = all.map(|root| {
        let root: Value = serde_json::from_str(root).unwrap();
        root.to_string()
    });
    TrustedRoot::parse(one_a_line.join("\n").as_bytes()).unwrap()
}

/// The servers that cosign signed with, with one thing changed in what is known of them.
fn servers_of_cosign(change: impl FnOnce(&mut Value)) -> TrustedRoot {
    let mut root: Value = serde_json::from_str(COSIGN_ROOT).unwrap();
    change(&mut root);
    TrustedRoot::parse(root.to_string().as_bytes()).unwrap()
}

/// An instance as GitHub's own: with timestamps in place of a log.
pub(crate) fn without_log() -> TrustedRoot {
    servers_of_cosign(|root| drop(root.as_object_mut().unwrap().remove("tlogs")))
}

pub(crate) fn verified(bundle: &str) -> Result<SeenAttestation, RefusedAttestation> {
    verified_with(bundle, &roots())
}

pub(crate) fn verified_with(
    bundle: &str,
    root: &TrustedRoot,
) -> Result<SeenAttestation, RefusedAttestation> {
    verify(&Bytes::copy_from_slice(bundle.as_bytes()), root)
}

#[test]
fn bundles_of_cosign_verify() {
    let workflow = "https://github.com/kyma-project/btp-manager/.github/workflows/create-release.yaml@refs/heads/main";
    for (bundle, root) in [(COSIGN, roots()), (COSIGN_STAMPED, without_log())] {
        let seen = verified_with(bundle, &root).unwrap();
        assert_eq!(seen.subjects[0].name, "artifact");
        assert_eq!(seen.predicate["result"], "PASSED");
        assert_eq!(seen.signer.subject, workflow);
        assert!(seen.signed_at > 1_700_000_000);
    }
    // Which form is enough is up to the instance.
    for (bundle, root) in [(COSIGN_STAMPED, roots()), (COSIGN, without_log())] {
        let refused = verified_with(bundle, &root).unwrap_err();
        assert_eq!(refused.fault, SignatureFault::LogEntryInvalid, "{refused}");
    }
}

#[test]
fn statement_that_cosign_makes_from_a_predicate_is_of_an_old_version() {
    let refused = verified(COSIGN_PREDICATE).unwrap_err();
    assert_eq!(refused.fault, SignatureFault::BundleUnreadable);
    assert!(refused.seen.contains("Statement/v0.1"), "{refused}");
}

/// Any key of the trusted root could sign a checkpoint; it must be of the log that the entry names.
#[test]
fn checkpoint_must_name_the_log_that_has_the_entry() {
    for name in ["http://rekor.example", "http://rekor.sigstore.loc"] {
        let other = servers_of_cosign(|root| root["tlogs"][0]["baseUrl"] = name.into());
        let refused = verified_with(COSIGN, &other).unwrap_err();
        assert_eq!(refused.fault, SignatureFault::LogEntryInvalid, "{name}");
        assert!(refused.seen.contains("checkpoint"), "{refused}");
    }
}

#[test]
fn certificate_must_be_in_a_log_of_the_instance() {
    let staging: Value = serde_json::from_str(STAGING_ROOT).unwrap();
    let other = servers_of_cosign(|root| root["ctlogs"] = staging["ctlogs"].clone());
    let refused = verified_with(COSIGN, &other).unwrap_err();
    assert_eq!(refused.fault, SignatureFault::CertificateUntrusted);
    let none = servers_of_cosign(|root| drop(root.as_object_mut().unwrap().remove("ctlogs")));
    verified_with(COSIGN, &none).unwrap();
}

#[test]
fn bundle_of_the_public_good_instance_verifies() {
    let seen = verified(PUBLIC).unwrap();
    assert_eq!(seen.predicate_type, "https://slsa.dev/provenance/v1");
    assert_eq!(seen.subjects[0].name, "a.txt");
    assert_eq!(seen.signed_at, 1_734_374_576);
    let signer = seen.signer;
    assert_eq!(signer.issuer, "https://token.actions.githubusercontent.com");
    let workflow = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    assert_eq!(signer.subject, workflow);
    assert_eq!(signer.build_signer_uri.as_deref(), Some(workflow));
    assert_eq!(
        signer.source_repository_uri.as_deref(),
        Some("https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon")
    );
    assert_eq!(
        signer.source_repository_ref.as_deref(),
        Some("refs/heads/main")
    );
    assert_eq!(signer.runner_environment.as_deref(), Some("github-hosted"));
    assert!(
        signer
            .run_invocation_uri
            .unwrap()
            .contains("/actions/runs/")
    );
    assert_eq!(signer.source_repository_digest.unwrap().len(), 40);
}

#[test]
fn bundle_of_rekor_2_verifies() {
    let seen = verified(STAGING).unwrap();
    assert_eq!(
        seen.predicate["targetChannel"],
        "https://example.com/my-channel"
    );
    assert!(seen.signed_at > 1_700_000_000);
}

#[test]
fn release_attestation_of_github_verifies() {
    let seen = verified(GITHUB).unwrap();
    assert_eq!(
        seen.predicate_type,
        "https://in-toto.io/attestation/release/v0.2"
    );
    assert_eq!(seen.subjects.len(), 5);
    let signer = (seen.signer.issuer.as_str(), seen.signer.subject.as_str());
    assert_eq!(signer, ("", "https://dotcom.releases.github.com"));
    let commit = &seen.other_subjects[0];
    assert_eq!(
        (commit.algorithm.as_str(), commit.digest.len()),
        ("sha1", 40)
    );
    assert_eq!(commit.name, "pkg:github/jdx/communique@v0.1.9");
}

#[test]
fn embedded_roots_verify_what_their_instances_signed() {
    let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
    let embedded = TrustedRoot::embedded().unwrap();
    assert!(verify(&bytes(PUBLIC), &embedded).is_ok());
    assert!(verify(&bytes(GITHUB), &embedded).is_ok());
    for (bundle, root) in [
        (STAGING, embedded),
        (PUBLIC, TrustedRoot::github().unwrap()),
        (GITHUB, TrustedRoot::public_good().unwrap()),
    ] {
        let refused = verify(&bytes(bundle), &root).unwrap_err();
        assert_eq!(refused.fault, SignatureFault::CertificateUntrusted);
    }
}

#[test]
fn signature_over_bytes_is_no_attestation() {
    let refused = verified(BLOB).unwrap_err();
    assert_eq!(refused.fault, SignatureFault::BundleUnreadable);
}

#[test]
fn trusted_root_must_be_one() {
    for broken in ["", "{}", "[]", r#"{"mediaType":"text/plain"}"#, "{}\n{}"] {
        let refused = TrustedRoot::parse(broken.as_bytes()).unwrap_err();
        assert_eq!(refused.code.as_str(), "trusted-root-invalid", "{broken}");
    }
    let large = TrustedRoot::parse(&vec![b' '; (4 << 20) + 1]).unwrap_err();
    assert!(large.seen.contains("more than"), "{large:?}");
    let other_version = STAGING_ROOT.replace("version=0.1", "version=0.9");
    assert!(TrustedRoot::parse(other_version.as_bytes()).is_err());
}
