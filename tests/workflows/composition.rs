//! `create-release.yaml` is a composition of workflows that others can call as well, and hands everything on to them.

use crate::gate::step;
use crate::{at, inputs_of, job, jobs, keys, steps, string, workflow};
use yaml_serde::Value;

/// Where an approval is asked for, a release is refused before it because of its jobs, and without the environment.
#[test]
fn jobs_are_checked_before_an_approval_is_asked_for() {
    let check = job(&workflow("finish-release.yaml"), "check");
    assert_eq!(check.get("environment"), None);
    assert_eq!(string(check.get("if")), "${{ inputs.environment != '' }}");
    let refuse = step(&check, "Refuse the release");
    assert_eq!(
        string(refuse.get("if")),
        "${{ steps.settings.outputs.jobs-passed != 'true' }}"
    );
    for (input, wanted) in [
        ("phase", "publish"),
        ("plan", ""),
        ("findings", "${{ steps.settings.outputs.findings }}"),
        ("needs", "${{ inputs.needs }}"),
        (
            "optional-jobs",
            "${{ steps.settings.outputs.optional-jobs }}",
        ),
    ] {
        assert_eq!(string(at(&refuse, &["with", input])), wanted, "{input}");
    }
}

/// The second half is told of all jobs, awaits what none of them has, and publishes what they gave.
#[test]
fn second_half_publishes_what_the_jobs_gave() {
    let publish = job(&workflow("finish-release.yaml"), "publish");
    // Also after `check` was skipped, which there is only with an environment.
    assert_eq!(
        string(publish.get("if")),
        "${{ !cancelled() && (needs.check.result == 'success' || needs.check.result == 'skipped') }}"
    );
    assert_eq!(string(publish.get("needs")), "check");
    let gate = steps(&publish).pop().unwrap();
    assert_eq!(gate.get("if"), None);
    let of_settings = |output: &str| format!("${{{{ steps.settings.outputs.{output} }}}}");
    let awaited = "${{ steps.settings.outputs.artifacts || steps.await.outputs.artifacts }}";
    for (input, wanted) in [
        ("phase", "publish".to_owned()),
        ("plan", of_settings("plan")),
        ("findings", of_settings("findings")),
        ("artifacts", awaited.to_owned()),
        ("needs", "${{ inputs.needs }}".to_owned()),
        ("optional-jobs", of_settings("optional-jobs")),
        ("test-legs", of_settings("test-legs")),
        (
            "required-checks",
            "${{ inputs.required-checks }}".to_owned(),
        ),
        ("leave-draft", "${{ !inputs.publish }}".to_owned()),
    ] {
        assert_eq!(string(at(&gate, &["with", input])), wanted, "{input}");
    }
    let settings = step(&publish, "Read the outputs of the jobs");
    assert_eq!(settings.get("if"), None);
    for (input, wanted) in [
        ("command", "finish-settings"),
        ("needs", "${{ inputs.needs }}"),
        ("optional-jobs", "${{ inputs.optional-jobs }}"),
    ] {
        assert_eq!(string(at(&settings, &["with", input])), wanted, "{input}");
    }
    let await_step = step(&publish, "Await the artifacts");
    assert_eq!(
        string(await_step.get("if")),
        "${{ steps.settings.outputs.jobs-passed == 'true' && (steps.settings.outputs.artifacts == '' || inputs.expected-digests != '') }}"
    );
    let logs = step(&publish, "Download the logs");
    let condition = "inputs.logs-asset && steps.settings.outputs.jobs-passed == 'true'";
    assert_eq!(string(logs.get("if")), format!("${{{{ {condition} }}}}"));
    assert_eq!(
        string(at(&gate, &["with", "logs"])),
        format!("${{{{ {condition} && '.btp-logs.zip' || '' }}}}")
    );
    assert_eq!(string(at(&logs, &["with", "output"])), ".btp-logs.zip");
    assert_eq!(
        string(at(&gate, &["with", "report"])),
        "${{ inputs.report-asset || false }}"
    );
    // An empty list of legs would require no verdict.
    let tests = workflow("run-e2e-tests.yaml");
    let named = at(
        &tests,
        &["on", "workflow_call", "outputs", "test-legs", "value"],
    );
    assert_eq!(
        string(named),
        "${{ jobs.legs.outputs.test-legs || 'no-leg-said-anything' }}"
    );
}

/// What the builders say they built is compared wherever artifacts are awaited.
#[test]
fn expected_digests_reach_every_wait() {
    let release = workflow("create-release.yaml");
    for name in ["e2e-tests", "finish"] {
        let given = string(at(&job(&release, name), &["with", "expected-digests"]));
        assert_eq!(given, "${{ inputs.expected-digests }}", "{name}");
    }
    for (file, name) in [
        ("run-e2e-tests.yaml", "legs"),
        ("run-e2e-tests.yaml", "sign"),
        ("finish-release.yaml", "publish"),
    ] {
        let awaiting = step(&job(&workflow(file), name), "Await the artifacts");
        for input in ["expected-digests", "environment"] {
            let given = string(at(&awaiting, &["with", input]));
            assert_eq!(given, format!("${{{{ inputs.{input} }}}}"), "{file}");
        }
    }
}

/// The composition adds no job of its own, and every input and secret that it shares with a called workflow reaches it.
#[test]
fn composition_only_calls_and_passes_everything_on() {
    let release = workflow("create-release.yaml");
    let declared =
        |workflow: &Value, what: &str| keys(at(workflow, &["on", "workflow_call", what]));
    let planned = inputs_of("phase", "plan");
    let (inputs, secrets) = (declared(&release, "inputs"), declared(&release, "secrets"));
    for (name, calling) in jobs(&release) {
        let callee =
            workflow(&crate::called(&calling).unwrap_or_else(|| panic!("{name} calls nothing")));
        for input in declared(&callee, "inputs").intersection(&inputs) {
            // The job that runs the module's own command has no secrets, and the plan holds names already.
            let proposes = ["submit", "promote"].contains(&name.as_str());
            let with_plan = (name == "build-module" || proposes) && planned.contains(input);
            // Nothing is published by a dry run, only a submission has the module's configuration, and only a bump the scanners'.
            let not_needed = match name.as_str() {
                "assets" => input == "environment",
                "submit" => {
                    ["dry-run", "security-config", "component-config"].contains(&input.as_str())
                }
                "promote" => {
                    let not_of_promotion = [
                        "dry-run",
                        "module-config",
                        "security-config",
                        "component-config",
                    ];
                    not_of_promotion.contains(&input.as_str())
                }
                _ => false,
            };
            if with_plan || not_needed {
                continue;
            }
            let given = string(at(&calling, &["with", input.as_str()]));
            let own = format!("inputs.{name}-{input}");
            let passed = given.contains(&format!("inputs.{input}"))
                || (proposes && given.contains(&own))
                || given == format!("${{{{ needs.start.outputs.{input} }}}}");
            assert!(passed, "{name}: {input}: {given}");
        }
        // A secret of an environment is found only by its name. Each pull request has an App of its own.
        for secret in declared(&callee, "secrets") {
            let of_app = name.to_uppercase();
            let secret_of_caller = secret.replace("TARGET_APP", &format!("{of_app}_APP"));
            let given = string(at(&calling, &["secrets", secret.as_str()]));
            if secret != "TARGET_TOKEN" {
                assert!(secrets.contains(&secret_of_caller), "{name}: {secret}");
                assert_eq!(given, format!("${{{{ secrets.{secret_of_caller} }}}}"));
            }
        }
    }
}

/// Whoever reads a secret runs in the environment that has it, and so does the job that publishes.
#[test]
fn jobs_with_secrets_run_in_the_environment() {
    let mut found = Vec::new();
    for file in keys_of_called() {
        for (name, job) in jobs(&workflow(&file)) {
            let text = yaml_serde::to_string(&job).unwrap();
            let held = text.matches("secrets.").count()
                > text.matches("secrets.RELEASE_TOKEN != ''").count()
                    + text.matches("secrets.APP_PRIVATE_KEY != ''").count();
            let environment = string(job.get("environment"));
            let wanted = if name == "bump" {
                "${{ inputs.bump-environment }}"
            } else if held || !environment.is_empty() {
                "${{ inputs.environment }}"
            } else {
                ""
            };
            assert_eq!(environment, wanted, "{file}: {name}");
            if held {
                found.push(format!("{file}: {name}"));
            }
        }
    }
    let wanted = [
        "finish-release.yaml: publish",
        "post-build-image.yaml: build-image",
        "post-build-image.yaml: attest-image",
        "post-build-module.yaml: build-module",
        "post-build-module.yaml: attest-module",
        "propose-change.yaml: propose",
        "run-e2e-tests.yaml: legs",
        "run-e2e-tests.yaml: sign",
        "start-release.yaml: bump",
        "start-release.yaml: draft",
    ];
    assert_eq!(found, wanted);
}

/// The workflows that `create-release.yaml` calls.
fn keys_of_called() -> std::collections::BTreeSet<String> {
    let calling = jobs(&workflow("create-release.yaml"));
    calling
        .iter()
        .map(|(_, job)| crate::called(job).unwrap())
        .collect()
}

/// The module's build uploads the files, or the job of the assets does.
#[test]
fn files_are_uploaded_by_one_job() {
    let release = workflow("create-release.yaml");
    let files = |name: &str| string(at(&job(&release, name), &["with", "files"]));
    assert_eq!(
        files("build-module"),
        "${{ needs.start.outputs.upload-assets != 'true' && inputs.files || '' }}"
    );
    assert_eq!(files("assets"), "${{ inputs.files }}");
    let upload = job(&workflow("upload-assets.yaml"), "upload-assets");
    let names = steps(&upload)
        .into_iter()
        .map(|step| string(step.get("name")));
    let wanted = [
        "Check out the module",
        "Check out btp-release",
        "Make the files",
        "Upload the files",
    ];
    assert_eq!(names.collect::<Vec<_>>(), wanted);
    let command = string(at(&step(&upload, "Make the files"), &["env", "COMMAND"]));
    assert_eq!(command, "${{ inputs.assets-command }}");
}
