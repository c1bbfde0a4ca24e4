//! Streams, positions, and what is refused.

use super::*;
use serde_json::json;

#[test]
fn documents_are_handed_out_one_by_one() {
    let mut seen = Vec::new();
    let read = each_document("a: 1\n---\n---\nb: [", &mut |document| {
        seen.push((document.value.clone(), document.position(&[]).line));
    });
    assert_eq!(read.unwrap_err().position.unwrap().line, 4);
    assert_eq!(seen, [(json!({"a": 1}), 1), (Value::Null, 2)]);
}

#[test]
fn documents_of_a_stream_are_read() {
    let text = "a: 1\n1: x\ntrue: ~\n---\n- !tag b\n- '1'\n---\n";
    let expected = [
        json!({"a": 1, "1": "x", "true": null}),
        json!(["b", "1"]),
        Value::Null,
    ];
    assert_eq!(documents(text).unwrap(), expected);
    assert_eq!(document("").unwrap(), Value::Null);
    assert!(
        document("a: 1\n---\nb: 2\n")
            .unwrap_err()
            .message
            .contains("2 documents")
    );
}

#[test]
fn whole_floats_are_read_as_integers() {
    for (text, expected) in [
        ("0.0", json!(0)),
        ("-0.0", json!(0)),
        ("1e3", json!(1000)),
        ("-7.0", json!(-7)),
        ("1.5", json!(1.5)),
        ("1e300", json!(1e300)),
        ("18446744073709551615", json!(u64::MAX)),
    ] {
        assert_eq!(document(text).unwrap(), expected, "{text}");
        assert_eq!(json(text).unwrap(), expected, "{text}");
        assert_eq!(document(&to_string(&expected)).unwrap(), expected, "{text}");
    }
    assert!(json("{\"a\": 1, \"a\": 2}").is_err());
    assert!(json("1 2").is_err());
}

#[test]
fn errors_name_the_line() {
    for (text, line, message) in [
        ("a: 1\nb: [1,\n", 2, "unclosed bracket"),
        ("a: 1\na: 2\n", 2, "is there twice"),
        ("a:\n  ? [1]\n  : 2\n", 2, "list or map cannot be a key"),
        ("a: .nan\n", 1, "no such number"),
        ("a: &a\n  b: [*a]\n", 2, "inside of what it names"),
        ("a: *b\n", 1, "unknown anchor"),
        ("a:\n\tb: 1\n", 2, "tabs"),
        ("a: !!int x\n", 1, "not of the type !!int"),
        ("a: 1\n# é\u{2028}b: 2\n", 2, "U+2028 ends a line"),
        ("a: |\n  x\u{85}\n", 2, "U+0085 ends a line"),
    ] {
        let error = document(text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {error:?}");
        assert_eq!(error.position.unwrap().line, line, "{text}: {error:?}");
    }
}

#[test]
fn alias_bombs_and_deep_nesting_are_refused() {
    let wide = format!(
        "a: &a [{}]\nb: [{}]\n",
        "0,".repeat(20_000),
        "*a,".repeat(20_000)
    );
    let long = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(50_000),
        "*a,".repeat(20_000)
    );
    let deep = (1..40).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
        format!("{text}a{n}: &a{n} [*a{0},*a{0}]\n", n - 1)
    });
    for bomb in [wide, long, deep] {
        let message = documents(&bomb).unwrap_err().message;
        assert!(
            message.contains("expand") || message.contains("repetition"),
            "{message}"
        );
    }
    assert_eq!(
        document("a: &a [1]\nb: *a\n").unwrap(),
        json!({"a": [1], "b": [1]})
    );
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let block = |depth: usize| "- ".repeat(depth) + "x\n";
    assert!(documents(&nested(127)).is_ok() && documents(&block(127)).is_ok());
    for deep in [
        nested(128),
        block(128),
        "- ".repeat(100) + &nested(100),
        "[".repeat(100_000),
        "- ".repeat(100_000),
        "{a: ".repeat(100_000),
    ] {
        let message = documents(&deep).unwrap_err().message;
        assert_eq!(message, "lists and maps are nested deeper than 127");
    }
    // Aliases nest as well: each map is one deeper than the one before.
    for (begin, end) in [("{x: ", "}"), ("[", "]"), ("{<<: {x: ", "}}")] {
        let chain = (1..2000).fold("a0: &a0 1\n".to_owned(), |text, n| {
            format!("{text}a{n}: &a{n} {begin}*a{}{end}\n", n - 1)
        });
        let message = document(&chain).unwrap_err().message;
        assert_eq!(message, "lists and maps are nested deeper than 127");
    }
    // What is read can be written as JSON and read again.
    let value = document(&nested(127)).unwrap();
    assert_eq!(json(&value.to_string()).unwrap(), value);
}

/// As kubectl does, which takes a stream apart at `---`.
#[test]
fn byte_order_marks_in_front_of_documents_are_read_over() {
    for text in [
        "\u{feff}a: 1\n",
        "\u{feff}---\na: 1\n",
        "\u{feff}# first\n---\n\u{feff}# second\na: 1\n",
        "---\n\u{feff}a: 1\n",
        "--- # first\r\n\u{feff}a: 1\r\n",
        "\u{feff}{\"a\": 1}",
        "---\n\u{feff}{\"a\": 1}",
    ] {
        let documents = documents(text).unwrap();
        assert_eq!(documents.last(), Some(&json!({"a": 1})), "{text:?}");
    }
    for text in [
        "a: \u{feff}1\n",
        "a: |\n  ---\n  \u{feff}1\n",
        "- 1\n- \u{feff}\n",
    ] {
        let text = documents(text).unwrap()[0].to_string();
        assert!(text.contains('\u{feff}'), "{text:?}");
    }
}

#[test]
fn errors_about_long_texts_are_short() {
    let long = "k".repeat(100_000);
    let zeros = "0".repeat(100_000);
    for text in [
        format!("? {long}\n: 1\n? {long}\n: 2\n"),
        format!("a: !!int {long}\n"),
        format!("? {zeros}1777777777777777777777\n: 1\n"),
    ] {
        let error = document(&text).unwrap_err();
        assert!(error.message.len() < 200, "{}", error.message.len());
    }
}

/// `gopkg.in/yaml.v3` into a struct: texts stay as they are written, and what is written in a map wins over what is merged.
#[test]
fn structs_of_go_keep_their_texts() {
    let read = |text: &str| {
        only(read_as(text, Dialect::GoStruct).unwrap())
            .unwrap()
            .unwrap()
    };
    for word in [
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "True",
        "0644",
        "08",
        "1_000",
        "2001-12-14",
        "1:20",
    ] {
        assert_eq!(read(&format!("a: {word}")).value, json!({ "a": word }));
    }
    for (text, value) in [
        ("true", json!(true)),
        ("~", json!(null)),
        ("1.10", json!(1.1)),
        ("0", json!(0)),
        ("12", json!(12)),
        ("0x1F", json!(31)),
    ] {
        assert_eq!(read(&format!("a: {text}")).value, json!({ "a": value }));
    }
    let merge = "a: &a {x: 1}\nb: &b {x: 2, z: 3}\nc: {x: 0, <<: *a}\nd: {<<: [*a, *b], y: 4}\n";
    let merged = read(merge).value;
    assert_eq!(merged["c"], json!({"x": 0}));
    assert_eq!(merged["d"], json!({"x": 1, "z": 3, "y": 4}));
    assert_eq!(document(merge).unwrap()["c"], json!({"x": 1}));
}

#[test]
fn positions_are_those_of_keys_and_items() {
    let text = "a: 1\nicons:\n- name: x\n  link: y\n-  name: z\n---\nb:\n  c: [1, é, *]\n";
    let text = text.replace("*]", "&d 2]\n  e: [*d]");
    let documents = read(&text).unwrap();
    let key = |key: &str| PathStep::Key(key.into());
    for (nth, path, line, column) in [
        (0, vec![], 1, 1),
        (0, vec![key("a")], 1, 1),
        (0, vec![key("icons"), PathStep::Index(0), key("link")], 4, 3),
        (0, vec![key("icons"), PathStep::Index(1)], 5, 4),
        (0, vec![key("icons"), PathStep::Index(1), key("link")], 5, 4),
        (0, vec![key("icons"), PathStep::Index(2)], 2, 1),
        (0, vec![key("zzz")], 1, 1),
        (1, vec![key("b"), key("c"), PathStep::Index(1)], 8, 10),
        (1, vec![key("b"), key("c"), PathStep::Index(2)], 8, 16),
        (1, vec![key("b"), key("e"), PathStep::Index(0)], 9, 7),
    ] {
        let position = documents[nth].position(&path);
        assert_eq!(position, Position { line, column }, "{nth} {path:?}");
    }
    assert_eq!(documents.len(), 2);
}

/// What is merged is where it is written.
#[test]
fn positions_of_merged_entries() {
    let text =
        "base: &a\n  image: x\n  tag: y\nmore:\n  <<: *a\n  tag: z\nlist:\n  <<: [{own: 1}, *a]\n";
    let documents = read(text).unwrap();
    let position = |path: &[&str]| {
        let path: Vec<_> = path
            .iter()
            .map(|key| PathStep::Key((*key).into()))
            .collect();
        documents[0].position(&path)
    };
    for (path, line, column) in [
        (["more", "image"], 2, 3),
        (["more", "tag"], 6, 3),
        (["list", "tag"], 3, 3),
        (["list", "own"], 8, 9),
    ] {
        assert_eq!(position(&path), Position { line, column }, "{path:?}");
    }
}

mod recorded;
mod spans;
