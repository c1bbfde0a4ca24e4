//! Parses the arguments of `await`.

use std::time::Duration;

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, lines};
use crate::cli::{AwaitArgs, TrustInput};
use crate::phases::{Await, AwaitOptions, AwaitedApproval, ExpectedDigests};
use crate::plan::ReleasePlan;

const EXPECTED: &str = "expected-digests";
const INTERVAL: Duration = Duration::from_secs(10);
const BUILDER_START_TIMEOUT: Duration = Duration::from_mins(3);

impl PhaseSettings for AwaitArgs {
    fn has(&self, input: &str) -> bool {
        match input {
            "builder-checks" => !self.builders.builder_checks.is_empty(),
            "environment" => self
                .environment
                .as_ref()
                .is_some_and(|name| !name.trim().is_empty()),
            _ => false,
        }
    }

    fn trust(&self) -> Option<&TrustInput> {
        Some(&self.trust)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let plan = parser.plan(&self.plan, &self.common);
        let options = AwaitOptions {
            poll_interval: parser.duration(
                "await-interval",
                self.await_interval.as_deref(),
                INTERVAL,
            ),
            platforms: lines(&self.image_platforms).map(str::to_owned).collect(),
            builders: parser.builders(&self.builders),
            builder_start_timeout: parser.duration(
                "builder-start-timeout",
                self.builder_start_timeout.as_deref(),
                BUILDER_START_TIMEOUT,
            ),
            expected: expected(parser, self.expected_digests.as_deref(), plan.as_ref()),
            approval: approval(parser, self.environment.as_deref()),
            began: parser.environment.began(),
        };
        Some(Prepared::planned(plan?, |plan| Await::new(plan, options)))
    }
}

/// On a terminal there is no run that could wait for an approval.
fn approval(parser: &InputParser<'_>, environment: Option<&str>) -> Option<AwaitedApproval> {
    let owner = parser.lock_owner();
    let environment = environment?.trim();
    (!environment.is_empty()).then_some(AwaitedApproval {
        environment: environment.to_owned(),
        repository: owner.repository?,
        run: owner.run?,
    })
}

/// What the builders say that they built; everything that is wrong with it is kept.
fn expected(
    parser: &mut InputParser<'_>,
    text: Option<&str>,
    plan: Option<&ReleasePlan>,
) -> ExpectedDigests {
    let text = text.and_then(|text| parser.text_or_file(EXPECTED, text));
    let (Some(text), Some(plan)) = (text, plan) else {
        return ExpectedDigests::default();
    };
    ExpectedDigests::from_json(&text, plan).unwrap_or_else(|findings| {
        for finding in findings {
            parser.take::<(), _>(EXPECTED, Err(finding));
        }
        ExpectedDigests::default()
    })
}
