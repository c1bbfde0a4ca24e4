//! `verify-bundle`, as a person types it.

use std::process::Command;

use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/attestations/data");
const PUBLIC: &str = "public-good-rekor1.sigstore.json";
const STAGING: &str = "staging-rekor2.sigstore.json";
const SUBJECT: &str = "sha256:a0cfc71271d6e278e57cd332ff957c3f7043fdda354c4cbb190a30d56efa01bf";
const BEACON: &str = "sigstore-conformance/extremely-dangerous-public-oidc-beacon";

/// Exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .arg("verify-bundle")
        .args(arguments)
        .current_dir(FOLDER)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

#[test]
fn genuine_bundle_is_shown() {
    let (code, out, err) = run(&[PUBLIC]);
    assert_eq!(code, 0, "{err}");
    let workflow = ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    let signer = format!("https://github.com/{BEACON}/{workflow}");
    for part in [
        signer.as_str(),
        SUBJECT,
        "2024-12-16T18:42:56Z",
        "no --signer was given",
    ] {
        assert!(out.contains(part), "{part} is not in {out}");
    }
    let (code, out, err) = run(&[
        PUBLIC,
        "--json",
        "--signer",
        &format!("https://github.com/{BEACON}/*"),
        "--source",
        BEACON,
        "--digest",
        SUBJECT,
        "--predicate-type",
        "https://slsa.dev/provenance/v1",
    ]);
    assert_eq!(code, 0, "{err}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["signer"]["subject"], signer);
    assert_eq!(json["subjects"][0]["digest"], SUBJECT);
}

#[test]
fn what_is_not_wanted_is_refused_by_code() {
    let zeros = format!("sha256:{}", "0".repeat(64));
    let other = ["--artifact", "staging.trusted_root.json"];
    for (arguments, word) in [
        (["--digest", zeros.as_str()], "attestation-of-other-bytes"),
        (other, "attestation-of-other-bytes"),
        (
            ["--predicate-type", "https://slsa.dev/provenance/v2"],
            "attestation-of-other-content",
        ),
        (
            ["--signer", "https://github.com/kyma-project/*"],
            "attestation-of-other-signer",
        ),
        (
            ["--source", "kyma-project/module"],
            "attestation-of-other-signer",
        ),
        (
            ["--issuer", "https://accounts.google.com"],
            "attestation-of-other-signer",
        ),
        (
            ["--commit", "0123456789abcdef0123456789abcdef01234567"],
            "attestation-of-other-signer",
        ),
        (
            ["--trusted-root", "staging.trusted_root.json"],
            "attestation-certificate-untrusted",
        ),
    ] {
        let (code, out, err) = run(&[PUBLIC, arguments[0], arguments[1]]);
        assert_eq!((code, out.as_str()), (12, ""), "{arguments:?}: {err}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
    let (code, _, err) = run(&[STAGING, "--trusted-root", "staging.trusted_root.json"]);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn files_that_cannot_be_read_are_named() {
    for (arguments, word) in [
        (vec!["missing.json"], "file-unreadable"),
        (vec![PUBLIC, "--artifact", "missing"], "file-unreadable"),
        (
            vec![PUBLIC, "--trusted-root", PUBLIC],
            "trusted-root-invalid",
        ),
        (vec![PUBLIC, "--digest", "sha256:1"], "digest-invalid"),
        (vec![PUBLIC, "--signer", "*"], "pattern-invalid"),
    ] {
        let (code, _, err) = run(&arguments);
        assert_ne!(code, 0, "{arguments:?}");
        assert!(err.contains(word), "{arguments:?}: {err}");
    }
}

#[test]
fn hostile_bundles_are_quoted_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.json");
    let genuine = std::fs::read_to_string(format!("{FOLDER}/{PUBLIC}")).unwrap();
    let long = "x".repeat(200_000);
    for (pointer, said) in [
        ("/mediaType", "its media type is"),
        ("/dsseEnvelope/payloadType", "of the type"),
    ] {
        let mut bundle: Value = serde_json::from_str(&genuine).unwrap();
        *bundle.pointer_mut(pointer).unwrap() = long.as_str().into();
        std::fs::write(&path, bundle.to_string()).unwrap();
        let (code, out, err) = run(&[path.to_str().unwrap()]);
        assert_eq!((code, out.as_str()), (12, ""), "{pointer}: {err:.500}");
        assert!(err.contains(said) && err.len() < 2_000, "{err:.500}");
    }
    let staging = format!("{FOLDER}/staging.trusted_root.json");
    let root = std::fs::read_to_string(staging).unwrap();
    let mut root: Value = serde_json::from_str(&root).unwrap();
    root["mediaType"] = long.as_str().into();
    std::fs::write(&path, root.to_string()).unwrap();
    let (code, _, err) = run(&[STAGING, "--trusted-root", path.to_str().unwrap()]);
    assert_eq!(code, 2, "{err:.500}");
    assert!(
        err.contains("trusted-root-invalid") && err.len() < 2_000,
        "{err:.500}"
    );
}
