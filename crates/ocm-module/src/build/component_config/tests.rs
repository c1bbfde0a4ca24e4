//! Files of Kyma's repositories with the images of a release, and files that cannot be changed in place.

use super::*;
use crate::fixtures;

const PROD: &str = "europe-docker.pkg.dev/kyma-project/prod";

fn images(texts: &[&str]) -> Vec<ImageName> {
    let texts = texts.iter().map(|text| text.replace("PROD", PROD));
    texts.map(|text| ImageName::parse(&text).unwrap()).collect()
}

/// The new text, and the codes and lines of what was found.
fn update(text: &str, manifest: &[&str], others: &[&str]) -> (String, Vec<(FormatCode, usize)>) {
    let (config, found) = ScannedComponent::parse("component-config.yaml", text.as_bytes());
    assert_eq!(found, []);
    let existing = ExistingComponentConfig {
        name: "component-config.yaml",
        text,
        config: &config.unwrap(),
    };
    let release = ScannedImages {
        manifest: &images(manifest),
        others: &images(others),
    };
    let (text, found) = updated_component_config(existing, release);
    let line = |found: &Diagnostic| found.position().map_or(0, |at| at.line);
    (
        text,
        found
            .iter()
            .map(|found| (found.code, line(found)))
            .collect(),
    )
}

#[test]
fn a_new_file_has_the_layout_of_kymas_repositories() {
    assert_eq!(
        component_config(
            "kyma-project.io/module/keda",
            "kyma/otters",
            &images(&["PROD/keda-manager:1.12.2", "nginx:1.27"])
        ),
        "name: kyma-project.io/module/keda
team: kyma/otters
images:
  - europe-docker.pkg.dev/kyma-project/prod/keda-manager:1.12.2
  - nginx:1.27
"
    );
    assert_eq!(
        component_config("a.io/b", "yes", &[]),
        "name: a.io/b\nteam: \"yes\"\nimages: []\n"
    );
}

#[test]
fn images_of_the_same_repository_are_replaced_in_their_places() {
    let before = fixtures::text("component-config/btp-manager.yaml");
    let controller = "PROD/external/ghcr.io/sap/sap-btp-service-operator/controller:v0.11.7";
    let (after, found) = update(
        &before,
        &[controller, "PROD/btp-manager:1.3.20"],
        &["PROD/ca-bundle-probe:1.3.20", "PROD/e2e:1"],
    );
    assert_eq!(
        after,
        before
            .replace("1.3.14", "1.3.20")
            .replace("v0.11.6", "v0.11.7")
    );
    assert_eq!(found, []);
    // Again, with the result.
    assert_eq!(
        update(
            &after,
            &[controller, "PROD/btp-manager:1.3.20"],
            &["PROD/ca-bundle-probe:1.3.20"]
        ),
        (after, vec![])
    );
}

#[test]
fn images_that_the_manifest_does_not_run_are_kept_with_a_warning() {
    let before = fixtures::text("component-config/btp-manager.yaml");
    let (after, found) = update(&before, &["PROD/btp-manager:1.3.20"], &[]);
    assert_eq!(
        after,
        before.replace("btp-manager:1.3.14", "btp-manager:1.3.20")
    );
    let kept = FormatCode::ComponentConfigImageKept;
    assert_eq!(found, [(kept, 5), (kept, 6)]);
}

#[test]
fn new_images_come_behind_the_last() {
    for (file, last) in [
        (
            "lifecycle-manager",
            "  - europe-docker.pkg.dev/kyma-project/prod/runtime-watcher:1.0.0\n  - nginx:1\n",
        ),
        // Its last line has no end.
        (
            "cloud-manager",
            "  - europe-docker.pkg.dev/kyma-project/prod/cloud-manager:1.0.0\n  - nginx:1",
        ),
    ] {
        let before = fixtures::text(&format!("component-config/{file}.yaml"));
        let manifest = [
            "PROD/lifecycle-manager:1.0.0",
            "PROD/runtime-watcher:1.0.0",
            "PROD/cloud-manager:1.0.0",
            "nginx:1",
        ];
        let (listed, added): (Vec<_>, Vec<_>) = manifest.iter().partition(|image| {
            before.contains(&image.replace("PROD", PROD).replace("1.0.0", ""))
                || **image == "nginx:1"
        });
        assert!(!added.is_empty());
        let (after, found) = update(&before, &listed, &[]);
        assert!(after.ends_with(last), "{after}");
        assert_eq!(found, []);
    }
}

#[test]
fn comments_quotes_other_keys_and_line_ends_stay() {
    let before = "# for scanners\r\nname: a.io/b # name\r\nimages:\r\n# the manager\r\n- \"r.example/a:1\" # old\r\n\r\n- 'r.example/b:1'\r\n# end\r\nteam: t\r\nlanguage: go\r\n";
    let (config, found) = ScannedComponent::parse("c.yaml", before.as_bytes());
    assert_eq!(found.len(), 1, "language is not known, which is a warning");
    let release = ScannedImages {
        manifest: &images(&["r.example/a:2", "r.example/b:1", "r.example/c:1"]),
        others: &[],
    };
    let existing = ExistingComponentConfig {
        name: "c.yaml",
        text: before,
        config: &config.unwrap(),
    };
    let (after, found) = updated_component_config(existing, release);
    assert_eq!(
        after,
        before.replace("r.example/a:1", "r.example/a:2").replace(
            "- 'r.example/b:1'\r\n",
            "- 'r.example/b:1'\r\n- r.example/c:1\r\n"
        )
    );
    assert_eq!(found, []);
}

#[test]
fn two_images_of_a_repository_are_not_mixed_up() {
    let text = "name: a.io/b\nteam: t\nimages:\n- r.example/a:1\n- r.example/a:2\n";
    let (after, found) = update(text, &["r.example/a:3", "r.example/a:1"], &[]);
    assert_eq!(after, text.replace("a:2", "a:3"));
    assert_eq!(found, []);
    let (after, found) = update(text, &["r.example/a:2"], &[]);
    assert_eq!(after, text);
    assert_eq!(found, [(FormatCode::ComponentConfigImageKept, 4)]);
}

#[test]
fn a_list_without_images_is_filled() {
    for (text, expected) in [
        (
            "name: a.io/b\nteam: t\n",
            "name: a.io/b\nteam: t\nimages:\n  - r.example/a:1\n",
        ),
        (
            "images: []\nname: a.io/b\nteam: t\n",
            "images:\n  - r.example/a:1\nname: a.io/b\nteam: t\n",
        ),
        (
            "name: a.io/b\nimages:\nteam: t",
            "name: a.io/b\nimages:\n  - r.example/a:1\nteam: t",
        ),
        (
            "name: a.io/b\nteam: t",
            "name: a.io/b\nteam: t\nimages:\n  - r.example/a:1\n",
        ),
    ] {
        assert_eq!(
            update(text, &["r.example/a:1"], &[]),
            (expected.to_owned(), vec![]),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_changed_in_place_is_written_anew() {
    let wanted = "name: a.io/b\nteam: t\nimages:\n  - r.example/a:2\n  - r.example/c:1\n";
    for text in [
        // A list in brackets, to which one is to be added.
        "name: a.io/b # c\nteam: t\nimages: [r.example/a:1]\n",
        // An image that is written elsewhere.
        "name: a.io/b\nteam: &t t\nimages:\n- >-\n  r.example/a:1\n",
        "name: a.io/b\nteam: t\nimages:\n- \"r.example\\x2fa:1\"\n",
        "{\"name\": \"a.io/b\", \"team\": \"t\", \"images\": [\n\"r.example/a:1\"\n]}",
    ] {
        let (after, found) = update(text, &["r.example/a:2", "r.example/c:1"], &[]);
        assert_eq!(after, wanted, "{text}");
        assert_eq!(
            found,
            [(FormatCode::ComponentConfigReformatted, 0)],
            "{text}"
        );
    }
}
