//! Results for a person or a script: `name=value` lines on standard output.

use std::io::{self, Write};

use crate::protocol::StepOutput;

/// Writes outputs to `W`; the summary is left out.
pub struct Terminal<W>(pub W);

impl<W: Write> StepOutput for Terminal<W> {
    fn outputs(&mut self, outputs: &[(&str, &str)]) -> io::Result<()> {
        for (name, value) in outputs {
            writeln!(self.0, "{name}={value}")?;
        }
        self.0.flush()
    }

    fn summary(&mut self, _markdown: &str) -> io::Result<()> {
        Ok(())
    }
}
