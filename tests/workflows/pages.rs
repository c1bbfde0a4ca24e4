//! The pages under `docs/` and the example are consistent with the workflows.

use crate::{
    at, entries, job, jobs, keys, none, parse, read, root, steps, string, workflow, workflows,
    wrong_call, wrong_step,
};
use btp_release::cli::Cli;
use btp_release::commands::release_settings::MODULE_ASSETS;
use btp_release::plan::{EVIDENCE, REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT};
use clap::CommandFactory as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use yaml_serde::Value;

/// The texts between backquotes.
fn quoted(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            words.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    words
}

#[test]
fn pipeline_page_names_only_what_exists() {
    let page = read("docs/pipeline.md");
    let release = workflow("create-release.yaml");
    let names: BTreeSet<String> = jobs(&release).into_iter().map(|(name, _)| name).collect();
    let sources: String = workflows().keys().map(|path| read(path)).collect();
    let phases = Cli::command();
    let mut wrong = Vec::new();
    for word in quoted(&page) {
        let known = if let Some(command) = word.strip_prefix("btp-release ") {
            let phase = command.split(' ').next().unwrap();
            phases.find_subcommand(phase).is_some()
        } else if word.starts_with("scripts/") || word.starts_with("tests/") {
            root().join(&word).exists()
        } else if word == EVIDENCE
            || [SIGNED_EVIDENCE, SIGNED_VERDICT, REQUESTS].contains(&word.as_str())
        {
            true
        } else if Path::new(&word).extension().is_some_and(|e| e == "yaml") {
            root().join(".github/workflows").join(&word).exists()
                || MODULE_ASSETS.contains(&word.as_str())
        } else if word.starts_with("make ") {
            sources.contains(&format!("default: {word}\n"))
        } else if word.starts_with("cargo ") || word.starts_with("git ") {
            true
        } else if word.contains('-') || word == "plan" {
            names.contains(&word) || sources.contains(&word)
        } else {
            true
        };
        if !known {
            wrong.push(word);
        }
    }
    none(wrong);
    let unsaid = names
        .iter()
        .filter(|name| !page.contains(&format!("`{name}`")));
    assert_eq!(
        unsaid.collect::<Vec<_>>(),
        [""; 0],
        "jobs that the page leaves out"
    );
    let scripts = fs::read_dir(root().join("scripts")).unwrap();
    for script in scripts.map(|entry| entry.unwrap().path()) {
        let name = script.file_name().unwrap().to_str().unwrap().to_owned();
        let run = fs::metadata(&script).unwrap().permissions().mode() & 0o111 != 0;
        assert!(
            !run || script.is_dir() || page.contains(&format!("`scripts/{name}`")),
            "the page leaves out scripts/{name}"
        );
    }
}

/// The cells of a Markdown table's rows, below the row of its headings.
fn rows(page: &str, headings: &str) -> Vec<Vec<String>> {
    let table = page.lines().skip_while(|line| *line != headings).skip(2);
    table
        .take_while(|line| line.starts_with('|'))
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

#[test]
fn pipeline_page_lists_inputs_and_jobs() {
    let page = read("docs/pipeline.md");
    let release = workflow("create-release.yaml");
    let shown: Vec<_> = rows(&page, "| job | shown as | does | fails when |")
        .into_iter()
        .map(|row| (row[0].trim_matches('`').to_owned(), row[1].clone()))
        .collect();
    let there = jobs(&release)
        .into_iter()
        .map(|(id, job)| (id, string(job.get("name"))))
        .map(|(id, name)| (id, name.replace("${{ matrix.channel }}", "*channel*")));
    assert_eq!(shown, there.collect::<Vec<_>>());

    let described = |workflow: &Value| -> BTreeMap<String, String> {
        entries(at(workflow, &["on", "workflow_dispatch", "inputs"]))
            .into_iter()
            .map(|(name, input)| (name, string(input.get("description"))))
            .collect()
    };
    let button = described(&release);
    let fields: BTreeSet<_> = rows(&page, "| field | what to choose |")
        .into_iter()
        .map(|row| row[0].trim_matches('*').to_owned())
        .collect();
    let sibling = read("docs/sibling-modules.md");
    let (_, whole) = sibling
        .split_once("\n### Module with images in another registry\n")
        .unwrap();
    let whole = described(&parse("the whole form", &examples(whole)[0]));
    assert_eq!(fields, whole.values().cloned().collect());
    for (name, description) in whole {
        assert_eq!(button.get(&name), Some(&description), "{name}");
    }
}

/// The fenced blocks of YAML in a page.
pub(crate) fn examples(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in page.lines() {
        match &mut block {
            None if line == "```yaml" => block = Some(String::new()),
            None => {}
            Some(_) if line == "```" => blocks.extend(block.take()),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    blocks
}

#[test]
fn the_examples_can_be_copied() {
    let mut all = Vec::new();
    let mut wrong = Vec::new();
    for page in ["README.md", "docs/sibling-modules.md", "docs/ready.md"] {
        for (number, example) in examples(&read(page)).into_iter().enumerate() {
            let place = format!("{page}: example {}", number + 1);
            let workflow = parse(&place, &example);
            for key in ["name", "on", "permissions", "jobs"] {
                if workflow.get(key).is_none() {
                    wrong.push(format!("{place} has no {key}"));
                }
            }
            for (name, job) in jobs(&workflow) {
                let place = format!("{place}: {name}");
                wrong.extend(wrong_call(&place, &job));
                for step in steps(&job) {
                    wrong.extend(wrong_step(&place, &step));
                }
            }
            all.push(example);
        }
    }
    assert!(all.len() >= 12, "{}", all.len());
    none(wrong);
    lint(&all);
}

/// An example awaits only what somebody makes: images and assets of the release, or of a job or workflow that it names.
#[test]
fn examples_await_only_what_somebody_makes() {
    let mut wrong = Vec::new();
    let mut starts = 0;
    for example in examples(&read("docs/sibling-modules.md")) {
        let workflow = parse("an example", &example);
        let own: BTreeSet<String> = keys(workflow.get("jobs"));
        for (name, job) in jobs(&workflow) {
            let called = crate::called(&job).unwrap_or_default();
            if !["create-release.yaml", "start-release.yaml"].contains(&called.as_str()) {
                continue;
            }
            starts += 1;
            let with = |input| string(at(&job, &["with", input]));
            let builders = with("builders");
            let builds = builders.is_empty() || builders == "called";
            if builds && !with("extra-images").is_empty() && with("extra-images-builder").is_empty()
            {
                wrong.push(format!("nobody builds the extra images of\n{example}"));
            }
            if builders == "caller" && own.len() < 3 {
                wrong.push(format!(
                    "{name} has no jobs beside it that build in\n{example}"
                ));
            }
            if builders == "tag"
                && !example.contains("RELEASE_TOKEN:")
                && !example.contains("APP_ID:")
            {
                wrong.push(format!("the tag starts nothing in\n{example}"));
            }
            let files = with("files");
            let files = files
                .lines()
                .map(|line| line.rsplit(['=', '/']).next().unwrap());
            let files: BTreeSet<&str> = files.chain(MODULE_ASSETS).collect();
            for asset in with("assets").lines().filter(|_| builds) {
                if !files.contains(asset) {
                    wrong.push(format!("nobody makes {asset} in\n{example}"));
                }
            }
        }
    }
    assert!(starts >= 10, "{starts}");
    none(wrong);
}

/// The workflow in the first example of these pages, which the rig's release uses.
#[test]
fn first_example_equals_the_released_workflow() {
    let released = read("examples/module/.github/workflows/create-release.yaml");
    assert!(released.lines().count() <= 16, "{released}");
    for page in ["README.md", "docs/sibling-modules.md"] {
        assert_eq!(examples(&read(page)).first(), Some(&released), "{page}");
    }
}

#[test]
fn commits_are_built_as_the_page_shows() {
    let shown = read("examples/module/.github/workflows/build-commit.yaml");
    assert!(examples(&read("docs/sibling-modules.md")).contains(&shown));
    let example = parse("build-commit.yaml", &shown);
    assert_eq!(keys(example.get("on")), ["push".to_owned()].into());
    let steps = steps(&job(&example, "module"));
    let phase = |step: &Value| string(at(step, &["with", "phase"]));
    let build_step = steps.iter().find(|step| phase(step) == "build-module");
    let given = keys(build_step.unwrap().get("with"));
    assert!(given.contains("commit-build") && !given.contains("plan"));
}

/// The anchors that GitHub makes from headings, and those that the page sets itself.
fn anchors(page: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| -> String {
        let kept = heading
            .to_lowercase()
            .replace(|c: char| !(c.is_alphanumeric() || " -_".contains(c)), "");
        kept.replace(' ', "-")
    };
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let headings = headings.map(|line| anchor(line.trim_start_matches('#').trim()));
    let set = page.split("<a id=\"").skip(1);
    let set = set.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()));
    headings.chain(set).collect()
}

#[test]
fn links_between_pages_resolve() {
    let mut links = 0;
    let mut wrong = Vec::new();
    let docs = ["docs", "docs/migrate"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).unwrap();
        entries.map(|page| page.unwrap().path())
    });
    let docs = docs.filter(|page| page.extension().is_some_and(|e| e == "md"));
    let others = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|page| root().join(page));
    for page in docs.chain(others) {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            if link.contains("://") {
                continue;
            }
            links += 1;
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let there = target.exists()
                && (anchor.is_empty()
                    || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor));
            if !there {
                wrong.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(links > 30, "{links}");
    none(wrong);
}

/// actionlint, if it is installed; CI has it.
#[expect(
    clippy::disallowed_methods,
    reason = "asks whether this is CI, where nothing is left out"
)]
fn lint(examples: &[String]) {
    if Command::new("actionlint").arg("-version").output().is_err() {
        assert!(std::env::var("CI").is_err(), "actionlint is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (number, example) in examples.iter().enumerate() {
        let path = folder.path().join(format!("example-{}.yaml", number + 1));
        fs::write(&path, example).unwrap();
        let said = Command::new("actionlint").arg(&path).output().unwrap();
        assert!(
            said.status.success(),
            "{}\n{example}",
            String::from_utf8_lossy(&said.stdout)
        );
    }
}
