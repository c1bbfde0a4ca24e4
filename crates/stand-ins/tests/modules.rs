//! The crate's own modules: which file imports which, without circular dependencies.
#![expect(
    clippy::unwrap_used,
    reason = "a file that cannot be read fails the test"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The module of a file below `src`: `github::rest::page`.
fn module(path: &Path) -> String {
    let below = path.with_extension("");
    let parts = below.iter().map(|part| part.to_string_lossy().into_owned());
    let parts: Vec<String> = parts
        .filter(|part| part != "mod" && part != "lib")
        .collect();
    parts.join("::")
}

/// The library's code without comments and tests, by module.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut sources, mut folders) = (BTreeMap::new(), vec![root.clone()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("bin") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap().lines();
                let code = code.filter(|line| !line.trim_start().starts_with("//"));
                let below = path.strip_prefix(&root).unwrap();
                sources.insert(module(below), code.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    sources
}

/// `a::{b, c::{d, e}}` as its paths.
fn expand(path: &str) -> Vec<String> {
    let Some((head, rest)) = path.split_once('{') else {
        return vec![path.trim().to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    let parts = parts.iter().map(|part| part.trim());
    let parts = parts.filter(|part| !part.is_empty());
    parts
        .flat_map(|part| expand(&format!("{}{part}", head.trim())))
        .collect()
}

/// The module that a path leads into, as far as there are modules. What a facade re-exports counts as the facade.
fn target(path: &str, here: &str, modules: &BTreeSet<String>) -> Option<String> {
    let mut base: Vec<&str> = here.split("::").filter(|part| !part.is_empty()).collect();
    let mut parts = path.split("::").peekable();
    match *parts.peek()? {
        "crate" => {
            base.clear();
            parts.next();
        }
        "super" => {
            while parts.peek() == Some(&"super") {
                base.pop();
                parts.next();
            }
        }
        "self" => {
            parts.next();
        }
        first => {
            // A child of a facade, named without a path.
            let child = [here, first].join("::");
            if !modules.contains(child.trim_start_matches("::")) {
                return None;
            }
        }
    }
    for part in parts {
        let mut next = base.clone();
        next.push(part.trim());
        if !modules.contains(&next.join("::")) {
            break;
        }
        base = next;
    }
    Some(base.join("::"))
}

/// Which modules each module names by `use`, `pub use` or a path in its code.
fn graph() -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources();
    let modules: BTreeSet<String> = sources.keys().cloned().collect();
    let mut graph = BTreeMap::new();
    for (here, code) in &sources {
        let mut named = BTreeSet::new();
        for statement in code.split(';') {
            let statement = statement.trim();
            let import = statement.rsplit_once("use ").filter(|(before, _)| {
                let before = before.trim();
                before.is_empty()
                    || before.ends_with("pub")
                    || before.ends_with("pub(crate)")
                    || before.ends_with('}')
            });
            let paths = match import {
                Some((_, path)) => expand(path),
                None => Vec::new(),
            };
            let inline = statement.match_indices("crate::").map(|(at, _)| {
                let rest = &statement[at..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
                rest[..end.unwrap_or(rest.len())].to_owned()
            });
            // `crate::{…}` stands in an import, which is expanded above.
            let inline: Vec<String> = inline.filter(|path| !path.ends_with(':')).collect();
            named.extend(
                paths
                    .iter()
                    .chain(&inline)
                    .filter_map(|path| target(path, here, &modules)),
            );
        }
        named.remove(here);
        graph.insert(here.clone(), named);
    }
    graph
}

/// A way from a module back to itself.
fn circle(graph: &BTreeMap<String, BTreeSet<String>>, from: &str) -> Option<Vec<String>> {
    let mut open = vec![vec![from.to_owned()]];
    let mut seen = BTreeSet::new();
    while let Some(way) = open.pop() {
        for next in graph.get(way.last().unwrap()).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == from {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                open.push(longer);
            }
        }
    }
    None
}

#[test]
fn modules_have_no_circular_dependencies() {
    let graph = graph();
    let circles: Vec<String> = graph
        .keys()
        .filter_map(|module| circle(&graph, module))
        .map(|way| way.join(" → "))
        .collect();
    assert_eq!(circles, [""; 0]);
}

/// What the test above rests on: it sees imports in braces, re-exports and paths in code.
#[test]
fn module_graph_sees_all_kinds_of_imports() {
    let graph = graph();
    for (from, to) in [
        ("github", "github::state"),
        ("github::rest::releases", "github::rest::publishing"),
        ("github::rest::objects", "github::call"),
        ("github::api", "github::rest"),
        ("github::model", "github::model::world"),
        ("faults", "transport"),
        ("", "github"),
    ] {
        assert!(graph[from].contains(to), "{from} → {to}: {:?}", graph[from]);
    }
}

/// The code of a folder's module is in its `mod.rs`, never in a file of the same name next to the folder.
#[test]
fn folders_have_no_file_beside_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for name in sources().keys().filter(|name| !name.is_empty()) {
        let path = root.join(name.replace("::", "/"));
        let both = path.is_dir() && path.with_extension("rs").exists();
        assert!(!both, "{} is a file and a folder", path.display());
    }
}
