//! Which commands test what is released.

use super::document::JobInput;
use super::facts::RepositoryFacts;

/// The targets of unit tests and of E2E tests, the more likely one first.
const UNIT_TESTS: [&str; 4] = ["test", "unit-test", "unit-tests", "test-unit"];
const E2E_TESTS: [&str; 8] = [
    "e2e-test",
    "test-e2e",
    "e2e-tests",
    "e2e",
    "integration-test",
    "integration-tests",
    "test-integration",
    "run-integration-tests",
];

/// The command of tests, and why it is this one.
pub(super) struct TestCommand {
    pub(super) command: String,
    pub(super) why: String,
    /// Whether there is something that it runs.
    pub(super) exists: bool,
}

pub(super) fn unit_tests(facts: &RepositoryFacts<'_>) -> TestCommand {
    let makefile = facts.makefile.as_ref();
    let target = makefile.and_then(|makefile| makefile.first_of(&UNIT_TESTS));
    let (command, why, exists) = match target {
        Some(target) => (format!("make {target}"), "the unit tests", true),
        None if facts.has_go => (
            "go test ./...".to_owned(),
            "the unit tests; no target of a Makefile runs them",
            true,
        ),
        None => (
            "make test".to_owned(),
            "write this target: no unit tests were found",
            false,
        ),
    };
    TestCommand {
        command,
        why: why.to_owned(),
        exists,
    }
}

pub(super) fn e2e_tests(facts: &RepositoryFacts<'_>) -> TestCommand {
    let makefile = facts.makefile.as_ref();
    let found = makefile.and_then(|makefile| Some((makefile, makefile.first_of(&E2E_TESTS)?)));
    match found {
        Some((makefile, target)) => TestCommand {
            command: makefile.test_command(target),
            why: "runs beside a cluster; BINARY_IMAGE is the image by digest".to_owned(),
            exists: true,
        },
        None => TestCommand {
            command: "make e2e-test".to_owned(),
            why: "write this target: no E2E tests were found".to_owned(),
            exists: false,
        },
    }
}

/// Keeps a release from being published while tests are missing: those of today that stay behind, and kinds of which there are none.
pub(super) fn hold_back(facts: &RepositoryFacts<'_>, no_tests: &[&str]) -> Option<JobInput> {
    let left = facts.jobs.left_tests.iter().map(|(id, _)| id.as_str());
    let missing: Vec<&str> = left.chain(no_tests.iter().copied()).collect();
    if missing.is_empty() {
        return None;
    }
    let missing = missing.join(", ");
    let why = format!(
        "a draft is left to a person: take this out once the missing tests are jobs here ({missing})"
    );
    Some(JobInput::flag("publish", false, why))
}
