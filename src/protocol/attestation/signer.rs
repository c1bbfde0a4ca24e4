//! Who signed, and who should have.

use crate::domain::{CommitSha, SignerPattern};

/// What a certificate of Fulcio says about the workflow that it was issued to
/// ([the extensions](https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md)). It says nothing else about what was
/// signed: whether the workflow may sign is decided by [`WantedSigner`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignerIdentity {
    /// Who vouched for the workflow: `https://token.actions.githubusercontent.com` for GitHub's
    /// runners. Empty where the authority itself is the signer, as for GitHub's attestation of a release.
    pub issuer: String,
    /// The subject alternative name: the workflow that signed, with its ref. In a reusable workflow it is that one.
    pub subject: String,
    /// The workflow that signed, with its ref.
    pub build_signer_uri: Option<String>,
    /// The workflow that was started, with its ref.
    pub build_config_uri: Option<String>,
    /// `https://github.com/owner/name`.
    pub source_repository_uri: Option<String>,
    /// The commit that the run is for.
    pub source_repository_digest: Option<String>,
    /// The branch or tag that the run is for, such as `refs/tags/v1.2.0`.
    pub source_repository_ref: Option<String>,
    /// `https://github.com/owner/name/actions/runs/1/attempts/1`.
    pub run_invocation_uri: Option<String>,
    /// `github-hosted` or `self-hosted`.
    pub runner_environment: Option<String>,
}

/// The signer that is wanted. Every member that is given must be so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedSigner {
    /// Exactly.
    pub issuer: String,
    pub workflow: Option<SignerPattern>,
    /// Exactly, such as `https://github.com/owner/name`.
    pub repository: Option<String>,
    pub commit: Option<CommitSha>,
}

/// The issuer of GitHub's runners.
pub const GITHUB_ISSUER: &str = "https://token.actions.githubusercontent.com";

impl WantedSigner {
    /// Each difference as "is issued by …, not by …".
    pub(super) fn differences(&self, seen: &SignerIdentity) -> Vec<String> {
        let mut differences = Vec::new();
        if seen.issuer != self.issuer {
            let issuer = match seen.issuer.as_str() {
                "" => "no issuer that it names",
                issuer => issuer,
            };
            differences.push(format!(
                "the signer's identity was issued by {issuer}, not by {}",
                self.issuer
            ));
        }
        if let Some(pattern) = &self.workflow
            && !pattern.matches(&seen.subject)
        {
            differences.push(format!(
                "it was signed by {}, not by {pattern}",
                seen.subject
            ));
        }
        if let Some(wanted) = &self.repository {
            let seen = seen.source_repository_uri.as_deref();
            // GitHub does not tell upper and lower case of an owner or a repository apart.
            if !seen.is_some_and(|seen| seen.eq_ignore_ascii_case(wanted)) {
                let seen = seen.unwrap_or("no repository");
                differences.push(format!("it was signed for {seen}, not for {wanted}"));
            }
        }
        if let Some(wanted) = &self.commit {
            let seen = seen.source_repository_digest.as_deref();
            if seen != Some(wanted.to_string().as_str()) {
                let seen = seen.unwrap_or("no commit");
                differences.push(format!("it was signed for {seen}, not for {wanted}"));
            }
        }
        differences
    }
}
