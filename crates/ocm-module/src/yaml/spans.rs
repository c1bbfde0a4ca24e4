//! Where the scalars of a text are, for changing one of them and nothing else.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle};

use super::PathStep;

/// The scalars of a stream, by document and path. Aliases and merge keys are followed.
#[derive(Debug, Default)]
pub struct ScalarSpans<'t> {
    text: &'t str,
    nodes: Vec<SpanNode>,
    /// The root of each document.
    documents: Vec<usize>,
}

/// A place among `nodes`.
type SpanId = usize;

#[derive(Debug)]
enum SpanNode {
    Scalar {
        span: Range<usize>,
        style: ScalarStyle,
    },
    List(Vec<SpanId>),
    /// Keys in their order; those that are no texts are empty.
    Map(Vec<(String, SpanId)>),
}

/// A list or map that is not complete.
struct OpenSpan {
    anchor: usize,
    node: SpanNode,
    /// The key whose value comes next.
    key: Option<String>,
}

/// The parser, and the nodes so far.
struct SpanBuilder<'t> {
    spans: ScalarSpans<'t>,
    open: Vec<OpenSpan>,
    anchors: HashMap<usize, SpanId>,
}

const BYTE_ORDER_MARK: char = '\u{feff}';

impl<'t> ScalarSpans<'t> {
    /// Of a text that [`super::read`] takes; of another one, as far as the parser comes.
    pub fn of(text: &'t str) -> Self {
        let content = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let skipped = text.len() - content.len();
        let options = granit_parser::options! {
            emit_comments: false,
            block_scalar_eof_without_line_feed: true,
            bom_inside_document_as_content: true,
        };
        let mut builder = SpanBuilder {
            spans: Self {
                text,
                ..Self::default()
            },
            open: Vec::new(),
            anchors: HashMap::new(),
        };
        for event in Parser::new_from_str_with_options(content, options) {
            let Ok((event, span)) = event else {
                break;
            };
            let span = span.byte_range().unwrap_or_default();
            builder.event(event, span.start + skipped..span.end + skipped);
        }
        builder.spans
    }

    /// Where to insert something that is to come after a scalar's `content`, within its quotes if it has any. Nothing if
    /// there is no such scalar, or if it does not end with the content as it is.
    pub fn end_of(&self, document: usize, path: &[PathStep], content: &str) -> Option<usize> {
        let mut node = *self.documents.get(document)?;
        for step in path {
            node = self.step(node, step)?;
        }
        let SpanNode::Scalar { span, style } = self.nodes.get(node)? else {
            return None;
        };
        let source = self.text.get(span.clone())?.trim_end();
        let source = match style {
            ScalarStyle::SingleQuoted => source.strip_suffix('\'')?,
            ScalarStyle::DoubleQuoted => source.strip_suffix('"')?,
            _ => source,
        };
        source
            .ends_with(content)
            .then_some(span.start + source.len())
    }

    fn step(&self, node: SpanId, step: &PathStep) -> Option<SpanId> {
        match (self.nodes.get(node)?, step) {
            (SpanNode::List(items), PathStep::Index(nth)) => items.get(*nth).copied(),
            (SpanNode::Map(_), PathStep::Key(key)) => self.value(node, key),
            _ => None,
        }
    }

    /// The value of a key: the last one among the map's own and those that are merged, as [`super::Dialect::Kubernetes`] has it.
    fn value(&self, map: SpanId, key: &str) -> Option<SpanId> {
        let SpanNode::Map(entries) = self.nodes.get(map)? else {
            return None;
        };
        entries.iter().rev().find_map(|(name, value)| {
            if name == key {
                return Some(*value);
            }
            if name != "<<" {
                return None;
            }
            match self.nodes.get(*value)? {
                SpanNode::List(maps) => maps.iter().find_map(|map| self.value(*map, key)),
                _ => self.value(*value, key),
            }
        })
    }
}

impl SpanBuilder<'_> {
    fn event(&mut self, event: Event<'_>, span: Range<usize>) {
        match event {
            Event::DocumentStart(..) => self.anchors.clear(),
            Event::Scalar(text, style, anchor, _) => {
                // The text is kept for the keys alone.
                let key = self.awaits_key().then(|| text.into_owned());
                self.complete(SpanNode::Scalar { span, style }, anchor, key);
            }
            Event::Alias(anchor) => {
                // One that stands inside of what it names is refused by the reader.
                if let Some(node) = self.anchors.get(&anchor) {
                    self.add(*node, None);
                }
            }
            Event::SequenceStart(_, anchor, _) => self.open(SpanNode::List(Vec::new()), anchor),
            Event::MappingStart(_, anchor, _) => self.open(SpanNode::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.complete(open.node, open.anchor, None);
                }
            }
            _ => {}
        }
    }

    fn open(&mut self, node: SpanNode, anchor: usize) {
        self.open.push(OpenSpan {
            anchor,
            node,
            key: None,
        });
    }

    fn awaits_key(&self) -> bool {
        let open = self.open.last();
        open.is_some_and(|open| matches!(open.node, SpanNode::Map(_)) && open.key.is_none())
    }

    fn complete(&mut self, node: SpanNode, anchor: usize, key: Option<String>) {
        let id = self.spans.nodes.len();
        self.spans.nodes.push(node);
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
        self.add(id, key);
    }

    fn add(&mut self, id: SpanId, key: Option<String>) {
        let Some(open) = self.open.last_mut() else {
            self.spans.documents.push(id);
            return;
        };
        match &mut open.node {
            SpanNode::List(items) => items.push(id),
            SpanNode::Map(entries) => match open.key.take() {
                Some(key) => entries.push((key, id)),
                None => open.key = Some(key.unwrap_or_default()),
            },
            SpanNode::Scalar { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with a mark at the end of the scalar; nothing if there is none.
    fn marked(text: &str, document: usize, path: &str, content: &str) -> Option<String> {
        let step = |step: &str| match step.parse() {
            Ok(nth) => PathStep::Index(nth),
            Err(_) => PathStep::Key(step.to_owned()),
        };
        let path: Vec<_> = path.split('.').map(step).collect();
        let end = ScalarSpans::of(text).end_of(document, &path, content)?;
        let (before, after) = text.split_at(end);
        Some(format!("{before}|{after}"))
    }

    #[test]
    fn ends_of_scalars_in_every_style() {
        for (text, path, marked_text) in [
            ("a: xy\n", "a", "a: xy|\n"),
            ("a: xy", "a", "a: xy|"),
            ("a: xy # xy\n", "a", "a: xy| # xy\n"),
            ("a: xy\r\nb: 1\r\n", "a", "a: xy|\r\nb: 1\r\n"),
            ("a: 'xy'\n", "a", "a: 'xy|'\n"),
            ("a: \"xy\"  # c\n", "a", "a: \"xy|\"  # c\n"),
            ("{a: xy, b: [xy, xy]}\n", "b.1", "{a: xy, b: [xy, xy|]}\n"),
            ("{a: xy}", "a", "{a: xy|}"),
            ("a: |-\n  xy\n# c\nb: 1\n", "a", "a: |-\n  xy|\n# c\nb: 1\n"),
            ("a: >-\n  xy\n\nb: 1\n", "a", "a: >-\n  xy|\n\nb: 1\n"),
            ("a: &x !!str xy\nb: *x\n", "b", "a: &x !!str xy|\nb: *x\n"),
            ("\u{feff}é: é\na: xy\n", "a", "\u{feff}é: é\na: xy|\n"),
            (
                "x: &x {a: xy}\nb: {<<: *x, c: 1}\n",
                "b.a",
                "x: &x {a: xy|}\nb: {<<: *x, c: 1}\n",
            ),
            (
                "x: &x {a: 1}\ny: &y {a: xy}\nb:\n  <<: [*y, *x]\n",
                "b.a",
                "x: &x {a: 1}\ny: &y {a: xy|}\nb:\n  <<: [*y, *x]\n",
            ),
            (
                "x: &x {a: 1}\nb:\n  <<: *x\n  a: xy\n",
                "b.a",
                "x: &x {a: 1}\nb:\n  <<: *x\n  a: xy|\n",
            ),
            (
                "x: &x {a: xy}\nb: {a: 1, <<: *x}\n",
                "b.a",
                "x: &x {a: xy|}\nb: {a: 1, <<: *x}\n",
            ),
            (
                "? [a, b]\n: 1\n? a\n: xy\n",
                "a",
                "? [a, b]\n: 1\n? a\n: xy|\n",
            ),
        ] {
            let found = marked(text, 0, path, "xy");
            assert_eq!(found.as_deref(), Some(marked_text), "{text}");
        }
        assert_eq!(
            marked("a: 1\n---\n---\na: xy\n", 2, "a", "xy").as_deref(),
            Some("a: 1\n---\n---\na: xy|\n")
        );
    }

    #[test]
    fn scalars_that_do_not_end_with_their_content_have_no_end() {
        for (text, path) in [
            ("a: \"x\\u0079\"\n", "a"),
            ("a: 'xz'\n", "a"),
            ("a: [xy]\n", "a"),
            ("a: xy\n", "b"),
            ("a: xy\n", "a.0"),
            ("a: *x\n", "a"),
            ("", "a"),
        ] {
            assert_eq!(marked(text, 0, path, "xy"), None, "{text}");
        }
    }
}
