//! The inputs of the module's build reach the phase `build-module` from both workflows that take them.

use std::collections::BTreeSet;

use crate::{at, inputs_of, job, keys, read, steps, string, workflow, workflows};

/// The inputs that the workflows leave to those who compose the phases themselves.
const NOT_OFFERED: [&str; 8] = [
    "channel",
    "commit-build",
    "ctf",
    "descriptor-style",
    "mount-from",
    "no-push",
    "output-dir",
    "template-form",
];

fn declared(name: &str) -> BTreeSet<String> {
    keys(at(&workflow(name), &["on", "workflow_call", "inputs"]))
}

#[test]
fn inputs_of_the_module_reach_its_build() {
    let (release, module) = (
        declared("create-release.yaml"),
        declared("post-build-module.yaml"),
    );
    let called = job(&workflow("create-release.yaml"), "build-module");
    let given = at(&called, &["with"]).unwrap();
    // What the plan holds already is not given again.
    let planned = inputs_of("phase", "plan");
    for input in module.difference(&planned) {
        if input == "plan" || input == "tag" {
            continue;
        }
        assert!(release.contains(input), "create-release.yaml: {input}");
        let value = string(given.get(input));
        assert!(
            value.contains(&format!("inputs.{input}")),
            "{input}: {value}"
        );
    }
    let source = read(".github/workflows/post-build-module.yaml");
    for input in &module {
        assert!(
            source.contains(&format!("inputs.{input}")),
            "{input} is not used"
        );
    }
    let all = steps(&job(&workflow("post-build-module.yaml"), "build-module"));
    let build = |step: &&yaml_serde::Value| string(at(step, &["with", "phase"])) == "build-module";
    let step = all.iter().find(build).unwrap();
    let passed = keys(step.get("with"));
    let common = inputs_of("phase", "status");
    for input in inputs_of("phase", "build-module").difference(&common) {
        let elsewhere = planned.contains(input) || NOT_OFFERED.contains(&input.as_str());
        assert!(elsewhere || passed.contains(input), "{input} is not passed");
    }
    for input in ["pin-images", "timeout"] {
        let value = string(at(step, &["with", input]));
        assert!(value.contains("inputs.pin-images"), "{input}: {value}");
    }
}

/// The tag's workflow plans the release again, and has to be able to name the same artifacts.
#[test]
fn plan_of_the_tag_has_the_names_of_the_release() {
    let module = declared("post-build-module.yaml");
    let release = job(&workflow("start-release.yaml"), "plan");
    let again = job(&workflow("post-build-module.yaml"), "build-module");
    let planned = |job: &yaml_serde::Value| {
        let steps = steps(job);
        let plan = |step: &&yaml_serde::Value| string(at(step, &["with", "phase"])) == "plan";
        keys(steps.iter().find(plan).unwrap().get("with"))
    };
    let again = planned(&again);
    // The draft has these already.
    let drafted = [
        "prerelease",
        "make-latest",
        "previous-tag",
        "on-existing",
        "replace-published",
        "guard-branch",
        "notes-file",
        "notes",
        "notes-append",
        "validate-labels",
        "milestone",
        "require-attestations",
        "signing",
        "referrers",
        "test-signer",
        "job-workflow",
        "version-from",
        "version-policy",
        "allow-prerelease",
        "branch-pattern",
        "minor-from-main",
        "feature-labels",
        "force",
        "tag-type",
        "tag-message",
        "existing-image",
        "preflight",
        "has-release-token",
        "registry-config",
        "tag-when",
    ];
    for input in planned(&release) {
        let named = again.contains(&input) || drafted.contains(&input.as_str());
        assert!(named, "{input} is not planned again");
    }
    assert!(module.contains("extra-images"), "{module:?}");
}

#[test]
fn workflows_are_short() {
    for path in workflows().into_keys() {
        let lines = read(&path).lines().count();
        assert!(lines <= 500, "{path}: {lines} lines");
    }
}
