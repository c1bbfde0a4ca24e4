//! What `sigs.k8s.io/yaml` reads in edited files, as `fixtures/yaml/record/edits` recorded it.

use super::*;
use crate::yaml::json;

/// Files whose value `a`, `b.a` or `b[0]` is replaced.
const FILES: [(&str, &str); 12] = [
    ("a: x # c\nb: 1\n", "a"),
    ("a:  'x'\r\nb: 1\r\n", "a"),
    ("a: \"x\"\n", "a"),
    ("a: x\n  y z\n# c\nb: 1\n", "a"),
    ("a: &n !!str x\nb: 1", "a"),
    ("a: null\n", "a"),
    ("b: {a: x, c: 1}\n", "b.a"),
    ("b: [x, 1]\n", "b[0]"),
    ("b:\n- x\n- 1\n", "b[0]"),
    ("b:\n  - a: x\n    c: 1\n", "b[0].a"),
    ("{\"b\":{\"a\":\"x\"}}", "b.a"),
    ("? a\n: x\n", "a"),
];

const VALUES: [&str; 70] = [
    "",
    " ",
    "1.2.0",
    "v1.2.0",
    "1.3.0-rc1",
    "1.10",
    "1",
    "-1",
    "+1",
    "0644",
    "0o17",
    "0x1F",
    "0b1",
    "1_000",
    "1e3",
    "1.",
    ".5",
    "1:30",
    "190:20:30",
    ".inf",
    ".nan",
    "yes",
    "No",
    "on",
    "y",
    "N",
    "true",
    "False",
    "null",
    "~",
    "NULL",
    "<<",
    "=",
    "2026-11-26",
    "2026-11-26 10:00:00",
    "-",
    "--- a",
    "...",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:b",
    "a:",
    "a #b",
    "#a",
    "*a",
    "&a",
    "!a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "'a'",
    "it's",
    "\"a\"",
    "a\\b",
    "[a]",
    "{a}",
    "a,b",
    "a, b",
    "a?",
    "?a",
    "r.example:5000/a:1",
    "tab\tbed",
    "two\nlines",
    "é ü",
    "\u{1F600}",
    "\u{85}\u{feff}",
];

/// The files as they are, and then each of them with each value.
fn texts() -> Vec<String> {
    let edits = FILES.iter().flat_map(|(file, path)| {
        let path: YamlPath = path.parse().unwrap();
        VALUES.map(|value| {
            let edited = edit(file.as_bytes(), &path, value).unwrap();
            String::from_utf8(edited).unwrap()
        })
    });
    let files = FILES.iter().map(|(file, _)| (*file).to_owned());
    files.chain(edits).collect()
}

#[test]
fn edited_files_mean_to_sigs_yaml_what_they_meant_but_for_the_new_value() {
    let recorded = crate::fixtures::text("yaml/edited.jsonl");
    let rows: Vec<Value> = recorded.lines().map(|row| json(row).unwrap()).collect();
    let texts = texts();
    assert_eq!(rows.len(), texts.len());
    for (row, text) in rows.iter().zip(&texts) {
        assert_eq!(row["yaml"].as_str(), Some(text.as_str()), "record it anew");
    }
    let (files, edits) = rows.split_at(FILES.len());
    let edits = edits.chunks(VALUES.len());
    for ((file, (_, path)), edits) in files.iter().zip(FILES).zip(edits) {
        let pointer = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
        for (edit, value) in edits.iter().zip(VALUES) {
            let mut expected = file["json"].clone();
            *expected.pointer_mut(&pointer).unwrap() = value.into();
            assert_eq!(edit["json"], expected, "{}", edit["yaml"]);
        }
    }
}

/// `fixtures/yaml/record/edits` runs it.
#[test]
#[ignore = "writes what is to be recorded into the file that EDIT_CASES names"]
fn edited_files_are_listed() {
    let file = std::env::var_os("EDIT_CASES").unwrap();
    let rows = texts().into_iter().map(|text| {
        let row = serde_json::json!({"from": "edit", "yaml": text});
        format!("{row}\n")
    });
    std::fs::write(file, rows.collect::<String>()).unwrap();
}

/// The places of all texts, numbers, flags and nulls in a value, with paths to them.
fn scalars(value: &Value, path: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let quote = if key.contains('"') { '\'' } else { '"' };
                let dot = if path.is_empty() { "" } else { "." };
                let escaped = key.replace('~', "~0").replace('/', "~1");
                let path = format!("{path}{dot}{quote}{key}{quote}");
                scalars(value, &path, &format!("{pointer}/{escaped}"), found);
            }
        }
        Value::Array(items) => {
            for (nth, value) in items.iter().enumerate() {
                let path = format!("{path}[{nth}]");
                scalars(value, &path, &format!("{pointer}/{nth}"), found);
            }
        }
        _ => found.push((path.to_owned(), pointer.to_owned())),
    }
}

/// `fixtures/yaml/record/compare` runs it: the random texts that `YAML_ROWS` names, each with one of its values replaced by another
/// one of them, and in `from` what is to be read then.
#[test]
#[ignore = "needs Go, for the rows in the file that YAML_ROWS names"]
fn random_texts_are_edited() {
    let variable = |name: &str| std::env::var_os(name).unwrap();
    let rows = std::fs::read_to_string(variable("YAML_ROWS")).unwrap();
    let mut listed = String::new();
    let mut new = "1.10".to_owned();
    for row in rows.lines().map(|row| json(row).unwrap()) {
        let text = row["yaml"].as_str().unwrap();
        let mut places = Vec::new();
        if read(text).is_ok_and(|documents| documents.len() == 1) {
            scalars(&row["json"], "", "", &mut places);
        }
        for (path, pointer) in places {
            let Ok(path) = path.parse::<YamlPath>() else {
                continue;
            };
            let mut expected = row["json"].clone();
            let old = expected.pointer_mut(&pointer).unwrap();
            if let Ok(edited) = edit(text.as_bytes(), &path, &new) {
                let is_text = old.is_string() || old.is_null();
                let value = if is_text {
                    Value::from(&*new)
                } else {
                    json(&new).unwrap_or_else(|_| panic!("{text} {path} {new}"))
                };
                if let Some(old) = old.as_str() {
                    old.clone_into(&mut new);
                }
                *old = value;
                let edited = String::from_utf8(edited).unwrap();
                let row = serde_json::json!({"from": expected.to_string(), "yaml": edited});
                listed.extend([row.to_string(), "\n".to_owned()]);
            }
        }
    }
    std::fs::write(variable("EDIT_CASES"), listed).unwrap();
}

/// `fixtures/yaml/record/compare` runs it after [`random_texts_are_edited`], with what was recorded of its texts.
#[test]
#[ignore = "needs Go, for the rows in the file that EDITED_ROWS names"]
fn edited_random_texts_mean_what_they_meant_but_for_the_new_value() {
    let file = std::env::var_os("EDITED_ROWS").unwrap();
    let rows = std::fs::read_to_string(file).unwrap();
    assert!(rows.lines().count() > 100);
    for row in rows.lines().map(|row| json(row).unwrap()) {
        let expected = json(row["from"].as_str().unwrap()).unwrap();
        assert_eq!(row["json"], expected, "{}", row["yaml"]);
    }
}
