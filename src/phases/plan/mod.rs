//! `plan`: reads the existing state, and returns either the complete plan or every reason not to start.

mod attached_notes;
mod decide;
mod next;
mod preview;
mod size;
mod spelling;
mod state;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use crate::domain::{ChangeOptions, RightsOptions, Tag, VersionRules};
use crate::plan::{ReleasePlan, Wanted};
use crate::protocol::{Phase, PhaseId, Preview, Reader, ReleaseFacts, ServiceError, Step};
use decide::decide;
use preview::read_preview;
use state::PlanState;

pub use next::{NextInputs, PlanNext};

/// The inputs of `plan`.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The values that are copied into the plan unchanged.
    pub wanted: Wanted,
    /// The release that the notes start from; `None` leaves it to the order of versions.
    pub previous_tag: Option<Tag>,
    /// The branch to guard.
    pub guard_branch: Option<String>,
    /// What is asked of the changes since the previous release.
    pub changes: ChangeOptions,
    /// What is asked of the version and of the branch that it comes from.
    pub policy: VersionRules,
    /// What is looked at beside the release itself.
    pub rights: RightsOptions,
}

/// [`PhaseId::Plan`]. It reads everything that can refuse a release, and lists all of it together.
pub struct Plan {
    options: PlanOptions,
    /// The plan, and what it was made from.
    made: Option<(PlanState, ReleasePlan)>,
}

impl Plan {
    pub fn new(options: PlanOptions) -> Self {
        Self {
            options,
            made: None,
        }
    }
}

#[async_trait]
impl Phase for Plan {
    fn id(&self) -> PhaseId {
        PhaseId::Plan
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        let step = decide(&self.options, &seen);
        if let Step::Done(report) = &step {
            let plan = report.facts.plan.as_deref();
            self.made = plan.map(|plan| (seen, plan.clone()));
        }
        Ok(step)
    }

    async fn explain(&mut self, reader: Reader<'_>, preview: &mut Option<Box<Preview>>) {
        if let Some((seen, plan)) = &self.made {
            let preview = preview.insert(Box::new(self.begin_preview(seen, plan)));
            read_preview(reader, plan, preview).await;
        }
    }

    fn known(&self) -> ReleaseFacts {
        let PlanOptions {
            wanted,
            previous_tag,
            ..
        } = &self.options;
        ReleaseFacts::of_plan(&ReleasePlan::complete(
            wanted.clone(),
            previous_tag.clone(),
            None,
        ))
    }
}
