//! What the program prints, and what it ends with.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

use super::support::scene::{REPOSITORY, Scene, TOKEN};
use super::{module, scene};

struct Ended {
    code: i32,
    stdout: String,
    stderr: String,
}

/// On a terminal.
async fn btp_release(scene: &Scene, arguments: &[&str]) -> Ended {
    let output = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .args(["ready", "--repository", REPOSITORY])
        .args(arguments)
        .env_clear()
        .env("GITHUB_TOKEN", TOKEN)
        .env("GITHUB_API_URL", scene.github.api_url())
        .env("GITHUB_GRAPHQL_URL", scene.github.graphql_url())
        .current_dir(scene.folder.path())
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    Ended {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn answer_is_text_or_one_object_on_standard_output() {
    let scene = scene(|repository| {
        module(repository);
        repository.merge("Without a \u{1b}[31mlabel\u{202e}", "newton", &[]);
    })
    .await;
    let commit = scene.repository(|repository| repository.tip());
    let text = btp_release(&scene, &["--validate-labels"]).await;
    let short = &commit[..7];
    assert_eq!(
        text.stdout,
        format!(
            "\
kyma-project/btp-manager: main at {short} cannot be released: there is 1 reason

Last release: v1.2.0
Since v1.2.0: 3 commits, 3 pull requests by 3 people
  #4 Without a [31mlabel (newton)
  #3 Read the secret once (linus)
  #2 Support a proxy (for @everyone, #1) (grace)

Checks at the head: none

Next versions:
  v1.2.1 (patch): not yet
  v1.3.0 (minor): not yet
  v2.0.0 (major): not yet

In the way:
  [labels-invalid] 1 of 3 merged pull requests do not have exactly one of the labels kind/feature, kind/bug:
    https://github.com/kyma-project/btp-manager/pull/4 has none
    help: open each of them, set exactly one of these labels, and run plan again
"
        )
    );
    assert_eq!(text.code, 0, "{}", text.stderr);
    let json = btp_release(&scene, &["--validate-labels", "--json"]).await;
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["schema"], "btp-release-ready/1");
    assert_eq!(json["state"], "not-ready");
}

#[tokio::test]
async fn exit_code_is_that_of_a_refused_plan_where_it_is_asked_for() {
    let scene = scene(module).await;
    let fail = ["--fail-unless-ready", "--milestone", "closed"];
    assert_eq!(btp_release(&scene, &fail[..1]).await.code, 0);
    assert_eq!(btp_release(&scene, &fail[1..]).await.code, 0);
    let refused = btp_release(&scene, &fail).await;
    assert_eq!(refused.code, 10, "{}", refused.stderr);
    assert!(
        refused.stdout.contains("cannot be released"),
        "{}",
        refused.stdout
    );
    assert!(
        refused.stderr.contains("error[milestone-missing] ready: "),
        "{}",
        refused.stderr
    );
    let wrong = btp_release(&scene, &["--comment", "x"]).await;
    assert_eq!((wrong.code, scene.github.log().writes().len()), (2, 0));
    assert!(
        wrong.stderr.contains("pull-request-invalid"),
        "{}",
        wrong.stderr
    );
}

/// As a step of a job: the answer is in the log, the job summary and the outputs.
#[tokio::test]
async fn step_shows_the_answer_in_its_log_and_its_summary() {
    let scene = scene(module).await;
    let folder = scene.folder.path();
    let mut env = scene.env(
        super::RUN,
        "ready",
        &[("fail-unless-ready", "true"), ("milestone", "exists")],
    );
    for (name, file) in [
        ("GITHUB_OUTPUT", "outputs"),
        ("GITHUB_STEP_SUMMARY", "summary"),
    ] {
        let file = folder.join(file);
        std::fs::write(&file, "").unwrap();
        env.insert(name.into(), file.display().to_string());
    }
    let output = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .env_clear()
        .envs(&env)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(10), "{log}");
    assert!(log.contains("Last release: v1.2.0"), "{log}");
    assert!(log.contains("::error"), "{log}");
    let outputs = super::support::process::outputs(&folder.join("outputs"));
    assert_eq!(
        outputs["state"], "not-ready",
        "outputs are there also where it fails"
    );
    let summary = std::fs::read_to_string(folder.join("summary")).unwrap();
    assert!(summary.starts_with("## ❌ main at "), "{summary}");
    assert!(
        summary.contains("| `v1.2.1` | patch | ❌ | `milestone-missing` |"),
        "{summary}"
    );
}
