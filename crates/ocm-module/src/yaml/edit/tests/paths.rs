//! What a path means.

use super::*;

#[test]
fn paths_lead_through_maps_lists_and_documents() {
    for (file, change, expected) in [
        ("a: {b.c: x}\n", "a.\"b.c\" = w", "a: {b.c: w}\n"),
        ("a: {b'c: x}\n", "a.\"b'c\" = w", "a: {b'c: w}\n"),
        ("a: {'\"b': x}\n", "a.'\"b' = w", "a: {'\"b': w}\n"),
        ("a: {tag: x}\n", "a.tag = w", "a: {tag: w}\n"),
        ("a:tag: x\n", "\"a:tag\" = w", "a:tag: w\n"),
        ("yes: x\n", "true = w", "yes: w\n"),
        ("on: {push: x}\n", "on.push = w", "on: {push: w}\n"),
        ("'on': x\ntrue: x\n", "on = w", "'on': w\ntrue: x\n"),
        ("8080: x\n", "8080 = w", "8080: w\n"),
        ("[x, p]\n", "[1] = z", "[x, z]\n"),
        (
            "[{n: a, v: x}, {n: b, v: x}]\n",
            "[n=b].v = z",
            "[{n: a, v: x}, {n: b, v: z}]\n",
        ),
        (
            "a: [{n: 1, v: x}, {n: 1, m: 2, v: x}]\n",
            "a[n=1, m=2].v = z",
            "a: [{n: 1, v: x}, {n: 1, m: 2, v: z}]\n",
        ),
        (
            "a: [{p: 8080, v: x}]\n",
            "a[p=8080].v = z",
            "a: [{p: 8080, v: z}]\n",
        ),
        (
            "a: [{p: \"8080\", v: x}]\n",
            "a[p=8080].v = z",
            "a: [{p: \"8080\", v: z}]\n",
        ),
        (
            "a: [{p: 1.10, v: x}]\n",
            "a[p=1.10].v = z",
            "a: [{p: 1.10, v: z}]\n",
        ),
        (
            "a: [{p: {q: b}, v: x}, {p: {q: c}, v: x}]\n",
            "a[p.q=c].v = z",
            "a: [{p: {q: b}, v: x}, {p: {q: c}, v: z}]\n",
        ),
        (
            "a: [{n: 'b,c]', v: x}]\n",
            "a[n=\"b,c]\"].v = z",
            "a: [{n: 'b,c]', v: z}]\n",
        ),
        (
            "a: [{n: b c, v: x}]\n",
            " a[ n = b c ].v=z ",
            "a: [{n: b c, v: z}]\n",
        ),
        ("a: [[x, p]]\n", "a[0][1] = z", "a: [[x, z]]\n"),
        ("a: x\n---\nb: x\n", "b = w", "a: x\n---\nb: w\n"),
        ("---\n---\nb: x\n---\n", "b = w", "---\n---\nb: w\n---\n"),
        (
            "kind: A\na: x\n---\nkind: B\na: x\n",
            "[kind=B].a = w",
            "kind: A\na: x\n---\nkind: B\na: w\n",
        ),
        (
            "m: {n: p}\na: x\n---\nm: {n: q}\na: x\n",
            "[m.n=q].a = w",
            "m: {n: p}\na: x\n---\nm: {n: q}\na: w\n",
        ),
        (
            "b: &b {n: c}\na: [{<<: *b, v: x}]\n",
            "a[n=c].v = w",
            "b: &b {n: c}\na: [{<<: *b, v: w}]\n",
        ),
        ("a: x\n", "a = y = z", "a: y = z\n"),
        ("a: x\n", "a = 'y'", "a: '''y'''\n"),
    ] {
        assert_eq!(edited(file, change), expected, "{file}{change}");
    }
}

#[test]
fn paths_that_cannot_be_read_have_a_column() {
    for (path, column) in [
        ("", 1),
        (" ", 2),
        (".a", 1),
        ("a.", 3),
        ("a..b", 3),
        ("a[", 3),
        ("a[]", 3),
        ("a[b]", 4),
        ("a[b=c", 6),
        ("a[b=c,", 7),
        ("a[0", 4),
        ("a[99999999999999999999]", 3),
        ("a[\"b]", 3),
        ("a.\"b", 3),
        ("é.'b", 3),
        ("a:", 3),
        ("a:digest", 3),
        ("a:tag.b", 6),
        ("a b", 2),
        ("a]", 2),
        ("a = 1", 2),
    ] {
        let error = path.parse::<YamlPath>().unwrap_err();
        assert_eq!(error.column, column, "{path}: {error}");
    }
    assert_eq!("a b".parse::<YamlEdit>().unwrap_err().column, 3);
    assert_eq!("a".parse::<YamlEdit>().unwrap_err().column, 2);
    assert!("a".repeat(1_000).parse::<YamlPath>().is_ok());
    assert!("a".repeat(1_001).parse::<YamlPath>().is_err());
}

#[test]
fn a_path_is_written_as_it_was_read() {
    let path = "a.\"b c\"[name=x, 'd'=y][0]:tag";
    assert_eq!(path.parse::<YamlPath>().unwrap().to_string(), path);
    let edit: YamlEdit = format!(" {path}  =  1 ").parse().unwrap();
    assert_eq!(
        (edit.path.to_string().as_str(), edit.value.as_str()),
        (path, "1")
    );
}
