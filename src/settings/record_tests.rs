//! What the arguments of `record-tests` mean.

use super::input_parser::{Choices, InputParser};
use super::{PhaseSettings, Prepared};
use crate::cli::{CommonArgs, RecordTestsArgs};
use crate::phases::RecordTests;
use crate::plan::Verdict;

impl PhaseSettings for RecordTestsArgs {
    fn common(&self) -> &CommonArgs {
        &self.common
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let results = [("success", true), ("failure", false)];
        let results = Choices::of(&results);
        let passed = parser.choice("result", self.result.as_deref(), &results);
        if self.leg.is_none() {
            parser.missing(
                "leg",
                "name the leg of the tests, such as k3s-${{ matrix.k3s }}",
            );
        }
        let artifacts = parser.artifacts(&self.artifacts);
        if self.artifacts.artifacts.is_none() {
            parser.missing(
                "artifacts",
                "pass the output of the phase `await` that these tests took",
            );
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        let verdict = Verdict {
            run: plan.run.clone(),
            artifacts: artifacts?.digest(),
        };
        let leg = self.leg.clone()?;
        let url = parser.run_url();
        Some(Prepared::planned(plan, |plan| {
            RecordTests::new(plan, leg, passed.unwrap_or(true), verdict, url)
        }))
    }
}
