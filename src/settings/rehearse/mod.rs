//! Parses the arguments of `rehearse`, and reads and checks the files that they name, before anything is started.

mod earlier;
mod manager;
mod module;
mod proposals;
mod release;
mod sources;
mod workflow;

use std::path::PathBuf;

use ocm_module::FormatCode;

use super::Environment;
use super::input_parser::{Choices, InputParser};
use super::plan::tag_when;
use crate::cli::RehearseArgs;
use crate::domain::{Code, Diagnostic, ImageRepository};
use crate::plan::TagWhen;

pub use module::RehearsedModule;
pub use proposals::{RehearsedBump, RehearsedMerge, RehearsedModules, RehearsedProposals};
pub use release::RehearsedRelease;

/// The release of a rehearsal, and the behaviour of the other participants.
pub struct RehearsalSettings {
    /// What is released.
    pub release: RehearsedRelease,
    /// `host:port` of a registry, in place of the stand-in.
    pub registry: Option<String>,
    /// A folder that keeps the state of the stand-ins for another rehearsal.
    pub state: Option<PathBuf>,
    /// Whether everything is kept without such a folder, too.
    pub keep: bool,
    pub unit_tests: TestResult,
    pub e2e_tests: TestResult,
    pub builders: BuilderBehavior,
    pub tag_when: TagWhen,
}

/// How tests end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestResult {
    Pass,
    Fail,
    /// Nothing was tested, and another token than the job's wrote the commit status of tests that passed.
    Forged,
}

/// What the builders do when the tag appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuilderBehavior {
    Build,
    /// They start, and fail.
    Fail,
    /// They never start, so that a wait reaches its deadline.
    Never,
}

/// Gives the arguments of `rehearse` their meaning, and reads the files that they name.
///
/// # Errors
///
/// Everything that is wrong is listed together.
pub fn rehearse(
    args: &RehearseArgs,
    environment: Environment<'_>,
) -> Result<RehearsalSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    let [pass, fail] = [("pass", TestResult::Pass), ("fail", TestResult::Fail)];
    let behaviors = [
        ("build", BuilderBehavior::Build),
        ("fail", BuilderBehavior::Fail),
        ("never", BuilderBehavior::Never),
    ];
    let unit_tests = parser.choice(
        "--unit-tests",
        Some(&args.unit_tests),
        &Choices::of(&[pass, fail]),
    );
    let e2e_tests = [pass, fail, ("forged", TestResult::Forged)];
    let e2e_tests = parser.choice("--e2e", Some(&args.e2e), &Choices::of(&e2e_tests));
    let builders = parser.choice("--builder", Some(&args.builder), &Choices::of(&behaviors));
    let registry = registry(&mut parser, args.registry.as_deref());
    let state = state(&mut parser, args.state.as_deref());
    let release = release::read(&mut parser, args);
    let when = args.tag_when.clone();
    let when = when.or_else(|| release.as_ref()?.tag_when.clone());
    let tag_when = tag_when(&mut parser, "--tag-when", when.as_deref());
    let settings = || {
        Some(RehearsalSettings {
            release: release?,
            registry,
            state,
            keep: args.keep,
            unit_tests: unit_tests?,
            e2e_tests: e2e_tests?,
            builders: builders?,
            tag_when: tag_when.unwrap_or_default(),
        })
    };
    parser.finish(settings())
}

/// The host of a registry, with its port if it has one.
fn registry(parser: &mut InputParser<'_>, host: Option<&str>) -> Option<String> {
    let host = host?.trim();
    let is_host = !host.contains('/') && format!("{host}/a").parse::<ImageRepository>().is_ok();
    let refused = || {
        Diagnostic::value(
            Code::Format(FormatCode::RegistryInvalid),
            "registry",
            host,
            "is not a registry's host",
            "write host and port, without scheme and path, such as localhost:5000",
        )
    };
    parser.take(
        "--registry",
        is_host.then(|| host.to_owned()).ok_or_else(refused),
    )
}

fn state(parser: &mut InputParser<'_>, folder: Option<&str>) -> Option<PathBuf> {
    let folder = folder?;
    if folder.trim().is_empty() {
        parser.missing("--state", "name the folder, or leave --state out");
        return None;
    }
    Some(PathBuf::from(folder))
}

#[cfg(test)]
mod tests;
