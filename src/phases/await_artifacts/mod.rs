//! `await`: waits until every artifact of the plan exists, complete and of this release, and finds out its digest.

mod approvals;
mod builders;
mod expected;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{Diagnostic, Digest, ImageRef, Moment, NamePattern};
use crate::plan::{Artifact, Artifacts, Awaited, Mark, ReleasePlan};
use crate::protocol::{CheckRole, KnownCheck, ReleaseFacts};
use crate::protocol::{Phase, PhaseId, PhaseReport, Step, Waiting};
use crate::protocol::{Reader, SeenAsset, SeenRelease, ServiceError};
use crate::release::artifact_state::{self, ArtifactState};
use crate::release::attestations::required::{Attested, AttestedImage, look_for};
use crate::release::builder_checks;
use crate::release::image_check::ImageOrigin;
use crate::release::image_reader::ImageQuery;
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
            attested: look_for(reader, plan, digest_of).await?,
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
    on.extend(builder_checks::lines(
        &options.builders,
        &seen.release.checks,
    ));
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
            Awaited::Asset(asset) => {
                let state = artifact_state::of_asset(plan, release, &seen.release, asset);
                (format!("asset {asset}"), Ok(state))
            }
            Awaited::Image { image, name } => (
                format!("image {image}"),
                image_state(plan, options, mark, seen, (name, image)),
            ),
        };
        match state {
            Ok(ArtifactState::Ready(artifact)) => {
                let name = awaited.name().to_owned();
                progress.found(name, &what, *artifact, earlier, seen.waited);
            }
            Err(findings) => refused.extend(findings),
            Ok(state) => progress.on.push(told(&what, &state)),
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

/// The state of an image or, where its builder says what it built, why it will never be of this release.
fn image_state(
    plan: &ReleasePlan,
    options: &AwaitOptions,
    mark: &Mark,
    seen: &AwaitState,
    (name, image): (&str, &ImageRef),
) -> Result<ArtifactState, Vec<Diagnostic>> {
    let expected = options.expected.of(name);
    let refused = expected
        .zip(seen.release.images.get(name))
        .map(|(expected, found)| expected.findings(plan, image, found))
        .unwrap_or_default();
    if !refused.is_empty() {
        return Err(refused);
    }
    let origin = if expected.is_some() {
        ImageOrigin::ToldByBuilder
    } else {
        ImageOrigin::Unknown
    };
    let view = &seen.release;
    let state = artifact_state::of_image(plan, mark, view, (name, image), origin);
    match state {
        ArtifactState::Ready(_) => attested(&seen.attested, name, state),
        state => Ok(state),
    }
}

/// The line for an artifact that is not ready.
fn told(what: &str, state: &ArtifactState) -> String {
    match state.why().as_str() {
        "" => format!("{what}: {}", state.word()),
        why => format!("{what}: {}, {why}", state.word()),
    }
}

/// The state of an image that is complete, and that may lack an attestation which the plan requires. A builder attests what it has
/// pushed, so that the attestation comes later than the image; one that is wrong is refused.
fn attested(
    attested: &[AttestedImage],
    name: &str,
    complete: ArtifactState,
) -> Result<ArtifactState, Vec<Diagnostic>> {
    let mut state = complete;
    for image in attested.iter().filter(|image| image.required.image == name) {
        match &image.attested {
            Attested::Yes => {}
            Attested::Missing => {
                let signer = &image.required.signer;
                let why = format!("{} by {signer} is not there yet", image.what());
                state = ArtifactState::Unattested(why);
            }
            Attested::Refused(_) => return Err(image.objections("")),
        }
    }
    Ok(state)
}
