//! The files through which a step talks to its workflow
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files>).

use std::collections::hash_map::RandomState;
use std::fs::OpenOptions;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::protocol::StepOutput;

/// The most bytes of a step's summary. The runner drops a larger one entirely.
const MAX_SUMMARY: usize = 1024 * 1024;

/// The files of a step. Without one, what would be written to it is dropped.
pub struct RunnerFiles {
    /// `GITHUB_OUTPUT`.
    pub output: Option<PathBuf>,
    /// `GITHUB_STEP_SUMMARY`.
    pub summary: Option<PathBuf>,
}

impl StepOutput for RunnerFiles {
    fn outputs(&mut self, outputs: &[(&str, &str)]) -> io::Result<()> {
        let text: String = outputs
            .iter()
            .map(|(name, value)| assignment(name, value))
            .collect();
        append(self.output.as_deref(), &text)
    }

    fn summary(&mut self, markdown: &str) -> io::Result<()> {
        if markdown.len() > MAX_SUMMARY {
            return append(
                self.summary.as_deref(),
                "The summary is too long to be shown here; see the log.\n",
            );
        }
        append(self.summary.as_deref(), markdown)
    }
}

/// `name<<delimiter`, the value, `delimiter`. With a delimiter that can be guessed, a value could add outputs of its own.
fn assignment(name: &str, value: &str) -> String {
    let delimiter = loop {
        let random = RandomState::new().build_hasher().finish();
        let delimiter = format!("ghadelimiter_{random:016x}");
        if !value.contains(&delimiter) {
            break delimiter;
        }
    };
    format!("{name}<<{delimiter}\n{value}\n{delimiter}\n")
}

fn append(path: Option<&Path>, text: &str) -> io::Result<()> {
    let Some(path) = path else { return Ok(()) };
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_cannot_end_its_own_output() {
        let dir = tempfile::tempdir().unwrap();
        let mut files = RunnerFiles {
            output: Some(dir.path().join("out")),
            summary: None,
        };
        files
            .outputs(&[("a", "1\nghadelimiter_0\nb=2"), ("c", "")])
            .unwrap();
        files.summary("there is no file for it").unwrap();
        let text = std::fs::read_to_string(dir.path().join("out")).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let (name, delimiter) = lines[0].split_once("<<").unwrap();
        assert_eq!(name, "a");
        assert_eq!(lines[1..5], ["1", "ghadelimiter_0", "b=2", delimiter]);
        assert_ne!(
            lines[5].split_once("<<").unwrap().1,
            delimiter,
            "another one each time"
        );
    }
}
