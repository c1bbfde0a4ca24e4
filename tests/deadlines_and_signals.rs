//! The binary ends at its deadline and after a signal, whatever it reads and whoever does not answer.
//!
//! Each server here would keep the binary for ever: a test that ends has passed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers outside of test functions"
)]

mod support;

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use btp_release::domain::Digest;
use serde_json::json;
use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{
    Fault, GitHubServer, Options, Pattern, RegistryOptions, RegistryServer, ServerClock,
};

use support::module_images::{MANIFEST, Workspace, push};

const REPOSITORY: &str = "kyma-project/btp-manager";
/// A body that comes a byte at a time. Ten thousand bytes take hours.
const DRIP: Fault = Fault::SlowBody {
    bytes: 1,
    pause: Duration::from_secs(1),
};

/// A process of the binary that was started and is running.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        Self(child.unwrap())
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.0.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Waits for a flag that the process raises by what it does.
    async fn raises(&mut self, flag: &Flag) {
        while !flag.0.load(Ordering::SeqCst) {
            if self.0.try_wait().unwrap().is_some() {
                let mut log = String::new();
                self.0
                    .stderr
                    .take()
                    .unwrap()
                    .read_to_string(&mut log)
                    .unwrap();
                panic!("it ended before: {log}");
            }
            tokio::task::yield_now().await;
        }
    }

    /// The exit code, and what was logged.
    async fn end(mut self) -> (i32, String) {
        tokio::task::spawn_blocking(move || {
            let mut log = String::new();
            self.0
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut log)
                .unwrap();
            (self.0.wait().unwrap().code().unwrap_or(-1), log)
        })
        .await
        .unwrap()
    }
}

/// Whether something has happened.
#[derive(Clone, Default)]
struct Flag(Arc<AtomicBool>);

impl Flag {
    fn raise_by_request(&self) -> Fault {
        let flag = self.clone();
        Fault::call(move |_| flag.0.store(true, Ordering::SeqCst))
    }
}

/// A working folder, and a registry with a module image that stops answering in one place.
struct SilentRegistry {
    workspace: Workspace,
    image: String,
    asked: Flag,
}

impl SilentRegistry {
    async fn new(method: &str, what: &str, fault: Fault) -> Self {
        let registry = RegistryServer::start(RegistryOptions {
            clock: ServerClock::real(),
            ..RegistryOptions::default()
        });
        let workspace = Workspace::with(registry.await.unwrap());
        // Text that does not compress to less than what drips in a moment.
        let manifest = format!("{MANIFEST}# {}\n", "x".repeat(20_000));
        let layer = manifest.as_bytes();
        let image = push(
            &workspace,
            "raw-manifest",
            "yaml",
            "application/x-tar",
            layer,
        );
        let path = what.replace("{layer}", &Digest::of(layer).to_string());
        let asked = Flag::default();
        let faults = workspace.registry.faults();
        faults.when(Pattern::new(method, &path), 100, asked.raise_by_request());
        faults.when(Pattern::new(method, &path), 100, fault);
        Self {
            workspace,
            image,
            asked,
        }
    }

    fn fetch(&self, timeout: &str) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        let command = command
            .args(["fetch-module", "--plan=@plan.json"])
            .arg(format!("--module-image={}", self.image))
            .arg(format!("--timeout={timeout}"))
            .env_clear()
            .env("GITHUB_TOKEN", "t0ken")
            .current_dir(self.workspace.path(""));
        Running::start(command)
    }
}

/// Where a registry may stop answering, and how.
fn places() -> [(&'static str, &'static str, Fault); 5] {
    [
        ("GET", "/manifests/", Fault::Hang),
        ("GET", "/manifests/", DRIP),
        ("GET", "/manifests/", Fault::Stall(100)),
        ("GET", "/blobs/{layer}", DRIP),
        ("GET", "/blobs/{layer}", Fault::Stall(100)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn deadline_ends_a_fetch_from_a_registry_that_does_not_answer() {
    for (method, path, fault) in places() {
        let what = format!("{path} {fault:?}");
        let silent = SilentRegistry::new(method, path, fault).await;
        let before = silent.workspace.files();
        let (code, log) = silent.fetch("2s").end().await;
        assert_eq!(code, 11, "{what}\n{log}");
        assert!(log.contains("error[deadline-passed]"), "{what}\n{log}");
        let host = silent.workspace.registry.host();
        let path = path.split('{').next().unwrap();
        let request = log
            .lines()
            .find(|line| line.contains(&format!("{method} {host}/v2/")));
        assert!(
            request.is_some_and(|line| line.contains(path)),
            "{what}\n{log}"
        );
        assert_eq!(silent.workspace.files(), before, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_ends_a_fetch_from_a_registry_that_does_not_answer() {
    for (place, (method, path, fault)) in places().into_iter().enumerate() {
        let what = format!("{path} {fault:?}");
        let silent = SilentRegistry::new(method, path, fault).await;
        let before = silent.workspace.files();
        let mut running = silent.fetch("6h");
        running.raises(&silent.asked).await;
        running.signal(["TERM", "INT"][place % 2]);
        let (code, log) = running.end().await;
        assert_eq!(code, 15, "{what}\n{log}");
        assert!(log.contains("error[cancelled]"), "{what}\n{log}");
        assert_eq!(silent.workspace.files(), before, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signal_ends_commands_that_are_no_phases() {
    let silent = SilentRegistry::new("GET", "/manifests/", Fault::Hang).await;
    let mut inspect = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    inspect.args(["inspect-module", &silent.image]).env_clear();
    let mut running = Running::start(&mut inspect);
    running.raises(&silent.asked).await;
    running.signal("TERM");
    let (code, log) = running.end().await;
    assert_eq!(code, 15, "{log}");

    // It reads standard input, without awaiting anything, for ever.
    let mut check = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    let digest = Digest::of(b"image");
    let image = format!("r.example/a/b@{digest}");
    let artifact =
        json!({"kind": "image", "digest": digest, "image": image, "tagged": "r.example/a/b:1"});
    let artifacts = json!({"binary-image": artifact}).to_string();
    check
        .args(["check-pods", "--artifacts", &artifacts])
        .env_clear();
    let mut running = Running::start(&mut check);
    let _open = running.0.stdin.take();
    until_signals_are_handled(running.0.id()).await;
    running.signal("INT");
    let (code, log) = running.end().await;
    assert_eq!(code, 15, "{log}");
    assert!(log.contains("error[cancelled]"), "{log}");
}

/// Linux shows the signals that a process handles as a mask.
async fn until_signals_are_handled(process: u32) {
    const BOTH: u64 = 1 << (2 - 1) | 1 << (15 - 1);
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = u64::from_str_radix(mask.unwrap().trim(), 16).unwrap();
        if mask & BOTH == BOTH {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// GitHub stops answering as soon as the run has the lock; the lock is not left behind.
#[tokio::test(flavor = "multi_thread")]
async fn signal_ends_a_draft_and_releases_its_lock() {
    let mut world = GitHubWorld::new();
    world.token("t0ken", Token::github_token());
    world.repository(REPOSITORY).commit("Initial commit");
    let clock = ServerClock::real();
    let options = Options {
        clock,
        ..Options::default()
    };
    let github = GitHubServer::start(world, options).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let commit = github.world().repositories[REPOSITORY].tip();
    let output = folder.path().join("output");
    let step = |phase: &str, input: (&str, &str)| {
        std::fs::write(&output, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .env("GITHUB_API_URL", github.api_url())
            .env("GITHUB_GRAPHQL_URL", github.graphql_url())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", &commit)
            .env("GITHUB_RUN_ID", "1")
            .env("GITHUB_OUTPUT", &output)
            .env("INPUT_PHASE", phase)
            .env("INPUT_GITHUB-TOKEN", "t0ken")
            .env(format!("INPUT_{}", input.0.to_uppercase()), input.1)
            .current_dir(folder.path());
        command
    };
    let (code, log) = Running::start(&mut step("plan", ("version", "v1.2.0")))
        .end()
        .await;
    assert_eq!(code, 0, "{log}");
    let plan = support::process::outputs(&output).remove("plan").unwrap();

    let asked = Flag::default();
    let faults = github.faults();
    let silence = {
        let (faults, asked) = (faults.clone(), asked.clone());
        Fault::call_after(move |_| {
            let releases = || Pattern::new("POST", "/graphql");
            faults.when(releases(), 100, asked.raise_by_request());
            faults.when(releases(), 100, Fault::Hang);
        })
    };
    faults.when(Pattern::new("POST", "/git/refs"), 1, silence);
    let mut running = Running::start(&mut step("draft", ("plan", &plan)));
    running.raises(&asked).await;
    let locks = || {
        let world = github.world();
        let refs = world.repositories[REPOSITORY].refs.keys();
        refs.filter(|name| name.contains("lock")).count()
    };
    assert_eq!(locks(), 1);
    running.signal("TERM");
    let (code, log) = running.end().await;
    assert_eq!(code, 15, "{log}");
    assert_eq!(locks(), 0, "{log}");
}
