//! Parses the arguments of `discard`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, existing_release};
use crate::cli::DiscardArgs;
use crate::phases::Discard;

impl PhaseSettings for DiscardArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let (repository, tag) = existing_release(parser, &self.release, &self.common)?;
        let phase = Discard::locked(tag, parser.lock_owner());
        Some(Prepared::on_github(repository, phase))
    }
}
