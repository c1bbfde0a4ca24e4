//! The binary as a process: its log, its outputs, its exit code, and what it changes.
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::process::Command;

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options, RegistryOptions, RegistryServer};

mod support;

use support::process::{Outputs, outputs};

const REPOSITORY: &str = "kyma-project/btp-manager";

/// Phase, inputs, exit code, error code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], i32, &'a str);

struct Fixture {
    github: GitHubServer,
    folder: tempfile::TempDir,
    commit: String,
}

struct StepResult {
    code: i32,
    log: String,
    outputs: Outputs,
}

async fn fixture() -> Fixture {
    let mut world = GitHubWorld::new();
    world.token("t0ken", Token::github_token());
    let repository = world.repository(REPOSITORY);
    repository
        .commit("Initial commit")
        .tag("v1.0.0")
        .publish("v1.0.0")
        .commit("Second");
    let commit = repository.tip();
    let github = GitHubServer::start(world, Options::default())
        .await
        .unwrap();
    Fixture {
        github,
        folder: tempfile::tempdir().unwrap(),
        commit,
    }
}

impl StepResult {
    fn assert_error(&self, exit: i32, code: &str) {
        assert_eq!(self.code, exit, "{}", self.log);
        self.assert_logged(&format!("error[{code}]"));
        self.assert_logged("\n  help: ");
        let lines = self.log.lines().count();
        assert!(lines < 20, "more than a screen:\n{}", self.log);
    }

    fn assert_logged(&self, text: &str) {
        assert!(self.log.contains(text), "no {text:?} in\n{}", self.log);
    }
}

impl Fixture {
    /// Runs a step of a job, with the runner's environment and nothing else.
    async fn step(&self, phase: &str, inputs: &[(&str, &str)]) -> StepResult {
        let inputs = inputs.iter().map(|(name, value)| {
            (
                format!("INPUT_{}", name.to_uppercase()),
                (*value).to_owned(),
            )
        });
        self.step_with(inputs.chain([("INPUT_PHASE".into(), phase.into())]))
            .await
    }

    /// Runs a step with further variables.
    async fn step_with(&self, variables: impl Iterator<Item = (String, String)>) -> StepResult {
        let output = self.folder.path().join("output");
        std::fs::write(&output, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", &self.commit)
            .env("GITHUB_RUN_ID", "17")
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .env("GITHUB_OUTPUT", &output)
            .env("INPUT_GITHUB-TOKEN", "t0ken")
            .envs(variables)
            .current_dir(self.folder.path());
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        StepResult {
            code: ended.status.code().unwrap(),
            log: String::from_utf8(ended.stderr).unwrap(),
            outputs: outputs(&output),
        }
    }

    async fn plan(&self) -> String {
        let planned = self
            .step("plan", &[("version", "v1.2.0"), ("assets", "a.yaml")])
            .await;
        assert_eq!(planned.code, 0, "{}", planned.log);
        planned.outputs.get("plan").unwrap().clone()
    }

    fn writes(&self) -> usize {
        self.github.log().writes().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_inputs_are_refused_before_any_request() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    let elsewhere = plan.replace(REPOSITORY, "kyma-project/keda-manager");
    let before = fixture.github.log().last();
    let table: [Case<'_>; 18] = [
        ("plan", &[("version", "1.2")], 2, "version-invalid"),
        ("plan", &[("version", "v01.2.3")], 2, "version-invalid"),
        ("plan", &[("version", "1.2.0+build")], 2, "version-invalid"),
        ("plan", &[("version", "")], 2, "version-invalid"),
        (
            "plan",
            &[("version", "1.2.0"), ("commit", "main")],
            2,
            "commit-invalid",
        ),
        (
            "plan",
            &[("version", "1.2.0"), ("tag-when", "late")],
            2,
            "choice-invalid",
        ),
        (
            "plan",
            &[("version", "1.2.0"), ("binary-image", "btp-manager")],
            2,
            "image-invalid",
        ),
        (
            "plan",
            &[("version", "1.2.0"), ("assets", "a b.yaml")],
            2,
            "asset-name-invalid",
        ),
        (
            "plan",
            &[("version", "1.2.0"), ("module-name", "a.io/b")],
            2,
            "input-missing",
        ),
        (
            "plan",
            &[
                ("version", "1.2.0"),
                ("replace-published", "a patch was missing"),
            ],
            2,
            "input-missing",
        ),
        (
            "plan",
            &[("version", "1.2.0"), ("timeout", "0s")],
            2,
            "duration-invalid",
        ),
        ("draft", &[("plan", &elsewhere)], 2, "plan-repository"),
        (
            "draft",
            &[("plan", &plan), ("github-token", "t0ken\n")],
            2,
            "token-invalid",
        ),
        (
            "draft",
            &[("plan", &plan), ("version", "1.2.0")],
            2,
            "input-not-for-phase",
        ),
        ("draft", &[("plan", "{}")], 2, "plan-schema"),
        ("draft", &[], 2, "input-missing"),
        ("publish", &[("plan", &plan)], 2, "input-missing"),
        ("release", &[], 2, "phase-unknown"),
    ];
    for (phase, inputs, code, finding) in table {
        let ended = fixture.step(phase, inputs).await;
        ended.assert_error(code, finding);
    }
    assert_eq!(
        fixture.github.log().last(),
        before,
        "nothing was even asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn all_invalid_inputs_are_listed_together() {
    let ended = fixture()
        .await
        .step(
            "plan",
            &[
                ("version", "1.2"),
                ("assets", "a b"),
                ("timeout", "soon"),
                ("binary-image", "x"),
            ],
        )
        .await;
    for code in [
        "version-invalid",
        "asset-name-invalid",
        "duration-invalid",
        "image-invalid",
    ] {
        ended.assert_logged(&format!("error[{code}]"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_draft_refuse_a_tag_at_another_commit() {
    let fixture = fixture().await;
    let root = {
        let world = fixture.github.world();
        let commits = &world.repositories[REPOSITORY].commits;
        let root = commits.iter().find(|(_, commit)| commit.parents.is_empty());
        root.unwrap().0.clone()
    };
    fixture
        .github
        .world()
        .repository(REPOSITORY)
        .refs
        .insert("refs/tags/v1.0.1".into(), root);
    let planned = fixture.step("plan", &[("version", "v1.0.1")]).await;
    planned.assert_error(10, "tag-elsewhere");
    planned.assert_logged("::error title=plan%3A tag-elsewhere::");
    let plan = fixture.plan().await;
    fixture.github.world().repository(REPOSITORY).tag("v1.2.0");
    fixture
        .github
        .world()
        .repository(REPOSITORY)
        .commit("Third");
    let moved = fixture
        .github
        .world()
        .repository(REPOSITORY)
        .commit("Fourth")
        .tip();
    fixture
        .github
        .world()
        .repository(REPOSITORY)
        .refs
        .insert("refs/tags/v1.2.0".into(), moved);
    let drafted = fixture.step("draft", &[("plan", &plan)]).await;
    drafted.assert_error(12, "tag-elsewhere");
    assert_eq!(fixture.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn dry_run_logs_the_actions_and_writes_nothing() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    let ended = fixture
        .step("draft", &[("plan", &plan), ("dry-run", "true")])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.log);
    ended.assert_logged("to create the draft release v1.2.0");
    assert_eq!(fixture.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_draft_writes_nothing_and_has_the_same_outputs() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    let first = fixture.step("draft", &[("plan", &plan)]).await;
    first.assert_logged("draft: done: v1.2.0 is a draft");
    let writes = fixture.writes();
    let second = fixture.step("draft", &[("plan", &plan)]).await;
    second.assert_logged("draft: nothing to do: v1.2.0 is a draft");
    assert_eq!(second.outputs, first.outputs);
    assert_eq!(fixture.writes(), writes);
    let discarded = fixture.step("discard", &[("version", "v1.2.0")]).await;
    assert_eq!(discarded.code, 0, "{}", discarded.log);
    assert!(
        fixture
            .github
            .world()
            .repository(REPOSITORY)
            .releases_of("v1.2.0")
            .is_empty()
    );
    assert_eq!(
        fixture
            .github
            .world()
            .repository(REPOSITORY)
            .tag_commit("v1.2.0"),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_appear_in_mask_commands_only() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    let ended = fixture
        .step(
            "draft",
            &[
                ("plan", &plan),
                ("verbose", "true"),
                ("registry-username", "u"),
                ("registry-password", "passw0rd"),
            ],
        )
        .await;
    assert_eq!(ended.code, 0, "{}", ended.log);
    for secret in ["t0ken", "passw0rd"] {
        let log: Vec<_> = ended
            .log
            .lines()
            .filter(|line| line.contains(secret))
            .collect();
        assert_eq!(log, [format!("::add-mask::{secret}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn build_module_refuses_invalid_manifests_and_pushes_nothing() {
    let fixture = fixture().await;
    let auth = stand_ins::registry::Auth::basic("user", "right");
    let registry = RegistryServer::start(RegistryOptions {
        auth,
        ..RegistryOptions::default()
    })
    .await
    .unwrap();
    let below = format!("{}/unsigned", registry.host());
    let inputs = [
        ("version", "v1.2.0"),
        ("module-name", "kyma.project.io/module/btp-operator"),
        ("module-registry", &below),
        ("module-form", "kyma-cli-2"),
    ];
    let planned = fixture.step("plan", &inputs).await;
    let plan = planned.outputs.get("plan").unwrap().as_str();
    let manifest = fixture.folder.path().join("manifest.yaml");
    let build = [
        ("plan", plan),
        ("manifest", "manifest.yaml"),
        ("registry-username", "user"),
        ("registry-password", "wrong"),
    ];
    for (text, code, finding) in [
        ("a: [", 12, "manifest-unreadable"),
        (
            "kind: Namespace\napiVersion: v1\n",
            12,
            "manifest-without-crd",
        ),
        (
            include_str!("../src/rehearsal/example/manifest.yaml"),
            13,
            "access-denied",
        ),
    ] {
        std::fs::write(
            &manifest,
            text.replace("{binary-image}", "r.example/btp-manager:1.2.0"),
        )
        .unwrap();
        let ended = fixture.step("build-module", &build).await;
        assert_eq!(ended.code, code, "{}", ended.log);
        ended.assert_logged(&format!("error[{finding}]"));
        assert!(
            ended.log.lines().count() < 20,
            "more than a screen:\n{}",
            ended.log
        );
    }
    assert!(registry.store().repositories.is_empty());
    std::fs::remove_file(&manifest).unwrap();
    let missing = fixture.step("build-module", &build).await;
    missing.assert_logged("error[file-missing]");
}

#[tokio::test(flavor = "multi_thread")]
async fn unreadable_registry_config_is_a_usage_error() {
    let fixture = fixture().await;
    std::fs::write(fixture.folder.path().join("config.json"), "{").unwrap();
    let ended = fixture
        .step(
            "plan",
            &[("version", "v1.2.0"), ("registry-config", "config.json")],
        )
        .await;
    ended.assert_error(2, "docker-config-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn await_ends_at_its_deadline() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    fixture.step("draft", &[("plan", &plan)]).await;
    let late = fixture
        .step(
            "await",
            &[("plan", &plan), ("timeout", "1s"), ("await-interval", "1s")],
        )
        .await;
    assert_eq!(late.code, 11, "{}", late.log);
    late.assert_logged("asset a.yaml: absent");
}

#[tokio::test(flavor = "multi_thread")]
async fn step_without_a_phase_is_annotated() {
    let fixture = fixture().await;
    let ended = fixture.step_with(std::iter::empty()).await;
    assert_eq!(ended.code, 2, "{}", ended.log);
    ended.assert_logged("::error title=input%3A phase-unknown::phase");
}

#[tokio::test(flavor = "multi_thread")]
async fn api_address_without_https_is_a_usage_error() {
    let fixture = fixture().await;
    let variables = [
        ("INPUT_PHASE", "plan"),
        ("INPUT_VERSION", "v1.2.0"),
        ("GITHUB_API_URL", "http://ghe.example/api/v3"),
        ("GITHUB_GRAPHQL_URL", "http://ghe.example/api/graphql"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let ended = fixture.step_with(variables.into_iter()).await;
    ended.assert_error(2, "url-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn choices_list_new_words_and_accept_old_ones() {
    let fixture = fixture().await;
    let plan = fixture.plan().await;
    let build = async |style: &str| {
        let inputs = [("plan", plan.as_str()), ("descriptor-style", style)];
        fixture.step("build-module", &inputs).await
    };
    let refused = build("2015").await;
    assert_eq!(refused.code, 2, "{}", refused.log);
    refused.assert_logged("\"2015\" is none of kyma-cli-2, modulectl-3\n");
    for style in ["2023", "kyma-cli-2", "local-blob", "modulectl-3"] {
        let accepted = build(style).await;
        // The plan has no module, which is found out later.
        assert_eq!(accepted.code, 12, "{style}: {}", accepted.log);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_names_what_exists_and_writes_nothing() {
    let fixture = fixture().await;
    let status = async || {
        let status = fixture.step("status", &[("version", "v1.2.0")]).await;
        assert_eq!(status.code, 0, "{}", status.log);
        status.outputs["state"].clone()
    };
    assert_eq!(status().await, "absent");
    let plan = fixture.plan().await;
    assert_eq!(fixture.step("draft", &[("plan", &plan)]).await.code, 0);
    let before = fixture.writes();
    assert_eq!(status().await, "draft");
    assert_eq!(fixture.writes(), before);
}

#[test]
fn argument_that_is_not_utf_8_is_a_usage_error() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
    let command = command.args(["verify"]).arg(OsStr::from_bytes(b"1.2.\xff"));
    let ended = command.env_clear().output().unwrap();
    let log = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{log}");
    assert!(log.contains("error[text-invalid]"), "{log}");
    assert!(log.contains("is not UTF-8"), "{log}");
}
