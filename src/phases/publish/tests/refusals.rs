//! What the gate says of jobs and legs that were not run, failed or tested something else: each cause once.

use super::*;

fn jobs(json: &str) -> JobResults {
    JobResults::from_json(json).unwrap()
}

/// Codes and texts of all findings.
fn told(tested: &PublishInputs, seen: &PublishState) -> Vec<String> {
    match decide(&plan(), tested, seen) {
        Step::Blocked(findings) => findings
            .iter()
            .map(|one| match &one.wanted {
                Some(wanted) => format!("{}: {} ({wanted})", one.code, one.seen),
                None => format!("{}: {}", one.code, one.seen),
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn leg(leg: &str, state: CheckState, run: &str, artifacts: Digest) -> SeenCheck {
    let run = run.to_owned();
    let description = Verdict { run, artifacts }.to_string();
    check(&Verdict::context(leg), state, Some(description))
}

#[test]
fn missing_legs_are_named_in_one_finding() {
    let with = |legs: Legs| PublishInputs { legs, ..tested() };
    let named = |names: &[&str]| {
        with(Legs::Named(
            names.iter().map(|&name| name.to_owned()).collect(),
        ))
    };
    let of = |tested: &PublishInputs| tested.artifacts.digest();
    let three = ["k3s-1.31", "k3s-1.32", "k3s-1.33"];
    assert_eq!(
        told(&named(&three), &seen()),
        ["verdict-missing: the legs k3s-1.32, k3s-1.33 of the tests recorded no verdict"]
    );
    assert_eq!(
        told(&named(&three[..2]), &seen()),
        ["verdict-missing: the leg k3s-1.32 of the tests recorded no verdict"]
    );
    assert_eq!(
        told(&named(&["no-leg-said-anything", "k3s-1.32"]), &seen()),
        [
            "verdict-missing: a job of the tests named no leg, so that none of its legs recorded a verdict",
            "verdict-missing: the leg k3s-1.32 of the tests recorded no verdict"
        ]
    );
    let mut others = seen();
    let (own, other) = (of(&tested()), Digest::of(b"others"));
    others.release.checks.extend([
        leg("k3s-1.32", CheckState::Success, "17", other),
        leg("k3s-1.33", CheckState::Success, "16", own),
    ]);
    let other = other.short();
    let wanted = format!("{} all together, in run 17", own.short());
    assert_eq!(
        told(&named(&three), &others),
        [
            format!(
                "verdict-of-other-bytes: the leg k3s-1.32 of the tests tested other artifacts, {other} all together ({wanted})"
            ),
            format!(
                "verdict-of-other-bytes: the leg k3s-1.33 of the tests tested these artifacts in run 16 ({wanted})"
            ),
        ]
    );
    assert_eq!(
        told(&with(Legs::Count(3)), &others),
        [format!(
            "verdict-missing: only these legs of the tests recorded a verdict for these artifacts: k3s-1.31; \
             k3s-1.32 tested other artifacts, {other} all together; k3s-1.33 tested these artifacts in run 16 (3 legs)"
        )]
    );
    let mut none = seen();
    none.release
        .checks
        .retain(|check| Verdict::leg(&check.name).is_none());
    assert_eq!(
        told(&with(Legs::Count(2)), &none),
        ["verdict-missing: no leg of the tests recorded a verdict for these artifacts (2 legs)"]
    );
}

#[test]
fn what_follows_from_a_job_is_not_told_again() {
    let without_tests = || {
        let mut seen = seen();
        seen.release
            .checks
            .retain(|check| Verdict::leg(&check.name).is_none());
        seen
    };
    let not_run = |needs: &str| PublishInputs {
        jobs: Some(jobs(needs)),
        artifacts: crate::plan::Artifacts::default(),
        ..tested()
    };
    let skipped = not_run(
        r#"{"start":{"result":"success"},"build-module":{"result":"failure"},"e2e-tests":{"result":"skipped"}}"#,
    );
    // Three artifacts that were not awaited, and a leg.
    assert_eq!(
        told(&skipped, &without_tests()),
        [
            "job-not-successful: the job build-module failed; skipped after that: e2e-tests; \
             4 more findings follow from that, and are not listed"
        ]
    );
    let mut elsewhere = without_tests();
    elsewhere.release.tag = Some(other());
    let [cause, tag] = told(&skipped, &elsewhere).try_into().unwrap();
    assert!(cause.starts_with("job-not-successful: "), "{cause}");
    assert!(tag.starts_with("tag-elsewhere: "), "{tag}");
    // The artifacts were awaited, and changed afterwards.
    let failed = PublishInputs {
        jobs: Some(jobs(r#"{"unit-tests":{"result":"failure"}}"#)),
        ..tested()
    };
    let mut changed = seen();
    changed.release.releases[0].assets[0].digest = Some(Digest::of(b"x"));
    let [cause, asset] = told(&failed, &changed).try_into().unwrap();
    assert_eq!(cause, "job-not-successful: the job unit-tests failed");
    assert!(asset.starts_with("asset-differs: "), "{asset}");
    // Without a job to blame, everything is told.
    let well = not_run(r#"{"start":{"result":"success"}}"#);
    assert_eq!(told(&well, &without_tests()).len(), 4);
}
