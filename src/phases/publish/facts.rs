//! What the job summary shows of a release that is being published.

use super::{Legs, PublishInputs, PublishState};
use crate::domain::JobResults;
use crate::plan::{ReleasePlan, Verdict};
use crate::protocol::{CheckRole, KnownCheck, ReleaseFacts, SeenCheck};

/// What is known before anything was read.
pub(super) fn of_inputs(plan: &ReleasePlan, inputs: &PublishInputs) -> ReleaseFacts {
    let jobs = inputs.jobs.as_ref();
    ReleaseFacts {
        jobs: jobs.into_iter().flat_map(JobResults::iter).collect(),
        began: inputs.began,
        ..ReleaseFacts::of_plan(plan).with_artifacts(&inputs.artifacts)
    }
}

/// The same with what was read.
pub(super) fn seen(
    plan: &ReleasePlan,
    inputs: &PublishInputs,
    seen: &PublishState,
) -> ReleaseFacts {
    let mut facts = of_inputs(plan, inputs);
    let checks = &seen.release.checks;
    facts.checks = checks
        .iter()
        .flat_map(|check| roles(inputs, check))
        .collect();
    if let [release] = seen.release.releases.as_slice() {
        facts = facts.with_release(release);
        if !release.draft {
            facts.latest = Some(seen.latest.as_deref() == Some(plan.wanted.tag.as_str()));
        }
    }
    facts
}

/// Why a check matters here; a check may matter for several reasons.
fn roles(inputs: &PublishInputs, check: &SeenCheck) -> Vec<KnownCheck> {
    let name = check.name.as_str();
    let leg = Verdict::leg(name).filter(|leg| match &inputs.legs {
        Legs::None => false,
        Legs::Named(legs) => legs.contains(*leg),
        Legs::Count(_) => true,
    });
    let is_builder = inputs.builders.iter().any(|b| b.matches(name));
    let is_required = inputs.checks.iter().any(|c| c.name.matches(name));
    let leg = leg.map(|leg| (CheckRole::Leg, leg));
    let builder = is_builder.then_some((CheckRole::Builder, name));
    let required = is_required.then_some((CheckRole::Required, name));
    [builder, leg, required]
        .into_iter()
        .flatten()
        .map(|(role, name)| KnownCheck::new(role, name, check))
        .collect()
}
