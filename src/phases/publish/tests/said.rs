//! What is written down of a release, and what is said once it is public.

use super::*;
use crate::domain::Code;

#[test]
fn evidence_that_an_earlier_process_left_is_kept_while_it_holds() {
    let answer = |id: &str| SeenAnswer {
        request: "GET /repos".into(),
        status: 200,
        id: id.into(),
    };
    let written = |seen: &Seen| match decide(&plan(), &tested(), seen) {
        Step::Act(actions) => match actions.as_slice() {
            [Action::WriteFile { bytes, .. }] => Statement::from_bytes(bytes).unwrap(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    let mut seen = seen();
    seen.first.answers = vec![answer("A")];
    let left = written(&seen);
    assert_eq!(left.predicate.requests[0].id, "A");
    seen.first = First {
        answers: vec![answer("B")],
        evidence: Some(left.clone()),
    };
    assert_eq!(
        written(&seen),
        left,
        "other requests alone are no reason to write it anew"
    );
    seen.checks[1].url = Some("https://github.example/run".into());
    assert_eq!(written(&seen).predicate.requests[0].id, "B");
}

#[test]
fn success_is_said_from_what_is_public() {
    let public = || {
        let mut seen = Seen {
            latest: Some("v1.2.0".into()),
            ..proven()
        };
        seen.releases = vec![published(seen.releases[0].clone())];
        seen
    };
    let Step::Done(evidence) = decide(&plan(), &tested(), &public()) else {
        panic!("not done")
    };
    assert!(
        evidence
            .outputs
            .iter()
            .any(|o| o.name == "is-latest" && o.value == "true")
    );
    let table: [(Code, AlterSeen); 6] = [
        (Code::PublishedDiffers, |s| s.immutable = Some(true)),
        (Code::AssetHidden, |s| s.hidden.push("template.yaml".into())),
        (Code::TagMissing, |s| s.tag = None),
        (Code::PublishedDiffers, |s| s.latest = Some("v1.1.0".into())),
        (Code::PublishedDiffers, |s| s.releases[0].prerelease = true),
        (Code::AssetDiffers, |s| {
            s.releases[0].assets[0].digest = Some(Digest::of(b"u"))
        }),
    ];
    for (code, alter) in table {
        let mut seen = public();
        alter(&mut seen);
        assert_eq!(codes(&tested(), &seen), [code]);
    }
    let told = |own_token| match decide(
        &plan(),
        &PublishInputs {
            own_token,
            ..tested()
        },
        &public(),
    ) {
        Step::Done(evidence) => evidence.so,
        other => panic!("{other:?}"),
    };
    assert!(told(true).contains("starts no workflow"));
    assert!(!told(false).contains("starts no workflow"));
    let mut overtaken = public();
    overtaken.published.push("v1.3.0".into());
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
