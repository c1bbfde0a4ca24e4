//! The results of `build-module` and `inspect-module`: built, pushed, written and shown.

use btp_release::domain::Digest;
use serde_json::Value;

use crate::support::module_images::{
    COMMIT, DEFAULT_CR, IMAGE, MANIFEST, NAME, REPOSITORY, Workspace, push_container,
};
use crate::support::plan;

#[tokio::test(flavor = "multi_thread")]
async fn fetched_module_equals_the_built_one_in_both_forms() {
    for (style, tag) in [("2023", "v1.2.0"), ("local-blob", "1.2.0")] {
        let workspace = Workspace::new().await;
        workspace.plan(&workspace.registry.host(), tag);
        let style = format!("--descriptor-style={style}");
        let more = [
            "--default-cr=default-cr.yaml",
            style.as_str(),
            "--ctf=module.tgz",
        ];
        let built = workspace.build(&more).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let again = workspace.build(&more).await;
        assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
        assert_eq!(again.out, built.out);
        assert!(workspace.path("module.tgz").is_file());

        let image = built.output("module-image");
        let fetched = workspace.fetch(image).await;
        assert_eq!(fetched.code, 0, "{}", fetched.stderr);
        assert_eq!(
            fetched.output("module-digest"),
            built.output("module-digest")
        );
        assert_eq!(fetched.output("manifest-kind"), "raw-manifest");
        let words = "module: manifest.yaml from the layer raw-manifest (";
        assert!(fetched.stderr.contains(words), "{}", fetched.stderr);
        assert_eq!(
            workspace.read("module/manifest.yaml"),
            workspace.read("manifest.yaml")
        );
        let descriptor = workspace.read("module/component-descriptor.yaml");
        assert!(descriptor.starts_with("component:\n"), "{descriptor}");
        assert!(descriptor.contains(COMMIT));
        let template = workspace.read("module-release/template.yaml");
        let template: Value = yaml_serde::from_str(&template).unwrap();
        let default_cr: Value = yaml_serde::from_str(DEFAULT_CR).unwrap();
        assert_eq!(template["spec"]["data"], default_cr);
        if tag == "1.2.0" {
            // The form of 2023 has it in the template alone.
            assert_eq!(workspace.read("module/default-cr.yaml"), DEFAULT_CR);
        }
        assert_eq!(
            workspace.read("module-release/rendered.yaml"),
            workspace.read("manifest.yaml")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_of_a_neighbour_repository_are_mounted_and_not_uploaded() {
    let workspace = Workspace::new().await;
    let neighbour = format!("{}/unsigned/btp-operator", workspace.registry.host());
    let manifest = workspace.read("manifest.yaml");
    let digest = workspace
        .registry
        .store()
        .put_blob("unsigned/btp-operator", manifest.as_bytes());
    let digest = digest.unwrap();
    let built = workspace
        .build(&[&format!("--mount-from={neighbour}")])
        .await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let of_manifest = |entry: &stand_ins::LogEntry| {
        entry.method != "GET" && entry.query.replace("%3A", ":").contains(&digest)
    };
    let seen = workspace.registry.log().filter(of_manifest);
    // One request, and no body: its bytes were never sent.
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(
        (seen[0].method.as_str(), seen[0].status),
        ("POST", Some(201))
    );
    assert!(seen[0].query.contains("from=unsigned"), "{seen:?}");
    let fetched = workspace.fetch(built.output("module-image")).await;
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    assert_eq!(workspace.read("module/manifest.yaml"), manifest);

    let elsewhere = workspace.build(&["--mount-from=r.example/unsigned"]).await;
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.stderr);
    assert!(
        elsewhere.stderr.contains("error[mount-elsewhere]"),
        "{}",
        elsewhere.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn pinned_images_are_in_manifest_descriptor_and_template_alike() {
    for (style, tag) in [("kyma-cli-2", "v1.2.0"), ("modulectl-3", "1.2.0")] {
        let workspace = Workspace::new().await;
        let host = workspace.registry.host();
        let manager = format!("{host}/prod/btp-manager:v1.2.0");
        let module = format!("{host}/{REPOSITORY}:{tag}");
        let plan = plan::with_images("v1.2.0", NAME, &module, &manager);
        workspace.write("plan.json", &plan.to_json());
        let deployment = MANIFEST.replace("{binary-image}", &manager);
        let list = format!(
            "{deployment}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: Job\n  metadata: {{name: job}}\n  spec: {{template: {{spec: {{containers: [{{name: a, image: \"{manager}\", args: ['{manager}']}}, {{name: b, image: 'busybox:1.36'}}]}}}}}}\n"
        );
        workspace.write("manifest.yaml", &list);
        workspace.write("scan.yaml", &format!("protecode: ['{manager}']\n"));
        let digest = push_container(&workspace, "prod/btp-manager", "v1.2.0");
        let style = format!("--descriptor-style={style}");
        let more = [
            style.as_str(),
            "--security-config=scan.yaml",
            "--pin-images",
        ];
        let built = workspace.build(&more).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let warning =
            "warning[image-not-pinned] build-module: manifest.yaml: pin-images leaves busybox:1.36";
        assert!(built.stderr.contains(warning), "{}", built.stderr);
        let again = workspace.build(&more).await;
        assert_eq!(again.out, built.out);

        let pinned = format!("{manager}@{digest}");
        let expected = list
            .replace(&format!("image: {manager}"), &format!("image: {pinned}"))
            .replace(&format!("\"{manager}\""), &format!("\"{pinned}\""));
        assert_eq!(workspace.read("module-release/rendered.yaml"), expected);
        let fetched = workspace.fetch(built.output("module-image")).await;
        assert_eq!(fetched.code, 0, "{}", fetched.stderr);
        assert_eq!(workspace.read("module/manifest.yaml"), expected);
        let descriptor = workspace.read("module/component-descriptor.yaml");
        assert!(descriptor.contains(&pinned), "{descriptor}");
        assert!(
            !descriptor.replace(&pinned, "").contains(&manager),
            "{descriptor}"
        );
        if tag == "1.2.0" {
            assert!(descriptor.contains("busybox:1.36"), "{descriptor}");
        }

        // Another digest in the manifest is refused, as is another tag.
        let other = Digest::of(b"other");
        for (image, code) in [
            (format!("{manager}@{other}"), "image-pin-differs"),
            (
                manager.replace(":v1.2.0", ":v1.1.0"),
                "manager-image-differs",
            ),
        ] {
            workspace.write("manifest.yaml", &MANIFEST.replace("{binary-image}", &image));
            let refused = workspace.build(&more).await;
            assert_eq!(refused.code, 12, "{}", refused.stderr);
            assert!(
                refused.stderr.contains(&format!("error[{code}]")),
                "{}",
                refused.stderr
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ctf_archive_is_built_without_a_registry() {
    let workspace = Workspace::new().await;
    // No server listens on this port.
    workspace.plan("127.0.0.1:9", "v1.2.0");
    for path in ["module.tgz", "module"] {
        let built = workspace
            .build(&["--no-push", &format!("--ctf={path}")])
            .await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        assert_eq!(built.output("ctf"), path);
    }
    let index: Value = serde_json::from_str(&workspace.read("module/artifact-index.json")).unwrap();
    let digest = index["artifacts"][0]["digest"].as_str().unwrap();
    let blob = workspace.read(&format!("module/blobs/{}", digest.replace(':', ".")));
    assert_eq!(Digest::of(blob.as_bytes()).to_string(), digest);
    assert!(workspace.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_findings_are_printed_with_file_and_line() {
    let workspace = Workspace::new().await;
    workspace.write(
        "module-config.yaml",
        "name: kyma-project.io/module/other\nversion: 1.2.1\nchanel: fast\nmanifest: manifest.yaml\nrelease: x\n",
    );
    workspace.write("default-cr.yaml", "kind: Unknown\napiVersion: a/v1\n");
    workspace.write(
        "manifest.yaml",
        &MANIFEST.replace("{binary-image}", "r.example/other:latest"),
    );
    let more = [
        "--default-cr=default-cr.yaml",
        "--module-config=module-config.yaml",
        "--channel=X",
    ];
    let built = workspace.build(&more).await;
    assert_eq!(built.code, 12, "{}", built.stderr);
    for words in [
        "error[config-name-differs]",
        "error[config-version-differs]",
        "error[config-key-unknown] build-module: module-config.yaml:3:1: chanel ",
        "warning[config-key-unknown] build-module: module-config.yaml:5:1: release ",
        "error[channel-invalid]",
        "error[default-cr-unknown]",
        "error[image-tag-moving]",
        "error[manager-image-missing]",
        "manifest.yaml:",
    ] {
        assert!(built.stderr.contains(words), "{words}\n{}", built.stderr);
    }
    let config = workspace.build(&["--template-form=of-config"]).await;
    assert_eq!(config.code, 2, "{}", config.stderr);
    workspace.plan(&workspace.registry.host(), "1.2.0");
    workspace.write("manifest.yaml", &MANIFEST.replace("{binary-image}", IMAGE));
    let differs = workspace.build(&[]).await;
    assert!(
        differs.stderr.contains("error[module-image-differs]"),
        "{}",
        differs.stderr
    );
    assert!(workspace.registry.log().writes().is_empty());
}
