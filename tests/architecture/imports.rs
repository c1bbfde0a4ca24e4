//! Reads the imports of Rust files from their syntax.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};

/// A file as a module: its path in the crate, and the paths that it imports from elsewhere.
pub(crate) struct Module {
    pub(crate) file: String,
    /// From the crate's root: `adapters`, `github`, `reader`. A folder's own `mod.rs` has the folder's.
    pub(crate) path: Vec<String>,
    /// Absolute paths, such as `domain`, `Digest`; those of the workspace's other crates start with the crate's name.
    pub(crate) names: BTreeSet<Vec<String>>,
    /// The re-exports by `pub use`: the name here, and the path of its origin.
    passed_on: Vec<(String, Vec<String>)>,
}

impl Module {
    pub(crate) fn room(&self) -> String {
        self.path.first().cloned().unwrap_or_default()
    }
}

/// `file` is relative to the crate's `src`.
pub(crate) fn parse(file: &Path, text: &str, this_crate: &str) -> Module {
    let mut path: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if path.last().is_some_and(|last| last == "mod") {
        path.pop();
    }
    let syntax = syn::parse_file(text).unwrap();
    let mut finder = Finder {
        this_crate,
        here: path.clone(),
        names: BTreeSet::new(),
        passed_on: Vec::new(),
    };
    finder.visit_file(&syntax);
    Module {
        file: file.display().to_string(),
        path,
        names: finder.names,
        passed_on: finder.passed_on,
    }
}

struct Finder<'a> {
    this_crate: &'a str,
    here: Vec<String>,
    names: BTreeSet<Vec<String>>,
    passed_on: Vec<(String, Vec<String>)>,
}

impl Finder<'_> {
    /// The absolute form of a path; `None` for a path in this file or in a foreign crate.
    fn absolute(&self, written: &[String]) -> Option<Vec<String>> {
        let (first, rest) = written.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            name if name == self.this_crate => Some(rest.to_vec()),
            "super" => {
                let up = written.iter().take_while(|part| *part == "super").count();
                let kept = self.here.len().checked_sub(up)?;
                let mut path = self.here[..kept].to_vec();
                path.extend_from_slice(&written[up..]);
                Some(path)
            }
            "ocm_module" | "stand_ins" => Some(written.to_vec()),
            _ => None,
        }
    }

    fn note(&mut self, written: &[String]) {
        let path = self.absolute(written);
        self.names.extend(path.filter(|path| !path.is_empty()));
    }

    fn walk_use(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let mut path = before.to_vec();
        match tree {
            syn::UseTree::Path(step) => {
                path.push(step.ident.to_string());
                self.walk_use(&step.tree, &path, public);
            }
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.walk_use(tree, &path, public);
                }
            }
            syn::UseTree::Name(name) => {
                if name.ident != "self" {
                    path.push(name.ident.to_string());
                }
                self.used(&path, path.last().cloned(), public);
            }
            syn::UseTree::Rename(rename) => {
                path.push(rename.ident.to_string());
                self.used(&path, Some(rename.rename.to_string()), public);
            }
            syn::UseTree::Glob(_) => self.note(&path),
        }
    }

    fn used(&mut self, path: &[String], name: Option<String>, public: bool) {
        self.note(path);
        if let (true, Some(name), Some(from)) = (public, name, self.absolute(path)) {
            self.passed_on.push((name, from));
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = match item {
            syn::Item::Mod(item) => &item.attrs,
            syn::Item::Use(item) => &item.attrs,
            syn::Item::Fn(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        let is_test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute
                    .parse_args::<syn::Ident>()
                    .is_ok_and(|word| word == "test")
        };
        if attributes.iter().any(is_test) {
            return;
        }
        match item {
            // Inside of a module, `super` means this file.
            syn::Item::Mod(inner) if inner.content.is_some() => {
                self.here.push(inner.ident.to_string());
                visit::visit_item(self, item);
                self.here.pop();
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, syn::Visibility::Inherited);
        self.walk_use(&item.tree, &[], public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let written: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        self.note(&written);
        visit::visit_path(self, path);
    }

    /// The arguments of a macro are not parsed; paths in them are found by their first word.
    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.note(
            &called
                .path
                .segments
                .iter()
                .map(|s| s.ident.to_string())
                .collect::<Vec<_>>(),
        );
        let text = called.tokens.to_string().replace(' ', "");
        for start in ["crate::", "super::", "ocm_module::"] {
            for (at, _) in text.match_indices(start) {
                let rest = &text[at..];
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
                let path = rest[..end.unwrap_or(rest.len())].split("::");
                self.note(&path.map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
}

/// The origin of each public name of a module that only re-exports it.
pub(crate) fn re_exports(modules: &[Module]) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    for module in modules {
        for (name, from) in &module.passed_on {
            if let Some(origin) = from.first()
                && *origin != module.room()
                && !is_value(from)
            {
                found.insert((module.room(), name.clone()), origin.clone());
            }
        }
    }
    found
}

/// The values and the diagnostics of the module format may be used everywhere, like those of `domain`.
fn is_value(path: &[String]) -> bool {
    match path {
        [library, second, rest @ ..] => {
            library == "ocm_module" && (second == "values" || rest.is_empty())
        }
        _ => false,
    }
}

/// The modules that a path refers to: the one that is named, and the origin of the last name.
pub(crate) fn origins(
    path: &[String],
    passed_on: &BTreeMap<(String, String), String>,
) -> Vec<String> {
    let Some(room) = path.first() else {
        return vec![];
    };
    let from = path
        .iter()
        .skip(1)
        .filter_map(|name| passed_on.get(&(room.clone(), name.clone())));
    [room].into_iter().chain(from).cloned().collect()
}

/// Circular dependencies between the modules of one folder, at every depth. The imports of a folder's `mod.rs` are left
/// out, since it contains the other files.
pub(crate) fn circles(modules: &[Module]) -> Vec<String> {
    let mut arrows: BTreeMap<Vec<String>, BTreeSet<(String, String)>> = BTreeMap::new();
    let known: BTreeSet<&[String]> = modules
        .iter()
        .flat_map(|module| (1..=module.path.len()).map(|n| &module.path[..n]))
        .collect();
    for module in modules {
        for name in &module.names {
            let common = module
                .path
                .iter()
                .zip(name)
                .take_while(|(one, other)| one == other)
                .count();
            if let (Some(from), Some(to)) = (module.path.get(common), name.get(common))
                && known.contains(&name[..=common])
            {
                let folder = module.path[..common].to_vec();
                arrows
                    .entry(folder)
                    .or_default()
                    .insert((from.clone(), to.clone()));
            }
        }
    }
    let mut found = Vec::new();
    for (folder, arrows) in &arrows {
        for start in arrows.iter().map(|(from, _)| from).collect::<BTreeSet<_>>() {
            if reaches(arrows, start, start) {
                found.push(format!("{}/{start}", folder.join("/")));
            }
        }
    }
    found
}

fn reaches(arrows: &BTreeSet<(String, String)>, from: &str, goal: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut left = vec![from];
    while let Some(here) = left.pop() {
        for (_, next) in arrows.iter().filter(|(one, _)| one == here) {
            if next == goal {
                return true;
            }
            if seen.insert(next.as_str()) {
                left.push(next);
            }
        }
    }
    false
}

/// The structs, enums, traits and type aliases of a file, without those of tests and of functions.
pub(crate) fn types(text: &str) -> Vec<String> {
    let syntax = syn::parse_file(text).unwrap();
    let name = |item: syn::Item| match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Enum(item) => Some(item.ident.to_string()),
        syn::Item::Trait(item) => Some(item.ident.to_string()),
        syn::Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    };
    syntax.items.into_iter().filter_map(name).collect()
}

/// A file without its comments and without its tests.
pub(crate) fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}
