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
