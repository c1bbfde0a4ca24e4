//! `await`: waits until every artifact of the plan exists, complete and of this release, and finds out its digest.

mod approvals;
mod builders;
mod expected;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{AssetName, Diagnostic, Digest, ImageRef, Moment, NamePattern};
use crate::plan::{Artifact, Artifacts, Awaited, Mark, ReleasePlan};
use crate::protocol::{AssetState, Reader, SeenAsset, SeenRelease, ServiceError};
use crate::protocol::{CheckRole, KnownCheck, ReleaseFacts};
use crate::protocol::{Phase, PhaseId, PhaseReport, Step, Waiting};
use crate::release::asset_image_refs;
use crate::release::attestations::required::{Attested, AttestedImage, look_for};
use crate::release::image_check::{self, ImageOrigin};
use crate::release::image_reader::{ImageQuery, ImageState};
use crate::release::mismatch::Mismatch;
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

pub use approvals::AwaitedApproval;
use approvals::{ApprovalState, Approvals};
pub use expected::ExpectedDigests;

/// The options of the wait.
#[derive(Clone, Debug)]
pub struct AwaitOptions {
    /// The longest pause between two reads.
    pub poll_interval: Duration,
    /// The expected platforms of container images, such as `linux/amd64`; if empty, those that the images have.
    pub platforms: Vec<String>,
    /// Check runs, statuses or workflow runs that make the artifacts.
    pub builders: Vec<NamePattern>,
    /// How long a builder may take to appear.
    pub builder_start_timeout: Duration,
    /// What the builders say that they built.
    pub expected: ExpectedDigests,
    /// While this run waits for this approval, no time counts.
    pub approval: Option<AwaitedApproval>,
    /// When the phase began, in seconds since 1970.
    pub began: u64,
}

/// [`PhaseId::Await`]. An artifact counts once two steps found the same digest.
pub struct Await {
    plan: ReleasePlan,
    options: AwaitOptions,
    cache: ReleaseCache,
    approvals: Approvals,
    /// When the first step began.
    since: Option<Moment>,
    earlier: EarlierDigests,
    /// What was known after the last step.
    known: ReleaseFacts,
}

/// The digests of a step, with the time waited until then: a digest counts once it was the same in two steps.
type EarlierDigests = BTreeMap<String, (Digest, Duration)>;

struct AwaitState {
    release: ReleaseView,
    waited: Duration,
    approval: ApprovalState,
    /// What of `waited` does not count, because an approval was awaited.
    uncounted: Duration,
    /// The attestations that the plan requires of the images that are there.
    attested: Vec<AttestedImage>,
}

/// The state of an artifact.
#[derive(Debug, PartialEq)]
enum ArtifactState {
    Absent,
    /// It exists in part, and is not usable yet.
    Incomplete(String),
    /// It exists in full, without an attestation that the plan requires.
    Unattested(String),
    /// It exists, and is of another build.
    Stale(Vec<Mismatch>),
    /// It exists, and will never be of this release.
    Refused(Vec<Diagnostic>),
    Ready(Box<Artifact>),
}

impl Await {
    pub fn new(plan: ReleasePlan, options: AwaitOptions) -> Self {
        Self {
            known: ReleaseFacts::of_plan(&plan),
            plan,
            approvals: Approvals::of(options.approval.clone()),
            options,
            cache: ReleaseCache::new(Trust::EarlierSteps),
            since: None,
            earlier: EarlierDigests::new(),
        }
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<AwaitState, ServiceError> {
        let plan = &self.plan;
        let waited = reader.now.since(*self.since.get_or_insert(reader.now));
        let (approval, uncounted) = self.approvals.see(reader).await?;
        let platforms = &self.options.platforms;
        let images = plan.images().map(|(name, image)| ImageQuery {
            name,
            image,
            platforms: platforms.clone(),
        });
        let is_planned = |asset: &SeenAsset| {
            plan.wanted
                .assets
                .iter()
                .any(|name| name.as_str() == asset.name)
        };
        let mut view = self.cache.view(reader, &plan.wanted.tag);
        view.known_release().await?;
        view.images(images).await?;
        // GitHub shows some digests late or never: a later step that still lacks one downloads the asset.
        view.digests(|asset| !waited.is_zero() && is_planned(asset))
            .await?;
        view.asset_texts(plan).await?;
        if !self.options.builders.is_empty() {
            view.checks(&plan.wanted.commit).await?;
        }
        let release = view.finish();
        let digest_of = |name: &str| release.images.get(name)?.digest();
        Ok(AwaitState {
            attested: look_for(reader, &plan.wanted, digest_of).await?,
            release,
            waited,
            approval,
            uncounted,
        })
    }
}

#[async_trait]
impl Phase for Await {
    fn id(&self) -> PhaseId {
        PhaseId::Await
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        let decided = decide(&self.plan, &self.options, &self.earlier, &seen);
        self.earlier = decided.digests;
        self.known = decided.known;
        Ok(decided.step)
    }

    fn known(&self) -> ReleaseFacts {
        self.known.clone()
    }
}

struct Decided {
    step: Step,
    /// The digests of this step, for the next one.
    digests: EarlierDigests,
    known: ReleaseFacts,
}

impl Decided {
    fn blocked(findings: Vec<Diagnostic>, known: ReleaseFacts) -> Self {
        Self {
            step: Step::Blocked(findings),
            digests: EarlierDigests::new(),
            known,
        }
    }
}

fn decide(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    earlier: &EarlierDigests,
    seen: &AwaitState,
) -> Decided {
    let (release, mark) = match our_release(plan, &seen.release.releases) {
        Ok(ours) => ours,
        Err(finding) => return Decided::blocked(vec![finding], ReleaseFacts::of_plan(plan)),
    };
    let progress = match progress(plan, options, earlier, seen, (release, &mark)) {
        Ok(progress) => progress,
        Err(refused) => return Decided::blocked(refused, ReleaseFacts::of_plan(plan)),
    };
    let Progress {
        ready,
        digests,
        mut on,
        ..
    } = progress;
    let known = facts(plan, options, seen, release).with_artifacts(&ready);
    if on.is_empty() {
        let summary = format!(
            "all {} artifacts of {} are ready",
            ready.0.len(),
            plan.wanted.tag
        );
        let mut report = PhaseReport::new(summary)
            .knowing(known.clone())
            .with("artifacts", ready.to_json());
        report.warnings.extend(seen.approval.warning());
        return Decided {
            step: Step::Done(report),
            digests,
            known,
        };
    }
    let findings = builders::findings(plan, options, seen);
    if !findings.is_empty() {
        return Decided::blocked(findings, known);
    }
    on.extend(builders::pending(options, &seen.release.checks));
    on.extend(seen.approval.line());
    let step = Step::Wait(Waiting {
        on,
        poll_after: options.poll_interval,
        time: seen.approval.time(),
    });
    Decided {
        step,
        digests,
        known,
    }
}

/// How far the artifacts are, or why some of them will never be of this release.
fn progress(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    earlier: &EarlierDigests,
    seen: &AwaitState,
    (release, mark): (&SeenRelease, &Mark),
) -> Result<Progress, Vec<Diagnostic>> {
    let mut progress = Progress {
        began: options.began,
        ..Progress::default()
    };
    let mut refused = Vec::new();
    for awaited in plan.awaited() {
        let (what, state) = match &awaited {
            Awaited::Asset(asset) => (
                format!("asset {asset}"),
                asset_state(plan, release, seen, asset),
            ),
            Awaited::Image { image, name } => (
                format!("image {image}"),
                image_state(plan, options, mark, seen, image, name),
            ),
        };
        match state {
            ArtifactState::Ready(artifact) => {
                let name = awaited.name().to_owned();
                progress.found(name, &what, *artifact, earlier, seen.waited);
            }
            ArtifactState::Refused(findings) => refused.extend(findings),
            state => progress.on.extend(state.told(&what)),
        }
    }
    if refused.is_empty() {
        Ok(progress)
    } else {
        Err(refused)
    }
}

/// What is known beside the artifacts.
fn facts(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    seen: &AwaitState,
    release: &SeenRelease,
) -> ReleaseFacts {
    let checks = seen.release.checks.iter();
    let builders = checks.filter(|check| options.builders.iter().any(|b| b.matches(&check.name)));
    ReleaseFacts {
        checks: builders
            .map(|check| KnownCheck::new(CheckRole::Builder, &check.name, check))
            .collect(),
        began: Some(options.began),
        ..ReleaseFacts::of_plan(plan).with_release(release)
    }
}

/// The artifacts that are ready so far, and those that are not.
#[derive(Default)]
struct Progress {
    ready: Artifacts,
    digests: EarlierDigests,
    /// As in [`AwaitOptions`].
    began: u64,
    /// One line for each that is not ready.
    on: Vec<String>,
}

impl Progress {
    /// An artifact that is complete: it is ready where an earlier step found the same digest.
    fn found(
        &mut self,
        name: String,
        what: &str,
        mut artifact: Artifact,
        earlier: &EarlierDigests,
        now: Duration,
    ) {
        let digest = artifact.digest();
        let first = earlier
            .get(&name)
            .filter(|(known, _)| *known == digest)
            .map(|(_, waited)| *waited);
        self.digests
            .insert(name.clone(), (digest, first.unwrap_or(now)));
        if let Some(waited) = first {
            artifact.set_waited(waited, self.began);
            self.ready.0.insert(name, artifact);
        } else {
            let line = format!("{what}: {}, to be confirmed once more", digest.short());
            self.on.push(line);
        }
    }
}

impl ArtifactState {
    /// The line for an artifact that is not ready.
    fn told(&self, what: &str) -> Option<String> {
        match self {
            Self::Absent => Some(format!("{what}: absent")),
            Self::Incomplete(why) => Some(format!("{what}: incomplete, {why}")),
            Self::Unattested(why) => Some(format!("{what}: complete, and {why}")),
            Self::Stale(why) => {
                let why: Vec<_> = why.iter().map(ToString::to_string).collect();
                Some(format!("{what}: stale, {}", why.join("; ")))
            }
            Self::Ready(_) | Self::Refused(_) => None,
        }
    }
}

fn asset_state(
    plan: &ReleasePlan,
    release: &SeenRelease,
    seen: &AwaitState,
    name: &AssetName,
) -> ArtifactState {
    let mut assets = release.assets.iter();
    let Some(asset) = assets.find(|asset| asset.name == name.as_str()) else {
        return ArtifactState::Absent;
    };
    if asset.state == AssetState::Unfinished {
        return ArtifactState::Incomplete("its upload is not finished".into());
    }
    let view = &seen.release;
    let Some(digest) = view.digest(asset) else {
        return ArtifactState::Incomplete("GitHub has not told its digest yet".into());
    };
    let text = view.asset_texts.get(&asset.id);
    let images = view.release_images(plan);
    let mismatches = text
        .map(|text| asset_image_refs::mismatches(&images, &asset.name, text, view.module(plan)));
    match mismatches {
        Some(mismatches) if !mismatches.is_empty() => ArtifactState::Stale(mismatches),
        _ => ArtifactState::Ready(Box::new(Artifact::Asset {
            digest,
            size: asset.size,
            waited: 0,
            ready_at: None,
        })),
    }
}

fn image_state(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    mark: &Mark,
    seen: &AwaitState,
    image: &ImageRef,
    name: &str,
) -> ArtifactState {
    let expected = options.expected.of(name);
    let found = seen.release.images.get(name);
    let refused = expected
        .zip(found)
        .map(|(expected, found)| expected.findings(plan, image, found))
        .unwrap_or_default();
    if !refused.is_empty() {
        return ArtifactState::Refused(refused);
    }
    let (digest, contents) = match found {
        None | Some(ImageState::Absent) => return ArtifactState::Absent,
        Some(ImageState::Incomplete { why, .. }) => {
            return ArtifactState::Incomplete(why.clone());
        }
        Some(ImageState::Complete { digest, contents }) => (*digest, contents),
    };
    if let Some(differs) = seen.release.other_module_image(name, digest) {
        return ArtifactState::Incomplete(differs.to_string());
    }
    let images = seen.release.release_images(plan);
    let origin = if expected.is_some() {
        ImageOrigin::ToldByBuilder
    } else {
        ImageOrigin::Unknown
    };
    let leftovers = &mark.leftovers;
    let stale = image_check::staleness(plan, &images, leftovers, digest, origin, contents);
    if !stale.is_empty() {
        return ArtifactState::Stale(stale);
    }
    if let Some(state) = without_attestation(&seen.attested, name) {
        return state;
    }
    ArtifactState::Ready(Box::new(Artifact::Image {
        digest,
        tagged: image.clone(),
        image: image.repository().pinned(digest),
        platforms: contents.platforms.clone(),
        size: contents.size,
        waited: 0,
        expected: expected.is_some(),
        ready_at: None,
    }))
}

/// The state of an image that lacks an attestation that the plan requires, or whose attestation is wrong. A builder attests what it
/// has pushed, so that the attestation comes later than the image.
fn without_attestation(attested: &[AttestedImage], name: &str) -> Option<ArtifactState> {
    let mut missing = None;
    for image in attested.iter().filter(|image| image.required.image == name) {
        match &image.attested {
            Attested::Yes => {}
            Attested::Missing => {
                let signer = &image.required.signer;
                missing = Some(format!("{} by {signer} is not there yet", image.what()));
            }
            Attested::Refused(_) => return Some(ArtifactState::Refused(image.objections(""))),
        }
    }
    missing.map(ArtifactState::Unattested)
}
