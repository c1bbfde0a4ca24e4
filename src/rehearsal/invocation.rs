//! One step of a job: this very program as another process, with inputs and outputs as the runner hands them over.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::timeline::Timeline;
use super::world::{REPOSITORY, TOKEN, World};

/// How a step ended.
pub(super) struct Ended {
    pub(super) code: u8,
    pub(super) outputs: BTreeMap<String, String>,
}

impl Ended {
    pub(super) fn succeeded(&self) -> bool {
        self.code == 0
    }

    /// As GitHub calls it in the `needs` context.
    pub(super) fn result(&self) -> &'static str {
        if self.succeeded() {
            "success"
        } else {
            "failure"
        }
    }

    pub(super) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// Runs a phase, and tells what it says as it says it.
pub(super) async fn run(
    world: &World,
    timeline: &Timeline,
    run_id: &str,
    phase: &str,
    inputs: &[(&str, &str)],
) -> io::Result<Ended> {
    let _busy = timeline.busy(phase);
    let output = world.workspace.join(format!("output-{phase}"));
    std::fs::write(&output, "")?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .env_clear()
        .env("GITHUB_ACTIONS", "true")
        .env("GITHUB_REPOSITORY", REPOSITORY)
        .env("GITHUB_SHA", &world.commit)
        .env("GITHUB_RUN_ID", run_id)
        .env("GITHUB_API_URL", world.github.api_url())
        .env("GITHUB_GRAPHQL_URL", world.github.graphql_url())
        .env("GITHUB_SERVER_URL", world.github.server_url())
        .env("GITHUB_OUTPUT", &output)
        .env("INPUT_PHASE", phase)
        .env("INPUT_GITHUB-TOKEN", TOKEN)
        .current_dir(&world.workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    for (name, value) in inputs {
        command.env(format!("INPUT_{}", name.to_uppercase()), value);
    }
    let mut child = command.spawn()?;
    if let Some(stderr) = child.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        while let Some(line) = lines.next_line().await? {
            // Commands are for the runner.
            if !line.starts_with("::") {
                let said = line
                    .strip_prefix(phase)
                    .and_then(|l| l.strip_prefix(": "))
                    .unwrap_or(&line);
                timeline.say(phase, said);
            }
        }
    }
    let status = child.wait().await?;
    Ok(Ended {
        code: status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
        outputs: read_outputs(&output)?,
    })
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
