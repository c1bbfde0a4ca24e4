//! Attestations for the tables of the phases.

use bytes::Bytes;

use crate::domain::Digest;
use crate::plan::{Signing, SigningMode};
use crate::protocol::{GITHUB_ISSUER, NewAttestation, SeenAttestation, SignerIdentity};

pub(crate) const REPOSITORY: &str = "https://github.com/kyma-project/btp-manager";

/// That everything has to be signed, by the workflow of the example plan.
pub(crate) fn signing() -> Signing {
    Signing {
        mode: SigningMode::Require,
        workflow: format!("{REPOSITORY}/.github/workflows/release.yml@refs/heads/main"),
        commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
        test_signer: None,
    }
}

/// The identity of a job in an attempt of the example plan's run.
pub(crate) fn job(attempt: u64) -> SignerIdentity {
    let Signing {
        workflow, commit, ..
    } = signing();
    SignerIdentity {
        issuer: GITHUB_ISSUER.to_owned(),
        subject: workflow.clone(),
        build_config_uri: Some(workflow),
        source_repository_uri: Some(REPOSITORY.to_owned()),
        source_repository_digest: Some(commit.to_string()),
        run_invocation_uri: Some(format!("{REPOSITORY}/actions/runs/17/attempts/{attempt}")),
        ..SignerIdentity::default()
    }
}

/// What is verified of a statement that this job signed.
pub(crate) fn signed(attestation: &NewAttestation, signer: SignerIdentity) -> SeenAttestation {
    let statement = attestation.statement();
    let digest = Digest::of(&statement);
    SeenAttestation {
        subjects: attestation.subjects.clone(),
        other_subjects: vec![],
        predicate_type: attestation.predicate_type.clone(),
        predicate: attestation.predicate.clone(),
        signed_at: 1_790_000_000,
        bundle: Bytes::from(format!("{digest} {signer:?}")),
        signer,
    }
}
