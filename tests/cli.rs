//! The binary as a person or a runner meets it: what it says, what it changes, and how it ends.
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::process::Command;

use stand_ins::github::{Token, World};
use stand_ins::{GitHub, Options, Registry, RegistryOptions};

mod support;

use support::process::{Outputs, outputs};

const REPOSITORY: &str = "kyma-project/btp-manager";

/// Phase, inputs, exit code, error code.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], i32, &'a str);

struct Bench {
    github: GitHub,
    folder: tempfile::TempDir,
    commit: String,
}

struct Ended {
    code: i32,
    told: String,
    outputs: Outputs,
}

async fn bench() -> Bench {
    let mut world = World::new();
    world.token("t0ken", Token::github_token());
    let repository = world.repository(REPOSITORY);
    repository
        .commit("Initial commit")
        .tag("v1.0.0")
        .publish("v1.0.0")
        .commit("Second");
    let commit = repository.tip();
    let github = GitHub::start(world, Options::default()).await.unwrap();
    Bench {
        github,
        folder: tempfile::tempdir().unwrap(),
        commit,
    }
}

impl Bench {
    /// Runs a step of a job, with the runner's environment and nothing else.
    async fn step(&self, phase: &str, inputs: &[(&str, &str)]) -> Ended {
        let inputs: Vec<_> = inputs
            .iter()
            .map(|(k, v)| (format!("INPUT_{}", k.to_uppercase()), (*v).to_owned()))
            .collect();
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
            .env("INPUT_PHASE", phase)
            .env("INPUT_GITHUB-TOKEN", "t0ken")
            .envs(inputs)
            .current_dir(self.folder.path());
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        Ended {
            code: ended.status.code().unwrap(),
            told: String::from_utf8(ended.stderr).unwrap(),
            outputs: outputs(&output),
        }
    }

    async fn plan(&self) -> String {
        let planned = self
            .step("plan", &[("version", "v1.2.0"), ("assets", "a.yaml")])
            .await;
        assert_eq!(planned.code, 0, "{}", planned.told);
        planned.outputs.get("plan").unwrap().clone()
    }

    fn writes(&self) -> usize {
        self.github.log().writes().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_ends_with_its_code_a_help_and_no_change() {
    let bench = bench().await;
    let plan = bench.plan().await;
    let elsewhere = plan.replace(REPOSITORY, "kyma-project/keda-manager");
    let before = bench.github.log().last();
    let table: [Case<'_>; 15] = [
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
        ("draft", &[("plan", "{}")], 2, "plan-schema"),
        ("draft", &[], 2, "input-missing"),
        ("publish", &[("plan", &plan)], 2, "input-missing"),
        ("release", &[], 2, "phase-unknown"),
    ];
    for (phase, inputs, code, finding) in table {
        let ended = bench.step(phase, inputs).await;
        assert_eq!(ended.code, code, "{inputs:?}\n{}", ended.told);
        assert!(
            ended.told.contains(&format!("error[{finding}]")),
            "{inputs:?}\n{}",
            ended.told
        );
        assert!(ended.told.contains("\n  help: "), "{}", ended.told);
        assert!(
            ended.told.lines().count() < 20,
            "more than a screen:\n{}",
            ended.told
        );
    }
    assert_eq!(bench.github.log().last(), before, "nothing was even asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_said_at_once() {
    let ended = bench()
        .await
        .step(
            "plan",
            &[("version", "1.2"), ("assets", "a b"), ("timeout", "soon")],
        )
        .await;
    for code in ["version-invalid", "asset-name-invalid", "duration-invalid"] {
        assert!(
            ended.told.contains(&format!("error[{code}]")),
            "{}",
            ended.told
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_elsewhere_is_refused_by_plan_and_by_draft() {
    let bench = bench().await;
    let root = {
        let world = bench.github.world();
        let commits = &world.repositories[REPOSITORY].commits;
        let root = commits.iter().find(|(_, commit)| commit.parents.is_empty());
        root.unwrap().0.clone()
    };
    bench
        .github
        .world()
        .repository(REPOSITORY)
        .refs
        .insert("refs/tags/v1.0.1".into(), root);
    let planned = bench.step("plan", &[("version", "v1.0.1")]).await;
    assert_eq!(planned.code, 10, "{}", planned.told);
    assert!(
        planned.told.contains("error[tag-elsewhere]"),
        "{}",
        planned.told
    );
    assert!(
        planned
            .told
            .contains("::error title=plan%3A tag-elsewhere::"),
        "an annotation\n{}",
        planned.told
    );
    let plan = bench.plan().await;
    bench.github.world().repository(REPOSITORY).tag("v1.2.0");
    bench.github.world().repository(REPOSITORY).commit("Third");
    let moved = bench
        .github
        .world()
        .repository(REPOSITORY)
        .commit("Fourth")
        .tip();
    bench
        .github
        .world()
        .repository(REPOSITORY)
        .refs
        .insert("refs/tags/v1.2.0".into(), moved);
    let drafted = bench.step("draft", &[("plan", &plan)]).await;
    assert_eq!(drafted.code, 12, "{}", drafted.told);
    assert!(
        drafted.told.contains("error[tag-elsewhere]"),
        "{}",
        drafted.told
    );
    assert_eq!(bench.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_it_would_do() {
    let bench = bench().await;
    let plan = bench.plan().await;
    let ended = bench
        .step("draft", &[("plan", &plan), ("dry-run", "true")])
        .await;
    assert_eq!(ended.code, 0, "{}", ended.told);
    assert!(
        ended.told.contains("to create the draft release v1.2.0"),
        "{}",
        ended.told
    );
    assert_eq!(bench.writes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn doing_nothing_is_said() {
    let bench = bench().await;
    let plan = bench.plan().await;
    let first = bench.step("draft", &[("plan", &plan)]).await;
    assert!(
        first.told.contains("draft: done: v1.2.0 is a draft"),
        "{}",
        first.told
    );
    let writes = bench.writes();
    let second = bench.step("draft", &[("plan", &plan)]).await;
    assert!(
        second
            .told
            .contains("draft: nothing to do: v1.2.0 is a draft"),
        "{}",
        second.told
    );
    assert_eq!(second.outputs, first.outputs);
    assert_eq!(bench.writes(), writes);
    let discarded = bench.step("discard", &[("version", "v1.2.0")]).await;
    assert_eq!(discarded.code, 0, "{}", discarded.told);
    assert!(
        bench
            .github
            .world()
            .repository(REPOSITORY)
            .releases_of("v1.2.0")
            .is_empty()
    );
    assert_eq!(
        bench
            .github
            .world()
            .repository(REPOSITORY)
            .tag_commit("v1.2.0"),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_masked_and_never_told() {
    let bench = bench().await;
    let plan = bench.plan().await;
    let ended = bench
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
    assert_eq!(ended.code, 0, "{}", ended.told);
    for secret in ["t0ken", "passw0rd"] {
        let told: Vec<_> = ended
            .told
            .lines()
            .filter(|line| line.contains(secret))
            .collect();
        assert_eq!(told, [format!("::add-mask::{secret}")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_module_that_cannot_be_released_is_refused_and_nothing_is_pushed() {
    let bench = bench().await;
    let auth = stand_ins::registry::Auth::basic("user", "right");
    let registry = Registry::start(RegistryOptions {
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
    ];
    let planned = bench.step("plan", &inputs).await;
    let plan = planned.outputs.get("plan").unwrap().as_str();
    let manifest = bench.folder.path().join("manifest.yaml");
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
        let ended = bench.step("build-module", &build).await;
        assert_eq!(ended.code, code, "{}", ended.told);
        assert!(
            ended.told.contains(&format!("error[{finding}]")),
            "{}",
            ended.told
        );
        assert!(
            ended.told.lines().count() < 20,
            "more than a screen:\n{}",
            ended.told
        );
    }
    assert!(registry.store().repositories.is_empty());
    std::fs::remove_file(&manifest).unwrap();
    let missing = bench.step("build-module", &build).await;
    assert!(
        missing.told.contains("error[file-missing]"),
        "{}",
        missing.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_config_that_cannot_be_read_is_the_readers_mistake() {
    let bench = bench().await;
    std::fs::write(bench.folder.path().join("config.json"), "{").unwrap();
    let ended = bench
        .step(
            "plan",
            &[("version", "v1.2.0"), ("registry-config", "config.json")],
        )
        .await;
    assert_eq!(ended.code, 2, "{}", ended.told);
    assert!(
        ended.told.contains("error[docker-config-invalid]"),
        "{}",
        ended.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_ends_at_its_deadline() {
    let bench = bench().await;
    let plan = bench.plan().await;
    bench.step("draft", &[("plan", &plan)]).await;
    let late = bench
        .step(
            "await",
            &[("plan", &plan), ("timeout", "1s"), ("await-interval", "1s")],
        )
        .await;
    assert_eq!(late.code, 11, "{}", late.told);
    assert!(late.told.contains("asset a.yaml: absent"), "{}", late.told);
}
