//! What is missing until a release is published, and who is expected to bring it.

pub(super) use super::answer::MissingEntry;
use super::artifacts::StatusArtifact;
use super::see::StatusSeen;
use super::state::ReleaseState;
use super::{LegsJudge, StatusOptions};
use crate::domain::Digest;
use crate::plan::{Mark, TagWhen, Verdict};
use crate::protocol::SeenRelease;
use crate::release::artifact_state::ArtifactState;
use crate::release::builder_checks;
use crate::release::required_checks::check_required;

/// From which it follows what is missing.
pub(super) struct ForMissing<'a> {
    pub(super) options: &'a StatusOptions,
    pub(super) seen: &'a StatusSeen,
    pub(super) artifacts: &'a [StatusArtifact],
    /// Names the digests of all artifacts at once, once all are known.
    pub(super) of_all: Option<Digest>,
    pub(super) judge: &'a LegsJudge,
}

impl MissingEntry {
    fn new(what: impl Into<String>, why: impl Into<String>, from: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.into(),
            from: from.into(),
        }
    }

    /// What and why, in one line.
    pub(super) fn line(&self) -> String {
        format!("{}: {}", self.what, self.why)
    }
}

/// Nothing of a published release, and of one that is not ours only what is said elsewhere.
pub(super) fn missing(state: ReleaseState, of: &ForMissing<'_>) -> Vec<MissingEntry> {
    let tag = &of.options.tag;
    match (state, of.seen.release.releases.as_slice(), &of.seen.mark) {
        (ReleaseState::Absent | ReleaseState::TagOnly, ..) => {
            let why = format!("there is no release of {tag}");
            let from = "the phase `draft`, in a run of the release's workflow";
            vec![MissingEntry::new("draft", why, from)]
        }
        (ReleaseState::Draft, [release], Some(mark)) => {
            let mut missing = of.tag(mark);
            missing.extend(of.artifacts());
            missing.extend(of.checks(mark));
            missing.extend(of.legs(mark));
            if missing.is_empty() {
                missing.push(of.publication(release));
            }
            missing
        }
        _ => Vec::new(),
    }
}

impl ForMissing<'_> {
    fn tag(&self, mark: &Mark) -> Vec<MissingEntry> {
        let is_missing = self.seen.release.tag.is_none() && mark.tag_when == TagWhen::Draft;
        let entry = || {
            let from = format!("the phase `draft` of run {}", mark.run);
            MissingEntry::new("tag", "it does not exist", from)
        };
        is_missing.then(entry).into_iter().collect()
    }

    fn artifacts(&self) -> Vec<MissingEntry> {
        let checks = &self.seen.release.checks;
        let builders = builder_checks::lines(&self.options.builders, checks);
        let from = if builders.is_empty() {
            "its builder; builder-checks would show how far it is".to_owned()
        } else {
            builders.join(", ")
        };
        let missing = self.artifacts.iter().filter_map(|artifact| {
            let why = match &artifact.state {
                Ok(ArtifactState::Ready(_)) => return None,
                Ok(state) => match state.why().as_str() {
                    "" => state.word().to_owned(),
                    why => format!("{}, {why}", state.word()),
                },
                Err(why) => format!("not known, {why}"),
            };
            Some(MissingEntry::new(artifact.subject(), why, from.clone()))
        });
        missing.collect()
    }

    /// In the words of `publish`.
    fn checks(&self, mark: &Mark) -> Vec<MissingEntry> {
        let checks = &self.seen.release.checks;
        let required = self.options.checks.iter();
        required
            .flat_map(|required| {
                let findings = check_required(required, checks, &mark.commit);
                findings.into_iter().map(|finding| {
                    let what = format!("check {}", required.name);
                    MissingEntry::new(what, finding.seen, finding.help)
                })
            })
            .collect()
    }

    /// In the words of `publish`; the legs can only test what is there.
    fn legs(&self, mark: &Mark) -> Vec<MissingEntry> {
        let Some(artifacts) = self.of_all else {
            return Vec::new();
        };
        let run = mark.run.clone();
        let verdict = Verdict { run, artifacts };
        let findings = (self.judge)(&self.seen.release.checks, &verdict).into_iter();
        findings
            .map(|finding| MissingEntry::new("tests", finding.seen, finding.help))
            .collect()
    }

    fn publication(&self, release: &SeenRelease) -> MissingEntry {
        let (why, from) = match &self.seen.evidence {
            Some(_) => (
                "it has its evidence, and is not published",
                format!(
                    "the phase `publish`, or a person on {} where the draft is left to one",
                    release.url
                ),
            ),
            None => (
                "nothing else is known to be missing",
                "the phase `publish`".to_owned(),
            ),
        };
        MissingEntry::new("publication", why, from)
    }
}
