//! Parses a command line, and says of an unknown option which commands take it, and of a command that this program was built
//! without how to get it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use super::Cli;
use crate::domain::PROGRAM_VERSION;

/// The commands of the feature `rehearse`, which the files of a release are built without.
pub(super) const NOT_IN_RELEASES: [&str; 4] = ["completions", "init", "man", "rehearse"];

impl Cli {
    /// What was typed, the program's name first.
    ///
    /// # Errors
    ///
    /// clap's, or the text of `--help`.
    pub fn of(arguments: Vec<String>) -> Result<Self, clap::Error> {
        Self::try_parse_from(arguments).map_err(explained)
    }
}

fn explained(error: clap::Error) -> clap::Error {
    match error.kind() {
        ErrorKind::UnknownArgument => with_takers(error),
        ErrorKind::InvalidSubcommand => with_other_build(error),
        _ => error,
    }
}

/// Whoever reads of a command in the documentation may have the file of a release, which has fewer.
fn with_other_build(mut error: clap::Error) -> clap::Error {
    let asked = error.get(ContextKind::InvalidSubcommand);
    let is_left_out =
        |name: &&str| matches!(asked, Some(ContextValue::String(asked)) if asked == name);
    let Some(name) = NOT_IN_RELEASES.into_iter().find(is_left_out) else {
        return error;
    };
    let tip = format!(
        "the files of a release are built without {name}; this builds a btp-release that has it:\n       \
         cargo install --locked --git {} --tag v{PROGRAM_VERSION} btp-release-action",
        env!("CARGO_PKG_REPOSITORY"),
    );
    error.remove(ContextKind::SuggestedSubcommand);
    error.insert(
        ContextKind::Suggested,
        ContextValue::StyledStrs(vec![tip.into()]),
    );
    error
}

/// clap proposes to pass an unknown option as a value, which no command here has any use for.
fn with_takers(mut error: clap::Error) -> clap::Error {
    error.remove(ContextKind::Suggested);
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return error;
    };
    let long = option.trim_start_matches('-').to_owned();
    let root = Cli::command();
    let has_it = |command: &&clap::Command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| argument.get_long() == Some(&long))
    };
    let takers = root.get_subcommands().filter(has_it);
    let takers: Vec<_> = takers.map(clap::Command::get_name).collect();
    if takers.is_empty() {
        return error;
    }
    let is_longer = |similar: &ContextValue| matches!(similar, ContextValue::String(name) if name.contains(&long));
    if !error.get(ContextKind::SuggestedArg).is_some_and(is_longer) {
        error.remove(ContextKind::SuggestedArg);
    }
    let tip = format!("--{long} is an option of {}", takers.join(", ")).into();
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_releases_are_built_without_say_how_to_get_them() {
        let told = |name: &str| {
            let release = clap::Command::new("btp-release").subcommand(clap::Command::new("plan"));
            let refused = release.try_get_matches_from(["btp-release", name]);
            explained(refused.unwrap_err()).to_string()
        };
        for name in NOT_IN_RELEASES {
            let said = told(name);
            let tip = format!(
                "error: unrecognized subcommand '{name}'\n\n  tip: the files of a release are built without {name}; this builds a \
                 btp-release that has it:\n       cargo install --locked --git https://github.com/kyma-project/btp-release-action --tag v"
            );
            assert!(said.starts_with(&tip), "{said}");
        }
        for name in ["plna", "wibble"] {
            assert!(!told(name).contains("cargo"), "{name}");
        }
    }

    #[test]
    fn unknown_options_name_the_commands_that_take_them() {
        let told = |option: &str| {
            let line = ["btp-release", "plan", "v1.2.0", option, "x"];
            Cli::of(line.map(str::to_owned).into())
                .unwrap_err()
                .to_string()
        };
        let needs = told("--needs");
        let tip = "error: unexpected argument '--needs' found\n\n  tip: --needs is an option of publish, finish-settings\n\nUsage: ";
        assert!(needs.starts_with(tip), "{needs}");
        assert!(told("--asset").contains("tip: a similar argument exists: '--assets'"));
        for option in ["--wibble", "--asset", "-x"] {
            assert!(!told(option).contains("as a value"), "{option}");
        }
    }
}
