//! Texts of other people within our Markdown: a title is shown as it was typed, and does nothing.

use crate::release::changes::is_login;

/// Longer lines are cut. A title on GitHub has at most 256 characters, a commit's first line any number.
const LONGEST: usize = 256;

/// A title as a part of one line: no HTML, no link, no formula, no list, and nobody is notified by it. A mention works also where
/// the `@` is escaped, so that an invisible space follows it.
pub(crate) fn line(text: &str) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        let at_start = line.is_empty();
        if !at_start {
            line.push(' ');
            chars += 1;
        }
        // What would begin a heading or a list.
        let begins_block = word.chars().all(|c| matches!(c, '#' | '-' | '+' | '='));
        let digits = word.trim_end_matches(['.', ')']);
        let numbers = digits.len() < word.len() && digits.chars().all(|c| c.is_ascii_digit());
        if at_start && begins_block {
            line.push('\\');
        }
        for (nth, c) in word.char_indices() {
            chars += 1;
            if chars > LONGEST {
                line.push('…');
                return line;
            }
            match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '$' => {
                    line.push('\\');
                    line.push(c);
                }
                '.' | ')' if at_start && numbers && nth == digits.len() => {
                    line.push('\\');
                    line.push(c);
                }
                '@' => line.push_str("@\u{200b}"),
                // They would show the line in another order than it has.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                _ => line.push(c),
            }
        }
    }
    line
}

/// The mention of an account, or the name of somebody who has none.
pub(super) fn author(login: Option<&str>, name: &str) -> String {
    match login {
        Some(login) if is_login(login) => format!("@{login}"),
        _ => line(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_shown_as_typed_and_do_nothing() {
        for (typed, expected) in [
            ("Support a proxy (#12)", "Support a proxy (#12)"),
            ("  a \r\n\t b ", "a b"),
            ("<img> `x` [a](b)", "\\<img\\> \\`x\\` \\[a\\](b)"),
            ("# a - b", "\\# a - b"),
            ("- [x] a", "\\- \\[x\\] a"),
            ("1. a 2. b", "1\\. a 2. b"),
            ("1.2.0 is out", "1.2.0 is out"),
            ("for @everyone", "for @\u{200b}everyone"),
            ("a\u{202e}b\u{0}c", "ab c"),
            ("", ""),
        ] {
            assert_eq!(line(typed), expected, "{typed:?}");
        }
        let long = line(&"ä".repeat(LONGEST + 1));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn only_accounts_are_mentioned() {
        assert_eq!(author(Some("dependabot[bot]"), "x"), "@dependabot[bot]");
        assert_eq!(author(None, "Mary @all"), "Mary @\u{200b}all");
        assert_eq!(author(Some("a b"), "<x>"), "\\<x\\>");
    }
}
