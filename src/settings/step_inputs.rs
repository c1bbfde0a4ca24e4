//! Inputs that several commands of steps take.

use std::path::PathBuf;

use super::input_parser::InputParser;
use crate::domain::RepoSlug;

impl InputParser<'_> {
    /// The repository that was named, or that the workflow runs in.
    pub(super) fn this_repository(&mut self, typed: Option<&String>) -> Option<RepoSlug> {
        let text = typed.or(self.environment.context.repository.as_ref());
        if text.is_none() {
            self.missing("repository", "give it with --repository OWNER/NAME");
        }
        self.parse("repository", text)
    }

    /// The file that a command writes.
    pub(super) fn output_file(&mut self, typed: Option<&String>) -> Option<PathBuf> {
        if typed.is_none() {
            self.missing("output", "name the file to write, below the working folder");
        }
        typed.map(PathBuf::from)
    }
}
