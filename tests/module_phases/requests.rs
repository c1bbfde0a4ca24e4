//! How many requests a fetch and a push take, and that each blob is read and sent once.

use stand_ins::LogEntry;

use crate::support::module_images::{IMAGE, MANIFEST, Workspace};

/// The requests since the last call, such as `GET blobs` or `HEAD manifests`, sorted.
fn requests(workspace: &Workspace) -> Vec<String> {
    let log = workspace.registry.log();
    let short = |entry: &LogEntry| {
        let kinds = ["/blobs/uploads/", "/blobs/", "/manifests/"];
        let kind = kinds.into_iter().find(|kind| entry.path.contains(kind));
        let kind = kind.unwrap_or(&entry.path).trim_matches('/');
        format!("{} {kind}", entry.method)
    };
    let mut seen: Vec<_> = log.entries().iter().map(short).collect();
    log.clear();
    seen.sort();
    seen
}

const MODULECTL: &str = "modulectl-3";

/// A workspace for a module in this form.
async fn workspace(style: &str) -> Workspace {
    let workspace = Workspace::new().await;
    if style == MODULECTL {
        workspace.plan(&workspace.registry.host(), "1.2.0");
    }
    workspace
}

/// Pushes the module, and answers its image.
async fn build(workspace: &Workspace, style: &str) -> String {
    let style = format!("--descriptor-style={style}");
    let options = ["--default-cr=default-cr.yaml", &style];
    let built = workspace.build(&options).await;
    assert_eq!(built.code, 0, "{}", built.stderr);
    built.output("module-image").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_module_is_pushed_with_few_requests_and_again_with_one() {
    // Only modulectl has layers for the default custom resource and for the template.
    for (style, blobs) in [("kyma-cli-2", 3), (MODULECTL, 5)] {
        let workspace = workspace(style).await;
        let build = async || {
            build(&workspace, style).await;
            requests(&workspace)
        };
        let uploads = |method: &str| vec![format!("{method} blobs/uploads"); blobs];
        let manifests = |method: &str| vec![format!("{method} manifests"); 2];
        let wanted = [
            // The tag, before and after.
            manifests("HEAD"),
            uploads("POST"),
            uploads("PUT"),
            vec!["PUT manifests".to_owned()],
        ];
        assert!(wanted.concat().len() <= 13);
        assert_eq!(build().await, wanted.concat());
        assert_eq!(build().await, ["HEAD manifests"]);
        // On another machine, which has no files yet.
        std::fs::remove_dir_all(workspace.path("module-release")).unwrap();
        assert_eq!(build().await, manifests("HEAD"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blob_that_is_there_is_not_sent_again() {
    let workspace = Workspace::new().await;
    let manifest = MANIFEST.replace("{binary-image}", IMAGE);
    let repository = crate::support::module_images::REPOSITORY;
    let stored = workspace
        .registry
        .store()
        .put_blob(repository, manifest.as_bytes());
    stored.unwrap();
    build(&workspace, "kyma-cli-2").await;
    let seen = requests(&workspace);
    let count = |wanted: &str| seen.iter().filter(|request| *request == wanted).count();
    assert_eq!(count("POST blobs/uploads"), 3, "{seen:?}");
    assert_eq!(count("PUT blobs/uploads"), 2, "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn module_is_fetched_with_one_request_for_each_blob() {
    let workspace = workspace(MODULECTL).await;
    let image = build(&workspace, MODULECTL).await;
    requests(&workspace);
    let fetched = workspace.fetch(&image).await;
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    let log = workspace.registry.log();
    let mut blobs: Vec<_> = log.entries().into_iter().map(|entry| entry.path).collect();
    assert!(log.entries().iter().all(|entry| entry.status == Some(200)));
    blobs.sort();
    blobs.dedup();
    assert_eq!(
        blobs.len(),
        5,
        "manifest, config, descriptor, and two layers"
    );
    let once = ["GET blobs"; 4].into_iter().chain(["GET manifests"]);
    assert!(requests(&workspace).into_iter().eq(once));
    // What is complete is compared with the image, and no layer is read.
    let fetched = workspace.fetch(&image).await;
    assert_eq!(fetched.code, 0, "{}", fetched.stderr);
    let again = ["GET blobs", "GET blobs", "GET manifests"];
    assert_eq!(requests(&workspace), again);
}
