//! The decision for every state, and the mark of a draft that is taken up.

use super::*;
use crate::plan::OnExisting;
use crate::plan::tests::example;
use crate::release::examples::{asset, foreign_draft, other, our_draft, published, without_mark};

fn seen(tag: Option<CommitSha>, releases: Vec<SeenRelease>) -> ReleaseView {
    ReleaseView {
        tag,
        releases,
        ..ReleaseView::default()
    }
}

/// The step in one word, or the codes of its findings.
fn word(step: Step) -> String {
    match step {
        Step::Done(report) => format!("done: {}", report.summary),
        Step::Act(actions) => actions
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("; "),
        Step::Wait(_) => "wait".into(),
        Step::Blocked(findings) => findings
            .iter()
            .map(|f| f.code.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    }
}

fn with_an_asset(draft: &SeenRelease) -> SeenRelease {
    SeenRelease {
        assets: vec![asset(1, "template.yaml", b"t")],
        ..draft.clone()
    }
}

fn of_another_commit(plan: &ReleasePlan) -> SeenRelease {
    our_draft(&plan.with(|wanted| {
        wanted.commit = other();
        wanted.run = "16".into();
    }))
}

#[test]
fn draft_decision_for_each_release_and_tag() {
    let plan = example();
    let here = || Some(plan.wanted.commit.clone());
    let (ours, foreign) = (our_draft(&plan), foreign_draft(&plan));
    let create = "create the draft release v1.2.0 at 4e4b9d4";
    let tag = "create the tag v1.2.0 at 4e4b9d4";
    for (at, releases, expected) in [
        (None, vec![], create),
        (here(), vec![], create),
        (Some(other()), vec![], Code::TagElsewhere.as_str()),
        (None, vec![ours.clone()], tag),
        (
            here(),
            vec![ours.clone()],
            "done: v1.2.0 is a draft at 4e4b9d4",
        ),
        (
            Some(other()),
            vec![ours.clone()],
            Code::TagElsewhere.as_str(),
        ),
        (None, vec![foreign.clone()], Code::DraftForeign.as_str()),
        (here(), vec![foreign.clone()], Code::DraftForeign.as_str()),
        (
            here(),
            vec![without_mark(&plan)],
            Code::DraftMarkLost.as_str(),
        ),
        (
            here(),
            vec![ours.clone(), ours.clone()],
            "delete the draft release v1.2.0 (id 7)",
        ),
        (
            here(),
            vec![ours.clone(), with_an_asset(&ours)],
            Code::ReleaseDuplicates.as_str(),
        ),
        (
            here(),
            vec![foreign.clone(), ours.clone()],
            Code::ReleaseDuplicates.as_str(),
        ),
        (
            None,
            vec![ours.clone(), foreign.clone()],
            Code::ReleaseDuplicates.as_str(),
        ),
        (
            None,
            vec![of_another_commit(&plan)],
            Code::DraftOfAnotherCommit.as_str(),
        ),
        (
            Some(other()),
            vec![of_another_commit(&plan)],
            Code::TagElsewhere.as_str(),
        ),
        (
            here(),
            vec![published(ours.clone())],
            "done: v1.2.0 is already published",
        ),
        (
            Some(other()),
            vec![published(ours.clone())],
            Code::AlreadyPublished.as_str(),
        ),
        (
            here(),
            vec![published(of_another_commit(&plan))],
            Code::AlreadyPublished.as_str(),
        ),
        (
            here(),
            vec![published(foreign)],
            Code::ReleaseForeign.as_str(),
        ),
    ] {
        let told = format!("{at:?} {releases:?}");
        assert_eq!(word(decide(&plan, &seen(at, releases))), expected, "{told}");
    }
}

#[test]
fn draft_is_created_before_the_tag() {
    let plan = example();
    let Step::Act(actions) = decide(&plan, &seen(None, vec![])) else {
        panic!("nothing to do")
    };
    let [Action::CreateDraft(draft)] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(draft.target, plan.wanted.commit);
    let mark = Mark::find(&draft.body).unwrap();
    assert_eq!((mark.plan, mark.tag_was_there), (plan.digest(), false));
}

#[test]
fn draft_of_an_earlier_run_gets_the_new_mark() {
    let plan = example();
    let draft = our_draft(&plan);
    let later = plan.with(|wanted| wanted.run = "18".into());
    let Step::Act(actions) = decide(&later, &seen(None, vec![draft])) else {
        panic!("nothing to do")
    };
    let [Action::EditDraft { body, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(Mark::find(body).unwrap().plan, later.digest());
    assert!(body.starts_with("## Notes"));
}

#[test]
fn tag_is_left_to_publish_where_the_plan_says_so() {
    let plan = example().with(|wanted| wanted.tag_when = TagWhen::Publish);
    let here = || Some(plan.wanted.commit.clone());
    let ours = our_draft(&plan);
    let later = "done: v1.2.0 is a draft at 4e4b9d4, and gets its tag right before it is published";
    for (at, releases, expected) in [
        (None, vec![], "create the draft release v1.2.0 at 4e4b9d4"),
        (None, vec![ours.clone()], later),
        (
            here(),
            vec![ours.clone()],
            "done: v1.2.0 is a draft at 4e4b9d4",
        ),
        (
            Some(other()),
            vec![ours.clone()],
            Code::TagElsewhere.as_str(),
        ),
        (Some(other()), vec![], Code::TagElsewhere.as_str()),
    ] {
        let told = format!("{at:?} {releases:?}");
        assert_eq!(word(decide(&plan, &seen(at, releases))), expected, "{told}");
    }
    let warnings = |draft| match decide(&plan, &seen(None, vec![draft])) {
        Step::Done(report) => report.warnings.iter().map(|w| w.code).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(warnings(ours.clone()), []);
    let without_target = SeenRelease {
        target: "main".into(),
        ..ours
    };
    assert_eq!(warnings(without_target), [Code::TargetDiffers]);
}

#[test]
fn renewed_mark_goes_on_saying_whether_the_tag_is_ours() {
    let of = |tag_when, run: &str| {
        example().with(|wanted| {
            wanted.tag_when = tag_when;
            wanted.run = run.to_owned();
        })
    };
    let with_evidence = |draft: SeenRelease| SeenRelease {
        assets: vec![asset(1, crate::plan::EVIDENCE, b"e")],
        ..draft
    };
    let (early, late) = (TagWhen::Draft, TagWhen::Publish);
    for (before, after, evidence, tagged, ours) in [
        (early, late, false, true, true),
        (early, early, false, true, true),
        (late, early, false, true, false),
        (late, early, true, true, true),
        (late, late, false, true, false),
        (late, late, true, true, true),
        // Created after the mark was renewed.
        (late, early, false, false, true),
        (early, late, false, false, false),
    ] {
        let (first, second) = (of(before, "17"), of(after, "18"));
        let mut draft = our_draft(&first);
        if evidence {
            draft = with_evidence(draft);
        }
        let commit = &first.wanted.commit;
        let tag = tagged.then(|| commit.clone());
        let Step::Act(actions) = decide(&second, &seen(tag, vec![draft.clone()])) else {
            panic!("nothing to do")
        };
        let [Action::EditDraft { body, .. }] = actions.as_slice() else {
            panic!("{actions:?}")
        };
        let mark = Mark::find(body).unwrap();
        let row = format!("{before:?} {after:?} {evidence} {tagged}");
        assert_eq!(tag_is_ours(&draft, &mark, commit), ours, "{row}");
    }
}

#[test]
fn replace_deletes_only_the_draft_and_tag_of_an_earlier_run() {
    let plan = example().with(|wanted| wanted.on_existing = OnExisting::Replace);
    let word_of = |tag, draft| word(decide(&plan, &seen(tag, vec![draft])));
    let both = "delete the tag v1.2.0 at 0000000; delete the draft release v1.2.0 (id 7)";
    assert_eq!(word_of(Some(other()), of_another_commit(&plan)), both);
    assert_eq!(
        word_of(None, of_another_commit(&plan)),
        "delete the draft release v1.2.0 (id 7)"
    );
    let mut kept = of_another_commit(&plan);
    kept.body = Mark {
        tag_was_there: true,
        ..Mark::find(&kept.body).unwrap()
    }
    .put("");
    assert_eq!(
        word_of(Some(other()), kept),
        Code::TagElsewhere.as_str(),
        "the tag is not ours, and nothing is deleted in vain"
    );
    assert_eq!(
        word_of(Some(plan.wanted.commit.clone()), of_another_commit(&plan)),
        "delete the draft release v1.2.0 (id 7)",
        "nor is this one, but it is where it is wanted"
    );
    let done = "done: v1.2.0 is a draft at 4e4b9d4";
    assert_eq!(
        word_of(Some(plan.wanted.commit.clone()), our_draft(&plan)),
        done,
        "its own draft is not replaced"
    );
    assert_eq!(
        word_of(Some(plan.wanted.commit.clone()), foreign_draft(&plan)),
        Code::DraftForeign.as_str()
    );
}

#[test]
fn long_notes_are_cut_at_a_line() {
    let cut = |text: &str| notes::cut(text, Some(FULL_NOTES));
    let short = cut("short");
    let cut = cut(&"line\n".repeat(40_000));
    assert!(cut.chars().count() <= NotesSource::MAX_CHARS);
    assert!(cut.contains("line\n\n*These notes"));
    assert!(cut.contains(&format!("the asset {FULL_NOTES} has all")));
    assert_eq!(short, "short");
}
