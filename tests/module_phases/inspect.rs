//! What `inspect-module` shows.

use serde_json::Value;

use crate::support::module_images::{COMMIT, MANIFEST_TYPE, NAME, REPOSITORY, Workspace, push};

#[tokio::test(flavor = "multi_thread")]
async fn inspect_module_says_whether_lifecycle_manager_would_install() {
    for (style, built_as, looked_up) in [
        ("kyma-cli-2", "v1.2.0", "1.2.0"),
        ("modulectl-3", "1.2.0", "1.2.0"),
    ] {
        let workspace = Workspace::new().await;
        workspace.plan(&workspace.registry.host(), built_as);
        let style = format!("--descriptor-style={style}");
        let built = workspace.build(&[&style]).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let image = built.output("module-image");
        let bytes = {
            let store = workspace.registry.store();
            store.bytes(built.output("module-digest")).unwrap()
        };
        if built_as != looked_up {
            let shown = workspace.run(&["inspect-module", image], false).await;
            assert!(!shown.out.contains("installed from"), "{}", shown.out);
            let why = "the tag 1.2.0, under which it is looked up, is not there\n";
            assert!(shown.out.ends_with(why), "{}", shown.out);
            let mut store = workspace.registry.store();
            store
                .put_manifest(REPOSITORY, looked_up, MANIFEST_TYPE, &bytes)
                .unwrap();
        }
        let shown = workspace.run(&["inspect-module", image], false).await;
        let found = shown.out.lines().find(|line| line.contains("installed"));
        let found = found.unwrap_or_else(|| panic!("{}", shown.out));
        assert!(found.contains("raw-manifest"), "{}", shown.out);
        assert!(found.ends_with("← would be installed from"), "{found}");
        let json = workspace
            .run(&["inspect-module", image, "--json"], false)
            .await;
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["installedFrom"], "raw-manifest");
    }
    let workspace = Workspace::new().await;
    let of_2022 = push(
        &workspace,
        "btp-operator",
        "helm-chart",
        "application/gzip",
        b"x",
    );
    let shown = workspace.run(&["inspect-module", &of_2022], false).await;
    assert!(!shown.out.contains("installed from"), "{}", shown.out);
    for why in ["names no repository", "no layer named raw-manifest"] {
        assert!(shown.out.contains(why), "{why}\n{}", shown.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn inspect_module_prints_tree_and_json_without_a_token() {
    let workspace = Workspace::new().await;
    let built = workspace.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let tagged = format!("{}/{REPOSITORY}:v1.2.0", workspace.registry.host());
    for image in [tagged.as_str(), built.output("module-image")] {
        let shown = workspace.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, 0, "{}", shown.stderr);
        assert!(
            shown.out.starts_with(&format!("{NAME} v1.2.0\n")),
            "{}",
            shown.out
        );
        assert!(shown.out.contains(COMMIT), "{}", shown.out);
        let json = workspace
            .run(&["inspect-module", image, "--json"], false)
            .await;
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["layers"][0]["name"], "raw-manifest");
        assert_eq!(json["digest"], built.output("module-digest"));
    }
    for (image, code, finding) in [
        ("btp-operator", 2, "image-invalid"),
        (&tagged.replace("v1.2.0", "v9"), 12, "module-missing"),
    ] {
        let shown = workspace.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, code, "{}", shown.stderr);
        assert!(
            shown.stderr.contains(&format!("error[{finding}]")),
            "{}",
            shown.stderr
        );
        assert_eq!(shown.out, "");
    }
}
