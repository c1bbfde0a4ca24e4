//! Lists, of every kind and nested: each rule sees the objects in them.
//!
//! What Lifecycle Manager makes of each of these files was tried with `k8s.io/cli-runtime` 0.34.1, with which it reads them.

use super::*;

/// A CRD and a workload as items, indented for a list.
const ITEMS: &str = "\
- apiVersion: apiextensions.k8s.io/v1
  kind: CustomResourceDefinition
  metadata: {name: things.g.io}
  spec: {group: g.io, scope: Cluster, names: {kind: Thing}, versions: [{name: v1}]}
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: manager, namespace: kyma-system}
  spec: {template: {spec: {containers: [{name: manager, image: 'r.example/manager:1.0.0'}]}}}
";

fn list(items: &str) -> String {
    format!("apiVersion: v1\nkind: List\nitems:\n{items}")
}

/// The items as the only item of another list.
fn nested(items: &str) -> String {
    let inner = list(items).replace('\n', "\n  ");
    list(&format!("- {}\n", inner.trim_end()))
}

fn parse(text: &str) -> RawManifest {
    RawManifest::parse("m.yaml", text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn messages(found: &[Diagnostic]) -> Vec<String> {
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn every_rule_sees_the_objects_in_lists() {
    let documents = ITEMS.replace("- ", "---\n  ");
    let crds = ITEMS.split("- apiVersion: apps/v1").next().unwrap();
    let typed = crds.replace(
        "apiVersion: apiextensions.k8s.io/v1\n  kind: CustomResourceDefinition\n  ",
        "",
    );
    let typed = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinitionList\nitems:\n{typed}---\n{}",
        list(&ITEMS.replace(crds, ""))
    );
    let manager: ImageRef = "r.example/manager:1.0.0".parse().unwrap();
    for (text, warnings) in [
        (documents.clone(), vec![]),
        (list(ITEMS), vec![]),
        // Whatever it is called: an object with an array of items is a list.
        (list(ITEMS).replace("kind: List", "kind: Bundle"), vec![]),
        (typed, vec![]),
        (nested(ITEMS), vec![FormatCode::ManifestListNested]),
    ] {
        let manifest = parse(&text);
        let kinds: Vec<_> = manifest.crds().into_iter().map(|crd| crd.kind).collect();
        assert_eq!(kinds, ["Thing"], "{text}");
        assert!(is_raw_manifest(text.as_bytes()), "{text}");
        let images: Vec<_> = manifest
            .images()
            .into_iter()
            .map(|image| image.text)
            .collect();
        assert_eq!(images, ["r.example/manager:1.0.0"], "{text}");
        let found = manifest.check(CrdRule::Required, Some(&manager));
        assert!(!found.iter().any(Diagnostic::is_error), "{text}\n{found:?}");
        let found: Vec<_> = found.iter().map(|found| found.code).collect();
        assert_eq!(found, warnings, "{text}");

        let line = line_of(&text, "manager:1.0.0");
        let moving = text.replace("manager:1.0.0", "manager:latest");
        let found = parse(&moving).check(CrdRule::Required, Some(&manager));
        let found: Vec<_> = codes(&found)
            .into_iter()
            .filter(|(code, _)| !warnings.contains(code))
            .collect();
        assert_eq!(
            found,
            [
                (FormatCode::ImageTagMoving, line),
                (FormatCode::ManagerImageDiffers, line)
            ],
            "{text}"
        );
    }
}

#[test]
fn broken_lists_are_reported_with_their_place() {
    for (text, expected) in [
        (
            "kind: List\napiVersion: v1\n",
            "m.yaml:1:1: document 1 is a List whose items are no list",
        ),
        (
            "kind: Thing\napiVersion: g.io/v1\nitems: {a: 1}\n",
            "m.yaml:1:1: document 1 is a Thing whose items are no list",
        ),
        (
            "apiVersion: v1\nitems: []\n",
            "m.yaml:1:1: document 1 is a list and has no kind",
        ),
        (
            "kind: List\napiVersion: v1\nitems:\n- kind: A\n",
            "m.yaml:4:3: item 1 of the list in document 1 has no apiVersion",
        ),
        (
            "kind: List\napiVersion: v1\nitems:\n- text\n",
            "m.yaml:4:3: item 1 of the list in document 1 has no kind",
        ),
        (
            "kind: List\napiVersion: v1\nitems:\n- kind: List\n  apiVersion: v1\n  items:\n  - {}\n  - apiVersion: v1\n",
            "m.yaml:8:5: item 2 of item 1 of the list in document 1 has no kind",
        ),
    ] {
        let found = parse(text).check(CrdRule::Required, None);
        let found: Vec<_> = found
            .into_iter()
            .filter(|found| found.code == FormatCode::ManifestNoObject)
            .collect();
        let messages = messages(&found);
        assert!(
            messages
                .last()
                .is_some_and(|last| last.starts_with(expected)),
            "{text}\n{messages:?}"
        );
    }
    // As with kubectl, a list may be empty.
    for items in ["null", "[]"] {
        let text = format!("kind: List\napiVersion: v1\nitems: {items}\n---\n{HEADS}");
        assert_eq!(parse(&text).check(CrdRule::Required, None), [], "{text}");
    }
}

#[test]
fn further_object_of_the_same_name_is_a_warning() {
    let object = |api: &str, kind: &str, metadata: &str| {
        format!("- apiVersion: {api}\n  kind: {kind}\n  metadata: {metadata}\n")
    };
    let first = object("g.io/v1", "Thing", "{name: a, namespace: x}");
    for (second, seen) in [
        (
            first.clone(),
            Some(
                "Thing a in x is there already, in item 1 of the list in document 2 (line 13): Lifecycle Manager takes the first one, and kubectl leaves the last one",
            ),
        ),
        (
            object("g.io/v2", "Thing", "{name: a, namespace: x}"),
            Some(
                "Thing a in x is there already, in item 1 of the list in document 2 (line 13): with another version, so that Lifecycle Manager applies both, in no fixed order",
            ),
        ),
        (object("g.io/v1", "Thing", "{name: b, namespace: x}"), None),
        (object("g.io/v1", "Thing", "{name: a, namespace: y}"), None),
        (object("g.io/v1", "Thing", "{name: a}"), None),
        (object("g.io/v1", "Other", "{name: a, namespace: x}"), None),
        (object("h.io/v1", "Thing", "{name: a, namespace: x}"), None),
        (object("v1", "Thing", "{name: a, namespace: x}"), None),
    ] {
        let text = format!("{HEADS}{}", list(&format!("{first}{second}")));
        let found = parse(&text).check(CrdRule::Required, None);
        let expected: Vec<_> = seen
            .iter()
            .map(|seen| format!("m.yaml:16:3: {seen}"))
            .collect();
        assert_eq!(messages(&found), expected, "{text}");
        assert!(
            found
                .iter()
                .all(|found| found.code == FormatCode::ManifestObjectTwice && !found.is_error())
        );
    }
    let unnamed = object("g.io/v1", "Thing", "{}");
    let text = format!("{HEADS}{}", list(&format!("{unnamed}{unnamed}")));
    assert_eq!(parse(&text).check(CrdRule::Required, None), []);
    // The same in documents of their own.
    let text = format!("{HEADS}{HEADS}{HEADS}");
    let found = parse(&text).check(CrdRule::Required, None);
    assert_eq!(
        codes(&found),
        [
            (FormatCode::ManifestObjectTwice, 10),
            (FormatCode::ManifestObjectTwice, 19)
        ]
    );
    assert!(
        found[1].seen.contains("in document 1 (line 1)"),
        "{}",
        found[1].seen
    );
}

#[test]
fn list_is_no_default_cr() {
    let crds = parse(HEADS).crds();
    let cr = "- apiVersion: g.io/v1\n  kind: Thing\n  metadata: {name: a}\n";
    let (crd, found) = parse(&list(cr)).check_default_cr(&crds);
    assert!(crd.is_none());
    assert_eq!(codes(&found), [(FormatCode::DefaultCrNotOne, 1)]);
}

#[test]
fn missing_crd_is_an_error_or_a_warning() {
    for (rule, is_error) in [(CrdRule::Required, true), (CrdRule::Usual, false)] {
        let found =
            parse("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").check(rule, None);
        assert_eq!(codes(&found), [(FormatCode::ManifestWithoutCrd, 1)]);
        assert_eq!(found[0].is_error(), is_error);
    }
    // The help is a whole sentence where there is no definition at all.
    let cr = "apiVersion: g.io/v1\nkind: Thing\nmetadata: {name: a}\n";
    let (_, found) = parse(cr).check_default_cr(&[]);
    assert!(
        found[0]
            .help
            .starts_with("add its CustomResourceDefinition"),
        "{}",
        found[0].help
    );
}
