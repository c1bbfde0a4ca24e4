//! One test for each misconfiguration: its code, its remedy, and that it works.

use stand_ins::github::{Level, Rule};

use super::{Job, WORKFLOW, borrowed};
use btp_release::release::rights::MISCONFIGURATIONS;

const GITHUB: (&str, &str) = ("preflight", "github");

#[test]
fn every_misconfiguration_is_tried() {
    let tests = include_str!("misconfigurations.rs");
    for known in &MISCONFIGURATIONS {
        let code = format!("\"{}\"", known.code);
        assert!(tests.contains(&code), "{code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commit_that_is_no_full_hash() {
    let mut job = Job::start(|_| ()).await;
    let short = job.commit[..7].to_owned();
    for commit in ["main", "HEAD", &short] {
        job.plan(&[("commit", commit)])
            .await
            .wants(2, &["commit-invalid"]);
    }
    let inputs = job.apply("commit-invalid");
    job.plan(&borrowed(&inputs)).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn token_that_may_only_read() {
    let mut job = Job::start(|_| ()).await;
    job.rights(|rights| rights.contents = Level::Read);
    let refused = job.plan(&[]).await;
    refused
        .wants(10, &["token-read-only"])
        .shows_remedy("token-read-only");
    job.apply("token-read-only");
    job.plan(&[]).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_that_the_token_of_a_later_job_does_not_see() {
    let mut job = Job::start(|_| ()).await;
    let planned = job.plan(&[("assets", "a.txt")]).await;
    let plan = [("plan", planned.outputs["plan"].as_str())];
    job.step("draft", &plan).await.wants(0, &[]);
    std::fs::write(job.folder.path().join("a.txt"), "text").unwrap();
    job.rights(|rights| rights.contents = Level::Read);
    let upload = [plan[0], ("files", "a.txt")];
    let refused = job.step("upload", &upload).await;
    refused
        .wants(12, &["draft-missing"])
        .shows_remedy("draft-missing");
    job.apply("draft-missing");
    job.step("upload", &upload).await.wants(0, &[]);
}

fn restrict(job: &Job) {
    job.repository(|repository| {
        repository.rules.push(Rule {
            name: "Release tags".into(),
            refs: "refs/tags/*".into(),
            creation: true,
            bypass: ["release-bot[bot]".to_owned()].into(),
            ..Rule::default()
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn ruleset_that_restricts_the_creation_of_tags() {
    let mut job = Job::start(|_| ()).await;
    restrict(&job);
    let refused = job.plan(&[GITHUB]).await;
    refused
        .wants(10, &["tag-creation-restricted"])
        .shows_remedy("tag-creation-restricted");
    assert!(refused.log.contains("Release tags"), "{}", refused.log);
    // Without the look beforehand, `draft` meets the rule, and says the same.
    let planned = job.plan(&[]).await;
    planned.wants(0, &[]);
    let plan = ("plan", planned.outputs["plan"].as_str());
    let drafted = job.step("draft", &[plan]).await;
    drafted
        .wants(12, &["tag-creation-restricted"])
        .shows_remedy("tag-creation-restricted");
    let inputs = job.apply("tag-creation-restricted");
    let mut with = borrowed(&inputs);
    with.push(GITHUB);
    job.plan(&with).await.wants(0, &[]);
    with.pop();
    with.push(plan);
    job.step("draft", &with).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tag_of_an_immutable_release_that_was_deleted() {
    let mut job = Job::start(|repository| {
        repository.reserved_tags.insert("v1.2.0".into());
    })
    .await;
    let planned = job.plan(&[]).await;
    planned.wants(0, &[]);
    let refused = job
        .step("draft", &[("plan", &planned.outputs["plan"])])
        .await;
    refused.wants(12, &["tag-reserved"]);
    assert_eq!(job.repository(|repository| repository.releases.len()), 1);
    let inputs = job.apply("tag-reserved");
    let planned = job.plan(&borrowed(&inputs)).await;
    planned.wants(0, &[]);
    let plan = [("plan", planned.outputs["plan"].as_str())];
    job.step("draft", &plan).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn workflow_files_that_are_not_those_of_the_default_branch() {
    let mut job = Job::start(|repository| {
        repository
            .on("release-1.2")
            .commit_workflows("Build differently", "other");
    })
    .await;
    let warned = job.plan(&[GITHUB, ("tag-when", "publish")]).await;
    warned
        .wants(0, &["workflows-differ"])
        .shows_remedy("workflows-differ");
    // And so it comes: the draft has no target.
    let plan = [("plan", warned.outputs["plan"].as_str())];
    job.step("draft", &plan).await.wants(0, &["target-differs"]);
    let mut inputs = job.apply("workflows-differ");
    inputs.push((GITHUB.0.into(), GITHUB.1.into()));
    let planned = job.plan(&borrowed(&inputs)).await;
    planned.wants(0, &[]);
    let plan = [("plan", planned.outputs["plan"].as_str())];
    job.step("draft", &plan).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tag_of_the_run_s_own_token_that_starts_nothing() {
    let mut job = Job::start(|repository| {
        let build = "on: {push: {tags: ['v*']}}\njobs: {}\n";
        repository
            .files
            .insert(".github/workflows/build.yaml".into(), build.into());
    })
    .await;
    let warned = job.plan(&[GITHUB]).await;
    warned
        .wants(0, &["tag-starts-nothing"])
        .shows_remedy("tag-starts-nothing");
    assert!(warned.log.contains("build.yaml"), "{}", warned.log);
    let mut inputs = job.apply("tag-starts-nothing");
    inputs.push((GITHUB.0.into(), GITHUB.1.into()));
    job.plan(&borrowed(&inputs)).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn release_of_the_run_s_own_token_that_starts_nothing() {
    let mut job = Job::start(|repository| {
        let announce = "on: {release: {types: [published]}}\njobs: {}\n";
        repository
            .files
            .insert(".github/workflows/announce.yaml".into(), announce.into());
    })
    .await;
    let warned = job.plan(&[GITHUB]).await;
    warned
        .wants(0, &["release-starts-nothing"])
        .shows_remedy("release-starts-nothing");
    let mut inputs = job.apply("release-starts-nothing");
    inputs.push((GITHUB.0.into(), GITHUB.1.into()));
    job.plan(&borrowed(&inputs)).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrency_that_drops_releases_which_wait() {
    let mut job = Job::start(|repository| {
        let release = "concurrency: release\non: workflow_dispatch\njobs: {}\n";
        repository.files.insert(WORKFLOW.into(), release.into());
    })
    .await;
    let warned = job.plan(&[GITHUB]).await;
    warned
        .wants(0, &["runs-dropped"])
        .shows_remedy("runs-dropped");
    job.apply("runs-dropped");
    job.plan(&[GITHUB]).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_that_may_not_pull_or_not_push() {
    for (check, everything) in [("pull", true), ("push", false), ("push", true)] {
        let mut job = Job::start(|_| ()).await;
        let image = job.image();
        let inputs = [("binary-image", image.as_str()), ("preflight", check)];
        {
            let mut packages = job.registry.packages();
            let who = "robot".to_owned();
            if everything {
                packages.denied.insert(who);
            } else {
                packages.pull_only.insert(who);
            }
        }
        let refused = job.plan(&inputs).await;
        refused
            .wants(10, &["registry-denied"])
            .shows_remedy("registry-denied");
        job.apply("registry-denied");
        job.plan(&inputs).await.wants(0, &[]);
        // Nothing of the question remains.
        assert_eq!(job.registry.open_uploads(), 0);
        assert!(job.registry.store().repositories.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn package_of_a_first_release_that_nobody_else_can_pull() {
    let job = Job::start(|_| ()).await;
    job.registry.packages().private_by_default = true;
    let image = job.image();
    let inputs = [("binary-image", image.as_str()), ("preflight", "pull")];
    let warned = job.plan(&inputs).await;
    warned.wants(0, &["image-private"]);
    assert!(
        warned.summary.contains("Change visibility"),
        "{}",
        warned.summary
    );
    // What helps is a setting of the package.
    let public = "kyma-project/btp-manager".to_owned();
    job.registry.packages().public.insert(public);
    job.plan(&inputs).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn job_that_may_not_ask_for_an_identity_token() {
    let mut job = Job::start(|_| ()).await;
    let inputs = [("preflight", "attest")];
    let refused = job.plan(&inputs).await;
    refused
        .wants(10, &["id-token-missing"])
        .shows_remedy("id-token-missing");
    job.apply("id-token-missing");
    job.plan(&inputs).await.wants(0, &[]);
}
