//! Images that are there already: a release that begins is warned of them or refused, and one that goes on is not.

use super::Job;

const MANIFEST: &str = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#;

fn push(job: &Job) {
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let mut store = job.registry.store();
    store
        .put_manifest(
            "kyma-project/btp-manager",
            "v1.2.0",
            kind,
            MANIFEST.as_bytes(),
        )
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn image_that_is_there_is_ignored_warned_of_or_refused() {
    let job = Job::start(|_| ()).await;
    let image = job.image();
    let of = |policy| [("binary-image", image.as_str()), ("existing-image", policy)];
    job.plan(&of("fail")).await.wants(0, &[]);
    push(&job);
    let asked = job.registry.log().last();
    job.plan(&[("binary-image", image.as_str())])
        .await
        .wants(0, &[]);
    job.plan(&of("ignore")).await.wants(0, &[]);
    assert_eq!(
        job.registry.log().last(),
        asked,
        "the registry is not asked"
    );
    job.plan(&of("warn")).await.wants(0, &["image-exists"]);
    let refused = job.plan(&of("fail")).await;
    refused.wants(10, &["image-exists"]);
    assert!(refused.log.contains("v1.2.1"), "{}", refused.log);
    job.plan(&of("maybe")).await.wants(2, &["choice-invalid"]);
}

/// `warn` promises a warning, also where the registry does not answer as it should.
#[tokio::test(flavor = "multi_thread")]
async fn registry_that_does_not_tell_is_a_warning_or_refuses() {
    let mut job = Job::start(|_| ()).await;
    job.registry.packages().denied.insert("robot".to_owned());
    let image = job.image();
    let of = |policy| [("binary-image", image.as_str()), ("existing-image", policy)];
    let warned = job.plan(&of("warn")).await;
    warned.wants(0, &["image-unchecked"]);
    assert!(
        warned.log.contains("is not known: denied with"),
        "{}",
        warned.log
    );
    // What the error says is done, and then the plan passes.
    let refused = job.plan(&of("fail")).await;
    refused
        .wants(10, &["registry-denied"])
        .shows_remedy("registry-denied");
    job.apply("registry-denied");
    job.plan(&of("fail")).await.wants(0, &[]);
    job.plan(&of("warn")).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn image_of_a_draft_that_is_resumed_is_expected() {
    let mut job = Job::start(|_| ()).await;
    let image = job.image();
    let inputs = [("binary-image", image.as_str()), ("existing-image", "fail")];
    let planned = job.plan(&inputs).await;
    let plan = [("plan", planned.outputs["plan"].as_str())];
    job.step("draft", &plan).await.wants(0, &[]);
    push(&job);
    job.plan(&inputs).await.wants(0, &[]);
    // From the beginning again, the image is one that nobody of this release has built.
    let mut replace = inputs.to_vec();
    replace.push(("on-existing", "replace"));
    job.env.insert("GITHUB_RUN_ID".into(), "18".into());
    job.plan(&replace).await.wants(10, &["image-exists"]);
}
