//! The target of results: the next steps of a workflow, or a terminal.

use std::io;

/// Outputs and summary of a step: files of the runner, or a terminal.
pub trait StepOutput {
    /// Passes outputs on, by name. Values may be of several lines.
    ///
    /// # Errors
    ///
    /// The runner's file or the terminal cannot be written to.
    fn outputs(&mut self, outputs: &[(&str, &str)]) -> io::Result<()>;
    /// Adds to the page that people see, in Markdown.
    ///
    /// # Errors
    ///
    /// As [`StepOutput::outputs`].
    fn summary(&mut self, markdown: &str) -> io::Result<()>;
}
