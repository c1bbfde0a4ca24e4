//! What is not edited, and where that is said to be.

use super::*;

#[test]
fn paths_that_lead_to_nothing_or_to_more_than_one_value() {
    let list = "a:\n- name: x\n  v: 1.0.0\n- name: y\n- name: x\n  v: 1.0.0\n";
    for (file, change, expected) in [
        ("", "a = 1", "Missing 1:1"),
        ("# c\n", "a = 1", "Missing 1:1"),
        ("b: 1\n", "a = 1", "Missing 1:1"),
        ("x: 1\nb:\n  c:\n    d: 1\n", "b.c.e = 1", "Missing 3:3"),
        ("x: 1\nb:\n  c: 1\n", "b.c.d = 1", "Missing 3:3"),
        ("a: [x]\n", "a[1] = w", "Missing 1:1"),
        ("a: [x]\n", "a.b = w", "Missing 1:1"),
        ("a: {b: x}\n", "a[0] = w", "Missing 1:1"),
        ("a: {b: x}\n", "a[b=x].c = w", "Missing 1:1"),
        (list, "a[name=z].v = 2", "Missing 1:1"),
        (list, "a[name=x].v = 2", "Ambiguous 5:3"),
        (list, "a[name=y].v = 2", "Missing 4:3"),
        ("a: 1\na: 1\n", "a = 2", "Unreadable 2:1"),
        ("a: [\n", "a = 2", "Unreadable 1:4"),
        ("a: x\n---\nb: x\n---\na: x\n", "a = w", "Ambiguous 5:1"),
        ("a: x\n---\nb: &a x\na: *a\n", "a = w", "Ambiguous 4:1"),
        (
            "a:\n- n: 1\n- n: 1\n---\na:\n- n: 1\n",
            "a[n=1].n = 2",
            "Ambiguous 3:3",
        ),
        ("kind: A\na: x\n", "[kind=B].a = w", "Missing 1:1"),
    ] {
        assert_eq!(edited(file, change), expected, "{file}{change}");
    }
    let not_utf_8 = edit(b"a: x\n\xc3\xa9: \xff\n", &"a".parse().unwrap(), "y").unwrap_err();
    assert_eq!(not_utf_8.refusal, EditRefusal::Unreadable);
    assert_eq!(not_utf_8.position.unwrap().to_string(), "2:4");
}

#[test]
fn values_that_aliases_and_merge_keys_carry() {
    for (file, change, expected) in [
        ("a: &x x\nb: *x\n", "b = w", "WrittenElsewhere 2:1"),
        ("a: &x x\nb: *x\n", "a = w", "Shared 1:7"),
        ("a: &x {c: x}\nb: *x\n", "b.c = w", "WrittenElsewhere 1:8"),
        ("a: &x {c: x}\nb: *x\n", "a.c = w", "Shared 1:11"),
        (
            "a: &x {c: x}\nb:\n  <<: *x\n",
            "b.c = w",
            "WrittenElsewhere 1:8",
        ),
        ("a: &x {c: x}\nb:\n  <<: *x\n", "a.c = w", "Shared 1:11"),
        // To go-yaml v2, what is merged later replaces what is written.
        (
            "a: &x {c: x}\nb:\n  c: z\n  <<: *x\n",
            "b.c = w",
            "Shared 3:6",
        ),
        (
            "a: &x {c: x}\nb:\n  c: z\n  <<: *x\n",
            "b.c = z",
            "Shared 3:6",
        ),
        (
            "a: &x {c: x}\nb: [*x]\n",
            "b[c=x].c = w",
            "WrittenElsewhere 1:8",
        ),
        ("a: &x b\n? *x\n: x\n", "b = w", "WrittenElsewhere 2:3"),
    ] {
        assert_eq!(edited(file, change), expected, "{file}{change}");
    }
    // Where the change goes nowhere else, anchors are no obstacle.
    let overridden = "a: &x {c: x, d: 1}\nb:\n  <<: *x\n  c: z\n";
    assert_eq!(
        edited(overridden, "a.c = w"),
        overridden.replace("c: x", "c: w")
    );
    assert_eq!(
        edited(overridden, "b.c = w"),
        overridden.replace("c: z", "c: w")
    );
}

#[test]
fn notations_that_cannot_be_kept() {
    for (file, value, expected) in [
        ("a: |\n  x\n", "y", "Notation 1:1"),
        ("a: >-\n  x\n", "y", "Notation 1:1"),
        ("a: !vault x\n", "y", "Notation 1:11"),
        ("a: !!int \"3\"\n", "4", "Notation 1:10"),
        ("a: !!binary eHk=\n", "y", "Notation 1:13"),
        ("a:\nb: 1\n", "y", "Notation 1:2"),
        ("a: 3\n", "x", "OtherType 1:4"),
        ("a: 3\n", "true", "OtherType 1:4"),
        ("a: 1.10\n", "1.20", "OtherType 1:4"),
        ("a: 1.10\n", "1.2.0", "OtherType 1:4"),
        ("a: true\n", "yes", "OtherType 1:4"),
        ("a: on\n", "1", "OtherType 1:4"),
        ("a: {b: 1}\n", "y", "NotAScalar 1:1"),
        ("a: []\n", "y", "NotAScalar 1:1"),
    ] {
        assert_eq!(edited(file, &format!("a = {value}")), expected, "{file}");
    }
}

#[test]
fn refusals_say_what_is_there() {
    let file = b"spec:\n  containers:\n  - name: manager\n    image: r/a:1\n  - name: proxy\n";
    for (change, seen, help) in [
        (
            "spec.containers[name=x].image = y",
            "no item of spec.containers has name=x",
            "name an item that is there; name is: manager, proxy",
        ),
        (
            "spec.containers[name=proxy].image = y",
            "spec.containers[1] has no key image",
            "name a key that is there: name",
        ),
        (
            "spec.container.image = y",
            "spec has no key container",
            "name a key that is there: containers",
        ),
        (
            "spec.containers.image = y",
            "spec.containers is a list and has no key image",
            "say which item is meant, such as [name=x]",
        ),
    ] {
        let change: YamlEdit = change.parse().unwrap();
        let error = edit(file, &change.path, &change.value).unwrap_err();
        assert_eq!((&*error.seen, &*error.help), (seen, help));
        assert_eq!(error.to_string(), seen);
    }
}

#[test]
fn long_values_are_quoted_in_part() {
    let key = "k".repeat(5_000);
    let file = format!("{key}: 1\nlist:\n- name: {key}\n");
    for change in [
        "x = 1".to_owned(),
        format!("list[name={}].a = 1", "x".repeat(900)),
    ] {
        let change: YamlEdit = change.parse().unwrap();
        let error = edit(file.as_bytes(), &change.path, &change.value).unwrap_err();
        assert!(error.seen.len() + error.help.len() < 3_000);
    }
}
