//! The house is kept: who may import whom, where side effects live, how long a file may be.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read fails the test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every room of `src/`, and the rooms that it may name. `ARCHITECTURE.md` says why.
const ARROWS: [(&str, &[&str]); 14] = [
    ("main", &["app"]),
    (
        "app",
        &[
            "adapters",
            "cli",
            "commands",
            "domain",
            "engine",
            "protocol",
            "rehearsal",
            "report",
            "settings",
        ],
    ),
    ("cli", &["domain"]),
    (
        "settings",
        &["cli", "commands", "domain", "phases", "plan", "protocol"],
    ),
    ("domain", &[]),
    ("plan", &["domain"]),
    ("protocol", &["domain"]),
    ("release", &["domain", "plan", "protocol"]),
    ("phases", &["domain", "plan", "protocol", "release"]),
    ("engine", &["domain", "protocol"]),
    (
        "commands",
        &["domain", "plan", "protocol", "release", "report"],
    ),
    ("adapters", &["domain", "protocol"]),
    ("report", &["domain", "engine", "plan", "protocol"]),
    (
        "rehearsal",
        &["adapters", "domain", "plan", "protocol", "settings"],
    ),
];

/// What reaches outside, and the rooms that may name it.
const EFFECTS: [(&str, &[&str]); 11] = [
    ("tokio::", &["main", "adapters", "rehearsal"]),
    ("reqwest", &["adapters"]),
    ("octocrab", &["adapters"]),
    ("oci_client", &["adapters"]),
    ("std::env", &["main", "app", "rehearsal"]),
    ("std::fs", &["app", "adapters", "rehearsal"]),
    ("std::process", &["main", "app", "rehearsal"]),
    ("Instant::now", &["adapters"]),
    ("SystemTime::now", &["adapters"]),
    ("stderr()", &["app", "rehearsal"]),
    (
        "Writer",
        &["app", "engine", "ports", "adapters", "rehearsal"],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn rust_files(folder: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                files.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!files.is_empty(), "{folder} has no Rust files");
    files
}

/// The part of `src/` that a file belongs to.
fn room(path: &Path) -> String {
    let below = path.strip_prefix("src").unwrap();
    let first = below.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file, without its comments and without its tests.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    matches!(&*name, "tests" | "examples" | "fixtures") || path.iter().any(|part| part == "tests")
}

fn named_rooms(text: &str, prefix: &str) -> BTreeSet<String> {
    text.match_indices(prefix)
        .map(|(at, _)| {
            let rest = &text[at + prefix.len()..];
            rest.split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap()
                .to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

#[test]
fn imports_follow_the_arrows() {
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src")
        .into_iter()
        .filter(|(path, _)| !path.ends_with("lib.rs") && !is_test_file(path))
    {
        let here = room(&path);
        let (_, allowed) = ARROWS
            .iter()
            .find(|(room, _)| *room == here)
            .unwrap_or_else(|| panic!("{here} is no room"));
        let code = code(&text);
        let named = named_rooms(&code, "crate::")
            .into_iter()
            .chain(named_rooms(&code, "btp_release::"));
        for other in named.filter(|other| rooms.contains(other.as_str()) && *other != here) {
            if !allowed.contains(&other.as_str()) {
                wrong.push(format!("{}: {here} names {other}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn phases_do_not_name_each_other() {
    let phases = [
        "plan",
        "draft",
        "upload",
        "await_artifacts",
        "fetch_module",
        "publish",
        "discard",
        "build_module",
    ];
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src/phases") {
        let code = code(&text);
        for name in phases
            .iter()
            .filter(|name| code.contains(&format!("super::{name}::")))
        {
            wrong.push(format!("{} names {name}", path.display()));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn effects_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src")
        .into_iter()
        .filter(|(path, _)| !is_test_file(path))
    {
        let here = room(&path);
        let code = code(&text);
        for (effect, rooms) in EFFECTS {
            if code.contains(effect) && !rooms.contains(&here.as_str()) {
                wrong.push(format!("{}: {effect} in {here}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for folder in ["src", "crates", "tests"] {
        for (path, text) in rust_files(folder) {
            let lines = text.lines().count();
            if lines > 500 {
                wrong.push(format!("{}: {lines} lines", path.display()));
            }
            if !text.starts_with("//! ") {
                wrong.push(format!("{}: does not begin with //!", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn the_stand_ins_know_nothing_of_us() {
    let manifest = fs::read_to_string(root().join("crates/stand-ins/Cargo.toml")).unwrap();
    assert!(!manifest.contains("btp-release-action = "));
    for (path, text) in rust_files("crates/stand-ins") {
        assert!(!text.contains("btp_release"), "{}", path.display());
    }
}
