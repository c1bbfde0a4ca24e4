//! What is said of each state, without any service.

use super::answer::VerifiedEntry;
use super::see::{SeenVerified, StatusSeen};
use super::*;
use crate::domain::{Code, Digest};
use crate::plan::TagWhen;
use crate::plan::tests::example;
use crate::protocol::{CheckState, CheckTimes, SeenRelease};
use crate::release::examples::{asset, our_draft, published};
use crate::release::image_reader::ImageState;
use crate::release::view::ReleaseView;

fn options(plan: &ReleasePlan) -> StatusOptions {
    StatusOptions {
        repository: plan.wanted.repository.clone(),
        tag: plan.wanted.tag.clone(),
        version: plan.wanted.version.clone(),
        expected: ExpectedRelease::Plan(Box::new(plan.clone())),
        platforms: vec![],
        builders: vec![],
        checks: vec![],
        legs: BTreeSet::new(),
        form: StatusForm::Text,
        mode: StatusMode::Watch,
        poll_interval: Duration::from_secs(10),
        module_files: None,
        component: None,
    }
}

fn judges() -> StatusJudges {
    StatusJudges {
        verify: Box::new(|| panic!("nothing is read here")),
        legs: Box::new(|_, _| vec![]),
    }
}

/// The release as it was read, with its tag or without.
fn seen(plan: &ReleasePlan, release: SeenRelease, tagged: bool) -> StatusSeen {
    StatusSeen {
        mark: crate::plan::Mark::find(&release.body),
        plan: Some((plan.clone(), answer::ExpectedFrom::Plan)),
        release: ReleaseView {
            tag: tagged.then(|| plan.wanted.commit.clone()),
            releases: vec![release],
            ..ReleaseView::default()
        },
        ..StatusSeen::default()
    }
}

fn answer_of(plan: &ReleasePlan, seen: &StatusSeen) -> StatusAnswer {
    decide::answer(&options(plan), &judges().legs, seen, "a summary")
}

fn missing_of(plan: &ReleasePlan, seen: &StatusSeen) -> Vec<String> {
    let missing = answer_of(plan, seen).missing;
    missing.iter().map(missing::MissingEntry::line).collect()
}

/// The plan without images.
fn plan_of_assets() -> ReleasePlan {
    example().with(|wanted| wanted.binary_image = None)
}

#[test]
fn tag_is_missing_unless_publishing_creates_it() {
    let plan = plan_of_assets();
    let assets = vec![
        asset(1, "template.yaml", b"t"),
        asset(2, "rendered.yaml", b"r"),
    ];
    let with_assets = |plan: &ReleasePlan| SeenRelease {
        assets: assets.clone(),
        ..our_draft(plan)
    };
    let late = plan.with(|wanted| wanted.tag_when = TagWhen::Publish);
    let publication = "publication: nothing else is known to be missing";
    for (plan, tagged, missing) in [
        (&plan, false, "tag: it does not exist"),
        (&plan, true, publication),
        (&late, false, publication),
    ] {
        let seen = seen(plan, with_assets(plan), tagged);
        assert_eq!(missing_of(plan, &seen), [missing]);
    }
}

#[test]
fn each_state_of_an_artifact_says_who_brings_it() {
    let plan = example();
    let mut unfinished = asset(2, "rendered.yaml", b"r");
    unfinished.state = crate::protocol::AssetState::Unfinished;
    let release = SeenRelease {
        assets: vec![asset(1, "template.yaml", b"t"), unfinished],
        ..our_draft(&plan)
    };
    let mut seen = seen(&plan, release, true);
    let image = plan.images().next().unwrap().0;
    let (digest, why) = (Digest::of(b"i"), "a layer is missing".to_owned());
    let incomplete = ImageState::Incomplete { digest, why };
    seen.release.images = [(image.clone(), incomplete)].into();
    let of_builders = |state| {
        let mut options = options(&plan);
        options.builders = vec!["build-*".parse().unwrap(), "other".parse().unwrap()];
        let mut seen = StatusSeen {
            release: seen.release.clone(),
            mark: seen.mark.clone(),
            plan: seen.plan.clone(),
            ..StatusSeen::default()
        };
        seen.release.checks = vec![SeenCheck {
            name: "build-image".into(),
            state,
            description: None,
            url: None,
            times: CheckTimes::default(),
        }];
        decide::answer(&options, &judges().legs, &seen, "a summary")
    };
    let answer = of_builders(CheckState::Failure);
    let states: Vec<_> = answer.artifacts.iter().map(|it| it.state).collect();
    let count = |word| states.iter().filter(|it| **it == word).count();
    assert_eq!((count("ready"), count("incomplete")), (1, 2), "{states:?}");
    let from = "builder build-image: failure, builder other: not started";
    assert!(answer.missing.iter().all(|it| it.from == from));
    // What is not known is not absent.
    seen.unread_images = [(image, "no answer".to_owned())].into();
    let answer = answer_of(&plan, &seen);
    let unknown = answer.artifacts.iter().find(|it| it.state == "unknown");
    assert_eq!(unknown.unwrap().why.as_deref(), Some("no answer"));
}

#[test]
fn lines_do_not_change_while_nothing_happens() {
    let plan = example();
    let seen = seen(&plan, our_draft(&plan), true);
    let lines = || text::lines(&answer_of(&plan, &seen));
    let first = lines();
    assert_eq!(first, lines());
    let text: Vec<_> = first.iter().map(|line| line.text.as_str()).collect();
    assert!(text.contains(&"  absent     template.yaml"), "{text:#?}");
    assert!(text.contains(&"    from its builder; builder-checks would show how far it is"));
}

#[test]
fn watch_goes_on_while_a_published_release_is_not_visible_everywhere() {
    let plan = example();
    let mut status = Status::new(options(&plan), judges());
    let of_state = |state, as_published: Option<bool>| {
        let tag = plan.wanted.tag.to_string();
        let mut answer = StatusAnswer::of_state(state, "s".into(), "r".into(), tag);
        answer.verified = as_published.map(|as_published| VerifiedEntry {
            as_published,
            summary: String::new(),
            findings: vec![],
        });
        answer
    };
    let at = |seconds| Moment::at(Duration::from_secs(seconds));
    let mut is_over =
        |state, verified, seconds| status.is_over(&of_state(state, verified), at(seconds));
    assert!(!is_over(ReleaseState::Absent, None, 0));
    assert!(!is_over(ReleaseState::Draft, None, 10));
    assert!(!is_over(ReleaseState::Published, Some(false), 100));
    assert!(!is_over(ReleaseState::Published, Some(false), 114));
    assert!(is_over(ReleaseState::Published, Some(false), 115));
    assert!(is_over(ReleaseState::Published, Some(true), 100));
    assert!(
        is_over(ReleaseState::Published, None, 100),
        "it cannot be verified"
    );
    assert!(is_over(ReleaseState::ForeignPublished, Some(false), 100));
}

#[test]
fn release_that_is_not_as_published_says_what_differs() {
    let plan = example();
    let mut seen = seen(&plan, published(our_draft(&plan)), true);
    let differs = Diagnostic::error(Code::EvidenceDiffers, "the tag is absent", "find out who");
    seen.verified = Some(SeenVerified {
        summary: None,
        artifacts: crate::plan::Artifacts::default(),
        findings: vec![differs.clone(), differs],
    });
    let answer = answer_of(&plan, &seen);
    let verified = answer.verified.as_ref().unwrap();
    assert_eq!(verified.summary, "2 things are not as they were published");
    assert_eq!(answer.missing, []);
    let lines = text::lines(&answer);
    let shown = lines
        .iter()
        .any(|line| line.text == "  [evidence-differs] the tag is absent");
    assert!(shown, "{lines:#?}");
}
