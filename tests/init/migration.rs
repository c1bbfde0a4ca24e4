//! What is found by itself beside what was written by hand for the same repositories (`examples/migrate`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::{init, jobs, repository, root, texts};

/// Tests are called as they are today; by hand they are targets of the Makefile. Logs are a choice, which no file says.
const BTP: &[(&str, &str)] = &[
    (
        "assets-command",
        "with MODULE_VERSION, which the Makefile has",
    ),
    ("credentials-mode", "of the tests"),
    ("dockerfile", "written out, as today"),
    ("image-repo", "of the tests"),
    ("image-tag", "of the tests"),
    ("last-k3s-versions", "of the tests"),
    ("logs-asset", "a choice"),
    (
        "publish",
        "until the stress test is a workflow that can be called",
    ),
    ("release", "of the tests"),
];

/// Tests with steps of their own are left to a person, who is told so.
const ISTIO: &[(&str, &str)] = &[
    ("dockerfile", "written out, as today"),
    ("files", "the shape has two, the repository three"),
    (
        "image",
        "of the tests, which by hand are one called workflow",
    ),
    ("publish", "until these tests can be called"),
    (
        "tags",
        "the tag of the manager's image is written as that of the release",
    ),
];

/// By hand it is one call with the build before it; here the build needs the plan, which may refuse the version.
const KEDA: &[(&str, &str)] = &[
    ("assets-command", "in another order"),
    (
        "command",
        "of the unit tests, which one call runs by default",
    ),
    ("commit", "likewise"),
    ("dockerfile", "written out, as today"),
    ("e2e-command", "of today's called workflow"),
    ("environment", "a choice"),
    ("image", "of today's called workflow"),
    ("needs", "of the second half"),
    ("plan", "of the jobs between the halves"),
    ("tags", "from the plan"),
];

/// Each input of any job, with all values that it has.
fn inputs(workflow: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, job) in jobs(workflow) {
        for (name, value) in texts(&job["with"]) {
            let lines = value.trim().replace('"', "");
            found.entry(name).or_default().insert(lines);
        }
    }
    found
}

/// The inputs that are not the same, and why that is so.
fn assert_differs_only_in(repository_name: &str, reasons: &[(&str, &str)]) {
    let by_hand = root().join(format!(
        "examples/migrate/{repository_name}/create-release.yaml"
    ));
    let by_hand = inputs(&fs::read_to_string(by_hand).unwrap());
    let (found, _) = init(repository(repository_name).path(), &["--dry-run"]);
    let found = inputs(&found);
    let names: BTreeSet<&String> = by_hand.keys().chain(found.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| by_hand.get(*name) != found.get(*name));
    let differing: Vec<&str> = differing.map(String::as_str).collect();
    let mut expected: Vec<&str> = reasons.iter().map(|(name, _)| *name).collect();
    expected.sort_unstable();
    let shown: Vec<_> = differing
        .iter()
        .map(|name| (name, by_hand.get(*name), found.get(*name)))
        .collect();
    assert_eq!(differing, expected, "{repository_name}: {shown:#?}");
}

#[test]
fn btp_manager_differs_from_the_migration_by_hand_where_that_has_reasons() {
    assert_differs_only_in("btp-manager", BTP);
}

#[test]
fn istio_differs_from_the_migration_by_hand_where_that_has_reasons() {
    assert_differs_only_in("istio", ISTIO);
}

#[test]
fn keda_manager_differs_from_the_migration_by_hand_where_that_has_reasons() {
    assert_differs_only_in("keda-manager", KEDA);
}
