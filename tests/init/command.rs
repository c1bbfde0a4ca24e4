//! What the command writes, prints and refuses.

use std::fs;

use crate::{OUTPUT, init, repository, run, text, write};

#[test]
fn existing_files_are_never_overwritten() {
    let folder = repository("keda-manager");
    write(folder.path(), OUTPUT, "mine");
    let output = run(folder.path(), &["init"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("file-exists"), "{said}");
    assert!(said.contains("--output FILE"), "{said}");
    let mine = fs::read_to_string(folder.path().join(OUTPUT)).unwrap();
    assert_eq!(mine, "mine");
    let (printed, _) = init(folder.path(), &["--dry-run"]);
    let other = ".github/workflows/other.yaml";
    let output = run(folder.path(), &["init", "--output", other]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join(other)).unwrap();
    assert_eq!(written, printed);
    let output = run(folder.path(), &["init", "--output", other]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    let folder = repository("warden");
    let (printed, said) = init(folder.path(), &["--dry-run"]);
    assert!(printed.starts_with("# "), "{printed}");
    assert!(said.contains("nothing was written"), "{said}");
    assert!(!folder.path().join(OUTPUT).exists());
    let both = run(folder.path(), &["init", "--dry-run", "--output", "x"]);
    assert_eq!(both.status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links_that_leave_the_repository() {
    use std::os::unix::fs::symlink;
    let outside = tempfile::tempdir().unwrap();
    let folder = repository("infrastructure-manager");
    symlink(outside.path(), folder.path().join("elsewhere")).unwrap();
    symlink("/nowhere/at/all", folder.path().join("dangling.yaml")).unwrap();
    for (output, code) in [
        ("elsewhere/release.yaml", "path-outside"),
        ("elsewhere/a/release.yaml", "path-outside"),
        ("../release.yaml", "path-outside"),
        ("/tmp/release-of-nobody.yaml", "path-outside"),
        ("dangling.yaml", "file-exists"),
        ("", "input-missing"),
        ("Makefile/release.yaml", "file-unwritable"),
    ] {
        let refused = run(folder.path(), &["init", "--output", output]);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{output}: {said}");
        assert!(said.contains(code), "{output}: {said}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn it_can_be_started_below_the_top_folder() {
    let folder = repository("keda-manager");
    let below = folder.path().join("config/samples");
    let output = run(&below, &["init"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let written = fs::read_to_string(folder.path().join(OUTPUT)).unwrap();
    assert!(!written.contains("directory:"), "{written}");
}
