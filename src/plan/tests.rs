//! Tests of the plan, and example plans for the tables of the phases.

use std::collections::BTreeSet;

use super::*;
use crate::domain::{Code, TagFormat};

/// A plan as the rehearsal's, for the tables of the phases.
pub(crate) fn example() -> ReleasePlan {
    ReleasePlan::complete(example_wanted(), Some("v1.1.0".parse().unwrap()), None)
}

impl ReleasePlan {
    /// The same plan with something else wanted.
    pub(crate) fn with(&self, change: impl FnOnce(&mut Wanted)) -> Self {
        let mut wanted = self.wanted.clone();
        change(&mut wanted);
        Self::complete(wanted, self.previous_tag.clone(), self.guard.clone())
    }
}

pub(crate) fn example_wanted() -> Wanted {
    let (tag, version, tag_format) = TagFormat::read("v1.2.0", None).unwrap();
    Wanted {
        repository: "kyma-project/btp-manager".parse().unwrap(),
        version,
        tag,
        tag_format,
        commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
        run: "17".into(),
        prerelease: false,
        make_latest: None,
        on_existing: OnExisting::Resume,
        replace_published: None,
        notes: NotesSource::Generated,
        assets: ["template.yaml", "rendered.yaml"]
            .map(|a| a.parse().unwrap())
            .into(),
        binary_image: Some("r.example/prod/btp-manager:v1.2.0".parse().unwrap()),
        module: None,
        extra_images: BTreeSet::new(),
        tag_when: TagWhen::Draft,
        force: None,
        tag_message: None,
        version_from: VersionFrom::Input,
        signing: None,
        require_attestations: vec![],
        referrers: None,
        full_notes: None,
    }
}

#[test]
fn plan_round_trips_through_json() {
    let plan = example();
    let again = ReleasePlan::from_json(
        &plan.to_json(),
        Some(&"Kyma-Project/BTP-manager".parse().unwrap()),
    )
    .unwrap();
    assert_eq!(again, plan);
    assert_eq!(again.digest(), plan.digest());
}

#[test]
fn invalid_or_foreign_plan_is_refused() {
    let json = example().to_json();
    let code = |text: &str, repository: &str| {
        ReleasePlan::from_json(text, Some(&repository.parse().unwrap()))
            .unwrap_err()
            .code
    };
    let here = "kyma-project/btp-manager";
    assert_eq!(
        code(&json, "kyma-project/keda-manager"),
        Code::PlanRepository
    );
    assert_eq!(code("", here), Code::PlanUnreadable);
    assert_eq!(code("{}", here), Code::PlanSchema);
    assert_eq!(
        code(&json.replace("plan/1", "plan/2"), here),
        Code::PlanSchema
    );
    assert_eq!(
        code(&json.replace("\"run\"", "\"ran\""), here),
        Code::PlanUnreadable
    );
    assert_eq!(
        code(&json.replace("\"run\"", "\"tag\":\"v1.2.0\",\"run\""), here),
        Code::PlanUnreadable,
        "a field twice"
    );
    assert_eq!(
        code(&json.replace("4e4b9d4", "xxxxxxx"), here),
        Code::PlanUnreadable
    );
}

#[test]
fn the_latest_is_the_highest_unless_the_plan_says_otherwise() {
    let plan = example();
    assert!(plan.becomes_latest(false));
    assert!(!plan.becomes_latest(true), "a patch of an old line");
    for wish in [true, false] {
        let asked = plan.with(|wanted| wanted.make_latest = Some(wish));
        for higher in [true, false] {
            assert_eq!(asked.becomes_latest(higher), wish);
        }
    }
    let candidate = plan.with(|wanted| {
        wanted.prerelease = true;
        wanted.make_latest = Some(true);
    });
    assert!(!candidate.becomes_latest(false));
}

#[test]
fn any_change_gives_another_digest() {
    let plan = example();
    let other = plan.with(|wanted| wanted.make_latest = Some(false));
    assert_ne!(plan.digest(), other.digest());
}

#[test]
fn early_tag_is_not_named_in_plans_and_marks_and_a_late_one_is() {
    let early = example();
    let late = early.with(|wanted| wanted.tag_when = TagWhen::Publish);
    for text in [early.to_json(), early.mark(false).put("")] {
        assert!(!text.contains("tag_when"), "{text}");
    }
    let again = ReleasePlan::from_json(&late.to_json(), None).unwrap();
    assert_eq!(again.wanted.tag_when, TagWhen::Publish);
    let body = late.mark(false).put("");
    assert!(body.contains("\"tag_when\":\"publish\""), "{body}");
    let mark = Mark::find(&body).unwrap();
    assert_eq!(mark.tag_when, TagWhen::Publish);
    let back = early.renewed_mark(&mark).put(&body);
    assert!(!back.contains("tag_when"), "{back}");
}

#[test]
fn the_digest_is_of_the_text_without_spaces() {
    let plan = example();
    let json = plan.to_json();
    let spaced: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_ne!(
        spaced.to_string(),
        json,
        "in another order it is another text"
    );
    let other = ReleasePlan::from_json(&spaced.to_string(), None).unwrap();
    assert_eq!((&other.wanted, &other.guard), (&plan.wanted, &plan.guard));
    assert_ne!(other.digest(), plan.digest());
    let lines = json.replace(",\"", " ,\n\t\"");
    assert_eq!(ReleasePlan::from_json(&lines, None).unwrap(), plan);
}

#[test]
fn fields_of_a_newer_version_are_kept() {
    let json = example().to_json();
    let newer = json.replace("\"run\"", "\"a\":{\"b\":[1.50,\"\\u002d\"]},\"run\"");
    let plan = ReleasePlan::from_json(&newer, None).unwrap();
    assert_eq!(plan.to_json(), newer);
    assert_eq!(serde_json::to_string(&plan).unwrap(), newer);
    assert_eq!(plan.digest(), crate::domain::Digest::of(newer.as_bytes()));
    assert_eq!(plan.wanted, example().wanted);
    assert_ne!(plan, example());
}

#[test]
fn continued_draft_keeps_the_other_fields_of_its_mark() {
    let plan = example();
    let body = plan.mark(true).put("");
    let newer = body.replace("\"run\"", "\"a\":1,\"run\"");
    let mark = Mark::find(&newer).unwrap();
    let later = plan.with(|wanted| wanted.run = "18".into());
    let renewed = later.renewed_mark(&mark);
    assert_eq!((renewed.plan, &*renewed.run), (later.digest(), "18"));
    assert!(renewed.tag_was_there);
    assert!(renewed.put(&newer).contains("\"a\":1"));
}

#[test]
fn kind_of_the_tag_and_source_of_the_version_are_named_unless_they_are_usual() {
    let usual = example();
    for field in ["tag_message", "version_from"] {
        assert!(!usual.to_json().contains(field), "{field}");
    }
    let other = usual.with(|wanted| {
        wanted.tag_message = Some("v1.2.0".into());
        wanted.version_from = VersionFrom::NextRc;
    });
    assert!(other.to_json().contains("\"version_from\":\"next-rc\""));
    let again = ReleasePlan::from_json(&other.to_json(), None).unwrap();
    assert_eq!(again, other);
}
