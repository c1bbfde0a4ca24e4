//! Modules of others, with nothing but the files that their repositories have.

use std::path::Path;

use super::{rehearse, rehearse_version, text};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rehearsal/modules");
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/migrate");

fn file(name: &str) -> String {
    format!("{FOLDER}/{name}")
}

/// A file that a rehearsal left in its state.
fn left(state: &Path, path: &str) -> String {
    std::fs::read_to_string(state.join("workspace").join(path)).unwrap()
}

#[test]
fn rendered_manifest_is_released_with_the_image_of_its_manager() {
    let state = tempfile::tempdir().unwrap();
    let (manifest, cr) = (file("keda-manager.yaml"), file("keda-default-cr.yaml"));
    let options = ["--manifest", &manifest, "--default-cr", &cr];
    let released = rehearse(state.path(), &options);
    let log = text(&released);
    assert_eq!(released.status.code(), Some(0), "{log}");
    assert!(log.contains("\nv1.2.0 is published\n"), "{log}");
    let manager = "the manager is controller:latest (Deployment keda-manager, container manager)";
    assert!(log.contains(manager), "{log}");
    let rendered = left(state.path(), "module-release/rendered.yaml");
    assert_eq!(
        rendered
            .matches("/kyma-project/controller:v1.2.0\n")
            .count(),
        2,
        "{rendered}"
    );
    let template = left(state.path(), "module-release/template.yaml");
    assert!(template.contains("kind: Keda"), "{template}");
    let again = text(&rehearse(state.path(), &options));
    let writes = again.lines().filter(|line| line.ends_with(", 0 write"));
    assert_eq!(writes.count(), 3, "{again}");
}

#[test]
fn images_keep_their_names_but_for_the_registry() {
    for (manifest, image) in [
        (
            "btp-manager.yaml",
            "/kyma-project/prod/btp-manager:v1.2.0\n",
        ),
        (
            "istio.yaml",
            "/kyma-project/prod/istio/releases/istio-manager:v1.2.0' # set by kustomize\n",
        ),
        ("keda.yaml", "/kedacore/keda:v1.2.0\n"),
    ] {
        let state = tempfile::tempdir().unwrap();
        let released = rehearse(state.path(), &["--manifest", &file(manifest)]);
        let log = text(&released);
        assert_eq!(released.status.code(), Some(0), "{manifest}: {log}");
        let rendered = left(state.path(), "module-release/rendered.yaml");
        assert!(rendered.contains(image), "{rendered}");
    }
}

#[test]
fn module_configuration_is_enough() {
    let state = tempfile::tempdir().unwrap();
    let config = file("keda-module-config.yaml");
    let released = rehearse_version(state.path(), None, &["--module-config", &config]);
    let log = text(&released);
    assert_eq!(released.status.code(), Some(0), "{log}");
    assert!(log.contains("\n1.9.0 is published\n"), "{log}");
    let template = left(state.path(), "module-release/template.yaml");
    for part in [
        "name: keda-1.9.0",
        "https://github.com/kyma-project/keda-manager",
    ] {
        assert!(template.contains(part), "{part}: {template}");
    }
    // The next version, from the same file.
    let next = rehearse_version(state.path(), Some("1.10.0"), &["--module-config", &config]);
    assert_eq!(next.status.code(), Some(0), "{}", text(&next));
}

#[test]
fn workflow_says_what_is_released() {
    let state = tempfile::tempdir().unwrap();
    let released = rehearse(
        state.path(),
        &[
            "--workflow",
            &file("workflow.yaml"),
            "--manifest",
            &file("keda-manager.yaml"),
            "--default-cr",
            &file("keda-default-cr.yaml"),
        ],
    );
    let log = text(&released);
    assert_eq!(released.status.code(), Some(0), "{log}");
    for asset in ["template-kyma-cli-2.yaml", "keda-manager.yaml"] {
        assert!(log.contains(&format!("\n  {asset} ")), "{asset}: {log}");
    }
}

#[test]
fn release_without_a_module_has_images_and_files() {
    let state = tempfile::tempdir().unwrap();
    let workflow = format!("{EXAMPLES}/btp-manager/create-release.yaml");
    let released = rehearse(state.path(), &["--workflow", &workflow]);
    let log = text(&released);
    assert_eq!(released.status.code(), Some(0), "{log}");
    for part in [
        "/kyma-project/prod/ca-bundle-probe:v1.2.0 (",
        "\n  btp-manager.yaml ",
        "\n  btp-operator.yaml ",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains("build-module"), "{log}");
}
