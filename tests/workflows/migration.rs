//! The pages on switching to this workflow show whole files, which are as short as the pages say, and can be copied.

use crate::pages::examples;
use crate::{
    OURS, entries, jobs, keys, none, parse, read, root, steps, string, strings, workflow,
    wrong_call, wrong_step,
};
use std::fs;
use std::path::Path;
use std::process::Command;
use yaml_serde::Value;

/// Repositories with an example, and how many lines it may have. Comments and blank lines count.
const REPOSITORIES: [(&str, usize); 3] = [("btp-manager", 60), ("istio", 60), ("keda-manager", 40)];
/// As long as the longest line of the other examples: few lines must not mean long ones.
const LONGEST_LINE: usize = 135;
/// The only way into Kyma's registry, which trusts no other reference.
const IMAGE_BUILDER: &str = "kyma-project/test-infra/.github/workflows/image-builder.yml@main";

fn example(repository: &str) -> String {
    read(&format!(
        "examples/migrate/{repository}/create-release.yaml"
    ))
}

#[test]
fn each_repository_has_an_example_and_a_page_that_quotes_it() {
    let index = read("docs/migrate/README.md");
    let folders = fs::read_dir(root().join("examples/migrate")).unwrap();
    let mut found: Vec<String> = folders
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, REPOSITORIES.map(|(repository, _)| repository));
    for (repository, _) in REPOSITORIES {
        let page = read(&format!("docs/migrate/{repository}.md"));
        assert_eq!(examples(&page).first(), Some(&example(repository)));
        let lines = example(repository).lines().count();
        let row = format!("examples/migrate/{repository}/create-release.yaml) | {lines} |");
        assert!(index.contains(&row), "the index does not say `{row}`");
        for heading in ["Side by side", "What stays", "Step by step", "The way back"] {
            let heading = format!("\n## {heading}\n");
            assert!(page.contains(&heading), "{repository}: {heading}");
        }
    }
}

#[test]
fn examples_are_short_and_have_no_scripts() {
    let mut wrong = Vec::new();
    for (repository, most) in REPOSITORIES {
        let text = example(repository);
        let lines = text.lines().count();
        if lines > most {
            wrong.push(format!("{repository} has {lines} lines, more than {most}"));
        }
        let long = text.lines().filter(|line| line.len() > LONGEST_LINE);
        wrong.extend(long.map(|line| format!("{repository}: too long: {line}")));
        if text.matches(" # ").count() < 3 {
            wrong.push(format!("{repository} explains nothing"));
        }
        let workflow = parse(repository, &text);
        for (name, job) in jobs(&workflow) {
            let with = entries(job.get("with")).into_iter();
            let called = with.filter(|(input, _)| input.ends_with("-command"));
            let own = steps(&job).into_iter();
            let commands = own
                .filter_map(|step| step.get("run").cloned())
                .chain(called.map(|(_, command)| command));
            for command in commands.map(|command| string(Some(&command))) {
                let plain = command.starts_with("make ")
                    && !command.contains(['\n', ';', '|', '&'])
                    && !command.contains("${{");
                if !plain {
                    wrong.push(format!("{repository}: {name} has a script: {command}"));
                }
            }
        }
    }
    none(wrong);
}

#[test]
fn examples_can_be_copied() {
    let mut wrong = Vec::new();
    for (repository, _) in REPOSITORIES {
        let text = example(repository);
        let workflow = parse(repository, &text);
        assert_eq!(
            workflow.get("permissions"),
            Some(&Value::Mapping(yaml_serde::Mapping::new()))
        );
        let whole = jobs(&workflow)
            .iter()
            .any(|(_, job)| string(job.get("uses")).contains("create-release.yaml"));
        assert!(whole || workflow.get("concurrency").is_some());
        // GitHub cancels a run that waits for a group which it holds itself.
        let group = |workflow: &Value| workflow.get("concurrency")?.get("group").cloned();
        let called = group(&crate::workflow("create-release.yaml"));
        assert!(called.is_some() && (!whole || group(&workflow) != called));
        for (name, job) in jobs(&workflow) {
            let place = format!("{repository}: {name}");
            if string(job.get("uses")).starts_with(OURS) {
                wrong.extend(wrong_call(&place, &job));
            }
            wrong.extend(wrong_use(&place, &job));
            if job.get("permissions").is_none() {
                wrong.push(format!("{place} has no permissions"));
            }
            if job.get("uses").is_none() && job.get("timeout-minutes").is_none() {
                wrong.push(format!("{place} has no timeout-minutes"));
            }
            for step in steps(&job) {
                wrong.extend(wrong_step(&place, &step));
                wrong.extend(wrong_use(&place, &step));
            }
        }
        lint(&text, &workflow);
    }
    none(wrong);
}

/// What a job or a step uses is ours, the repository's own, the image builder, or pinned.
fn wrong_use(place: &str, job_or_step: &Value) -> Option<String> {
    let uses = string(job_or_step.get("uses"));
    let pinned = uses
        .split_once('@')
        .is_some_and(|(_, hash)| hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit()));
    let known = uses.is_empty() || uses.starts_with(OURS) || uses.starts_with("./");
    (!known && !pinned && uses != IMAGE_BUILDER).then(|| format!("{place} uses {uses}"))
}

/// Nothing is awaited that nobody makes, and everything has succeeded before the release is published.
#[test]
fn the_last_job_needs_all_others_and_every_image_is_built() {
    for (repository, _) in REPOSITORIES {
        let workflow = parse(repository, &example(repository));
        let jobs = jobs(&workflow);
        let (last, others) = jobs.split_last().unwrap();
        let (name, last) = last;
        let needed = strings(last.get("needs"));
        let there = others.iter().map(|(name, _)| name.clone()).collect();
        assert_eq!(needed, there, "{repository}: what {name} needs");
        if name == "finish" {
            assert_eq!(string(last.get("if")), "always()", "{repository}");
        }
        let built: usize = others
            .iter()
            .filter(|(_, job)| string(job.get("uses")) == IMAGE_BUILDER)
            .count();
        let awaited: usize = jobs
            .iter()
            .flat_map(|(_, job)| entries(job.get("with")))
            .filter(|(input, _)| ["binary-image", "extra-images"].contains(&input.as_str()))
            .map(|(_, images)| string(Some(&images)).lines().count())
            .sum();
        assert_eq!(built, awaited, "{repository}: images");
    }
}

#[test]
fn outputs_that_examples_read_are_those_of_the_first_half() {
    let start = workflow("start-release.yaml");
    let outputs = keys(crate::at(&start, &["on", "workflow_call", "outputs"]));
    for (repository, _) in REPOSITORIES {
        let text = example(repository);
        for used in text.split("needs.start.outputs.").skip(1) {
            let output = used.split([' ', '}']).next().unwrap();
            assert!(outputs.contains(output), "{repository}: {output}");
        }
    }
}

/// actionlint, if it is installed; CI has it. The repository's own workflows that the example calls take what they are given.
#[expect(
    clippy::disallowed_methods,
    reason = "asks whether this is CI, where nothing is left out"
)]
fn lint(text: &str, workflow: &Value) {
    if Command::new("actionlint").arg("-version").output().is_err() {
        assert!(std::env::var("CI").is_err(), "actionlint is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    fs::create_dir_all(&workflows).unwrap();
    fs::create_dir(folder.path().join(".git")).unwrap();
    for (_, job) in jobs(workflow) {
        if let Some(own) = string(job.get("uses")).strip_prefix("./") {
            fs::write(folder.path().join(own), stub(&job)).unwrap();
        }
    }
    let path = workflows.join("create-release.yaml");
    fs::write(&path, text).unwrap();
    let said = Command::new("actionlint")
        .arg(Path::new(".github/workflows/create-release.yaml"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{shown}\n{text}");
}

/// A reusable workflow that takes the inputs of this call.
fn stub(job: &Value) -> String {
    let inputs: Vec<String> = keys(job.get("with"))
        .iter()
        .map(|input| format!("      {input}: {{ type: string }}\n"))
        .collect();
    let inputs = inputs.concat();
    format!(
        "on:\n  workflow_call:\n    inputs:\n{inputs}jobs:\n  tests:\n    runs-on: ubuntu-latest\n    steps: [{{ run: \"true\" }}]\n"
    )
}
