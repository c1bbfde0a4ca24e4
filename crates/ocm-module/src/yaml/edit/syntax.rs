//! A file as it is written: aliases and merge keys are not followed, and each scalar has its bytes.

use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::super::resolve::{Notation, Scalar};
use super::super::{Dialect, YamlError, read::each_event};
use crate::Position;

/// A list, a map, a scalar or an alias.
pub(super) struct SyntaxNode {
    pub(super) at: Position,
    pub(super) content: SyntaxContent,
}

pub(super) enum SyntaxContent {
    Scalar(WrittenScalar),
    Alias,
    List(Vec<SyntaxNode>),
    Map(Vec<SyntaxEntry>),
}

/// A key and its value.
pub(super) struct SyntaxEntry {
    /// Nothing for a key that is an alias, and for `<<`.
    pub(super) key: Option<String>,
    pub(super) value: SyntaxNode,
}

/// A scalar with its notation.
#[derive(Clone)]
pub(super) struct WrittenScalar {
    pub(super) text: String,
    /// The bytes, quotes included; anchor and tag stand before.
    pub(super) bytes: Range<usize>,
    pub(super) style: ScalarStyle,
    /// As written, such as `!!str`.
    pub(super) tag: Option<String>,
    /// Whether it is inside of `[` or `{`.
    pub(super) in_flow: bool,
    /// As the value of a map or list; as a key it may be another text.
    pub(super) resolved: Scalar,
}

/// The roots of all documents of a text that the parser takes, empty ones included.
pub(super) fn syntax(text: &str) -> Result<Vec<SyntaxNode>, YamlError> {
    let mut builder = SyntaxBuilder::default();
    each_event(text, &mut |event, at, bytes| {
        builder.event(event, at, bytes)
    })?;
    Ok(builder.documents)
}

#[derive(Default)]
struct SyntaxBuilder {
    documents: Vec<SyntaxNode>,
    open: Vec<OpenNode>,
    /// How many of the open ones are in flow style.
    flow: usize,
}

struct OpenNode {
    at: Position,
    style: StructureStyle,
    items: Vec<SyntaxNode>,
    is_map: bool,
}

impl SyntaxBuilder {
    fn event(&mut self, event: Event<'_>, at: Position, bytes: Range<usize>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, _, tag) => {
                let notation = Notation::of(style, tag.as_deref());
                let text = text.into_owned();
                let resolved = Scalar::resolve(text.clone(), notation, Dialect::Kubernetes)?;
                let scalar = WrittenScalar {
                    text,
                    bytes,
                    style,
                    tag: tag.map(|tag| tag.original()),
                    in_flow: self.flow > 0,
                    resolved,
                };
                self.add(at, SyntaxContent::Scalar(scalar));
            }
            Event::Alias(_) => self.add(at, SyntaxContent::Alias),
            Event::SequenceStart(style, ..) => self.open(at, style, false),
            Event::MappingStart(style, ..) => self.open(at, style, true),
            Event::SequenceEnd | Event::MappingEnd => self.close()?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, at: Position, style: StructureStyle, is_map: bool) {
        self.flow = self
            .flow
            .saturating_add(usize::from(style == StructureStyle::Flow));
        self.open.push(OpenNode {
            at,
            style,
            items: Vec::new(),
            is_map,
        });
    }

    fn close(&mut self) -> Result<(), String> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let in_flow = usize::from(open.style == StructureStyle::Flow);
        self.flow = self.flow.saturating_sub(in_flow);
        let content = if open.is_map {
            SyntaxContent::Map(entries(open.items)?)
        } else {
            SyntaxContent::List(open.items)
        };
        self.add(open.at, content);
        Ok(())
    }

    fn add(&mut self, at: Position, content: SyntaxContent) {
        let node = SyntaxNode { at, content };
        match self.open.last_mut() {
            Some(open) => open.items.push(node),
            None => self.documents.push(node),
        }
    }
}

/// Keys and values, which come by turns.
fn entries(nodes: Vec<SyntaxNode>) -> Result<Vec<SyntaxEntry>, String> {
    let mut entries = Vec::with_capacity(nodes.len() / 2);
    let mut nodes = nodes.into_iter();
    while let (Some(key), Some(value)) = (nodes.next(), nodes.next()) {
        let text = match key.content {
            SyntaxContent::Scalar(scalar)
                if scalar.text != "<<" || scalar.style != ScalarStyle::Plain =>
            {
                Some(scalar.resolved.into_key()?)
            }
            _ => None,
        };
        entries.push(SyntaxEntry { key: text, value });
    }
    Ok(entries)
}
