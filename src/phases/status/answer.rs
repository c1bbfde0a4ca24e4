//! What is known of a release right now, as it is shown and as JSON has it.

use serde::Serialize;

use super::state::ReleaseState;
use crate::domain::{Diagnostic, Finding, SeenLock};
use crate::plan::Mark;
use crate::protocol::SeenRelease;

/// The name of the JSON form, of which `docs/schemas/status.schema.json` is the schema.
const SCHEMA: &str = "btp-release-status/1";

/// The whole answer. Fields may be added; `docs/compatibility.md` says what else may change.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StatusAnswer {
    pub(super) schema: &'static str,
    pub(super) state: ReleaseState,
    /// A sentence without its full stop.
    pub(super) summary: String,
    pub(super) repository: String,
    pub(super) tag: TagEntry,
    /// The only release of the tag.
    pub(super) release: Option<ReleaseEntry>,
    pub(super) lock: Option<LockEntry>,
    pub(super) expected_from: ExpectedFrom,
    pub(super) artifacts: Vec<ArtifactEntry>,
    /// Names all digests at once, as verdicts do, once all artifacts are ready.
    pub(super) artifacts_digest: Option<String>,
    pub(super) builders: Vec<CheckEntry>,
    pub(super) checks: Vec<CheckEntry>,
    pub(super) legs: Vec<LegEntry>,
    pub(super) missing: Vec<MissingEntry>,
    /// What contradicts the release.
    pub(super) findings: Vec<Finding>,
    /// Of a published release.
    pub(super) verified: Option<VerifiedEntry>,
    /// Where the repository of all modules was named and read.
    pub(super) submission: Option<SubmissionEntry>,
    /// What could not be read, and why.
    pub(super) not_known: Vec<Finding>,
}

/// Where it is known from which artifacts a release needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ExpectedFrom {
    Plan,
    Inputs,
    Evidence,
    /// Nothing says it: these are the assets that are there.
    Release,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct TagEntry {
    pub(super) name: String,
    pub(super) commit: Option<String>,
    /// Whether publishing creates it.
    pub(super) created_by_publishing: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ReleaseEntry {
    id: u64,
    pub(super) url: String,
    pub(super) draft: bool,
    prerelease: bool,
    pub(super) immutable: bool,
    pub(super) created_at: String,
    /// This and what follows is from the mark, which only releases of btp-release have.
    pub(super) commit: Option<String>,
    pub(super) run: Option<String>,
    plan: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LockEntry {
    pub(super) owner: Option<String>,
    repository: Option<String>,
    run: Option<u64>,
    attempt: Option<u64>,
    /// In RFC 3339, by the owner's clock.
    pub(super) since: Option<String>,
    /// Whether the owner's run goes on; `null` where nothing tells.
    pub(super) alive: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ArtifactEntry {
    pub(super) name: String,
    pub(super) kind: ArtifactKind,
    /// An image by its tag.
    pub(super) image: Option<String>,
    /// One of the words of `await`, or `unknown`.
    pub(super) state: &'static str,
    pub(super) digest: Option<String>,
    pub(super) why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ArtifactKind {
    Asset,
    Image,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct CheckEntry {
    pub(super) name: String,
    /// `not-started` for a name or a pattern of which there is no check.
    pub(super) state: String,
    pub(super) url: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LegEntry {
    pub(super) name: String,
    /// `none` for a leg that has recorded no verdict.
    pub(super) state: String,
    /// The run of the plan that was tested.
    pub(super) run: Option<String>,
    /// Names all tested digests at once.
    pub(super) artifacts: Option<String>,
    pub(super) url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct MissingEntry {
    pub(super) what: String,
    pub(super) why: String,
    /// Who is expected to bring it.
    pub(super) from: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct VerifiedEntry {
    pub(super) as_published: bool,
    pub(super) summary: String,
    pub(super) findings: Vec<Finding>,
}

/// What the repository of all modules has of the version.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SubmissionEntry {
    pub(super) repository: String,
    pub(super) component: String,
    /// The path of the configuration with which the version is submitted.
    pub(super) file: String,
    /// `None` where that is not known.
    pub(super) submitted: Option<bool>,
    /// `None` where they are not known.
    pub(super) channels: Option<Vec<ChannelEntry>>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ChannelEntry {
    pub(super) name: String,
    pub(super) version: String,
    /// Whether that is the version of the release.
    pub(super) has_version: bool,
}

impl StatusAnswer {
    /// An answer without anything but the state.
    pub(super) fn of_state(
        state: ReleaseState,
        summary: String,
        repository: String,
        tag: String,
    ) -> Self {
        Self {
            schema: SCHEMA,
            state,
            summary,
            repository,
            tag: TagEntry {
                name: tag,
                commit: None,
                created_by_publishing: false,
            },
            release: None,
            lock: None,
            expected_from: ExpectedFrom::Release,
            artifacts: Vec::new(),
            artifacts_digest: None,
            builders: Vec::new(),
            checks: Vec::new(),
            legs: Vec::new(),
            missing: Vec::new(),
            findings: Vec::new(),
            verified: None,
            submission: None,
            not_known: Vec::new(),
        }
    }

    /// In one line.
    pub(super) fn to_json(&self) -> String {
        // Serialising plain values into memory has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ReleaseEntry {
    pub(super) fn of(release: &SeenRelease, mark: Option<&Mark>) -> Self {
        Self {
            id: release.id.0,
            url: release.url.clone(),
            draft: release.draft,
            prerelease: release.prerelease,
            immutable: release.immutable,
            created_at: release.created_at.clone(),
            commit: mark.map(|mark| mark.commit.to_string()),
            run: mark.map(|mark| mark.run.clone()),
            plan: mark.map(|mark| mark.plan.to_string()),
        }
    }
}

impl LockEntry {
    /// `ended` says whether the owner's run has ended, if known.
    pub(super) fn of(seen: &SeenLock, ended: Option<bool>) -> Self {
        let lock = seen.lock.as_ref();
        let owner = lock.map(|lock| &lock.owner);
        let since = lock.and_then(|lock| {
            let since = std::time::Duration::from_secs(lock.since);
            std::time::SystemTime::UNIX_EPOCH.checked_add(since)
        });
        Self {
            owner: owner.map(ToString::to_string),
            repository: owner.and_then(|owner| owner.repository.as_ref().map(ToString::to_string)),
            run: owner.and_then(|owner| owner.run),
            attempt: owner.and_then(|owner| owner.run.map(|_| owner.attempt)),
            since: since.map(|since| humantime::format_rfc3339_seconds(since).to_string()),
            alive: ended.map(|ended| !ended),
        }
    }
}

/// Diagnostics as JSON has them, in full.
pub(super) fn in_json(findings: &[Diagnostic]) -> Vec<Finding> {
    let findings = findings.iter();
    findings.map(|one| Finding::of(one, usize::MAX)).collect()
}
