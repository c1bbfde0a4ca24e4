//! Parses the arguments of `draft`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared};
use crate::cli::DraftArgs;
use crate::phases::Draft;

impl PhaseSettings for DraftArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let plan = parser.plan(&self.plan, &self.common)?;
        let owner = parser.lock_owner();
        Some(Prepared::planned(plan, |plan| Draft::locked(plan, owner)))
    }
}
