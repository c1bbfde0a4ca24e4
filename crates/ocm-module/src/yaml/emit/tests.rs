//! Bytes that Go tools wrote, and round trips through the reader.

use super::*;
use crate::fixtures::text;
use crate::yaml;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn descriptors_of_go_tools_keep_their_bytes() {
    for file in [
        "golden-cli-2.15/component-descriptor.yaml",
        "golden-cli-2.20/component-descriptor.yaml",
        "ocm-annotation/component-descriptor.yaml",
        "eras/gardener-2022.yaml",
        "eras/cli-2.15-scanned.yaml",
        "eras/v3alpha1.yaml",
    ] {
        let text = text(file);
        assert_eq!(to_string(&yaml::document(&text).unwrap()), text, "{file}");
    }
}

#[test]
fn quoting_equals_go_yaml() {
    for (value, written) in [
        (json!("refs/heads/main"), "refs/heads/main"),
        (json!(""), "\"\""),
        (json!("false"), "\"false\""),
        (json!("1.2"), "\"1.2\""),
        (json!("**/test/**"), "'**/test/**'"),
        (json!("{\"a\":1}"), "'{\"a\":1}'"),
        (json!("it's: x"), "'it''s: x'"),
        (json!("it's"), "it's"),
        (json!("a: b"), "'a: b'"),
        (json!("a:b#c"), "a:b#c"),
        (json!("a #b"), "'a #b'"),
        (json!("- a"), "'- a'"),
        (json!("-a"), "-a"),
        (json!("--- a"), "'--- a'"),
        (json!("@a"), "'@a'"),
        (json!(" a"), "' a'"),
        (json!("a "), "'a '"),
        (json!("a\tb"), "\"a\\tb\""),
        (json!("é ✓"), "é ✓"),
        (json!("é 🐑"), "\"é \\U0001F411\""),
        (
            json!("\u{7f}\u{85}\u{feff}\u{2028}"),
            "\"\\x7F\\N\\uFEFF\\L\"",
        ),
        (json!(null), "null"),
        (json!([]), "[]"),
        (json!({}), "{}"),
        (json!(1.5), "1.5"),
        (json!(1e21), "1e+21"),
        (json!(1_234_567.5), "1.2345675e+06"),
        (json!(0.00001), "1e-05"),
        (json!(-7), "-7"),
    ] {
        assert_eq!(to_string(&value), format!("{written}\n"));
    }
}

#[test]
fn layout_equals_go_yaml() {
    let value = json!({
        "list": [[1, [2]], {"b": [], "a": {"x": "y"}}, "one\ntwo\n", "no end\n\n  deep", " led\n", "\n"],
        "Z": 1, "a_b": 1, "ab": 1, "a10": 1, "a9": 1, "yes": {"k": "end\n\n"},
    });
    let written = "Z: 1\na_b: 1\na9: 1\na10: 1\nab: 1\nlist:\n- - 1\n  - - 2\n- a:\n    x: \"y\"\n  b: []\n- |\n  one\n  two\n- |-\n  no end\n\n    deep\n- |2\n   led\n- |2+\n\n\"yes\":\n  k: |+\n    end\n\n";
    assert_eq!(to_string(&value), written);
    assert_eq!(yaml::document(written).unwrap(), value);
}

#[test]
fn long_lines_break_after_column_80() {
    let words = "word ".repeat(20) + "end";
    let written = to_string(&json!({"a": {"b": words}}));
    assert_eq!(
        written,
        format!(
            "a:\n  b: {}word\n    {}end\n",
            "word ".repeat(15),
            "word ".repeat(4)
        )
    );
    let quoted = to_string(&json!({"a": format!("# {words}")}));
    assert!(
        quoted.lines().count() == 2 && quoted.starts_with("a: '# word"),
        "{quoted}"
    );
    for (width, lines) in [(77, 1), (78, 2)] {
        let edge = to_string(&json!({"a": format!("{} b", "x".repeat(width))}));
        assert_eq!(edge.lines().count(), lines, "{edge}");
    }
    let solid = to_string(&json!({"a": "x".repeat(300)}));
    assert_eq!(solid.lines().count(), 1);
}

/// No total order: the standard library's sort would panic for some of these.
#[test]
fn keys_that_go_round_in_circles_are_written() {
    let keys = (0..2000_u64).map(|n| format!("{:x}", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40));
    let value: Value = keys
        .map(|key| (key, Value::Null))
        .collect::<Map<_, _>>()
        .into();
    assert_eq!(yaml::document(&to_string(&value)).unwrap(), value);
    let pair = json!({"x10000000000000000000": 1, "x2": 2, "x18446744073709551617": 3});
    assert!(to_string(&pair).starts_with("x10000000000000000000: 1\n"));
}

fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[ -~\n\t\\x{e9}]{0,12}",
        "[0-9.:_eE+-]{0,8}",
        "[a-z ]{60,120}",
        any::<String>()
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn written_yaml_is_read_back(value in json_value()) {
        let written = to_string(&value);
        prop_assert_eq!(yaml::document(&written).unwrap(), value, "{}", written);
    }
}
