//! Every reason not to plan, and the values of a plan.

use super::attached_notes::AttachedNotes;
use super::decide::{decide, no_room_for_logs};
use super::state::PlanState;
use super::*;
use crate::domain::{Code, CommitSha, Diagnostic, PrereleaseRule, Severity, TagFormat};
use crate::plan::tests::{example, example_wanted};
use crate::plan::{EVIDENCE, LOGS, NotesSource, OnExisting, REPORT};
use crate::protocol::SeenRepository;
use crate::release::examples::{foreign_draft, other, our_draft, published};
use crate::release::policy::SeenForRules;
use crate::release::rights::SeenRights;
use crate::release::since_previous::SincePrevious;
use crate::release::view::ReleaseView;

fn seen() -> PlanState {
    PlanState {
        repository: SeenRepository {
            slug: example_wanted().repository,
            default_branch: "main".into(),
            private: false,
            may_push: Some(true),
        },
        has_commit: true,
        release: ReleaseView::default(),
        tag_is_lightweight: false,
        respelled: None,
        previous: None,
        higher_is_released: false,
        guard: None,
        since_previous: Some(SincePrevious::default()),
        for_rules: Some(SeenForRules::default()),
        rights: SeenRights::default(),
        attached: AttachedNotes::default(),
    }
}

fn options() -> PlanOptions {
    PlanOptions {
        wanted: example_wanted(),
        previous_tag: None,
        guard_branch: None,
        changes: ChangeOptions::default(),
        policy: VersionRules::default(),
        rights: RightsOptions::default(),
    }
}

fn plan(options: &PlanOptions, seen: &PlanState) -> ReleasePlan {
    match decide(options, seen) {
        Step::Done(report) => ReleasePlan::from_json(&report.outputs[0].value, None).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn previous_tag_and_latest_follow_from_the_other_releases() {
    let seen = PlanState {
        previous: Some("v1.1.10".parse().unwrap()),
        higher_is_released: true,
        ..seen()
    };
    let Step::Done(report) = decide(&options(), &seen) else {
        panic!("refused")
    };
    let output = |name: &str| {
        let found = report.outputs.iter().find(|output| output.name == name);
        found.unwrap().value.as_str()
    };
    assert_eq!(output("previous-tag"), "v1.1.10");
    assert_eq!(output("make-latest"), "false");
    let plan = plan(&options(), &seen);
    assert_eq!(plan.previous_tag.unwrap().as_str(), "v1.1.10");
}

/// The plan of this version and format, where this is the release before and this exists in the other spelling.
fn spelled(
    typed: &str,
    format: Option<&str>,
    previous: Option<&str>,
    respelled: Option<(&str, ReleaseView)>,
) -> Step {
    let format = format.map(|format| format.parse().unwrap());
    let (tag, version, tag_format) = TagFormat::read(typed, format.as_ref()).unwrap();
    let wanted = Wanted {
        version,
        tag,
        tag_format,
        ..example_wanted()
    };
    let options = PlanOptions {
        wanted,
        ..options()
    };
    let seen = PlanState {
        respelled: respelled.map(|(tag, view)| (tag.parse().unwrap(), view)),
        previous: previous.map(|tag| tag.parse().unwrap()),
        ..seen()
    };
    decide(&options, &seen)
}

#[test]
fn other_spelling_than_the_release_before_is_a_warning() {
    let warned = |typed, format, previous| {
        let Step::Done(report) = spelled(typed, format, Some(previous), None) else {
            panic!("refused")
        };
        let told = |warning: &Diagnostic| {
            assert_eq!(warning.severity, Severity::Warning);
            format!("{}: {} / {}", warning.code, warning.seen, warning.help)
        };
        report.warnings.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!(warned("1.2.0", None, "1.1.0"), [""; 0]);
    assert_eq!(warned("v1.2.0", None, "v1.1.0"), [""; 0]);
    assert_eq!(
        warned("1.2.0", Some("api/v{version}"), "api/v1.1.0"),
        [""; 0]
    );
    assert_eq!(warned("1.2.0", Some("api/v{version}"), "v1.1.0"), [""; 0]);
    assert_eq!(
        warned("1.2.0", None, "v1.1.0"),
        [
            "spelling-differs: 1.2.0 is without `v`, and v1.1.0, the release before, is with `v` / \
             if that is a slip, type v1.2.0 (with a `tag-format`: v{version})"
        ]
    );
    assert_eq!(
        warned("v1.2.0", Some("api/{version}"), "api/v1.1.0"),
        [
            "spelling-differs: api/1.2.0 is without `v`, and api/v1.1.0, the release before, is with `v` / \
             if that is a slip, set `tag-format: api/v{version}`"
        ]
    );
}

#[test]
fn version_that_exists_in_the_other_spelling_is_refused() {
    let view = |tag: Option<CommitSha>, releases| ReleaseView {
        tag,
        releases,
        ..ReleaseView::default()
    };
    let here = || Some(example_wanted().commit);
    let told =
        |typed, other: &'static str, view| match spelled(typed, None, None, Some((other, view))) {
            Step::Done(_) => "planned".to_owned(),
            Step::Blocked(findings) => {
                let [one] = findings.as_slice() else {
                    panic!("{findings:?}")
                };
                format!("{}: {} / {}", one.code, one.seen, one.help)
            }
            other => panic!("{other:?}"),
        };
    let url = "https://github.example/r/releases/tag/untagged-1";
    assert_eq!(
        told(
            "1.2.0",
            "v1.2.0",
            view(here(), vec![published(our_draft(&example()))])
        ),
        format!(
            "version-exists: 1.2.0 exists as v1.2.0, which has a published release ({url}) / to continue that one, \
             type v1.2.0 (with a `tag-format`: v{{version}}); otherwise release another version, such as 1.2.1"
        )
    );
    assert_eq!(
        told(
            "v1.2.0",
            "1.2.0",
            view(here(), vec![foreign_draft(&example())])
        ),
        format!(
            "version-exists: 1.2.0 exists as 1.2.0, which has a draft release ({url}) / to continue that one, \
             type 1.2.0 (with a `tag-format`: {{version}}); otherwise release another version, such as v1.2.1"
        )
    );
    assert_eq!(
        told("1.2.0", "v1.2.0", view(Some(other()), vec![])),
        "version-exists: 1.2.0 exists as v1.2.0, which has a tag at 0000000 / delete that tag if it is a mistake \
         (git push origin :refs/tags/v1.2.0), or release another version, such as 1.2.1"
    );
    assert_eq!(told("1.2.0", "v1.2.0", view(here(), vec![])), "planned");
}

#[test]
fn all_reasons_are_listed_together() {
    let wanted = Wanted {
        on_existing: OnExisting::Fail,
        notes: NotesSource::Text("x".repeat(NotesSource::MAX_CHARS + 1)),
        ..example_wanted()
    };
    let options = PlanOptions {
        wanted,
        guard_branch: Some("release-1.2".into()),
        ..options()
    };
    let mut seen = PlanState {
        has_commit: false,
        since_previous: None,
        release: ReleaseView {
            releases: vec![foreign_draft(&example())],
            ..ReleaseView::default()
        },
        guard: Some(("release-1.2".into(), None)),
        ..seen()
    };
    seen.repository.may_push = Some(false);
    let Step::Blocked(findings) = decide(&options, &seen) else {
        panic!("not refused")
    };
    let codes: Vec<_> = findings.iter().map(|f| f.code).collect();
    let all = [
        Code::CommitMissing,
        Code::TokenReadOnly,
        Code::BranchMissing,
        Code::NotesTooLong,
        Code::ReleaseExists,
    ];
    assert_eq!(codes, all);
}

#[test]
fn evidence_is_the_thousandth_asset() {
    let with = |names: Vec<String>| {
        let assets = names.iter().map(|name| name.parse().unwrap()).collect();
        let wanted = Wanted {
            assets,
            ..example_wanted()
        };
        let options = PlanOptions {
            wanted,
            ..options()
        };
        match decide(&options, &seen()) {
            Step::Done(_) => vec![],
            Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
            other => panic!("{other:?}"),
        }
    };
    let many = |count| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>();
    assert_eq!(with(many(999)), []);
    assert_eq!(with(many(1_000)), [Code::AssetsTooMany]);
    let warned = |count| {
        let named = many(count).into_iter().map(|name| name.parse().unwrap());
        let assets = named.collect();
        no_room_for_logs(&Wanted {
            assets,
            ..example_wanted()
        })
    };
    assert!(warned(998).is_none());
    assert_eq!(warned(999).unwrap().code, Code::AssetsTooMany);
    for reserved in [EVIDENCE, LOGS, REPORT, "btp-release-new.template.yaml"] {
        assert_eq!(with(vec![reserved.into()]), [Code::AssetNameReserved]);
    }
}

#[test]
fn guard_records_the_head_of_the_branch() {
    let options = PlanOptions {
        guard_branch: Some("main".into()),
        ..options()
    };
    let seen = PlanState {
        guard: Some(("main".into(), Some(other()))),
        ..seen()
    };
    assert_eq!(plan(&options, &seen).guard.unwrap().head, other());
}

#[test]
fn published_release_is_not_judged_by_the_rules() {
    let policy = VersionRules {
        prereleases: PrereleaseRule::Refused,
        ..VersionRules::default()
    };
    let mut options = PlanOptions {
        policy,
        ..options()
    };
    options.wanted.version = "1.2.0-rc.1".parse().unwrap();
    let codes = |options: &PlanOptions, for_rules| {
        let seen = PlanState {
            for_rules,
            ..seen()
        };
        match decide(options, &seen) {
            Step::Done(report) => report.warnings.iter().map(|found| found.code).collect(),
            Step::Blocked(findings) => findings.iter().map(|found| found.code).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    let refused = [Code::PrereleaseRefused];
    assert_eq!(codes(&options, Some(SeenForRules::default())), refused);
    assert_eq!(codes(&options, None), []);
    options.wanted.force = Some("agreed".into());
    assert_eq!(codes(&options, Some(SeenForRules::default())), refused);
    assert_eq!(codes(&options, None), []);
}

#[test]
fn lightweight_tag_in_place_of_an_annotated_one_is_a_warning() {
    let wanted = Wanted {
        tag_message: Some("v1.2.0".into()),
        ..example_wanted()
    };
    let options = PlanOptions {
        wanted,
        ..options()
    };
    let warned = |tag_is_lightweight| {
        let release = ReleaseView {
            tag: Some(example_wanted().commit),
            ..ReleaseView::default()
        };
        let seen = PlanState {
            release,
            tag_is_lightweight,
            ..seen()
        };
        let Step::Done(report) = decide(&options, &seen) else {
            panic!("refused")
        };
        let told = report.warnings.iter();
        told.map(|it| format!("{}: {} / {}", it.code, it.seen, it.help))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        warned(true),
        [
            "tag-lightweight: v1.2.0 exists as a lightweight tag, and `tag-type` is annotated / if it has to be annotated, delete \
             the tag and run again: btp-release discard v1.2.0, or git push origin :refs/tags/v1.2.0"
        ]
    );
    assert_eq!(warned(false), [""; 0]);
}

#[test]
fn asset_with_the_name_of_an_image_is_refused() {
    let codes = |asset: &str, wanted: Wanted| {
        let wanted = Wanted {
            assets: [asset.parse().unwrap()].into(),
            ..wanted
        };
        let options = PlanOptions {
            wanted,
            ..options()
        };
        match decide(&options, &seen()) {
            Step::Blocked(findings) => findings.iter().map(|found| found.code).collect(),
            _ => vec![],
        }
    };
    let with_image = Wanted {
        binary_image: Some("r.example/a/manager:1.2.0".parse().unwrap()),
        module: None,
        ..example_wanted()
    };
    let without = Wanted {
        binary_image: None,
        ..with_image.clone()
    };
    let reserved = [Code::AssetNameReserved];
    assert_eq!(codes("binary-image", with_image.clone()), reserved);
    assert_eq!(codes("binary-image.yaml", with_image), []);
    assert_eq!(codes("binary-image", without), []);
}
