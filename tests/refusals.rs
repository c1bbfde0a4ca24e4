//! What a refused release says, by the binary as a process: each cause once, in the log, in an annotation and in the job
//! summary; and what `publish` says of a release that `plan` refused.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers outside of test functions"
)]

use std::process::Command;

use stand_ins::github::{GitHubWorld, GitRepository, Token};
use stand_ins::{GitHubServer, Options};

mod support;

use support::process::{Outputs, outputs};

const REPOSITORY: &str = "kyma-project/btp-manager";

type Inputs<'a> = &'a [(&'a str, &'a str)];

struct Job {
    github: GitHubServer,
    folder: tempfile::TempDir,
    commit: String,
}

struct Step {
    code: i32,
    log: String,
    summary: String,
    outputs: Outputs,
}

/// A repository with these published releases.
async fn job(releases: &[&str]) -> Job {
    let mut world = GitHubWorld::new();
    world.token("t0ken", Token::github_token());
    let repository: &mut GitRepository = world.repository(REPOSITORY);
    repository.commit("Initial commit");
    for tag in releases {
        repository.tag(tag).publish(tag);
    }
    let commit = repository.commit("Second").tip();
    Job {
        github: GitHubServer::start(world, Options::default())
            .await
            .unwrap(),
        folder: tempfile::tempdir().unwrap(),
        commit,
    }
}

impl Job {
    async fn step(&self, phase: &str, inputs: &[(&str, &str)]) -> Step {
        let inputs = inputs.iter().map(|(name, value)| {
            let name = format!("INPUT_{}", name.to_uppercase());
            (name, (*value).to_owned())
        });
        self.run(&[], inputs.chain([("INPUT_PHASE".into(), phase.into())]))
            .await
    }

    async fn run(
        &self,
        arguments: &[&str],
        variables: impl Iterator<Item = (String, String)>,
    ) -> Step {
        let file = |name: &str| self.folder.path().join(name);
        let [output, summary] = ["output", "summary"].map(file);
        std::fs::write(&output, "").unwrap();
        std::fs::write(&summary, "").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .args(arguments)
            .env_clear()
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", REPOSITORY)
            .env("GITHUB_SHA", &self.commit)
            .env("GITHUB_RUN_ID", "17")
            .env("GITHUB_API_URL", self.github.api_url())
            .env("GITHUB_GRAPHQL_URL", self.github.graphql_url())
            .env("GITHUB_OUTPUT", &output)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("INPUT_GITHUB-TOKEN", "t0ken")
            .envs(variables)
            .current_dir(self.folder.path());
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        Step {
            code: ended.status.code().unwrap(),
            log: String::from_utf8(ended.stderr).unwrap(),
            summary: std::fs::read_to_string(summary).unwrap(),
            outputs: outputs(&output),
        }
    }

    fn move_tag(&self, tag: &str) {
        let mut world = self.github.world();
        let repository = world.repository(REPOSITORY);
        let root = repository.commits[&self.commit].parents[0].clone();
        repository.refs.insert(format!("refs/tags/{tag}"), root);
    }
}

impl Step {
    /// The lines of the log that begin errors or warnings.
    fn headlines(&self) -> Vec<&str> {
        let lines = self.log.lines();
        lines
            .filter(|line| line.starts_with("error[") || line.starts_with("warning["))
            .collect()
    }

    fn annotations(&self) -> usize {
        let lines = self.log.lines();
        lines
            .filter(|line| line.starts_with("::error ") || line.starts_with("::warning "))
            .count()
    }
}

const SKIPPED: &str = r#"{"start":{"result":"failure","outputs":{}},"unit-tests":{"result":"skipped","outputs":{}},
    "build-image":{"result":"skipped","outputs":{}},"build-module":{"result":"skipped","outputs":{}},
    "e2e-tests":{"result":"skipped","outputs":{}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn publish_repeats_what_plan_was_refused_for() {
    let job = job(&[]).await;
    job.move_tag("v1.2.0");
    let inputs = [
        ("version", "v1.2.0"),
        ("guard-branch", "release-1.2"),
        ("commit", "00000000000000000000000000000000000000aa"),
    ];
    let planned = job.step("plan", &inputs).await;
    assert_eq!(planned.code, 10, "{}", planned.log);
    let findings = planned.outputs["findings"].as_str();
    let published = job
        .step("publish", &[("findings", findings), ("needs", SKIPPED)])
        .await;
    assert_eq!(published.code, 10, "{}", published.log);
    let lines = published.headlines();
    assert_eq!(lines, planned.headlines());
    let codes = ["commit-missing", "branch-missing", "tag-elsewhere"];
    assert_eq!(lines.len(), codes.len(), "{lines:?}");
    for (line, code) in lines.iter().zip(codes) {
        assert!(line.starts_with(&format!("error[{code}] plan: ")), "{line}");
    }
    assert_eq!(published.annotations(), 3, "{}", published.log);
    assert_eq!(
        published.summary.matches("\n❌ **").count(),
        3,
        "{}",
        published.summary
    );
    let help = |step: &Step| step.log.matches("\n  help: ").count();
    assert_eq!(help(&published), help(&planned));
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_repeats_that_a_version_was_typed_wrong() {
    let job = job(&[]).await;
    let planned = job.step("plan", &[("version", "v1.2")]).await;
    assert_eq!(planned.code, 2, "{}", planned.log);
    let findings = planned.outputs["findings"].as_str();
    let published = job
        .step("publish", &[("findings", findings), ("needs", SKIPPED)])
        .await;
    assert_eq!(published.code, 10, "{}", published.log);
    assert_eq!(
        published.headlines(),
        [
            "error[version-invalid] plan: version \"v1.2\" is not a semantic version: unexpected end of input while \
             parsing minor version number"
        ]
    );
    let settings = [
        ("INPUT_COMMAND", "release-settings"),
        ("INPUT_BUILDERS", "nobody"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = job.run(&[], settings.into_iter()).await;
    assert_eq!(settings.code, 2, "{}", settings.log);
    let findings = &settings.outputs["findings"];
    assert!(findings.contains("choice-invalid"), "{findings}");
    let wrong_input = job
        .step("plan", &[("version", "1.2.0"), ("needs", "x")])
        .await;
    assert!(wrong_input.outputs["findings"].contains("input-not-for-phase"));
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_names_the_job_that_left_no_plan() {
    let job = job(&[]).await;
    let published = job.step("publish", &[("needs", SKIPPED)]).await;
    assert_eq!(published.code, 12, "{}", published.log);
    assert_eq!(
        published.headlines(),
        [
            "error[job-not-successful] publish: the job start failed; skipped after that: build-image, \
             build-module, e2e-tests, unit-tests; so nothing is published"
        ]
    );
    assert_eq!(published.annotations(), 1, "{}", published.log);
    let all_well = r#"{"start":{"result":"success"}}"#;
    let forgotten = job.step("publish", &[("needs", all_well)]).await;
    assert_eq!(forgotten.code, 2);
    assert_eq!(
        forgotten.headlines(),
        ["error[input-missing] input: plan is missing"]
    );
    let broken = [("needs", SKIPPED), ("findings", "[]")];
    let broken = job.step("publish", &broken).await;
    assert_eq!(broken.code, 2, "{}", broken.log);
    assert!(
        broken
            .log
            .contains("error[plan-unreadable] input: findings \"[]\" name no code")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_release_has_no_findings() {
    let job = job(&["v1.0.0"]).await;
    let planned = job.step("plan", &[("version", "v1.2.0")]).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    assert_eq!(planned.outputs.get("findings"), None);
    assert_eq!(planned.headlines(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_errors_are_in_the_job_summary_and_annotated_once() {
    let job = job(&[]).await;
    let table: [(&str, Inputs<'_>, &str); 4] = [
        ("plan", &[("version", "v01.2.3")], "version-invalid"),
        ("release", &[], "phase-unknown"),
        ("draft", &[("version", "1.2.0")], "input-not-for-phase"),
        ("draft", &[], "input-missing"),
    ];
    for (phase, inputs, code) in table {
        let ended = job.step(phase, inputs).await;
        assert_eq!(ended.code, 2, "{}", ended.log);
        assert_eq!(ended.annotations(), 1, "{}", ended.log);
        let linked = format!("[`{code}`]");
        let summary = &ended.summary;
        assert_eq!(summary.matches(&linked).count(), 1, "{summary}");
        assert!(summary.contains("👉"), "{summary}");
    }
    let command = [("INPUT_COMMAND".to_owned(), "check-pods".to_owned())];
    let ended = job.run(&[], command.into_iter()).await;
    assert_eq!((ended.code, ended.annotations()), (2, 1), "{}", ended.log);
    assert!(ended.summary.contains("**"), "{}", ended.summary);
    let ended = job.run(&["plan", "--assert=x"], std::iter::empty()).await;
    assert_eq!((ended.code, ended.annotations()), (2, 1), "{}", ended.log);
    let wrong = "error[input-not-for-phase] input: unexpected argument '--assert' found";
    assert_eq!(ended.headlines(), [wrong]);
    assert!(
        ended.summary.contains("unexpected argument"),
        "{}",
        ended.summary
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn other_spelling_is_warned_of_in_log_annotation_and_summary() {
    let job = job(&["v1.1.0"]).await;
    let planned = job.step("plan", &[("version", "1.2.0")]).await;
    assert_eq!(planned.code, 0, "{}", planned.log);
    let seen = "1.2.0 is without `v`, and v1.1.0, the release before, is with `v`";
    assert_eq!(
        planned.headlines(),
        [format!("warning[spelling-differs] plan: {seen}")]
    );
    assert_eq!(planned.annotations(), 1, "{}", planned.log);
    assert!(
        planned
            .log
            .contains("help: if that is a slip, type v1.2.0 (with a `tag-format`: v{version})")
    );
    assert_eq!(planned.summary.matches("[`spelling-differs`]").count(), 1);
    assert_eq!(planned.outputs["previous-tag"], "v1.1.0");
    assert_eq!(planned.outputs["tag"], "1.2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn version_that_exists_in_the_other_spelling_is_refused() {
    let job = job(&["v1.2.0", "1.1.0", "v1.1.0"]).await;
    let refused = job.step("plan", &[("version", "1.2.0")]).await;
    assert_eq!(refused.code, 10, "{}", refused.log);
    let [one] = refused.headlines().try_into().unwrap();
    let seen =
        "error[version-exists] plan: 1.2.0 exists as v1.2.0, which has a published release (http";
    assert!(one.starts_with(seen), "{one}");
    let help = "type v1.2.0 (with a `tag-format`: v{version}); otherwise release another version, such as 1.2.1";
    assert!(refused.log.contains(help), "{}", refused.log);
    // Both spellings of 1.1.0 are published: neither is new.
    let both = job
        .step("plan", &[("version", "1.1.0"), ("previous-tag", "v1.1.0")])
        .await;
    assert!(!both.log.contains("version-exists"), "{}", both.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn help_keeps_the_spelling_of_the_version() {
    let job = job(&["1.0.0", "v1.0.1"]).await;
    for (typed, next) in [("1.0.0", "1.0.1"), ("v1.0.1", "v1.0.2")] {
        let refused = job.step("plan", &[("version", typed)]).await;
        assert_eq!(refused.code, 10, "{}", refused.log);
        let help = format!("or release another version, such as {next}\n");
        assert!(refused.log.contains(&help), "{}", refused.log);
    }
    job.move_tag("api/v1.2.0");
    let format = ("tag-format", "api/v{version}");
    let refused = job.step("plan", &[("version", "1.2.0"), format]).await;
    assert!(
        refused.log.contains("error[tag-elsewhere]"),
        "{}",
        refused.log
    );
    assert!(
        refused
            .log
            .contains("or release another version, such as v1.2.1\n"),
        "{}",
        refused.log
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn adopt_takes_a_version_or_a_plan() {
    let job = job(&[]).await;
    let planned = job.step("plan", &[("version", "v1.2.0")]).await;
    let plan = ("plan", planned.outputs["plan"].as_str());
    let code = async |inputs: &[(&str, &str)]| {
        let ended = job.step("discard", inputs).await;
        (ended.code, ended.headlines().join("\n"))
    };
    let adopt = ("adopt", "true");
    let missing = "error[draft-missing] discard: v1.2.0 has no draft".to_owned();
    assert_eq!(code(&[adopt, plan]).await, (12, missing.clone()));
    assert_eq!(code(&[adopt, ("version", "v1.2.0")]).await, (12, missing));
    let both = code(&[adopt, plan, ("version", "v1.2.0")]).await;
    let exclusive = "error[inputs-exclusive] input: version and plan exclude each other: the plan names the version";
    assert_eq!(both, (2, exclusive.to_owned()));
    let lonely = code(&[plan, ("version", "v1.2.0")]).await;
    assert_eq!(
        lonely,
        (2, "error[input-missing] input: adopt is missing".to_owned())
    );
}
