//! What a person wants to know of a plan: it is read once the plan is made, and decides nothing.

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use super::state::PlanState;
use super::{Plan, PlanOptions};
use crate::domain::{AssetName, ChangeOptions, ImageRef, LabelRule, MilestoneRule, VersionPolicy};
use crate::plan::{Awaited, NotesSource, ReleasePlan, VersionFrom};
use crate::protocol::{Preview, Reader, SeenArtifact, SeenAsset, SeenRelease, ServiceError};
use crate::release::existing_release::{self, Resolution};
use crate::release::policy::{VersionStep, next_versions};

/// What is said of an artifact while the registry has not answered.
const NO_ANSWER: &str = "no answer in time";

impl Plan {
    /// What is known of the plan without reading anything more. Images are still to be looked for.
    pub(super) fn begin_preview(&self, seen: &PlanState, plan: &ReleasePlan) -> Preview {
        let options = &self.options;
        let (existing, release) = existing(plan, seen);
        let assets = release.map_or(&[][..], |release| &release.assets);
        let awaited = plan.awaited();
        let artifacts = awaited.iter().map(|one| {
            let state = match one {
                Awaited::Asset(name) => asset(assets, name),
                Awaited::Image { .. } => SeenArtifact::Unknown(NO_ANSWER.to_owned()),
            };
            (one.name().to_owned(), state)
        });
        Preview {
            follows: follows(options, seen, plan),
            tag_exists: seen.release.tag.is_some(),
            existing,
            checked: checked(options, seen),
            rights: seen.rights.told(&options.rights, &plan.wanted),
            artifacts: artifacts.collect(),
            ..Preview::default()
        }
    }
}

/// Reads what the plan does not need. A failure is only noted, and an answer is in the preview as soon as it is there.
pub(super) async fn read_preview(reader: Reader<'_>, plan: &ReleasePlan, preview: &mut Preview) {
    let wanted = &plan.wanted;
    let message = reader.github.commit_message(&wanted.commit).await;
    let message = noted(message, &mut preview.unknown).flatten();
    preview.subject = message.and_then(|text| text.lines().next().map(str::to_owned));
    if wanted.notes == NotesSource::Generated {
        let previous = plan.previous_tag.as_ref();
        let notes = reader.github.notes(&wanted.tag, &wanted.commit, previous);
        let notes = noted(notes.await, &mut preview.unknown);
        preview.notes = notes.map(|notes| notes.body);
    }
    let images = plan.images();
    let mut looks: FuturesUnordered<_> = images
        .map(|(name, image)| async move { (name, look_for(reader, &image).await) })
        .collect();
    while let Some((name, state)) = looks.next().await {
        preview.artifacts.insert(name, state);
    }
}

/// An answer, or nothing with its failure noted.
fn noted<T>(answer: Result<T, ServiceError>, unknown: &mut Vec<String>) -> Option<T> {
    answer.map_err(|error| unknown.push(error.to_string())).ok()
}

/// What there is of an asset in the release that stays.
fn asset(assets: &[SeenAsset], name: &AssetName) -> SeenArtifact {
    match assets.iter().find(|asset| asset.name == name.as_str()) {
        None => SeenArtifact::Absent,
        Some(asset) => SeenArtifact::There {
            digest: asset.digest,
            size: Some(asset.size),
        },
    }
}

/// What there is of an image in the registry.
async fn look_for(reader: Reader<'_>, image: &ImageRef) -> SeenArtifact {
    match reader.registry.resolve(image).await {
        Ok(None) => SeenArtifact::Absent,
        Ok(Some(manifest)) => SeenArtifact::There {
            digest: Some(manifest.digest),
            // Of the manifest, and not of the image.
            size: None,
        },
        Err(error) => SeenArtifact::Unknown(error.cause.to_string()),
    }
}

/// What happens to what exists, and the release that stays.
fn existing<'a>(
    plan: &ReleasePlan,
    seen: &'a PlanState,
) -> (Option<String>, Option<&'a SeenRelease>) {
    let release = &seen.release;
    match existing_release::resolve(plan, release.tag.as_ref(), &release.releases) {
        Resolution::Create | Resolution::Refuse(_) => (None, None),
        Resolution::Resume(draft, mark) => {
            let told = format!("the draft of run {} is continued", mark.run);
            (Some(told), Some(draft))
        }
        Resolution::Replace(release, _) => {
            let told = format!("the {} release is deleted, and made anew", release.kind());
            (Some(told), None)
        }
        Resolution::DeleteDuplicates(_) => {
            let told = "of several drafts of this plan, all but the first are deleted";
            (Some(told.to_owned()), None)
        }
        Resolution::Done(release) => {
            let told = "it is published already: nothing is left to do";
            (Some(told.to_owned()), Some(release))
        }
    }
}

/// Why the version may be released.
fn follows(options: &PlanOptions, seen: &PlanState, plan: &ReleasePlan) -> String {
    let wanted = &plan.wanted;
    let mut told = match &plan.previous_tag {
        None => "the first release".to_owned(),
        Some(previous) => {
            let before = wanted.tag_format.version_of_line(previous.as_str());
            let before = before.map(|(version, _)| version);
            let before = before.filter(|before| *before < wanted.version);
            match before {
                None => format!("after {previous}"),
                Some(before) => {
                    let version = wanted.version.without_prerelease();
                    let step = VersionStep::between(&before, &version);
                    let kind = match step {
                        _ if wanted.version.is_prerelease() => "prerelease",
                        VersionStep::Patch => "patch version",
                        VersionStep::Minor => "minor version",
                        VersionStep::Major => "major version",
                    };
                    let is_next = !before.is_prerelease()
                        && next_versions(&before, step).first() == Some(&wanted.version);
                    let article = if is_next { "the next" } else { "a" };
                    format!("{article} {kind} after {previous}")
                }
            }
        }
    };
    told.push_str(match wanted.version_from {
        VersionFrom::Input => "",
        VersionFrom::Ref => ", named by the tag that the workflow runs on",
        VersionFrom::BranchNextPatch => ", the next patch of the branch",
        VersionFrom::NextRc => ", the next release candidate",
    });
    match (&wanted.force, options.policy.policy) {
        (Some(reason), _) => {
            told.push_str("; rules that it breaks only warn, because of force: ");
            told.push_str(reason);
        }
        (None, _) if seen.for_rules.is_none() => {}
        (None, VersionPolicy::Any) => {}
        (None, VersionPolicy::Increment) => told.push_str(", as version-policy increment asks"),
        (None, VersionPolicy::Newer) => told.push_str(", as version-policy newer asks"),
    }
    told
}

/// What was looked at. Everything that is wrong would have refused the plan.
fn checked(options: &PlanOptions, seen: &PlanState) -> Vec<String> {
    let wanted = &options.wanted;
    let mut checked = vec!["the commit is on GitHub".to_owned()];
    if seen.repository.may_push == Some(true) {
        checked.push("the token may write".into());
    }
    if options.previous_tag.is_some() {
        checked.push("the previous tag exists".into());
    }
    if seen.for_rules.is_some() && wanted.force.is_none() {
        let default = &seen.repository.default_branch;
        let branches = options.policy.branches_of(&wanted.version, default);
        if !branches.is_empty() {
            checked.push(format!("the commit is on {}", branches.join(" or ")));
        }
    }
    let ChangeOptions {
        labels, milestone, ..
    } = &options.changes;
    if *labels == LabelRule::OneOfCategories {
        checked.push("every pull request has one label of the categories".into());
    }
    checked.extend(match milestone {
        MilestoneRule::Ignore => None,
        MilestoneRule::Exists => Some("the milestone exists".to_owned()),
        MilestoneRule::Closed => Some("the milestone is closed".to_owned()),
    });
    checked
}
