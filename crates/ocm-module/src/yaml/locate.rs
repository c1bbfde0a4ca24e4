//! Where in a text a value stands, so that a message can name line and column.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Position;

impl From<yaml_serde::Location> for Position {
    fn from(location: yaml_serde::Location) -> Self {
        Self {
            line: location.line(),
            column: location.column(),
        }
    }
}

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// Where the path leads to in the `nth` document: to the key, or in a list to the item. The place of the last step that
/// is there at all, so that a missing key is reported at its parent.
///
/// The parser tells places only with its errors, so this reads the text once more and stops with one where it has arrived.
pub fn locate(text: &str, nth: usize, path: &[Step]) -> Option<Position> {
    let place = |path: &[Step]| {
        let document = yaml_serde::Deserializer::from_str(text).nth(nth)?;
        let error = Walk(path).deserialize(document).err()?;
        error.location().map(Position::from)
    };
    (0..=path.len())
        .rev()
        .find_map(|depth| place(path.get(..depth)?))
}

struct Walk<'p>(&'p [Step]);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Walk<'_> {
    fn arrived<E: Error>(&self) -> Result<(), E> {
        if self.0.is_empty() {
            Err(E::custom("arrived"))
        } else {
            Ok(())
        }
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.arrived()
    }

    fn visit_none<E: Error>(self) -> Result<(), E> {
        self.arrived()
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.arrived()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.arrived()
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.arrived()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.arrived()
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.arrived()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.arrived()?;
        if let Some((Step::Index(index), rest)) = self.0.split_first() {
            for _ in 0..*index {
                if items.next_element::<IgnoredAny>()?.is_none() {
                    return Ok(());
                }
            }
            items.next_element_seed(Walk(rest))?;
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.arrived()?;
        let Some((Step::Key(wanted), rest)) = self.0.split_first() else {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        let stop = rest.is_empty();
        while let Some(found) = entries.next_key_seed(Key { wanted, stop })? {
            if found {
                entries.next_value_seed(Walk(rest))?;
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Whether a key is the one looked for; with `stop`, the walk ends on it.
struct Key<'p> {
    wanted: &'p str,
    stop: bool,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<bool, E> {
        match key == self.wanted {
            true if self.stop => Err(E::custom("arrived")),
            found => Ok(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str, nth: usize, path: &[Step]) -> Option<(usize, usize)> {
        locate(text, nth, path).map(|place| (place.line, place.column))
    }

    #[test]
    fn finds_keys_and_items() {
        let text = "a: 1\nicons:\n- name: x\n  link: y\n-  name: z\n---\nb:\n  c: [1, 2]\n";
        let key = |key: &str| Step::Key(key.into());
        for (nth, path, expected) in [
            (0, vec![key("a")], Some((1, 1))),
            (
                0,
                vec![key("icons"), Step::Index(0), key("link")],
                Some((4, 3)),
            ),
            (0, vec![key("icons"), Step::Index(1)], Some((5, 4))),
            (
                0,
                vec![key("icons"), Step::Index(1), key("link")],
                Some((5, 4)),
            ),
            (0, vec![key("zzz")], Some((1, 1))),
            (1, vec![key("b"), key("c"), Step::Index(1)], Some((8, 10))),
            (2, vec![key("b")], None),
        ] {
            assert_eq!(at(text, nth, &path), expected, "{nth} {path:?}");
        }
    }
}
