//! What is signed about a release, and what counts of it: how its images were built, the results of the tests, the evidence and the
//! verdict, and the attestations that images must have.

#[cfg(test)]
pub(crate) mod examples;
pub(crate) mod leg;
pub(crate) mod provenance;
pub(crate) mod referrers;
pub(crate) mod required;
pub(crate) mod sbom;
pub(crate) mod summary;
#[cfg(test)]
mod tests;

use crate::domain::{Digest, SignerPattern};
use crate::plan::{Artifact, Artifacts, ReleasePlan, Signing, Wanted};
use crate::protocol::{
    GITHUB_ISSUER, RefusedAttestation, SeenAttestation, SignatureFault, Subject, SubjectRule,
    WantedAttestation, WantedSigner,
};

/// An attestation that was found: verified, or the reason why it does not count.
pub(crate) type Found = Result<SeenAttestation, RefusedAttestation>;

/// What GitHub's 404 can mean as well: it answers the same where there is none
/// ([API](https://docs.github.com/en/rest/repos/attestations#list-attestations)).
pub(crate) const OR_NO_RIGHT: &str =
    "or give the token `attestations: read`: without it GitHub shows none";

/// The artifacts as subjects: assets by their names, images by their tags.
pub(crate) fn subjects(artifacts: &Artifacts) -> Vec<Subject> {
    let subject = |(name, artifact): (&String, &Artifact)| Subject {
        name: match artifact {
            Artifact::Asset { .. } => name.clone(),
            Artifact::Image { tagged, .. } => tagged.to_string(),
        },
        digest: artifact.digest(),
    };
    artifacts.0.iter().map(subject).collect()
}

/// An artifact by which the statements about all of them are found.
pub(crate) fn first_digest(artifacts: &Artifacts) -> Option<Digest> {
    artifacts.0.values().next().map(Artifact::digest)
}

/// The run that may sign for a release: the one of the plan, of the plan's workflow.
#[derive(Clone, Debug)]
pub(crate) struct SigningRun {
    workflow: String,
    signer: WantedSigner,
    /// The workflow that has the jobs which sign the results of the tests.
    test_signer: Option<SignerPattern>,
    /// The address of the run.
    url: String,
}

impl SigningRun {
    /// `run` is the run's number: the plan's or, of a published release, the one that published it.
    pub(crate) fn new(signing: &Signing, run: &str) -> Self {
        let repository = signing.repository();
        Self {
            workflow: signing.workflow.clone(),
            signer: WantedSigner {
                issuer: GITHUB_ISSUER.to_owned(),
                workflow: None,
                repository: Some(repository.to_owned()),
                commit: Some(signing.commit.clone()),
            },
            test_signer: signing.test_signer.clone(),
            url: format!("{repository}/actions/runs/{run}"),
        }
    }

    /// The jobs of this run that may sign results of the tests.
    fn of_tests(&self) -> Self {
        let mut run = self.clone();
        run.signer.workflow.clone_from(&self.test_signer);
        run
    }

    /// The run that the plan expects, if anything is to be signed.
    pub(crate) fn planned(plan: &ReleasePlan) -> Option<Self> {
        let signing = plan.wanted.signing.as_ref()?;
        Some(Self::new(signing, &plan.wanted.run))
    }

    /// The address of an attempt of the run.
    pub(crate) fn attempt_url(&self, attempt: u64) -> String {
        format!("{}/attempts/{attempt}", self.url)
    }

    /// In what an attestation differs from one of this run that is about exactly these artifacts.
    pub(crate) fn differences(
        &self,
        seen: &SeenAttestation,
        subjects: &[Subject],
        predicate_type: &str,
    ) -> Vec<RefusedAttestation> {
        let wanted = WantedAttestation {
            subjects,
            rule: SubjectRule::Exactly,
            predicate_type,
            predicate: None,
            signer: &self.signer,
            run: Some(&self.url),
        };
        let mut differences = wanted.compare(seen);
        let started = seen.signer.build_config_uri.as_deref();
        if !started.is_some_and(|started| started.eq_ignore_ascii_case(&self.workflow)) {
            let started = started.unwrap_or("a workflow that is not named");
            differences.push(RefusedAttestation::new(
                SignatureFault::OtherSigner,
                format!(
                    "it was signed in a run of {started}, not of {}",
                    self.workflow
                ),
            ));
        }
        differences
    }

    /// The attempt of the run that signed; 0 where the certificate does not name one.
    fn attempt(&self, seen: &SeenAttestation) -> u64 {
        let url = seen.signer.run_invocation_uri.as_deref();
        let rest = url.and_then(|url| url.strip_prefix(&self.url));
        let attempt = rest.and_then(|rest| rest.strip_prefix("/attempts/"));
        attempt
            .and_then(|attempt| attempt.parse().ok())
            .unwrap_or_default()
    }
}

/// The address of the server that a signed release is on.
fn server(wanted: &Wanted) -> &str {
    let signing = wanted.signing.as_ref();
    signing.map_or("https://github.com", Signing::server)
}

/// The server in the address of a workflow: `https://github.com`.
fn server_of(pattern: &SignerPattern) -> String {
    let text = pattern.to_string();
    let host = text.strip_prefix("https://").unwrap_or_default();
    let host = host.split('/').next().unwrap_or_default();
    format!("https://{host}")
}
