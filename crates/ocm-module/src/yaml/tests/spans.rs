//! Where scalars end, for changing one of them and nothing else.

use super::*;

/// The text with a mark at the end of the scalar; nothing if there is none.
fn marked(text: &str, document: usize, path: &str, content: &str) -> Option<String> {
    let step = |step: &str| match step.parse() {
        Ok(nth) => PathStep::Index(nth),
        Err(_) => PathStep::Key(step.to_owned()),
    };
    let path: Vec<_> = path.split('.').map(step).collect();
    let documents = read(text).ok()?;
    let end = documents.get(document)?.end_of(text, &path, content)?;
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
        ("? a\n: xy\n", "a", "? a\n: xy|\n"),
        ("1: 2\na: xy\n", "a", "1: 2\na: xy|\n"),
    ] {
        let found = marked(text, 0, path, "xy");
        assert_eq!(found.as_deref(), Some(marked_text), "{text}");
    }
    let begun_by_marks = "a: 1\n---\n\u{feff}b: xy\n---\n\u{feff}a: xy\n";
    assert_eq!(
        marked(begun_by_marks, 2, "a", "xy").as_deref(),
        Some("a: 1\n---\n\u{feff}b: xy\n---\n\u{feff}a: xy|\n")
    );
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
