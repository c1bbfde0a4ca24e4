//! `build-module --commit-build`: the module of a commit that belongs to no release.

use serde_json::Value;

use crate::support::module_images::{COMMIT, CommandResult, MANIFEST, NAME, REPOSITORY, Workspace};

const VERSION: &str = "0.0.0-main-4e4b9d47cb65";
/// Without a tag, so that it gets the version.
const MANAGER: &str = "r.example/prod/btp-manager";

/// A terminal, without a token, where no GitHub answers.
const TERMINAL: [(&str, &str); 2] = [
    ("GITHUB_API_URL", "http://127.0.0.1:9"),
    ("GITHUB_GRAPHQL_URL", "http://127.0.0.1:9/graphql"),
];

/// A workspace whose manifest runs the commit's image.
async fn workspace() -> Workspace {
    let workspace = Workspace::new().await;
    let image = format!("{MANAGER}:{VERSION}");
    workspace.write("manifest.yaml", &MANIFEST.replace("{binary-image}", &image));
    workspace
}

async fn build(workspace: &Workspace, more: &[&str], env: &[(&str, &str)]) -> CommandResult {
    let registry = format!("--module-registry={}/prod", workspace.registry.host());
    let manager = format!("--binary-image={MANAGER}");
    let name = format!("--module-name={NAME}");
    let usual = [
        "build-module",
        "--commit-build",
        "--manifest=manifest.yaml",
        "--default-cr=default-cr.yaml",
        &name,
        &registry,
        &manager,
    ];
    workspace.run_with(&[&usual, more].concat(), env).await
}

/// On a terminal, where commit and repository are typed.
async fn typed(workspace: &Workspace, more: &[&str]) -> CommandResult {
    let commit = format!("--commit={COMMIT}");
    let usual = ["--repository=kyma-project/btp-manager", &commit];
    build(workspace, &[&usual, more].concat(), &TERMINAL).await
}

fn template(workspace: &Workspace, name: &str) -> yaml_serde::Result<Value> {
    let text = workspace.read(&format!("module-release/{name}"));
    yaml_serde::from_str(&text)
}

#[tokio::test(flavor = "multi_thread")]
async fn module_of_a_commit_is_found_by_lifecycle_manager() {
    let workspace = workspace().await;
    let built = typed(&workspace, &[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    assert!(!built.stderr.contains("warning["), "{}", built.stderr);
    assert_eq!(built.output("version"), VERSION);

    // It finds the template by name, namespace and version, and the image by the version as its tag.
    for file in ["template.yaml", "template_control_plane.yaml"] {
        let template = template(&workspace, file).unwrap();
        assert_eq!(template["spec"]["version"], VERSION, "{file}");
        assert_eq!(template["spec"]["moduleName"], "btp-operator");
        let metadata = &template["metadata"];
        assert_eq!(metadata["name"], format!("btp-operator-{VERSION}"));
        assert_eq!(metadata["namespace"], "kcp-system");
    }
    let tagged = format!("{}/{REPOSITORY}:{VERSION}", workspace.registry.host());
    let inspect = ["inspect-module", tagged.as_str(), "--json"];
    let shown = workspace.run(&inspect, false).await;
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(shown["component"], NAME);
    assert_eq!(shown["version"], VERSION);
    assert_eq!(shown["manifest"][0], "raw-manifest");
    assert_eq!(shown["sources"][0]["commit"], COMMIT);
    assert_eq!(shown["digest"], built.output("module-digest"));
    assert_eq!(shown["images"][0]["image"], format!("{MANAGER}:{VERSION}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_depend_on_the_commit_and_not_on_run_or_branch() {
    for (form, tags) in [
        ("modulectl-3", vec![VERSION.to_owned()]),
        ("kyma-cli-2", vec![format!("v{VERSION}")]),
        ("both", vec![VERSION.to_owned(), format!("v{VERSION}")]),
    ] {
        let workspace = workspace().await;
        let form = format!("--module-form={form}");
        let built = typed(&workspace, &[&form]).await;
        assert_eq!(built.code, 0, "{}", built.stderr);
        let store = |workspace: &Workspace| {
            let writes = workspace.registry.log().writes().len();
            (writes, workspace.files())
        };
        let before = store(&workspace);
        let again = typed(&workspace, &[&form]).await;
        assert!(again.stderr.contains("nothing to do"), "{}", again.stderr);
        assert_eq!(again.out, built.out);
        assert_eq!(store(&workspace), before);
        for tag in tags {
            let image = format!("{}/{REPOSITORY}:{tag}", workspace.registry.host());
            let inspect = ["inspect-module", image.as_str(), "--json"];
            let shown = workspace.run(&inspect, false).await;
            let shown: Value = serde_json::from_str(&shown.out).unwrap();
            assert_eq!(shown["digest"], built.output("module-digest"), "{image}");
        }

        // A run of another branch, at another time, with a token.
        let output = workspace.path("output");
        let run = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SHA", COMMIT),
            ("GITHUB_REPOSITORY", "kyma-project/btp-manager"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REF", "refs/heads/release-1.2"),
            ("GITHUB_REF_NAME", "release-1.2"),
            ("GITHUB_RUN_ID", "17"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_OUTPUT", output.to_str().unwrap()),
            ("INPUT_GITHUB-TOKEN", "t0ken"),
        ];
        let run = [&TERMINAL[..], &run].concat();
        let elsewhere = build(&workspace, &[&form], &run).await;
        assert_eq!(elsewhere.code, 0, "{}", elsewhere.stderr);
        assert!(
            elsewhere.stderr.contains("nothing to do"),
            "{}",
            elsewhere.stderr
        );
        assert_eq!(workspace.registry.log().writes().len(), before.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_bytes_of_the_same_commit_are_refused() {
    let workspace = workspace().await;
    let built = typed(&workspace, &[]).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let writes = workspace.registry.log().writes().len();
    let manifest = workspace.read("manifest.yaml");
    workspace.write("manifest.yaml", &format!("# rendered at noon\n{manifest}"));
    let refused = typed(&workspace, &["--output-dir=other"]).await;
    assert_eq!(refused.code, 12, "{}", refused.stderr);
    for words in ["error[module-tag-taken]", VERSION, "without dates"] {
        assert!(
            refused.stderr.contains(words),
            "{words}\n{}",
            refused.stderr
        );
    }
    assert_eq!(workspace.registry.log().writes().len(), writes);
    assert!(!workspace.path("other").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_is_built_without_a_push_and_in_a_dry_run() {
    let workspace = workspace().await;
    let dry = typed(&workspace, &["--dry-run"]).await;
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    assert!(dry.stderr.contains("template.yaml"), "{}", dry.stderr);
    assert!(!workspace.path("module-release").exists());
    let local = typed(&workspace, &["--no-push", "--ctf=module"]).await;
    assert_eq!(local.code, 0, "{}", local.stderr);
    assert_eq!(local.output("version"), VERSION);
    let index = workspace.read("module/artifact-index.json");
    assert!(index.contains(&format!("\"tag\":\"{VERSION}\"")), "{index}");
    assert!(workspace.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn version_in_the_configuration_is_that_of_a_release() {
    let workspace = workspace().await;
    let config = |name: &str| {
        format!(
            "name: {name}\nversion: 1.2.0\nmanifest: manifest.yaml\nrepository: https://github.com/kyma-project/btp-manager\ndocumentation: https://kyma-project.io\nsecurityScanEnabled: false\nicons: [{{name: module-icon, link: https://kyma-project.io/icon.svg}}]\n"
        )
    };
    workspace.write("module-config.yaml", &config(NAME));
    let more = ["--module-config=module-config.yaml"];
    let built = typed(&workspace, &more).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    let template = template(&workspace, "template.yaml").unwrap();
    assert_eq!(template["spec"]["version"], VERSION);
    workspace.write(
        "module-config.yaml",
        &config("kyma-project.io/module/other"),
    );
    let named = typed(&workspace, &more).await;
    assert_eq!(named.code, 12, "{}", named.stderr);
    for (code, there) in [
        ("config-name-differs", true),
        ("config-version-differs", false),
    ] {
        let error = format!("error[{code}]");
        assert_eq!(named.stderr.contains(&error), there, "{}", named.stderr);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_and_commit_build_exclude_each_other() {
    let workspace = workspace().await;
    let both = typed(&workspace, &["--plan=@plan.json"]).await;
    let name = format!("--module-name={NAME}");
    let named = workspace.build(&[&name]).await;
    for (refused, help) in [
        (&both, "leave out `plan` to build the commit alone"),
        (&named, "leave out `module-name`"),
    ] {
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        let error = "error[inputs-exclusive] input: ";
        assert!(refused.stderr.contains(error), "{}", refused.stderr);
        assert!(refused.stderr.contains(help), "{}", refused.stderr);
    }
    let neither = workspace.run(&["build-module"], true).await;
    assert_eq!(neither.code, 2, "{}", neither.stderr);
    let help = "commit-build: true";
    assert!(neither.stderr.contains(help), "{}", neither.stderr);

    workspace.write(
        "manifest.yaml",
        &MANIFEST.replace("{binary-image}", "r.example/x:v1"),
    );
    let other = typed(&workspace, &[]).await;
    assert_eq!(other.code, 12, "{}", other.stderr);
    let error = "error[manager-image-missing]";
    assert!(other.stderr.contains(error), "{}", other.stderr);
    assert!(workspace.registry.log().writes().is_empty());
}
