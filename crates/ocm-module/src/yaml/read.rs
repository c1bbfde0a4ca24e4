//! From a text to documents.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Marker, Parser, Span};

use super::compose::Composer;
use super::document::YamlDocument;
use super::{Dialect, MAX_DEPTH, YamlError, too_deep};
use crate::Position;

/// All documents of a stream as Kubernetes reads them, empty ones included.
///
/// # Errors
///
/// If the text is not YAML or cannot be JSON (`.nan`, a map as a key, bytes), if a map has a key twice, if lists and maps are
/// nested deeper than [`MAX_DEPTH`], if aliases expand to several times the length of the text, or for a character that ends a
/// line in YAML 1.1 and does not in YAML 1.2.
pub fn read(text: &str) -> Result<Vec<YamlDocument>, YamlError> {
    read_as(text, Dialect::Kubernetes)
}

/// The same by the rules of another reader.
///
/// # Errors
///
/// As [`read`].
pub(crate) fn read_as(text: &str, dialect: Dialect) -> Result<Vec<YamlDocument>, YamlError> {
    let mut documents = Vec::new();
    each(text, dialect, &mut |document| documents.push(document))?;
    Ok(documents)
}

/// Hands the documents of [`read`] out one by one, so that a long stream needs no more memory than its longest document. The
/// error may come after some of them.
///
/// # Errors
///
/// As [`read`].
pub fn each_document(text: &str, visit: &mut dyn FnMut(YamlDocument)) -> Result<(), YamlError> {
    each(text, Dialect::Kubernetes, visit)
}

fn each(
    text: &str,
    dialect: Dialect,
    visit: &mut dyn FnMut(YamlDocument),
) -> Result<(), YamlError> {
    let mut composer = Composer::new(dialect, text.len());
    each_event(text, &mut |event, at, bytes| {
        composer.event(event, at, bytes)?;
        if let Some(document) = composer.finished() {
            visit(document);
        }
        Ok(())
    })
}

/// What takes events, each with its position and its bytes.
type EventVisitor<'v> = dyn FnMut(Event<'_>, Position, Range<usize>) -> Result<(), String> + 'v;

/// Hands out the events of the parser, each with its position and its bytes in the text.
pub(super) fn each_event(text: &str, visit: &mut EventVisitor<'_>) -> Result<(), YamlError> {
    if let Some(error) = ambiguous_line_break(text) {
        return Err(error);
    }
    let options = granit_parser::options! {
        emit_comments: false,
        // As libyaml and Go read them: a block at the end of a file that does not end its last line, and a byte order mark
        // inside of a document.
        block_scalar_eof_without_line_feed: true,
        bom_inside_document_as_content: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let content = UnmarkedText::of(text);
    for event in Parser::new_from_str_with_options(&content.text, options) {
        let (event, span) = event.map_err(|error| YamlError {
            message: match error.kind() {
                ErrorKind::RecursionLimitExceeded => too_deep(),
                _ => error.info(),
            },
            position: Some(position(error.marker())),
        })?;
        let at = position(&span.start);
        visit(event, at, content.bytes(&span)).map_err(|message| YamlError {
            message,
            position: Some(at),
        })?;
    }
    Ok(())
}

/// The text without the byte order marks that begin a document behind `---`: kubectl and modulectl read each document as a text
/// of its own (`k8s.io/apimachinery:pkg/util/yaml/decoder.go`). The parser reads over the one that begins the whole text.
struct UnmarkedText<'t> {
    text: Cow<'t, str>,
    /// Where in `text` a mark was taken out.
    marks: Vec<usize>,
}

impl<'t> UnmarkedText<'t> {
    fn of(text: &'t str) -> Self {
        let mut marks = Vec::new();
        if !text.contains("\n\u{feff}") {
            let text = text.into();
            return Self { text, marks };
        }
        let mut kept = String::with_capacity(text.len());
        let mut begins_document = false;
        for line in text.split_inclusive('\n') {
            let bare = line.strip_prefix(MARK).filter(|_| begins_document);
            marks.extend(bare.map(|_| kept.len()));
            kept.push_str(bare.unwrap_or(line));
            let behind = line.strip_prefix("---").map(str::trim_start);
            begins_document = behind.is_some_and(|rest| rest.is_empty() || rest.starts_with('#'));
        }
        let text = kept.into();
        Self { text, marks }
    }

    /// Where something is in the whole text.
    fn bytes(&self, span: &Span) -> Range<usize> {
        let whole = |at: usize| {
            let before = self.marks.partition_point(|mark| *mark <= at);
            at + before * MARK.len_utf8()
        };
        let Range { start, end } = span.byte_range().unwrap_or_default();
        whole(start)..whole(end)
    }
}

const MARK: char = '\u{feff}';

/// The first raw U+0085, U+2028 or U+2029. YAML 1.1, which Kubernetes reads, ends a line there, so that what is a comment to
/// one reader is a key to the other. Tools write them as escapes.
fn ambiguous_line_break(text: &str) -> Option<YamlError> {
    // Most files are long and have none but ASCII characters, which is found out many bytes at a time.
    if text.is_ascii() {
        return None;
    }
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
