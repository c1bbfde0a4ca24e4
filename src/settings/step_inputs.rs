//! Inputs that several commands of steps take.

use std::path::PathBuf;

use super::input_parser::InputParser;
use crate::domain::RepoSlug;

impl InputParser<'_> {
    /// The repository that was named, that the workflow runs in, or that a terminal's checkout is of.
    pub(super) fn this_repository(&mut self, typed: Option<&String>) -> Option<RepoSlug> {
        let context = self.environment.context;
        let text = typed.or(context.repository.as_ref());
        if text.is_none() {
            if let Some(checkout) = &context.checkout {
                return Some(checkout.repository.clone());
            }
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
