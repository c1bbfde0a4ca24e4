//! What standard output, the runner's files and the working folder can refuse: the world around the process, not a defect of it.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::TITLE;
use crate::domain::{Code, Diagnostic};
use crate::report::Failure;

/// Says where a result could not go. An error of a closed pipe stays as it is: whoever reads the output has had enough of it.
pub(super) fn written(result: io::Result<()>) -> anyhow::Result<()> {
    result.map_err(|error| {
        if error.kind() == ErrorKind::BrokenPipe {
            return error.into();
        }
        let seen = format!("the result cannot be written: {error}");
        let help = "what was changed stays changed: make room on the disk or, in a step, check the files that GITHUB_OUTPUT and \
                    GITHUB_STEP_SUMMARY name, and run it again";
        let found = Diagnostic::error(Code::ResultUnwritable, seen, help);
        Failure::new(TITLE, vec![found]).into()
    })
}

/// The working folder, which may have been deleted since the shell went there.
pub(super) fn working_folder() -> anyhow::Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        let seen = format!("the working folder cannot be read: {error}");
        let help = "go to a folder that exists and that you may read";
        Diagnostic::error(Code::FileUnreadable, seen, help).into()
    })
}
