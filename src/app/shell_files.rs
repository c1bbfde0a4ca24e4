//! Completions for shells, and manual pages, by clap's own generators.

use std::fs;
use std::io::{Write as _, stdout};
use std::path::Path;

use super::usage;
use super::written::written;
use crate::cli::{CompletionsArgs, ManArgs};
use crate::domain::{Code, Diagnostic};

const PROGRAM: &str = "btp-release";

/// Prints the completions of a shell, or writes them into a folder.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut definition = args.commands.definition();
    if let Some(folder) = &args.output {
        let written = made(folder).and_then(|()| {
            clap_complete::generate_to(args.shell, &mut definition, PROGRAM, folder)
        });
        written.map_err(|error| unwritable(folder, &error))?;
        return Ok(());
    }
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition, PROGRAM, &mut script);
    written(stdout().write_all(&script))
}

/// Prints the page of the program, or writes those of all commands into a folder.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<()> {
    let definition = args.commands.definition();
    if let Some(folder) = &args.output {
        let written = made(folder).and_then(|()| clap_mangen::generate_to(definition, folder));
        written.map_err(|error| unwritable(folder, &error))?;
        return Ok(());
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(definition).render(&mut page)?;
    written(stdout().write_all(&page))
}

fn made(folder: &str) -> std::io::Result<()> {
    if folder.is_empty() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    fs::create_dir_all(Path::new(folder))
}

fn unwritable(folder: &str, error: &std::io::Error) -> anyhow::Error {
    let why = format!("cannot be written to: {error}");
    let help = "give a folder that exists, or that can be made";
    let found = Diagnostic::value(Code::FileUnwritable, "output", folder, why, help);
    usage(vec![found]).into()
}
