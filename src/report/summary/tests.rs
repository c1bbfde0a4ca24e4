//! Whole summaries, as golden texts, and what they must never become.

use std::collections::BTreeMap;

use super::*;
use crate::domain::{Code, Digest, ModuleForm};
use crate::plan::tests::{example, example_wanted};
use crate::plan::{Artifact, Artifacts, ModulePlan, NotesSource, ReleasePlan, Wanted};
use crate::protocol::{
    CheckRole, CheckState, CheckTimes, KnownCheck, NewTag, ReleaseId, SeenAsset, SeenRelease,
};

/// 2026-11-26T12:00:00Z.
const NOON: u64 = 1_795_694_400;
const MAX_BYTES: usize = 1024 * 1024;

/// Names and texts that would be markup, commands or invisible, were they not escaped.
const HOSTILE: [&str; 8] = [
    "a|b|c",
    "`code`",
    "</details></summary></table>",
    "<!-- comment",
    "first line\nsecond line",
    "\u{202e}txt.exe\u{2066}",
    "<img src=x onerror=alert(1)>",
    "[link](javascript:alert(1)) **bold** ## title",
];

fn published(draft: bool) -> SeenRelease {
    let page = "https://github.com/kyma-project/btp-manager/releases";
    SeenRelease {
        id: ReleaseId(7),
        tag: "v1.2.0".into(),
        name: "v1.2.0".into(),
        body: String::new(),
        target: String::new(),
        draft,
        prerelease: false,
        immutable: !draft,
        url: format!("{page}/tag/v1.2.0"),
        created_at: String::new(),
        assets: vec![SeenAsset {
            id: crate::protocol::AssetId(1),
            name: "template.yaml".into(),
            state: crate::protocol::AssetState::Uploaded,
            size: 1_620,
            digest: None,
            download_url: format!("{page}/download/v1.2.0/template.yaml"),
        }],
    }
}

fn asset(name: &str, size: u64, waited: u64) -> Artifact {
    Artifact::Asset {
        digest: Digest::of(name.as_bytes()),
        size,
        waited,
        ready_at: Some(NOON + waited),
    }
}

fn image(tagged: &str, waited: u64) -> Artifact {
    let tagged: crate::domain::ImageRef = tagged.parse().unwrap();
    let digest = Digest::of(tagged.to_string().as_bytes());
    Artifact::Image {
        digest,
        image: tagged.repository().pinned(digest),
        tagged,
        platforms: vec!["linux/amd64".into()],
        size: 48 << 20,
        waited,
        ready_at: Some(NOON + waited),
        expected: false,
    }
}

fn artifacts() -> Artifacts {
    let all: BTreeMap<String, Artifact> = [
        ("template.yaml".to_owned(), asset("template.yaml", 1_620, 410)),
        ("rendered.yaml".to_owned(), asset("rendered.yaml", 91_000, 402)),
        (
            "binary-image".to_owned(),
            image("europe-docker.pkg.dev/kyma-project/prod/btp-manager:v1.2.0", 254),
        ),
        (
            "module-image".to_owned(),
            image(
                "ghcr.io/kyma-project/component-descriptors/kyma.project.io/module/btp-operator:1.2.0",
                391,
            ),
        ),
    ]
    .into();
    all.into()
}

fn check(role: CheckRole, name: &str, state: CheckState, times: (u64, u64)) -> KnownCheck {
    let (began, ended) = times;
    KnownCheck {
        role,
        name: name.into(),
        state,
        url: Some("https://github.com/kyma-project/btp-manager/actions/runs/17".into()),
        times: CheckTimes {
            began: (role != CheckRole::Leg).then_some(NOON + began),
            ended: Some(NOON + ended),
        },
    }
}

fn facts(state: CheckState) -> ReleaseFacts {
    let jobs = [
        ("plan", "success"),
        (
            "unit-tests",
            if state == CheckState::Success {
                "success"
            } else {
                "failure"
            },
        ),
        ("build-image", "skipped"),
    ];
    let jobs = jobs.map(|(name, result)| (name.to_owned(), result.to_owned()));
    let checks = vec![
        check(
            CheckRole::Builder,
            "post-btp-manager-build",
            CheckState::Success,
            (5, 250),
        ),
        check(CheckRole::Leg, "k3s-1.33", state, (0, 1_270)),
        check(CheckRole::Leg, "k3s-1.34", CheckState::Success, (0, 1_100)),
        check(CheckRole::Required, "lint", CheckState::Success, (0, 95)),
    ];
    ReleaseFacts {
        latest: Some(true),
        jobs: jobs.into(),
        checks,
        began: Some(NOON + 1_320),
        ..ReleaseFacts::of_plan(&plan()).with_artifacts(&artifacts())
    }
}

fn wanted() -> Wanted {
    let image =
        "ghcr.io/kyma-project/component-descriptors/kyma.project.io/module/btp-operator:1.2.0";
    Wanted {
        module: Some(ModulePlan {
            name: "kyma-project.io/module/btp-operator".parse().unwrap(),
            image: image.parse().unwrap(),
            form: ModuleForm::Modulectl3,
            second_image: None,
        }),
        ..example_wanted()
    }
}

fn plan() -> ReleasePlan {
    let guard = crate::plan::BranchGuard {
        branch: "main".into(),
        head: example_wanted().commit,
    };
    let previous = Some("v1.1.0".parse().unwrap());
    ReleasePlan::complete(wanted(), previous, Some(guard))
}

fn of(phase: PhaseId, report: PhaseReport) -> String {
    let outcome = Outcome::Done {
        report,
        actions: vec![],
    };
    summary(phase, &ReleaseFacts::default(), &Ok(outcome))
}

#[test]
fn plan_shows_all_that_was_decided() {
    let notes = "## New\n\n```sh\nls\n```\n</details>\n".to_owned();
    let wanted = Wanted {
        notes: NotesSource::Text(notes),
        ..wanted()
    };
    let plan = ReleasePlan::complete(wanted, plan().previous_tag, plan().guard);
    let facts = ReleaseFacts {
        latest: Some(false),
        ..ReleaseFacts::of_plan(&plan)
    };
    let report = PhaseReport::new("v1.2.0 is to be released at 4e4b9d4").knowing(facts);
    insta::assert_snapshot!("planned", of(PhaseId::Plan, report));
}

#[test]
fn previous_release_of_a_refused_plan_is_not_known() {
    let plan = ReleasePlan::complete(wanted(), None, None);
    let of = |latest| {
        let facts = ReleaseFacts {
            latest,
            ..ReleaseFacts::of_plan(&plan)
        };
        of(PhaseId::Plan, PhaseReport::new("x").knowing(facts))
    };
    assert!(!of(None).contains("previous release"));
    assert!(of(Some(true)).contains("| previous release | **none: it is the first** |"));
}

#[test]
fn notes_from_github_are_named_with_their_changes() {
    let report = PhaseReport::new("x").knowing(ReleaseFacts::of_plan(&plan()));
    let text = of(PhaseId::Plan, report);
    assert!(
        text.contains("GitHub generates the release notes from [the changes since `v1.1.0`](<https://github.com/"),
        "{text}"
    );
    assert!(text.contains("/compare/v1.1.0..."), "{text}");
}

#[test]
fn published_release_shows_what_was_checked_and_when() {
    let facts = facts(CheckState::Success).with_release(&published(false));
    let mut report = PhaseReport::new("v1.2.0 is published at 4e4b9d4").knowing(facts);
    report.warnings = vec![Diagnostic::warning(
        Code::LockRefused,
        "the rules of the repository refuse locks",
        "allow refs/release-locks/* in the rules",
    )];
    insta::assert_snapshot!("published", of(PhaseId::Publish, report));
}

#[test]
fn draft_that_a_person_publishes_is_told_apart_from_a_published_release() {
    let facts = facts(CheckState::Success).with_release(&published(true));
    let text = of(PhaseId::Publish, PhaseReport::new("ready").knowing(facts));
    assert!(
        text.starts_with("## ⏳ v1.2.0 is ready, and waits for somebody to publish it\n"),
        "{text}"
    );
    assert!(
        text.contains("**[publish it here](<https://github.com/"),
        "{text}"
    );
}

#[test]
fn refusal_shows_first_what_to_do_first() {
    let findings = vec![
        Diagnostic::error(
            Code::JobNotSuccessful,
            "the job unit-tests ended with failure",
            "repair it and run it again; where it may be skipped, add unit-tests to `optional-jobs`",
        ),
        Diagnostic::error(
            Code::AccessDenied,
            "the token may not read statuses",
            "give the job these rights:\npermissions:\n  statuses: read",
        ),
        Diagnostic::error(
            Code::ImageDiffers,
            "binary-image is 1234 now",
            "run it again",
        )
        .wanted("5678, as when it was awaited")
        .at("template.yaml", None),
        Diagnostic::warning(Code::LockRefused, "no locks", "allow them"),
    ];
    let known = facts(CheckState::Failure).with_release(&published(true));
    let failure = Failure::refused("publish", findings);
    let text = summary(PhaseId::Publish, &known, &Err(failure));
    assert!(
        !text.contains("publish it here"),
        "what is refused is not offered"
    );
    insta::assert_snapshot!("refused", text);
}

#[test]
fn wait_without_an_end_shows_what_is_there_and_what_is_missing() {
    let all = artifacts();
    let ready = all
        .0
        .into_iter()
        .filter(|(name, _)| name.ends_with("image"));
    let ready: BTreeMap<_, _> = ready.collect();
    let known = ReleaseFacts::of_plan(&plan()).with_artifacts(&ready.into());
    let stop = crate::engine::Stop::TimedOut {
        on: vec![
            "asset template.yaml: absent".into(),
            "asset rendered.yaml: absent".into(),
        ],
        allowed: std::time::Duration::from_mins(20),
    };
    let failure = Failure::of_phase(PhaseId::Await, stop);
    insta::assert_snapshot!("waiting", summary(PhaseId::Await, &known, &Err(failure)));
}

#[test]
fn wrong_inputs_have_a_summary_as_well() {
    let missing = Diagnostic::error(
        Code::InputMissing,
        "needs is missing",
        "write needs: ${{ toJSON(needs) }}, or `none` if the release needs no tests",
    );
    let place = crate::domain::Place::Input("make-latest".into());
    let wrong = Diagnostic {
        place: Some(place),
        ..Diagnostic::error(
            Code::ChoiceInvalid,
            "\"yes\" is no choice",
            "use auto, true or false",
        )
    };
    insta::assert_snapshot!("usage", usage_summary(&[missing, wrong]));
}

#[test]
fn text_from_outside_is_never_markup() {
    let mut facts = facts(CheckState::Success).with_release(&published(false));
    let mut findings = Vec::new();
    for (nth, text) in HOSTILE.into_iter().enumerate() {
        facts
            .artifacts
            .0
            .insert(text.to_owned(), asset(text, 1, nth as u64));
        facts.jobs.insert(text.to_owned(), text.to_owned());
        facts
            .checks
            .push(check(CheckRole::Leg, text, CheckState::Success, (0, 900)));
        let finding = Diagnostic::error(Code::ImageDiffers, text, text);
        findings.push(finding.wanted(text).at(text, None));
    }
    let failure = Failure::refused("publish", findings);
    let text = summary(PhaseId::Publish, &facts, &Err(failure));
    insta::assert_snapshot!("hostile", text);
    // Only what is in a block of code may look like markup.
    let outside: String = text.split("\n```").step_by(2).collect();
    for markup in [
        "</details></summary>",
        "<!--",
        "<img",
        "\u{202e}",
        "\u{2066}",
        "[link](javascript",
    ] {
        assert!(!outside.contains(markup), "{markup}");
    }
}

#[test]
fn largest_release_has_a_summary_that_github_takes() {
    let name = |n: usize| format!("{}-{n}", "|".repeat(240));
    let mut facts = facts(CheckState::Failure).with_release(&published(false));
    for n in 0..999 {
        facts.artifacts.0.insert(name(n), asset("a", 1, 1));
        facts.jobs.insert(name(n), "failure".into());
        facts
            .checks
            .push(check(CheckRole::Leg, &name(n), CheckState::Failure, (0, 5)));
    }
    let long = "<\n".repeat(100_000);
    let finding = |_| Diagnostic::error(Code::AssetDiffers, &*long, &*long).wanted(&*long);
    let failure = Failure::refused("publish", (0..999).map(finding).collect());
    let text = summary(PhaseId::Publish, &facts, &Err(failure));
    assert!(text.len() <= MAX_BYTES, "{}", text.len());
    assert!(text.starts_with("## ❌ v1.2.0 is published, and not as it was planned\n"));
    assert!(text.contains("… and 968 more, which the log has."));
    let report = PhaseReport::new("done").knowing(facts);
    let text = of(PhaseId::Publish, report);
    assert!(text.len() <= MAX_BYTES, "{}", text.len());
    let digest = Digest::of(b"a").to_string();
    assert_eq!(
        text.matches(&digest).count(),
        999,
        "every digest can be copied"
    );
}

#[test]
fn every_phase_has_a_verdict_in_its_own_words() {
    let facts = facts(CheckState::Success).with_release(&published(false));
    let tag = &"v1.2.0".parse().unwrap();
    for (phase, known, end, title) in [
        (
            PhaseId::Plan,
            facts.clone(),
            "x",
            "✅ v1.2.0 can be released",
        ),
        (
            PhaseId::Draft,
            facts.clone(),
            "v1.2.0 is a draft at 4e4b9d4",
            "✅ v1.2.0 is a draft at 4e4b9d4",
        ),
        (
            PhaseId::Await,
            facts.clone(),
            "x",
            "✅ v1.2.0 is complete: 4 artifacts",
        ),
        (
            PhaseId::RecordTests,
            facts.clone(),
            "x",
            "✅ The tests k3s-1.33 passed",
        ),
        (
            PhaseId::RecordTests,
            self::facts(CheckState::Failure),
            "x",
            "❌ The tests k3s-1.33 failed",
        ),
        (
            PhaseId::RecordTests,
            ReleaseFacts::of_tag(tag),
            "it is published",
            "✅ it is published",
        ),
        (
            PhaseId::Publish,
            facts.clone(),
            "x",
            "✅ v1.2.0 is published",
        ),
        (
            PhaseId::Verify,
            facts.clone(),
            "x",
            "✅ v1.2.0 is as it was published",
        ),
        (
            PhaseId::Status,
            ReleaseFacts::of_tag(tag),
            "v1.2.0 has no release",
            "ℹ️ v1.2.0 has no release",
        ),
        (
            PhaseId::Discard,
            ReleaseFacts::of_tag(tag),
            "x",
            "✅ Nothing of v1.2.0 is left to discard",
        ),
    ] {
        let text = of(phase, PhaseReport::new(end).knowing(known));
        assert_eq!(text.lines().next(), Some(format!("## {title}").as_str()));
        assert_eq!(
            text.matches("\n## ").count(),
            0,
            "one heading of this level: {text}"
        );
    }
}

#[test]
fn every_failure_has_a_verdict() {
    let known = ReleaseFacts::of_plan(&example());
    for phase in PhaseId::ALL {
        for (code, sign) in [
            (Code::DeadlinePassed, "⏳"),
            (Code::ServiceUnavailable, "⏳"),
            (Code::Cancelled, "⏳"),
            (Code::AccessDenied, "❌"),
            (Code::TagElsewhere, "❌"),
        ] {
            let failure = Failure::new("x", vec![Diagnostic::error(code, "a", "b")]);
            let text = summary(phase, &known, &Err(failure));
            let first = text.lines().next().unwrap();
            assert!(first.starts_with(&format!("## {sign} ")), "{first}");
            assert!(first.contains("v1.2.0"), "{first}");
        }
    }
}

#[test]
fn dry_run_lists_what_would_be_done() {
    let tag = "v1.2.0".parse().unwrap();
    let commit = example_wanted().commit;
    let message = None;
    let actions = vec![Action::CreateTag(NewTag {
        tag,
        commit,
        message,
    })];
    let known = ReleaseFacts::of_plan(&plan());
    let text = summary(PhaseId::Draft, &known, &Ok(Outcome::DryRun(actions)));
    assert!(
        text.starts_with("## ⏳ Dry run: draft of v1.2.0 changed nothing\n"),
        "{text}"
    );
    assert!(
        text.contains("### It would\n\n- create the tag v1.2.0 at "),
        "{text}"
    );
    assert!(text.contains("| version | **`1.2.0`** |"), "{text}");
}
