//! The arguments of `completions` and `man`.

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;
use super::command_line::NOT_IN_RELEASES;

/// Arguments of `completions`, as they were typed.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// Shell whose completions are printed
    pub shell: Shell,
    /// Folder to write them into, under the name that the shell looks for
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<String>,
    #[command(flatten)]
    pub commands: ListedCommands,
}

/// Arguments of `man`, as they were typed.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write a page for each command into; default: the page of btp-release is printed
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<String>,
    #[command(flatten)]
    pub commands: ListedCommands,
}

/// Which commands completions and pages are for.
#[derive(Debug, Args)]
pub struct ListedCommands {
    /// Leave out the commands that the files of a release do not have
    #[arg(long)]
    pub for_release: bool,
}

impl ListedCommands {
    /// The definition of the command line with these commands.
    pub fn definition(&self) -> clap::Command {
        let all = Cli::command();
        if !self.for_release {
            return all;
        }
        let commands = all.get_subcommands();
        let listed = commands.filter(|it| !NOT_IN_RELEASES.contains(&it.get_name()));
        clap::Command::new("btp-release")
            .version(crate::domain::PROGRAM_VERSION)
            .about(all.get_about().cloned().unwrap_or_default())
            .disable_help_subcommand(true)
            .subcommand_required(true)
            .subcommands(listed.cloned())
    }
}
