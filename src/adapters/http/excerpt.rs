//! Excerpts of texts from a server, for messages.

/// The most characters that are shown: enough for a sentence or two, not for a page.
pub(crate) const LONGEST_EXCERPT: usize = 500;

/// A text on one line, without control characters, cut after [`LONGEST_EXCERPT`] characters.
pub(crate) fn excerpt(text: &str) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(LONGEST_EXCERPT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The excerpt of a body that is no JSON. `None` for one that says nothing, and for HTML: a page for browsers says less
/// than its status does.
pub(crate) fn excerpt_of_body(body: &[u8]) -> Option<String> {
    if body.trim_ascii_start().starts_with(b"<") {
        return None;
    }
    let text = excerpt(&String::from_utf8_lossy(body));
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpt_is_one_bounded_line_without_control_characters() {
        for (text, shown) in [
            ("plain\r\n::error::text\0", "plain ::error::text"),
            ("plain\nwords\u{1b}[31m", "plain words [31m"),
            ("  \t ", ""),
        ] {
            assert_eq!(excerpt(text), shown);
        }
        for letter in ["x", "é"] {
            let exact = letter.repeat(LONGEST_EXCERPT);
            assert_eq!(excerpt(&exact), exact);
            let cut = excerpt(&letter.repeat(LONGEST_EXCERPT + 1));
            assert_eq!(cut.chars().count(), LONGEST_EXCERPT + 1);
            assert!(cut.ends_with('…'));
        }
    }

    #[test]
    fn excerpt_of_body_leaves_out_html_and_emptiness() {
        assert_eq!(excerpt_of_body(b"no\nroom").as_deref(), Some("no room"));
        assert_eq!(excerpt_of_body(b"\xff").as_deref(), Some("\u{fffd}"));
        for nothing in [&b""[..], b" \n", b"<html>", b"\n <!doctype html>"] {
            assert_eq!(excerpt_of_body(nothing), None);
        }
    }
}
