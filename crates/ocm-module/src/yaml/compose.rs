//! Builds documents from the parser's events: keys, aliases and merge keys, and the limits of what they may expand to.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::document::{Below, Positions, ScalarSpan, YamlDocument};
use super::resolve::{Notation, Scalar, excerpt};
use super::{Dialect, MAX_DEPTH, too_deep};
use crate::Position;

/// What YAML's own tags begin with; `!!int` is short for `tag:yaml.org,2002:int`.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// What aliases may add to a document of any length: go-yaml, too, lets them decode as many values
/// (`go-yaml/yaml:decode.go`, v2, `alias_ratio_range_low`).
const ALIAS_ALLOWANCE: usize = 400_000;

/// Keys of a map and what they hold, each with its positions.
type Keys = BTreeMap<String, (Position, Positions)>;

/// Builds documents from the parser's events.
pub(super) struct Composer {
    /// The document that is complete.
    finished: Option<YamlDocument>,
    dialect: Dialect,
    open: Vec<OpenCollection>,
    anchors: HashMap<usize, Node>,
    budget: usize,
}

/// A complete node.
#[derive(Clone)]
struct Node {
    content: NodeContent,
    positions: Positions,
    /// What it counts against the budget.
    size: usize,
    /// How many lists and maps are inside of each other in it, itself included.
    depth: usize,
}

#[derive(Clone)]
enum NodeContent {
    /// Not a value yet: as a key, it may be another text than as a value.
    Scalar(Scalar),
    List(Vec<Value>),
    Map(Map<String, Value>),
    /// `<<` as it stands in front of what is merged.
    MergeKey,
}

/// Whether a node is written here or repeated.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Written,
    Alias,
}

/// A list or map that is not complete.
struct OpenCollection {
    at: Position,
    anchor: usize,
    size: usize,
    /// The depth of the deepest node in it.
    depth: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Value>, Vec<Positions>),
    Map(OpenMap),
}

/// A map whose entries are not all there.
#[derive(Default)]
struct OpenMap {
    map: Map<String, Value>,
    keys: Keys,
    /// The keys that only a merge put there.
    merged: HashSet<String>,
    pending: Pending,
}

/// What the next node of a map is.
#[derive(Default)]
enum Pending {
    #[default]
    Key,
    Value(String, Position),
    Merge,
}

impl Composer {
    /// `length` is that of the whole text.
    pub(super) fn new(dialect: Dialect, length: usize) -> Self {
        Self {
            finished: None,
            dialect,
            open: Vec::new(),
            anchors: HashMap::new(),
            // An alias of two bytes may stand for megabytes. Without aliases no text means more than itself, so a document may
            // grow to a few times its own length.
            budget: length.saturating_mul(4).saturating_add(ALIAS_ALLOWANCE),
        }
    }

    /// The document that the last event ended, if it did.
    pub(super) fn finished(&mut self) -> Option<YamlDocument> {
        self.finished.take()
    }

    /// Takes the next event; `bytes` is where it is in the text.
    pub(super) fn event(
        &mut self,
        event: Event<'_>,
        at: Position,
        bytes: Range<usize>,
    ) -> Result<(), String> {
        match event {
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                let size = text.len();
                let content = if self.expects_key() && is_merge_key(&text, style, tag.as_deref()) {
                    NodeContent::MergeKey
                } else {
                    let notation = Notation::of(style, tag.as_deref());
                    NodeContent::Scalar(Scalar::resolve(text.into_owned(), notation, self.dialect)?)
                };
                self.pay(size)?;
                let span = ScalarSpan {
                    start: bytes.start,
                    end: bytes.end,
                    style,
                };
                self.complete(content, at, Below::Scalar(span), (size, 0), anchor)
            }
            Event::Alias(anchor) => self.repeat(anchor, at),
            Event::SequenceStart(_, anchor, _) => {
                self.open(at, anchor, OpenContent::List(Vec::new(), Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(at, anchor, OpenContent::Map(OpenMap::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn expects_key(&self) -> bool {
        let innermost = self.open.last().map(|open| &open.content);
        matches!(innermost, Some(OpenContent::Map(map)) if matches!(map.pending, Pending::Key))
    }

    fn pay(&mut self, bytes: usize) -> Result<(), String> {
        let left = self.budget.checked_sub(bytes.saturating_add(1));
        self.budget = left.ok_or("aliases expand to many times the text")?;
        Ok(())
    }

    /// What an alias stands for.
    fn repeat(&mut self, anchor: usize, at: Position) -> Result<(), String> {
        let size = self.anchors.get(&anchor).map(|node| node.size);
        self.pay(size.ok_or("an alias stands inside of what it names")?)?;
        let Some(mut node) = self.anchors.get(&anchor).cloned() else {
            return Ok(());
        };
        node.positions.at = at;
        if let NodeContent::MergeKey = node.content {
            node.content = NodeContent::Scalar(Scalar::text("<<"));
        }
        self.add(node, Origin::Alias)
    }

    fn open(&mut self, at: Position, anchor: usize, content: OpenContent) -> Result<(), String> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        self.open.push(OpenCollection {
            at,
            anchor,
            size: 0,
            depth: 0,
            content,
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let (content, below) = match open.content {
            OpenContent::List(items, positions) => {
                (NodeContent::List(items), Below::Items(positions))
            }
            OpenContent::Map(map) => (NodeContent::Map(map.map), Below::Keys(map.keys)),
        };
        // What is in it was paid for when it was added.
        self.pay(0)?;
        let measures = (open.size, open.depth.saturating_add(1));
        self.complete(content, open.at, below, measures, open.anchor)
    }

    /// A node that is complete, for an alias to repeat where it has an anchor.
    fn complete(
        &mut self,
        content: NodeContent,
        at: Position,
        below: Below,
        (size, depth): (usize, usize),
        anchor: usize,
    ) -> Result<(), String> {
        let node = Node {
            content,
            positions: Positions { at, below },
            size: size.saturating_add(1),
            depth,
        };
        if anchor > 0 {
            self.pay(node.size)?;
            self.anchors.insert(anchor, node.clone());
        }
        self.add(node, Origin::Written)
    }

    /// Puts a node where it belongs: into the innermost list or map, or as a document.
    fn add(&mut self, node: Node, origin: Origin) -> Result<(), String> {
        // Aliases nest without being nested themselves.
        if self.open.len().saturating_add(node.depth) > MAX_DEPTH {
            return Err(too_deep());
        }
        let Some(open) = self.open.last_mut() else {
            self.finished = Some(YamlDocument {
                value: node.content.into_value()?,
                positions: node.positions,
            });
            return Ok(());
        };
        open.size = open.size.saturating_add(node.size);
        open.depth = open.depth.max(node.depth);
        match &mut open.content {
            OpenContent::List(items, positions) => {
                items.push(node.content.into_value()?);
                positions.push(node.positions);
                Ok(())
            }
            OpenContent::Map(map) => map.add(node, origin, self.dialect),
        }
    }
}

impl OpenMap {
    fn add(&mut self, node: Node, origin: Origin, dialect: Dialect) -> Result<(), String> {
        match std::mem::take(&mut self.pending) {
            Pending::Value(name, at) => {
                self.map.insert(name.clone(), node.content.into_value()?);
                self.keys.insert(name, (at, node.positions));
            }
            Pending::Merge => self.merge(node, origin, dialect)?,
            Pending::Key if matches!(node.content, NodeContent::MergeKey) => {
                self.pending = Pending::Merge;
            }
            Pending::Key => {
                let name = node.content.into_key()?;
                // What is written here replaces what was merged before.
                if self.map.contains_key(&name) && !self.merged.remove(&name) {
                    return Err(format!("the key {:?} is there twice", excerpt(&name)));
                }
                self.pending = Pending::Value(name, node.positions.at);
            }
        }
        Ok(())
    }

    /// Takes over the entries of a map, or of each map in a list that is written here, of which the first ones win.
    fn merge(&mut self, node: Node, origin: Origin, dialect: Dialect) -> Result<(), String> {
        const WANTED: &str = "the merge key << wants a map, an alias of one, or a list of these";
        match (node.content, node.positions.below) {
            (NodeContent::Map(map), Below::Keys(keys)) => self.take_over(map, keys, dialect),
            (NodeContent::List(items), Below::Items(positions)) if origin == Origin::Written => {
                let mut all = Self::default();
                for (item, positions) in items.into_iter().zip(positions).rev() {
                    let (Value::Object(map), Below::Keys(keys)) = (item, positions.below) else {
                        return Err(WANTED.to_owned());
                    };
                    all.take_over(map, keys, Dialect::Kubernetes);
                }
                self.take_over(all.map, all.keys, dialect);
            }
            _ => return Err(WANTED.to_owned()),
        }
        Ok(())
    }

    fn take_over(&mut self, map: Map<String, Value>, mut keys: Keys, dialect: Dialect) {
        for (name, value) in map {
            let is_there = self.map.contains_key(&name);
            // To go-yaml v2, a merge is one more entry of the map, which replaces those before it. YAML 1.1 and yaml.v3
            // prefer what is written in the map itself.
            if is_there && dialect == Dialect::GoStruct {
                continue;
            }
            if let Some(positions) = keys.remove(&name) {
                self.keys.insert(name.clone(), positions);
            }
            if !is_there {
                self.merged.insert(name.clone());
            }
            self.map.insert(name, value);
        }
    }
}

impl NodeContent {
    fn into_value(self) -> Result<Value, String> {
        match self {
            Self::Scalar(scalar) => scalar.into_value(),
            Self::List(items) => Ok(items.into()),
            Self::Map(map) => Ok(map.into()),
            Self::MergeKey => Ok("<<".into()),
        }
    }

    fn into_key(self) -> Result<String, String> {
        match self {
            Self::Scalar(scalar) => scalar.into_key(),
            Self::List(_) | Self::Map(_) => Err("a list or map cannot be a key".to_owned()),
            Self::MergeKey => Ok("<<".to_owned()),
        }
    }
}

impl<'a> Notation<'a> {
    pub(super) fn of(style: ScalarStyle, tag: Option<&'a Tag>) -> Self {
        match tag {
            None if style == ScalarStyle::Plain => Self::Plain,
            None => Self::Quoted,
            Some(tag) => tag
                .suffix_in_namespace(YAML_TAGS)
                .map_or(Self::Quoted, Self::Tagged),
        }
    }
}

/// `<<` without quotes, or with the tag `!` or `!!merge` (`go-yaml/yaml:decode.go`, v2, `isMerge`).
fn is_merge_key(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> bool {
    text == "<<"
        && match tag {
            None => style == ScalarStyle::Plain,
            Some(tag) if tag.original() == "!" => true,
            Some(tag) => tag.suffix_in_namespace(YAML_TAGS).as_deref() == Some("merge"),
        }
}
