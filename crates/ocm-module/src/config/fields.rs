//! Reading a configuration file key by key, and noting everything that is wrong with it on the way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::yaml::{self, Dialect, PathStep, YamlDocument};
use crate::{Diagnostic, FormatCode, Position};

/// A configuration file, and what was found wrong in it.
pub(super) struct ConfigFile<'t> {
    file: &'t str,
    root: Map<String, Value>,
    /// Only for positions: the value is `root`.
    document: YamlDocument,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'t> ConfigFile<'t> {
    /// `dialect` is that of the program which the file is for.
    pub(super) fn parse(file: &'t str, bytes: &[u8], dialect: Dialect) -> Result<Self, Diagnostic> {
        let unreadable = |seen: &str, position: Option<Position>| {
            let help = "see the documentation of the file for an example";
            Diagnostic::error(FormatCode::ConfigUnreadable, seen, help).at(file, position)
        };
        let text =
            std::str::from_utf8(bytes).map_err(|_| unreadable("the file is not UTF-8", None))?;
        let document = yaml::read_as(text, dialect).and_then(yaml::only);
        let document = document.map_err(|error| {
            unreadable(&format!("the file is not YAML: {error}"), error.position)
        })?;
        let no_keys = || unreadable("the file holds no keys", None);
        let mut document = document.ok_or_else(no_keys)?;
        match document.value.take() {
            Value::Object(root) => Ok(Self {
                file,
                root,
                document,
                found: RefCell::default(),
            }),
            _ => Err(no_keys()),
        }
    }

    /// The object that the file is.
    pub(super) fn fields(&self) -> Fields<'_> {
        Fields {
            file: self,
            map: &self.root,
            path: Vec::new(),
        }
    }

    /// Where a key of the file is.
    pub(super) fn position(&self, key: &str) -> Position {
        self.document.position(&[PathStep::Key(key.to_owned())])
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.root.contains_key(key)
    }

    fn note(&self, path: &[PathStep], diagnostic: Diagnostic) {
        let position = self.document.position(path);
        let located = diagnostic.at(self.file, Some(position));
        self.found.borrow_mut().push(located);
    }

    /// All that was found, in the order of the file.
    pub(super) fn finish(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(Diagnostic::position);
        found
    }
}

/// One object of the file.
pub(super) struct Fields<'d> {
    file: &'d ConfigFile<'d>,
    map: &'d Map<String, Value>,
    path: Vec<PathStep>,
}

impl<'d> Fields<'d> {
    fn path_of(&self, key: &str) -> Vec<PathStep> {
        let mut path = self.path.clone();
        path.push(PathStep::Key(key.to_owned()));
        path
    }

    pub(super) fn note(&self, key: &str, diagnostic: Diagnostic) {
        self.file.note(&self.path_of(key), diagnostic);
    }

    /// Notes what is wrong at a position of the file.
    pub(super) fn note_at(&self, position: Position, diagnostic: Diagnostic) {
        let located = diagnostic.at(self.file.file, Some(position));
        self.file.found.borrow_mut().push(located);
    }

    pub(super) fn note_all(&self, key: &str, found: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in found {
            self.note(key, diagnostic);
        }
    }

    fn wrong_kind(&self, key: &str, seen: &Value, wanted: &str) {
        let kind = match seen {
            Value::Null => "empty",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object with keys",
        };
        let wrong = Diagnostic::error(
            FormatCode::ConfigValueKind,
            format!("{key} is {kind}"),
            format!("write {wanted}"),
        );
        self.note(key, wrong.wanted(wanted));
    }

    /// The same for an item of a list.
    fn wrong_item(&self, key: &str, wanted: &str) {
        let wrong = Diagnostic::error(
            FormatCode::ConfigValueKind,
            format!("{key} has an item of another kind"),
            format!("write {wanted}"),
        );
        self.note(key, wrong.wanted(wanted));
    }

    /// The value of a key, as YAML reads it; `null` counts as missing.
    pub(super) fn present(&self, key: &str) -> Option<&'d Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A text that may be missing. An empty one counts as missing.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.present(key)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => {
                let seen = format!("{key} is the number {number}");
                let help = "put it in quotes: YAML drops trailing zeros of numbers";
                let unquoted = Diagnostic::error(FormatCode::ConfigNumberAsText, seen, help);
                self.note(key, unquoted.wanted("a text"));
                None
            }
            other @ (Value::Null | Value::Array(_) | Value::Object(_)) => {
                self.wrong_kind(key, other, "a text");
                None
            }
        }
    }

    pub(super) fn required(&self, key: &str, help: &str) -> Option<String> {
        let before = self.file.found.borrow().len();
        let text = self.text(key);
        if text.is_none() && self.file.found.borrow().len() == before {
            self.note(
                key,
                Diagnostic::error(
                    FormatCode::ConfigKeyMissing,
                    format!("{key} is missing"),
                    help,
                ),
            );
        }
        text
    }

    /// `yes`, `no`, `on` and `off` are flags to yaml.v3, too.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.present(key)?;
        let word = || value.as_str().and_then(yaml::flag_of_text);
        let flag = value.as_bool().or_else(word);
        if flag.is_none() {
            self.wrong_kind(key, value, "true or false");
        }
        flag
    }

    pub(super) fn object(&self, key: &str) -> Option<Fields<'d>> {
        match self.present(key)? {
            Value::Object(map) => Some(Fields {
                file: self.file,
                map,
                path: self.path_of(key),
            }),
            other => {
                self.wrong_kind(key, other, "an object with keys");
                None
            }
        }
    }

    /// The objects of a list.
    pub(super) fn objects(&self, key: &str) -> Vec<Fields<'d>> {
        let mut objects = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            let mut path = self.path_of(key);
            path.push(PathStep::Index(index));
            match item {
                Value::Object(map) => objects.push(Fields {
                    file: self.file,
                    map,
                    path,
                }),
                _ => self.wrong_item(key, "a list of objects"),
            }
        }
        objects
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let texts = self.located_texts(key).into_iter();
        texts.map(|(text, _)| text).collect()
    }

    /// The texts of a list, each with its position.
    pub(super) fn located_texts(&self, key: &str) -> Vec<(String, Position)> {
        let mut texts = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            match item.as_str() {
                Some(text) => {
                    let mut path = self.path_of(key);
                    path.push(PathStep::Index(index));
                    texts.push((text.to_owned(), self.file.document.position(&path)));
                }
                None => self.wrong_item(key, "a list of texts"),
            }
        }
        texts
    }

    fn list(&self, key: &str) -> &'d [Value] {
        match self.present(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(other) => {
                self.wrong_kind(key, other, "a list");
                &[]
            }
        }
    }

    /// The keys of the object, in alphabetical order.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'d str> {
        self.map.keys().map(String::as_str)
    }

    /// An object whose values are all strings, such as labels. Strings are kept as they are, and empty values as empty strings.
    pub(super) fn map(&self, key: &str) -> BTreeMap<String, String> {
        let Some(object) = self.object(key) else {
            return BTreeMap::new();
        };
        let texts = object.map.iter().filter_map(|(name, value)| {
            let text = match value {
                Value::Null => Some(String::new()),
                Value::String(text) => Some(text.clone()),
                _ => object.text(name),
            };
            Some((name.clone(), text?))
        });
        texts.collect()
    }

    /// Links by name: a list of name and link, or a plain map.
    pub(super) fn links(&self, key: &str) -> BTreeMap<String, String> {
        if matches!(self.present(key), Some(Value::Object(_))) {
            return self.map(key);
        }
        let mut links = BTreeMap::new();
        for item in self.objects(key) {
            item.only(&["name", "link"]);
            let example = "write name: and link: for each";
            let (name, link) = (
                item.required("name", example),
                item.required("link", example),
            );
            if let (Some(name), Some(link)) = (name, link)
                && let Some(_) = links.insert(name.clone(), link)
            {
                let message = format!("{key} has {name:?} a second time");
                item.note(
                    "name",
                    Diagnostic::error(
                        FormatCode::ConfigNameTwice,
                        message,
                        "give each its own name",
                    ),
                );
            }
        }
        links
    }

    /// Notes keys that are not read. A probable misspelling is an error, since the value that was meant would be lost, unless
    /// the key that could have been meant is there as well.
    pub(super) fn only(&self, known: &[&str]) {
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("{key} is not a key that is read");
            let diagnostic = match nearest(key, known) {
                Some(near) if self.map.contains_key(near) => Diagnostic::warning(
                    FormatCode::ConfigKeyUnknown,
                    message,
                    format!("take it out: the key nearest to it is {near}, which is there"),
                ),
                Some(near) => Diagnostic::error(
                    FormatCode::ConfigKeyUnknown,
                    message,
                    format!("did you mean {near}?"),
                ),
                None => Diagnostic::warning(
                    FormatCode::ConfigKeyUnknown,
                    message,
                    format!("take it out, or use one of {}", known.join(", ")),
                ),
            };
            self.note(key, diagnostic);
        }
    }
}

/// The known word that was probably meant: at most a third of its letters are added, dropped, changed or swapped.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|candidate| {
        let distance = strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase());
        (distance, *candidate)
    });
    let (distance, best) = near.min()?;
    (distance <= (best.len() / 3).clamp(1, 3)).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_keys_find_the_nearest_known_key() {
        let known = [
            "name",
            "version",
            "defaultCR",
            "manifest",
            "repository",
            "security",
        ];
        for (word, near) in [
            ("defaultCr", Some("defaultCR")),
            ("default-cr", Some("defaultCR")),
            ("verison", Some("version")),
            ("manifests", Some("manifest")),
            ("repositoryTag", Some("repository")),
            ("nam", Some("name")),
            ("nmae", Some("name")),
            ("x", None),
            ("icons", None),
        ] {
            assert_eq!(nearest(word, &known), near, "{word}");
        }
    }
}
