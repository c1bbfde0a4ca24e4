//! Which files are read and written, and what is asked for them.

use crate::support::module_images::{NAME, Workspace};

/// The longest manifest that is built, in both forms and in the OCM archive.
#[tokio::test(flavor = "multi_thread")]
async fn the_longest_manifest_that_is_built_is_fetched() {
    const LONGEST: usize = 32 << 20;
    for (style, tag) in [("kyma-cli-2", "v1.2.0"), ("modulectl-3", "1.2.0")] {
        let workspace = Workspace::new().await;
        workspace.plan(&workspace.registry.host(), tag);
        let mut manifest = workspace.read("manifest.yaml");
        let comment = format!("# {}\n", "x".repeat(997));
        manifest.push_str(&comment.repeat((LONGEST - manifest.len()) / comment.len()));
        manifest.push_str(&"#".repeat(LONGEST - manifest.len()));
        workspace.write("manifest.yaml", &manifest);
        let style = format!("--descriptor-style={style}");
        let built = workspace.build(&[&style, "--ctf=module.tgz"]).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let fetched = workspace.fetch(built.output("module-image")).await;
        assert_eq!(fetched.code, 0, "{}", fetched.stderr);
        assert!(workspace.read("module/manifest.yaml") == manifest);
        workspace.write("manifest.yaml", &format!("{manifest}#"));
        let built = workspace.build(&[&style]).await;
        assert_eq!(built.code, 12, "{}", built.stderr);
        assert!(
            built.stderr.contains("more than 33554432 bytes"),
            "{}",
            built.stderr
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_for_without_a_push() {
    let workspace = Workspace::new().await;
    let usual = [
        "build-module",
        "--plan=@plan.json",
        "--manifest=manifest.yaml",
    ];
    let pushed = workspace.run(&usual, false).await;
    assert_eq!(pushed.code, 2, "{}", pushed.stderr);
    assert!(
        pushed.stderr.contains("github-token is missing"),
        "{}",
        pushed.stderr
    );
    let built = workspace
        .run(&[&usual[..], &["--no-push"]].concat(), false)
        .await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert!(workspace.path("module-release/template.yaml").is_file());
    assert_eq!(workspace.registry.log().entries().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_leave_the_working_folder_are_usage_errors() {
    let workspace = Workspace::new().await;
    for path in ["--output-dir=../x", "--ctf=a/../../x", "--default-cr=.."] {
        let refused = workspace.build(&["--no-push", path]).await;
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        let input = path[2..].split('=').next().unwrap();
        let line = format!("{input} {} leads out", &path[3 + input.len()..]);
        assert!(
            refused.stderr.contains("error[path-outside]"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains(&line), "{}", refused.stderr);
    }
    let within = workspace.build(&["--no-push", "--output-dir=a/../b"]).await;
    assert_eq!(within.code, 0, "{}", within.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_of_the_configuration_may_lead_anywhere_in_the_workspace() {
    let workspace = Workspace::new().await;
    let manifest = workspace.read("manifest.yaml");
    workspace.write("manifests/rendered.yaml", &manifest);
    let config = |manifest: &str, default_cr: &str| {
        let text = format!(
            "name: {NAME}\nversion: v1.2.0\nchannel: regular\nmanifest: {manifest}\ndefaultCR: {default_cr}\nrepositoryTag: v1.2.0\n"
        );
        workspace.write("config/module-config.yaml", &text);
    };
    let run = async |more: &[&str]| {
        let usual = [
            "build-module",
            "--plan=@plan.json",
            "--no-push",
            "--module-config=config/module-config.yaml",
        ];
        workspace.run(&[&usual, more].concat(), false).await
    };
    config("../manifests/rendered.yaml", "../default-cr.yaml");
    let built = run(&[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let warnings = built
        .stderr
        .lines()
        .filter(|line| line.starts_with("warning["));
    let other = warnings.filter(|line| !line.starts_with("warning[module-not-installed]"));
    assert_eq!(other.count(), 0, "{}", built.stderr);

    config("../../manifest.yaml", "/default-cr.yaml");
    let of_another = workspace.read("config/module-config.yaml");
    let of_another = of_another.replace("version: v1.2.0", "version: v1.2.1");
    workspace.write("config/module-config.yaml", &of_another);
    let refused = run(&["--security-config=none.yaml"]).await;
    assert_eq!(refused.code, 12, "{}", refused.stderr);
    for line in [
        "config/module-config.yaml:4:1: manifest \"../../manifest.yaml\" leads out of the workspace",
        "config/module-config.yaml:5:1: defaultCR \"/default-cr.yaml\" is absolute",
        "config/module-config.yaml:2:1: version 1.2.1 is not the release's",
        "error[file-missing]",
    ] {
        assert!(refused.stderr.contains(line), "{line}\n{}", refused.stderr);
    }

    // What an input names instead is not judged.
    for manifest in ["/abs.yaml", "../../x.yaml", "http://x.example/a.yaml"] {
        config(manifest, "https://x.example/cr.yaml");
        let inputs = ["--manifest=manifest.yaml", "--default-cr=default-cr.yaml"];
        let built = run(&inputs).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let warnings = built
            .stderr
            .lines()
            .filter(|line| line.starts_with("warning["));
        let other = warnings.filter(|line| !line.starts_with("warning[module-not-installed]"));
        assert_eq!(other.count(), 0, "{}", built.stderr);
    }

    let outside = workspace.folder.path().join("secret.yaml");
    std::fs::write(&outside, "kind: Secret").unwrap();
    std::os::unix::fs::symlink(&outside, workspace.path("link.yaml")).unwrap();
    config("../link.yaml", "../default-cr.yaml");
    let refused = run(&[]).await;
    assert_eq!(refused.code, 12, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("leads out of"),
        "{}",
        refused.stderr
    );
}
