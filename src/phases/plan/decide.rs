//! What follows from what `plan` has read: the plan, or every reason not to start.

use super::PlanOptions;
use super::attached_notes::AttachedNotes;
use super::size::{results_too_large, room_for_notes, too_large};
use super::spelling::{spelling_differs, version_exists};
use super::state::PlanState;
use crate::domain::{AssetName, Code, Diagnostic, MAX_ASSETS, Tag};
use crate::plan::{
    BranchGuard, EVIDENCE, FULL_NOTES, FullNotes, LOGS, NotesSource, REPORT, ReleasePlan, Wanted,
};
use crate::protocol::{PhaseReport, ReleaseFacts, Step};
use crate::release::asset_sync::TEMPORARY;
use crate::release::existing_release::{self, Resolution};
use crate::release::policy;
use crate::release::rights::with_yaml;

pub(super) fn decide(options: &PlanOptions, seen: &PlanState) -> Step {
    let wanted = &options.wanted;
    let (plan, is_whole) = complete(options, seen);
    let mut findings = in_repository(wanted, seen);
    findings.extend(notes_too_long(&plan.wanted));
    findings.extend(assets(wanted, &plan.wanted));
    findings.extend(attested_images(wanted));
    if findings.is_empty() {
        findings.extend(too_large(&plan));
    }
    if let Some(since_previous) = &seen.since_previous {
        findings.extend(since_previous.findings(&options.changes, wanted));
    }
    let (broken, forced) = broken_rules(options, seen);
    let exists = version_exists(wanted, seen);
    findings.extend(broken.into_iter().map(|finding| match exists {
        Some(_) => policy::without_force(finding),
        None => finding,
    }));
    if let Resolution::Refuse(finding) =
        existing_release::resolve(&plan, seen.release.tag.as_ref(), &seen.release.releases)
    {
        findings.push(finding);
    }
    findings.extend(exists);
    let rights = seen.rights.findings(&options.rights, wanted);
    let (refused, warned): (Vec<_>, Vec<_>) = rights.into_iter().partition(Diagnostic::is_error);
    findings.extend(refused);
    if !findings.is_empty() {
        findings.extend(warned);
        return Step::Blocked(findings);
    }
    let mut report = report(&plan, seen.higher_is_released);
    report.warnings.extend(forced);
    report.warnings.extend(cut_without_asset(is_whole));
    report.warnings.extend(results_too_large(&plan));
    let since = seen.since_previous.as_ref();
    let unchecked = since.and_then(|since| since.unchecked(&options.changes));
    report.warnings.extend(unchecked);
    report.warnings.extend(warned);
    if let Some(told) = seen.rights.told(&options.rights, wanted) {
        report = report.with("rights", told);
    }
    report.warnings.extend(spelling_differs(&plan));
    report.warnings.extend(lightweight(wanted, seen));
    Step::Done(report)
}

/// What is missing in the repository, or refused by it.
fn in_repository(wanted: &Wanted, seen: &PlanState) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let commit = &wanted.commit;
    if !seen.has_commit {
        findings.push(Diagnostic::error(
            Code::CommitMissing,
            format!("{} has no commit {commit}", wanted.repository),
            "push the commit first, or give the full hash of one that exists as `commit`",
        ));
    }
    if seen.repository.may_push == Some(false) {
        findings.push(Diagnostic::error(
            Code::TokenReadOnly,
            format!("the token may not write to {}", wanted.repository),
            with_yaml(
                Code::TokenReadOnly,
                "give the job this permission, or pass a token that has it as `github-token`:",
            ),
        ));
    }
    if let Some((branch, None)) = &seen.guard {
        findings.push(Diagnostic::error(
            Code::BranchMissing,
            format!("{} has no branch {branch} to guard", wanted.repository),
            format!(
                "set `guard-branch` to a branch that exists, such as {}",
                seen.repository.default_branch
            ),
        ));
    }
    findings
}

fn notes_too_long(wanted: &Wanted) -> Option<Diagnostic> {
    let NotesSource::Text(text) = &wanted.notes else {
        return None;
    };
    let chars = text.chars().count();
    let too_long = || {
        Diagnostic::error(
            Code::NotesTooLong,
            format!(
                "the release notes have {chars} characters, and a release may hold {}",
                NotesSource::MAX_CHARS
            ),
            "shorten the file and link to the full text, or attach it as an asset",
        )
    };
    (chars > NotesSource::MAX_CHARS).then(too_long)
}

/// Whether a reader of the release finds all of its notes there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WholeNotes {
    There,
    /// They are longer than a plan can carry.
    Missing,
}

fn cut_without_asset(notes: WholeNotes) -> Option<Diagnostic> {
    let warning = || {
        Diagnostic::warning(
            Code::NotesTooLong,
            "the notes are cut in the release, and too long to be attached as well",
            "give `previous-tag` if the release before is another one, or attach them yourself: the release names the page of all changes",
        )
    };
    (notes == WholeNotes::Missing).then(warning)
}

/// The rules for a version that it breaks; as warnings, the second ones, where a reason was given.
fn broken_rules(options: &PlanOptions, seen: &PlanState) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let Some(for_rules) = &seen.for_rules else {
        return (Vec::new(), Vec::new());
    };
    let (wanted, previous) = (&options.wanted, seen.previous.as_ref());
    let mut broken = for_rules.findings(&options.policy, wanted);
    let since = seen.since_previous.as_ref();
    broken.extend(since.and_then(|since| since.features(&options.changes, wanted, previous)));
    match &wanted.force {
        None => (broken, Vec::new()),
        Some(reason) => {
            let forced = broken
                .into_iter()
                .map(|finding| policy::forced(finding, reason));
            (Vec::new(), forced.collect())
        }
    }
}

/// What GitHub would refuse when the release is nearly done, or what would be mistaken for our own.
fn assets(wanted: &Wanted, planned: &Wanted) -> Vec<Diagnostic> {
    let names = wanted.assets.iter().map(AssetName::as_str);
    let own = wanted.own_assets();
    let is_ours = |name: &&str| {
        own.contains(name)
            || [LOGS, REPORT].contains(name)
            || name.starts_with(TEMPORARY)
            || planned.planned_digest(name).is_some()
    };
    let reserved = names.filter(is_ours);
    let mut findings: Vec<_> = reserved
        .map(|name| {
            Diagnostic::error(
                Code::AssetNameReserved,
                format!(
                    "the asset {name} has a name that btp-release gives to an asset of its own"
                ),
                format!(
                    "give it another name than {}, {LOGS}, {REPORT}, {FULL_NOTES} and {TEMPORARY}*",
                    own.join(", ")
                ),
            )
        })
        .collect();
    findings.extend(names_of_images(wanted));
    let total = planned.asset_names().len();
    if total > MAX_ASSETS {
        findings.push(Diagnostic::error(
            Code::AssetsTooMany,
            format!(
                "{} would have {total} assets with {EVIDENCE}, which is added when it is published; GitHub takes {MAX_ASSETS}",
                wanted.tag
            ),
            format!("pack some into an archive: `assets` may name {}", MAX_ASSETS - own.len()),
        ));
    }
    findings
}

/// The attestations of images that the release does not have.
fn attested_images(wanted: &Wanted) -> Vec<Diagnostic> {
    let plan = ReleasePlan::complete(wanted.clone(), None, None);
    let images: Vec<String> = plan.images().map(|(name, _)| name).collect();
    let required = wanted.require_attestations.iter();
    let unknown = required.filter(|required| !images.contains(&required.image));
    let refused = unknown.map(|required| {
        let help = if images.is_empty() {
            "the release has no images at all: name them, such as with `binary-image`, or leave `require-attestations` out".to_owned()
        } else {
            let known = images.join(", ");
            format!("name one of its images in `require-attestations` ({known}), as `binary`, `module` or in the form of `extra-images`")
        };
        Diagnostic::error(
            Code::RequiredAttestationInvalid,
            format!("an attestation is required of {}, and the release has no such image", required.image),
            help,
        )
    });
    refused.collect()
}

/// Assets that `await` could not tell from an image: artifacts are told apart by their names.
fn names_of_images(wanted: &Wanted) -> Vec<Diagnostic> {
    let plan = ReleasePlan::complete(wanted.clone(), None, None);
    let images = plan.images().map(|(name, _)| name);
    let both = images.filter(|name| wanted.assets.iter().any(|asset| asset.as_str() == name));
    let found = both.map(|name| {
        Diagnostic::error(
            Code::AssetNameReserved,
            format!("the asset {name} has the name of an image among the artifacts"),
            "give the asset another name, such as one with an extension",
        )
    });
    found.collect()
}

/// The plan, and whether the release has all of its notes.
fn complete(options: &PlanOptions, seen: &PlanState) -> (ReleasePlan, WholeNotes) {
    let (mut wanted, previous) = (options.wanted.clone(), seen.previous.as_ref());
    let since = seen.since_previous.as_ref();
    let room = room_for_notes(&wanted);
    let notes = since.map(|since| since.notes(&options.changes, &wanted, previous, room));
    let mut whole = WholeNotes::There;
    if let Some(notes) = notes {
        let full = match &seen.attached {
            AttachedNotes::There(text) => FullNotes::of(text),
            AttachedNotes::Never => None,
            AttachedNotes::ToBeMade => notes.full,
        };
        if notes.is_cut && full.is_none() {
            whole = WholeNotes::Missing;
        }
        wanted.notes = notes.source;
        wanted = wanted.with_full_notes(full);
    }
    let guard = seen.guard.as_ref().and_then(|(branch, head)| {
        Some(BranchGuard {
            branch: branch.clone(),
            head: head.clone()?,
        })
    });
    let plan = ReleasePlan::complete(wanted, seen.previous.clone(), guard);
    (plan, whole)
}

fn report(plan: &ReleasePlan, higher_is_released: bool) -> PhaseReport {
    let summary = format!(
        "{} is to be released at {}",
        plan.wanted.tag,
        plan.wanted.commit.short()
    );
    let previous = plan.previous_tag.as_ref().map_or("", Tag::as_str);
    let latest = plan.becomes_latest(higher_is_released);
    let facts = ReleaseFacts {
        latest: Some(latest),
        ..ReleaseFacts::of_plan(plan)
    };
    let mut report = PhaseReport::new(summary)
        .knowing(facts)
        .with("plan", plan.to_json())
        .with("version", &plan.wanted.version)
        .with("tag", &plan.wanted.tag)
        .with("commit", &plan.wanted.commit)
        .with("previous-tag", previous)
        .with("prerelease", plan.wanted.prerelease)
        .with("make-latest", latest);
    report.warnings.extend(no_room_for_logs(&plan.wanted));
    report
}

/// A tag that exists is used as it is: it may have started builders, and nobody can make another one of it without deleting it.
fn lightweight(wanted: &Wanted, seen: &PlanState) -> Option<Diagnostic> {
    let found = || {
        let seen = format!(
            "{} exists as a lightweight tag, and `tag-type` is annotated",
            wanted.tag
        );
        let help = format!(
            "if it has to be annotated, delete the tag and run again: btp-release discard {}, or git push origin :{}",
            wanted.typed(),
            wanted.tag.to_ref()
        );
        Diagnostic::warning(Code::TagLightweight, seen, help)
    };
    seen.tag_is_lightweight.then(found)
}

/// Nobody has asked for the logs yet, so that this is no reason to refuse the plan.
pub(super) fn no_room_for_logs(wanted: &Wanted) -> Option<Diagnostic> {
    let full = || {
        let seen = format!(
            "{} has {MAX_ASSETS} assets with {EVIDENCE}, as many as GitHub takes: there is no room for {LOGS}",
            wanted.tag
        );
        let help = format!(
            "pack some into an archive, or do not give `logs` to `publish`: beside {LOGS}, `assets` may name {}",
            MAX_ASSETS - 1 - wanted.own_assets().len()
        );
        Diagnostic::warning(Code::AssetsTooMany, seen, help)
    };
    (wanted.asset_names().len() == MAX_ASSETS).then(full)
}
