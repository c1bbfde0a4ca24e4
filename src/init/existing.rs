//! The workflows that a repository has: what starts them, and what their expressions mean.

use std::collections::{BTreeMap, BTreeSet};

use ocm_module::yaml;
use serde_json::{Map, Value};

use super::names::is_plain_path;
use crate::domain::RepositoryFiles;

/// Workflows of a repository are in this folder.
pub(super) const WORKFLOWS: &str = ".github/workflows/";
/// More workflows are not read.
const MOST_WORKFLOWS: usize = 200;
/// How this project's workflows and its action are called.
const THIS: &str = "/btp-release-action";
/// What only a workflow has that makes releases itself.
const RELEASE_MARKS: [&str; 10] = [
    "git tag ",
    "gh release create",
    "gh release edit",
    "create-draft",
    "create_draft",
    "draft-release",
    "draft_release",
    "action-gh-release",
    "actions/create-release",
    "goreleaser",
];
/// The usual names of the input with the version.
const VERSION_INPUTS: [&str; 7] = [
    "version",
    "name",
    "tag",
    "release",
    "release_version",
    "release-version",
    "release-name",
];

/// A workflow that was read.
#[derive(Clone, Debug)]
pub(super) struct ExistingWorkflow<'f> {
    /// Its path in the repository.
    pub(super) file: &'f str,
    text: &'f str,
    value: Value,
}

/// A part of a text with expressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPart {
    Literal(String),
    /// The version of the release, as it was typed.
    Version,
    /// An expression that means the same in any workflow of the repository, such as `vars.X`.
    Expression(String),
}

/// All workflows, and the names of those that cannot be read.
pub(super) fn read(files: &RepositoryFiles) -> (Vec<ExistingWorkflow<'_>>, Vec<&str>) {
    let (mut found, mut unreadable) = (Vec::new(), Vec::new());
    let paths = files.paths().filter(|path| is_workflow(path));
    for file in paths.take(MOST_WORKFLOWS) {
        let text = files.text(file);
        match text.map(|text| (text, yaml::document(text))) {
            Some((text, Ok(value))) if value.is_object() => {
                found.push(ExistingWorkflow { file, text, value });
            }
            _ => unreadable.push(file),
        }
    }
    (found, unreadable)
}

/// Whether GitHub takes a file for a workflow.
pub(super) fn is_workflow(path: &str) -> bool {
    let name = path.strip_prefix(WORKFLOWS).unwrap_or_default();
    let is_yaml = [".yaml", ".yml"].iter().any(|end| name.ends_with(end));
    is_yaml && is_plain_path(path) && !name.contains('/')
}

impl<'f> ExistingWorkflow<'f> {
    /// The name that its page shows: also that of a check, if it is plain enough.
    pub(super) fn name(&self) -> Option<&str> {
        let name = self.value.get("name")?.as_str()?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
        let is_plain = !name.is_empty() && name.len() <= 100 && name.chars().all(plain);
        is_plain.then(|| name.trim())
    }

    pub(super) fn text(&self) -> &'f str {
        self.text
    }

    /// What follows an event under `on`; `None` if it does not start the workflow.
    fn event(&self, event: &str) -> Option<&Value> {
        // `on` without quotes is true in YAML 1.1.
        let on = self.value.get("on").or_else(|| self.value.get("true"))?;
        match on {
            Value::String(one) => (one == event).then_some(&Value::Null),
            Value::Array(events) => events
                .iter()
                .any(|one| one.as_str() == Some(event))
                .then_some(&Value::Null),
            _ => on.get(event),
        }
    }

    pub(super) fn starts_by_hand(&self) -> bool {
        self.event("workflow_dispatch").is_some()
    }

    /// Whether it names the tags that start it.
    pub(super) fn starts_by_tag(&self) -> bool {
        self.event("push")
            .is_some_and(|push| push.get("tags").is_some())
    }

    pub(super) fn starts_by_release(&self) -> bool {
        self.event("release").is_some()
    }

    pub(super) fn starts_by_pull_request(&self) -> bool {
        let events = ["pull_request", "pull_request_target"];
        events.iter().any(|event| self.event(event).is_some())
    }

    /// Whether it calls this project already.
    pub(super) fn calls_this_project(&self) -> bool {
        let mut used = self.used();
        used.any(|used| used.contains(THIS))
    }

    /// Whether it makes releases by itself, when a person or a tag starts it.
    pub(super) fn makes_releases(&self) -> bool {
        let starts = self.starts_by_hand() || self.starts_by_tag();
        let text = self.text.to_ascii_lowercase();
        starts && !self.calls_this_project() && RELEASE_MARKS.iter().any(|mark| text.contains(mark))
    }

    fn used(&self) -> impl Iterator<Item = &str> {
        self.jobs().flat_map(|(_, job)| {
            let of_steps = steps(job).filter_map(|step| text_of(step, "uses"));
            text_of(job, "uses").into_iter().chain(of_steps)
        })
    }

    pub(super) fn jobs(&self) -> impl Iterator<Item = (&str, &Value)> {
        let jobs = self.value.get("jobs").and_then(Value::as_object);
        jobs.into_iter()
            .flatten()
            .map(|(id, job)| (id.as_str(), job))
    }

    /// What is under `permissions` of the whole workflow.
    pub(super) fn permissions(&self) -> Option<&Value> {
        self.value.get("permissions")
    }

    /// Whether an input of the called workflow is a boolean or a number.
    pub(super) fn has_typed_input(&self, name: &str) -> bool {
        let input = self
            .event("workflow_call")
            .and_then(|call| call.get("inputs")?.get(name));
        let kind = input.and_then(|input| text_of(input, "type"));
        matches!(kind, Some("boolean" | "number"))
    }

    fn dispatch_inputs(&self) -> Option<&Map<String, Value>> {
        self.event("workflow_dispatch")?.get("inputs")?.as_object()
    }

    /// The secrets that a caller may pass on by name.
    pub(super) fn declared_secrets(&self) -> BTreeSet<&str> {
        let secrets = self
            .event("workflow_call")
            .and_then(|call| call.get("secrets")?.as_object());
        secrets
            .into_iter()
            .flatten()
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// The input that a person types the version into.
    fn version_input(&self) -> Option<&str> {
        let inputs = self.dispatch_inputs()?;
        let usual = VERSION_INPUTS
            .into_iter()
            .find(|name| inputs.contains_key(*name));
        usual.or_else(|| {
            let required = |input: &Value| input.get("required") == Some(&Value::Bool(true));
            let mut names = inputs.iter().filter(|(_, input)| required(input));
            names.next().map(|(name, _)| name.as_str())
        })
    }

    /// What else a person types or chooses.
    pub(super) fn other_inputs(&self) -> impl Iterator<Item = &str> {
        let version = self.version_input();
        let inputs = self.dispatch_inputs().into_iter().flatten();
        let names = inputs.map(|(name, _)| name.as_str());
        names.filter(move |name| Some(*name) != version)
    }

    /// The parts of a text, with what the release knows in place of the workflow's own inputs and variables; `None` if it has an
    /// expression whose meaning is unknown outside of this workflow.
    pub(super) fn parts(&self, text: &str) -> Option<Vec<TextPart>> {
        self.parts_within(text, 0)
    }

    fn parts_within(&self, text: &str, depth: usize) -> Option<Vec<TextPart>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            if !before.is_empty() {
                parts.push(TextPart::Literal(before.to_owned()));
            }
            let (expression, after) = after.split_once("}}")?;
            parts.extend(self.meaning(expression.trim(), depth)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(TextPart::Literal(rest.to_owned()));
        }
        Some(parts)
    }

    fn meaning(&self, expression: &str, depth: usize) -> Option<Vec<TextPart>> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if !expression.chars().all(plain) || depth > 3 {
            return None;
        }
        let expression = expression
            .strip_prefix("github.event.")
            .unwrap_or(expression);
        if let Some(name) = expression.strip_prefix("inputs.") {
            if self.version_input() == Some(name) {
                return Some(vec![TextPart::Version]);
            }
            let default = match self.dispatch_inputs()?.get(name)?.get("default")? {
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let is_text = !default.contains("${{");
            return is_text.then(|| vec![TextPart::Literal(default)]);
        }
        if let Some(name) = expression.strip_prefix("env.") {
            let value = self.value.get("env")?.get(name)?.as_str()?;
            return self.parts_within(value, depth + 1);
        }
        if expression == "github.ref_name" && self.starts_by_tag() && !self.starts_by_hand() {
            return Some(vec![TextPart::Version]);
        }
        let same = [
            "vars.",
            "github.repository",
            "github.server_url",
            "github.ref_name",
        ];
        let means_the_same = same.iter().any(|begin| expression.starts_with(begin));
        means_the_same.then(|| vec![TextPart::Expression(expression.to_owned())])
    }
}

/// The text under a key.
pub(super) fn text_of<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value.get(key)?.as_str()
}

pub(super) fn steps(job: &Value) -> impl Iterator<Item = &Value> {
    let steps = job.get("steps").and_then(Value::as_array);
    steps.into_iter().flatten()
}

/// The workflow of the same repository that a job calls.
pub(super) fn called<'w, 'f>(
    all: &'w [ExistingWorkflow<'f>],
    job: &Value,
) -> Option<&'w ExistingWorkflow<'f>> {
    let file = text_of(job, "uses")?.strip_prefix("./")?;
    all.iter().find(|workflow| workflow.file == file)
}

/// The value of a map whose values are all texts.
pub(super) fn texts(value: Option<&Value>) -> BTreeMap<&str, String> {
    let map = value.and_then(Value::as_object);
    let entries = map.into_iter().flatten().filter_map(|(key, value)| {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return None,
        };
        Some((key.as_str(), text))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workflow<'f>(files: &'f mut RepositoryFiles, text: &str) -> ExistingWorkflow<'f> {
        files.add(".github/workflows/a.yaml", Some(text.to_owned()));
        read(files).0.remove(0)
    }

    #[test]
    fn events_are_read_in_every_form() {
        for (on, by_hand, by_tag, by_release) in [
            ("on: workflow_dispatch", true, false, false),
            ("on: [push, release]", false, false, true),
            ("'on': {push: {tags: ['v*']}}", false, true, false),
            ("on: {workflow_dispatch: }", true, false, false),
            ("jobs: {}", false, false, false),
            ("on: 3", false, false, false),
        ] {
            let mut files = RepositoryFiles::default();
            let read = workflow(&mut files, on);
            let starts = (
                read.starts_by_hand(),
                read.starts_by_tag(),
                read.starts_by_release(),
            );
            assert_eq!(starts, (by_hand, by_tag, by_release), "{on}");
        }
    }

    #[test]
    fn expressions_are_kept_only_with_a_known_meaning() {
        let mut files = RepositoryFiles::default();
        let text = "on: {workflow_dispatch: {inputs: {name: {required: true}, mode: {default: real}, bad: {default: '${{ x }}'}}}}\n\
                    env: {REPO: r.example/a, LOOP: '${{ env.LOOP }}'}\n";
        let read = workflow(&mut files, text);
        let version = || TextPart::Version;
        let literal = |text: &str| TextPart::Literal(text.to_owned());
        for (text, wanted) in [
            ("${{ inputs.name }}-x", Some(vec![version(), literal("-x")])),
            ("${{github.event.inputs.name}}", Some(vec![version()])),
            ("${{ inputs.mode }}", Some(vec![literal("real")])),
            (
                "${{ env.REPO }}:1",
                Some(vec![literal("r.example/a"), literal(":1")]),
            ),
            (
                "${{ vars.X }}",
                Some(vec![TextPart::Expression("vars.X".to_owned())]),
            ),
            ("${{ inputs.bad }}", None),
            ("${{ inputs.other }}", None),
            ("${{ env.LOOP }}", None),
            ("${{ needs.a.outputs.b }}", None),
            ("${{ secrets.X }}", None),
            ("${{ format('a') }}", None),
            ("${{ inputs.name", None),
        ] {
            assert_eq!(read.parts(text), wanted, "{text}");
        }
    }

    #[test]
    fn files_that_are_no_workflows_are_named_or_left_out() {
        let mut files = RepositoryFiles::default();
        for path in ["a.yaml", "b.txt", "c/d.yaml", "e f.yaml"] {
            files.add(format!(".github/workflows/{path}"), Some("a: [".to_owned()));
        }
        let (found, unreadable) = read(&files);
        assert!(found.is_empty());
        assert_eq!(unreadable, [".github/workflows/a.yaml"]);
    }
}
