//! YAML in the layout of Go's `yaml.v3`, in which modulectl writes: keys in the order that is given, lists indented, steps of
//! four spaces.

use serde_json::Value;

use crate::yaml;

/// A value whose maps keep their order.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OrderedNode {
    /// A text, in quotes where it has to be.
    Text(String),
    /// `true`, a number and the like.
    Literal(String),
    List(Vec<OrderedNode>),
    Map(Vec<(String, OrderedNode)>),
}

impl OrderedNode {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn map(entries: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let entries = entries.into_iter();
        Self::Map(entries.map(|(key, node)| (key.to_owned(), node)).collect())
    }

    /// A JSON value, with its maps in alphabetical order.
    pub(super) fn json(value: &Value) -> Self {
        match value {
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.iter().map(Self::json).collect()),
            Value::Object(entries) => {
                let entries = entries.iter();
                Self::Map(
                    entries
                        .map(|(key, value)| (key.clone(), Self::json(value)))
                        .collect(),
                )
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Literal(value.to_string()),
        }
    }

    /// The document, with a line break at the end.
    pub(super) fn document(&self) -> String {
        let mut text = String::new();
        self.write(&mut text, 0);
        text
    }

    /// Whether it begins on a line of its own, behind its key.
    fn is_block(&self) -> bool {
        match self {
            Self::Text(_) | Self::Literal(_) => false,
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
        }
    }

    /// Writes the value, whose lines begin at a column.
    fn write(&self, text: &mut String, column: usize) {
        match self {
            Self::Text(content) => text.push_str(&scalar(content)),
            Self::Literal(content) => text.push_str(content),
            Self::List(items) if items.is_empty() => text.push_str("[]"),
            Self::Map(entries) if entries.is_empty() => text.push_str("{}"),
            Self::List(items) => {
                for item in items {
                    indent(text, column);
                    text.push_str("- ");
                    item.write(text, column.saturating_add(2));
                    end_line(text);
                }
            }
            Self::Map(entries) => {
                for (key, node) in entries {
                    indent(text, column);
                    text.push_str(&scalar(key));
                    text.push_str(if node.is_block() { ":\n" } else { ": " });
                    node.write(text, next_step(column));
                    end_line(text);
                }
            }
        }
    }
}

/// The next multiple of four (`go-yaml/yaml:emitterc.go`, `yaml_emitter_increase_indent_compact`).
fn next_step(column: usize) -> usize {
    column.saturating_div(4).saturating_add(1).saturating_mul(4)
}

/// Spaces at the beginning of a line; behind a dash there are none.
fn indent(text: &mut String, column: usize) {
    if text.is_empty() || text.ends_with('\n') {
        text.extend(std::iter::repeat_n(' ', column));
    }
}

fn end_line(text: &mut String) {
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

/// A text as a scalar on one line that is read as a text.
pub(super) fn scalar(text: &str) -> String {
    let written = yaml::to_string(&Value::from(text));
    let written = written.trim_end_matches('\n');
    if written.contains('\n') {
        // A text of several lines, or one that would be folded: JSON is YAML.
        return Value::from(text).to_string();
    }
    written.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layout_equals_that_of_yaml_v3() {
        let label = |name: &str, value: OrderedNode| {
            OrderedNode::map([("name", OrderedNode::text(name)), ("value", value)])
        };
        let team = serde_json::json!([{"teamname": "kyma/gopher", "type": "githubTeam", "n": 1}]);
        let document = OrderedNode::map([(
            "components",
            OrderedNode::List(vec![OrderedNode::map([
                ("name", OrderedNode::text("a")),
                (
                    "provider",
                    OrderedNode::map([
                        ("name", OrderedNode::text("p")),
                        (
                            "labels",
                            OrderedNode::List(vec![label("l", OrderedNode::text("false"))]),
                        ),
                    ]),
                ),
                (
                    "labels",
                    OrderedNode::List(vec![label("yes", OrderedNode::json(&team))]),
                ),
                ("resources", OrderedNode::List(vec![])),
                ("more", OrderedNode::Map(vec![])),
                (
                    "texts",
                    OrderedNode::List(vec![OrderedNode::text("a b"), OrderedNode::text("x: y")]),
                ),
            ])]),
        )]);
        // As gopkg.in/yaml.v3 v3.0.1 writes it.
        let expected = r#"components:
    - name: a
      provider:
        name: p
        labels:
            - name: l
              value: "false"
      labels:
        - name: "yes"
          value:
            - "n": 1
              teamname: kyma/gopher
              type: githubTeam
      resources: []
      more: {}
      texts:
        - a b
        - 'x: y'
"#;
        assert_eq!(document.document(), expected);
    }

    #[test]
    fn scalars_are_quoted_as_yaml_v3_does() {
        // What gopkg.in/yaml.v3 v3.0.1 writes for the text in the first column.
        for (text, written) in [
            ("kyma/gopher", "kyma/gopher"),
            ("yes", "\"yes\""),
            ("on", "\"on\""),
            ("y", "\"y\""),
            ("N", "\"N\""),
            ("true", "\"true\""),
            ("1.0", "\"1.0\""),
            ("1.2.3", "1.2.3"),
            (".5", "\".5\""),
            ("1e3", "\"1e3\""),
            ("0x1", "\"0x1\""),
            ("0o17", "\"0o17\""),
            ("017", "\"017\""),
            ("1_000", "\"1_000\""),
            ("12:30", "\"12:30\""),
            ("2020-01-01", "\"2020-01-01\""),
            ("~", "\"~\""),
            ("null", "\"null\""),
            ("", "\"\""),
            (" a", "' a'"),
            ("@x", "'@x'"),
            ("- a", "'- a'"),
            ("-", "'-'"),
            ("?", "'?'"),
            ("|", "'|'"),
            ("!x", "'!x'"),
            ("%x", "'%x'"),
            ("a: b", "'a: b'"),
            ("a:", "'a:'"),
            ("a:b", "a:b"),
            (":a", ":a"),
            ("a #b", "'a #b'"),
            ("a,b", "a,b"),
            ("[a]", "'[a]'"),
            ("it's", "it's"),
            ("\"q\"", "'\"q\"'"),
            ("\u{e4}", "\u{e4}"),
            ("a\tb", "\"a\\tb\""),
        ] {
            assert_eq!(scalar(text), written, "{text}");
        }
    }

    #[test]
    fn scalars_stay_on_one_line() {
        let long = "word ".repeat(40);
        for text in [
            "",
            "a",
            "on",
            "1.0",
            "a\nb",
            "# a",
            long.as_str(),
            "\u{7f}",
            "a: b",
        ] {
            let written = scalar(text);
            assert!(!written.contains('\n'), "{written}");
            assert_eq!(
                yaml::document(&written).unwrap(),
                Value::from(text),
                "{written}"
            );
        }
    }
}
