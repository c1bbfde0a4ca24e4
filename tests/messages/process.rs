//! Runs the binary as a process, on a terminal or as a step.

use std::path::Path;
use std::process::Command;

use crate::support::process::{Outputs, outputs};

pub(crate) const REPOSITORY: &str = "kyma-project/btp-manager";
pub(crate) const COMMIT: &str = "00000000000000000000000000000000000000aa";
pub(crate) const TOKEN: &str = "gh-t0ken";

/// The arguments and the environment of a process.
pub(crate) struct Run {
    command: Command,
    folder: tempfile::TempDir,
}

/// How a process ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// Standard error.
    pub(crate) log: String,
    /// Those of a step.
    pub(crate) outputs: Outputs,
}

impl Run {
    /// A command line, with a token and nothing else in the environment. `{}` stands for the folder of the process.
    pub(crate) fn terminal(line: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", COMMIT)
            .current_dir(folder.path());
        Self { command, folder }
    }

    /// A step of a job with these inputs.
    pub(crate) fn step(inputs: &[(&str, &str)]) -> Self {
        let mut run = Self::terminal("");
        let output = run.folder.path().join("output");
        std::fs::write(&output, "").unwrap();
        run.command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_RUN_ID", "17")
            .env("GITHUB_OUTPUT", output)
            .env("INPUT_GITHUB-TOKEN", TOKEN);
        for (name, value) in inputs {
            let name = format!("INPUT_{}", name.to_uppercase());
            run.command.env(name, value);
        }
        run
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Of GitHub's API; the address for GraphQL follows from it.
    pub(crate) fn api(self, url: &str) -> Self {
        self.env("GITHUB_API_URL", url)
    }

    pub(crate) fn with_file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    pub(crate) async fn end(mut self) -> Ended {
        let ended = tokio::task::spawn_blocking(move || {
            let output = self.command.output().unwrap();
            let file = self.folder.path().join("output");
            let given = if Path::new(&file).exists() {
                outputs(&file)
            } else {
                Outputs::new()
            };
            Ended {
                code: output.status.code().unwrap(),
                log: String::from_utf8(output.stderr).unwrap(),
                outputs: given,
            }
        });
        ended.await.unwrap()
    }
}

impl Ended {
    /// Compares exit code and text, and looks for the token, which must not be shown.
    pub(crate) fn assert_says(&self, code: i32, text: &str) {
        let shown = self.log.replace(&format!("::add-mask::{TOKEN}\n"), "");
        assert!(
            self.code == code && shown.contains(text),
            "wanted ({code}):\n{text}\nseen ({}):\n{shown}",
            self.code
        );
        assert!(!shown.contains(TOKEN), "{shown}");
    }
}
