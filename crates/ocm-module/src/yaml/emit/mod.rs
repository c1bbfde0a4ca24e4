//! Writes YAML as `sigs.k8s.io/yaml` does, byte for byte: JSON handed to go-yaml v2. Keys are sorted, lists are not indented,
//! and texts are quoted only where they must be (`go-yaml/yaml:encode.go`, `emitterc.go` and `sorter.go`, v2.4.0).
//!
//! The descriptor's digest depends on these bytes: the same module has the same digest whichever tool built it.

use std::cmp::Ordering;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use super::Dialect;
use super::number::float_text;
use super::resolve::{Meaning, plain};

/// Where go-yaml breaks a line, if there is a space.
const WIDTH: usize = 80;

/// A longer key is written as `? key`.
const MAX_SIMPLE_KEY: usize = 128;

/// A value as YAML, byte for byte as `sigs.k8s.io/yaml` writes it, with a line break at the end.
pub fn to_string(value: &Value) -> String {
    let mut emitter = Emitter(String::new());
    match value {
        Value::Object(map) if !map.is_empty() => emitter.map(map, 0, FirstEntry::OnItsOwnLine),
        Value::Array(list) if !list.is_empty() => emitter.list(list, 0, FirstEntry::OnItsOwnLine),
        scalar => {
            emitter.scalar(scalar, 0);
            emitter.0.push('\n');
        }
    }
    emitter.0
}

struct Emitter(String);

/// Where the first entry of a list or map is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstEntry {
    OnItsOwnLine,
    /// Behind the `- ` of the list that holds it.
    AfterDash,
}

impl Emitter {
    fn map(&mut self, map: &Map<String, Value>, indent: usize, first: FirstEntry) {
        for (at, (key, value)) in in_order(map.iter().collect()).into_iter().enumerate() {
            if at > 0 || first == FirstEntry::OnItsOwnLine {
                self.indent(indent);
            }
            self.key(key, indent);
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.0.push('\n');
                    self.map(map, indent + 2, FirstEntry::OnItsOwnLine);
                }
                Value::Array(list) if !list.is_empty() => {
                    self.0.push('\n');
                    self.list(list, indent, FirstEntry::OnItsOwnLine);
                }
                scalar => {
                    self.0.push(' ');
                    self.scalar(scalar, indent);
                    self.end_line();
                }
            }
        }
    }

    fn list(&mut self, list: &[Value], indent: usize, first: FirstEntry) {
        for (at, item) in list.iter().enumerate() {
            if at > 0 || first == FirstEntry::OnItsOwnLine {
                self.indent(indent);
            }
            self.0.push_str("- ");
            match item {
                Value::Object(map) if !map.is_empty() => {
                    self.map(map, indent + 2, FirstEntry::AfterDash)
                }
                Value::Array(list) if !list.is_empty() => {
                    self.list(list, indent + 2, FirstEntry::AfterDash)
                }
                scalar => {
                    self.scalar(scalar, indent);
                    self.end_line();
                }
            }
        }
    }

    fn key(&mut self, key: &str, indent: usize) {
        let style = match Style::of(key) {
            Style::Literal => Style::Double,
            // Go writes it plain, as any text, and would read it as a merge key.
            Style::Plain if key == "<<" => Style::Double,
            style => style,
        };
        let long = key.len() > MAX_SIMPLE_KEY;
        if long {
            self.0.push_str("? ");
        }
        self.text(key, style, None);
        if long {
            self.0.push('\n');
            self.indent(indent);
        }
        self.0.push(':');
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.0.push_str("null"),
            Value::Bool(flag) => self.0.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.0.push_str(&number_text(number)),
            Value::String(text) => self.text(text, Style::of(text), Some(indent + 2)),
            Value::Array(_) => self.0.push_str("[]"),
            Value::Object(_) => self.0.push_str("{}"),
        }
    }

    /// `fold` is the indentation of further lines, or none where the text must stay on its line.
    fn text(&mut self, text: &str, style: Style, fold: Option<usize>) {
        match style {
            Style::Plain => self.folded(text, style, fold, String::push),
            Style::Single => {
                self.0.push('\'');
                self.folded(text, style, fold, |out, c| {
                    out.push(c);
                    if c == '\'' {
                        out.push(c);
                    }
                });
                self.0.push('\'');
            }
            Style::Double => self.double(text, fold),
            Style::Literal => self.literal(text, fold.unwrap_or_default()),
        }
    }

    fn folded(
        &mut self,
        text: &str,
        style: Style,
        fold: Option<usize>,
        write: impl Fn(&mut String, char),
    ) {
        let mut spaces = false;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            let inside = style == Style::Plain || at > 0 && next.is_some();
            match fold {
                Some(indent)
                    if c == ' '
                        && !spaces
                        && inside
                        && next != Some(' ')
                        && self.column() > WIDTH =>
                {
                    self.0.push('\n');
                    self.indent(indent);
                }
                _ => write(&mut self.0, c),
            }
            spaces = c == ' ';
        }
    }

    fn double(&mut self, text: &str, fold: Option<usize>) {
        // Go looks for a byte order mark at the beginning of the text, wherever it is in the text.
        let marked = text.starts_with('\u{feff}');
        self.0.push('"');
        let mut spaces = false;
        let mut chars = text.chars().enumerate().peekable();
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|(_, next)| *next);
            match fold {
                _ if marked
                    || !is_printable(c)
                    || matches!(c, '"' | '\\' | '\n' | '\u{2028}' | '\u{2029}') =>
                {
                    self.escape(c);
                }
                Some(indent)
                    if c == ' ' && !spaces && at > 0 && next.is_some() && self.column() > WIDTH =>
                {
                    self.0.push('\n');
                    self.indent(indent);
                    if next == Some(' ') {
                        self.0.push('\\');
                    }
                }
                _ => self.0.push(c),
            }
            spaces = c == ' ';
        }
        self.0.push('"');
    }

    fn escape(&mut self, c: char) {
        const NAMED: [(char, char); 15] = [
            ('\0', '0'),
            ('\x07', 'a'),
            ('\x08', 'b'),
            ('\t', 't'),
            ('\n', 'n'),
            ('\x0b', 'v'),
            ('\x0c', 'f'),
            ('\r', 'r'),
            ('\x1b', 'e'),
            ('"', '"'),
            ('\\', '\\'),
            ('\u{85}', 'N'),
            ('\u{a0}', '_'),
            ('\u{2028}', 'L'),
            ('\u{2029}', 'P'),
        ];
        let named = NAMED.iter().find(|(from, _)| *from == c);
        let _ = match (named, u32::from(c)) {
            (Some((_, letter)), _) => write!(self.0, "\\{letter}"),
            (None, code @ ..=0xff) => write!(self.0, "\\x{code:02X}"),
            (None, code @ ..=0xffff) => write!(self.0, "\\u{code:04X}"),
            (None, code) => write!(self.0, "\\U{code:08X}"),
        };
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.0.push('|');
        if text.starts_with([' ', '\n']) {
            self.0.push('2');
        }
        match text.strip_suffix('\n') {
            None => self.0.push('-'),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.0.push('+'),
            Some(_) => {}
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.0.push('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.0.push_str(line);
            }
        }
    }

    fn indent(&mut self, indent: usize) {
        self.0.extend(std::iter::repeat_n(' ', indent));
    }

    fn end_line(&mut self) {
        self.0.push('\n');
    }

    /// Characters since the last line break.
    fn column(&self) -> usize {
        self.0
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
    }
}

/// A text in a style on a line of its own; line breaks in it need [`Style::Double`].
pub(super) fn on_one_line(text: &str, style: Style) -> String {
    let mut emitter = Emitter(String::new());
    emitter.text(text, style, None);
    emitter.0
}

/// A text as a scalar that is read as this text, without a line break in it.
pub(crate) fn one_line(text: &str) -> String {
    match Style::of(text) {
        Style::Literal => on_one_line(text, Style::Double),
        style => on_one_line(text, style),
    }
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Style {
    /// go-yaml asks for a style by what the text would mean; libyaml's emitter takes another where that one cannot hold it.
    pub(super) fn of(text: &str) -> Self {
        let printable = Self::is_printable(text);
        let space_before_break = text.contains(" \n");
        if text.contains('\n') {
            return if printable && !space_before_break && !text.ends_with(' ') {
                Self::Literal
            } else {
                Self::Double
            };
        }
        match (printable, needs_quotes(text), may_stand_plain(text)) {
            (false, ..) | (_, true, _) => Self::Double,
            (_, _, true) => Self::Plain,
            (_, _, false) => Self::Single,
        }
    }

    fn is_printable(text: &str) -> bool {
        text.chars()
            .all(|c| is_printable(c) && !matches!(c, '\u{2028}' | '\u{2029}'))
    }

    /// Whether a text can stand in single quotes on one line.
    pub(super) fn is_printable_line(text: &str) -> bool {
        Self::is_printable(text) && !text.contains('\n')
    }
}

/// Whether a text of one line needs no quotes: no part of it has a meaning to YAML.
fn may_stand_plain(text: &str) -> bool {
    if text.starts_with(' ')
        || text.ends_with(' ')
        || text.starts_with("---")
        || text.starts_with("...")
    {
        return false;
    }
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_word = chars.peek().is_none_or(|next| *next == ' ');
        let special = match before {
            None => {
                matches!(
                    c,
                    '#' | ','
                        | '['
                        | ']'
                        | '{'
                        | '}'
                        | '&'
                        | '*'
                        | '!'
                        | '|'
                        | '>'
                        | '\''
                        | '"'
                        | '%'
                        | '@'
                        | '`'
                ) || matches!(c, '?' | ':' | '-') && ends_word
            }
            Some(before) => c == ':' && ends_word || c == '#' && before == ' ',
        };
        if special {
            return false;
        }
        before = Some(c);
    }
    true
}

/// Not those above U+FFFF, which go-yaml v2 takes for unprintable.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn number_text(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => float_text(float),
        _ => number.to_string(),
    }
}

/// Whether a text without quotes would be read as something else (`go-yaml/yaml:encode.go`, v2, `stringv`).
fn needs_quotes(text: &str) -> bool {
    plain(text, Dialect::Kubernetes) != Meaning::Text || is_base60(text)
}

/// `190:20:30`, which other readers of YAML 1.1 take for a number in base 60:
/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`.
fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let Some((first, rest)) = whole.split_once(':') else {
        return false;
    };
    let sixtieth = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten @ b'0'..=b'5', one] => ten.is_ascii_digit() && one.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.split(':').all(sixtieth)
}

/// Sorted by [`natural`]. That is no total order (`12` is greater than `2`, `2` than `1a`, and `1a` than `12`), for which the
/// standard library's sort may panic.
fn in_order<'m>(mut entries: Vec<(&'m String, &'m Value)>) -> Vec<(&'m String, &'m Value)> {
    if entries.len() < 2 {
        return entries;
    }
    let right = in_order(entries.split_off(entries.len() / 2));
    let (mut left, mut right) = (
        in_order(entries).into_iter().peekable(),
        right.into_iter().peekable(),
    );
    let mut merged = Vec::with_capacity(left.len() + right.len());
    while let (Some((a, _)), Some((b, _))) = (left.peek(), right.peek()) {
        let next = match natural(a, b) {
            Ordering::Greater => right.next(),
            Ordering::Less | Ordering::Equal => left.next(),
        };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

/// The order of keys: letters come last, and runs of digits are compared by their value.
fn natural(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (Some(x), Some(y)) = (a.get(same), b.get(same)) else {
        return a.len().cmp(&b.len());
    };
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (true, true) => return x.cmp(y),
        (false, false) => {}
    }
    let run = |text: &[char]| -> Vec<char> {
        text.iter()
            .skip(same)
            .copied()
            .take_while(char::is_ascii_digit)
            .collect()
    };
    let (run_a, run_b) = (run(&a), run(&b));
    // A zero after other digits is a digit of the number, not a leading zero.
    let before = a
        .get(..same)
        .unwrap_or_default()
        .iter()
        .rev()
        .take_while(|c| c.is_ascii_digit());
    let inside = (*x == '0' || *y == '0') && before.clone().any(|c| *c != '0');
    // Go's numbers of 64 bits begin anew when they are full.
    let value = |run: &[char]| {
        let digits = run.iter().filter_map(|c| c.to_digit(10));
        digits.fold(i64::from(inside), |sum, digit| {
            sum.wrapping_mul(10).wrapping_add(i64::from(digit))
        })
    };
    value(&run_a)
        .cmp(&value(&run_b))
        .then(run_a.len().cmp(&run_b.len()))
        .then(x.cmp(y))
}

#[cfg(test)]
mod tests;
