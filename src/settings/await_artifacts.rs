//! Parses the arguments of `await`.

use std::time::Duration;

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, lines};
use crate::cli::AwaitArgs;
use crate::phases::{Await, AwaitOptions};

const INTERVAL: Duration = Duration::from_secs(10);
const BUILDER_START_TIMEOUT: Duration = Duration::from_mins(3);

impl PhaseSettings for AwaitArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
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
            began: parser.environment.began(),
        };
        let plan = parser.plan(&self.plan, &self.common)?;
        Some(Prepared::planned(plan, |plan| Await::new(plan, options)))
    }
}
