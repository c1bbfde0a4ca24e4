//! What `build-module` writes beside the files of the release: release metadata, the scanners' list and the constructor.

use serde_json::{Value, json};

use crate::support::module_images::{DEFAULT_CR, IMAGE, NAME, Workspace};

const COMPONENT_CONFIG: &str = "# scanned\nname: kyma-project.io/module/btp-operator\nteam: kyma/gopher\nimages:\n- r.example/prod/btp-manager:v1.1.0 # the manager\n";

/// A workspace with the plan of a module as modulectl 3 makes it.
async fn workspace() -> Workspace {
    let workspace = Workspace::new().await;
    workspace.plan(&workspace.registry.host(), "1.2.0");
    let plan = workspace.read("plan.json");
    assert!(plan.contains(r#""form":"kyma-cli-2""#), "{plan}");
    workspace.write("plan.json", &plan.replace("kyma-cli-2", "modulectl-3"));
    workspace
}

fn read(workspace: &Workspace, name: &str) -> Value {
    yaml_serde::from_str(&workspace.read(name)).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_constructor_and_what_it_names_are_written() {
    let workspace = workspace().await;
    let built = workspace.build(&["--default-cr=default-cr.yaml"]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let path = "module-release/component-constructor.yaml";
    assert_eq!(built.output("component-constructor"), path);
    let constructor = read(&workspace, path);
    let component = &constructor["components"][0];
    assert_eq!(
        (&component["name"], &component["version"]),
        (&json!(NAME), &json!("1.2.0"))
    );
    assert_eq!(component["resources"][0]["access"]["imageReference"], IMAGE);
    for resource in component["resources"].as_array().unwrap() {
        let input = &resource["input"];
        let file = input["includeFiles"][0].as_str().or(input["path"].as_str());
        if let Some(file) = file {
            assert!(
                workspace.path(&format!("module-release/{file}")).is_file(),
                "{file}"
            );
        }
    }
    assert_eq!(workspace.read("module-release/default-cr.yaml"), DEFAULT_CR);
    // Nothing else was asked for.
    for name in ["component-config", "module-release-meta"] {
        assert!(
            !workspace
                .path(&format!("module-release/{name}.yaml"))
                .exists(),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kyma_cli_2_has_none_of_them_by_default() {
    let workspace = Workspace::new().await;
    workspace.plan(&workspace.registry.host(), "v1.2.0");
    let built = workspace
        .build(&[
            "--descriptor-style=kyma-cli-2",
            "--default-cr=default-cr.yaml",
        ])
        .await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let files = std::fs::read_dir(workspace.path("module-release")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(
        files,
        [
            "rendered.yaml",
            "template.yaml",
            "template_control_plane.yaml"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_are_pairs_or_a_file() {
    let workspace = workspace().await;
    workspace.write(
        "channels.yaml",
        "channels:\n- {channel: regular, version: 1.1.0}\n- {channel: fast, version: '{version}'}\n",
    );
    for given in ["regular=1.1.0 fast={version}", "channels.yaml"] {
        let built = workspace.build(&[&format!("--release-meta={given}")]).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let path = "module-release/module-release-meta.yaml";
        assert_eq!(built.output("release-meta"), path);
        let meta = read(&workspace, path);
        assert_eq!(
            meta,
            json!({
                "apiVersion": "operator.kyma-project.io/v1beta2",
                "kind": "ModuleReleaseMeta",
                "metadata": {"name": "btp-operator", "namespace": "kcp-system"},
                "spec": {
                    "channels": [
                        {"channel": "regular", "version": "1.1.0"},
                        {"channel": "fast", "version": "1.2.0"},
                    ],
                    "moduleName": "btp-operator",
                    "ocmComponentName": NAME,
                },
            }),
            "{given}"
        );
        // Lifecycle Manager finds the template by it.
        let template = read(&workspace, "module-release/template.yaml");
        assert_eq!(template["metadata"]["name"], "btp-operator-1.2.0");
        assert_eq!(
            template["metadata"]["namespace"],
            meta["metadata"]["namespace"]
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_of_the_scanners_gets_the_images_of_the_release() {
    let workspace = workspace().await;
    workspace.write("component-config.yaml", COMPONENT_CONFIG);
    workspace.write(
        "config/scanned.yaml",
        &COMPONENT_CONFIG.replace("gopher", "other"),
    );
    for (more, team) in [
        (&[][..], "gopher"),
        (&["--component-config=config/scanned.yaml"][..], "other"),
    ] {
        let built = workspace.build(more).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let path = built.output("component-config");
        assert_eq!(path, "module-release/component-config.yaml");
        let expected = COMPONENT_CONFIG
            .replace("v1.1.0", "v1.2.0")
            .replace("gopher", team);
        assert_eq!(workspace.read(path), expected);
        assert!(
            !built.stderr.contains("component-config-"),
            "{}",
            built.stderr
        );
        let again = workspace.build(more).await;
        assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
    }
    // The repository's own file is not changed, and none of these files is for the release.
    assert_eq!(workspace.read("component-config.yaml"), COMPONENT_CONFIG);
    let built = workspace.build(&[]).await;
    let files = built.out.split("files=").nth(1).unwrap_or_default();
    assert!(
        !files.is_empty() && !files.contains("\nmodule-release/component-config.yaml"),
        "{files}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_nobody_named_does_not_fail_the_build() {
    let workspace = workspace().await;
    workspace.write(
        "component-config.yaml",
        "name: btp-operator\nimages: none\n",
    );
    let built = workspace.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert!(
        built.stderr.contains("config-key-missing"),
        "{}",
        built.stderr
    );
    assert!(
        !workspace
            .path("module-release/component-config.yaml")
            .exists()
    );
    let named = workspace
        .build(&["--component-config=component-config.yaml"])
        .await;
    assert_eq!(named.code, 12, "{}", named.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_at_once() {
    let workspace = workspace().await;
    workspace.write("manifest.yaml", "kind: Deployment\n");
    workspace.write("component-config.yaml", "team: kyma/gopher\n");
    workspace.write(
        "channels.yaml",
        "channels:\n- channel: Fast\n  version: v1.2.0\n",
    );
    let built = workspace
        .build(&[
            "--component-config=component-config.yaml",
            "--release-meta=channels.yaml",
        ])
        .await;
    assert_eq!(built.code, 12, "{}", built.stderr);
    for wanted in [
        "channels.yaml:2:3:",
        "channel-invalid",
        "version-with-v",
        "config-key-missing",
        "manifest-",
    ] {
        assert!(built.stderr.contains(wanted), "{wanted}: {}", built.stderr);
    }
    assert!(!workspace.path("module-release").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_named_have_to_exist_and_to_be_small() {
    let workspace = workspace().await;
    for input in ["component-config", "release-meta"] {
        let built = workspace.build(&[&format!("--{input}=nowhere.yaml")]).await;
        assert_eq!(built.code, 12, "{}", built.stderr);
        assert!(built.stderr.contains("file-missing"), "{}", built.stderr);
        workspace.write("large.yaml", &"# \n".repeat(400_000));
        let built = workspace.build(&[&format!("--{input}=large.yaml")]).await;
        assert_eq!(built.code, 12, "{}", built.stderr);
    }
}
