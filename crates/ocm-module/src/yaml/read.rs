//! From a text to documents: values, and where each of them is.

use std::collections::{BTreeMap, HashMap};

use granit_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::YamlError;
use super::resolve::{Notation, resolve};
use crate::Position;

/// Lists and maps inside of each other. `serde_json`, by which documents are written and read again, has the same limit.
const MAX_DEPTH: usize = 127;

/// One document of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct YamlDocument {
    /// Its content, as JSON would have it.
    pub value: Value,
    positions: Positions,
}

/// One step down into a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// To the value of a key.
    Key(String),
    /// To an item of a list, counted from 0.
    Index(usize),
}

/// Where a value is, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Positions {
    at: Position,
    below: Below,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Below {
    Nothing,
    Items(Vec<Positions>),
    /// The position of a key, and those of its value.
    Keys(BTreeMap<String, (Position, Positions)>),
}

impl YamlDocument {
    /// The position of a path: of the key, or of the item in a list. For a path whose end is missing, the position of
    /// its last existing step, so that a missing key is reported at its parent.
    pub fn position(&self, path: &[PathStep]) -> Position {
        let (mut at, mut node) = (self.positions.at, &self.positions);
        for step in path {
            let found = match (step, &node.below) {
                (PathStep::Key(key), Below::Keys(keys)) => {
                    keys.get(key).map(|(at, value)| (*at, value))
                }
                (PathStep::Index(index), Below::Items(items)) => {
                    items.get(*index).map(|item| (item.at, item))
                }
                _ => None,
            };
            match found {
                Some(found) => (at, node) = found,
                None => break,
            }
        }
        at
    }
}

/// All documents of a stream, empty ones included.
///
/// # Errors
///
/// If the text is not YAML or cannot be JSON (`.nan`, a map as a key), if a map has a key twice, if lists and maps are nested
/// deeper than 127, if aliases expand to several times the length of the text, or for a character that ends a line in
/// YAML 1.1 and does not in YAML 1.2.
pub fn read(text: &str) -> Result<Vec<YamlDocument>, YamlError> {
    if let Some(error) = ambiguous_line_break(text) {
        return Err(error);
    }
    let options = granit_parser::options! {
        emit_comments: false,
        // As libyaml and Go read them: a block at the end of a file that does not end its last line, and a BOM between
        // documents.
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut composer = Composer {
        documents: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        // An alias of two bytes may stand for megabytes. Without aliases no text means more than itself, so a document may
        // grow to a few times its own length.
        budget: text.len().saturating_mul(4).saturating_add(1024),
    };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| YamlError {
            message: error.info(),
            position: Some(position(error.marker())),
        })?;
        let at = position(&span.start);
        composer.event(event, at).map_err(|message| YamlError {
            message,
            position: Some(at),
        })?;
    }
    Ok(composer.documents)
}

/// The first raw U+0085, U+2028 or U+2029. YAML 1.1, which Kubernetes reads, ends a line there, so that what is a comment to
/// one reader is a key to the other. Tools write them as escapes.
fn ambiguous_line_break(text: &str) -> Option<YamlError> {
    let at = text.find(['\u{85}', '\u{2028}', '\u{2029}'])?;
    let (before, rest) = text.split_at(at);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let code = rest.chars().next().map(u32::from).unwrap_or_default();
    Some(YamlError {
        message: format!(
            "U+{code:04X} ends a line for some readers only: write it as an escape in double quotes"
        ),
        position: Some(Position {
            line: before.matches('\n').count() + 1,
            column: last_line.chars().count() + 1,
        }),
    })
}

/// The parser counts columns from 0.
fn position(marker: &Marker) -> Position {
    Position {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

/// A complete value.
#[derive(Clone)]
struct Node {
    value: Value,
    positions: Positions,
    /// What it counts against the budget.
    size: usize,
}

/// A list or map that is not complete.
struct OpenCollection {
    at: Position,
    anchor: usize,
    size: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Value>, Vec<Positions>),
    Map {
        map: Map<String, Value>,
        keys: BTreeMap<String, (Position, Positions)>,
        /// The key whose value comes next.
        key: Option<(String, Position)>,
    },
}

/// Builds documents from the parser's events.
struct Composer {
    documents: Vec<YamlDocument>,
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, Node>,
    budget: usize,
}

impl Composer {
    fn event(&mut self, event: Event<'_>, at: Position) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let value = resolve(&text, notation(style, tag.as_deref()))?;
                let size = text.len();
                self.complete(value, at, Below::Nothing, size, anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err("an alias stands inside of what it names".to_owned());
                };
                self.pay(node.size)?;
                let positions = Positions {
                    at,
                    ..node.positions
                };
                self.add(Node { positions, ..node })
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(at, anchor, OpenContent::List(Vec::new(), Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                let content = OpenContent::Map {
                    map: Map::new(),
                    keys: BTreeMap::new(),
                    key: None,
                };
                self.open(at, anchor, content)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn pay(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.budget.checked_sub(bytes.saturating_add(1));
        self.budget = left.ok_or("aliases expand to many times the text")?;
        Ok(())
    }

    fn open(&mut self, at: Position, anchor: usize, content: OpenContent) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("lists and maps are nested deeper than {MAX_DEPTH}"));
        }
        self.open.push(OpenCollection {
            at,
            anchor,
            size: 0,
            content,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (value, below) = match open.content {
            OpenContent::List(items, positions) => (Value::Array(items), Below::Items(positions)),
            OpenContent::Map { map, keys, .. } => (Value::Object(map), Below::Keys(keys)),
        };
        self.complete(value, open.at, below, open.size, open.anchor)
    }

    /// A value that is complete, for an alias to repeat where it has an anchor.
    fn complete(
        &mut self,
        value: Value,
        at: Position,
        below: Below,
        size: usize,
        anchor: usize,
    ) -> Result<(), String> {
        // What is in a list or map was paid for when it was added.
        self.pay(if below == Below::Nothing { size } else { 0 })?;
        let node = Node {
            value,
            positions: Positions { at, below },
            size: size.saturating_add(1),
        };
        if anchor > 0 {
            self.pay(node.size)?;
            self.anchors.insert(anchor, node.clone());
        }
        self.add(node)
    }

    /// Puts a value where it belongs: into the innermost list or map, or as a document.
    fn add(&mut self, node: Node) -> Result<(), String> {
        let Some(open) = self.open.last_mut() else {
            self.documents.push(YamlDocument {
                value: node.value,
                positions: node.positions,
            });
            return Ok(());
        };
        open.size = open.size.saturating_add(node.size);
        match &mut open.content {
            OpenContent::List(items, positions) => {
                items.push(node.value);
                positions.push(node.positions);
            }
            OpenContent::Map { map, keys, key } => {
                if let Some((name, at)) = key.take() {
                    map.insert(name.clone(), node.value);
                    keys.insert(name, (at, node.positions));
                } else {
                    let name = key_text(node.value)?;
                    if map.contains_key(&name) {
                        return Err(format!("the key {name:?} is there twice"));
                    }
                    *key = Some((name, node.positions.at));
                }
            }
        }
        Ok(())
    }
}

/// JSON's keys are texts; `1:` and `true:` become one as they do for the Kubernetes API.
fn key_text(key: Value) -> Result<String, &'static str> {
    match key {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null => Ok("null".into()),
        Value::Array(_) | Value::Object(_) => Err("a list or map cannot be a key"),
    }
}

/// A tag that YAML does not define, such as `!vault`, leaves the value unchanged.
fn notation(style: ScalarStyle, tag: Option<&Tag>) -> Notation<'_> {
    match tag.and_then(Tag::core_suffix) {
        Some(tag) => Notation::Tagged(tag),
        None if style == ScalarStyle::Plain => Notation::Plain,
        None => Notation::Quoted,
    }
}
