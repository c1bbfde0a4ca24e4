//! A rehearsal signs and verifies, with nothing installed.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use super::{rehearse, text};

const SIGNER: &str = "/kyma-project/btp-manager/.github/workflows/release.yaml@refs/heads/main\n";
const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1  of 5 artifacts\n";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1  of 6 artifacts";

/// `verify-bundle` of the signed verdict that a rehearsal left.
fn verify_bundle(state: &Path, options: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    command.env_clear().arg("verify-bundle");
    command.arg(state.join("workspace/release-verdict.sigstore.json"));
    command.args(options).output().unwrap()
}

#[test]
fn signer_of_tests_evidence_and_verdict_is_shown_and_all_are_verified() {
    let state = tempfile::tempdir().unwrap();
    let released = rehearse(state.path(), &[]);
    let log = text(&released);
    assert_eq!(released.status.code(), Some(0), "{log}");
    let (_, signed) = log.split_once("\nsigned by http://127.0.0.1:").unwrap();
    let (signed, _) = signed.split_once("\n\n").unwrap();
    assert!(signed.contains(SIGNER), "{signed}");
    assert!(signed.contains(TEST_RESULT), "{signed}");
    assert!(signed.contains(SUMMARY), "{signed}");
    assert_eq!(signed.lines().count(), 4, "{signed}");
    let verified = "signatures verified: release-evidence.sigstore.json, release-verdict.sigstore.json, the leg rehearsal";
    assert!(log.contains(verified), "{log}");
    let summary = std::fs::read_to_string(state.path().join("summary.md")).unwrap();
    assert!(summary.contains(verified), "{summary}");

    // The signatures of the first one count in the second one, which signs nothing and has other keys.
    let again = rehearse(state.path(), &[]);
    let log = text(&again);
    assert_eq!(again.status.code(), Some(0), "{log}");
    assert!(log.contains(verified), "{log}");
    assert_eq!(log.matches("\nsigned by ").count(), 1, "{log}");

    let roots = state.path().join("sigstore/trusted_root.jsonl");
    let roots = [OsStr::new("--trusted-root"), roots.as_os_str()];
    let verified = verify_bundle(state.path(), &roots);
    assert_eq!(verified.status.code(), Some(0), "{}", text(&verified));
    let refused = verify_bundle(state.path(), &[]);
    assert_eq!(refused.status.code(), Some(12), "{}", text(&refused));
    let untrusted = "error[attestation-certificate-untrusted]";
    assert!(text(&refused).contains(untrusted), "{}", text(&refused));
}

#[test]
fn status_that_somebody_wrote_publishes_nothing_until_the_tests_are_signed() {
    let state = tempfile::tempdir().unwrap();
    let forged = rehearse(state.path(), &["--e2e", "forged"]);
    let log = text(&forged);
    assert_eq!(forged.status.code(), Some(12), "{log}");
    assert!(log.contains("error[attestation-missing]"), "{log}");
    assert!(
        log.contains("the leg rehearsal of the tests has no signed result for these artifacts"),
        "{log}"
    );
    assert!(!log.contains("v1.2.0 is published"), "{log}");
    let tested = rehearse(state.path(), &[]);
    assert_eq!(tested.status.code(), Some(0), "{}", text(&tested));
    assert!(text(&tested).contains("\nv1.2.0 is published\n"));
}

#[test]
fn unit_tests_cannot_be_forged() {
    let state = tempfile::tempdir().unwrap();
    let refused = rehearse(state.path(), &["--unit-tests", "forged"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
}
