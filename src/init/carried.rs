//! Tests of today's release that the new workflow can call as they are, and the jobs that it cannot take over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::existing::{ExistingWorkflow, TextPart, called, text_of, texts};
use super::image_builds::image_builds;
use super::names::is_plain_name;

/// What a job that tests has in its name, or in that of the workflow that it calls.
const TESTING: [&str; 4] = ["test", "e2e", "unit", "lint"];
/// What the phases do in place of a job.
const REPLACED: [&str; 13] = [
    "draft",
    "publish",
    "create-release",
    "validate",
    "prereq",
    "changelog",
    "get-image",
    "head-status",
    "compute",
    "create-tag",
    "tag-",
    "asset",
    "semver",
];
/// What commits a version.
const BUMPING: [&str; 3] = ["bump", "upgrade-images", "upgrade-image"];
/// How many workflows may call each other.
const DEEPEST: usize = 4;

/// A test that is a workflow of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CarriedTest {
    pub(super) id: String,
    /// The workflow that it calls.
    pub(super) file: String,
    pub(super) inputs: Vec<CarriedInput>,
    /// Name and level.
    pub(super) permissions: BTreeMap<String, String>,
    /// Whether some of its jobs do not say which permissions they need.
    pub(super) rights_unknown: bool,
    pub(super) secrets: CarriedSecrets,
    /// The names of the secrets that it reads.
    pub(super) reads: BTreeSet<String>,
}

/// An input of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CarriedInput {
    pub(super) name: String,
    pub(super) parts: Vec<TextPart>,
    /// Whether the test takes a boolean or a number, which stand without quotes.
    pub(super) is_typed: bool,
}

/// The secrets that a test is passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CarriedSecrets {
    None,
    Inherited,
    /// The name that the called workflow has for it, and the secret.
    Named(Vec<(String, String)>),
}

/// The jobs of today's release workflows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TodaysJobs {
    pub(super) tests: Vec<CarriedTest>,
    /// Tests that stay behind, and why.
    pub(super) left_tests: Vec<(String, &'static str)>,
    /// Jobs whose work the new workflow does otherwise.
    pub(super) replaced: BTreeSet<String>,
    /// Jobs that commit something.
    pub(super) bumps: BTreeSet<String>,
    /// All others: reports, messages.
    pub(super) others: BTreeSet<String>,
}

impl TodaysJobs {
    /// Adds the jobs of one workflow.
    pub(super) fn add(&mut self, all: &[ExistingWorkflow<'_>], workflow: &ExistingWorkflow<'_>) {
        let jobs = workflow.jobs().filter(|(id, _)| is_plain_name(id));
        for (id, job) in jobs {
            let used = text_of(job, "uses").unwrap_or_default();
            let has = |words: &[&str]| words.iter().any(|word| id.contains(word));
            let own = called(all, job);
            let builds = used.contains("/image-builder.yml@")
                || own.is_some_and(|own| !image_builds(all, own).0.is_empty());
            let tests = TESTING
                .iter()
                .any(|word| id.contains(word) || own.is_some_and(|own| own.file.contains(word)));
            if builds || has(&REPLACED) && !tests {
                self.replaced.insert(id.to_owned());
            } else if has(&BUMPING) {
                self.bumps.insert(id.to_owned());
            } else if tests {
                self.add_test(all, workflow, (id, job));
            } else {
                self.others.insert(id.to_owned());
            }
        }
    }

    fn add_test(
        &mut self,
        all: &[ExistingWorkflow<'_>],
        workflow: &ExistingWorkflow<'_>,
        (id, job): (&str, &Value),
    ) {
        let is_known = self.tests.iter().any(|test| test.id == id)
            || self.left_tests.iter().any(|(left, _)| left == id);
        if is_known {
            return;
        }
        match carried(all, workflow, (id, job)) {
            Ok(test) => self.tests.push(test),
            Err(why) => self.left_tests.push((id.to_owned(), why)),
        }
    }
}

fn carried(
    all: &[ExistingWorkflow<'_>],
    workflow: &ExistingWorkflow<'_>,
    (id, job): (&str, &Value),
) -> Result<CarriedTest, &'static str> {
    let own = called(all, job)
        .ok_or("its steps are part of the workflow: move them to one of their own with `on: workflow_call`")?;
    if job.get("strategy").is_some() {
        return Err("it has a matrix");
    }
    let mut inputs = Vec::new();
    for (name, text) in texts(job.get("with")) {
        let parts = workflow.parts(&text);
        let parts = parts.ok_or("an input comes from another job, or from an expression")?;
        if !is_plain_name(name) {
            return Err("an input has an unusual name");
        }
        inputs.push(CarriedInput {
            name: name.to_owned(),
            parts,
            is_typed: own.has_typed_input(name),
        });
    }
    let mut rights = CalledRights::default();
    rights.add(all, own, 0);
    if rights.is_unreadable {
        return Err("its permissions are `read-all` or `write-all`: name each of them");
    }
    Ok(CarriedTest {
        id: id.to_owned(),
        file: own.file.to_owned(),
        inputs,
        permissions: rights.permissions,
        rights_unknown: rights.unknown,
        secrets: if rights.reads.is_empty() {
            CarriedSecrets::None
        } else {
            secrets(job, own)?
        },
        reads: rights.reads,
    })
}

fn secrets(job: &Value, own: &ExistingWorkflow<'_>) -> Result<CarriedSecrets, &'static str> {
    let Some(given) = job.get("secrets") else {
        return Ok(CarriedSecrets::None);
    };
    if given.as_str() == Some("inherit") {
        let declared = own.declared_secrets();
        let plain = declared.iter().all(|name| is_plain_name(name));
        if declared.is_empty() || !plain {
            return Ok(CarriedSecrets::Inherited);
        }
        let named = declared
            .iter()
            .map(|name| ((*name).to_owned(), (*name).to_owned()));
        return Ok(CarriedSecrets::Named(named.collect()));
    }
    let mut named = Vec::new();
    for (name, value) in texts(Some(given)) {
        let secret = secret_of(&value).filter(|_| is_plain_name(name));
        let secret = secret.ok_or("a secret comes from an expression")?;
        named.push((name.to_owned(), secret.to_owned()));
    }
    Ok(CarriedSecrets::Named(named))
}

/// The secrets that a workflow reads, apart from the token of its run.
fn secrets_in(text: &str) -> BTreeSet<String> {
    let end = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let names = text.split("secrets.").skip(1);
    let names = names.filter_map(|rest| rest.split(end).next());
    let own = names.filter(|name| is_plain_name(name) && *name != "GITHUB_TOKEN");
    own.map(str::to_owned).collect()
}

/// The secret that an expression is, and nothing else.
pub(super) fn secret_of(value: &str) -> Option<&str> {
    let expression = value.trim().strip_prefix("${{")?.strip_suffix("}}")?;
    let name = expression.trim().strip_prefix("secrets.")?;
    (is_plain_name(name) && !name.contains('.')).then_some(name)
}

/// The permissions that a called workflow asks for: its caller has to grant them all, or GitHub does not start it.
#[derive(Default)]
struct CalledRights {
    permissions: BTreeMap<String, String>,
    unknown: bool,
    is_unreadable: bool,
    reads: BTreeSet<String>,
    seen: BTreeSet<String>,
}

impl CalledRights {
    fn add(&mut self, all: &[ExistingWorkflow<'_>], workflow: &ExistingWorkflow<'_>, depth: usize) {
        if depth > DEEPEST || !self.seen.insert(workflow.file.to_owned()) {
            return;
        }
        self.reads.extend(secrets_in(workflow.text()));
        for (_, job) in workflow.jobs() {
            match job.get("permissions").or(workflow.permissions()) {
                Some(Value::Object(map)) => {
                    for (name, level) in map {
                        self.grant(name, level.as_str().unwrap_or_default());
                    }
                }
                Some(Value::Null) => {}
                Some(_) => self.is_unreadable = true,
                None => {
                    self.unknown = true;
                    self.grant("contents", "read");
                }
            }
            if let Some(next) = called(all, job) {
                self.add(all, next, depth + 1);
            }
        }
    }

    fn grant(&mut self, name: &str, level: &str) {
        let is_known = matches!(level, "read" | "write") && is_plain_name(name);
        let has_write = self.permissions.get(name).is_some_and(|had| had == "write");
        if is_known && !has_write {
            self.permissions.insert(name.to_owned(), level.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::existing::read;
    use super::*;
    use crate::domain::RepositoryFiles;

    fn jobs(files: &[(&str, &str)]) -> TodaysJobs {
        let mut all = RepositoryFiles::default();
        for (name, text) in files {
            all.add(
                format!(".github/workflows/{name}"),
                Some((*text).to_owned()),
            );
        }
        let (workflows, _) = read(&all);
        let mut jobs = TodaysJobs::default();
        jobs.add(&workflows, &workflows[0]);
        jobs
    }

    #[test]
    fn tests_are_carried_with_all_permissions_that_their_jobs_ask_for() {
        let release = "on: {workflow_dispatch: {inputs: {name: }}}\njobs:\n  e2e: {uses: ./.github/workflows/b.yaml, secrets: inherit, with: {tag: '${{ inputs.name }}'}}\n  \
                       create-draft: {}\n  bump-config: {}\n  notify: {}\n  stress-test: {steps: []}\n  lint: {uses: ./.github/workflows/b.yaml, with: {tag: '${{ needs.x.y }}'}}\n";
        let called = "on: {workflow_call: {secrets: {KEY: }}}\npermissions: {contents: read}\njobs:\n  one: {env: {A: '${{ secrets.KEY }}'}}\n  two: {permissions: {packages: write, contents: none}}\n  \
                      three: {uses: ./.github/workflows/c.yaml}\n";
        let deeper = "jobs:\n  four: {permissions: {packages: read}}\n  five: {}\n";
        let jobs = jobs(&[("a.yaml", release), ("b.yaml", called), ("c.yaml", deeper)]);
        let [test] = jobs.tests.as_slice() else {
            panic!("{jobs:?}");
        };
        let granted: Vec<_> = test
            .permissions
            .iter()
            .map(|(a, b)| format!("{a}: {b}"))
            .collect();
        assert_eq!(granted, ["contents: read", "packages: write"]);
        assert!(test.rights_unknown);
        assert_eq!(
            test.secrets,
            CarriedSecrets::Named(vec![("KEY".to_owned(), "KEY".to_owned())])
        );
        let left: Vec<_> = jobs.left_tests.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(left, ["lint", "stress-test"]);
        let names = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>();
        assert_eq!(names(&jobs.replaced), ["create-draft"]);
        assert_eq!(names(&jobs.bumps), ["bump-config"]);
        assert_eq!(names(&jobs.others), ["notify"]);
    }

    #[test]
    fn tests_with_all_permissions_stay_behind() {
        let release = "on: workflow_dispatch\njobs:\n  e2e: {uses: ./.github/workflows/b.yaml}\n";
        let jobs = jobs(&[
            ("a.yaml", release),
            ("b.yaml", "permissions: write-all\njobs: {one: {}}\n"),
        ]);
        assert!(jobs.tests.is_empty() && jobs.left_tests.len() == 1);
    }

    #[test]
    fn only_a_secret_alone_is_one() {
        assert_eq!(secret_of("${{ secrets.A_B }}"), Some("A_B"));
        for value in [
            "${{ secrets.A || secrets.B }}",
            "x${{ secrets.A }}",
            "${{ vars.A }}",
            "${{ secrets.a.b }}",
        ] {
            assert_eq!(secret_of(value), None, "{value}");
        }
    }
}
