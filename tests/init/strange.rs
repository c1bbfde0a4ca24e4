//! Repositories that are no module's, or somebody's attempt to write a workflow for others.

use std::fmt::Write as _;
use std::path::Path;

use crate::{checkout, init, jobs, run, text, texts, write};

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

/// What is said, where it ends without a workflow.
fn refused(folder: &Path, options: &[&str]) -> String {
    let output = run(folder, &[&["init", "--dry-run"], options].concat());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(text(&output.stdout), "");
    assert!(!said.contains("error[bug]"), "{said}");
    said
}

#[test]
fn folders_with_nothing_to_release_are_refused() {
    let cases: [&[(&str, &str)]; 3] = [
        &[],
        &[("README.md", "# nothing")],
        &[(".github/workflows/lint.yaml", "on: push\njobs: {}\n")],
    ];
    for files in cases {
        let folder = folder(files);
        assert!(refused(folder.path(), &[]).contains("nothing-to-release"));
        checkout(folder.path(), "https://example.com/a/b/c");
        assert!(refused(folder.path(), &[]).contains("nothing-to-release"));
    }
}

#[test]
fn a_dockerfile_alone_is_released_as_an_image() {
    let folder = folder(&[("Dockerfile", "FROM scratch")]);
    let (workflow, said) = init(folder.path(), &["--dry-run"]);
    assert!(workflow.contains("module: false"), "{workflow}");
    assert!(!workflow.contains("binary-image"), "{workflow}");
    assert!(said.contains("no E2E tests were found"), "{said}");
    assert!(said.contains("this is no git checkout"), "{said}");
}

#[test]
fn a_repository_without_a_dockerfile_is_released_without_an_image() {
    let folder = folder(&[("go.mod", "module a")]);
    checkout(folder.path(), "/srv/git/a.git");
    let (workflow, said) = init(folder.path(), &["--dry-run"]);
    assert!(workflow.contains("binary-image: none"), "{workflow}");
    assert!(workflow.contains("unit-test-command: \"go test ./...\""));
    assert!(said.contains("names no repository"), "{said}");
}

#[test]
fn of_two_dockerfiles_the_one_in_the_top_folder_or_the_managers_is_built() {
    let folder = folder(&[
        ("Makefile", "test:\n\ttrue\n"),
        ("images/proxy/Dockerfile", "FROM scratch"),
        ("images/operator/Dockerfile", "FROM scratch"),
    ]);
    let (workflow, said) = init(folder.path(), &["--dry-run"]);
    let dockerfile = "dockerfile: \"images/operator/Dockerfile\"";
    assert!(workflow.contains(dockerfile), "{workflow}");
    assert!(said.contains("images/proxy/Dockerfile"), "{said}");
    write(folder.path(), "Dockerfile", "FROM scratch");
    let (workflow, _) = init(folder.path(), &["--dry-run"]);
    assert!(!workflow.contains("dockerfile:"), "{workflow}");
}

#[test]
fn several_modules_in_one_repository_take_a_folder() {
    let files = [
        ("api/Dockerfile", "FROM scratch"),
        ("api/Makefile", "e2e-test:\n\ttrue\n"),
        ("worker/Dockerfile", "FROM scratch"),
    ];
    let folder = folder(&files);
    checkout(folder.path(), "https://github.com/a/b");
    let packed = format!(
        "{0} refs/tags/api/v1.4.0\n{0} refs/tags/v9.0.0\n",
        crate::COMMIT
    );
    write(folder.path(), ".git/packed-refs", &packed);
    let said = refused(folder.path(), &[]);
    assert!(
        said.contains("folder-unclear") && said.contains("`api`, `worker`"),
        "{said}"
    );
    let (typed, _) = init(folder.path(), &["--dry-run", "--directory", "./api/"]);
    for line in [
        "directory: \"api\"",
        "tag-format: \"api/v{version}\"",
        "such as v1.4.1",
    ] {
        assert!(typed.contains(line), "{line}\n{typed}");
    }
    let (below, _) = init(&folder.path().join("api"), &["--dry-run"]);
    assert_eq!(below, typed);
    for wrong in ["absent", "a b", "../api", "/etc"] {
        let said = refused(folder.path(), &["--directory", wrong]);
        assert!(
            said.contains("folder-unclear") || said.contains("path-outside"),
            "{said}"
        );
    }
}

#[test]
fn an_only_module_below_the_top_folder_is_found() {
    let folder = folder(&[("components/operator/Dockerfile", "FROM scratch")]);
    let (workflow, _) = init(folder.path(), &["--dry-run"]);
    assert!(
        workflow.contains("directory: \"components/operator\""),
        "{workflow}"
    );
}

#[test]
fn branches_and_images_of_elsewhere_are_said() {
    let folder = folder(&[
        ("Dockerfile", "FROM scratch"),
        (
            "Makefile",
            "IMG ?= registry.example/team/app:dev\ntest:\n\ttrue\n",
        ),
    ]);
    checkout(folder.path(), "https://github.example.com/a/b");
    write(
        folder.path(),
        ".git/refs/remotes/origin/HEAD",
        "ref: refs/remotes/origin/trunk\n",
    );
    let (workflow, said) = init(folder.path(), &["--dry-run"]);
    for line in [
        "guard-branch: \"trunk\"",
        "binary-image: \"registry.example/team/app\"",
        "REGISTRY_PASSWORD: ${{ secrets.REGISTRY_PASSWORD }}",
    ] {
        assert!(workflow.contains(line), "{line}\n{workflow}");
    }
    assert!(said.contains("a GitHub other than github.com"), "{said}");
}

/// Names that would be commands, expressions or YAML of their own, wherever a name can come from.
#[test]
fn hostile_names_do_not_reach_the_workflow() {
    const EVIL: &str = "${{ secrets.EVIL }}";
    let release = "name: \"evil\\n  x: ${{ secrets.EVIL }}\"\non:\n  workflow_dispatch: {inputs: {name: {required: true}, how: {default: '$(evil)'}}}\n\
        env: {REPO: \"evil' #\"}\njobs:\n  'evil: x':\n    uses: ./.github/workflows/evil-test.yaml\n  build:\n    \
        uses: kyma-project/test-infra/.github/workflows/image-builder.yml@main\n    with: {name: 'evil\"; $(evil)', dockerfile: '$(evil)'}\n  \
        e2e-test:\n    uses: ./.github/workflows/evil-test.yaml\n    secrets: {TOKEN: '${{ secrets.EVIL || evil }}'}\n    with: {mode: '${{ inputs.how }}', image: \"${{ env.REPO }}\\n  evil: true\"}\n  \
        publish:\n    environment: 'evil ${{ secrets.EVIL }}'\n    steps:\n      - run: |\n          make evil$(evil)-manifest\n          \
        gh release upload x 'evil file.yaml' $(evil).yaml ../evil.yaml -evil.yaml\n          gh release edit\n        env: {GITHUB_TOKEN: '${{ secrets.EVIL && evil }}'}\n";
    let branch = format!("ref: refs/remotes/origin/{EVIL}\n");
    let folder = folder(&[
        ("Dockerfile", "FROM scratch"),
        (
            "Makefile",
            "IMG ?= evil.example/$(evil)/x:1\nevil$(evil)-manifest:\n\ttrue > evil;evil.yaml\nevil;render:\n\ttrue\n",
        ),
        (".github/workflows/create.yaml", release),
        (
            ".github/workflows/evil-test.yaml",
            "on: {workflow_call: {secrets: {'EVIL: x': }}}\npermissions: {'evil: write': write}\njobs: {a: {}}\n",
        ),
        (".github/workflows/ev il.yaml", "on: release\n"),
        ("config/samples/evil\n: default-cr.yaml", "kind: A\n"),
        ("evil: x/Dockerfile", "FROM scratch"),
        (
            "module-config.yaml",
            "name: a.b/evil\nversion: '${{ evil }}'\nmanifest: '$(evil)'\n",
        ),
    ]);
    checkout(folder.path(), "https://github.com/a/b");
    write(folder.path(), ".git/refs/remotes/origin/HEAD", &branch);
    let (workflow, _) = init(folder.path(), &["--dry-run"]);
    for (id, job) in jobs(&workflow) {
        assert!(!id.contains("evil"), "{workflow}");
        let lists = [texts(&job["with"]), texts(&job["permissions"])].concat();
        for (name, value) in lists {
            assert!(!name.contains("evil"), "{workflow}");
            assert!(
                !value.contains("EVIL") && !value.contains("$(evil"),
                "{name}: {value}"
            );
        }
    }
    assert!(!workflow.contains("secrets.EVIL"), "{workflow}");
}

#[test]
fn broken_and_huge_files_end_in_an_answer() {
    let mut deep = String::new();
    for level in 0..2000 {
        let _ = writeln!(deep, "{}a:", " ".repeat(level % 200));
    }
    let many = "a b c: d e f\n".repeat(20_000);
    let circle = "on: {workflow_dispatch: }\njobs:\n  build: {uses: ./.github/workflows/a.yaml}\n  x: {steps: [{run: gh release create}]}\n";
    let folder = folder(&[
        ("Makefile", &many),
        (".github/workflows/a.yaml", circle),
        (".github/workflows/b.yaml", &deep),
        (".github/workflows/c.yaml", "a: &a [*a, *a]"),
        (".github/workflows/d.yaml", "\u{0}"),
        (".github/workflows/e.yaml", "[]"),
        ("module-config.yaml", "{{{"),
        (".git", "gitdir: /nowhere"),
    ]);
    let (workflow, said) = init(folder.path(), &["--dry-run"]);
    assert!(!jobs(&workflow).is_empty());
    assert!(said.contains("cannot be read as YAML"), "{said}");
    assert!(!said.contains("error["), "{said}");
}
