//! Parses the arguments of `discard`.

use super::input_parser::InputParser;
use super::{PhaseSettings, Prepared, version_of_release};
use crate::cli::DiscardArgs;
use crate::domain::{Code, Diagnostic, RepoSlug};
use crate::phases::{Adopt, AdoptOptions, Discard};

impl PhaseSettings for DiscardArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let owner = parser.lock_owner();
        if self.adopt {
            let (repository, options) = self.adopt(parser)?;
            let phase = Adopt::locked(options, owner);
            return Some(Prepared::on_github(repository, phase));
        }
        if self.plan.plan.is_some() {
            let help = "a plan only says which mark to put back; to delete a draft, give its version and leave out `plan`";
            parser.missing("adopt", help);
        }
        let (repository, tag, _) = version_of_release(parser, &self.release, &self.common)?;
        Some(Prepared::on_github(repository, Discard::locked(tag, owner)))
    }
}

impl DiscardArgs {
    /// The plan says which release it is, or else the version.
    fn adopt(&self, parser: &mut InputParser<'_>) -> Option<(RepoSlug, AdoptOptions)> {
        let run = parser.run_id();
        if self.plan.plan.is_none() {
            let (repository, tag, version) =
                version_of_release(parser, &self.release, &self.common)?;
            let options = AdoptOptions {
                tag,
                version,
                run,
                plan: None,
            };
            return Some((repository, options));
        }
        if self.release.version.is_some() {
            let twice = Diagnostic::error(
                Code::InputsExclusive,
                "version and plan exclude each other: the plan names the version",
                "leave out `version`, or `plan`",
            );
            parser.take::<(), _>("version", Err(twice));
        }
        let plan = parser.plan(&self.plan, &self.common)?;
        let options = AdoptOptions {
            tag: plan.wanted.tag.clone(),
            version: plan.wanted.version.clone(),
            run,
            plan: Some(plan.clone()),
        };
        Some((plan.wanted.repository, options))
    }
}
