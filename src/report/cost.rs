//! How many requests a release takes.

use crate::plan::{Awaited, MODULE_IMAGE, ReleasePlan, SECOND_MODULE_IMAGE};

/// What [`record-tests`](crate::protocol::PhaseId::RecordTests) asks of GitHub for a leg.
const LEG: usize = 6;
/// An image with one layer: before its build, while it is awaited, and when the release is published.
const IMAGE: usize = 13;
/// The same for a module with its layers, which are also fetched.
const MODULE: usize = 27;

/// The requests from the draft to the published release, with one leg of tests, and where each thing that is waited for is there at the
/// first look. The builds' own are not counted. `tests/resume/budgets.rs` compares it with what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCost {
    /// Those that GitHub confirms with 304 included.
    pub github: usize,
    pub registry: usize,
}

impl RequestCost {
    /// Of a release that does not exist yet.
    pub fn of(plan: &ReleasePlan) -> Self {
        let awaited = plan.awaited();
        let is_asset = |one: &&Awaited| matches!(one, Awaited::Asset(_));
        let assets = awaited.iter().filter(is_asset).count();
        let has_module = plan.wanted.module.is_some();
        // Draft, upload, await, one leg, publish. Both templates of a module are read by await and by publish, in two requests each.
        let github = 14 + 3 + assets + 3 + LEG + 24;
        let guard = if plan.guard.is_some() { 2 } else { 0 };
        let templates = if has_module { 8 } else { 0 };
        let of_image = |one: &Awaited| match one.name() {
            MODULE_IMAGE => MODULE,
            // The same image under another tag.
            SECOND_MODULE_IMAGE => 4,
            _ => IMAGE,
        };
        let images = awaited.iter().filter(|one| !is_asset(one));
        Self {
            github: github + guard + templates,
            registry: images.map(of_image).sum(),
        }
    }

    /// For a person.
    pub(super) fn told(self) -> String {
        format!(
            "about {} to GitHub and {} to registries, with one leg of tests ({LEG} for each further one), and more while something is waited for",
            self.github, self.registry
        )
    }
}
