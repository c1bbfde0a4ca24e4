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
const STAGING_ROOT: &str = include_str!("data/staging.trusted_root.json");

/// All three instances.
pub(crate) fn roots() -> TrustedRoot {
    use sigstore_verify::trust_root::{
        SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT,
    };
    let all = [
        SIGSTORE_PRODUCTION_TRUSTED_ROOT,
        SIGSTORE_GITHUB_TRUSTED_ROOT,
        STAGING_ROOT,
    ];
    let one_a_line = all.map(|root| {
        let root: Value = serde_json::from_str(root).unwrap();
        root.to_string()
    });
    TrustedRoot::parse(one_a_line.join("\n").as_bytes()).unwrap()
}

pub(crate) fn verified(bundle: &str) -> Result<SeenAttestation, RefusedAttestation> {
    verify(&Bytes::copy_from_slice(bundle.as_bytes()), &roots())
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
    let other_version = STAGING_ROOT.replace("version=0.1", "version=0.9");
    assert!(TrustedRoot::parse(other_version.as_bytes()).is_err());
}
