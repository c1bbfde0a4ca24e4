//! What `publish` is given beside the plan.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::domain::{IdToken, JobResults, NamePattern};
use crate::plan::Artifacts;
use crate::protocol::RequiredCheck;

/// The tested artifacts, and the results of the tests.
#[derive(Clone, Debug, Default)]
pub struct PublishInputs {
    /// The digests that `await` found and that were tested.
    pub artifacts: Artifacts,
    /// `None` if the user stated that no job is required, as on a terminal.
    pub jobs: Option<JobResults>,
    /// Jobs that may be skipped.
    pub optional: BTreeSet<String>,
    pub legs: Legs,
    pub checks: Vec<RequiredCheck>,
    /// Checks that made the artifacts: their runs are part of the evidence.
    pub builders: Vec<NamePattern>,
    pub token: PublishToken,
    /// The file that becomes the asset `release-logs.zip`.
    pub logs: Option<PathBuf>,
    /// Where the links of the asset with the report lead, if there is to be one: the address of GitHub's pages.
    pub report: Option<String>,
    pub finish: Finish,
    /// Whether this job can sign.
    pub id_token: IdToken,
    /// When the phase began, in seconds since 1970.
    pub began: Option<u64>,
}

/// How far the phase goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finish {
    #[default]
    Publish,
    /// Everything but the publishing request, which is left to a person.
    LeaveDraft,
}

/// The kind of token that publishes the release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishToken {
    /// A workflow run's own token: a release that it publishes starts no other workflow
    /// (<https://docs.github.com/en/actions/concepts/security/github_token>).
    OfWorkflowRun,
    #[default]
    Other,
}

/// The legs of the tests that must have recorded a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Legs {
    #[default]
    None,
    Named(BTreeSet<String>),
    Count(usize),
}
