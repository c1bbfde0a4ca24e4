//! The form of a module: what `plan` makes of it, and what `build-module` builds and pushes by it.
#![expect(clippy::unwrap_used, reason = "helpers outside of test functions")]

use std::process::Command;

use serde_json::Value;
use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options};

use crate::support::module_images::{CommandResult, IMAGE, NAME, REPOSITORY, Workspace};

struct Terminal {
    workspace: Workspace,
    github: GitHubServer,
    commit: String,
}

impl Terminal {
    async fn new() -> Self {
        let mut world = GitHubWorld::new();
        world.token("t0ken", Token::github_token());
        let repository = world.repository("kyma-project/btp-manager");
        repository.commit("Initial commit");
        let commit = repository.tip();
        let github = GitHubServer::start(world, Options::default()).await;
        Self {
            workspace: Workspace::new().await,
            github: github.unwrap(),
            commit,
        }
    }

    /// Runs `plan`; a plan replaces the one that the workspace builds from.
    async fn plan(&self, version: &str, more: &[&str]) -> CommandResult {
        let registry = format!("--module-registry={}/prod", self.workspace.registry.host());
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .env_clear()
            .env("GITHUB_TOKEN", "t0ken")
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .args(["plan", version, "--repository=kyma-project/btp-manager"])
            .args(["--commit", &self.commit, "--binary-image", IMAGE])
            .args(["--module-name", NAME, &registry])
            .args(more);
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        let planned = CommandResult {
            code: ended.status.code().unwrap(),
            out: String::from_utf8(ended.stdout).unwrap(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        };
        if planned.code == 0 {
            self.workspace.write("plan.json", planned.output("plan"));
        }
        planned
    }

    fn tags(&self) -> Vec<String> {
        let store = self.workspace.registry.store();
        let repository = store.repositories.get(REPOSITORY);
        repository.map_or_else(Vec::new, |found| found.tags.keys().cloned().collect())
    }

    fn template(&self, name: &str) -> Value {
        let text = self.workspace.read(&format!("module-release/{name}"));
        yaml_serde::from_str(&text).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_derives_the_tags_from_the_form() {
    let terminal = Terminal::new().await;
    for (more, form, tags) in [
        (vec![], "modulectl-3", vec!["1.2.0"]),
        (
            vec!["--module-form=modulectl-3"],
            "modulectl-3",
            vec!["1.2.0"],
        ),
        (vec!["--module-form=today"], "modulectl-3", vec!["1.2.0"]),
        (
            vec!["--module-form=kyma-cli-2"],
            "kyma-cli-2",
            vec!["v1.2.0"],
        ),
        (vec!["--module-form=2023"], "kyma-cli-2", vec!["v1.2.0"]),
        (vec!["--module-form=both"], "both", vec!["1.2.0", "v1.2.0"]),
        (vec!["--module-tag={version}"], "modulectl-3", vec!["1.2.0"]),
        (
            vec!["--module-tag=v{version}"],
            "kyma-cli-2",
            vec!["v1.2.0"],
        ),
        (vec!["--module-tag={tag}"], "kyma-cli-2", vec!["v1.2.0"]),
        (vec!["--module-tag=nightly"], "modulectl-3", vec!["nightly"]),
        (
            vec!["--module-form=kyma-cli-2", "--module-tag=v{version}"],
            "kyma-cli-2",
            vec!["v1.2.0"],
        ),
    ] {
        let planned = terminal.plan("v1.2.0", &more).await;
        assert_eq!(planned.code, 0, "{more:?}: {}", planned.stderr);
        let plan: Value = serde_json::from_str(planned.output("plan")).unwrap();
        let module = &plan["module"];
        assert_eq!(module["form"], form, "{more:?}");
        let images = [&module["image"], &module["second_image"]];
        let images = images.iter().filter_map(|image| image.as_str());
        let seen: Vec<_> = images
            .map(|image| image.rsplit(':').next().unwrap())
            .collect();
        assert_eq!(seen, tags, "{more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_refuses_what_contradicts_the_form_or_lifecycle_manager() {
    let terminal = Terminal::new().await;
    let short = "--module-name=kyma-project.io/module/k8s";
    for (version, more, exit, code) in [
        (
            "v1.2.0",
            vec!["--module-form=modulectl-3", "--module-tag=v{version}"],
            2,
            "module-tag-differs",
        ),
        (
            "v1.2.0",
            vec!["--module-form=both", "--module-tag=v{version}"],
            2,
            "module-tag-differs",
        ),
        ("v1.2.0", vec!["--module-form=2024"], 2, "choice-invalid"),
        ("v1.2.0-rc.1", vec![], 12, "version-prerelease-dotted"),
        (
            "v1.2.0-rc.1",
            vec!["--module-form=both"],
            12,
            "version-prerelease-dotted",
        ),
        ("v1.2.0-1", vec![], 12, "version-prerelease-digit"),
        ("v1.2.0-RC1", vec![], 12, "template-name-invalid"),
        (
            "v1.2.0-abcdefghijklmnopqrstuvwxyzabcd",
            vec![],
            12,
            "version-too-long",
        ),
        ("v1.2.0-rc.1", vec!["--module-form=kyma-cli-2"], 0, ""),
        ("v1.2.0-rc.1", vec!["--module-tag=nightly"], 0, ""),
    ] {
        let planned = terminal.plan(version, &more).await;
        assert_eq!(planned.code, exit, "{version} {more:?}: {}", planned.stderr);
        let refusal = format!("error[{code}]");
        assert!(
            exit == 0 || planned.stderr.contains(&refusal),
            "{}",
            planned.stderr
        );
    }
    let dotted = terminal.plan("v1.2.0-rc.1", &[]).await;
    assert!(
        dotted.stderr.contains("help: write 1.2.0-rc1"),
        "{}",
        dotted.stderr
    );
    let mut command = vec!["plan", "v1.2.0", "--module-registry=r.example/prod", short];
    command.push("--commit=4e4b9d47cb655ca23e5c706462485ff7605e8d71");
    command.push("--repository=kyma-project/btp-manager");
    let refused = terminal.workspace.run(&command, true).await;
    assert!(
        refused.stderr.contains("error[module-name-short]"),
        "{}",
        refused.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn default_is_what_lifecycle_manager_looks_up() {
    let terminal = Terminal::new().await;
    terminal.plan("v1.2.0", &[]).await;
    let built = terminal.workspace.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert!(!built.stderr.contains("warning["), "{}", built.stderr);
    assert_eq!(terminal.tags(), ["1.2.0"]);
    for name in ["template.yaml", "template_control_plane.yaml"] {
        let template = terminal.template(name);
        assert_eq!(template["metadata"]["name"], "btp-operator-1.2.0");
        assert_eq!(template["metadata"]["namespace"], "kcp-system");
        assert_eq!(template["spec"]["version"], "1.2.0");
        assert_eq!(template["spec"].get("data"), None);
    }
    let default = terminal.workspace.read("module-release/template.yaml");
    for (more, namespace) in [
        (vec!["--module-namespace=none"], ""),
        (vec!["--module-namespace="], ""),
        (vec!["--module-namespace=mine"], "mine"),
        // Callers of earlier versions get the bytes that they got.
        (vec!["--descriptor-style=local-blob"], ""),
        (
            vec!["--descriptor-style=local-blob", "--template-form=today"],
            "",
        ),
        (vec!["--template-form=today"], ""),
    ] {
        let no_push = [more.as_slice(), &["--no-push"]].concat();
        let built = terminal.workspace.build(&no_push).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let template = terminal.workspace.read("module-release/template.yaml");
        let written = if namespace.is_empty() {
            "\"\""
        } else {
            namespace
        };
        let expected = default.replace("namespace: kcp-system", &format!("namespace: {written}"));
        assert_eq!(template, expected, "{more:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_forms_are_one_image_with_two_tags_and_two_templates() {
    let terminal = Terminal::new().await;
    terminal.plan("v1.2.0", &["--module-form=both"]).await;
    let built = terminal.workspace.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert!(!built.stderr.contains("warning["), "{}", built.stderr);
    assert_eq!(terminal.tags(), ["1.2.0", "v1.2.0"]);
    let done = built.stderr.lines().find(|line| line.contains(" done: "));
    let both = done.is_some_and(|line| line.contains(":1.2.0 and ") && line.contains(":v1.2.0 is"));
    assert!(both, "{}", built.stderr);
    let again = terminal.workspace.build(&[]).await;
    assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    let today = terminal.template("template.yaml");
    assert_eq!(today["metadata"]["name"], "btp-operator-1.2.0");
    assert_eq!(today["spec"]["version"], "1.2.0");
    let old = terminal
        .workspace
        .read("module-release/template-kyma-cli-2.yaml");
    let digest = built.output("module-digest").to_owned();

    terminal.plan("v1.2.0", &["--module-form=kyma-cli-2"]).await;
    let alone = terminal.workspace.build(&[]).await;
    assert_eq!(alone.output("module-digest"), digest);
    assert_eq!(terminal.workspace.read("module-release/template.yaml"), old);
    assert!(
        alone.stderr.contains("warning[module-not-installed]"),
        "{}",
        alone.stderr
    );
    assert!(
        alone.stderr.contains("since November 2025"),
        "{}",
        alone.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn build_module_refuses_what_contradicts_the_plan() {
    let terminal = Terminal::new().await;
    for (form, more, code) in [
        (
            "modulectl-3",
            "--descriptor-style=kyma-cli-2",
            "module-image-differs",
        ),
        (
            "kyma-cli-2",
            "--descriptor-style=local-blob",
            "module-image-differs",
        ),
        (
            "both",
            "--descriptor-style=modulectl-3",
            "module-image-differs",
        ),
        (
            "modulectl-3",
            "--module-form=kyma-cli-2",
            "module-image-differs",
        ),
        ("modulectl-3", "--module-form=both", "module-image-differs"),
        ("both", "--module-form=kyma-cli-2", "module-image-differs"),
        ("both", "--template-form=v1beta1", "choice-invalid"),
        ("kyma-cli-2", "--template-form=today", "template-form-unfit"),
        ("modulectl-3", "--module-namespace=A", "namespace-invalid"),
    ] {
        terminal
            .plan("v1.2.0", &[&format!("--module-form={form}")])
            .await;
        let built = terminal.workspace.build(&[more]).await;
        assert!(built.code == 12 || built.code == 2, "{form} {more}");
        let refusal = format!("error[{code}]");
        assert!(
            built.stderr.contains(&refusal),
            "{form} {more}: {}",
            built.stderr
        );
        // Once, and with what to write instead.
        let told = built.stderr.matches("error[").count();
        assert_eq!(told, 1, "{form} {more}: {}", built.stderr);
        let helped = built.stderr.contains("give `module-form: ");
        assert_eq!(
            helped,
            code == "module-image-differs",
            "{form} {more}: {}",
            built.stderr
        );
    }
    assert_eq!(terminal.tags(), [""; 0]);
    for (form, more, warning) in [
        ("modulectl-3", "--module-form=today", ""),
        ("kyma-cli-2", "--module-form=2023", "since November 2025"),
        ("modulectl-3", "--template-form=v1beta2", "which are tars"),
    ] {
        terminal
            .plan("v1.2.0", &[&format!("--module-form={form}")])
            .await;
        let built = terminal.workspace.build(&[more, "--no-push"]).await;
        assert_eq!(built.code, 0, "{form} {more}: {}", built.stderr);
        assert!(
            built.stderr.contains(warning),
            "{form} {more}: {}",
            built.stderr
        );
    }
}
