//! One step of a job: this program as another process, with inputs and outputs as the runner passes them.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::Rehearsal;
use super::final_state::REPORT;
use super::repositories::TOKEN;
use crate::domain::Exit;
use crate::plan::EVIDENCE;

/// The exit of a step, and its outputs.
pub(super) struct StepResult {
    pub(super) exit: Exit,
    outputs: BTreeMap<String, String>,
}

impl StepResult {
    pub(super) fn succeeded(&self) -> bool {
        self.exit == Exit::Done
    }

    /// As GitHub calls it in the context `needs`.
    pub(super) fn result(&self) -> &'static str {
        if self.succeeded() {
            "success"
        } else {
            "failure"
        }
    }

    /// Empty where the step has no such output.
    pub(super) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

impl Rehearsal<'_> {
    /// Runs a phase, and logs its lines as it prints them.
    pub(super) async fn step(
        &self,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> io::Result<StepResult> {
        self.job(phase, phase, inputs).await
    }

    /// The same in a job with a name of its own, since other jobs run this phase as well.
    pub(super) async fn job(
        &self,
        job: &str,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> io::Result<StepResult> {
        let _spinner = self.timeline.spinner(job);
        let output = self.services.workspace.join(format!("output-{job}"));
        let summary = self.services.workspace.join(format!("summary-{job}.md"));
        std::fs::write(&output, "")?;
        std::fs::write(&summary, "")?;
        let mut command = self.command(phase, inputs)?;
        command.env("GITHUB_OUTPUT", &output);
        command.env("GITHUB_STEP_SUMMARY", &summary);
        let mut child = command.spawn()?;
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).lines();
            while let Some(line) = lines.next_line().await? {
                self.log_line((job, phase), &line);
            }
        }
        let code = child.wait().await?.code();
        let exit = code.and_then(|code| Exit::from_code(u8::try_from(code).ok()?));
        Ok(StepResult {
            exit: exit.unwrap_or(Exit::Bug),
            outputs: read_outputs(&output)?,
        })
    }

    /// Makes the page about the release that was published, in a folder. No link leads to the stand-in, which ends with the rehearsal.
    pub(super) async fn make_report(&self, folder: &Path) -> io::Result<()> {
        let evidence = self.services.workspace.join(EVIDENCE);
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env_clear()
            .env("GITHUB_SERVER_URL", self.services.github.server_url())
            .args([OsStr::new("report"), OsStr::new("--evidence")])
            .arg(evidence)
            .arg("--output")
            .arg(folder.join(REPORT))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let made = command.output().await?;
        for line in String::from_utf8_lossy(&made.stderr).lines() {
            self.log_line(("report", "report"), line);
        }
        Ok(())
    }

    fn command(&self, phase: &str, inputs: &[(&str, &str)]) -> io::Result<Command> {
        let github = &self.services.github;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", &self.services.repository)
            .env("GITHUB_SHA", &self.services.commit)
            .env("GITHUB_RUN_ID", &self.run_id)
            .env("GITHUB_API_URL", github.api_url())
            .env("GITHUB_GRAPHQL_URL", github.graphql_url())
            .env("GITHUB_SERVER_URL", github.server_url())
            .envs(self.services.sigstore.variables(phase))
            .env("INPUT_PHASE", phase)
            .env("INPUT_GITHUB-TOKEN", TOKEN)
            .current_dir(&self.services.workspace)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in inputs {
            command.env(format!("INPUT_{}", name.to_uppercase()), value);
        }
        Ok(command)
    }

    /// Workflow commands are for a runner, and the timeline names the job already.
    fn log_line(&self, (job, phase): (&str, &str), line: &str) {
        if !line.starts_with("::") {
            let text = line
                .strip_prefix(phase)
                .and_then(|rest| rest.strip_prefix(": "));
            self.timeline.log(job, text.unwrap_or(line));
        }
    }
}

/// Reads `name<<delimiter`, the value's lines, `delimiter`, as the runner does.
fn read_outputs(path: &Path) -> io::Result<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(path)?;
    let mut lines = text.lines();
    let mut outputs = BTreeMap::new();
    while let Some(line) = lines.next() {
        if let Some((name, delimiter)) = line.split_once("<<") {
            let value: Vec<_> = lines
                .by_ref()
                .take_while(|line| *line != delimiter)
                .collect();
            outputs.insert(name.to_owned(), value.join("\n"));
        }
    }
    Ok(outputs)
}
