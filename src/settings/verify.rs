//! Parses the arguments of `verify`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, existing_release};
use crate::cli::{TrustInput, VerifyArgs};
use crate::phases::Verify;

impl PhaseSettings for VerifyArgs {
    fn trust(&self) -> Option<&TrustInput> {
        Some(&self.trust)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let (repository, tag) = existing_release(parser, &self.release, &self.common)?;
        Some(Prepared::on_github(repository, Verify::new(tag)))
    }
}
