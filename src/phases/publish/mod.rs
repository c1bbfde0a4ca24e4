//! `publish`: reads every fact of the release again, right before the one request that cannot be undone.

mod evidence;
mod gate;
mod published;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{CommitSha, Diagnostic, JobResults, LockOwner, Moment, NamePattern, Tag};
use crate::plan::{Artifact, Artifacts, EVIDENCE, MAX_EVIDENCE, Mark, ReleasePlan, Statement};
use crate::protocol::{Action, Phase, PhaseId, Step, Waiting};
use crate::protocol::{
    CheckState, LocalFile, Publication, Reader, SeenAnswer, SeenRelease, ServiceError,
};
use crate::release::image_reader::ImageQuery;
use crate::release::lock::{Locked, NeedsLock};
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

/// [`PhaseId::Publish`]. Done only when the release is publicly visible as it was planned.
pub struct Publish {
    plan: ReleasePlan,
    inputs: PublishInputs,
    cache: ReleaseCache,
    /// When a published release was first seen not to be as planned.
    differs_since: Option<Moment>,
    first: Option<FirstRead>,
}

/// The data from the first step of this process, so that all later ones write the same evidence.
#[derive(Clone, Default)]
struct FirstRead {
    /// GitHub's answers to the requests of that step.
    answers: Vec<SeenAnswer>,
    /// The evidence that an earlier process left in the release.
    evidence: Option<Statement>,
}

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

/// A check at the commit that must have succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredCheck {
    pub name: NamePattern,
    /// `neutral` and `skipped` count as success only if listed here.
    pub also: BTreeSet<CheckState>,
}

/// The state that publishing depends on.
struct PublishState {
    release: ReleaseView,
    /// The head of the guarded branch.
    head: Option<CommitSha>,
    /// The tag that GitHub shows as the latest.
    latest: Option<String>,
    /// The tags of all published releases except prereleases.
    published: Vec<String>,
    /// Of a published release: assets that cannot be downloaded without credentials.
    hidden: Vec<String>,
    /// Of a published release: whether it has to be immutable, if that is known.
    immutable: Option<bool>,
    /// The file of the evidence, if it was written already.
    written: Option<LocalFile>,
    first: FirstRead,
}

/// Our release with the state that decides whether it is published.
struct Candidate<'a> {
    plan: &'a ReleasePlan,
    inputs: &'a PublishInputs,
    seen: &'a PublishState,
    release: &'a SeenRelease,
    mark: Mark,
}

/// How long GitHub may take until a confirmed write is visible everywhere.
const VISIBLE_AFTER: Duration = Duration::from_secs(15);

impl Publish {
    /// The phase, which writes only while `owner` holds the lock of the tag: no other process takes over the draft
    /// between the last read and its publication.
    pub fn locked(plan: ReleasePlan, inputs: PublishInputs, owner: LockOwner) -> Locked<Self> {
        let publish = Self {
            plan,
            inputs,
            cache: ReleaseCache::new(Trust::DigestsOnly),
            differs_since: None,
            first: None,
        };
        Locked::new(publish, owner)
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<PublishState, ServiceError> {
        let release = self.release(reader).await?;
        let github = reader.github;
        let plan = &self.plan;
        let hidden = hidden_assets(reader, &release).await?;
        let immutable = if release.is_published() {
            github.immutable_releases().await?
        } else {
            None
        };
        let head = match &plan.guard {
            Some(guard) => github.branch(&guard.branch).await?,
            None => None,
        };
        let latest = github.latest_tag().await?;
        let published = github.published_tags().await?;
        let written = reader.files.file(Path::new(EVIDENCE)).await?;
        let first = match &self.first {
            Some(first) => first.clone(),
            None => first_read(reader, &release).await?,
        };
        self.first = Some(first.clone());
        Ok(PublishState {
            release,
            head,
            latest,
            published,
            hidden,
            immutable,
            written,
            first,
        })
    }

    async fn release(&mut self, reader: Reader<'_>) -> Result<ReleaseView, ServiceError> {
        let (plan, inputs) = (&self.plan, &self.inputs);
        let images = plan.images().map(|(name, image)| ImageQuery {
            platforms: match inputs.artifacts.0.get(&name) {
                Some(Artifact::Image { platforms, .. }) => platforms.clone(),
                _ => vec![],
            },
            name,
            image,
        });
        let mut view = self.cache.view(reader, &plan.wanted.tag);
        view.images(images).await?;
        view.releases().await?;
        view.digests(|_| true).await?;
        view.asset_texts(plan).await?;
        view.tag().await?;
        if !(inputs.checks.is_empty() && inputs.builders.is_empty()) {
            view.checks(&plan.wanted.commit).await?;
        } else if inputs.legs != Legs::None {
            view.statuses(&plan.wanted.commit).await?;
        }
        Ok(view.finish())
    }

    /// GitHub shows late in one place what it has confirmed in another: a published release that is not as planned is read
    /// again for a while.
    fn unless_visible_later(&mut self, findings: Vec<Diagnostic>, now: Moment) -> Step {
        let since = *self.differs_since.get_or_insert(now);
        if now.since(since) >= VISIBLE_AFTER {
            return Step::Blocked(findings);
        }
        Step::Wait(Waiting {
            on: findings.iter().map(ToString::to_string).collect(),
            poll_after: Duration::from_secs(2),
        })
    }
}

async fn first_read(reader: Reader<'_>, release: &ReleaseView) -> Result<FirstRead, ServiceError> {
    let answers = reader.github.answers();
    let evidence = match release.evidence() {
        Some(asset) if asset.size <= MAX_EVIDENCE => {
            let bytes = reader.github.read_asset(asset, MAX_EVIDENCE).await?;
            Statement::from_bytes(&bytes).ok()
        }
        _ => None,
    };
    Ok(FirstRead { answers, evidence })
}

/// Assets of a published release that cannot be downloaded without credentials. Those of a private repository never
/// can, and are not requested.
async fn hidden_assets(
    reader: Reader<'_>,
    release: &ReleaseView,
) -> Result<Vec<String>, ServiceError> {
    let mut hidden = Vec::new();
    let published = release.releases.iter().filter(|release| !release.draft);
    let published: Vec<_> = published.flat_map(|release| &release.assets).collect();
    if published.is_empty() || reader.github.repository().await?.private {
        return Ok(hidden);
    }
    for asset in published {
        if !reader.github.is_public(&asset.download_url).await? {
            hidden.push(asset.name.clone());
        }
    }
    Ok(hidden)
}

#[async_trait]
impl Phase for Publish {
    fn id(&self) -> PhaseId {
        PhaseId::Publish
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        match decide(&self.plan, &self.inputs, &seen) {
            Step::Blocked(findings) if seen.release.is_published() => {
                Ok(self.unless_visible_later(findings, reader.now))
            }
            step => Ok(step),
        }
    }
}

impl NeedsLock for Publish {
    fn tag(&self) -> &Tag {
        &self.plan.wanted.tag
    }

    fn commit(&self) -> Option<&CommitSha> {
        Some(&self.plan.wanted.commit)
    }
}

fn decide(plan: &ReleasePlan, inputs: &PublishInputs, seen: &PublishState) -> Step {
    let (release, mark) = match our_release(plan, &seen.release.releases) {
        Ok(ours) => ours,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    let candidate = Candidate {
        plan,
        inputs,
        seen,
        release,
        mark,
    };
    if !release.draft {
        return candidate.published();
    }
    let findings = candidate.gate();
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let before = candidate.missing_evidence();
    if !before.is_empty() {
        return Step::Act(before);
    }
    Step::Act(vec![Action::Publish(Publication {
        release: release.id,
        tag: plan.wanted.tag.clone(),
        prerelease: plan.wanted.prerelease,
        make_latest: plan.becomes_latest(&seen.published),
    })])
}
