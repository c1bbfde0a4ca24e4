//! Inputs that are wrong, missing or at the wrong place; and what is said at the deadline.

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options};

use crate::process::{REPOSITORY, Run, TOKEN};

const FAILED: &str = r#"{"start":{"result":"success"},"unit-tests":{"result":"failure"}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn terminal_is_told_what_to_type() {
    let cases = [
        (
            "draft --plan=p.json",
            "error[plan-unreadable] input: plan \"version=1.2.0\\n\" is not JSON: expected value at line 1 column 1\n  help: give --plan \
             FILE: a file that `btp-release plan VERSION --output FILE` has written\n",
        ),
        (
            "draft --plan=q.json",
            "error[plan-unreadable] input: plan \"q.json\" is neither JSON nor a file: No such file or directory (os error 2)\n  help: \
             give --plan FILE: a file that `btp-release plan VERSION --output FILE` has written\n",
        ),
        (
            "fetch-module --artifacts=q.json --plan={}",
            "error[artifacts-unreadable] input: artifacts \"q.json\" is neither JSON nor a file: No such file or directory (os error \
             2)\n  help: pass the output of the phase `await`, or the path of a file with it\n",
        ),
        (
            "draft --plan=@p.json",
            "error[plan-unreadable] input: plan \"version=1.2.0\\n\" is not JSON: expected value at line 1 column 1\n  help: give --plan \
             FILE: a file that `btp-release plan VERSION --output FILE` has written\n",
        ),
        (
            "draft",
            "error[input-missing] input: plan is missing\n  help: give --plan FILE: a file that `btp-release plan VERSION --output FILE` \
             has written\n",
        ),
        (
            "plan v1.2.0 --registry-config=dc.json",
            "error[docker-config-invalid] input: dc.json: not a docker configuration (line 1, column 1)\n",
        ),
        (
            "plan v1.2.0 --registry-config=entry.json",
            "error[docker-config-invalid] input: entry.json: the entry \"r.example\" has an auth without a colon\n",
        ),
        (
            "plan v1.2.0 --files x",
            "error: unexpected argument '--files' found\n\n  tip: --files is an option of upload, propose, release-settings\n\nUsage: ",
        ),
        (
            "plan v1.2.0 --needs x",
            "error: unexpected argument '--needs' found\n\n  tip: --needs is an option of publish, finish-settings\n\nUsage: ",
        ),
        (
            "plan v1.2.0 --asset x",
            "  tip: a similar argument exists: '--assets'\n",
        ),
    ];
    for (line, said) in cases {
        let run = Run::terminal(line)
            .with_file("p.json", "version=1.2.0\n")
            .with_file("dc.json", "s3cret")
            .with_file(
                "entry.json",
                r#"{"auths":{"r.example":{"auth":"czNjcmV0"}}}"#,
            );
        let ended = run.end().await;
        ended.assert_says(2, said);
        assert!(
            !ended.log.contains("s3cret") && !ended.log.contains("as a value"),
            "{}",
            ended.log
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn step_is_told_what_to_write() {
    let cases: [(&[(&str, &str)], &str); 5] = [
        (
            &[("phase", "plan"), ("version", "1.2.0"), ("asset", "x")],
            "error[input-not-for-phase] input: input \"asset\" is not an input of the phase plan\n  help: use `assets`, which is similar\n",
        ),
        (
            &[],
            "error[phase-unknown] input: phase or command is missing: the step names neither\n  help: use one of plan, draft, ",
        ),
        (
            &[],
            "::error title=input%3A phase-unknown::phase or command is missing: the step names neither%0Ahelp: use one of plan, draft, ",
        ),
        (
            &[("phase", "publish")],
            "error[input-missing] input: plan is missing\n  help: pass the output of the phase `plan`: plan: ${{ needs.plan.outputs.plan }}\n",
        ),
        (
            &[
                ("phase", "publish"),
                ("needs", FAILED),
                ("optional-jobs", "unit-tests"),
            ],
            "error[job-not-successful] publish: the job unit-tests failed; so nothing is published\n  help: look at its log, repair what \
             it says, and run it again\n",
        ),
    ];
    for (inputs, said) in cases {
        let ended = Run::step(inputs).api("http://127.0.0.1:9").end().await;
        let code = if said.contains("job-not-successful") {
            12
        } else {
            2
        };
        ended.assert_says(code, said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_errors_are_listed_together() {
    let line = "plan 1.2 --assets=a:b --timeout=soon --binary-image=x --module-name=y --module-registry=r.example/a --commit=main";
    let ended = Run::terminal(line).end().await;
    for code in [
        "version-invalid",
        "asset-name-invalid",
        "duration-invalid",
        "image-invalid",
        "component-name-invalid",
        "commit-invalid",
    ] {
        ended.assert_says(2, &format!("error[{code}] input: "));
    }
    ended.assert_says(2, "error[image-invalid] input: binary-image: image \"x\" ");
}

#[tokio::test(flavor = "multi_thread")]
async fn deadline_lists_what_is_missing_line_by_line() {
    let mut world = GitHubWorld::new();
    world.token(TOKEN, Token::github_token());
    let commit = world.repository(REPOSITORY).commit("Initial commit").tip();
    let github = GitHubServer::start(world, Options::default())
        .await
        .unwrap();
    let step = |inputs: &[(&str, &str)]| {
        let run = Run::step(inputs).api(&github.api_url());
        run.env("GITHUB_SHA", &commit).end()
    };
    let names = ["a.yaml", "b.yaml", "c.yaml", "d.yaml", "e.yaml"];
    let assets = names.join("\n");
    let planned = step(&[
        ("phase", "plan"),
        ("version", "v1.2.0"),
        ("assets", &assets),
    ])
    .await;
    let plan = planned.outputs["plan"].as_str();
    step(&[("phase", "draft"), ("plan", plan)])
        .await
        .assert_says(0, "draft: done");
    let late = [
        ("phase", "await"),
        ("plan", plan),
        ("timeout", "1s"),
        ("await-interval", "1s"),
    ];
    let ended = step(&late).await;
    let missing = names.map(|name| format!("\n  asset {name}: absent"));
    ended.assert_says(
        11,
        &format!("error[deadline-passed] await: gave up after 1s, waiting for:{}\n  help: check the builds", missing.concat()),
    );
    let longest = ended
        .log
        .lines()
        .filter(|line| !line.starts_with("::error "))
        .map(str::len)
        .max();
    assert!(longest < Some(200), "{}", ended.log);
}
