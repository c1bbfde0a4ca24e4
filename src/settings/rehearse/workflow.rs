//! Reads what a workflow passes to the reusable workflows of this repository or to its phases.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ocm_module::yaml;
use serde_json::{Map, Value};

use crate::domain::{Code, Diagnostic, Place};

/// How this repository is called in `uses`.
const THIS: &str = "btp-release-action";

/// Workflows of a repository are in this folder.
const WORKFLOWS: &str = ".github/workflows";

/// The reusable workflows whose inputs say what is released.
const CALLED: [&str; 5] = [
    "create-release.yaml",
    "start-release.yaml",
    "post-build-module.yaml",
    "post-build-image.yaml",
    "upload-assets.yaml",
];

/// The phases whose inputs say the same, and the command that fills in what is left out.
const STEPS: [&str; 4] = ["plan", "build-module", "upload", "release-settings"];

/// The inputs that a workflow gives, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct WorkflowInputs {
    values: BTreeMap<String, String>,
    /// The inputs whose values are expressions.
    unknown: BTreeSet<String>,
    /// The folder of the repository.
    repository: PathBuf,
    /// The folder of the module.
    pub(super) folder: PathBuf,
}

impl WorkflowInputs {
    /// Reads a workflow; `file` is its path.
    ///
    /// # Errors
    ///
    /// If it is not YAML, or calls nothing of this repository.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, Diagnostic> {
        let refused = |why: String, position| {
            let help = format!(
                "name a workflow that calls {THIS}/{WORKFLOWS}/create-release.yaml or its phases"
            );
            let refused = Diagnostic::value(Code::FileUnreadable, "workflow", file, why, help);
            Diagnostic {
                place: Some(Place::File(file.to_owned(), position)),
                ..refused
            }
        };
        let workflow = yaml::document(text)
            .map_err(|error| refused(format!("is not YAML: {error}"), error.position))?;
        let mut inputs = Self::default();
        let mut calls = 0;
        for given in given_inputs(&workflow) {
            calls += 1;
            for (name, value) in given {
                inputs.add(name, value);
            }
        }
        if calls == 0 {
            let why = format!("calls neither a workflow nor a phase of {THIS}");
            return Err(refused(why, None));
        }
        let directory = inputs.get("directory").filter(|path| *path != ".");
        let directory = directory.unwrap_or_default().trim_start_matches("./");
        let repository = repository_of_file(file).to_owned();
        inputs.folder = repository.join(directory);
        inputs.repository = repository;
        Ok(inputs)
    }

    /// The first value counts: later jobs are passed the same one.
    fn add(&mut self, name: &str, value: &Value) {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return,
        };
        if text.contains("${{") {
            self.unknown.insert(name.to_owned());
        } else if !text.is_empty() {
            self.values.entry(name.to_owned()).or_insert(text);
        }
    }

    pub(super) fn get(&self, input: &str) -> Option<&str> {
        self.values.get(input).map(String::as_str)
    }

    /// The value, for an argument.
    pub(super) fn owned(&self, input: &str) -> Option<String> {
        self.values.get(input).cloned()
    }

    /// Those of the inputs whose values only a run knows.
    pub(super) fn unknown_of<'n>(&self, inputs: &[&'n str]) -> Vec<&'n str> {
        let inputs = inputs.iter().copied();
        inputs
            .filter(|input| self.unknown.contains(*input))
            .collect()
    }

    /// The path of a file that an input names: below the module's folder.
    pub(super) fn path(&self, input: &str) -> Option<String> {
        Some(self.below(self.get(input)?))
    }

    /// A path in the repository.
    pub(super) fn in_repository(&self, path: &str) -> String {
        self.repository.join(path).display().to_string()
    }

    /// A path below the module's folder.
    pub(super) fn below(&self, path: &str) -> String {
        let path = self.folder.join(path.trim_start_matches("./"));
        path.display().to_string()
    }
}

/// The inputs of each job and step that calls this repository.
fn given_inputs(workflow: &Value) -> Vec<&Map<String, Value>> {
    let mut given = Vec::new();
    let jobs = workflow.get("jobs").and_then(Value::as_object);
    for job in jobs.into_iter().flat_map(Map::values) {
        let uses = job.get("uses").and_then(Value::as_str);
        let is_called = uses.is_some_and(|uses| {
            let path = uses.split('@').next().unwrap_or(uses);
            let (place, name) = path.rsplit_once('/').unwrap_or_default();
            CALLED.contains(&name) && (place.contains(THIS) || place == format!("./{WORKFLOWS}"))
        });
        if is_called {
            given.push(inputs_of(job));
        }
        let steps = job.get("steps").and_then(Value::as_array);
        for step in steps.into_iter().flatten() {
            let uses = step.get("uses").and_then(Value::as_str);
            let inputs = inputs_of(step);
            let runs = ["phase", "command"]
                .iter()
                .filter_map(|key| inputs?.get(*key)?.as_str())
                .any(|name| STEPS.contains(&name));
            if runs && uses.is_some_and(|uses| uses.contains(THIS)) {
                given.push(inputs);
            }
        }
    }
    // Called without inputs, it is called all the same; but all of these have a required one.
    given.into_iter().flatten().collect()
}

fn inputs_of(caller: &Value) -> Option<&Map<String, Value>> {
    caller.get("with").and_then(Value::as_object)
}

/// The folder of the repository that a workflow is in; the working folder where the path does not tell.
fn repository_of_file(file: &str) -> &Path {
    let mut folders = Path::new(file).ancestors().skip(1);
    folders
        .find(|folder| folder.ends_with(WORKFLOWS))
        .and_then(|folder| folder.parent()?.parent())
        .unwrap_or(Path::new(""))
}
