//! What a phase knows of its release, as values: the job summary shows them.

use std::collections::BTreeMap;

use super::{CheckState, CheckTimes, SeenCheck, SeenRelease};
use crate::domain::{Digest, Tag};
use crate::plan::{Artifacts, ReleasePlan};

/// What is known of a release. A phase fills in what it has; everything else stays empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseFacts {
    /// The address of GitHub's pages, such as `https://github.com`.
    pub server: Option<String>,
    pub tag: Option<Tag>,
    /// What was planned or, in the phase `plan`, what is wanted.
    pub plan: Option<Box<ReleasePlan>>,
    /// The release as it was read last.
    pub release: Option<Box<SeenRelease>>,
    /// Whether GitHub shows it as the latest release, or will.
    pub latest: Option<bool>,
    /// Those whose digests are known.
    pub artifacts: Artifacts,
    /// The results of the jobs that the publishing job needs, by name.
    pub jobs: BTreeMap<String, String>,
    pub checks: Vec<KnownCheck>,
    /// When the phase began, in seconds since 1970.
    pub began: Option<u64>,
    /// What was read to explain a plan.
    pub preview: Option<Box<Preview>>,
}

/// What is read for a person who wants to know what a plan leads to; nothing is decided from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Why this version may be released, such as `the next minor version after v1.1.5`.
    pub follows: String,
    /// The first line of the commit's message.
    pub subject: Option<String>,
    pub tag_exists: bool,
    /// What happens to the release of this name that exists; `None` where there is none.
    pub existing: Option<String>,
    /// The text that GitHub would generate now, where it is to generate it.
    pub notes: Option<String>,
    /// By name among the artifacts.
    pub artifacts: BTreeMap<String, SeenArtifact>,
    /// What was looked at, and is as it has to be.
    pub checked: Vec<String>,
    /// The output `rights`.
    pub rights: Option<String>,
    /// What could not be read, and why.
    pub unknown: Vec<String>,
}

/// What there is under the name of an artifact before it is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenArtifact {
    Absent,
    There {
        digest: Option<Digest>,
        /// In bytes.
        size: Option<u64>,
    },
    /// Why it is not known.
    Unknown(String),
}

/// A check, and why it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCheck {
    pub role: CheckRole,
    /// As people call it: of a leg without the status' prefix.
    pub name: String,
    pub state: CheckState,
    /// The page with its log.
    pub url: Option<String>,
    pub times: CheckTimes,
}

/// Why a check matters for a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckRole {
    /// It makes artifacts.
    Builder,
    /// A leg of the tests.
    Leg,
    /// It has to be green at the commit.
    Required,
}

impl KnownCheck {
    /// The check that was read, by the name that people know.
    pub fn new(role: CheckRole, name: &str, check: &SeenCheck) -> Self {
        Self {
            role,
            name: name.to_owned(),
            state: check.state,
            url: check.url.clone(),
            times: check.times,
        }
    }
}

impl ReleaseFacts {
    /// What is known of a planned release.
    pub fn of_plan(plan: &ReleasePlan) -> Self {
        Self {
            tag: Some(plan.wanted.tag.clone()),
            plan: Some(Box::new(plan.clone())),
            ..Self::default()
        }
    }

    /// What is known of the release of a tag.
    pub fn of_tag(tag: &Tag) -> Self {
        Self {
            tag: Some(tag.clone()),
            ..Self::default()
        }
    }

    /// The same with the release that was read.
    #[must_use]
    pub fn with_release(mut self, release: &SeenRelease) -> Self {
        self.release = Some(Box::new(release.clone()));
        self
    }

    /// The same with the artifacts whose digests are known.
    #[must_use]
    pub fn with_artifacts(mut self, artifacts: &Artifacts) -> Self {
        self.artifacts = artifacts.clone();
        self
    }

    /// The address of GitHub's pages, without a trailing slash.
    pub fn server(&self) -> &str {
        let server = self.server.as_deref().unwrap_or("https://github.com");
        server.trim_end_matches('/')
    }
}
