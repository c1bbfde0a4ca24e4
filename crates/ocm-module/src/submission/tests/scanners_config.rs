//! `sec-scanners-config.yaml`, new and updated.

use super::*;
use crate::config::SecurityScan;
use crate::oci::ImageName;

fn images(texts: &[&str]) -> Vec<ImageName> {
    let images = texts.iter().map(|text| ImageName::parse(text).unwrap());
    images.collect()
}

#[test]
fn a_new_file_has_the_layout_of_todays() {
    let config = ScannersConfig {
        module_name: "btp-operator".into(),
        language: "golang-mod".into(),
        preset: "go-default".into(),
        exclude: vec!["**/*_test.go".into()],
    };
    let file = config.file("1.2.25", &images(&["r.example/prod/btp-manager:1.2.25"]));
    // `kyma-project/btp-manager:sec-scanners-config.yaml` has the pattern in double quotes.
    let expected = "module-name: btp-operator
kind: kyma
rc-tag: 1.2.25
bdba:
  - r.example/prod/btp-manager:1.2.25
mend:
  language: golang-mod
  exclude:
    - '**/*_test.go'
checkmarx-one:
  preset: go-default
  exclude:
    - '**/*_test.go'
";
    assert_eq!(file, expected);
    let (scan, found) = SecurityScan::parse("f", file.as_bytes());
    assert_eq!(found, []);
    assert_eq!(scan.unwrap().exclude, ["**/*_test.go"]);
    let none = ScannersConfig {
        exclude: Vec::new(),
        ..config
    };
    let file = none.file("1.10", &[]);
    assert!(file.contains("rc-tag: \"1.10\"\nbdba: []\n") && file.contains("  exclude: []\n"));
}

#[test]
fn images_of_the_release_take_the_places_of_those_of_the_same_repository() {
    let file = "# c\nmodule-name: a\nrc-tag: '1.0.0'\nbdba:\n  - r.example/a:1.0.0 # ours\n  - r.example/b@sha256:0000000000000000000000000000000000000000000000000000000000000000\n  - \"r.example/c:1\"\nmend: {language: go}\n";
    let new = images(&["r.example/c:2", "r.example/a:1.1.0", "r.example/new:1"]);
    let updated = scanners_config("f", file.as_bytes(), "1.1.0", &new).unwrap();
    let expected = file
        .replace("'1.0.0'", "'1.1.0'")
        .replace("a:1.0.0", "a:1.1.0")
        .replace("c:1", "c:2");
    assert_eq!(String::from_utf8(updated.clone()).unwrap(), expected);
    let again = scanners_config("f", &updated, "1.1.0", &new).unwrap();
    assert_eq!(again, updated);
}

#[test]
fn the_keys_of_2023_are_updated_too() {
    let file = "protecode:\n- r.example/a:1\n";
    let updated = scanners_config("f", file.as_bytes(), "2", &images(&["r.example/a:2"]));
    assert_eq!(updated.unwrap(), file.replace("a:1", "a:2").as_bytes());
}

#[test]
fn images_that_move_or_are_there_already_stay() {
    // `kyma-project/lifecycle-manager:sec-scanners-config.yaml` listed `latest` beside the release.
    for (listed, expected) in [
        (["a:1", "a:latest"], ["a:2", "a:latest"]),
        (["a:main", "a:1"], ["a:main", "a:2"]),
        (["a:2", "a:1"], ["a:2", "a:1"]),
        (["a", "b:1"], ["a:2", "b:1"]),
    ] {
        let file = |[one, two]: [&str; 2]| format!("bdba:\n- r.example/{one}\n- r.example/{two}\n");
        let updated = scanners_config(
            "f",
            file(listed).as_bytes(),
            "2",
            &images(&["r.example/a:2"]),
        );
        assert_eq!(String::from_utf8(updated.unwrap()).unwrap(), file(expected));
    }
}

#[test]
fn files_that_cannot_be_updated_in_one_way_are_refused() {
    let new = images(&["r.example/a:2"]);
    for (file, code) in [
        (&b"bdba: ["[..], "config-unreadable"),
        (b"\xff", "config-unreadable"),
        (b"a: &a r.example/a:1\nbdba: [*a]\n", "yaml-edit-refused"),
        (b"rc-tag: 1.10\n", "yaml-edit-refused"),
        (
            b"bdba: [r.example/a:1, r.example/a:0]\n",
            "scan-image-invalid",
        ),
        (b"rc-tag: 1.0.0\n", "scan-images-missing"),
        (b"bdba: []\n", "scan-images-missing"),
        (b"bdba: [r.example/b:1]\n", "scan-images-missing"),
        (b"protecode: [r.example/a:latest]\n", "scan-images-missing"),
    ] {
        let error = scanners_config("f", file, "2.0.0", &new).unwrap_err();
        assert_eq!(error.code.as_str(), code);
    }
    let error = scanners_config("f", b"protecode: []\n", "2.0.0", &new).unwrap_err();
    assert_eq!(error.seen, "no image of the release is listed in protecode");
    let two = images(&["r.example/a:2", "r.example/a:3"]);
    let error = scanners_config("f", b"bdba: [r.example/a:1]\n", "2.0.0", &two).unwrap_err();
    assert_eq!(error.code.as_str(), "scan-image-invalid");
}

#[test]
fn the_files_of_kyma_are_changed_in_their_values_only() {
    // The layouts of btp-manager in 2023, of today's environment broker, and of Telemetry, which has no `rc-tag`.
    let layouts = [
        "module-name: a\nrc-tag: 1.0.0\nprotecode:\n  - r.example/prod/a:1.0.0\nwhitesource:\n  language: golang-mod\n  subprojects: false\n  exclude:\n    - \"**/*_test.go\"\n",
        "# The rc-tag marks what is scanned.\nmodule-name: a\nkind: kcp\nrc-tag: 1.0.0\nbdba:\n  # the broker\n  - r.example/prod/a:1.0.0\n  - r.example/prod/a-job:1.0.0\n  - r.example/prod/external/x/y:3.63.0\nmend:\n  language: golang-mod\n  exclude:\n    - \"**/*_test.go\"\ncheckmarx-one:\n  preset: go-default\n  exclude:\n    - '**/*_test.go'\n",
        "module-name: a\nkind: kyma\nbdba:\n  - r.example/prod/a:1.0.0\n  - r.example/prod/exporter:v20250326-a6475925\n  - r.example/prod/collector:0.122.1-1.0.1\nmend:\n  language: golang-mod\n  exclude:\n    - docs/**\n",
    ];
    let new = images(&["r.example/prod/a:1.1.0", "r.example/prod/a-job:1.1.0"]);
    for file in layouts {
        let updated = scanners_config("f", file.as_bytes(), "1.1.0", &new).unwrap();
        let expected = file
            .replace("rc-tag: 1.0.0", "rc-tag: 1.1.0")
            .replace("a:1.0.0", "a:1.1.0")
            .replace("a-job:1.0.0", "a-job:1.1.0");
        assert_eq!(String::from_utf8(updated).unwrap(), expected);
    }
}
