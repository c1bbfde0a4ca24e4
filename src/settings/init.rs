//! Parses the arguments of `init`.

use std::path::{Component, PathBuf};

use super::Environment;
use super::input_parser::InputParser;
use crate::cli::InitArgs;
use crate::domain::Diagnostic;

/// Which workflow is written, and where.
#[derive(Debug)]
pub struct InitSettings {
    /// The folder of the module, below the working folder, without `./` and a slash at its end.
    pub directory: Option<String>,
    /// Where the workflow is written; `None` for the usual place.
    pub output: Option<PathBuf>,
    /// Whether it is only printed.
    pub dry_run: bool,
}

/// Gives the arguments of `init` their meaning.
///
/// # Errors
///
/// Everything that is wrong is listed together.
pub fn init(
    args: &InitArgs,
    environment: Environment<'_>,
) -> Result<InitSettings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(environment);
    for (option, given) in [("--directory", &args.directory), ("--output", &args.output)] {
        if given.as_ref().is_some_and(|path| path.trim().is_empty()) {
            parser.missing(
                option,
                "give a path below the working folder, or leave it out",
            );
        }
    }
    let directory = parser.path("--directory", args.directory.as_ref());
    let output = parser.path("--output", args.output.as_ref());
    let directory = directory.map(|path| {
        let parts = path.components();
        let plain: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
        plain.display().to_string()
    });
    parser.finish(Some(InitSettings {
        directory: directory.filter(|path| !path.is_empty()),
        output,
        dry_run: args.dry_run,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use super::*;
    use crate::domain::Code;
    use crate::settings::Context;

    fn settings(directory: &str, output: &str) -> Result<InitSettings, Vec<Code>> {
        let given = |text: &str| (text != "-").then(|| text.to_owned());
        let args = InitArgs {
            directory: given(directory),
            output: given(output),
            dry_run: false,
        };
        let environment = Environment {
            context: &Context::read(&BTreeMap::new()),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            now: SystemTime::UNIX_EPOCH,
        };
        let refused = |found: Vec<Diagnostic>| found.iter().map(|one| one.code).collect();
        init(&args, environment).map_err(refused)
    }

    #[test]
    fn folders_are_written_in_one_way_and_lie_inside() {
        let directory = |typed: &str| settings(typed, "-").unwrap().directory;
        assert_eq!(directory("-"), None);
        assert_eq!(directory("."), None);
        assert_eq!(directory("./a/b/").as_deref(), Some("a/b"));
        assert_eq!(directory("a/../b").as_deref(), Some("b"));
        assert_eq!(settings("../a", "-").unwrap_err(), [Code::PathOutside]);
        assert_eq!(settings("-", "../a").unwrap_err(), [Code::PathOutside]);
        let both = [Code::InputMissing, Code::InputMissing];
        assert_eq!(settings(" ", "").unwrap_err(), both);
    }
}
