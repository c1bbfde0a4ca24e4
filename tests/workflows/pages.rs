//! The pages under `docs/` and the example say what the workflows are.

use crate::{jobs, none, parse, read, root, workflow, workflows, wrong_call};
use btp_release::cli::Cli;
use clap::CommandFactory as _;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What stands between backquotes.
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
fn the_page_of_the_pipeline_names_what_there_is() {
    let page = read("docs/pipeline.md");
    let release = workflow("create-release.yaml");
    let names: BTreeSet<String> = jobs(&release).into_iter().map(|(name, _)| name).collect();
    let sources: String = workflows().keys().map(|path| read(path)).collect();
    let phases = Cli::command();
    let assets = read("scripts/settings.sh");
    let mut wrong = Vec::new();
    for word in quoted(&page) {
        let known = if let Some(command) = word.strip_prefix("btp-release ") {
            let phase = command.split(' ').next().unwrap();
            phases.find_subcommand(phase).is_some()
        } else if word.starts_with("scripts/") || word.starts_with("tests/") {
            root().join(&word).exists()
        } else if Path::new(&word).extension().is_some_and(|e| e == "yaml") {
            root().join(".github/workflows").join(&word).exists() || assets.contains(&word)
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

/// The fenced blocks of YAML in a page.
fn examples(page: &str) -> Vec<String> {
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
fn the_examples_for_siblings_can_be_copied() {
    let page = read("docs/sibling-modules.md");
    let examples = examples(&page);
    assert!(examples.len() >= 9, "{}", examples.len());
    let mut wrong = Vec::new();
    for (number, example) in examples.iter().enumerate() {
        let place = format!("example {}", number + 1);
        let workflow = parse(&place, example);
        for key in ["name", "on", "permissions", "jobs"] {
            if workflow.get(key).is_none() {
                wrong.push(format!("{place} has no {key}"));
            }
        }
        for (name, job) in jobs(&workflow) {
            wrong.extend(wrong_call(&format!("{place}: {name}"), &job));
        }
    }
    none(wrong);
    lint(&examples);
}

/// actionlint, where it is installed; CI has it.
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
