//! What is rehearsed, by what was typed and by the files.

mod proposals;
mod refused;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::SystemTime;

use clap::Parser as _;

use super::*;
use crate::cli::{Cli, Command};
use crate::settings::Context;

/// Files of modules of today, in short.
const FILES: [(&str, &str); 8] = [
    (
        "btp-manager.yaml",
        include_str!("../../../../tests/rehearsal/modules/btp-manager.yaml"),
    ),
    (
        "istio.yaml",
        include_str!("../../../../tests/rehearsal/modules/istio.yaml"),
    ),
    (
        "keda-manager.yaml",
        include_str!("../../../../tests/rehearsal/modules/keda-manager.yaml"),
    ),
    (
        "keda-default-cr.yaml",
        include_str!("../../../../tests/rehearsal/modules/keda-default-cr.yaml"),
    ),
    (
        "keda-module-config.yaml",
        include_str!("../../../../tests/rehearsal/modules/keda-module-config.yaml"),
    ),
    (
        "keda.yaml",
        include_str!("../../../../tests/rehearsal/modules/keda.yaml"),
    ),
    (
        "two-managers.yaml",
        include_str!("../../../../tests/rehearsal/modules/two-managers.yaml"),
    ),
    (
        "workflow.yaml",
        include_str!("../../../../tests/rehearsal/modules/workflow.yaml"),
    ),
];

/// The settings of a command line, with these files beside [`FILES`].
fn settings_with(
    arguments: &str,
    files: &[(&str, &str)],
) -> Result<RehearsalSettings, Vec<Diagnostic>> {
    let arguments = arguments.split_whitespace();
    let cli = Cli::try_parse_from(["btp-release", "rehearse"].into_iter().chain(arguments));
    let Command::Rehearse(args) = cli.unwrap().command else {
        panic!("another command");
    };
    let read = |path: &Path| {
        let mut known = FILES.iter().chain(files);
        let found = known.find(|(name, _)| path == Path::new(name));
        let text = found.map(|(_, text)| (*text).to_owned());
        text.ok_or_else(|| ErrorKind::NotFound.into())
    };
    let environment = Environment {
        context: &Context::read(&BTreeMap::new()),
        read_file: &read,
        now: SystemTime::UNIX_EPOCH,
    };
    rehearse(&args, environment)
}

fn settings(arguments: &str) -> RehearsalSettings {
    match settings_with(arguments, &[]) {
        Ok(settings) => settings,
        Err(found) => panic!("{arguments}: {found:#?}"),
    }
}

fn input<'s>(settings: &'s RehearsalSettings, name: &str) -> &'s str {
    let mut inputs = settings.release.plan.iter();
    let found = inputs.find(|(input, _)| *input == name);
    found.map_or("", |(_, value)| value)
}

/// The manifest as it is built, with `IMAGE` in place of the manager's image.
fn built(settings: &RehearsalSettings) -> String {
    let module = settings.release.module.as_ref().unwrap();
    module.manifest.with_image("IMAGE")
}

#[test]
fn manager_is_recognised_in_ordinary_manifests() {
    for (arguments, image, repository, places) in [
        (
            "v1.2.0 --manifest btp-manager.yaml",
            "europe-docker.pkg.dev/kyma-project/prod/btp-manager",
            "kyma-project/btp-manager",
            1,
        ),
        (
            "1.24.0 --manifest istio.yaml",
            "europe-docker.pkg.dev/kyma-project/prod/istio/releases/istio-manager:{version}",
            "kyma-project/istio-manager",
            1,
        ),
        (
            "v1.24.0 --manifest istio.yaml --image kube-rbac-proxy",
            "quay.io/brancz/kube-rbac-proxy",
            "kyma-project/kube-rbac-proxy",
            1,
        ),
        (
            "v1.2.0 --manifest keda-manager.yaml",
            "ghcr.io/kyma-project/controller",
            "kyma-project/controller",
            2,
        ),
        (
            "v2.0.0 --manifest keda.yaml",
            "ghcr.io/kedacore/keda",
            "kyma-project/keda",
            2,
        ),
        (
            "v2.0.0 --manifest keda.yaml --image ghcr.io/kedacore/keda-metrics-apiserver",
            "ghcr.io/kedacore/keda-metrics-apiserver",
            "kyma-project/keda-metrics-apiserver",
            1,
        ),
        (
            "2.0.1 --manifest two-managers.yaml --image api-gateway-manager",
            "europe-docker.pkg.dev/kyma-project/prod/api-gateway-manager",
            "kyma-project/api-gateway-manager",
            1,
        ),
    ] {
        let settings = settings(arguments);
        assert_eq!(input(&settings, "binary-image"), image, "{arguments}");
        assert_eq!(
            settings.release.repository.to_string(),
            repository,
            "{arguments}"
        );
        let built = built(&settings);
        assert_eq!(
            built.matches("IMAGE\n").count()
                + built.matches("'IMAGE'").count()
                + built.matches("\"IMAGE\"").count(),
            places,
            "{arguments}\n{built}"
        );
        assert!(!settings.release.remarks.is_empty());
    }
}

#[test]
fn nothing_but_the_managers_image_changes_in_the_manifest() {
    let text = FILES[2].1;
    let built = built(&settings("v1.2.0 --manifest keda-manager.yaml"));
    assert_eq!(
        built,
        text.replace("- image: controller:latest", "- image: IMAGE")
            .replace(
                "        image: controller:latest\n        name",
                "        image: IMAGE\n        name"
            )
    );
    assert!(built.contains("    image: controller:latest\nkind: ConfigMap"));
    assert!(built.contains("default: controller:latest"));
}

#[test]
fn module_without_a_manager_has_no_image() {
    let settings = settings("v1.2.0 --manifest two-managers.yaml --image none");
    assert_eq!(input(&settings, "binary-image"), "");
    assert_eq!(built(&settings), FILES[6].1);
}

#[test]
fn module_configuration_gives_names_and_files() {
    let settings = settings("--module-config keda-module-config.yaml");
    assert_eq!(
        settings.release.repository.to_string(),
        "kyma-project/keda-manager"
    );
    assert_eq!(settings.release.tag.as_str(), "1.9.0");
    assert_eq!(input(&settings, "version"), "1.9.0");
    assert_eq!(
        input(&settings, "module-name"),
        "kyma-project.io/module/keda"
    );
    assert_eq!(
        input(&settings, "binary-image"),
        "ghcr.io/kyma-project/keda-manager"
    );
    let module = settings.release.module.unwrap();
    assert_eq!(module.default_cr.as_deref(), Some(FILES[3].1));
    assert_eq!(module.config.as_deref(), Some(FILES[4].1));
}

#[test]
fn version_is_written_into_the_module_configuration() {
    let settings = settings("v1.10.0 --module-config keda-module-config.yaml");
    let module = settings.release.module.as_ref().unwrap();
    let config = FILES[4].1.replace("version: 1.9.0 #", "version: 1.10.0 #");
    assert_eq!(module.config.as_deref(), Some(config.as_str()));
    let remarks = settings.release.remarks.join("\n");
    assert!(
        remarks.contains("keda-module-config.yaml has version 1.9.0"),
        "{remarks}"
    );
    assert_eq!(settings.release.earlier, ["v1.9.0", "v1.8.0"]);
}

#[test]
fn inputs_of_a_workflow_are_the_inputs_of_the_phases() {
    let settings = settings("v1.9.1 --workflow workflow.yaml");
    for (name, value) in [
        (
            "binary-image",
            "europe-docker.pkg.dev/kyma-project/prod/keda-manager",
        ),
        ("module-name", "kyma-project.io/module/keda"),
        ("module-registry", "ghcr.io/kyma-project/keda-manager"),
        ("module-form", "both"),
        (
            "assets",
            "template.yaml\ntemplate_control_plane.yaml\nrendered.yaml\ntemplate-kyma-cli-2.yaml\nkeda-manager.yaml",
        ),
    ] {
        assert_eq!(input(&settings, name), value, "{name}");
    }
    assert_eq!(settings.tag_when, TagWhen::Publish);
    let assets = settings.release.assets.iter();
    let assets: Vec<_> = assets
        .map(|asset| (asset.name.as_str(), asset.text.as_str()))
        .collect();
    assert_eq!(assets, [("keda-manager.yaml", FILES[2].1)]);
    assert!(settings.release.module.unwrap().default_cr.is_some());
}

#[test]
fn typed_options_take_precedence_over_a_workflow() {
    let arguments = "v1.9.1 --workflow workflow.yaml --tag-when draft --module-form modulectl-3 --manifest istio.yaml --image istio-manager";
    // Its default custom resource is not of istio.
    let found = settings_with(arguments, &[]).err().unwrap();
    assert_eq!(
        found[0].to_string().split(": ").next(),
        Some("keda-default-cr.yaml:2:1")
    );
    let cr =
        "apiVersion: operator.kyma-project.io/v1alpha2\nkind: Istio\nmetadata: {name: default}\n";
    let settings = settings_with(
        &format!("{arguments} --default-cr cr.yaml"),
        &[("cr.yaml", cr)],
    );
    let settings = settings.ok().unwrap();
    assert_eq!(settings.tag_when, TagWhen::Draft);
    assert_eq!(input(&settings, "module-form"), "modulectl-3");
    assert!(built(&settings).contains("'IMAGE' # set by kustomize"));
}

#[test]
fn workflows_of_the_examples_are_rehearsed() {
    for (workflow, image, assets) in [
        (
            include_str!("../../../../examples/migrate/btp-manager/create-release.yaml"),
            "europe-docker.pkg.dev/kyma-project/prod/btp-manager",
            "btp-manager.yaml\nbtp-operator.yaml",
        ),
        (
            include_str!("../../../../examples/migrate/istio/create-release.yaml"),
            "europe-docker.pkg.dev/kyma-project/prod/istio/releases/istio-manager",
            "istio-default-cr.yaml\nistio-manager-experimental.yaml\nistio-manager.yaml",
        ),
        (
            include_str!("../../../../examples/migrate/keda-manager/create-release.yaml"),
            "europe-docker.pkg.dev/kyma-project/prod/keda-manager",
            "keda-default-cr.yaml\nkeda-manager.yaml",
        ),
    ] {
        let files = [(".github/workflows/r.yaml", workflow)];
        let settings = settings_with("1.24.1 --workflow .github/workflows/r.yaml", &files);
        let settings = settings.ok().unwrap();
        assert_eq!(input(&settings, "binary-image"), image);
        assert_eq!(input(&settings, "assets"), assets);
        assert_eq!(input(&settings, "module-name"), "");
        assert!(settings.release.module.is_none());
        assert_eq!(settings.tag_when, TagWhen::Publish);
        assert!(
            settings
                .release
                .assets
                .iter()
                .all(|asset| !asset.text.is_empty())
        );
    }
}

#[test]
fn files_of_a_workflow_are_below_its_repository_and_its_folder() {
    let workflow = "jobs: {a: {steps: [{uses: kyma-project/btp-release-action@v1, with: {phase: build-module, directory: ./api, manifest: ./m.yaml}}]}}";
    let found = settings_with(
        "v1.2.0 --workflow ../other/.github/workflows/r.yaml",
        &[("../other/.github/workflows/r.yaml", workflow)],
    );
    let found = found.err().unwrap();
    assert!(
        found[0]
            .seen
            .contains("\"../other/api/m.yaml\" cannot be read"),
        "{found:?}"
    );
}

#[test]
fn releases_before_are_below_the_version() {
    for (version, earlier) in [
        ("v1.2.0", &["v1.1.0", "v1.0.0"][..]),
        ("1.2.0-rc1", &["1.1.0", "1.0.0"]),
        ("v1.2.5", &["v1.2.4", "v1.2.3"]),
        ("v1.0.0", &[]),
        ("v0.1.0", &[]),
        ("v0.0.2", &["v0.0.1"]),
        ("v2.0.0", &["v1.0.0"]),
    ] {
        assert_eq!(settings(version).release.earlier, earlier, "{version}");
    }
}
