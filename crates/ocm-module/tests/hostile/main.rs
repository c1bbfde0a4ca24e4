//! Hostile and broken bytes: every reader of the crate answers without panic and keeps to its limits.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::path::Path;

use ocm_module::descriptor::Descriptor;
use proptest::prelude::*;

mod reader;
mod shapes;

use reader::{read_all, signed};
use shapes::{read_and_write, repeated};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name),
    )
    .unwrap()
}

fn originals() -> Vec<Vec<u8>> {
    let archive = fixture("golden-cli-2.15/component-descriptor.tar");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &archive).unwrap();
    vec![
        gzip.finish().unwrap(),
        archive,
        fixture("ocm-annotation/v1b.tar"),
        fixture("golden-cli-2.15/manifest.json"),
        fixture("golden-cli-2.15/config.json"),
        fixture("golden-cli-2.20/component-descriptor.yaml"),
        fixture("eras/modulectl-transferred.yaml"),
        fixture("eras/v3alpha1.yaml"),
        b"name: a.io/b\nversion: 1.0.0\nchannel: fast\nmanifest: m\nicons: [{name: a, link: b}]\n"
            .to_vec(),
        b"kind: List\nitems:\n- &a {kind: Pod, spec: &s {containers: [{image: &i 'r.example/a:1'}]}}\n- kind: CronJob\n  spec: {jobTemplate: {spec: {template: {spec: {<<: *s, volumes: [{image: {reference: *i}}]}}}}}\n"
            .to_vec(),
        b"bdba: [a:1]\nmend: {language: x, exclude: [y]}\n".to_vec(),
    ]
}

/// Found by the fuzzer.
#[test]
fn inputs_that_failed_before_are_read() {
    let floating = "apiVersion: ocm.software/v3alpha1
kind: ComponentVersion
metadata: {name: kyma-project.io/module/btp-operator, version: v1.0.0, provider: {name: internal}}
repositoryContexts: []
spec: {}
more: 0.0
";
    assert!(Descriptor::from_text(floating.as_bytes()).is_ok());
    read_all(floating.as_bytes());
}

#[test]
fn unchanged_inputs_are_read() {
    for bytes in originals() {
        read_all(&bytes);
    }
}

/// Texts of this length are read in a fraction of a second; with steps that grow by the square, each would take minutes.
const LONG: usize = 400_000;

/// Too deep at once, and so most of the text is not even looked at.
#[test]
fn deep_nesting_is_refused_by_every_reader() {
    for piece in [
        "[", "{", "[[", "{\"a\":", "[{\"a\":", "- ", "? ", ": ", "- - ", "? - ", "[a, ", "{a: [",
        "[\n",
    ] {
        let text = repeated("", piece, "", LONG);
        assert!(ocm_module::yaml::documents(&text).is_err(), "{piece:?}");
        assert!(ocm_module::yaml::json(&text).is_err(), "{piece:?}");
        read_all(text.as_bytes());
    }
    let indented: Vec<_> = (0..900).map(|depth| " ".repeat(depth) + "a:\n").collect();
    read_all(indented.concat().as_bytes());
    let closed = "[".repeat(LONG / 2) + &"]".repeat(LONG / 2);
    read_all(closed.as_bytes());
    for (head, tail) in [
        ("a: ", ""),
        ("- a\n- ", ""),
        ("a: &a [1]\nb: ", ""),
        ("---\na: 1\n---\n", ""),
    ] {
        read_all(repeated(head, "[", tail, LONG).as_bytes());
    }
}

#[test]
fn long_texts_are_read_in_steps_that_grow_with_their_length() {
    let pieces = [
        ("", "x", ""),
        ("", "x ", ""),
        ("", "x\n", ""),
        ("", "\n", ""),
        ("", " ", "x"),
        ("", "\t", ""),
        ("", "\r", ""),
        ("", "# c\n", ""),
        ("# ", "c", ""),
        ("", "---\n", ""),
        ("", "---\na: 1\n", ""),
        ("", "...\n", ""),
        ("", "%A b\n", ""),
        ("", "\u{feff}", ""),
        ("", "---\n\u{feff}", "a: 1"),
        ("", "- a\n", ""),
        ("", "-\n", ""),
        ("", "- - a\n", ""),
        ("", "? a\n", ""),
        ("", "a: ", ""),
        ("", ":", ""),
        ("[", "a,", "]"),
        ("[", "a: b,", "]"),
        ("[", "{},", "]"),
        ("[", "[a: ", ""),
        ("{", "a,", "}"),
        ("\"", "x", ""),
        ("\"", "\\x41", "\""),
        ("\"", "\\\n", "\""),
        ("'", "''", "'"),
        ("'", "x\n", ""),
        ("a: |\n", "  x\n", ""),
        ("a: |\n", "\n", ""),
        ("a: >\n", "  x\n", ""),
        ("a: >\n", "   \n", ""),
        ("? ", "x", "\n: y"),
        ("!", "a", " x"),
        ("&", "a", " x"),
        ("", "- !a x\n", ""),
        ("", "- &a x\n", ""),
        ("", "- &a [&b x]\n", ""),
        ("- &a x\n", "- *a\n", ""),
        ("a: &a {x: 1}\nb: {<<: [", "*a,", "]}"),
        ("a: &a {x: 1}\nb:\n", "  <<: *a\n", ""),
        ("a: &a {x: 1}\nb:\n", "- <<: *a\n", ""),
        ("a: 1", "0", ""),
        ("a: 0.", "0", "1"),
        ("a: 1e", "1", ""),
        ("a: !!binary ", "QUJD", ""),
        ("a: ", "1_", ""),
        ("{\"a\": \"", "\\n", "\"}"),
        ("{\"a\": [", "1,", "1]}"),
    ];
    for (head, piece, tail) in pieces {
        read_and_write(&repeated(head, piece, tail, LONG));
    }
    let numbered = |piece: fn(usize) -> String| (0..LONG / 40).map(piece).collect::<String>();
    for text in [
        numbered(|n| format!("key{n}: value\n")),
        numbered(|n| format!("- &a{n} x\n- *a{n}\n")),
        numbered(|n| format!("%TAG !e{n}! tag:x\n")) + "--- x",
        format!("a: {{{}}}\n", numbered(|n| format!("k{n}: ,"))),
        format!(
            "a: &a {{{}}}\nb: {{<<: *a}}\n",
            numbered(|n| format!("k{n}: ,"))
        ),
        numbered(|n| format!("a{n}: &a{n} {{<<: *a{}}}\n", n.saturating_sub(1)))
            .replacen("<<: *a0", "x: 1", 1),
    ] {
        read_and_write(&text);
    }
}

/// A mistake is found at its position, and the position must not be searched from the beginning each time.
#[test]
fn thousands_of_mistakes_are_reported() {
    use ocm_module::config::{ModuleConfig, SecurityScan};
    use ocm_module::raw_manifest::{CrdRule, RawManifest};
    let times =
        |count: usize, piece: fn(usize) -> String| (0..count).map(piece).collect::<String>();
    for config in [
        times(20_000, |n| format!("mistke{n}: x\n")),
        "icons:\n".to_owned() + &times(20_000, |_| "- nme: x\n".into()),
        "labels:\n".to_owned() + &times(20_000, |n| format!("  label{n}: 1\n")),
        "team: x\nassociatedResources:\n".to_owned() + &times(20_000, |_| "- group: 1\n".into()),
        "customStateCheck:\n".to_owned() + &times(20_000, |_| "- jsonPath: x\n".into()),
    ] {
        let (_, found) = ModuleConfig::parse("c", config.as_bytes());
        assert!(found.len() >= 20_000, "{} in {config:.40}", found.len());
        let last = found
            .iter()
            .filter_map(ocm_module::Diagnostic::position)
            .max()
            .unwrap();
        assert!(last.line >= 20_000);
        assert!(
            found
                .iter()
                .map(ToString::to_string)
                .all(|line| line.len() < 300)
        );
    }
    let (_, found) = SecurityScan::parse(
        "s",
        ("bdba:\n".to_owned() + &"- x\n".repeat(20_000)).as_bytes(),
    );
    assert!(found.len() >= 20_000);
    let manifest = "a: 1\n---\n".repeat(2_000);
    assert!(
        RawManifest::parse("m", manifest.as_bytes())
            .unwrap()
            .check(CrdRule::Required, None)
            .len()
            >= 2_000
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        read_all(&bytes);
    }

    #[test]
    fn any_text_is_read(text in "[a-z0-9:\\-\\[\\]{}&*!'\"|>#, \n]{0,300}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn any_repeated_text_is_read(
        head in "[a-z:\\-\\[{&*!'\"|>#?, \n]{0,4}",
        piece in "[a-z0:\\-\\[\\]{}&*!'\"|>#?<%, \t\r\n\u{feff}]{1,6}",
        tail in "[a\\]}'\": \n]{0,3}",
    ) {
        read_and_write(&repeated(&head, &piece, &tail, 20_000));
    }

    #[test]
    fn changed_inputs_are_read(
        which in 0..10_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = originals().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
        read_all(&signed(&bytes));
    }
}
