//! Texts of one piece repeated, for which a reader with a mistake takes the square of their length. The fuzz target includes
//! this file.

use ocm_module::yaml::{self, MAX_DEPTH, YamlPath};
use serde_json::Value;

/// The piece between two others, as often as it takes.
pub(crate) fn repeated(head: &str, piece: &str, tail: &str, length: usize) -> String {
    format!("{head}{}{tail}", piece.repeat(length / piece.len().max(1)))
}

/// Reads, writes and edits the text as YAML, and reads it as JSON. Whatever is read is nested no deeper than the limit.
pub(crate) fn read_and_write(text: &str) {
    for path in ["a", "b[x=1].x"] {
        if let Ok(path) = path.parse::<YamlPath>() {
            let _ = yaml::edit(text.as_bytes(), &path, "edited");
        }
    }
    let documents = yaml::documents(text).unwrap_or_default();
    for value in documents.iter().chain(yaml::json(text).ok().iter()) {
        assert!(depth(value) <= MAX_DEPTH);
        let _ = yaml::to_string(value);
    }
}

/// How many lists and maps are inside of each other. Counts on a list of its own, since a value that is too deep would
/// otherwise end the process.
fn depth(value: &Value) -> usize {
    let (mut deepest, mut open) = (0, vec![(value, 1)]);
    while let Some((value, depth)) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Value::Object(map) => open.extend(map.values().map(|value| (value, depth + 1))),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}
