//! The tag that is created right before publishing, and the draft that is left to a person.

use super::*;
use crate::domain::Code;

fn late() -> ReleasePlan {
    plan().with(|wanted| wanted.tag_when = TagWhen::Publish)
}

/// A draft of this plan with its evidence, and without a tag where that comes later.
fn complete_draft(plan: &ReleasePlan) -> PublishState {
    let mut seen = seen();
    if plan.wanted.tag_when == TagWhen::Publish {
        seen.release.tag = None;
    }
    seen.release.releases[0].body = our_draft(plan).body;
    let Step::Act(actions) = decide(plan, &tested(), &seen) else {
        panic!("refused")
    };
    let [Action::WriteFile { bytes, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    let evidence = asset(9, EVIDENCE, bytes);
    seen.release.releases[0].assets.push(evidence);
    seen
}

fn told(step: Step) -> Vec<String> {
    match step {
        Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
        Step::Blocked(findings) => findings.iter().map(|f| f.code.to_string()).collect(),
        Step::Done(report) => vec![report.summary],
        Step::Wait(_) => vec![],
    }
}

#[test]
fn tag_is_created_after_the_evidence_and_right_before_publishing() {
    let (plan, inputs) = (late(), tested());
    let seen = complete_draft(&plan);
    let tag = "create the tag v1.2.0 at 4e4b9d4";
    assert_eq!(told(decide(&plan, &inputs, &seen)), [tag, "publish v1.2.0"]);
    let with = |alter: AlterSeen| {
        let mut seen = complete_draft(&plan);
        alter(&mut seen);
        told(decide(&plan, &inputs, &seen))
    };
    let there: AlterSeen = |s| s.release.tag = Some(super::plan().wanted.commit);
    assert_eq!(with(there), ["publish v1.2.0"]);
    assert_eq!(with(|s| s.release.tag = Some(other())), ["tag-elsewhere"]);
    assert_eq!(
        with(|s| {
            s.release.tag = Some(super::plan().wanted.commit);
            s.head = None;
        }),
        ["branch-moved", "tag-left"],
        "an earlier process created it"
    );
    assert_eq!(with(|s| s.head = None), ["branch-moved"]);
    assert_eq!(
        with(|s| {
            s.release.tag = Some(super::plan().wanted.commit);
            s.release.releases[0].assets.pop();
            s.head = None;
        }),
        ["branch-moved"],
        "somebody else created it"
    );
}

#[test]
fn refusal_to_publish_says_what_is_left() {
    let refusal = ServiceError::new(
        "publish the release v1.2.0",
        Cause::Refused {
            status: 422,
            message: "Validation Failed".into(),
            request_id: None,
        },
    );
    let publish = |plan: &ReleasePlan| {
        let seen = complete_draft(&late());
        let Step::Act(mut actions) = decide(&late(), &tested(), &seen) else {
            panic!("refused")
        };
        let mut phase = Publish::new(plan.clone(), tested());
        phase.refused(&actions.pop().unwrap(), &refusal)
    };
    assert_eq!(publish(&plan()), AfterRefusal::Stop);
    let AfterRefusal::Blocked(finding) = publish(&late()) else {
        panic!("not explained")
    };
    assert_eq!(finding.code, Code::ServiceRefused);
    assert!(finding.seen.contains("Validation Failed") && finding.seen.contains("the tag v1.2.0"));
    assert!(finding.help.contains("btp-release discard v1.2.0"));
}

#[test]
fn draft_that_is_left_to_a_person_has_its_final_text() {
    let inputs = PublishInputs {
        finish: Finish::LeaveDraft,
        ..tested()
    };
    for plan in [plan(), late()] {
        let mut seen = complete_draft(&plan);
        let Step::Act(actions) = decide(&plan, &inputs, &seen) else {
            panic!("refused")
        };
        let [Action::EditDraft { body, .. }] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        assert!(body.contains("| `template.yaml` | `sha256:"), "{body}");
        for left in [body.clone(), body.replace('\n', "\r\n")] {
            seen.release.releases[0].body = left;
            let [summary] = told(decide(&plan, &inputs, &seen)).try_into().unwrap();
            assert!(summary.starts_with(
                "v1.2.0 is ready: publish it at https://github.example/r/releases/tag/untagged-1, with \"Set as the latest release\""
            ), "{summary}");
            let creates = summary.ends_with("GitHub then creates the tag at 4e4b9d4");
            assert_eq!(creates, plan.wanted.tag_when == TagWhen::Publish);
        }
        seen.higher_is_released = true;
        let [summary] = told(decide(&plan, &inputs, &seen)).try_into().unwrap();
        assert!(
            summary.contains("without \"Set as the latest release\" and"),
            "{summary}"
        );
        seen.release.releases[0].target = "main".into();
        let target = told(decide(&plan, &inputs, &seen));
        match plan.wanted.tag_when {
            TagWhen::Draft => assert_eq!(target, [summary], "the tag is there"),
            TagWhen::Publish => assert_eq!(target, ["target-differs"]),
        }
    }
}
