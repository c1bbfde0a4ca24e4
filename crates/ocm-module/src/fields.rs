//! Reading a configuration file key by key, and noting everything that is wrong with it on the way.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::yaml::{self, Step};
use crate::Position;
use crate::{Diagnostic, FormatCode};

/// A configuration file, and what was found wrong in it.
pub(super) struct Document<'t> {
    file: &'t str,
    text: &'t str,
    root: Map<String, Value>,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'t> Document<'t> {
    pub(super) fn parse(file: &'t str, bytes: &'t [u8]) -> Result<Self, Diagnostic> {
        const HELP: &str = "see the documentation of the file for an example";
        let refuse = |message: String, place: Option<Position>| {
            Diagnostic::error(FormatCode::ConfigUnreadable, message, HELP).at(file, place)
        };
        let text =
            std::str::from_utf8(bytes).map_err(|_| refuse("the file is not UTF-8".into(), None))?;
        let document = yaml::document(text)
            .map_err(|e| refuse(format!("the file is not YAML: {}", e.message), e.place))?;
        match document {
            Value::Object(root) => Ok(Self {
                file,
                text,
                root,
                found: RefCell::default(),
            }),
            _ => Err(refuse("the file holds no keys".into(), None)),
        }
    }

    pub(super) fn fields(&self) -> Fields<'_> {
        Fields {
            document: self,
            map: &self.root,
            path: Vec::new(),
        }
    }

    /// Where a key of the file is.
    pub(super) fn place(&self, key: &str) -> Option<Position> {
        yaml::locate(self.text, 0, &[Step::Key(key.to_owned())])
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.root.contains_key(key)
    }

    pub(super) fn note(&self, path: &[Step], violation: Diagnostic) {
        let place = yaml::locate(self.text, 0, path);
        self.found.borrow_mut().push(violation.at(self.file, place));
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
    document: &'d Document<'d>,
    map: &'d Map<String, Value>,
    path: Vec<Step>,
}

impl<'d> Fields<'d> {
    fn path_of(&self, key: &str) -> Vec<Step> {
        let mut path = self.path.clone();
        path.push(Step::Key(key.to_owned()));
        path
    }

    pub(super) fn note(&self, key: &str, violation: Diagnostic) {
        self.document.note(&self.path_of(key), violation);
    }

    pub(super) fn note_all(&self, key: &str, violations: impl IntoIterator<Item = Diagnostic>) {
        for violation in violations {
            self.note(key, violation);
        }
    }

    fn wrong_kind(&self, key: &str, wanted: &str) {
        self.note(
            key,
            Diagnostic::error(
                FormatCode::ConfigValueKind,
                format!("{key} is not {wanted}"),
                format!("write {wanted}"),
            ),
        );
    }

    fn present(&self, key: &str) -> Option<&'d Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// A text that may be missing. An empty one counts as missing.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        match self.present(key)? {
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(text.trim().to_owned()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => {
                let message = format!(
                    "{key} is the number {number}, and YAML drops trailing zeros of numbers"
                );
                self.note(
                    key,
                    Diagnostic::error(FormatCode::ConfigNumberAsText, message, "put it in quotes"),
                );
                None
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.wrong_kind(key, "a text");
                None
            }
        }
    }

    pub(super) fn required(&self, key: &str, help: &str) -> Option<String> {
        let before = self.document.found.borrow().len();
        let text = self.text(key);
        if text.is_none() && self.document.found.borrow().len() == before {
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

    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.present(key)?;
        let flag = value.as_bool();
        if flag.is_none() {
            self.wrong_kind(key, "true or false");
        }
        flag
    }

    pub(super) fn object(&self, key: &str) -> Option<Fields<'d>> {
        if let Value::Object(map) = self.present(key)? {
            Some(Fields {
                document: self.document,
                map,
                path: self.path_of(key),
            })
        } else {
            self.wrong_kind(key, "an object with keys");
            None
        }
    }

    /// The objects of a list.
    pub(super) fn objects(&self, key: &str) -> Vec<Fields<'d>> {
        let mut objects = Vec::new();
        for (index, item) in self.list(key).iter().enumerate() {
            let mut path = self.path_of(key);
            path.push(Step::Index(index));
            match item {
                Value::Object(map) => objects.push(Fields {
                    document: self.document,
                    map,
                    path,
                }),
                _ => self.wrong_kind(key, "a list of objects"),
            }
        }
        objects
    }

    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let items = self.list(key).iter();
        let texts = items.filter_map(|item| {
            let text = item.as_str().map(str::to_owned);
            if text.is_none() {
                self.wrong_kind(key, "a list of texts");
            }
            text
        });
        texts.collect()
    }

    fn list(&self, key: &str) -> &'d [Value] {
        match self.present(key) {
            None => &[],
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.wrong_kind(key, "a list");
                &[]
            }
        }
    }

    /// Texts by name, as labels are.
    pub(super) fn map(&self, key: &str) -> BTreeMap<String, String> {
        let Some(object) = self.object(key) else {
            return BTreeMap::new();
        };
        let texts = object
            .map
            .keys()
            .filter_map(|name| Some((name.clone(), object.text(name)?)));
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

    /// Notes keys that nobody reads. Probable slips of the pen are errors, since the value that was meant would be lost; where
    /// the key that could have been meant is there as well, it is none.
    pub(super) fn only(&self, known: &[&str]) {
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            let message = format!("{key} is not a key that is read");
            let violation = match nearest(key, known) {
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
            self.note(key, violation);
        }
    }
}

/// The known word that was probably meant.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|candidate| {
        (
            distance(&word.to_lowercase(), &candidate.to_lowercase()),
            *candidate,
        )
    });
    let (distance, best) = near.min()?;
    (distance <= (best.len() / 3).clamp(1, 3)).then_some(best)
}

/// How many letters to add, drop, change or swap with the next one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let at = |row: Option<&Vec<usize>>, j: usize| row.and_then(|row| row.get(j)).copied();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let above = rows.get(i);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            let ways = [
                at(above, j).map(|steps| steps + usize::from(x != y)),
                at(above, j + 1).map(|steps| steps + 1),
                row.get(j).map(|steps| steps + 1),
                at(rows.get(i.wrapping_sub(1)), j.wrapping_sub(1))
                    .filter(|_| swapped)
                    .map(|steps| steps + 1),
            ];
            row.push(ways.into_iter().flatten().min().unwrap_or_default());
        }
        rows.push(row);
    }
    at(rows.last(), b.len()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_find_their_word() {
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
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
        assert_eq!(distance("nmae", "name"), 1);
    }
}
