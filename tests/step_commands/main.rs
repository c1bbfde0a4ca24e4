//! The commands between the phases, as a step of a workflow and as a person at a terminal run them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

mod registry_login;
mod release_settings;

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;
use stand_ins::github::{Digests, GitHubWorld, Token};
use stand_ins::{Fault, GitHubServer, Options, Pattern, Service};

const REPOSITORY: &str = "kyma-project/btp-manager";
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const COMMIT: &str = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
const IMAGE: &str = "r.example/kyma/manager";

struct Ended {
    code: i32,
    /// Standard output and the runner's file.
    outputs: String,
    told: String,
}

impl Ended {
    fn wants(&self, code: i32, finding: &str) {
        assert_eq!(self.code, code, "{}", self.told);
        let error = format!("error[{finding}]");
        assert!(self.told.contains(&error), "{error}\n{}", self.told);
        assert!(self.told.contains("  help: "), "{}", self.told);
    }
}

/// A folder to work in, and the environment.
struct Bench {
    folder: tempfile::TempDir,
    env: Vec<(String, String)>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            env: vec![("GITHUB_REPOSITORY".into(), REPOSITORY.into())],
        }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.env.push((name.to_owned(), value.into()));
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .envs(self.env.iter().cloned())
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// On a terminal, with this on standard input.
    fn typed(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command();
        command.args(arguments);
        end(command, input, None)
    }

    /// As a step, whose inputs the runner hands over; those that are not given are empty, and there is no standard input.
    fn step(&self, name: &str, inputs: &[(&str, &str)]) -> Ended {
        let output = self.path("outputs");
        std::fs::write(&output, "").unwrap();
        let mut command = self.command();
        command
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_OUTPUT", &output)
            .env("INPUT_PHASE", "")
            .env("INPUT_COMMAND", name)
            .env("INPUT_GITHUB-TOKEN", "job-token")
            .envs(
                inputs
                    .iter()
                    .map(|(k, v)| (format!("INPUT_{}", k.to_uppercase()), *v)),
            );
        end(command, "", Some(&output))
    }
}

fn end(mut command: Command, input: &str, output: Option<&Path>) -> Ended {
    let mut running = command.spawn().unwrap();
    // A command that does not read it may be gone already.
    let _ = running.stdin.take().unwrap().write_all(input.as_bytes());
    let ended = running.wait_with_output().unwrap();
    let mut outputs = String::from_utf8(ended.stdout).unwrap();
    if let Some(file) = output {
        outputs += &std::fs::read_to_string(file).unwrap();
    }
    Ended {
        code: ended.status.code().unwrap(),
        outputs,
        told: String::from_utf8(ended.stderr).unwrap(),
    }
}

/// What a runner reads out of the file of outputs.
fn output(ended: &Ended, name: &str) -> String {
    let mut lines = ended.outputs.lines();
    let delimiter = lines
        .by_ref()
        .find_map(|line| line.strip_prefix(&format!("{name}<<")))
        .unwrap_or_else(|| panic!("no output {name}: {}", ended.outputs));
    lines
        .take_while(|line| *line != delimiter)
        .collect::<Vec<_>>()
        .join("\n")
}

fn artifacts() -> String {
    json!({"binary-image": {"kind": "image", "digest": DIGEST, "tagged": format!("{IMAGE}:v1"),
        "image": format!("{IMAGE}@{DIGEST}")}})
    .to_string()
}

fn pods(digest: &str) -> String {
    json!({"items": [{"metadata": {"namespace": "kyma-system", "name": "manager-0"},
        "spec": {"containers": [{"name": "main", "image": format!("{IMAGE}:v1")}]}, "status": {"containerStatuses":
        [{"name": "main", "image": format!("{IMAGE}:v1"), "imageID": format!("{IMAGE}@{digest}")}]}}]})
    .to_string()
}

#[test]
fn check_pods_reads_standard_input_or_a_file() {
    let bench = Bench::new();
    let artifacts = artifacts();
    let arguments = ["check-pods", "--artifacts", &artifacts];
    let fine = bench.typed(&arguments, &pods(DIGEST));
    assert_eq!(fine.code, 0, "{}", fine.told);
    assert!(
        fine.told
            .contains("the container main of kyma-system/manager-0 runs")
    );
    let other = DIGEST.replace('e', "d");
    let refused = bench.typed(&arguments, &pods(&other));
    refused.wants(12, "pod-image-differs");
    refused.wants(12, "image-not-running");
    bench.typed(&arguments, "").wants(2, "pods-unreadable");

    std::fs::write(bench.path("pods.json"), pods(DIGEST)).unwrap();
    std::fs::write(bench.path("other.json"), pods(&other)).unwrap();
    let step = |pods| bench.step("check-pods", &[("artifacts", &artifacts), ("pods", pods)]);
    assert_eq!(step("pods.json").code, 0);
    let refused = step("other.json");
    refused.wants(12, "pod-image-differs");
    assert!(
        refused
            .told
            .contains("::error title=check-pods%3A pod-image-differs::")
    );
    step("missing.json").wants(2, "file-unreadable");
    // A container action has no standard input.
    step("").wants(2, "pods-unreadable");
    bench
        .step("check-pods", &[("pods", "pods.json")])
        .wants(2, "input-missing");
    let broken = [("artifacts", "[]"), ("pods", "pods.json")];
    bench
        .step("check-pods", &broken)
        .wants(2, "artifacts-unreadable");
}

/// More than is taken is not read to its end.
#[test]
fn check_pods_reads_no_more_than_its_limit() {
    let bench = Bench::new();
    let artifacts = artifacts();
    let mut endless = bench.command();
    endless.args([
        "check-pods",
        "--artifacts",
        &artifacts,
        "--pods",
        "/dev/zero",
    ]);
    end(endless, "", None).wants(2, "pods-unreadable");
}

#[test]
fn image_settings_are_version_and_image_of_the_tag() {
    let bench = Bench::new();
    let table = [
        (
            "v1.2.0",
            "",
            "",
            "1.2.0",
            "ghcr.io/kyma-project/btp-manager:v1.2.0",
        ),
        ("v1.2.0", "", "r.example/x", "1.2.0", "r.example/x:v1.2.0"),
        (
            "v1.2.0",
            "",
            "r.example/x:{version}",
            "1.2.0",
            "r.example/x:1.2.0",
        ),
        (
            "api/v1.2.0",
            "",
            "r.example/x:1.2.0",
            "1.2.0",
            "r.example/x:1.2.0",
        ),
        // An image's tag cannot have the slash of a tag in git.
        (
            "api/v1.2.0",
            "",
            "",
            "1.2.0",
            "ghcr.io/kyma-project/btp-manager:1.2.0",
        ),
        (
            "v1.2.0-fips",
            "v{version}-fips",
            "r.example/x:{tag}",
            "1.2.0",
            "r.example/x:v1.2.0-fips",
        ),
        (
            "api/v1.2.0",
            "api/v{version}",
            "",
            "1.2.0",
            "ghcr.io/kyma-project/btp-manager:1.2.0",
        ),
    ];
    for (tag, format, image, version, wanted) in table {
        let inputs = [
            ("tag", tag),
            ("tag-format", format),
            ("binary-image", image),
        ];
        let ended = bench.step("image-settings", &inputs);
        assert_eq!(ended.code, 0, "{}", ended.told);
        assert_eq!(output(&ended, "version"), version);
        assert_eq!(output(&ended, "binary-image"), wanted);
    }
    let step = |inputs: &[(&str, &str)]| bench.step("image-settings", inputs);
    step(&[]).wants(2, "input-missing");
    step(&[("tag", "nightly")]).wants(2, "version-invalid");
    step(&[("tag", "v1.2.0"), ("tag-format", "api/v{version}")]).wants(2, "tag-format-invalid");
    step(&[("tag", "v1.2.0"), ("binary-image", "x")]).wants(2, "image-invalid");

    let of_commit = step(&[("commit-build", "true"), ("commit", COMMIT)]);
    assert_eq!(of_commit.code, 0, "{}", of_commit.told);
    let version = output(&of_commit, "version");
    assert_eq!(version, format!("0.0.0-main-{}", &COMMIT[..12]));
    let image = output(&of_commit, "binary-image");
    assert_eq!(image, format!("ghcr.io/{REPOSITORY}:{version}"));
    let commit = ("commit-build", "true");
    step(&[commit]).wants(2, "input-missing");
    step(&[commit, ("commit", "main")]).wants(2, "commit-invalid");
    step(&[commit, ("commit", COMMIT), ("tag", "v1.2.0")]).wants(2, "inputs-exclusive");
    step(&[("tag", "v1.2.0"), ("commit", COMMIT)]).wants(2, "input-missing");
}

async fn github(digests: Digests) -> GitHubServer {
    let mut world = GitHubWorld::new();
    world.token("job-token", Token::github_token());
    let repository = world.repository(REPOSITORY);
    repository.commit("Initial commit").publish("v1.1.0");
    let release = repository.releases.keys().next().copied().unwrap();
    repository.draft("v1.2.0");
    world
        .attach(REPOSITORY, release, "rendered.yaml", b"kind: Deployment\n")
        .unwrap();
    let options = Options {
        digests,
        ..Options::default()
    };
    GitHubServer::start(world, options).await.unwrap()
}

/// Bytes that are changed on the way are noticed by their digest, and bytes that are lost by their number.
#[tokio::test(flavor = "multi_thread")]
async fn download_asset_takes_no_bytes_but_those_of_the_release() {
    for digests in [Digests::AtOnce, Digests::Never] {
        let github = github(digests).await;
        let bench = Bench::new()
            .with("GITHUB_API_URL", github.api_url())
            .with("GITHUB_GRAPHQL_URL", github.graphql_url());
        let step = |tag: &str, asset: &str, output: &str| {
            let inputs = [("tag", tag), ("asset", asset), ("output", output)];
            tokio::task::block_in_place(|| bench.step("download-asset", &inputs))
        };
        let fine = step("v1.1.0", "rendered.yaml", "previous.yaml");
        assert_eq!(fine.code, 0, "{}", fine.told);
        let bytes = std::fs::read(bench.path("previous.yaml")).unwrap();
        assert_eq!(bytes, b"kind: Deployment\n");

        step("v1.0.0", "rendered.yaml", "x").wants(12, "release-missing");
        step("v1.2.0", "rendered.yaml", "x").wants(12, "release-missing");
        step("v1.1.0", "template.yaml", "x").wants(12, "asset-missing");
        step("v1.1.0", "", "x").wants(2, "input-missing");

        let storage = || Pattern::path("*").on(Service::Storage);
        let other = match digests {
            // Fewer bytes than GitHub says are a connection that broke; more are another asset.
            Digests::Never => "kind: AnotherDeployment\n",
            _ => "kind: Deploymenu\n",
        };
        github
            .faults()
            .when(storage(), 10, Fault::Body(other.to_owned()));
        step("v1.1.0", "rendered.yaml", "x").wants(12, "content-broken");
        assert!(!bench.path("x").exists());
        assert_eq!(github.log().writes().len(), 0);
    }
}

/// A step has a run, and writes its logs.
#[tokio::test(flavor = "multi_thread")]
async fn download_logs_writes_those_of_its_own_run() {
    let github = github(Digests::AtOnce).await;
    let run = {
        let mut world = github.world();
        let repository = world.repository(REPOSITORY);
        let run = repository.run("build", "push", "completed", Some("success"));
        let jobs = &mut repository.runs.get_mut(&run).unwrap().jobs;
        jobs[0].log = Some("2026-01-01T00:00:00Z built\n".to_owned());
        run.to_string()
    };
    let bench = || {
        Bench::new()
            .with("GITHUB_API_URL", github.api_url())
            .with("GITHUB_GRAPHQL_URL", github.graphql_url())
    };
    let step = |bench: &Bench, output: &str| {
        tokio::task::block_in_place(|| bench.step("download-logs", &[("output", output)]))
    };
    let (own, other) = (
        bench().with("GITHUB_RUN_ID", run),
        bench().with("GITHUB_RUN_ID", "1".to_owned()),
    );
    let fine = step(&own, "logs.zip");
    assert_eq!(fine.code, 0, "{}", fine.told);
    assert!(fine.told.contains("logs.zip has the logs of 1 of 1 jobs"));
    assert!(!fine.told.contains("built"), "the log itself is not shown");
    assert!(
        std::fs::read(own.path("logs.zip"))
            .unwrap()
            .starts_with(b"PK")
    );
    step(&own, "").wants(2, "input-missing");
    step(&bench(), "logs.zip").wants(2, "input-missing");
    step(&other, "logs.zip").wants(13, "access-denied");
}

/// The table of the commands in `docs/pipeline.md` is what `--help` lists.
#[test]
fn every_command_has_a_help() {
    let bench = Bench::new();
    let mut all = String::new();
    for name in [
        "release-settings",
        "finish-settings",
        "image-settings",
        "registry-login",
        "download-asset",
        "download-logs",
        "check-pods",
    ] {
        let help = bench.typed(&[name, "--help"], "");
        assert_eq!(help.code, 0);
        writeln!(all, "{}", help.outputs).unwrap();
        let page =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipeline.md"))
                .unwrap();
        assert!(page.contains(&format!("`btp-release {name}`")), "{name}");
    }
    for option in [
        "--pods",
        "--artifacts",
        "--output",
        "--tag-format",
        "--has-release-token",
    ] {
        assert!(all.contains(option), "{option}");
    }
}
