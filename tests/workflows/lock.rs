//! `actions.lock` has the actions of the workflows that it lists: <https://docs.github.com/en/actions/concepts/security/workflow-dependency-lockfiles>.

use crate::{entries, none, parse, read, steps, string, strings, workflows};
use std::collections::BTreeSet;

const LOCK: &str = ".github/workflows/actions.lock";

/// The actions of other repositories that a workflow uses, each with the version that its line names.
fn used(path: &str) -> BTreeSet<(String, String)> {
    let text = read(path);
    let lines = text
        .lines()
        .filter_map(|line| line.trim().trim_start_matches("- ").strip_prefix("uses: "));
    lines
        .filter_map(|used| used.split_once(" # "))
        .map(|(action, version)| (action.to_owned(), version.to_owned()))
        .collect()
}

#[test]
fn locked_workflows_use_what_is_locked() {
    let lock = parse(LOCK, &read(LOCK));
    let dependencies = entries(lock.get("dependencies"));
    let mut needed = BTreeSet::new();
    for (path, locked) in entries(lock.get("workflows")) {
        let used = used(&path);
        let names: BTreeSet<_> = used.iter().map(|(action, _)| action.clone()).collect();
        assert_eq!(strings(Some(&locked)), names, "{path}");
        needed.extend(used);
    }
    let there: BTreeSet<_> = dependencies
        .iter()
        .map(|(action, locked)| (action.clone(), string(locked.get("ref"))))
        .collect();
    assert_eq!(there, needed);
    none(dependencies.into_iter().filter_map(|(action, locked)| {
        let commit = action.split('@').nth(1).unwrap_or_default();
        let right = string(locked.get("commit")) == format!("sha1-{commit}");
        (!right).then_some(action)
    }));
}

/// An action of the working folder cannot be locked, and a wrong entry would stop the callers of a workflow that others call.
#[test]
fn only_workflows_of_our_own_without_local_actions_are_locked() {
    let lock = parse(LOCK, &read(LOCK));
    let locked: BTreeSet<String> = entries(lock.get("workflows"))
        .into_iter()
        .map(|(path, _)| path)
        .collect();
    let can_be = workflows()
        .into_iter()
        .filter(|(path, _)| path.starts_with(".github/"));
    let can_be = can_be.filter(|(_, workflow)| {
        let jobs = crate::jobs(workflow);
        let local = jobs.iter().any(|(_, job)| {
            let calls = [string(job.get("uses"))];
            let steps = steps(job)
                .iter()
                .map(|step| string(step.get("uses")))
                .collect::<Vec<_>>();
            calls
                .iter()
                .chain(&steps)
                .any(|used| used.starts_with("./"))
        });
        let called = crate::at(workflow, &["on", "workflow_call"]).is_some();
        !local && !called
    });
    assert_eq!(locked, can_be.map(|(path, _)| path).collect());
}
