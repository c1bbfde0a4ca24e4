//! The whole workflow and the whole summary for each shape, and that linters and the program itself take them.

use std::fs;
use std::process::Command;

use crate::{OUTPUT, REPOSITORIES, init, repository, root, run, text, write};

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the test"
)]
fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok()
}

/// Compares a text with a file; writes it where that is asked for.
fn assert_expected(file: &str, text: &str) {
    let path = root().join("tests/init/expected").join(file);
    if is_set("UPDATE_INIT") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{file} differs: UPDATE_INIT=1 cargo test --test init\n{text}"
    );
}

#[test]
fn repositories_of_today_get_the_workflow_that_fits() {
    for name in REPOSITORIES {
        let folder = repository(name);
        let (workflow, said) = init(folder.path(), &[]);
        assert_expected(&format!("{name}.yaml"), &workflow);
        assert_expected(&format!("{name}.txt"), &said);
        let again = init(folder.path(), &["--dry-run"]).0;
        assert_eq!(again, workflow, "{name}: the same when it is run again");
    }
}

#[test]
fn what_todays_release_does_beside_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let release = "on: {workflow_dispatch: {inputs: {version: {required: true}, dry-run: {type: boolean}, credentials: {default: real}}}}\n\
                   jobs:\n  bump-scanners: {runs-on: x, steps: [{run: git push}]}\n  create-draft: {runs-on: x, steps: [{run: gh release create}]}\n";
    write(folder.path(), ".github/workflows/create.yaml", release);
    write(folder.path(), "Dockerfile", "FROM scratch\n");
    let said = init(folder.path(), &["--dry-run"]).1;
    for text in [
        "nobody needs the inputs `credentials`, `dry-run` of today: they are left out",
        "`bump-scanners` commits the version: the input `bump` opens that as a pull request before anything is built",
    ] {
        assert!(said.contains(text), "no {text:?} in\n{said}");
    }
}

/// What the example says by hand is what is found, apart from what is said in more words.
#[test]
fn example_gets_what_its_own_workflow_says() {
    let folder = tempfile::tempdir().unwrap();
    let example = root().join("examples/module");
    for file in ["Dockerfile", "Makefile"] {
        fs::copy(example.join(file), folder.path().join(file)).unwrap();
    }
    fs::create_dir(folder.path().join("config")).unwrap();
    for file in ["crd.yaml", "default-cr.yaml", "deployment.yaml"] {
        fs::copy(
            example.join("config").join(file),
            folder.path().join("config").join(file),
        )
        .unwrap();
    }
    let (workflow, said) = init(folder.path(), &[]);
    for line in [
        "uses: kyma-project/btp-release-action/.github/workflows/create-release.yaml@v1",
        "version-policy: increment",
        "render-command: \"make render\"",
        "default-cr: \"config/default-cr.yaml\"",
        "unit-test-command: \"make test\"",
        "e2e-command: \"make e2e-test\"",
    ] {
        assert!(workflow.contains(line), "{line}\n{workflow}");
    }
    assert!(said.contains("this is no git checkout"), "{said}");
    assert!(!said.contains("write the target"), "{said}");
}

/// actionlint with the workflows that are called, and zizmor without any configuration; CI has both.
#[test]
fn linters_take_every_workflow() {
    for (program, options) in [
        ("actionlint", vec![OUTPUT]),
        ("zizmor", vec!["--quiet", "--offline", OUTPUT]),
    ] {
        if Command::new(program).arg("--version").output().is_err() {
            assert!(!is_set("CI"), "{program} is not installed");
            continue;
        }
        for name in REPOSITORIES {
            let folder = repository(name);
            let (workflow, _) = init(folder.path(), &[]);
            let mut linter = Command::new(program);
            let said = linter.args(&options).current_dir(folder.path());
            let said = said.output().unwrap();
            let shown = [text(&said.stdout), text(&said.stderr)].concat();
            assert!(said.status.success(), "{name}: {shown}\n{workflow}");
        }
    }
}

/// What was written is what a rehearsal reads and releases.
#[test]
fn rehearsals_release_with_what_was_written() {
    for name in ["keda-manager", "istio"] {
        let folder = repository(name);
        init(folder.path(), &[]);
        let output = run(folder.path(), &["rehearse", "9.9.9", "--workflow", OUTPUT]);
        let said = [text(&output.stdout), text(&output.stderr)].concat();
        assert_eq!(output.status.code(), Some(0), "{name}: {said}");
        assert!(said.contains("9.9.9 is published"), "{name}: {said}");
        assert!(
            said.contains(&format!("{name}.yaml")) || name == "istio",
            "{said}"
        );
    }
}
