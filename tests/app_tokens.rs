//! The binary as a GitHub App: neither its key nor a token of it is ever shown, and no token is left when it ends.
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

mod support;

use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use stand_ins::github::{GitHubWorld, TokenKind};
use stand_ins::{Fault, GitHubServer, Options, Pattern};
use support::scene::{APP, APP_KEY, REPOSITORY, app};

/// GitHub with the App, and every token that it ever gave.
struct Hub {
    github: GitHubServer,
    folder: tempfile::TempDir,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Hub {
    async fn start() -> Self {
        let mut world = GitHubWorld::example();
        world.apps.insert(APP.to_owned(), app());
        let github = GitHubServer::start(world, Options::default())
            .await
            .unwrap();
        Self {
            github,
            folder: tempfile::tempdir().unwrap(),
            tokens: Arc::default(),
        }
    }

    /// A step of a workflow, with every request logged.
    fn step(&self, phase: &str, inputs: &[(&str, &str)]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        let commit = self.github.world().repository(REPOSITORY).tip();
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        command
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("GITHUB_ACTIONS", "true")
            .env("RUNNER_DEBUG", "1")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", commit)
            .env("GITHUB_RUN_ID", "1")
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .env("GITHUB_OUTPUT", file("output"))
            .env("GITHUB_STEP_SUMMARY", file("summary"))
            .env("INPUT_PHASE", phase)
            .env("INPUT_APP-ID", APP)
            .env("INPUT_APP-PRIVATE-KEY", APP_KEY);
        for (name, value) in inputs {
            command.env(format!("INPUT_{}", name.to_uppercase()), value);
        }
        command
    }

    /// Runs a step to its end, and collects what it said; tokens are noted while it runs.
    async fn run(&self, command: Command) -> (Output, String) {
        let output = self.end_of(command, |_| ()).await;
        let file =
            |name: &str| std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        let said = [
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
            file("output"),
            file("summary"),
        ];
        (output, said.join("\n"))
    }

    async fn end_of(&self, mut command: Command, started: impl FnOnce(u32)) -> Output {
        let child = command.spawn().unwrap();
        started(child.id());
        let waiting = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        waiting.await.unwrap()
    }

    /// Notes each token when it is first used.
    fn watch(&self) {
        let kept = Arc::clone(&self.tokens);
        let note = Fault::call(move |request| {
            let header = request.header("authorization").unwrap_or_default();
            if let Some(token) = header.strip_prefix("Bearer ghs_") {
                kept.lock().unwrap().push(format!("ghs_{token}"));
            }
        });
        self.github.faults().when(Pattern::path(""), 999, note);
    }

    fn app_tokens(&self) -> usize {
        let world = self.github.world();
        let tokens = world.tokens.values();
        tokens.filter(|token| token.kind == TokenKind::App).count()
    }

    /// Fails if a secret of the last step is anywhere but in a command that hides it.
    fn assert_secrets_hidden(&self, said: &str) {
        let mut secrets = std::mem::take(&mut *self.tokens.lock().unwrap());
        assert!(!secrets.is_empty(), "no token was used");
        let body = APP_KEY.lines().filter(|line| !line.starts_with('-'));
        secrets.extend(body.filter(|line| line.len() >= 8).map(str::to_owned));
        secrets.push(STANDARD.encode(APP_KEY));
        for secret in &secrets {
            assert!(
                said.contains(&format!("::add-mask::{secret}")),
                "{secret} is not masked"
            );
            let shown = said.lines().filter(|line| line.contains(secret));
            let shown: Vec<_> = shown
                .filter(|line| !line.starts_with("::add-mask::"))
                .collect();
            assert_eq!(shown, [""; 0]);
        }
        assert!(!said.contains("eyJ"), "a JSON web token is shown");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_hidden_and_the_token_is_revoked_after_success_and_failure() {
    let hub = Hub::start().await;
    hub.watch();
    let inputs = [("version", "v1.2.0"), ("assets", "a.yaml")];
    let (output, said) = hub.run(hub.step("plan", &inputs)).await;
    assert!(output.status.success(), "{said}");
    hub.assert_secrets_hidden(&said);
    assert_eq!(hub.app_tokens(), 0);

    let (output, said) = hub
        .run(hub.step("plan", &[("version", "v1.2.0"), ("guard-branch", "none")]))
        .await;
    assert_eq!(output.status.code(), Some(10), "{said}");
    hub.assert_secrets_hidden(&said);
    assert_eq!(hub.app_tokens(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_is_revoked_after_a_signal() {
    let hub = Hub::start().await;
    let (process, hit) = (Arc::new(Mutex::new(None)), Arc::new(Mutex::new(false)));
    let (victim, seen) = (Arc::clone(&process), Arc::clone(&hit));
    // The first request of the phase itself is never answered, and interrupts the process.
    let interrupt = Fault::call(move |_| {
        if let Some(id) = *victim.lock().unwrap() {
            let id: u32 = id;
            let sent = Command::new("kill")
                .args(["-INT", &id.to_string()])
                .status();
            *seen.lock().unwrap() = sent.unwrap().success();
        }
    });
    let first = Pattern::new("POST", "/graphql");
    hub.github.faults().when(first.clone(), 1, interrupt);
    hub.github.faults().when(first, 1, Fault::Hang);
    let command = hub.step("status", &[("version", "v1.2.0")]);
    let ended = hub
        .end_of(command, |id| *process.lock().unwrap() = Some(id))
        .await;
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(*hit.lock().unwrap(), "{said}");
    assert_eq!(ended.status.code(), Some(15), "{said}");
    assert_eq!(hub.app_tokens(), 0);
    let revoked = hub
        .github
        .log()
        .filter(|entry| entry.path == "/installation/token");
    assert_eq!(revoked.len(), 1, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn key_is_read_from_a_file_and_bad_ones_are_refused_before_any_request() {
    let hub = Hub::start().await;
    std::fs::write(hub.folder.path().join("key.pem"), APP_KEY).unwrap();
    let mut step = hub.step("status", &[("version", "v1.2.0")]);
    step.env("INPUT_APP-PRIVATE-KEY", "key.pem");
    let (output, said) = hub.run(step).await;
    assert!(output.status.success(), "{said}");

    let before = hub.github.log().last();
    let line = APP_KEY.lines().nth(3).unwrap();
    let damaged = APP_KEY.replace("-----BEGIN RSA PRIVATE KEY-----", "");
    let cases: [(&str, &str, &str); 5] = [
        (APP, &damaged, "app-key-invalid"),
        (APP, "no-such-file.pem", "app-key-invalid"),
        ("release-bot", APP_KEY, "app-id-invalid"),
        (APP, "", "app-private-key is missing"),
        ("", APP_KEY, "app-id is missing"),
    ];
    for (id, key, expected) in cases {
        let mut step = hub.step("status", &[("version", "v1.2.0")]);
        step.env("INPUT_APP-ID", id)
            .env("INPUT_APP-PRIVATE-KEY", key);
        let (output, said) = hub.run(step).await;
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains(line), "{said}");
    }
    assert_eq!(hub.github.log().last(), before);
}
