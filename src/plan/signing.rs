//! What a release asks of signatures: who signs the results of its tests, and which attestations its images must have.

use serde::{Deserialize, Serialize};

use crate::domain::{CommitSha, SignerPattern};

/// The asset with the signed evidence: a Sigstore bundle.
pub const SIGNED_EVIDENCE: &str = "release-evidence.sigstore.json";

/// The asset with the signed verdict, a SLSA verification summary: a Sigstore bundle.
pub const SIGNED_VERDICT: &str = "release-verdict.sigstore.json";

/// The asset with the answers of GitHub that a signed release was made from. Evidence that is not signed has them itself.
pub const REQUESTS: &str = "release-requests.json";

/// That the results of the tests and the release are signed, and by whom. It is part of the plan, so that no later phase can be
/// given less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signing {
    /// Whether a signature may be missing.
    pub mode: SigningMode,
    /// The address of the workflow whose run made the plan, with its ref: `https://github.com/OWNER/NAME/.github/workflows/FILE@REF`.
    pub workflow: String,
    /// The commit that the workflow runs on, which need not be the one that is released.
    pub commit: CommitSha,
    /// The workflow that has the jobs which sign the results of the tests. Without it, any job of the run may sign them, also one that
    /// runs a module's own code. Plans of released versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_signer: Option<SignerPattern>,
}

/// Whether a signature may be missing. One that is wrong is refused in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SigningMode {
    /// A result that is not signed does not count.
    Require,
    /// What can be signed is; a result that is not signed counts, with a warning.
    Prefer,
}

/// Whether the registry of an image may refuse to show what is signed about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferrersMode {
    /// Without them, the release is not published.
    Require,
    /// A registry that refuses them is a warning.
    Prefer,
}

/// An attestation that an image must have before the release is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequiredAttestation {
    /// The image's name among the artifacts, such as `binary-image`.
    pub image: String,
    /// The predicate type of the statement, such as `https://slsa.dev/provenance/v1`.
    pub predicate: String,
    /// The workflow that signed it.
    pub signer: SignerPattern,
}

impl Signing {
    /// The address of the repository whose workflow it is: `https://github.com/OWNER/NAME`.
    pub fn repository(&self) -> &str {
        let path = self.workflow.split_once("/.github/workflows/");
        path.map_or(self.workflow.as_str(), |(repository, _)| repository)
    }

    /// The server's address: `https://github.com`.
    pub fn server(&self) -> &str {
        let mut parts = self.repository().rsplitn(3, '/');
        parts.nth(2).unwrap_or("https://github.com")
    }

    /// Whether a signature must be there.
    pub fn is_required(&self) -> bool {
        self.mode == SigningMode::Require
    }
}
