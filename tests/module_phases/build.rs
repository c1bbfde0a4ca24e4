//! What is built, pushed, written and shown.

use btp_release::domain::Digest;
use serde_json::Value;

use crate::rig::{COMMIT, DEFAULT_CR, Desk, IMAGE, MANIFEST, NAME, REPOSITORY};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_built_is_what_is_fetched_in_both_forms() {
    for (style, tag) in [("2023", "v1.2.0"), ("local-blob", "1.2.0")] {
        let desk = Desk::new().await;
        desk.plan(&desk.registry.host(), tag);
        let style = format!("--descriptor-style={style}");
        let more = [
            "--default-cr=default-cr.yaml",
            style.as_str(),
            "--ctf=module.tgz",
        ];
        let built = desk.build(&more).await;
        assert_eq!(built.code, 0, "{}", built.told);
        let again = desk.build(&more).await;
        assert!(again.told.contains("nothing to do"), "{}", again.told);
        assert_eq!(again.out, built.out);
        assert!(desk.path("module.tgz").is_file());

        let image = built.output("module-image");
        let fetched = desk.fetch(image).await;
        assert_eq!(fetched.code, 0, "{}", fetched.told);
        assert_eq!(
            fetched.output("module-digest"),
            built.output("module-digest")
        );
        assert_eq!(fetched.output("manifest-kind"), "raw-manifest");
        let words = "module: manifest.yaml from the layer raw-manifest (";
        assert!(fetched.told.contains(words), "{}", fetched.told);
        assert_eq!(
            desk.read("module/manifest.yaml"),
            desk.read("manifest.yaml")
        );
        let descriptor = desk.read("module/component-descriptor.yaml");
        assert!(descriptor.starts_with("component:\n"), "{descriptor}");
        assert!(descriptor.contains(COMMIT));
        let template = desk.read("module-release/template.yaml");
        let template: Value = yaml_serde::from_str(&template).unwrap();
        let default_cr: Value = yaml_serde::from_str(DEFAULT_CR).unwrap();
        assert_eq!(template["spec"]["data"], default_cr);
        if tag == "1.2.0" {
            // The form of 2023 has it in the template alone.
            assert_eq!(desk.read("module/default-cr.yaml"), DEFAULT_CR);
        }
        assert_eq!(
            desk.read("module-release/rendered.yaml"),
            desk.read("manifest.yaml")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_neighbour_has_is_mounted_and_not_sent() {
    let desk = Desk::new().await;
    let neighbour = format!("{}/unsigned/btp-operator", desk.registry.host());
    let manifest = desk.read("manifest.yaml");
    let digest = desk
        .registry
        .store()
        .put_blob("unsigned/btp-operator", manifest.as_bytes());
    let digest = digest.unwrap();
    let built = desk.build(&[&format!("--mount-from={neighbour}")]).await;
    assert_eq!(built.code, 0, "{}", built.told);
    let of_manifest = |entry: &stand_ins::Entry| {
        entry.method != "GET" && entry.query.replace("%3A", ":").contains(&digest)
    };
    let seen = desk.registry.log().filter(of_manifest);
    // One request, and no body: its bytes were never sent.
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(
        (seen[0].method.as_str(), seen[0].status),
        ("POST", Some(201))
    );
    assert!(seen[0].query.contains("from=unsigned"), "{seen:?}");
    let fetched = desk.fetch(built.output("module-image")).await;
    assert_eq!(fetched.code, 0, "{}", fetched.told);
    assert_eq!(desk.read("module/manifest.yaml"), manifest);

    let elsewhere = desk.build(&["--mount-from=r.example/unsigned"]).await;
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.told);
    assert!(
        elsewhere.told.contains("error[mount-elsewhere]"),
        "{}",
        elsewhere.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_needs_no_registry() {
    let desk = Desk::new().await;
    // Nobody listens there.
    desk.plan("127.0.0.1:9", "v1.2.0");
    for path in ["module.tgz", "module"] {
        let built = desk.build(&["--no-push", &format!("--ctf={path}")]).await;
        assert_eq!(built.code, 0, "{}", built.told);
        assert_eq!(built.output("ctf"), path);
    }
    let index: Value = serde_json::from_str(&desk.read("module/artifact-index.json")).unwrap();
    let digest = index["artifacts"][0]["digest"].as_str().unwrap();
    let blob = desk.read(&format!("module/blobs/{}", digest.replace(':', ".")));
    assert_eq!(Digest::of(blob.as_bytes()).to_string(), digest);
    assert!(desk.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_with_its_place() {
    let desk = Desk::new().await;
    desk.write(
        "module-config.yaml",
        "name: kyma-project.io/module/other\nversion: 1.2.1\nchanel: fast\nmanifest: manifest.yaml\nrelease: x\n",
    );
    desk.write("default-cr.yaml", "kind: Unknown\napiVersion: a/v1\n");
    desk.write(
        "manifest.yaml",
        &MANIFEST.replace("{binary-image}", "r.example/other:latest"),
    );
    let more = [
        "--default-cr=default-cr.yaml",
        "--module-config=module-config.yaml",
        "--channel=X",
    ];
    let built = desk.build(&more).await;
    assert_eq!(built.code, 12, "{}", built.told);
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
        assert!(built.told.contains(words), "{words}\n{}", built.told);
    }
    let config = desk.build(&["--template-form=of-config"]).await;
    assert_eq!(config.code, 2, "{}", config.told);
    desk.plan(&desk.registry.host(), "1.2.0");
    desk.write("manifest.yaml", &MANIFEST.replace("{binary-image}", IMAGE));
    let differs = desk.build(&[]).await;
    assert!(
        differs.told.contains("error[module-image-differs]"),
        "{}",
        differs.told
    );
    assert!(desk.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_shown_as_a_tree_and_as_json_without_a_token() {
    let desk = Desk::new().await;
    let built = desk.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.told);
    let tagged = format!("{}/{REPOSITORY}:v1.2.0", desk.registry.host());
    for image in [tagged.as_str(), built.output("module-image")] {
        let shown = desk.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, 0, "{}", shown.told);
        assert!(
            shown.out.starts_with(&format!("{NAME} v1.2.0\n")),
            "{}",
            shown.out
        );
        assert!(shown.out.contains(COMMIT), "{}", shown.out);
        let json = desk.run(&["inspect-module", image, "--json"], false).await;
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["layers"][0]["name"], "raw-manifest");
        assert_eq!(json["digest"], built.output("module-digest"));
    }
    for (image, code, finding) in [
        ("btp-operator", 2, "image-invalid"),
        (&tagged.replace("v1.2.0", "v9"), 12, "module-missing"),
    ] {
        let shown = desk.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, code, "{}", shown.told);
        assert!(
            shown.told.contains(&format!("error[{finding}]")),
            "{}",
            shown.told
        );
        assert_eq!(shown.out, "");
    }
}
