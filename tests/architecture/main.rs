//! Checks the layout of the code: which module may import which, where side effects are, how long a file may be.
//!
//! A top-level module is a folder or a file right below `src/`. Imports are read from the syntax, and followed through
//! `pub use`: an import of a re-exported type counts as an import of the module that defines it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a file that cannot be read or parsed fails the test"
)]

mod imports;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::{Module, parse};

/// Every module of `src/`, and the modules and libraries that it may import. `ARCHITECTURE.md` gives the reasons.
const ARROWS: [(&str, &[&str]); 15] = [
    ("main", &["app"]),
    (
        "app",
        &[
            "adapters",
            "cli",
            "commands",
            "domain",
            "engine",
            "init",
            "protocol",
            "rehearsal",
            "report",
            "settings",
        ],
    ),
    ("cli", &["domain"]),
    (
        "settings",
        &[
            "cli",
            "commands",
            "domain",
            "ocm_module",
            "phases",
            "plan",
            "protocol",
        ],
    ),
    ("domain", &["ocm_module"]),
    ("init", &["domain", "ocm_module"]),
    ("plan", &["domain"]),
    ("protocol", &["domain", "plan"]),
    ("release", &["domain", "ocm_module", "plan", "protocol"]),
    (
        "phases",
        &["domain", "ocm_module", "plan", "protocol", "release"],
    ),
    ("engine", &["domain", "protocol"]),
    (
        "commands",
        &[
            "domain",
            "ocm_module",
            "plan",
            "protocol",
            "release",
            "report",
        ],
    ),
    ("adapters", &["domain", "ocm_module", "protocol"]),
    ("report", &["domain", "engine", "plan", "protocol"]),
    (
        "rehearsal",
        &[
            "adapters",
            "domain",
            "ocm_module",
            "plan",
            "protocol",
            "settings",
        ],
    ),
];

/// The libraries with side effects, and the modules that may import them.
const EFFECTS: [(&str, &[&str]); 11] = [
    ("tokio::", &["main", "adapters", "rehearsal"]),
    ("reqwest", &["adapters"]),
    ("octocrab", &["adapters"]),
    ("oci_client", &["adapters"]),
    ("std::env", &["main", "app", "rehearsal"]),
    ("std::fs", &["app", "adapters", "rehearsal"]),
    ("std::process", &["main", "app", "adapters", "rehearsal"]),
    ("Instant::now", &["adapters"]),
    ("SystemTime::now", &["adapters"]),
    ("stderr()", &["app", "rehearsal"]),
    (
        "Writer<",
        &["app", "engine", "protocol", "adapters", "rehearsal"],
    ),
];

/// The largest part of all lines of code that one folder may hold, in percent.
const LARGEST_SHARE: usize = 20;

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

fn is_test_file(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_string_lossy();
    matches!(&*name, "tests" | "examples" | "fixtures") || path.iter().any(|part| part == "tests")
}

/// The modules of a crate, without those of tests.
fn modules(folder: &str, this_crate: &str) -> Vec<Module> {
    rust_files(folder)
        .into_iter()
        .filter(|(path, _)| !is_test_file(path) && !path.ends_with("lib.rs"))
        .map(|(path, text)| parse(path.strip_prefix(folder).unwrap(), &text, this_crate))
        .collect()
}

/// The imports of each module, with the file that has them.
fn arrows(modules: &[Module]) -> BTreeSet<(String, String, String)> {
    let passed_on = imports::re_exports(modules);
    let mut arrows = BTreeSet::new();
    for module in modules {
        for path in &module.names {
            for target in imports::origins(path, &passed_on) {
                if target != module.room() {
                    arrows.insert((module.room(), target, module.file.clone()));
                }
            }
        }
    }
    arrows
}

#[test]
fn modules_import_only_what_is_allowed() {
    let rooms: BTreeSet<&str> = ARROWS.iter().map(|(room, _)| *room).collect();
    let known = |target: &String| rooms.contains(target.as_str()) || target == "ocm_module";
    let mut wrong = Vec::new();
    for (from, to, file) in arrows(&modules("src", "btp_release")) {
        let allowed = ARROWS.iter().find(|(room, _)| *room == from);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{from} is no room"));
        if known(&to) && !allowed.contains(&to.as_str()) {
            wrong.push(format!("{file}: {from} names {to}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn re_exported_imports_are_found() {
    let module = |file: &str, text: &str| parse(Path::new(file), text, "btp_release");
    let modules = [
        module(
            "b/mod.rs",
            "pub use crate::c::{Thing, other::Deep as Renamed};",
        ),
        module(
            "a.rs",
            "use crate::b::{Thing, Renamed}; fn f() { crate::d::g() }",
        ),
        module(
            "c.rs",
            "use super::d; #[cfg(test)] mod tests { use crate::e; }",
        ),
    ];
    let found: Vec<_> = arrows(&modules)
        .into_iter()
        .map(|(from, to, _)| format!("{from} {to}"))
        .collect();
    assert_eq!(found, ["a b", "a c", "a d", "b c", "c d"]);
}

#[test]
fn modules_have_no_circular_dependencies() {
    for (folder, this_crate) in [
        ("src", "btp_release"),
        ("crates/ocm-module/src", "ocm_module"),
        ("crates/stand-ins/src", "stand_ins"),
    ] {
        let circles = imports::circles(&modules(folder, this_crate));
        assert_eq!(circles, [""; 0], "in {folder}");
    }
}

#[test]
fn phases_do_not_import_each_other() {
    let mut phases = BTreeSet::new();
    let modules = modules("src", "btp_release");
    for module in &modules {
        if let [room, phase, ..] = module.path.as_slice()
            && room == "phases"
        {
            phases.insert(phase.clone());
        }
    }
    assert_eq!(phases.len(), btp_release::protocol::PhaseId::ALL.len());
    let mut wrong = Vec::new();
    for module in modules.iter().filter(|m| m.room() == "phases") {
        let Some(own) = module.path.get(1) else {
            continue;
        };
        for path in &module.names {
            if let [room, other, ..] = path.as_slice()
                && room == "phases"
                && other != own
                && phases.contains(other)
            {
                wrong.push(format!("{}: names {other}", module.file));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn side_effects_stay_in_their_modules() {
    let mut wrong = Vec::new();
    for (path, text) in rust_files("src")
        .into_iter()
        .filter(|(path, _)| !is_test_file(path))
    {
        let room = parse(path.strip_prefix("src").unwrap(), &text, "btp_release").room();
        let code = imports::code(&text);
        for (effect, rooms) in EFFECTS {
            if code.contains(effect) && !rooms.contains(&room.as_str()) {
                wrong.push(format!("{}: {effect} in {room}", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn folder_sizes_are_limited() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let mut all = 0;
    for source in ["src", "crates/ocm-module/src", "crates/stand-ins/src"] {
        for (path, text) in rust_files(source) {
            if is_test_file(&path) {
                continue;
            }
            let count = imports::code(&text).lines().count();
            all += count;
            let below = path.strip_prefix(source).unwrap().parent().unwrap();
            // Adapters, and the parts of a stand-in, are independent of each other.
            let deep = below.starts_with("adapters") || source.contains("stand-ins");
            let depth = if deep { 2 } else { 1 };
            let folder: PathBuf =
                Path::new(source).join(below.iter().take(depth).collect::<PathBuf>());
            *lines.entry(folder.display().to_string()).or_default() += count;
        }
    }
    let limit = all * LARGEST_SHARE / 100;
    let too_large: Vec<_> = lines.iter().filter(|(_, lines)| **lines > limit).collect();
    assert!(too_large.is_empty(), "of {all} lines: {too_large:?}");
}

#[test]
fn files_are_short_and_have_module_docs() {
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
            if path.with_extension("").is_dir() {
                wrong.push(format!("{}: is beside its folder", path.display()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// A type name is unique, so that a search finds one definition.
#[test]
fn type_names_are_unique() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in ["src", "crates/ocm-module/src", "crates/stand-ins/src"] {
        for (path, text) in rust_files(folder) {
            if !is_test_file(&path) {
                for name in imports::types(&text) {
                    places
                        .entry(name)
                        .or_default()
                        .push(path.display().to_string());
                }
            }
        }
    }
    // The application's diagnostics extend the library's by further codes.
    places.remove("Diagnostic");
    places.retain(|_, places| places.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

#[test]
fn libraries_do_not_depend_on_the_application() {
    for name in ["ocm-module", "stand-ins"] {
        let folder = format!("crates/{name}");
        let manifest = fs::read_to_string(root().join(&folder).join("Cargo.toml")).unwrap();
        assert!(!manifest.contains("btp-release-action = "), "{name}");
        for (path, text) in rust_files(&folder) {
            assert!(!text.contains("btp_release::"), "{}", path.display());
        }
    }
}
