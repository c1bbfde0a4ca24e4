//! Parses a command line, and says of an unknown option which commands take it.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use super::Cli;

impl Cli {
    /// What was typed, the program's name first.
    ///
    /// # Errors
    ///
    /// clap's, or the text of `--help`.
    pub fn of(arguments: Vec<String>) -> Result<Self, clap::Error> {
        Self::try_parse_from(arguments).map_err(with_takers)
    }
}

/// clap proposes to pass an unknown option as a value, which no command here has any use for.
fn with_takers(mut error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
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
