//! The evidence, and what counts as done once the release is published.

use super::*;
use crate::domain::Code;

#[test]
fn evidence_of_an_earlier_process_is_kept_while_it_says_the_same() {
    let answer = |id: &str| SeenAnswer {
        request: "GET /repos".into(),
        status: 200,
        id: id.into(),
    };
    let of = |inputs: &PublishInputs, seen: &PublishState| match decide(&plan(), inputs, seen) {
        Step::Act(actions) => match actions.as_slice() {
            [Action::WriteFile { bytes, .. }] => Statement::from_bytes(bytes).unwrap(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let written = |seen: &PublishState| of(&tested(), seen);
    let mut seen = seen();
    seen.first.answers = vec![answer("A")];
    let left = written(&seen);
    assert_eq!(left.predicate.requests[0].id, "A");
    seen.first = FirstRead {
        answers: vec![answer("B")],
        evidence: Some(left.clone()),
    };
    assert_eq!(
        written(&seen),
        left,
        "other requests alone are no reason to write it again"
    );
    let mut awaited_again = tested();
    for artifact in awaited_again.artifacts.0.values_mut() {
        artifact.set_waited(Duration::ZERO, 1_000);
    }
    assert_eq!(of(&awaited_again, &seen), left, "nor is another wait");
    seen.release.checks[1].url = Some("https://github.example/run".into());
    assert_eq!(written(&seen).predicate.requests[0].id, "B");
}

#[test]
fn published_release_must_be_as_planned() {
    let public = || {
        let mut seen = PublishState {
            latest: Some("v1.2.0".into()),
            ..proven()
        };
        seen.release.releases = vec![published(seen.release.releases[0].clone())];
        seen
    };
    let Step::Done(report) = decide(&plan(), &tested(), &public()) else {
        panic!("not done")
    };
    assert!(
        report
            .outputs
            .iter()
            .any(|o| o.name == "is-latest" && o.value == "true")
    );
    let table: [(Code, AlterSeen); 6] = [
        (Code::PublishedDiffers, |s| s.immutable = Some(true)),
        (Code::AssetHidden, |s| {
            s.hidden = Some("template.yaml".into())
        }),
        (Code::TagMissing, |s| s.release.tag = None),
        (Code::PublishedDiffers, |s| s.latest = Some("v1.1.0".into())),
        (Code::PublishedDiffers, |s| {
            s.release.releases[0].prerelease = true
        }),
        (Code::AssetDiffers, |s| {
            s.release.releases[0].assets[0].digest = Some(Digest::of(b"u"))
        }),
    ];
    for (code, alter) in table {
        let mut seen = public();
        alter(&mut seen);
        assert_eq!(codes(&tested(), &seen), [code]);
    }
    let told = |token| match decide(&plan(), &PublishInputs { token, ..tested() }, &public()) {
        Step::Done(report) => report.summary,
        other => panic!("{other:?}"),
    };
    assert!(told(PublishToken::OfWorkflowRun).contains("starts no workflow"));
    assert!(!told(PublishToken::Other).contains("starts no workflow"));
    let mut overtaken = public();
    overtaken.higher_is_released = true;
    assert_eq!(codes(&tested(), &overtaken), [Code::PublishedDiffers]);
    overtaken.latest = Some("v1.3.0".into());
    assert!(
        matches!(decide(&plan(), &tested(), &overtaken), Step::Done(_)),
        "a higher version is the latest now"
    );
    let later = plan().with(|wanted| wanted.run = "18".into());
    assert!(
        matches!(decide(&later, &tested(), &public()), Step::Done(_)),
        "a later run finds it done, with the verdicts of the run that published it"
    );
}
