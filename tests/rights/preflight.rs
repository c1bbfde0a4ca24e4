//! What `plan` asks with `preflight`, what it tells, and what it makes of services that do not answer.

use stand_ins::github::{Enforcement, Level, Rule};
use stand_ins::{Fault, Pattern};

use super::Job;

/// The requests to GitHub of a step.
async fn requests(job: &Job, inputs: &[(&str, &str)]) -> usize {
    let before = job.github.log().last();
    job.plan(inputs).await.wants(0, &[]);
    job.github.log().filter(|entry| entry.number > before).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_asked_for_costs_requests() {
    let mut job = Job::start(|_| ()).await;
    job.grant("id-token");
    let plain = requests(&job, &[]).await;
    assert_eq!(requests(&job, &[("preflight", "attest")]).await - plain, 0);
    // The list of rulesets, the workflow files, and whether releases become immutable.
    assert_eq!(requests(&job, &[("preflight", "github")]).await - plain, 3);
    job.repository(|repository| {
        for (refs, enforcement) in [
            ("refs/heads/*", Enforcement::Active),
            ("refs/tags/x*", Enforcement::Active),
            ("refs/tags/*", Enforcement::Evaluate),
        ] {
            repository.rules.push(Rule {
                refs: refs.into(),
                enforcement,
                creation: true,
                ..Rule::default()
            });
        }
    });
    // And the one that is for tags and active.
    assert_eq!(requests(&job, &[("preflight", "github")]).await - plain, 4);
    assert_eq!(job.registry.log().last(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn output_tells_one_word_for_each_thing() {
    let job = Job::start(|_| ()).await;
    let image = job.image();
    let of = |checks| [("binary-image", image.as_str()), ("preflight", checks)];
    let told = job.plan(&of("github, pull\npush")).await;
    told.wants(0, &[]);
    assert_eq!(
        told.outputs["rights"],
        r#"{"anonymous-pull":"allowed","contents":"write","immutable-releases":"unknown","pull":"allowed","push":"allowed","tag-creation":"allowed","workflows":"same"}"#
    );
    job.repository(|repository| repository.immutable_releases = true);
    job.rights(|rights| rights.administration = Level::Read);
    let told = job.plan(&of("github")).await;
    assert_eq!(
        told.outputs["rights"],
        r#"{"contents":"write","immutable-releases":"on","tag-creation":"allowed","workflows":"same"}"#
    );
    let plain = job.plan(&[]).await;
    assert!(!plain.outputs.contains_key("rights"));
    job.plan(&of("everything"))
        .await
        .wants(2, &["choice-invalid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rulesets_that_cannot_be_read_are_unknown() {
    let job = Job::start(|_| ()).await;
    let hidden = Pattern::new("GET", "*/rulesets");
    job.github.faults().when(hidden, 1, Fault::Status(404));
    let told = job.plan(&[("preflight", "github")]).await;
    told.wants(0, &[]);
    assert!(told.outputs["rights"].contains(r#""tag-creation":"unknown""#));
}

#[tokio::test(flavor = "multi_thread")]
async fn existing_tag_needs_no_right_to_create_it() {
    let job = Job::start(|repository| {
        repository.tag("v1.2.0");
        repository.rules.push(Rule {
            refs: "refs/tags/*".into(),
            creation: true,
            ..Rule::default()
        });
    })
    .await;
    job.plan(&[("preflight", "github")]).await.wants(0, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_token_that_creates_the_tag_turns_the_refusal_into_a_warning() {
    let job = Job::start(|repository| {
        repository.rules.push(Rule {
            refs: "refs/tags/*".into(),
            creation: true,
            ..Rule::default()
        });
    })
    .await;
    let own = [("preflight", "github")];
    job.plan(&own).await.wants(10, &["tag-creation-restricted"]);
    let other = [own[0], ("has-release-token", "true")];
    job.plan(&other)
        .await
        .wants(0, &["tag-creation-restricted"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_that_fails_once_is_asked_again() {
    let job = Job::start(|_| ()).await;
    let image = job.image();
    let inputs = [("binary-image", image.as_str()), ("preflight", "push")];
    let begun = Pattern::new("POST", "*/blobs/uploads/");
    job.registry.faults().when(begun, 1, Fault::Status(503));
    job.plan(&inputs).await.wants(0, &[]);
    assert_eq!(job.registry.faults().pending(), 0);
}
