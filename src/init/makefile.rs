//! The targets and variables of a Makefile, as far as they can be read without running make.

use std::collections::{BTreeMap, BTreeSet};

use super::names::{is_plain_name, plain_path};

/// More lines are not read.
const MOST_LINES: usize = 20_000;
/// The variables by which Makefiles take an image, in the order in which they count.
const IMAGE_VARIABLES: [&str; 2] = ["IMG", "IMAGE"];
/// The variables by which they take a version.
const VERSION_VARIABLES: [&str; 3] = ["MODULE_VERSION", "IMG_VERSION", "VERSION"];
/// The variables that the release sets in the environment of commands, under the same names.
const IN_ENVIRONMENT: [&str; 2] = ["IMAGE", "VERSION"];
/// The names of files that targets make.
const MADE: [&str; 3] = [".yaml", ".yml", ".tgz"];

/// A Makefile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Makefile {
    targets: BTreeMap<String, MakeTarget>,
    variables: BTreeMap<String, MakeVariable>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MakeTarget {
    needs: BTreeSet<String>,
    recipe: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct MakeVariable {
    value: String,
    /// Whether the environment's value counts (`?=`).
    is_default: bool,
}

impl Makefile {
    pub(super) fn parse(text: &str) -> Self {
        let mut makefile = Self::default();
        let mut current: Vec<String> = Vec::new();
        for line in text.lines().take(MOST_LINES) {
            if let Some(command) = line.strip_prefix('\t') {
                for name in &current {
                    if let Some(target) = makefile.targets.get_mut(name) {
                        target.recipe.push(command.to_owned());
                    }
                }
                continue;
            }
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            current = makefile.rule_or_variable(line);
        }
        makefile
    }

    /// Reads a line that is no recipe. Answers with the targets that the next recipe is for.
    fn rule_or_variable(&mut self, line: &str) -> Vec<String> {
        let equals = line.find('=').unwrap_or(line.len());
        let colon = line.find(':').unwrap_or(line.len());
        let assigned = line.get(..equals).unwrap_or_default();
        let operator = assigned.trim_end_matches([':', '?', '+', '!']);
        let is_variable = equals < line.len() && !operator.trim().contains([' ', ':']);
        if is_variable {
            let name = operator.trim();
            if is_plain_name(name) {
                let value = line.get(equals + 1..).unwrap_or_default().trim();
                let variable = MakeVariable {
                    value: value.to_owned(),
                    is_default: assigned.ends_with('?'),
                };
                self.variables.entry(name.to_owned()).or_insert(variable);
            }
            return Vec::new();
        }
        let (Some(names), Some(needs)) = (line.get(..colon), line.get(colon + 1..)) else {
            return Vec::new();
        };
        let names = names.split_whitespace();
        let names: Vec<String> = names
            .filter(|name| is_plain_name(name) && !name.starts_with('.'))
            .map(str::to_owned)
            .collect();
        // What is set for a target alone is no file that it needs.
        let needs = if needs.contains('=') { "" } else { needs };
        for name in &names {
            let target = self.targets.entry(name.clone()).or_default();
            let needs = needs.trim_start_matches(':').split_whitespace();
            target.needs.extend(needs.map(str::to_owned));
        }
        names
    }

    pub(super) fn has(&self, target: &str) -> bool {
        self.targets.contains_key(target)
    }

    pub(super) fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.keys().map(String::as_str)
    }

    /// The first of these targets that is there.
    pub(super) fn first_of<'t>(&self, targets: &[&'t str]) -> Option<&'t str> {
        targets.iter().copied().find(|target| self.has(target))
    }

    /// The image that a variable has by default, without its tag, if it is one of a registry.
    pub(super) fn image(&self) -> Option<String> {
        let mut values = IMAGE_VARIABLES
            .iter()
            .filter_map(|name| self.variables.get(*name));
        values.find_map(|variable| {
            let (image, _) = variable.value.rsplit_once(':')?;
            let (host, path) = image.split_once('/')?;
            let is_registry =
                host.contains('.') && !host.contains(':') && !host.starts_with("localhost");
            (is_registry && plain_path(image).is_some() && path.contains('/'))
                .then(|| image.to_owned())
        })
    }

    /// The command that makes a target, with the image and the version of the release.
    pub(super) fn command(&self, target: &str) -> String {
        let mut command = format!("make {target}");
        let images = IMAGE_VARIABLES.map(|name| (name, "$IMAGE"));
        let versions = VERSION_VARIABLES.map(|name| (name, "$VERSION"));
        for (name, value) in images.into_iter().chain(versions) {
            let Some(variable) = self.variables.get(name) else {
                continue;
            };
            if !(variable.is_default && IN_ENVIRONMENT.contains(&name)) {
                command = format!("{command} {name}=\"{value}\"");
            }
        }
        command
    }

    /// The command that runs tests, with the image by digest.
    pub(super) fn test_command(&self, target: &str) -> String {
        if self.variables.contains_key("IMG") {
            return format!("make {target} IMG=\"$BINARY_IMAGE\"");
        }
        format!("make {target}")
    }

    /// Whether a target, or one that it needs, uses the image.
    pub(super) fn uses_image(&self, target: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut left = vec![target];
        while let Some(name) = left.pop() {
            let Some(target) = self.targets.get(name) else {
                continue;
            };
            if !seen.insert(name) {
                continue;
            }
            let uses = |line: &String| {
                IMAGE_VARIABLES.iter().any(|name| {
                    [
                        format!("$({name})"),
                        format!("${{{name}}}"),
                        format!("${name}"),
                    ]
                    .iter()
                    .any(|use_| line.contains(use_.as_str()))
                })
            };
            if target.recipe.iter().any(uses) {
                return true;
            }
            left.extend(target.needs.iter().map(String::as_str));
        }
        false
    }

    /// The file into which a target writes what a command prints.
    pub(super) fn output_of(&self, target: &str) -> Option<&str> {
        let recipe = &self.targets.get(target)?.recipe;
        let written = recipe.iter().rev().filter_map(|line| {
            let (_, file) = line.rsplit_once('>')?;
            plain_path(file)
        });
        let mut files = written.filter(|file| MADE.iter().any(|end| file.ends_with(end)));
        files.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment: no target\nIMG ?= europe-docker.pkg.dev/a/prod/b:$(MODULE_VERSION)\nMODULE_VERSION = main\n\
        IMAGE ?= x\nVERSION := 1\n.PHONY: all\nall: build\n%.o: %.c\n\tcc\nbuild test: gen ## help\n\tgo $@\n\
        $(BIN): x\n\ttouch\nrender: kustomize image\n\t$(KUSTOMIZE) build config/default > build/manifest.yaml\n\
        image:\n\tcd config && kustomize edit set image controller=${IMG}\nrender: CGO=0\nevil$(id): x\ntwo words: $(shell id)\n";

    #[test]
    fn targets_and_variables_are_read_without_running_make() {
        let makefile = Makefile::parse(TEXT);
        let targets: Vec<&str> = makefile.targets().collect();
        assert_eq!(
            targets,
            ["all", "build", "image", "render", "test", "two", "words"]
        );
        assert_eq!(
            makefile.image().as_deref(),
            Some("europe-docker.pkg.dev/a/prod/b")
        );
        assert_eq!(
            makefile.command("render"),
            "make render IMG=\"$IMAGE\" MODULE_VERSION=\"$VERSION\" VERSION=\"$VERSION\""
        );
        assert_eq!(makefile.output_of("render"), Some("build/manifest.yaml"));
        assert_eq!(makefile.output_of("test"), None);
        assert!(makefile.uses_image("render"));
        assert!(!makefile.uses_image("build"));
        assert!(!makefile.uses_image("absent"));
    }

    #[test]
    fn targets_that_need_each_other_come_to_an_end() {
        assert!(!Makefile::parse("a: b\nb: a\n").uses_image("a"));
    }

    #[test]
    fn images_without_a_registry_are_no_default() {
        for value in [
            "controller:latest",
            "localhost:5000/a/b:1",
            "$(REGISTRY)/a/b:1",
            "ghcr.io/a",
        ] {
            assert_eq!(Makefile::parse(&format!("IMG ?= {value}")).image(), None);
        }
    }
}
