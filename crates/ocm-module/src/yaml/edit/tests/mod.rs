//! What an edit makes of a file: the notation of the new value, and that every other byte stays.

mod paths;
mod property;
mod recorded;
mod refused;

use super::*;

/// The file after an edit, or what is wrong: `refusal line:column`.
fn edited(file: &str, change: &str) -> String {
    let change: YamlEdit = change.parse().unwrap();
    match edit(file.as_bytes(), &change.path, &change.value) {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(error) => {
            let at = error.position.unwrap();
            format!("{:?} {at}", error.refusal)
        }
    }
}

#[test]
fn quotes_are_kept_where_they_can_hold_the_new_value() {
    for (file, value, expected) in [
        ("a: x\n", "1.2.0", "a: 1.2.0\n"),
        ("a: x\n", "1.10", "a: \"1.10\"\n"),
        ("a: x\n", "yes", "a: \"yes\"\n"),
        ("a: x\n", "0644", "a: \"0644\"\n"),
        ("a: x\n", "null", "a: \"null\"\n"),
        ("a: x\n", "2026-11-26", "a: \"2026-11-26\"\n"),
        ("a: x\n", "12:30", "a: \"12:30\"\n"),
        ("a: x\n", "<<", "a: \"<<\"\n"),
        ("a: x\n", "=", "a: \"=\"\n"),
        ("a: x\n", "", "a: \"\"\n"),
        ("a: x\n", "b: c", "a: 'b: c'\n"),
        ("a: x\n", "b #c", "a: 'b #c'\n"),
        ("a: x\n", "it's", "a: it's\n"),
        ("a: x\n", "*b", "a: '*b'\n"),
        ("a: x\n", "b\tc", "a: \"b\\tc\"\n"),
        ("a: x\n", "\u{1F600}", "a: \"\\U0001F600\"\n"),
        ("a: 'x'\n", "1.2.0", "a: '1.2.0'\n"),
        ("a: 'x'\n", "yes", "a: 'yes'\n"),
        ("a: 'x'\n", "it's", "a: 'it''s'\n"),
        ("a: 'x'\n", "b\tc", "a: \"b\\tc\"\n"),
        ("a: \"x\"\n", "1.2.0", "a: \"1.2.0\"\n"),
        ("a: \"x\"\n", "\"\\", "a: \"\\\"\\\\\"\n"),
        ("a: \"x \\\n  y\"\nb: 1\n", "z", "a: \"z\"\nb: 1\n"),
        ("a: x\n  y\n\n  z\n\nb: 1\n", "1", "a: \"1\"\n\nb: 1\n"),
        ("a: [x, {a: p}]\n", "z", "NotAScalar 1:1"),
        ("a: 3\n", "4", "a: 4\n"),
        ("a: 1.5\n", "2.5", "a: 2.5\n"),
        ("a: true\n", "false", "a: false\n"),
        ("a: yes\n", "false", "a: false\n"),
        ("a: null\n", "yes", "a: \"yes\"\n"),
        ("a: ~ # none\n", "1.2.0", "a: 1.2.0 # none\n"),
        ("a: !!str x\n", "1.10", "a: !!str \"1.10\"\n"),
        ("a: !!str 1.0\n", "1.2.0", "a: !!str 1.2.0\n"),
        ("a: &x x\n", "w", "a: &x w\n"),
        ("a: 2026-11-26\n", "2026-11-27", "a: \"2026-11-27\"\n"),
    ] {
        assert_eq!(edited(file, &format!("a = {value}")), expected, "{file}");
    }
    let bytes = edit(b"a: 'x'\n", &"a".parse().unwrap(), "b\nc");
    assert_eq!(bytes.unwrap(), b"a: \"b\\nc\"\n");
}

#[test]
fn plain_values_in_flow_style_get_quotes_for_brackets_and_commas() {
    for (file, change, expected) in [
        ("a: {b: x, c: p}\n", "a.b = z", "a: {b: z, c: p}\n"),
        ("a: {b: x, c: p}\n", "a.b = z,1", "a: {b: 'z,1', c: p}\n"),
        ("a: [x, p]\n", "a[1] = z]", "a: [x, 'z]']\n"),
        ("a: [x, p]\n", "a[1] = z?", "a: [x, 'z?']\n"),
        ("a: [r/a:1.0]", "a[0]:tag = 1.1", "a: [r/a:1.1]"),
        ("a: {b: [x]}\nc: p\n", "c = z,1", "a: {b: [x]}\nc: z,1\n"),
        ("{\"a\":\"x\"}", "a = 1", "{\"a\":\"1\"}"),
    ] {
        assert_eq!(edited(file, change), expected, "{file}");
    }
}

#[test]
fn all_other_bytes_stay() {
    for (file, change, expected) in [
        ("a: 1\r\nb: x # c\r\n", "b = w", "a: 1\r\nb: w # c\r\n"),
        ("b: x", "b = w", "b: w"),
        ("b: x   ", "b = w", "b: w   "),
        ("\u{feff}é: é\nb: x", "b = w", "\u{feff}é: é\nb: w"),
        ("é: [\"é\", x] # é\n", "é[1] = ü", "é: [\"é\", ü] # é\n"),
        ("b:\tx\t# c\n", "b = w", "b:\tw\t# c\n"),
        (
            "---\n# c\nb:   x\n...\n",
            "b = w",
            "---\n# c\nb:   w\n...\n",
        ),
        ("%YAML 1.1\n---\nb: x\n", "b = w", "%YAML 1.1\n---\nb: w\n"),
        ("? b\n: x\n", "b = w", "? b\n: w\n"),
        (
            "b:\n- c: 1\n  d: x\n-   c: 2\n    d:  'x'\n",
            "b[c=2].d = w",
            "b:\n- c: 1\n  d: x\n-   c: 2\n    d:  'w'\n",
        ),
        (
            "a: 1\n---\n\u{feff}b: x\n",
            "b = w",
            "a: 1\n---\n\u{feff}b: w\n",
        ),
    ] {
        assert_eq!(edited(file, change), expected, "{file}");
    }
}

#[test]
fn an_edit_that_changes_nothing_gives_the_same_bytes() {
    for (file, change) in [
        ("a: \"x\"\n", "a = x"),
        ("a: \"\\x78\"\n", "a = x"),
        ("a: 3\n", "a = 3"),
        ("a: 0x10\n", "a = 16"),
        ("a: |-\n  x\n", "a = x"),
        (
            "a: r/a:1@sha256:0000000000000000000000000000000000000000000000000000000000000000\n",
            "a:tag = 1",
        ),
    ] {
        assert_eq!(edited(file, change), file);
    }
}

#[test]
fn the_tag_of_an_image_is_changed_within_its_name() {
    let digest = "0".repeat(64);
    let pinned = format!("a: \"r.example:5000/b/c:1@sha256:{digest}\"\n");
    let new = "f".repeat(64);
    for (file, change, expected) in [
        (
            "a: r.example/b/c:1.0 # c\n",
            "a:tag = 1.1".to_owned(),
            "a: r.example/b/c:1.1 # c\n".to_owned(),
        ),
        (
            "a: r.example:5000/b:1\n",
            "a:tag = 2".to_owned(),
            "a: r.example:5000/b:2\n".to_owned(),
        ),
        ("a: b:1\n", "a:tag = 2".to_owned(), "a: b:2\n".to_owned()),
        (
            "a: 'b:1'\n",
            format!("a:tag = 2@sha256:{new}"),
            format!("a: 'b:2@sha256:{new}'\n"),
        ),
        (
            &pinned,
            format!("a:tag = 2@sha256:{new}"),
            pinned.replace(":1@", ":2@").replace(&digest, &new),
        ),
        (&pinned, "a:tag = 2".to_owned(), "DigestKept 1:4".to_owned()),
        (
            "a: r.example:5000/b\n",
            "a:tag = 2".to_owned(),
            "Image 1:4".to_owned(),
        ),
        (
            "a: r.example/b\n",
            "a:tag = 2".to_owned(),
            "Image 1:4".to_owned(),
        ),
        (
            "a: ${IMG}\n",
            "a:tag = 2".to_owned(),
            "Image 1:4".to_owned(),
        ),
        ("a: 5\n", "a:tag = 2".to_owned(), "Image 1:4".to_owned()),
        ("a: b:1\n", "a:tag = 2 3".to_owned(), "Image 1:4".to_owned()),
        (
            "a: b:1\n",
            "a:tag = 2@sha256:0".to_owned(),
            "Image 1:4".to_owned(),
        ),
        ("a: b:1\n", "a:tag =".to_owned(), "Image 1:4".to_owned()),
    ] {
        assert_eq!(edited(file, &change), expected, "{file}{change}");
    }
}

/// In the layout of `kyma-project/btp-manager:config/manager/set_external_images.yaml`.
#[test]
fn the_files_of_a_bump_are_edited() {
    let file = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: controller-manager
  namespace: system
spec:
  template:
    spec:
      containers:
        - name: manager
          env:
            - name: SAP_BTP_SERVICE_OPERATOR
              value: r.example/prod/external/controller:v0.7.9
            - name: KUBE_RBAC_PROXY
              value: r.example/prod/external/kube-rbac-proxy:v0.15.0
";
    let path = "spec.template.spec.containers[name=manager].env[name=KUBE_RBAC_PROXY].value";
    assert_eq!(
        edited(file, &format!("{path}:tag = v0.16.0")),
        file.replace("v0.15.0", "v0.16.0")
    );
    let of_two = format!("kind: Namespace\nmetadata: {{name: system}}\n---\n{file}");
    assert_eq!(
        edited(&of_two, "[kind=Deployment].metadata.name = a"),
        of_two.replace("name: controller-manager", "name: a")
    );
    assert_eq!(edited(&of_two, "metadata.name = a"), "Ambiguous 7:3");
}
