//! Text in Markdown as GitHub renders it. Most of it comes from outside, such as names of files and messages of services, and must
//! not become markup: nothing of it ends a table, a code block or a folded part, and nothing of it is invisible.

use std::fmt::Write as _;

use crate::domain::hides_or_turns;

/// Plain text in one line, in which web addresses are links and what is between backticks is code.
pub(super) fn prose(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // An odd number of backticks does not come in pairs.
    if parts.len().is_multiple_of(2) {
        return words(text);
    }
    let mut prose = String::new();
    for (nth, part) in parts.into_iter().enumerate() {
        if nth % 2 == 0 {
            prose.push_str(&words(part));
        } else {
            prose.push_str(&code(part));
        }
    }
    prose
}

/// Words with web addresses as links.
fn words(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for word in text.split_inclusive(char::is_whitespace) {
        let begin = word.find("http").unwrap_or_default();
        let (before, rest) = word.split_at(begin);
        let address = rest.trim_end_matches(|c: char| c.is_whitespace() || "),.;:\"'".contains(c));
        if is_address(address) {
            let after = rest.strip_prefix(address).unwrap_or_default();
            // What is between these brackets is never escaped.
            let _ = write!(all, "{}<{address}>{}", escaped(before), escaped(after));
        } else {
            all.push_str(&escaped(word));
        }
    }
    all
}

/// Whether this is a web address of harmless characters only.
fn is_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let is_harmless = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!&=+,;%".contains(c);
        !rest.is_empty() && rest.chars().all(is_harmless)
    })
}

/// Text with nothing left that Markdown, HTML or a table would take for its own.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '$' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            '\n' => safe.push_str("<br>"),
            c => push_visible(&mut safe, c),
        }
    }
    safe
}

/// A value as code, in one line. Entities are needed for other characters than those of usual names: a backslash is no escape between
/// backticks, and a `|` would end the cell of a table.
pub(super) fn code(text: &str) -> String {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || " -._/:@+=,(){}$%^'\"".contains(c);
    if text.trim() == text && !text.is_empty() && text.chars().all(is_usual) {
        return format!("`{text}`");
    }
    let mut safe = String::from("<code>");
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            c if c.is_ascii_alphanumeric() || " -./@+=,(){}%".contains(c) => safe.push(c),
            c if c.is_ascii_punctuation() => {
                let _ = write!(safe, "&#{};", u32::from(c));
            }
            c => push_visible(&mut safe, c),
        }
    }
    safe + "</code>"
}

/// A block of code with a button to copy it.
pub(super) fn block(language: &str, text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or_default().max(2) + 1);
    let mut safe = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        if matches!(c, '\n' | '\t') {
            safe.push(c);
        } else {
            push_visible(&mut safe, c);
        }
    }
    format!("{fence}{language}\n{safe}\n{fence}\n")
}

/// A link to a page, where its address is harmless; otherwise the text alone. The text is Markdown.
pub(super) fn link(markdown: &str, address: &str) -> String {
    if is_address(address) {
        format!("[{markdown}](<{address}>)")
    } else {
        markdown.to_owned()
    }
}

/// At most so many characters of a text.
pub(super) fn bounded(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
    }
}

/// A character that shows itself, or its number: other ones would hide, or turn the direction of what follows.
fn push_visible(text: &mut String, c: char) {
    if c.is_control() || hides_or_turns(c) {
        let _ = write!(text, "(U+{:04X})", u32::from(c));
    } else {
        text.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_keeps_links_and_code_and_nothing_else() {
        for (text, markdown) in [
            ("a|b *c* _d_ [e](f) #1", r"a\|b \*c\* \_d\_ \[e\](f) \#1"),
            ("</details><!-- x", "&lt;/details&gt;&lt;!-- x"),
            ("set `a` or `b|c`", "set `a` or <code>b&#124;c</code>"),
            ("one ` alone", r"one \` alone"),
            ("two\nlines", "two<br>lines"),
            (
                "look at https://x.example/a_b?c=d, please",
                "look at <https://x.example/a_b?c=d>, please",
            ),
            ("(https://x.example)", "(<https://x.example>)"),
            ("https://x.example/<b>", "https://x.example/&lt;b&gt;"),
            ("a\u{202e}b\u{7}", "a(U+202E)b(U+0007)"),
        ] {
            assert_eq!(prose(text), markdown);
        }
    }

    #[test]
    fn code_has_entities_where_backticks_are_not_enough() {
        for (text, markdown) in [
            ("ghcr.io/a/b:1.2.0", "`ghcr.io/a/b:1.2.0`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("a`b", "<code>a&#96;b</code>"),
            ("</code><b>", "<code>&#60;/code&#62;&#60;b&#62;</code>"),
            ("a\nb\u{2067}", "<code>a\\nb(U+2067)</code>"),
            (" a", "<code> a</code>"),
            ("", "<code></code>"),
            ("größe", "<code>größe</code>"),
        ] {
            assert_eq!(code(text), markdown);
        }
    }

    #[test]
    fn block_has_a_fence_that_its_text_does_not_end() {
        assert_eq!(block("sh", "ls\n"), "```sh\nls\n```\n");
        assert_eq!(
            block("", "a\n````\n\u{202e}"),
            "`````\na\n````\n(U+202E)\n`````\n"
        );
    }

    #[test]
    fn link_leads_to_harmless_addresses_only() {
        assert_eq!(link("a", "https://x.example"), "[a](<https://x.example>)");
        for address in ["javascript:x", "https://x>y", "https://x y", "https://", ""] {
            assert_eq!(link("a", address), "a", "{address}");
        }
    }

    #[test]
    fn bounded_counts_characters() {
        assert_eq!(bounded("öäü", 3), "öäü");
        assert_eq!(bounded("öäüß", 3), "öäü …");
    }
}
