//! Files that kubectl takes apart in another way than YAML does.

use super::{CrdRule, FormatCode, RawManifest, codes};

const POD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
const OTHER: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";

/// The lines that are refused, in a manifest as in a default custom resource.
fn lines(text: &str) -> Vec<usize> {
    let file = RawManifest::parse("m.yaml", text.as_bytes()).unwrap();
    let unread = |found: Vec<_>| {
        let found = codes(&found).into_iter();
        let found = found.filter(|(code, _)| *code == FormatCode::ManifestUnreadable);
        found.map(|(_, line)| line).collect::<Vec<_>>()
    };
    let in_manifest = unread(file.check(CrdRule::Usual, None));
    if file.only_object().is_some() {
        assert_eq!(unread(file.check_default_cr(&[]).1), in_manifest, "{text}");
    }
    in_manifest
}

#[test]
fn documents_that_kubectl_does_not_read_are_refused() {
    for (text, expected) in [
        (format!("{POD}...\n{OTHER}"), 5),
        (format!("{POD}...\n# next\n{OTHER}---\n"), 6),
        (format!("{POD}--- {{apiVersion: v1, kind: Pod}}\n"), 4),
        (format!("--- !!map\n{POD}"), 1),
        (format!("--- &a\r\n{POD}"), 1),
        (format!("%YAML 1.1\n---\n{POD}"), 1),
        (format!("\u{feff}# c\n%YAML 1.1\n---\n{POD}"), 2),
    ] {
        assert_eq!(lines(&text), [expected], "{text}");
    }
}

#[test]
fn separators_that_kubectl_knows_are_read() {
    for text in [
        String::new(),
        format!("\u{feff}---\n{POD}---\n{OTHER}"),
        format!("---\r\n{POD}--- # next\r\n{OTHER}...\r\n"),
        format!("# a\n---\n---\t\n\n{POD}...\n---\n# b\n---   \n---\n\n{OTHER}---\n"),
        format!("{POD}data: {{a: 'x\n\n   --- y'}}\nb: |\n  --- {{}}\n  %x\n"),
    ] {
        assert!(lines(&text).is_empty(), "{text}");
    }
}
