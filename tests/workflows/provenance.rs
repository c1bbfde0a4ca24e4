//! The jobs that sign how an image was built: they run nothing that the module brings along, and are told what the build's job said.

use crate::gate::step;
use crate::{at, entries, job, jobs, keys, steps, string, strings, text, workflow};
use std::collections::BTreeSet;
use yaml_serde::Value;

/// The workflow, its job that builds, the one that signs, and the step that does.
const SIGNERS: [(&str, &str, &str, &str); 2] = [
    (
        "post-build-image.yaml",
        "build-image",
        "attest-image",
        "Attest the image",
    ),
    (
        "post-build-module.yaml",
        "build-module",
        "attest-module",
        "Attest the module image",
    ),
];

fn permissions(job: &Value) -> Vec<(String, String)> {
    let all = entries(job.get("permissions")).into_iter();
    all.map(|(name, level)| (name, text(&level))).collect()
}

#[test]
fn only_the_job_that_runs_no_foreign_code_may_sign() {
    for (file, build, sign, _) in SIGNERS {
        let workflow = workflow(file);
        let ids: Vec<String> = jobs(&workflow).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [build, sign]);
        let rights = permissions(&job(&workflow, build));
        let may_sign =
            |(name, _): &(String, String)| ["id-token", "attestations"].contains(&name.as_str());
        assert!(!rights.iter().any(may_sign), "{file}: {rights:?}");
        let signs = job(&workflow, sign);
        let wanted = [
            ("contents", "read"),
            ("packages", "read"),
            ("id-token", "write"),
            ("attestations", "write"),
        ];
        let wanted = wanted.map(|(name, level)| (name.to_owned(), level.to_owned()));
        assert_eq!(permissions(&signs), wanted);
        assert_eq!(
            strings(signs.get("needs")),
            BTreeSet::from([build.to_owned()])
        );
        let condition = "${{ fromJSON(inputs.plan || '{}').signing }}";
        assert_eq!(string(signs.get("if")), condition);
        for step in steps(&signs) {
            assert_eq!(step.get("run"), None, "{file}");
            let uses = string(step.get("uses"));
            let of_others = ["actions/checkout@", "actions/download-artifact@"];
            let known =
                uses == crate::CHECKED_OUT || of_others.iter().any(|one| uses.starts_with(one));
            assert!(known, "{file}: {uses}");
            if uses.starts_with(of_others[0]) {
                let of = |name| string(at(&step, &["with", name]));
                assert_eq!(of("repository"), "${{ job.workflow_repository }}");
                assert_eq!(of("ref"), "${{ job.workflow_sha }}");
            }
        }
    }
}

#[test]
fn what_is_attested_is_what_the_build_pushed() {
    for (file, build, sign, name) in SIGNERS {
        let workflow = workflow(file);
        let attest = step(&job(&workflow, sign), name);
        let of_build = |output: &str| format!("${{{{ needs.{build}.outputs.{output} }}}}");
        for (input, wanted) in [
            ("phase", "attest-build".to_owned()),
            ("plan", "${{ inputs.plan }}".to_owned()),
            ("digest", of_build("digest")),
            ("build-attempt", of_build("attempt")),
            ("job-workflow", "${{ job.workflow_ref }}".to_owned()),
        ] {
            assert_eq!(string(at(&attest, &["with", input])), wanted, "{file}");
        }
        // Not of a step, which runs beside the module's code.
        let attempt = string(at(&job(&workflow, build), &["outputs", "attempt"]));
        assert_eq!(attempt, "${{ github.run_attempt }}");
    }
    let file = workflow("post-build-image.yaml");
    let attest = step(&job(&file, "attest-image"), "Attest the image");
    assert_eq!(
        string(at(&attest, &["with", "already-built"])),
        "${{ needs.build-image.outputs.built != 'true' }}"
    );
    let built = "inputs.sbom != '' && needs.build-image.outputs.built == 'true'";
    assert_eq!(
        string(at(&attest, &["with", "sbom"])),
        format!("${{{{ {built} && '.btp-sbom/sbom.json' || '' }}}}")
    );
}

/// Inputs that say where things lie or who may do something, and nothing of what is built. The plan's values are in the provenance by
/// themselves: with a plan, the commit and the names of the module come from nowhere else.
const NOT_OF_THE_BUILD: [&str; 13] = [
    "assets",
    "await-timeout",
    "binary-image",
    "commit",
    "environment",
    "extra-images",
    "files",
    "image",
    "module-form",
    "module-name",
    "module-registry",
    "plan",
    "release-meta",
];

/// Inputs that the build of the module does not read if it is given a plan.
const NOT_WITH_A_PLAN: [&str; 2] = ["tag", "tag-format"];

/// The provenance has to name everything that the caller chose.
#[test]
fn every_input_of_a_build_is_in_its_provenance() {
    for (file, _, sign, name) in SIGNERS {
        let workflow = workflow(file);
        let attest = step(&job(&workflow, sign), name);
        let given = string(at(&attest, &["with", "build-parameters"]));
        let inputs = keys(at(&workflow, &["on", "workflow_call", "inputs"]));
        for input in &inputs {
            let named = given.contains(&format!("\"{input}\": ${{{{ toJSON(inputs.{input}"));
            let unused = sign == "attest-module" && NOT_WITH_A_PLAN.contains(&input.as_str());
            let left_out = unused || NOT_OF_THE_BUILD.contains(&input.as_str());
            assert_ne!(named, left_out, "{file}: {input}");
        }
    }
}
