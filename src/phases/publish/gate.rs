//! Every reason not to publish, all of them together.

use super::{EVIDENCE, Legs, PublishInputs, Seen, SeenImage, tag_elsewhere, tag_missing};
use crate::domain::Digest;
use crate::domain::{Code, Diagnostic};
use crate::plan::{Artifact, Mark, ReleasePlan, Verdict};
use crate::protocol::{AssetState, CheckState, SeenAsset, SeenCheck, SeenRelease};
use crate::release::asset_image_refs::{WrongReference, wrong_references};
use crate::release::asset_sync::beside;
use crate::release::image_check;

const AGAIN: &str = "run the phases from `await` on again, tests included";

pub(super) fn findings(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
    mark: &Mark,
) -> Vec<Diagnostic> {
    let mut findings = of_this_plan(plan, mark);
    findings.extend(branch(plan, seen));
    findings.extend(of_what_was_tested(plan, tested, seen, release, mark));
    findings
}

/// What has to be so when it is published, too.
pub(super) fn of_what_was_tested(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
    mark: &Mark,
) -> Vec<Diagnostic> {
    // What is public already was tested in the run that published it, which may be another than the one that asks.
    let run = if release.draft { &plan.run } else { &mark.run };
    [
        tag(plan, seen),
        assets(plan, tested, seen, release),
        images(plan, tested, seen, mark),
        leading(plan, seen),
        jobs(tested),
        verdicts(run, tested, seen),
        checks(plan, tested, seen),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_this_plan(plan: &ReleasePlan, mark: &Mark) -> Vec<Diagnostic> {
    if mark.plan == plan.digest() {
        return vec![];
    }
    vec![Diagnostic::error(
        Code::DraftOfAnotherPlan,
        format!(
            "the draft {} was last taken up by run {} with another plan",
            plan.tag, mark.run
        ),
        "let that run publish it, or run this one again from its phase `draft` on",
    )]
}

fn tag(plan: &ReleasePlan, seen: &Seen) -> Vec<Diagnostic> {
    match &seen.tag {
        None => vec![tag_missing(plan)],
        Some(at) if *at != plan.commit => {
            vec![tag_elsewhere(
                &plan.tag,
                &plan.version,
                &plan.commit,
                at,
                &seen.releases,
            )]
        }
        Some(_) => vec![],
    }
}

fn branch(plan: &ReleasePlan, seen: &Seen) -> Vec<Diagnostic> {
    match &plan.guard {
        Some(guard) if seen.head.as_ref() != Some(&guard.head) => vec![Diagnostic::error(
            Code::BranchMoved,
            format!(
                "{} was at {} when this release was planned, and is {} now",
                guard.branch,
                guard.head.short(),
                seen.head
                    .as_ref()
                    .map_or("gone".into(), |head| format!("at {}", head.short()))
            ),
            "something was merged during the release: start a new run, with `on-existing: replace` to release the new head",
        )],
        _ => vec![],
    }
}

/// The assets are exactly the plan's, beside our own evidence, and the very bytes that were awaited.
fn assets(
    plan: &ReleasePlan,
    tested: &PublishInputs,
    seen: &Seen,
    release: &SeenRelease,
) -> Vec<Diagnostic> {
    let digest = |asset: &SeenAsset| asset.digest.or_else(|| seen.hashed.get(&asset.id).copied());
    let mut findings = Vec::new();
    for name in &plan.assets {
        let found = release
            .assets
            .iter()
            .find(|asset| asset.name == name.as_str());
        let awaited = tested.artifacts.0.get(name.as_str()).map(Artifact::digest);
        let why = match (found, awaited) {
            (None, _) => Some("is not in the release".to_owned()),
            (Some(asset), _) if asset.state == AssetState::Unfinished => {
                Some("was not uploaded in full".into())
            }
            (Some(_), None) => Some("was not awaited".into()),
            (Some(asset), Some(awaited)) if digest(asset) != Some(awaited) => Some(format!(
                "is {} now, and was {} when it was awaited",
                short(digest(asset), "without a digest"),
                awaited.short()
            )),
            (Some(_), Some(_)) => None,
        };
        if let Some(why) = why {
            findings.push(Diagnostic::error(
                Code::AssetDiffers,
                format!("the asset {name} {why}"),
                AGAIN,
            ));
        }
    }
    let ours = EVIDENCE
        .parse()
        .map(|name| beside(&name))
        .unwrap_or_default();
    let known = |name: &str| {
        name == EVIDENCE || name == ours || plan.assets.iter().any(|asset| asset.as_str() == name)
    };
    for extra in release.assets.iter().filter(|asset| !known(&asset.name)) {
        findings.push(Diagnostic::error(
            Code::AssetUnplanned,
            format!(
                "the release has the asset {}, which is not among the plan's",
                extra.name
            ),
            format!(
                "delete it from the draft, or add {} to the input `assets` of the phase `plan`",
                extra.name
            ),
        ));
    }
    findings
}

fn short(digest: Option<Digest>, none: &str) -> String {
    digest.map_or(none.to_owned(), |digest| digest.short())
}

/// The tags of the images still mean what was tested, all of it is there, and it is of this release.
fn images(plan: &ReleasePlan, tested: &PublishInputs, seen: &Seen, mark: &Mark) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, image) in &seen.images {
        let awaited = tested.artifacts.0.get(name).map(Artifact::digest);
        let now = match image {
            SeenImage::Absent => None,
            SeenImage::Incomplete(digest, _) | SeenImage::Whole(digest, _) => Some(*digest),
        };
        let was = match awaited {
            None => "it was not awaited".to_owned(),
            Some(awaited) => format!("it was {} when it was awaited", awaited.short()),
        };
        if awaited.is_none() || now != awaited {
            let why = format!("{name} is {} now, and {was}", short(now, "absent"));
            findings.push(Diagnostic::error(Code::ImageDiffers, why, AGAIN));
        }
        match image {
            SeenImage::Absent => {}
            SeenImage::Incomplete(_, why) => {
                let help = "look at the build that pushed it, and run it again";
                findings.push(Diagnostic::error(
                    Code::ImageIncomplete,
                    format!("{name} cannot be used: {why}"),
                    help,
                ));
            }
            SeenImage::Whole(digest, contents) => {
                let mut why = image_check::disagreements(plan, contents);
                if mark.leftovers.contains(digest) && !image_check::proves_commit(plan, contents) {
                    why.push(image_check::left_over(*digest));
                }
                let help = "look at the build that pushed it, and run it again for this tag";
                findings.extend(why.into_iter().map(|why| {
                    Diagnostic::error(Code::ImageOfAnotherBuild, format!("{name}: {why}"), help)
                }));
            }
        }
    }
    findings
}

/// What is installed leads to the images that were tested.
fn leading(plan: &ReleasePlan, seen: &Seen) -> Vec<Diagnostic> {
    let module = seen.images.values().find_map(|image| match image {
        SeenImage::Whole(_, contents) => contents.module(plan),
        _ => None,
    });
    let mut findings = Vec::new();
    for (name, bytes) in &seen.leading {
        for WrongReference { code, why } in wrong_references(plan, name, bytes, module) {
            findings.push(Diagnostic::error(code, format!("{name}: {why}"), AGAIN));
        }
    }
    findings
}

fn jobs(tested: &PublishInputs) -> Vec<Diagnostic> {
    let Some(jobs) = &tested.jobs else {
        return vec![];
    };
    if jobs.is_empty() {
        return vec![Diagnostic::error(
            Code::JobsMissing,
            "the publishing job needs no other job, so nothing says that tests passed",
            "list the test jobs under `needs:` of the publishing job",
        )];
    }
    jobs.objections(&tested.optional)
        .map(|(name, result)| {
            Diagnostic::error(
                Code::JobNotSuccessful,
                format!("the job {name} ended with {result}"),
                format!("repair it and run it again; where it may be skipped, add {name} to `optional-jobs`"),
            )
        })
        .collect()
}

/// Every leg of the tests passed, for these digests, this commit and this run.
fn verdicts(run: &str, tested: &PublishInputs, seen: &Seen) -> Vec<Diagnostic> {
    let verdict = Verdict {
        run: run.to_owned(),
        artifacts: tested.artifacts.digest(),
    };
    let of_leg = |leg: &str| {
        seen.checks
            .iter()
            .find(|check| check.name == Verdict::context(leg))
    };
    match &tested.legs {
        Legs::None => vec![],
        Legs::Named(legs) => legs
            .iter()
            .filter_map(|leg| objection(leg, of_leg(leg), &verdict))
            .collect(),
        Legs::Count(wanted) => {
            let recorded = seen
                .checks
                .iter()
                .filter_map(|check| Some((Verdict::leg(&check.name)?, check)));
            let of_this_run: Vec<_> = recorded
                .filter(|(_, check)| recorded_verdict(check).as_ref() == Some(&verdict))
                .collect();
            let mut findings: Vec<_> = of_this_run
                .iter()
                .filter_map(|(leg, check)| objection(leg, Some(check), &verdict))
                .collect();
            if of_this_run.len() < *wanted {
                findings.push(Diagnostic::error(
                    Code::VerdictMissing,
                    format!("{} legs of the tests recorded a verdict for these artifacts, and {wanted} must", of_this_run.len()),
                    "run the missing legs again; each ends with the phase `record-tests`",
                ));
            }
            findings
        }
    }
}

fn recorded_verdict(check: &SeenCheck) -> Option<Verdict> {
    Verdict::read(check.description.as_deref()?)
}

fn objection(leg: &str, found: Option<&SeenCheck>, verdict: &Verdict) -> Option<Diagnostic> {
    let Some(found) = found else {
        return Some(Diagnostic::error(
            Code::VerdictMissing,
            format!("the leg {leg} of the tests recorded no verdict"),
            "run it again; each leg ends with the phase `record-tests`",
        ));
    };
    if found.state != CheckState::Success {
        let page = found.url.as_deref().unwrap_or("its log");
        let why = format!("the leg {leg} of the tests ended with {}", found.state);
        return Some(Diagnostic::error(
            Code::VerdictFailed,
            why,
            format!("look at {page}, repair it, and run it again"),
        ));
    }
    let seen = found.description.as_deref().unwrap_or("nothing");
    let verdict_text = verdict.to_string();
    (recorded_verdict(found).as_ref() != Some(verdict)).then(|| {
        Diagnostic::error(
            Code::VerdictOfOtherBytes,
            format!("the leg {leg} says {seen:?}, and what is to be published is {verdict_text:?}"),
            "run the tests again with the artifacts of this run",
        )
    })
}

fn checks(plan: &ReleasePlan, tested: &PublishInputs, seen: &Seen) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for required in &tested.checks {
        let found: Vec<_> = seen
            .checks
            .iter()
            .filter(|check| required.name.matches(&check.name))
            .collect();
        if found.is_empty() {
            findings.push(Diagnostic::error(
                Code::CheckMissing,
                format!(
                    "the check {} has never run at {}",
                    required.name,
                    plan.commit.short()
                ),
                "run it for this commit, or take it out of `required-checks`",
            ));
        }
        for check in found
            .into_iter()
            .filter(|c| c.state != CheckState::Success && !required.also.contains(&c.state))
        {
            findings.push(Diagnostic::error(
                Code::CheckNotGreen,
                format!(
                    "the check {} is {} at {}",
                    check.name,
                    check.state,
                    plan.commit.short()
                ),
                format!(
                    "look at {}",
                    check.url.as_deref().unwrap_or("its page on GitHub")
                ),
            ));
        }
    }
    findings
}
