//! Parses the arguments of `status`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, existing_release};
use crate::cli::StatusArgs;
use crate::phases::Status;

impl PhaseSettings for StatusArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let (repository, tag) = existing_release(parser, &self.release, &self.common)?;
        Some(Prepared::on_github(repository, Status::new(tag)))
    }
}
