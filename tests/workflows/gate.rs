//! The conditions under which the workflows publish and move `v1`: only what was built and tested.

use crate::{
    all_steps, at, entries, job, jobs, keys, none, read, steps, string, strings, workflow,
};
use btp_release::commands::release_settings::BUILD_JOBS;
use yaml_serde::Value;

/// The job that publishes, after a check that it runs under this condition and needs every job but those in `after`.
fn publishing_job(file: &str, name: &str, condition: &str, after: &[&str]) -> Value {
    let release = workflow(file);
    let publish = job(&release, name);
    assert_eq!(string(publish.get("if")), condition);
    let before = jobs(&release).into_iter().map(|(name, _)| name);
    let before = before.filter(|other| other != name && !after.contains(&other.as_str()));
    assert_eq!(strings(publish.get("needs")), before.collect());
    publish
}

/// Only what was built and tested is published.
#[test]
fn gate_always_runs_and_needs_every_job() {
    let condition = "${{ always() && !inputs.dry-run }}";
    let finish = publishing_job(
        "create-release.yaml",
        "finish",
        condition,
        &["submit", "promote"],
    );
    assert_eq!(crate::called(&finish).unwrap(), "finish-release.yaml");
    assert_eq!(
        string(at(&finish, &["with", "needs"])),
        "${{ toJSON(needs) }}"
    );
}

/// `release-settings` returns which jobs may be skipped and the checks of builds: by the names that they have here.
#[test]
fn optional_jobs_and_builder_checks_are_named_as_the_jobs_are() {
    let release = workflow("create-release.yaml");
    for (id, name) in BUILD_JOBS {
        let caller = job(&release, id);
        assert_eq!(string(caller.get("name")), name);
        let build = workflow(&crate::called(&caller).unwrap());
        // A job that signs comes after the build, and no check of it is awaited: the image is there before it.
        let builds = jobs(&build)
            .into_iter()
            .filter(|(id, _)| !id.starts_with("attest-"));
        let names: Vec<String> = builds.map(|(_, job)| string(job.get("name"))).collect();
        assert_eq!(names, [name]);
    }
    for (id, condition) in [
        (
            "build-image",
            "outputs.builders == 'called' && needs.start.outputs.image != ''",
        ),
        (
            "build-module",
            "outputs.builders == 'called' && needs.start.outputs.module == 'true'",
        ),
        ("assets", "outputs.upload-assets == 'true'"),
    ] {
        assert_eq!(
            string(job(&release, id).get("if")),
            format!("${{{{ !inputs.dry-run && needs.start.{condition} }}}}")
        );
    }
}

#[test]
fn tests_do_not_wait_for_builds() {
    let release = workflow("create-release.yaml");
    let needs = |name: &str| strings(job(&release, name).get("needs"));
    for name in [
        "unit-tests",
        "build-image",
        "build-module",
        "assets",
        "e2e-tests",
    ] {
        assert_eq!(needs(name), ["start".into()].into(), "{name}");
    }
    let start = workflow("start-release.yaml");
    assert_eq!(string(job(&start, "draft").get("needs")), "plan");
}

#[test]
fn a_queued_release_is_not_dropped() {
    let release = workflow("create-release.yaml");
    let concurrency = release.get("concurrency").unwrap();
    assert_eq!(string(concurrency.get("queue")), "max");
    assert_eq!(string(concurrency.get("cancel-in-progress")), "false");
    assert!(string(concurrency.get("group")).contains("github.repository"));
}

/// Every input of the manual dispatch is an input of the callable workflow as well, with the same meaning.
#[test]
fn manual_dispatch_has_only_inputs_of_the_called_workflow() {
    let release = workflow("create-release.yaml");
    let inputs = |event: &str| keys(at(&release, &["on", event, "inputs"]));
    assert_eq!(
        inputs("workflow_dispatch")
            .difference(&inputs("workflow_call"))
            .collect::<Vec<_>>(),
        [""; 0]
    );
}

/// The only step of a job with this name.
pub(crate) fn step(job: &Value, name: &str) -> Value {
    let named = steps(job)
        .into_iter()
        .filter(|step| string(step.get("name")) == name);
    let [step] = &named.collect::<Vec<_>>()[..] else {
        panic!("not one step {name}");
    };
    step.clone()
}

#[test]
fn every_e2e_job_tests_the_awaited_artifacts_and_records_the_verdict() {
    let legs = job(&workflow("run-e2e-tests.yaml"), "legs");
    let order = [
        "Await the node",
        "Download the previous release",
        "Install the previous release",
        "Await the artifacts",
        "Fetch the module, by digest",
        "Apply the module",
        "Await its workloads",
        "List the pods",
        "Compare what runs with what was awaited",
        "Run the E2E tests",
        "List the pods once more",
        "Compare once more what runs",
        "Record the verdict",
    ];
    let names: Vec<String> = steps(&legs)
        .iter()
        .map(|step| string(step.get("name")))
        .filter(|name| order.contains(&name.as_str()))
        .collect();
    assert_eq!(names, order);
    let awaited = "${{ steps.await.outputs.artifacts }}";
    for (name, path) in [
        ("Fetch the module, by digest", ["with", "artifacts"]),
        (
            "Compare what runs with what was awaited",
            ["with", "artifacts"],
        ),
        ("Run the E2E tests", ["env", "ARTIFACTS"]),
        ("Compare once more what runs", ["with", "artifacts"]),
        ("Record the verdict", ["with", "artifacts"]),
    ] {
        assert_eq!(string(at(&step(&legs, name), &path)), awaited, "{name}");
    }
    assert_eq!(string(at(&legs, &["outputs", "artifacts"])), awaited);
    let fetched = "${{ matrix.k3s != 'none' && steps.module.outputs.manifest != '' }}";
    for name in [
        "Apply the module",
        "Await its workloads",
        "List the pods",
        "Compare what runs with what was awaited",
        "List the pods once more",
        "Compare once more what runs",
    ] {
        assert_eq!(string(step(&legs, name).get("if")), fetched, "{name}");
    }
    assert_eq!(step(&legs, "Run the E2E tests").get("if"), None);
    for (name, wanted) in [
        (
            "Await its workloads",
            ".btp-release/scripts/await-workloads.sh",
        ),
        (
            "List the pods",
            "kubectl get pods --all-namespaces -o json > .btp-pods.json",
        ),
        ("Run the E2E tests", ".btp-release/scripts/run-e2e.sh"),
        (
            "List the pods once more",
            "kubectl get pods --all-namespaces -o json > .btp-pods.json",
        ),
    ] {
        let run = string(step(&legs, name).get("run"));
        assert!(run.contains(wanted), "{name}: {run}");
    }
    for name in [
        "Compare what runs with what was awaited",
        "Compare once more what runs",
    ] {
        let with = |input| string(at(&step(&legs, name), &["with", input]));
        assert_eq!(with("command"), "check-pods", "{name}");
        assert_eq!(with("pods"), ".btp-pods.json", "{name}");
    }
    let verdict = step(&legs, "Record the verdict");
    assert_eq!(
        string(verdict.get("if")),
        "${{ always() && steps.await.outcome == 'success' }}"
    );
    assert_eq!(
        string(at(&verdict, &["with", "result"])),
        "${{ job.status == 'success' && 'success' || 'failure' }}"
    );
    assert_eq!(
        string(at(&verdict, &["with", "leg"])),
        "k3s-${{ matrix.k3s }}"
    );
}

/// A test that is allowed to fail has no effect.
#[test]
fn no_step_continues_after_an_error() {
    for (place, step) in all_steps() {
        assert_eq!(step.get("continue-on-error"), None, "{place}");
    }
    for (path, file) in crate::workflows() {
        for (place, job) in jobs(&file) {
            assert_eq!(job.get("continue-on-error"), None, "{path}: {place}");
        }
    }
}

/// Everything that is checked out, built or tested is the plan's commit.
#[test]
fn one_commit_is_built_tested_and_published() {
    let release = workflow("create-release.yaml");
    for name in ["unit-tests", "build-image", "build-module"] {
        let commit = string(at(&job(&release, name), &["with", "commit"]));
        assert_eq!(commit, "${{ needs.start.outputs.commit }}", "{name}");
    }
    let planned = "${{ fromJSON(inputs.plan).commit }}";
    for (file, name, wanted) in [
        ("upload-assets.yaml", "upload-assets", planned),
        (
            "run-unit-tests.yaml",
            "unit-tests",
            "${{ inputs.commit || github.sha }}",
        ),
        (
            "post-build-image.yaml",
            "build-image",
            "${{ fromJSON(inputs.plan || '{}').commit || inputs.commit || github.sha }}",
        ),
        (
            "post-build-module.yaml",
            "build-module",
            "${{ fromJSON(inputs.plan || '{}').commit || inputs.commit || github.sha }}",
        ),
        ("run-e2e-tests.yaml", "legs", planned),
    ] {
        let checkout = step(&job(&workflow(file), name), "Check out the module");
        assert_eq!(string(at(&checkout, &["with", "ref"])), wanted, "{file}");
    }
    for name in ["build-module", "assets", "e2e-tests"] {
        let plan = string(at(&job(&release, name), &["with", "plan"]));
        assert_eq!(plan, "${{ needs.start.outputs.plan }}", "{name}");
    }
    let start = workflow("start-release.yaml");
    let draft = steps(&job(&start, "draft")).pop().unwrap();
    let plan = string(at(&draft, &["with", "plan"]));
    assert_eq!(plan, "${{ needs.plan.outputs.plan }}");
    let outputs = entries(at(&start, &["on", "workflow_call", "outputs"]));
    let given = keys(job(&start, "plan").get("outputs"));
    for (name, output) in outputs {
        let from = if given.contains(&name) {
            "plan"
        } else {
            "draft"
        };
        assert_eq!(
            string(output.get("value")),
            format!("${{{{ jobs.{from}.outputs.{name} }}}}")
        );
    }
}

#[test]
fn the_action_is_released_only_after_its_smoke_test_and_v1_moves_last() {
    let after = ["major", "changelog"];
    let publish = publishing_job("release.yaml", "publish", "${{ always() }}", &after);
    let gate = steps(&publish).pop().unwrap();
    for (input, wanted) in [
        ("needs", "${{ toJSON(needs) }}"),
        ("artifacts", "${{ needs.draft.outputs.artifacts }}"),
    ] {
        assert_eq!(string(at(&gate, &["with", input])), wanted);
    }
    let release = workflow("release.yaml");
    let commit = step(&job(&release, "commit"), "Commit");
    assert_eq!(
        string(commit.get("run")),
        "scripts/release/commit.sh \"$VERSION\" \"$IMAGE@$DIGEST\""
    );
    assert_eq!(
        string(at(&commit, &["env", "DIGEST"])),
        "${{ steps.index.outputs.digest }}"
    );
    let major = job(&release, "major");
    assert_eq!(strings(major.get("needs")), ["publish".into()].into());
    for name in ["commit", "draft", "smoke", "attest", "major", "changelog"] {
        assert_eq!(job(&release, name).get("if"), None, "{name}");
    }
    // What is released as last is what the changelog is written from.
    let changelog = job(&release, "changelog");
    assert_eq!(strings(changelog.get("needs")), ["major".into()].into());
    let attested: Vec<String> = steps(&job(&release, "attest"))
        .iter()
        .map(|step| string(at(step, &["with", "subject-digest"])))
        .collect();
    let assets = built_assets_of(&release);
    assert!(assets.len() > 2, "{assets:?}");
    let wanted = assets.iter().map(|asset| {
        format!("${{{{ fromJSON(needs.draft.outputs.artifacts)['{asset}'].digest }}}}")
    });
    let image = "${{ needs.commit.outputs.digest }}".to_owned();
    assert_eq!(
        attested,
        [image].into_iter().chain(wanted).collect::<Vec<_>>()
    );
    assert!(strings(job(&release, "attest").get("needs")).contains("smoke"));
}

/// What a release of the action plans, without its checksums.
fn built_assets_of(release: &Value) -> Vec<String> {
    let plan = step(&job(release, "draft"), "Plan");
    let assets = string(at(&plan, &["with", "assets"]));
    let assets = assets.lines().map(str::to_owned);
    assets
        .filter(|asset| asset.starts_with("btp-release-"))
        .collect()
}

/// What is planned is uploaded, and comes from an image, from the job that builds for one system, or is the archive for shells.
#[test]
fn every_asset_of_the_action_is_built_and_uploaded() {
    let release = workflow("release.yaml");
    let assets = built_assets_of(&release);
    let uploaded = string(at(
        &step(&job(&release, "draft"), "Upload them"),
        &["with", "files"],
    ));
    let planned = string(at(
        &step(&job(&release, "draft"), "Plan"),
        &["with", "assets"],
    ));
    let uploaded: Vec<_> = uploaded.lines().collect();
    let planned: Vec<_> = planned
        .lines()
        .map(|asset| format!("dist/{asset}"))
        .collect();
    assert_eq!(uploaded, planned);
    let matrix = job(&release, "binary");
    let Some(Value::Sequence(systems)) = at(&matrix, &["strategy", "matrix", "include"]) else {
        unreachable!("no matrix");
    };
    let built = systems
        .iter()
        .map(|system| format!("btp-release-{}", string(system.get("name"))));
    let of_images = ["amd64", "arm64"].map(|arch| format!("btp-release-linux-{arch}"));
    let built = of_images.into_iter().chain(built);
    let built = built.chain(["btp-release-shell-files.tar.gz".to_owned()]);
    assert_eq!(assets, built.collect::<Vec<_>>());
    let page = read("docs/install.md");
    none(
        assets
            .into_iter()
            .filter(|asset| !page.contains(&format!("`{asset}`"))),
    );
}

/// Whoever may sign runs nothing but the action: neither the module's code, nor a command that an input gives.
#[test]
fn jobs_that_may_sign_run_only_the_action() {
    let mut found = Vec::new();
    for (path, file) in crate::workflows() {
        for (name, job) in jobs(&file) {
            let may_write = |right| string(at(&job, &["permissions", right])) == "write";
            if !may_write("id-token") && !may_write("attestations") {
                continue;
            }
            if job.get("uses").is_some() {
                continue; // the jobs that it calls are looked at
            }
            found.push(format!("{}: {name}", path.rsplit('/').next().unwrap()));
            if path.ends_with("/release.yaml") {
                continue; // it signs with the action of GitHub
            }
            for step in steps(&job) {
                assert_eq!(step.get("run"), None, "{path}: {name}");
                let checks_out = string(step.get("uses")).starts_with("actions/checkout@");
                let of = |name| string(at(&step, &["with", name]));
                if checks_out {
                    assert_eq!(of("repository"), "${{ job.workflow_repository }}", "{name}");
                    assert_eq!(of("ref"), "${{ job.workflow_sha }}", "{name}");
                } else if !string(step.get("uses")).starts_with("actions/download-artifact@") {
                    assert_eq!(
                        string(step.get("uses")),
                        crate::CHECKED_OUT,
                        "{path}: {name}"
                    );
                }
            }
        }
    }
    let wanted = [
        "finish-release.yaml: publish",
        "post-build-image.yaml: attest-image",
        "post-build-module.yaml: attest-module",
        "release.yaml: attest",
        "run-e2e-tests.yaml: sign",
    ];
    assert_eq!(found, wanted);
}

/// The job that signs awaits the artifacts itself, and signs the leg of each job; the jobs of the legs only set their status.
#[test]
fn results_of_legs_are_signed_by_a_job_of_its_own() {
    let file = workflow("run-e2e-tests.yaml");
    let (legs, sign) = (job(&file, "legs"), job(&file, "sign"));
    let verdict = step(&legs, "Record the verdict");
    assert_eq!(string(at(&verdict, &["with", "status-only"])), "true");
    assert_eq!(string(legs.get("name")), "k3s ${{ matrix.k3s }}");
    let signs = step(&sign, "Sign the results of the legs");
    let with = |input| string(at(&signs, &["with", input]));
    assert_eq!(with("artifacts"), "${{ steps.await.outputs.artifacts }}");
    assert_eq!(with("legs"), "${{ needs.versions.outputs.jobs }}");
    let planned = step(
        &job(&workflow("start-release.yaml"), "plan"),
        "Plan the release",
    );
    let with = |input| string(at(&planned, &["with", input]));
    assert_eq!(with("job-workflow"), "${{ job.workflow_ref }}");
    assert_eq!(with("test-signer"), "${{ inputs.test-signer }}");
    let start = workflow("start-release.yaml");
    let inputs = ["on", "workflow_call", "inputs", "test-signer", "default"];
    assert_eq!(string(at(&start, &inputs)), "run-e2e-tests.yaml");
    let start = job(&workflow("create-release.yaml"), "start");
    assert_eq!(at(&start, &["with", "test-signer"]), None);
}
