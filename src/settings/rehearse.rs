//! Parses the arguments of `rehearse`.

use std::path::PathBuf;

use ocm_module::values::ModuleForm;

use super::Environment;
use super::input_parser::{Choices, InputParser};
use super::module_form::module_form;
use super::plan::tag_when;
use crate::cli::RehearseArgs;
use crate::commands::release_settings::module_assets;
use crate::domain::Diagnostic;
use crate::plan::TagWhen;

/// The release of a rehearsal, and the behaviour of the other participants.
pub struct RehearsalSettings {
    /// As it was typed; the phase `plan` parses it.
    pub version: String,
    /// The text of a rendered manifest, in place of the example's.
    pub manifest: Option<String>,
    /// The text of a default custom resource, in place of the example's.
    pub default_cr: Option<String>,
    pub form: ModuleForm,
    /// Names of the form's files.
    pub assets: Vec<&'static str>,
    /// `host:port` of a registry, in place of the stand-in.
    pub registry: Option<String>,
    /// A folder that keeps the state of the stand-ins for another rehearsal.
    pub state: Option<PathBuf>,
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
}

/// What the builders do when the tag appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuilderBehavior {
    Build,
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
    let results = [("pass", TestResult::Pass), ("fail", TestResult::Fail)];
    let behaviors = [
        ("build", BuilderBehavior::Build),
        ("never", BuilderBehavior::Never),
    ];
    let unit_tests = parser.choice(
        "--unit-tests",
        Some(&args.unit_tests),
        &Choices::of(&results),
    );
    let e2e_tests = parser.choice("--e2e", Some(&args.e2e), &Choices::of(&results));
    let builders = parser.choice("--builder", Some(&args.builder), &Choices::of(&behaviors));
    let tag_when = tag_when(&mut parser, "--tag-when", Some(&args.tag_when));
    let form = module_form(&mut parser, Some(&args.module_form));
    let mut file =
        |option, path: &Option<String>| path.as_ref().and_then(|path| parser.file(option, path));
    let manifest = file("--manifest", &args.manifest);
    let default_cr = file("--default-cr", &args.default_cr);
    let settings = || {
        Some(RehearsalSettings {
            version: args.version.clone(),
            manifest,
            default_cr,
            form: form?,
            assets: module_assets(form?),
            registry: args.registry.clone(),
            state: args.state.as_ref().map(PathBuf::from),
            unit_tests: unit_tests?,
            e2e_tests: e2e_tests?,
            builders: builders?,
            tag_when: tag_when?,
        })
    };
    parser.finish(settings())
}
