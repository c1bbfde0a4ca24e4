//! The form of texts on a terminal: colours, the width, and nothing that the terminal would take for a command.

use crate::domain::{Severity, hides_or_turns};

/// Narrower terminals are left to break lines themselves.
const NARROWEST: usize = 40;
/// The width of the line that is replaced in place, where the terminal does not say its own.
const USUAL_WIDTH: usize = 80;

/// What a terminal can show. By default it is a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Screen {
    pub colors: bool,
    /// In characters; `None` where lines are not to be broken.
    pub width: Option<usize>,
    /// Whether a line can be replaced in place.
    pub live: bool,
}

/// A way to set off a part of a line.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    Severity(Severity),
    /// Less important than the rest.
    Dim,
    /// A title.
    Strong,
}

impl Screen {
    pub(super) fn painted(self, text: &str, paint: Paint) -> String {
        // Select Graphic Rendition (ECMA-48, 8.3.117).
        let code = match paint {
            _ if !self.colors => return text.to_owned(),
            Paint::Severity(Severity::Error) => "1;31",
            Paint::Severity(Severity::Warning) => "1;33",
            Paint::Dim => "2",
            Paint::Strong => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Breaks lines that are too long, and indents what follows by two more than the line.
    pub(super) fn wrapped(self, text: &str) -> String {
        match self.width {
            Some(width) => wrap(text, width, |line| indent_of(line) + 2),
            None => text.to_owned(),
        }
    }

    /// Breaks the lines of a help text, and indents what follows as the description is.
    pub fn wrapped_help(self, text: &str) -> String {
        match self.width {
            Some(width) => wrap(text, width, |line| description_of(line, width)),
            None => text.to_owned(),
        }
    }

    /// As much of a line as fits, so that it can be replaced in place.
    pub(super) fn cut(self, line: &str) -> String {
        let width = self.width.unwrap_or(USUAL_WIDTH);
        if line.chars().count() < width {
            return line.to_owned();
        }
        let mut kept: String = line.chars().take(width.saturating_sub(2)).collect();
        kept.push('…');
        kept
    }
}

/// A text without the characters that move the cursor, change the terminal, or show what follows in another order.
pub fn printable(text: &str) -> String {
    let odd = |c: char| match c {
        '\n' | '\t' => false,
        c => c.is_control() || hides_or_turns(c),
    };
    text.replace(odd, "\u{fffd}")
}

fn indent_of(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// The column of the description of an option or a command, which two spaces or more set apart; otherwise the line's own.
fn description_of(line: &str, width: usize) -> usize {
    let begin = indent_of(line);
    let mut spaces = 0;
    for (column, c) in line.chars().enumerate().skip(begin) {
        if c == ' ' {
            spaces += 1;
        } else if spaces >= 2 && column <= width / 2 {
            return column;
        } else {
            spaces = 0;
        }
    }
    begin
}

fn wrap(text: &str, width: usize, indent: impl Fn(&str) -> usize) -> String {
    if width < NARROWEST {
        return text.to_owned();
    }
    let mut all = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        wrap_line(line, width, &indent, &mut all);
    }
    all
}

fn wrap_line(line: &str, width: usize, indent: &impl Fn(&str) -> usize, all: &mut String) {
    if line.trim_end().chars().count() <= width {
        all.push_str(line);
        return;
    }
    let indent = indent(line).min(width / 2);
    let mut column = 0;
    let mut has_word = false;
    let mut spaces = 0;
    for part in line.split_inclusive(' ') {
        let word = part.trim_end_matches(' ');
        let length = word.trim_end().chars().count();
        if length > 0 && has_word && column + spaces + length > width {
            all.push('\n');
            (column, spaces) = (0, indent);
        }
        if length > 0 || word.ends_with('\n') {
            all.extend(std::iter::repeat_n(' ', spaces));
            all.push_str(word);
            column += spaces + length;
            spaces = 0;
            has_word = true;
        }
        spaces += part.len() - word.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Screen = Screen {
        colors: true,
        width: Some(40),
        live: true,
    };

    #[test]
    fn long_lines_are_broken_at_spaces_and_indented() {
        let text = "error[tag-elsewhere] plan: the tag v1.2.0 is at another commit\n  short\n";
        assert_eq!(
            WIDE.wrapped(text),
            "error[tag-elsewhere] plan: the tag\n  v1.2.0 is at another commit\n  short\n"
        );
        let word = "x".repeat(60);
        assert_eq!(WIDE.wrapped(&word), word);
        let mixed = format!("a {word} b");
        assert_eq!(WIDE.wrapped(&mixed), format!("a\n  {word}\n  b"));
        assert_eq!(Screen::default().wrapped(text), text);
        let narrow = Screen {
            width: Some(10),
            ..WIDE
        };
        assert_eq!(narrow.wrapped(text), text);
    }

    #[test]
    fn help_is_indented_as_its_description() {
        let help = "Options:\n  -h, --help  Print help, and more words than one line has\n      --x <Y>\n          A description that is too long for one line\n";
        assert_eq!(
            WIDE.wrapped_help(help),
            "Options:\n  -h, --help  Print help, and more words\n              than one line has\n      --x <Y>\n          A description that is too long\n          for one line\n"
        );
    }

    #[test]
    fn wrapped_text_has_the_same_words() {
        for width in 40..60 {
            let screen = Screen {
                width: Some(width),
                ..WIDE
            };
            let text = "  --option <VALUE>  one two  three four five six seven eight nine ten eleven\ntwelve";
            for wrapped in [screen.wrapped(text), screen.wrapped_help(text)] {
                let words = |text: &str| {
                    text.split_whitespace()
                        .map(str::to_owned)
                        .collect::<Vec<_>>()
                };
                assert_eq!(words(&wrapped), words(text));
                assert!(
                    wrapped.lines().all(|line| line.chars().count() <= width),
                    "{wrapped}"
                );
            }
        }
    }

    #[test]
    fn line_in_place_is_shorter_than_the_terminal() {
        let long = "ä".repeat(100);
        assert_eq!(WIDE.cut(&long).chars().count(), 39);
        assert_eq!(WIDE.cut("short"), "short");
        assert_eq!(Screen::default().cut(&long).chars().count(), 79);
    }

    #[test]
    fn commands_to_the_terminal_are_taken_out() {
        assert_eq!(
            printable("a\u{1b}[2Jb\r\u{7}\tc\n"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}\tc\n"
        );
        assert_eq!(printable("\u{9b}0m"), "\u{fffd}0m");
        assert_eq!(printable("a\u{202e}b\u{2066}c"), "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn only_a_screen_with_colors_is_painted() {
        let error = Paint::Severity(Severity::Error);
        assert_eq!(WIDE.painted("x", error), "\u{1b}[1;31mx\u{1b}[0m");
        assert_eq!(Screen::default().painted("x", error), "x");
    }
}
