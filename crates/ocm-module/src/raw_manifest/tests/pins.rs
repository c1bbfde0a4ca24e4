//! Digests are added to the images of a manifest, and nothing else changes.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::raw_manifest::ImagePin;
use crate::values::Digest;

fn digest(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}

fn pins() -> Vec<ImagePin> {
    let pin =
        |image: &str, bytes: &[u8]| ImagePin::new(&image.parse().unwrap(), digest(bytes)).unwrap();
    vec![
        pin("r.example/manager:1.0.0", b"manager"),
        pin("r.example:5000/proxy:2.0.0", b"proxy"),
    ]
}

fn pinned(text: &str) -> Result<String, Vec<(FormatCode, usize)>> {
    let manifest = RawManifest::parse("m", text.as_bytes()).unwrap();
    let pinned = manifest.pin(&pins()).map_err(|found| codes(&found))?;
    Ok(pinned.manifest.text().to_owned())
}

/// What the text is to become: `@M` and `@P` stand for the digests.
fn with_digests(text: &str) -> String {
    text.replace("@M", &format!("@{}", digest(b"manager")))
        .replace("@P", &format!("@{}", digest(b"proxy")))
}

#[test]
fn digests_are_added_to_every_notation_of_an_image() {
    let pod = |fields: &str| format!("apiVersion: v1\nkind: Pod\nspec:\n{fields}");
    for text in [
        pod("  containers:\n  - image: r.example/manager:1.0.0@M\n    args: [r.example/manager:1.0.0]\n"),
        pod("  containers:\n  - image: r.example/manager:1.0.0@M # r.example/manager:1.0.0\n  - {image: 'r.example:5000/proxy:2.0.0@P'}\n"),
        pod("  containers: [{image: \"r.example/manager:1.0.0@M\", name: a}, {name: b, image: r.example/manager:1.0.0@M}]\n"),
        pod("  containers:\n  - image: |-\n      r.example/manager:1.0.0@M\n    name: a\n"),
        pod("  containers:\n  - image: >-\n      r.example/manager:1.0.0@M\n\n\n    name: a\n"),
        pod("  containers:\n  - image: r.example/manager:1.0.0@M"),
        pod("  containers:\n  - image: other:1\n    env:\n    - name: RELATED_IMAGE_MANAGER\n      value: r.example/manager:1.0.0@M\n    - {name: A, value: r.example:5000/proxy:2.0.0@P}\n"),
        pod("  containers:\n  - image: other:1\n  volumes:\n  - name: a\n    image: {reference: r.example/manager:1.0.0@M, pullPolicy: Always}\n"),
        // Aliases and merge keys lead to the same scalar.
        pod("  containers:\n  - image: &image r.example/manager:1.0.0@M\n  - image: *image\n  initContainers:\n  - image: *image\n"),
        pod("  containers:\n  - &a {image: r.example/manager:1.0.0@M}\n  - *a\n"),
        // Line ends, characters of several bytes.
        pod("  containers:\n  - name: é\n    image: r.example/manager:1.0.0@M\n").replace('\n', "\r\n"),
        format!("{}---\n---\n{}", HEADS.trim_end_matches("---\n"), pod("  containers: [{image: r.example/manager:1.0.0@M}]\n")),
        "apiVersion: v1\nkind: List\nitems:\n- kind: List\n  items:\n  - kind: Pod\n    spec: {containers: [{image: r.example/manager:1.0.0@M}]}\n- kind: Pod\n  spec: {containers: [{image: r.example/manager:1.0.0@M}]}\n".into(),
        // Other images, tags and texts stay.
        pod("  containers:\n  - image: r.example/manager:1.0.1\n  - image: manager:1.0.0\n  - image: r.example/manager\n  - image: docker.io/r.example/manager:1.0.0\n  nodeName: r.example/manager:1.0.0\n"),
        "{\"kind\": \"Pod\", \"spec\": {\"containers\": [{\"image\": \"r.example/manager:1.0.0@M\"}]}}".into(),
    ] {
        let before = text.replace("@M", "").replace("@P", "");
        let after = with_digests(&text);
        assert_eq!(pinned(&before).as_deref(), Ok(after.as_str()), "{text}");
        // What is pinned already stays.
        assert_eq!(pinned(&after).as_deref(), Ok(after.as_str()), "{text}");
    }
}

#[test]
fn digest_that_differs_is_refused() {
    let other = digest(b"other");
    for (image, expected) in [
        (
            format!("r.example/manager:1.0.0@{other}"),
            Some(FormatCode::ImagePinDiffers),
        ),
        // By digest alone, or by another tag: which image it is, is a question of the check.
        (format!("r.example/manager@{other}"), None),
        (format!("r.example/manager:1.0.1@{other}"), None),
    ] {
        let text = format!("kind: Pod\nspec:\n  containers:\n  - image: {image}\n");
        match expected {
            Some(code) => assert_eq!(pinned(&text), Err(vec![(code, 4)])),
            None => assert_eq!(pinned(&text), Ok(text)),
        }
    }
}

#[test]
fn places_that_cannot_be_changed_alone_are_refused() {
    for (text, line) in [
        // The alias is an argument, too.
        (
            "kind: Pod\nspec:\n  containers:\n  - image: &image r.example/manager:1.0.0\n    args:\n    - *image\n",
            6,
        ),
        (
            "kind: Pod\nspec:\n  containers:\n  - image: \"r.example/manager:1.0.\\x30\"\n",
            4,
        ),
        (
            "kind: Pod\nspec:\n  containers:\n  - image: \"r.example/\\\n      manager:1.0.0\"\n",
            4,
        ),
    ] {
        assert_eq!(
            pinned(text),
            Err(vec![(FormatCode::ImagePinUnclear, line)]),
            "{text}"
        );
    }
}

#[test]
fn images_without_a_pin_are_listed_once() {
    let text = "kind: Pod\nspec: {containers: [{image: 'a:1'}, {image: 'r.example/manager:1.0.0'}, {image: 'a:1'}, {image: 'b:1'}]}\n";
    let pinned = RawManifest::parse("m", text.as_bytes())
        .unwrap()
        .pin(&pins())
        .unwrap();
    assert_eq!(pinned.unpinned, ["a:1", "b:1"]);
}

/// The text of an image in one of the notations of YAML, in a block collection with this indentation.
fn notation(image: &str, style: u8, indent: usize) -> String {
    match style {
        0 => format!("{image}\n"),
        1 => format!("'{image}' # comment\n"),
        2 => format!("\"{image}\"\n"),
        3 => format!("|-\n{:indent$}{image}\n", "", indent = indent + 2),
        _ => format!("!!str {image}\n"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any mixture of pods, notations and other texts: only the pinned images change, as values and as bytes.
    #[test]
    fn pinned_manifest_is_the_same_but_for_its_images(
        pods in prop::collection::vec((0..5usize, 0..5u8, 0..3u8), 1..6),
        in_list: bool,
        crlf: bool,
    ) {
        let images = ["r.example/manager:1.0.0", "r.example:5000/proxy:2.0.0", "r.example/manager:1.0.1", "busybox:1", "é"];
        let mut text = String::new();
        if in_list {
            text.push_str("kind: List\nitems:\n");
        }
        for (image, style, place) in pods {
            let image = images[image];
            let indent = if in_list { 2 } else { 0 };
            let start = if in_list { "- " } else { "---\n" };
            let line = |depth: usize, rest: &str| format!("{:depth$}{rest}", "", depth = indent + depth);
            text.push_str(start);
            text.push_str("kind: Pod\n");
            text.push_str(&line(0, &format!("metadata: {{annotations: {{image: '{image}'}}}}\n")));
            text.push_str(&line(0, "spec:\n"));
            text.push_str(&line(2, "containers:\n"));
            let at = indent + 4;
            match place {
                0 => text.push_str(&line(2, &format!("- image: {}", notation(image, style, at)))),
                1 => {
                    text.push_str(&line(2, "- image: other:1\n"));
                    text.push_str(&line(4, "env:\n"));
                    text.push_str(&line(4, "- name: RELATED_IMAGE_A\n"));
                    text.push_str(&line(6, &format!("value: {}", notation(image, style, at + 2))));
                }
                _ => {
                    text.push_str(&line(2, &format!("- {{image: '{image}', args: ['{image}']}}\n")));
                }
            }
        }
        if crlf {
            text = text.replace('\n', "\r\n");
        }
        let manifest = RawManifest::parse("m", text.as_bytes()).unwrap();
        let pinned = manifest.pin(&pins()).unwrap();
        let again = RawManifest::parse("m", pinned.manifest.text().as_bytes()).unwrap();
        // Without the digests it is the same text, and the same objects.
        let mut stripped = pinned.manifest.text().to_owned();
        for digest in [digest(b"manager"), digest(b"proxy")] {
            stripped = stripped.replace(&format!("@{digest}"), "");
        }
        prop_assert_eq!(&stripped, &text);
        let values = |manifest: &RawManifest| yaml::documents(manifest.text()).unwrap();
        let without = serde_json::to_string(&values(&again)).unwrap();
        let without = [digest(b"manager"), digest(b"proxy")].iter().fold(without, |text, digest| text.replace(&format!("@{digest}"), ""));
        prop_assert_eq!(serde_json::from_str::<Vec<Value>>(&without).unwrap(), values(&manifest));
        for (before, after) in manifest.facts.images.iter().zip(again.facts.images) {
            prop_assert_eq!(&before.place, &after.place);
            let pin = pins().into_iter().find(|pin| before.image.as_ref().is_some_and(|image| pin.names(image)));
            prop_assert_eq!(pin.map_or(before.text.clone(), |pin| pin.pinned()), after.text);
        }
    }
}
