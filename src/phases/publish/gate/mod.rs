//! Every reason not to publish, all of them together.

mod tests_passed;

pub use tests_passed::leg_findings;

use super::{Candidate, Finish, LOGS, REPORT};
use crate::domain::{AssetName, Code, Diagnostic, Digest};
use crate::plan::{Artifact, TagWhen};
use crate::protocol::{AssetState, SeenAsset};
use crate::release::asset_image_refs;
use crate::release::asset_sync::temporary_name;
use crate::release::image_check::{self, ImageOrigin};
use crate::release::image_reader::ImageState;
use crate::release::references::{tag_elsewhere, tag_missing};

const AGAIN: &str = "run the phases from `await` on again, tests included";
const BUILD_AGAIN: &str = "look at the build that pushed it, and run it again for this tag";

impl Candidate<'_> {
    /// The reasons not to publish the draft.
    pub(super) fn gate(&self) -> Vec<Diagnostic> {
        let left = self.inputs.finish == Finish::LeaveDraft;
        let target = left.then(|| self.other_target()).flatten();
        [self.another_plan(), self.branch_moved(), target]
            .into_iter()
            .flatten()
            .chain(self.differences_from_tested())
            .chain(self.unusable_logs())
            .chain(self.cannot_sign())
            .chain(self.cannot_refer())
            .chain(self.unusable_report())
            .collect()
    }

    /// The differences from the tested state: there must be none, also of a published release.
    pub(super) fn differences_from_tested(&self) -> Vec<Diagnostic> {
        let mut jobs = self.jobs();
        let others = [
            self.tag().into_iter().collect(),
            self.assets(),
            self.images(),
            self.image_references(),
            self.verdicts(),
            self.signed_legs(),
            self.attested_images(),
            self.checks(),
        ];
        let others: Vec<_> = others.into_iter().flatten().collect();
        let all = others.len();
        let others = self.without_consequences(&jobs, others);
        if let (Some(first), left_out @ 1..) = (jobs.first_mut(), all - others.len()) {
            let follow = format!("; {left_out} more findings follow from that, and are not listed");
            first.seen.push_str(&follow);
        }
        jobs.into_iter().chain(others).collect()
    }

    /// Leaves out what is only so because a job did not succeed: a leg that was not run has no verdict, and what was never
    /// awaited has no digest.
    fn without_consequences(
        &self,
        jobs: &[Diagnostic],
        mut others: Vec<Diagnostic>,
    ) -> Vec<Diagnostic> {
        let nothing_awaited = self.inputs.artifacts.0.is_empty();
        let follows = |finding: &Diagnostic| match finding.code {
            Code::VerdictMissing | Code::AttestationMissing => true,
            Code::AssetDiffers | Code::ImageDiffers | Code::VerdictOfOtherBytes => nothing_awaited,
            _ => false,
        };
        others.retain(|finding| jobs.is_empty() || !follows(finding));
        others
    }

    fn another_plan(&self) -> Option<Diagnostic> {
        let differs = || {
            Diagnostic::error(
                Code::DraftOfAnotherPlan,
                format!(
                    "the draft {} was last taken over by run {} with another plan",
                    self.plan.wanted.tag, self.mark.run
                ),
                "let that run publish it, or run this one again from its phase `draft` on",
            )
        };
        (self.mark.plan != self.plan.digest()).then(differs)
    }

    fn tag(&self) -> Option<Diagnostic> {
        let (plan, seen) = (self.plan, &self.seen.release);
        match &seen.tag {
            None if self.release.draft && plan.wanted.tag_when == TagWhen::Publish => None,
            None => Some(tag_missing(plan)),
            Some(at) if *at != plan.wanted.commit => {
                let releases = &seen.releases;
                Some(tag_elsewhere(&plan.wanted, at, releases))
            }
            Some(_) => None,
        }
    }

    fn branch_moved(&self) -> Option<Diagnostic> {
        let guard = self.plan.guard.as_ref()?;
        let head = self.seen.head.as_ref();
        let now = match head {
            None => "does not exist any more".into(),
            Some(head) => format!("is at {} now", head.short()),
        };
        let moved = || {
            Diagnostic::error(
                Code::BranchMoved,
                format!("{} {now}", guard.branch),
                "something was merged during the release: start a new run, with `on-existing: replace` to release the new head",
            )
            .wanted(format!("{}, as when this release was planned", guard.head.short()))
        };
        (head != Some(&guard.head)).then(moved)
    }

    /// The assets are exactly the plan's and our own evidence, with the bytes that were awaited.
    fn assets(&self) -> Vec<Diagnostic> {
        let planned = self.plan.wanted.assets.iter();
        let differing = planned.filter_map(|name| self.asset(name.as_str()));
        let own = self.plan.wanted.own_assets();
        let is_own = |name: &str| {
            let mut own = own.iter().filter_map(|own| own.parse().ok());
            own.any(|own: AssetName| name == own.as_str() || name == temporary_name(&own))
        };
        let is_known = |name: &str| {
            is_own(name)
                || self.may_be_logs(name)
                || self.may_be_report(name)
                || self
                    .plan
                    .wanted
                    .assets
                    .iter()
                    .any(|asset| asset.as_str() == name)
        };
        let assets = self.release.assets.iter();
        let unplanned = assets.filter(|asset| !is_known(&asset.name)).map(|asset| {
            Diagnostic::error(
                Code::AssetUnplanned,
                format!(
                    "the release has the asset {}, which is not among the plan's",
                    asset.name
                ),
                match asset.name.as_str() {
                    LOGS => "delete it from the draft, or give the file for it as the input `logs`"
                        .to_owned(),
                    REPORT => {
                        "delete it from the draft, or set the input `report` to true".to_owned()
                    }
                    name => format!(
                        "delete it from the draft, or add {name} to the input `assets` of the phase `plan`"
                    ),
                },
            )
        });
        differing.chain(unplanned).collect()
    }

    fn asset(&self, name: &str) -> Option<Diagnostic> {
        let differs = |why: String| {
            Diagnostic::error(Code::AssetDiffers, format!("the asset {name} {why}"), AGAIN)
        };
        let mut assets = self.release.assets.iter();
        let Some(asset) = assets.find(|asset: &&SeenAsset| asset.name == name) else {
            return Some(differs("is not in the release".to_owned()));
        };
        if asset.state == AssetState::Unfinished {
            return Some(differs("was not uploaded in full".to_owned()));
        }
        let Some(awaited) = self.awaited(name) else {
            return Some(differs("was not awaited".to_owned()));
        };
        let planned = self.plan.wanted.planned_digest(name);
        if let Some(planned) = planned.filter(|planned| *planned != awaited) {
            let other = differs(format!("was awaited as {}", awaited.short()));
            return Some(other.wanted(format!("{}, as planned", planned.short())));
        }
        let digest = self.seen.release.digest(asset);
        let other = || {
            differs(format!("is {} now", short(digest, "without a digest")))
                .wanted(as_awaited(awaited))
        };
        (digest != Some(awaited)).then(other)
    }

    /// The digest that `await` found.
    fn awaited(&self, name: &str) -> Option<Digest> {
        let artifact = self.inputs.artifacts.0.get(name);
        artifact.map(Artifact::digest)
    }

    /// The tags of the images still resolve to the tested digests, each image is complete, and it belongs to this
    /// release.
    fn images(&self) -> Vec<Diagnostic> {
        let images = self.seen.release.images.iter();
        images
            .flat_map(|(name, image)| {
                self.moved_image(name, image)
                    .into_iter()
                    .chain(self.unusable_image(name, image))
            })
            .collect()
    }

    fn moved_image(&self, name: &str, image: &ImageState) -> Option<Diagnostic> {
        let differs = |why| Diagnostic::error(Code::ImageDiffers, why, AGAIN);
        let now = image.digest();
        let is_now = short(now, "absent");
        match self.awaited(name) {
            None => Some(differs(format!(
                "{name} is {is_now} now, and was not awaited"
            ))),
            Some(awaited) if now != Some(awaited) => {
                let moved = differs(format!("{name} is {is_now} now"));
                Some(moved.wanted(as_awaited(awaited)))
            }
            Some(_) => None,
        }
    }

    fn unusable_image(&self, name: &str, image: &ImageState) -> Vec<Diagnostic> {
        match image {
            ImageState::Absent => vec![],
            ImageState::Incomplete { why, .. } => vec![Diagnostic::error(
                Code::ImageIncomplete,
                format!("{name} cannot be used: {why}"),
                "look at the build that pushed it, and run it again",
            )],
            ImageState::Complete { digest, contents } => {
                let leftovers = &self.mark.leftovers;
                let images = self.seen.release.release_images(self.plan);
                let origin = match self.inputs.artifacts.0.get(name) {
                    Some(Artifact::Image { expected: true, .. }) => ImageOrigin::ToldByBuilder,
                    _ => ImageOrigin::Unknown,
                };
                let stale = image_check::staleness(
                    self.plan, &images, leftovers, *digest, origin, contents,
                );
                let other = self.seen.release.other_module_image(name, *digest);
                stale
                    .into_iter()
                    .chain(other)
                    .map(|mismatch| mismatch.diagnostic(name, BUILD_AGAIN))
                    .collect()
            }
        }
    }

    /// The assets that contain image names contain those that were tested.
    fn image_references(&self) -> Vec<Diagnostic> {
        let (plan, view) = (self.plan, &self.seen.release);
        let (module, images) = (view.module(plan), view.release_images(plan));
        let texts = view.assets().filter_map(|asset| {
            let text = view.asset_texts.get(&asset.id)?;
            Some((asset.name.as_str(), text))
        });
        texts
            .flat_map(|(name, text)| {
                let found = asset_image_refs::mismatches(&images, name, text, module);
                found
                    .into_iter()
                    .map(|mismatch| mismatch.diagnostic(name, AGAIN))
            })
            .collect()
    }
}

fn short(digest: Option<Digest>, none: &str) -> String {
    digest.map_or(none.to_owned(), |digest| digest.short())
}

fn as_awaited(digest: Digest) -> String {
    format!("{}, as when it was awaited", digest.short())
}
