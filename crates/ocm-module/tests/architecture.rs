//! The dependencies between the crate's modules: which folder below `src/` may import which, re-exports included.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

/// Every module, and the modules that it may import: only those listed before it, so that there is no cycle.
///
/// All modules may import the diagnostics of the crate's root.
const ROOMS: [(&str, &[&str]); 11] = [
    ("values", &[]),
    ("archive", &["values"]),
    ("yaml", &["values"]),
    ("rules", &["values"]),
    ("oci", &["values"]),
    ("config", &["oci", "rules", "values", "yaml"]),
    ("raw_manifest", &["oci", "values", "yaml"]),
    ("descriptor", &["archive", "oci", "values", "yaml"]),
    (
        "read",
        &[
            "archive",
            "descriptor",
            "oci",
            "raw_manifest",
            "rules",
            "values",
            "yaml",
        ],
    ),
    (
        "build",
        &[
            "archive",
            "config",
            "descriptor",
            "oci",
            "raw_manifest",
            "rules",
            "values",
            "yaml",
        ],
    ),
    ("submission", &["config", "oci", "rules", "values", "yaml"]),
];

/// The largest share of the crate's code lines that one module may have, in percent.
const LARGEST_SHARE: usize = 33;

/// A file of the crate, as a module path below the root: `archive`, `unpack`.
struct SourceFile {
    path: PathBuf,
    module: Vec<String>,
    text: String,
}

impl SourceFile {
    fn room(&self) -> &str {
        &self.module[0]
    }

    /// The paths that the file's code names, each from the root of the crate on.
    fn named_paths(&self) -> BTreeSet<Vec<String>> {
        let tokens: TokenStream = self.text.parse().unwrap();
        let mut found = BTreeSet::new();
        paths_in(tokens, &self.module, &mut found);
        found
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The files of all modules, without those that hold tests only.
fn source_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(source()).unwrap().with_extension("");
                let parts = below.iter().map(|part| part.to_string_lossy().into_owned());
                let module: Vec<String> = parts.filter(|part| part != "mod").collect();
                let is_room = ROOMS.iter().any(|(room, _)| *room == module[0]);
                if is_room && module.last().is_some_and(|last| last != "tests") {
                    let text = fs::read_to_string(&path).unwrap();
                    files.push(SourceFile { path, module, text });
                }
            }
        }
    }
    assert!(!files.is_empty());
    files
}

/// Collects what follows `crate::` or enough `super::`; what `#[cfg(test)]` stands before is left out.
fn paths_in(tokens: TokenStream, module: &[String], found: &mut BTreeSet<Vec<String>>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if is_cfg_test(&tokens, at) {
            let is_end = |token: &TokenTree| match token {
                TokenTree::Group(group) => group.to_string().starts_with('{'),
                other => other.to_string() == ";",
            };
            at += tokens[at..].iter().position(is_end).unwrap() + 1;
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if *word == "crate" => {
                collect(&tokens[at + 1..], &[], found);
            }
            TokenTree::Ident(word) if *word == "super" && !follows_super(&tokens, at) => {
                let supers = tokens[at..]
                    .chunks(3)
                    .take_while(|step| step[0].to_string() == "super")
                    .count();
                let base = &module[..module.len().saturating_sub(supers)];
                collect(&tokens[at + 1 + (supers - 1) * 3..], base, found);
            }
            TokenTree::Group(group) => paths_in(group.stream(), module, found),
            _ => {}
        }
        at += 1;
    }
}

fn is_cfg_test(tokens: &[TokenTree], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map(ToString::to_string).unwrap_or_default();
    text(at) == "#" && text(at + 1).replace(' ', "") == "[cfg(test)]"
}

fn follows_super(tokens: &[TokenTree], at: usize) -> bool {
    at >= 3 && tokens[at - 3].to_string() == "super" && tokens[at - 1].to_string() == ":"
}

/// The paths after `base`: `::name::…` or `::{name, other::…}`.
fn collect(tokens: &[TokenTree], base: &[String], found: &mut BTreeSet<Vec<String>>) {
    let [first, second, next, rest @ ..] = tokens else {
        return;
    };
    if first.to_string() != ":" || second.to_string() != ":" {
        found.insert(base.to_vec());
        return;
    }
    match next {
        TokenTree::Ident(name) => {
            let path = [base, &[name.to_string()]].concat();
            found.insert(path.clone());
            collect(rest, &path, found);
        }
        TokenTree::Group(group) => {
            let items: Vec<TokenTree> = group.stream().into_iter().collect();
            for item in items.split(|token| token.to_string() == ",") {
                if let [TokenTree::Ident(name), rest @ ..] = item {
                    let path = [base, &[name.to_string()]].concat();
                    found.insert(path.clone());
                    collect(rest, &path, found);
                }
            }
        }
        _ => {}
    }
}

/// The modules that a file imports, its own excluded.
fn rooms_named(file: &SourceFile) -> BTreeSet<String> {
    let paths = file.named_paths().into_iter();
    let rooms = paths.filter_map(|path| path.into_iter().next());
    rooms
        .filter(|room| room != file.room() && ROOMS.iter().any(|(known, _)| known == room))
        .collect()
}

#[test]
fn module_table_is_complete_and_acyclic() {
    let declared = fs::read_to_string(source().join("lib.rs")).unwrap();
    let declared: BTreeSet<_> = declared
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    assert_eq!(declared, ROOMS.iter().map(|(room, _)| *room).collect());
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for other in *allowed {
            let before = ROOMS[..at].iter().any(|(earlier, _)| earlier == other);
            assert!(
                before,
                "{room} names {other}, which does not come before it"
            );
        }
    }
}

#[test]
fn modules_import_only_what_is_allowed() {
    let mut named: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let files = source_files();
    for file in &files {
        let (_, allowed) = ROOMS.iter().find(|(room, _)| *room == file.room()).unwrap();
        for other in rooms_named(file) {
            assert!(
                allowed.contains(&other.as_str()),
                "{}: {} names {other}",
                file.path.display(),
                file.room()
            );
            named.entry(file.room()).or_default().insert(other);
        }
    }
    // A dependency that is no longer used is removed from the table.
    for (room, allowed) in ROOMS {
        let named = named.remove(room).unwrap_or_default();
        let allowed: BTreeSet<_> = allowed.iter().map(|&other| other.to_owned()).collect();
        assert_eq!(named, allowed, "{room}");
    }
}

/// Otherwise a module could import another one through a third.
#[test]
fn modules_do_not_re_export_from_each_other() {
    for file in source_files() {
        for line in file.text.lines().map(str::trim_start) {
            let names_root = line.contains("use crate::") || line.contains("use super::super::");
            assert!(
                !(line.starts_with("pub") && names_root),
                "{}: {line}",
                file.path.display()
            );
        }
    }
}

#[test]
fn module_sizes_are_limited() {
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for file in source_files() {
        let code = file.text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let code = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        *lines.entry(file.room().to_owned()).or_default() += code.count();
    }
    let limit = lines.values().sum::<usize>() * LARGEST_SHARE / 100;
    for (room, lines) in lines {
        assert!(
            lines <= limit,
            "{room} has {lines} lines of at most {limit}"
        );
    }
}

#[test]
fn the_parser_of_paths_finds_all_forms() {
    let file = |module: &str, text: &str| SourceFile {
        path: PathBuf::new(),
        module: module.split('/').map(str::to_owned).collect(),
        text: text.to_owned(),
    };
    for (module, text, expected) in [
        ("read/content", "use crate::oci::{media, Image};", "oci"),
        (
            "read/content",
            "use crate::{Diagnostic, oci::Image};",
            "oci",
        ),
        ("read/content", "use super::super::yaml;", "yaml"),
        ("read", "use super::yaml;", "yaml"),
        ("read/content", "use super::verify::verify;", ""),
        (
            "build/a/b",
            "fn f() { super::super::super::oci::g() }",
            "oci",
        ),
        ("build/a/b", "fn f() { vec![crate::yaml::g()] }", "yaml"),
        ("read", "#[cfg(test)] mod tests { use crate::yaml; }", ""),
        (
            "read",
            "#[cfg(test)] use crate::oci; use crate::yaml;",
            "yaml",
        ),
        (
            "read",
            "// crate::oci\nconst A: &str = \"crate::yaml\";",
            "",
        ),
        ("read", "pub use crate::oci::{a::{b, c}, d};", "oci"),
    ] {
        let found = rooms_named(&file(module, text));
        let found: Vec<_> = found.iter().map(String::as_str).collect();
        assert_eq!(found.join(" "), expected, "{module}: {text}");
    }
}
