//! `publish`: reads every promise again, right before the one request that cannot be taken back.

use crate::domain::NamePattern;
use crate::domain::{Code, Diagnostic};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, Step, Waiting};
use crate::release::asset_image_refs;

mod evidence;
mod gate;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{CommitSha, Digest, JobResults, LockOwner, Moment};
use crate::plan::{Artifact, Artifacts, EVIDENCE, MAX_EVIDENCE, Mark, ReleasePlan, Statement};
use crate::protocol::{
    AssetId, AssetState, CheckState, LocalFile, Publication, Reader, SeenAnswer, SeenCheck,
    SeenRelease, ServiceError,
};
use crate::release::image_check::{self, Contents, ImageProblem};
use crate::release::lock::TagLock;
use crate::release::references::{our_release, tag_elsewhere, tag_missing};

pub struct Publish {
    plan: ReleasePlan,
    tested: PublishInputs,
    lock: TagLock,
    /// When a published release was first seen not to be as planned.
    public_since: Option<Moment>,
    first: Option<First>,
}

/// What the first look of this process found, for all that come after it to write the same evidence.
#[derive(Clone, Default)]
struct First {
    /// What GitHub was asked for it, and answered.
    answers: Vec<SeenAnswer>,
    /// The evidence that an earlier process left in the release.
    evidence: Option<Statement>,
}

/// What was tested, and how that ended.
#[derive(Clone, Debug, Default)]
pub struct PublishInputs {
    /// The digests that `await` found and the tests took.
    pub artifacts: Artifacts,
    /// `None` where someone said that no job is needed, as on a terminal.
    pub jobs: Option<JobResults>,
    /// Jobs that may be skipped.
    pub optional: BTreeSet<String>,
    pub legs: Legs,
    pub checks: Vec<RequiredCheck>,
    /// Checks that made the artifacts: their runs belong into the evidence.
    pub builders: Vec<NamePattern>,
    /// Whether the token is a workflow run's own: what it publishes starts no other workflow.
    pub own_token: bool,
}

/// The legs of the tests that must have recorded a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Legs {
    #[default]
    None,
    Named(BTreeSet<String>),
    Count(usize),
}

/// A check at the commit that must be green.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredCheck {
    pub name: NamePattern,
    /// `neutral` and `skipped` are good enough only where that is said.
    pub also: BTreeSet<CheckState>,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
    images: BTreeMap<String, SeenImage>,
    hashed: BTreeMap<AssetId, Digest>,
    /// The bytes of the assets that lead to images, by name.
    leading: BTreeMap<String, Bytes>,
    /// The head of the guarded branch.
    head: Option<CommitSha>,
    /// The tag that GitHub shows as the latest.
    latest: Option<String>,
    /// The tags of all published releases but prereleases.
    published: Vec<String>,
    checks: Vec<SeenCheck>,
    /// Of a published release: assets that nobody can download.
    hidden: Vec<String>,
    /// Of a published release: whether it has to be immutable, where that can be known.
    immutable: Option<bool>,
    /// The file of the evidence, if it was written already.
    written: Option<LocalFile>,
    first: First,
}

enum SeenImage {
    Absent,
    /// ExistingRelease, and not usable.
    Incomplete(Digest, String),
    Whole(Digest, Box<Contents>),
}

/// How long GitHub may take to show everywhere what it has confirmed.
const SETTLE: Duration = Duration::from_secs(15);

impl Publish {
    pub fn new(plan: ReleasePlan, tested: PublishInputs, owner: LockOwner) -> Self {
        let lock = TagLock::new(plan.tag.clone(), owner);
        Self {
            plan,
            tested,
            lock,
            public_since: None,
            first: None,
        }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<Seen, ServiceError> {
        let plan = &self.plan;
        let mut images = BTreeMap::new();
        for (name, _) in plan.images() {
            images.insert(name.clone(), self.image(reader, &name).await?);
        }
        let releases = reader.github.releases(&plan.tag).await?;
        let mut hashed = BTreeMap::new();
        let mut leads = BTreeMap::new();
        for asset in releases
            .iter()
            .flat_map(|release| &release.assets)
            .filter(|a| a.state == AssetState::Uploaded)
        {
            if asset.digest.is_none() {
                hashed.insert(asset.id, reader.github.hash_asset(asset).await?);
            }
            if let Some(bytes) = asset_image_refs::read(reader, plan, asset).await? {
                leads.insert(asset.name.clone(), bytes);
            }
        }
        let hidden = self.hidden(reader, &releases).await?;
        let is_public = releases.iter().any(|release| !release.draft);
        let immutable = if is_public {
            reader.github.immutable_releases().await?
        } else {
            None
        };
        let (legs, checks) = (
            self.tested.legs != Legs::None,
            !(self.tested.checks.is_empty() && self.tested.builders.is_empty()),
        );
        Ok(Seen {
            tag: reader.github.tag(&plan.tag).await?,
            releases,
            images,
            hashed,
            leading: leads,
            head: match &plan.guard {
                Some(guard) => reader.github.branch(&guard.branch).await?,
                None => None,
            },
            latest: reader.github.latest_tag().await?,
            published: reader.github.published_tags().await?,
            checks: match (checks, legs) {
                (true, _) => reader.github.checks(&plan.commit).await?,
                (false, true) => reader.github.statuses(&plan.commit).await?,
                (false, false) => vec![],
            },
            hidden,
            immutable,
            written: reader.files.file(Path::new(EVIDENCE)).await?,
            first: First::default(),
        })
    }

    async fn first(
        &self,
        reader: Reader<'_>,
        releases: &[SeenRelease],
    ) -> Result<First, ServiceError> {
        let answers = reader.github.answers();
        let mut assets = releases.iter().flat_map(|release| &release.assets);
        let left = assets.find(|a| a.name == EVIDENCE && a.state == AssetState::Uploaded);
        let evidence = match left {
            Some(asset) if asset.size <= MAX_EVIDENCE => {
                let bytes = reader.github.read_asset(asset, MAX_EVIDENCE).await?;
                Statement::from_bytes(&bytes).ok()
            }
            _ => None,
        };
        Ok(First { answers, evidence })
    }

    /// A private repository's assets are for nobody outside, and are not asked for.
    async fn hidden(
        &self,
        reader: Reader<'_>,
        releases: &[SeenRelease],
    ) -> Result<Vec<String>, ServiceError> {
        let mut hidden = Vec::new();
        let published: Vec<_> = releases
            .iter()
            .filter(|release| !release.draft)
            .flat_map(|r| &r.assets)
            .collect();
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

    /// What an image's tag means now, and whether all of it is there, in every platform that was awaited.
    async fn image(&self, reader: Reader<'_>, name: &str) -> Result<SeenImage, ServiceError> {
        let Some((_, image)) = self.plan.images().find(|(n, _)| n == name) else {
            return Ok(SeenImage::Absent);
        };
        let Some(manifest) = reader.registry.resolve(&image).await? else {
            return Ok(SeenImage::Absent);
        };
        let platforms = match self.tested.artifacts.0.get(name) {
            Some(Artifact::Image { platforms, .. }) => platforms.as_slice(),
            _ => &[],
        };
        let pinned = image.repository().pinned(manifest.digest);
        match image_check::contents(reader, &pinned, platforms).await {
            Ok(contents) => Ok(SeenImage::Whole(manifest.digest, Box::new(contents))),
            Err(ImageProblem::Incomplete(why)) => Ok(SeenImage::Incomplete(manifest.digest, why)),
            Err(ImageProblem::Port(error)) => Err(error),
        }
    }
}

#[async_trait]
impl Phase for Publish {
    fn id(&self) -> PhaseId {
        PhaseId::Publish
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let mut seen = self.see(reader).await?;
        seen.first = match &self.first {
            Some(first) => first.clone(),
            None => self.first(reader, &seen.releases).await?,
        };
        self.first = Some(seen.first.clone());
        let step = decide(&self.plan, &self.tested, &seen);
        let is_public = seen.releases.iter().any(|release| !release.draft);
        match step {
            // Nobody else takes the draft up between the last look at it and its publication.
            Step::Act(actions) => {
                let first = self.lock.pass(reader, &self.plan.commit, &actions).await?;
                Ok(first.unwrap_or(Step::Act(actions)))
            }
            Step::Blocked(findings) if is_public => Ok(self.settled(findings, reader.now)),
            Step::Done(evidence) => self.lock.done(reader, evidence).await,
            step => Ok(step),
        }
    }

    fn continues_after_refusal(&mut self, action: &Action, refusal: &ServiceError) -> bool {
        self.lock.continues_after_refusal(action, refusal)
    }

    async fn leave(&mut self, reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        self.lock.leave(reader).await
    }
}

impl Publish {
    /// GitHub shows late in one place what it has confirmed in another: for a while, a published release that is not as
    /// planned is looked at again.
    fn settled(&mut self, findings: Vec<Diagnostic>, now: Moment) -> Step {
        let since = *self.public_since.get_or_insert(now);
        if now.since(since) >= SETTLE {
            return Step::Blocked(findings);
        }
        Step::Wait(Waiting {
            on: findings
                .into_iter()
                .map(|finding| finding.to_string())
                .collect(),
            every: Duration::from_secs(2),
        })
    }
}

fn decide(plan: &ReleasePlan, tested: &PublishInputs, seen: &Seen) -> Step {
    let (release, mark) = match our_release(plan, &seen.releases) {
        Ok(ours) => ours,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    if !release.draft {
        return published(plan, tested, seen, release, &mark);
    }
    let findings = gate::findings(plan, tested, seen, release, &mark);
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let proof = evidence::missing(plan, tested, seen, release, &mark);
    if !proof.is_empty() {
        return Step::Act(proof);
    }
    Step::Act(vec![Action::Publish(Publication {
        release: release.id,
        tag: plan.tag.clone(),
        prerelease: plan.prerelease,
        make_latest: plan.becomes_latest(&seen.published),
    })])
}

/// Success is only said from a fresh look at what is public now.
fn published(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
    mark: &Mark,
) -> Step {
    let is_latest = seen.latest.as_deref() == Some(plan.tag.as_str());
    let mut findings = gate::of_what_was_tested(plan, tested, seen, release, mark);
    let differs = |what: &str, is: bool, planned: bool| {
        let why = format!(
            "{} is published with {what} = {is}, and is to be with {planned}",
            plan.tag
        );
        (is != planned).then(|| {
            Diagnostic::error(
                Code::PublishedDiffers,
                why,
                format!("correct it on {}", release.url),
            )
        })
    };
    findings.extend(differs("prerelease", release.prerelease, plan.prerelease));
    // One that was published before the setting was turned off stays immutable, and that is no harm.
    if seen.immutable == Some(true) {
        findings.extend(differs("immutable", release.immutable, true));
    }
    findings.extend(differs(
        "latest",
        is_latest,
        plan.becomes_latest(&seen.published),
    ));
    if !release.assets.iter().any(|asset| asset.name == EVIDENCE) {
        findings.push(Diagnostic::error(
            Code::PublishedDiffers,
            format!(
                "{} is published without {EVIDENCE}, and so by somebody else, past this gate",
                plan.tag
            ),
            format!(
                "look at {} for who did, and release {}",
                release.url,
                plan.version.next_patch()
            ),
        ));
    }
    findings.extend(seen.hidden.iter().map(|name| {
        let why = format!(
            "{} is published, and its asset {name} cannot be downloaded",
            plan.tag
        );
        Diagnostic::error(
            Code::AssetHidden,
            why,
            format!(
                "GitHub may need a moment: run this again; else look at {}",
                release.url
            ),
        )
    }));
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    // https://docs.github.com/en/actions/concepts/security/github_token
    let silently = if tested.own_token {
        " by the run's own token, which starts no workflow `on: release`: `publish-token` would"
    } else {
        ""
    };
    let so = format!(
        "{} is published at {}{silently}",
        plan.tag,
        plan.commit.short()
    );
    Step::Done(
        PhaseReport::new(so)
            .with("release-url", &release.url)
            .with("is-latest", is_latest)
            .with("is-immutable", release.immutable)
            .with("artifacts", tested.artifacts.to_json()),
    )
}
