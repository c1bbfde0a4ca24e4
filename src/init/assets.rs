//! The files that releases have today: which command makes them, and what is uploaded.

use std::collections::BTreeMap;

use super::existing::{ExistingWorkflow, steps, text_of};
use super::makefile::Makefile;
use super::names::{has_extension, is_plain_name, last_part, plain_path};
use crate::domain::RepositoryFiles;

/// The most files that are taken over.
const MOST: usize = 20;
/// What the targets are called that make files of a release.
const MAKING: [&str; 5] = ["manifest", "render", "assets", "chart", "installer"];
/// The names of files that are released.
const RELEASED: [&str; 6] = [".yaml", ".yml", ".tgz", ".tar.gz", ".zip", ".json"];
/// What marks the arguments of `make` that are no targets.
const NO_TARGETS: [char; 3] = ['=', '$', '-'];

/// The files of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FoundAssets {
    /// The target of the Makefile that makes them.
    pub(super) target: Option<String>,
    /// As the input `files` has them: `path`, or `path=name`.
    pub(super) files: Vec<String>,
}

/// What the steps of a workflow run: their own commands, and the scripts that these start.
pub(super) fn commands_of(workflow: &ExistingWorkflow<'_>, files: &RepositoryFiles) -> Vec<String> {
    let mut commands = Vec::new();
    for step in workflow.jobs().flat_map(|(_, job)| steps(job)) {
        let Some(run) = text_of(step, "run") else {
            continue;
        };
        let words = run.split(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        let scripts = words.filter_map(plain_path).filter_map(|path| {
            let is_script = has_extension(path, &["sh"]);
            is_script.then(|| files.text(path)).flatten()
        });
        let scripts: Vec<String> = scripts.map(str::to_owned).collect();
        commands.push(run.to_owned());
        commands.extend(scripts);
    }
    commands
}

/// The files that these commands make and upload.
pub(super) fn found_in(commands: &[String], makefile: &Makefile) -> FoundAssets {
    let mut found = FoundAssets::default();
    for command in commands {
        let variables = variables_of(command);
        for line in logical_lines(command) {
            let words: Vec<String> = words_of(&line, &variables);
            if found.target.is_none() {
                found.target = made(&words, makefile);
            }
            for file in uploaded(&line, &words) {
                if found.files.len() < MOST && !found.files.contains(&file) {
                    found.files.push(file);
                }
            }
        }
    }
    found
}

/// Lines, joined where a backslash ends them.
fn logical_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    joined.lines().map(|line| line.trim().to_owned()).collect()
}

/// The variables that a script sets to a text.
fn variables_of(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let value = value.trim_matches(['"', '\'']);
        (is_plain_name(name) && !value.contains(['$', ' ', '`']))
            .then(|| (name.to_owned(), value.to_owned()))
    });
    lines.collect()
}

/// Words without quotes, with the values of variables.
fn words_of(line: &str, variables: &BTreeMap<String, String>) -> Vec<String> {
    let words = line.split_whitespace().map(|word| {
        let word = word.trim_matches(['"', '\'', ';']);
        let name = word
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}'))
            .or_else(|| word.strip_prefix('$'));
        let value = name.and_then(|name| variables.get(name));
        value.map_or(word, String::as_str).to_owned()
    });
    words.collect()
}

/// The target that `make` is called for, if it makes files.
fn made(words: &[String], makefile: &Makefile) -> Option<String> {
    let at = words.iter().position(|word| word == "make")?;
    let mut targets = words.iter().skip(at + 1);
    let target = targets.find(|word| !word.contains(NO_TARGETS) || makefile.has(word))?;
    let makes = MAKING.iter().any(|word| target.contains(word));
    (makes && makefile.has(target)).then(|| target.clone())
}

/// The files that a line uploads to a release.
fn uploaded(line: &str, words: &[String]) -> Vec<String> {
    let at = |wanted: &[&str]| {
        words
            .iter()
            .position(|word| wanted.contains(&word.as_str()))
    };
    if let (Some(_), Some(_), Some(verb)) =
        (at(&["gh"]), at(&["release"]), at(&["upload", "create"]))
    {
        let files = words.iter().skip(verb).filter_map(|word| released(word));
        return files.map(str::to_owned).collect();
    }
    // `curl --data-binary @file "https://uploads.github.com/…?name=asset"`, or a function that is given both.
    let Some((before, after)) = line.split_once("?name=") else {
        return Vec::new();
    };
    let end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    let name = after.split(end).next().unwrap_or_default();
    let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '@');
    let path = before.split(quotes).find_map(released);
    match path {
        Some(path) if released(name).is_some() => vec![named(path, name)],
        _ => Vec::new(),
    }
}

fn named(path: &str, name: &str) -> String {
    if last_part(path) == name {
        path.to_owned()
    } else {
        format!("{path}={name}")
    }
}

/// A path of a file that may be an asset.
fn released(word: &str) -> Option<&str> {
    let path = plain_path(word)?;
    RELEASED
        .iter()
        .any(|end| path.ends_with(end))
        .then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_found_in_every_form() {
        let makefile = Makefile::parse("create-manifest:\n\ttrue\ntest:\n\ttrue\n");
        let commands = [
            "IMG=$REPO:1 make create-manifest\nMANIFEST=\"./build/a.yaml\"\ngh release upload ${{ inputs.name }} \\\n  --clobber \\\n  ${MANIFEST} docs/b.yaml",
            "make test\nupload \"c.yaml\" \"${URL}?name=c.yaml\"\nupload config/d.yaml \"${URL}?name=other.yaml\"",
            "curl --data-binary @\"e.tgz\" \\\n  https://uploads.github.com/assets?name=e.tgz",
            "cat f.yaml; gh release upload x \"$(ls).yaml\" '../g.yaml' -h.yaml",
        ];
        let found = found_in(&commands.map(str::to_owned), &makefile);
        assert_eq!(found.target.as_deref(), Some("create-manifest"));
        assert_eq!(
            found.files,
            [
                "build/a.yaml",
                "docs/b.yaml",
                "c.yaml",
                "config/d.yaml=other.yaml",
                "e.tgz"
            ]
        );
    }
}
