//! Excerpts of texts from a server, for messages.

use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap};

use crate::domain::urls::shown;

/// The most characters that are shown: enough for a sentence or two, not for a page.
pub(crate) const LONGEST_EXCERPT: usize = 500;
/// The most characters of a page, and of its type.
const FIRST_WORDS: usize = 100;
/// The bytes of a page in which its title is looked for.
const PAGE_HEAD: usize = 8 << 10;

/// A text on one line, without control characters, cut after [`LONGEST_EXCERPT`] characters.
pub(crate) fn excerpt(text: &str) -> String {
    cut(text, LONGEST_EXCERPT)
}

fn cut(text: &str, most: usize) -> String {
    let line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// The excerpt of a body that is no JSON. `None` for one that says nothing, and for HTML: a page for browsers says less
/// than its status does.
pub(crate) fn excerpt_of_body(body: &[u8]) -> Option<String> {
    if is_page(body) {
        return None;
    }
    let text = excerpt(&String::from_utf8_lossy(body));
    (!text.is_empty()).then_some(text)
}

fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// Who answered with a page for browsers, such as a login or the notice of a proxy: address, type, and the page's title or first words.
/// `None` for another body.
pub(crate) fn page_of(url: &Url, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    if !is_page(body) {
        return None;
    }
    let media_type = headers
        .get(CONTENT_TYPE)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    Some(format!(
        "{} answers with {}: {:?}",
        cut(shown(url).as_str(), LONGEST_EXCERPT),
        cut(
            media_type.as_deref().unwrap_or("no content type"),
            FIRST_WORDS
        ),
        words(body)
    ))
}

/// The title of a page, or what it begins with between its tags.
fn words(page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page.get(..PAGE_HEAD).unwrap_or(page));
    let title = page.to_ascii_lowercase().find("<title");
    let text = title.and_then(|at| page.get(at..)).unwrap_or(&page);
    let between = text
        .split('<')
        .filter_map(|part| Some(part.split_once('>')?.1));
    let mut between = between.filter(|text| !text.trim().is_empty());
    let text = match title {
        Some(_) => between.next().unwrap_or_default().to_owned(),
        None => between.collect::<Vec<_>>().join(" "),
    };
    cut(&text, FIRST_WORDS)
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

    #[test]
    fn page_is_named_by_address_type_and_title() {
        let url = "https://u:s3cret@h.example/sso?t=s3cret".parse().unwrap();
        let shown = |media_type: &str, body: &str| {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type.parse().unwrap())]);
            page_of(&url, &headers, body.as_bytes())
        };
        for (body, words) in [
            (
                "<!doctype html><HTML><Title lang=x>Sign\n in\u{1b}[31m</Title><p>x",
                "Sign in [31m",
            ),
            (
                "\n<html><body>\n <h1>Blocked</h1> by <b>policy</b>",
                "Blocked by policy",
            ),
            ("<title></title>", ""),
            ("<", ""),
        ] {
            let expected = format!("https://h.example/sso answers with text/html: {words:?}");
            assert_eq!(shown("text/html", body), Some(expected), "{body}");
        }
        let long = shown("text/html", &format!("<p>{}", "é".repeat(9000))).unwrap();
        assert!(long.chars().count() < 200, "{long}");
        assert!(shown("application/json", "{}").is_none());
    }
}
