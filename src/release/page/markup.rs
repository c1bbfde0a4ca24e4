//! Text as HTML and as SVG. Markup is only what stands in this program; whatever comes from outside is escaped.

use std::fmt::Write as _;

use url::Url;

use crate::domain::hides_or_turns;

/// How many characters of a text from outside are shown.
const LONGEST: usize = 300;

/// Markup that grows.
#[derive(Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Adds markup that stands in the program.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds markup that was made before.
    pub(super) fn add(&mut self, markup: &Self) -> &mut Self {
        self.0.push_str(&markup.0);
        self
    }

    /// Adds a text, which is not markup: as content or as the value of an attribute in double quotes.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for (nth, c) in text.chars().enumerate() {
            if nth == LONGEST {
                self.0.push_str(" …");
                break;
            }
            self.push(c);
        }
        self
    }

    /// Adds a number.
    pub(super) fn number(&mut self, number: u64) -> &mut Self {
        // Writing to memory cannot fail.
        let _ = write!(self.0, "{number}");
        self
    }

    /// Adds a text in an element, which is given by its two tags.
    pub(super) fn within(
        &mut self,
        open: &'static str,
        text: &str,
        close: &'static str,
    ) -> &mut Self {
        self.raw(open).text(text).raw(close)
    }

    /// Adds a text as a link, where the address is harmless; otherwise the text alone.
    pub(super) fn link(&mut self, text: &str, address: &str) -> &mut Self {
        let Some(address) = harmless(address) else {
            return self.text(text);
        };
        self.raw("<a href=\"");
        // Other than a text for people, an address is never cut.
        address.chars().for_each(|c| self.push(c));
        self.raw("\" rel=\"noreferrer\">").text(text).raw("</a>")
    }

    /// Adds a character that shows itself, or its number.
    fn push(&mut self, c: char) {
        match c {
            '&' => self.0.push_str("&amp;"),
            '<' => self.0.push_str("&lt;"),
            '>' => self.0.push_str("&gt;"),
            '"' => self.0.push_str("&quot;"),
            '\'' => self.0.push_str("&#39;"),
            c => push_visible(&mut self.0, c),
        }
    }

    pub(super) fn finish(self) -> String {
        self.0
    }
}

/// A text in characters that show themselves.
pub(super) fn visible(text: &str) -> String {
    let mut seen = String::with_capacity(text.len());
    text.chars().for_each(|c| push_visible(&mut seen, c));
    seen
}

/// A character that shows itself, or its number: other ones would hide, or turn the direction of what follows.
fn push_visible(text: &mut String, c: char) {
    if matches!(c, '\n' | '\t') {
        text.push(' ');
    } else if is_hidden(c) {
        // Writing to memory cannot fail.
        let _ = write!(text, "(U+{:04X})", u32::from(c));
    } else {
        text.push(c);
    }
}

/// The address of a page that may be linked to: of HTTPS, and without a user.
fn harmless(address: &str) -> Option<String> {
    if address.chars().any(is_hidden) {
        return None;
    }
    let url = Url::parse(address).ok()?;
    let is_plain = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && url.has_host() && is_plain).then(|| url.into())
}

/// Whether a character has no shape of its own, or XML does not allow it.
fn is_hidden(c: char) -> bool {
    c.is_control() || hides_or_turns(c) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        let mut markup = Markup::default();
        markup.text(text);
        markup.finish()
    }

    #[test]
    fn text_is_never_markup() {
        for (given, shown) in [
            ("<b>&\"'", "&lt;b&gt;&amp;&quot;&#39;"),
            ("a\nb\tc", "a b c"),
            ("a\u{202e}b\u{0}\u{ffff}", "a(U+202E)b(U+0000)(U+FFFF)"),
            ("größe ✓", "größe ✓"),
        ] {
            assert_eq!(text(given), shown);
        }
    }

    #[test]
    fn text_is_cut_by_characters() {
        assert_eq!(text(&"ö".repeat(300)), "ö".repeat(300));
        assert_eq!(text(&"<".repeat(301)), "&lt;".repeat(300) + " …");
    }

    #[test]
    fn only_harmless_addresses_become_links() {
        let link = |address: &str| {
            let mut markup = Markup::default();
            markup.link("a", address);
            markup.finish()
        };
        assert_eq!(
            link("https://x.example/a?b=c&d=\"e\""),
            "<a href=\"https://x.example/a?b=c&amp;d=%22e%22\" rel=\"noreferrer\">a</a>"
        );
        for address in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "http://x.example",
            "//x.example",
            "/x",
            "https://",
            "https://user@x.example",
            "https://user:word@x.example",
            "https://x.example/\u{202e}x",
            "https://x.example/\nx",
            "",
        ] {
            assert_eq!(link(address), "a", "{address:?}");
        }
    }
}
