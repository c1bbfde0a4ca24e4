//! Checkouts in every form that git makes, and such as it never makes.

use std::fs;
use std::path::Path;

use super::*;
use crate::domain::GitHubHost;

const FIRST: &str = "1111111111111111111111111111111111111111";
const SECOND: &str = "2222222222222222222222222222222222222222";
const CONFIG: &str =
    "[core]\n\tbare = false\n[remote \"origin\"]\n\turl = git@github.com:a/b.git\n";

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A repository with a branch at the first commit.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), ".git/config", CONFIG);
    write(folder.path(), ".git/HEAD", "ref: refs/heads/main\n");
    write(folder.path(), ".git/refs/heads/main", &format!("{FIRST}\n"));
    folder
}

fn head(folder: &Path) -> (Option<String>, Option<String>) {
    let head = Checkout::around(folder).unwrap().head();
    (head.commit.map(|commit| commit.to_string()), head.branch)
}

fn at(commit: &str, branch: Option<&str>) -> (Option<String>, Option<String>) {
    (Some(commit.into()), branch.map(Into::into))
}

fn origin(folder: &Path) -> Option<String> {
    let remote = Checkout::around(folder)?.origin(&[])?;
    Some(format!("{}/{}", remote.host, remote.repository))
}

#[test]
fn checkout_is_found_from_any_folder_in_it() {
    let folder = repository();
    let below = folder.path().join("config/default");
    fs::create_dir_all(&below).unwrap();
    for place in [folder.path(), &below] {
        assert_eq!(head(place), at(FIRST, Some("main")));
        assert_eq!(origin(place).as_deref(), Some("github.com/a/b"));
        assert_eq!(Checkout::around(place).unwrap().root(), folder.path());
    }
}

#[test]
fn head_is_read_from_branches_packed_references_and_commits() {
    let folder = repository();
    let packed = format!(
        "# pack-refs with: peeled fully-peeled sorted \n{SECOND} refs/heads/other\n{FIRST} refs/heads/packed\n{SECOND} refs/tags/v1\n^{FIRST}\n"
    );
    write(folder.path(), ".git/packed-refs", &packed);
    for (text, wanted) in [
        ("ref: refs/heads/main\n", at(FIRST, Some("main"))),
        ("ref:refs/heads/packed", at(FIRST, Some("packed"))),
        ("ref: refs/heads/other\r\n", at(SECOND, Some("other"))),
        (
            "2222222222222222222222222222222222222222\n",
            at(SECOND, None),
        ),
        ("ref: refs/tags/v1\n", at(SECOND, None)),
        ("ref: refs/heads/unborn\n", (None, Some("unborn".into()))),
        // References in tables, which only git reads.
        ("ref: refs/heads/.invalid\n", (None, None)),
        ("", (None, None)),
        ("2222\n", (None, None)),
    ] {
        write(folder.path(), ".git/HEAD", text);
        assert_eq!(head(folder.path()), wanted, "{text}");
    }
    // A loose reference is newer than a packed one.
    write(folder.path(), ".git/HEAD", "ref: refs/heads/packed\n");
    write(folder.path(), ".git/refs/heads/packed", SECOND);
    assert_eq!(head(folder.path()), at(SECOND, Some("packed")));
}

#[test]
fn linked_worktree_has_its_own_head_and_the_common_references() {
    let main = repository();
    write(main.path(), ".git/refs/heads/feature/x", SECOND);
    write(
        main.path(),
        ".git/worktrees/x/HEAD",
        "ref: refs/heads/feature/x\n",
    );
    write(main.path(), ".git/worktrees/x/commondir", "../..\n");
    let linked = tempfile::tempdir().unwrap();
    let target = main.path().join(".git/worktrees/x");
    let line = format!("gitdir: {}\n", target.display());
    write(linked.path(), ".git", &line);
    assert_eq!(head(linked.path()), at(SECOND, Some("feature/x")));
    assert_eq!(origin(linked.path()).as_deref(), Some("github.com/a/b"));
}

#[test]
fn submodule_is_a_repository_of_its_own() {
    let outer = repository();
    let inner = CONFIG.replace("a/b", "c/d");
    write(outer.path(), ".git/modules/sub/config", &inner);
    write(outer.path(), ".git/modules/sub/HEAD", SECOND);
    write(outer.path(), "sub/.git", "gitdir: ../.git/modules/sub\n");
    let sub = outer.path().join("sub");
    assert_eq!(head(&sub), at(SECOND, None));
    assert_eq!(origin(&sub).as_deref(), Some("github.com/c/d"));
}

#[test]
fn personal_configuration_replaces_the_beginning_of_an_address() {
    let folder = repository();
    write(
        folder.path(),
        ".git/config",
        "[remote \"origin\"]\nurl = gh:a/b\n",
    );
    let personal = folder.path().join("gitconfig");
    write(
        folder.path(),
        "gitconfig",
        "[url \"https://github.com/\"]\ninsteadOf = gh:\n",
    );
    let checkout = Checkout::around(folder.path()).unwrap();
    let remote = checkout
        .origin(&[folder.path().join("absent"), personal])
        .unwrap();
    assert_eq!(remote.host, GitHubHost::dot_com());
    // Without it, `gh` is the name of a host that is no GitHub's.
    assert_eq!(checkout.origin(&[]).unwrap().host.as_str(), "gh");
}

#[test]
fn references_outside_of_the_repository_are_not_read() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("checkout");
    write(&folder, ".git/config", CONFIG);
    write(place.path(), "outside", SECOND);
    write(&folder, ".git/secret", SECOND);
    for name in [
        "../../outside",
        "refs/../secret",
        "refs/../../../outside",
        "/etc/hostname",
        "refs//secret",
        "refs/heads/a b",
        "secret",
        "config",
    ] {
        write(&folder, ".git/HEAD", &format!("ref: {name}\n"));
        assert_eq!(head(&folder).0, None, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_in_place_of_files_are_not_read() {
    use std::os::unix::fs::symlink;
    let folder = repository();
    let git = folder.path().join(".git");
    fs::write(folder.path().join("secret"), SECOND).unwrap();
    fs::remove_file(git.join("refs/heads/main")).unwrap();
    symlink(folder.path().join("secret"), git.join("refs/heads/main")).unwrap();
    assert_eq!(head(folder.path()).0, None);
    fs::remove_file(git.join("HEAD")).unwrap();
    let pipe = std::process::Command::new("mkfifo")
        .arg(git.join("HEAD"))
        .status();
    assert!(pipe.unwrap().success());
    assert_eq!(head(folder.path()), (None, None));
    fs::remove_file(git.join("config")).unwrap();
    fs::create_dir(git.join("config")).unwrap();
    assert!(Checkout::around(folder.path()).is_none());
}

#[test]
fn loops_and_endless_chains_end() {
    let folder = repository();
    write(
        folder.path(),
        ".git/refs/heads/main",
        "ref: refs/heads/main\n",
    );
    assert_eq!(head(folder.path()).0, None);
    for link in 0..10 {
        let text = format!("ref: refs/heads/{}\n", link + 1);
        write(folder.path(), &format!(".git/refs/heads/{link}"), &text);
    }
    write(folder.path(), ".git/HEAD", "ref: refs/heads/0\n");
    assert_eq!(head(folder.path()).0, None);
    // A file that leads to itself, or nowhere.
    let other = tempfile::tempdir().unwrap();
    for line in [
        "gitdir: .git",
        "gitdir: absent",
        "gitdir:",
        "no",
        "gitdir: /dev/zero",
    ] {
        write(other.path(), ".git", line);
        assert!(Checkout::around(other.path()).is_none(), "{line}");
    }
}

#[test]
fn large_files_are_not_read() {
    let folder = repository();
    let large = |limit: u64| " ".repeat(usize::try_from(limit).unwrap());
    write(
        folder.path(),
        ".git/refs/heads/main",
        &format!("{FIRST}{}", large(LINE_LIMIT)),
    );
    assert_eq!(head(folder.path()).0, None);
    write(
        folder.path(),
        ".git/HEAD",
        &format!("{FIRST}\n{}", large(LINE_LIMIT)),
    );
    assert_eq!(head(folder.path()).0, None);
    write(
        folder.path(),
        ".git/config",
        &format!("{CONFIG}{}", large(CONFIG_LIMIT)),
    );
    assert!(Checkout::around(folder.path()).is_none());
}

#[tokio::test]
async fn git_is_not_asked_where_the_repository_names_programs() {
    for section in [
        "[filter \"x\"]\n",
        "[include]\n",
        "[includeIf \"gitdir:/\"]\n",
        "[extensions]\nworktreeConfig = true\n",
    ] {
        let folder = repository();
        let config = format!("{CONFIG}{section}");
        write(folder.path(), ".git/config", &config);
        let checkout = Checkout::around(folder.path()).unwrap();
        let programs = Programs::in_path("/usr/local/bin:/usr/bin:/bin");
        assert_eq!(
            checkout.uncommitted(&programs).await,
            Uncommitted::Unknown,
            "{section}"
        );
    }
}
