//! `status` of a release at every stage, by the binary and against the stand-ins: what is said, what it costs, and how a watch ends.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod found;
#[expect(dead_code, reason = "the gate's tests use more of it")]
#[path = "../gate/images.rs"]
mod images;
#[path = "../terminal/schema.rs"]
mod json_schema;
#[expect(dead_code, reason = "the gate's tests use more of it")]
#[path = "../gate/release.rs"]
mod release;
mod requests;
mod schema;
mod stages;
#[path = "../support/mod.rs"]
mod support;
mod watched;

use std::process::{Command, Stdio};

use serde_json::Value;
use support::scene::{REPOSITORY, Scene, TAG, TOKEN};

/// How the binary ended.
pub(crate) struct Shown {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) log: String,
}

impl Shown {
    /// The only object on standard output.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.log);
        assert_eq!(self.out.lines().count(), 1, "{}", self.out);
        serde_json::from_str(&self.out).unwrap()
    }
}

/// The binary, as a person starts it.
pub(crate) fn command(scene: &Scene, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    command
        .arg("status")
        .args(arguments)
        .env_clear()
        .env("GITHUB_API_URL", scene.github.api_url())
        .env("GITHUB_GRAPHQL_URL", scene.github.graphql_url())
        .env("GITHUB_REPOSITORY", REPOSITORY)
        .env("GITHUB_TOKEN", TOKEN)
        .current_dir(scene.folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Looks once at the release of the tag.
pub(crate) async fn look(scene: &Scene, arguments: &[&str]) -> Shown {
    let mut command = command(scene, &[&[TAG], arguments].concat());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ended = ended.await.unwrap();
    Shown {
        code: ended.status.code().unwrap(),
        out: String::from_utf8(ended.stdout).unwrap(),
        log: String::from_utf8(ended.stderr).unwrap(),
    }
}

pub(crate) async fn json(scene: &Scene, arguments: &[&str]) -> Value {
    look(scene, &[arguments, &["--json"]].concat()).await.json()
}

/// `name state` of each entry.
pub(crate) fn states(entries: &Value) -> Vec<String> {
    let entries = entries.as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let states = entries.map(|entry| format!("{} {}", text(&entry["name"]), text(&entry["state"])));
    states.collect()
}

/// What is missing.
pub(crate) fn missing(answer: &Value) -> Vec<String> {
    let missing = answer["missing"].as_array().unwrap().iter();
    missing
        .map(|it| it["what"].as_str().unwrap().to_owned())
        .collect()
}
