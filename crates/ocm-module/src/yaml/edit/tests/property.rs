//! Any file and any edit: only the bytes of the scalar change, and only its value.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::yaml::documents;

/// A part of a file, with how it is written.
#[derive(Clone, Debug)]
enum Part {
    Scalar(Style, String),
    Map(Vec<(String, Part)>),
    List(Vec<Part>),
    FlowMap(Vec<(String, Part)>),
    FlowList(Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Tagged,
    Anchored,
    /// Has an anchor that an alias at the end of the file repeats.
    Repeated,
}

/// A file that is being written.
#[derive(Default)]
struct Writer {
    text: String,
    /// The path and the bytes of each scalar, with its style.
    scalars: Vec<(String, std::ops::Range<usize>, Style)>,
    repeated: usize,
    /// Which comments, blanks and line ends there are depends on it.
    noise: u64,
}

impl Writer {
    /// One of so many, in a row that depends on the noise only.
    fn one_of(&mut self, many: u64) -> u64 {
        self.noise = self
            .noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.noise >> 33) % many
    }

    fn end_line(&mut self) {
        let ends = ["\n", "  # c: [d\n", "\n# \u{e9} 'e\n", " \n", "\n\n"];
        let nth = usize::try_from(self.one_of(5)).unwrap();
        self.text += ends[nth];
    }

    fn blanks(&mut self) {
        let count = usize::try_from(self.one_of(3)).unwrap();
        self.text += &" ".repeat(1 + count);
    }

    /// Writes a value behind `:` or `-`, where a line of its own begins at `indent`.
    fn value(&mut self, part: &Part, path: &str, indent: usize, in_flow: bool) {
        match part {
            Part::Scalar(style, text) => {
                self.blanks();
                self.scalar(*style, text, path, indent, in_flow);
                if !in_flow && !matches!(style, Style::Literal) {
                    self.end_line();
                }
            }
            Part::Map(entries) if !in_flow && !entries.is_empty() => {
                self.end_line();
                for (key, value) in entries {
                    let _ = write!(self.text, "{:indent$}{}:", "", written_key(key));
                    self.value(value, &step(path, key), indent + 2, false);
                }
            }
            Part::List(items) if !in_flow && !items.is_empty() => {
                self.end_line();
                for (nth, item) in items.iter().enumerate() {
                    let _ = write!(self.text, "{:indent$}-", "");
                    self.value(item, &format!("{path}[{nth}]"), indent + 2, false);
                }
            }
            Part::Map(entries) | Part::FlowMap(entries) => {
                self.text += " {";
                for (nth, (key, value)) in entries.iter().enumerate() {
                    self.text += if nth > 0 { ", " } else { "" };
                    let _ = write!(self.text, "{}:", written_key(key));
                    self.value(value, &step(path, key), indent, true);
                }
                self.text += "}";
                if !in_flow {
                    self.end_line();
                }
            }
            Part::List(items) | Part::FlowList(items) => {
                self.text += " [";
                for (nth, item) in items.iter().enumerate() {
                    self.text += if nth > 0 { "," } else { "" };
                    self.value(item, &format!("{path}[{nth}]"), indent, true);
                }
                self.text += "]";
                if !in_flow {
                    self.end_line();
                }
            }
        }
    }

    fn scalar(&mut self, style: Style, text: &str, path: &str, indent: usize, in_flow: bool) {
        // A block cannot be in flow style; words in quotes are as good.
        let style = if in_flow && style == Style::Literal {
            Style::Single
        } else {
            style
        };
        let written = match style {
            Style::Plain => text.to_owned(),
            Style::Single => format!("'{}'", text.replace('\'', "''")),
            Style::Double => serde_json::json!(text).to_string(),
            Style::Literal => format!("|\n{:indent$}{text}\n", ""),
            Style::Tagged => {
                self.text += "!!str ";
                text.to_owned()
            }
            Style::Anchored | Style::Repeated => {
                let name = self.scalars.len();
                let _ = write!(self.text, "&n{name} ");
                format!("'{text}'")
            }
        };
        if style == Style::Repeated {
            self.repeated = self.scalars.len();
        }
        let start = self.text.len();
        self.text += &written;
        self.scalars
            .push((path.to_owned(), start..self.text.len(), style));
    }
}

fn written_key(key: &str) -> String {
    format!("'{key}'")
}

fn step(path: &str, key: &str) -> String {
    format!("{path}.\"{key}\"")
}

fn file(entries: &[(String, Part)], noise: u64, crlf: bool) -> Writer {
    let mut writer = Writer {
        noise,
        ..Writer::default()
    };
    writer.text += "\u{feff}# begins\n";
    for (key, value) in entries {
        let _ = write!(writer.text, "{}:", written_key(key));
        writer.value(value, &format!("\"{key}\""), 2, false);
    }
    let repeated = writer.scalars.get(writer.repeated);
    if let Some((_, _, Style::Repeated)) = repeated {
        let _ = writeln!(writer.text, "last: *n{}", writer.repeated);
    }
    if crlf {
        let text = writer.text.clone();
        let before = |at: usize| at + text[..at].matches('\n').count();
        for (_, bytes, _) in &mut writer.scalars {
            *bytes = before(bytes.start)..before(bytes.end);
        }
        writer.text = text.replace('\n', "\r\n");
    }
    writer
}

fn part() -> impl Strategy<Value = Part> {
    let style = prop_oneof![
        Just(Style::Plain),
        Just(Style::Plain),
        Just(Style::Single),
        Just(Style::Double),
        Just(Style::Literal),
        Just(Style::Tagged),
        Just(Style::Anchored),
        Just(Style::Repeated),
    ];
    let word = prop_oneof![
        "[a-z]{2}[a-z0-9./\\x{e9}-]{0,8}",
        "r\\.example(:5000)?/[a-z]{1,5}:[0-9.]{1,4}[a-z]"
    ];
    let leaf = (style, word).prop_map(|(style, word)| Part::Scalar(style, format!("w{word}")));
    leaf.prop_recursive(4, 20, 4, |inner| {
        let map = prop::collection::btree_map("[a-z.\\x{e9} :\\[#]{1,6}", inner.clone(), 0..4);
        let map = map.prop_map(|map| map.into_iter().collect::<Vec<_>>());
        let list = prop::collection::vec(inner, 0..4);
        prop_oneof![
            map.clone().prop_map(Part::Map),
            list.clone().prop_map(Part::List),
            map.prop_map(Part::FlowMap),
            list.prop_map(Part::FlowList),
        ]
    })
}

fn new_value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,2}\\.[0-9]{1,2}(\\.[0-9]{1,2})?(-rc[0-9])?",
        "[ -~\n\t\r\\x{e9}]{0,12}",
        "[0-9.:_eExob+-]{0,8}",
        "(yes|no|on|off|y|n|true|null|~|<<|=|\\.inf)",
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn only_the_bytes_and_the_value_of_the_scalar_change(
        parts in prop::collection::btree_map("[a-z]{1,3}", part(), 1..5),
        noise: u64,
        crlf: bool,
        which: Index,
        new in new_value(),
    ) {
        let parts: Vec<_> = parts.into_iter().collect();
        let file = file(&parts, noise, crlf);
        prop_assume!(!file.scalars.is_empty());
        let (path, bytes, style) = which.get(&file.scalars);
        let path: YamlPath = path.parse().unwrap();
        let edited = edit(file.text.as_bytes(), &path, &new);
        let is_repeated = *style == Style::Repeated
            && file.scalars[file.repeated].1 == *bytes;
        let old = &file.text[bytes.clone()];
        match edited {
            Err(error) if *style == Style::Literal => {
                prop_assert_eq!(error.refusal, EditRefusal::Notation);
            }
            Err(error) if is_repeated => prop_assert_eq!(error.refusal, EditRefusal::Shared),
            Err(error) => prop_assert!(false, "{:?} {}\n{}", error, path, file.text),
            Ok(edited) => {
                let edited = String::from_utf8(edited).unwrap();
                let behind = &file.text[bytes.end..];
                prop_assert!(edited.starts_with(&file.text[..bytes.start]), "{}", edited);
                prop_assert!(edited.ends_with(behind), "{}", edited);
                prop_assert!(edited.len() >= bytes.start + behind.len());
                let mut expected = documents(&file.text).unwrap();
                let read_again = documents(&edited).unwrap();
                *at(&mut expected[0], &path) = Value::from(new.clone());
                prop_assert_eq!(read_again, expected, "{} -> {}\n{}", old, new, edited);
                let again = edit(edited.as_bytes(), &path, &new).unwrap();
                prop_assert_eq!(again, edited.into_bytes());
            }
        }
    }

    #[test]
    fn no_text_and_no_path_makes_it_panic(
        text in "([a-c&*!<>|'\"{}\\[\\],:#?~ -]|\n|\n  |: |- |\\x{e9}|---\n){0,30}",
        path in "[ab.\\[\\]\"'=0:tag]{0,8}",
        new in "[a-c#:' ]{0,4}",
    ) {
        let Ok(path) = path.parse::<YamlPath>() else {
            return Ok(());
        };
        if let Err(error) = edit(text.as_bytes(), &path, &new) {
            prop_assert!(!error.seen.is_empty() && !error.help.is_empty());
        }
    }
}

fn at<'v>(value: &'v mut Value, path: &YamlPath) -> &'v mut Value {
    let steps = path.steps.iter();
    steps.fold(value, |value, step| match step {
        path::PathSegment::Key(key) => value.get_mut(key).unwrap(),
        path::PathSegment::Index(index) => value.get_mut(index).unwrap(),
        path::PathSegment::Where(_) => unreachable!(),
    })
}
