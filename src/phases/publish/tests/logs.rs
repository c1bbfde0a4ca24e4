//! The logs of the run as an asset.

use super::*;
use crate::domain::MAX_ASSETS;

const NEW: &str = "btp-release-new.release-logs.zip";

fn with_logs() -> PublishInputs {
    PublishInputs {
        logs: Some("logs.zip".into()),
        ..tested()
    }
}

fn file(bytes: &[u8]) -> LocalFile {
    LocalFile {
        path: "logs.zip".into(),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
    }
}

/// The file has these bytes, and the draft has these further assets.
fn seen_with(logs: Option<LocalFile>, assets: Vec<SeenAsset>) -> PublishState {
    let mut seen = seen();
    seen.logs = logs;
    seen.release.releases[0].assets.extend(assets);
    seen
}

fn actions(inputs: &PublishInputs, seen: &PublishState) -> Vec<String> {
    match decide(&plan(), inputs, seen) {
        Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn logs_are_uploaded_before_the_evidence_that_names_them() {
    let first = actions(&with_logs(), &seen_with(Some(file(b"l")), vec![]));
    assert_eq!(first.len(), 1);
    assert!(first[0].starts_with("upload release-logs.zip"), "{first:?}");

    let mut uploaded = seen_with(Some(file(b"l")), vec![asset(3, LOGS, b"l")]);
    let Step::Act(then) = decide(&plan(), &with_logs(), &uploaded) else {
        panic!("refused")
    };
    let [Action::WriteFile { bytes, .. }] = then.as_slice() else {
        panic!("{then:?}")
    };
    let statement = Statement::from_bytes(bytes).unwrap();
    let named = statement.subject.iter().find(|s| s.name == LOGS).unwrap();
    assert_eq!(named.digest(), Some(Digest::of(b"l")));
    assert!(statement.assets().contains(LOGS));

    let evidence = LocalFile {
        path: "release-evidence.json".into(),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
    };
    let assets = &mut uploaded.release.releases[0].assets;
    assets.push(asset(9, EVIDENCE, bytes));
    uploaded.written = Some(evidence);
    let Step::Act(last) = decide(&plan(), &with_logs(), &uploaded) else {
        panic!("refused")
    };
    let [Action::Publish(publication)] = last.as_slice() else {
        panic!("{last:?}")
    };
    let row = format!("| `{LOGS}` | `{}` |", Digest::of(b"l"));
    assert!(publication.body.contains(&row), "{}", publication.body);
}

#[test]
fn other_logs_replace_those_of_an_earlier_run_in_a_draft() {
    let replaced = actions(
        &with_logs(),
        &seen_with(Some(file(b"new")), vec![asset(3, LOGS, b"old")]),
    );
    assert!(replaced[0].contains(NEW), "{replaced:?}");
    let arrived = seen_with(
        Some(file(b"new")),
        vec![asset(3, LOGS, b"old"), asset(4, NEW, b"new")],
    );
    assert_eq!(
        actions(&with_logs(), &arrived).len(),
        2,
        "delete and rename"
    );
}

#[test]
fn logs_of_a_published_release_stay_as_they_are() {
    for inputs in [with_logs(), tested()] {
        let mut seen = PublishState {
            latest: Some("v1.2.0".into()),
            ..proven()
        };
        let published = published(seen.release.releases[0].clone());
        seen.release.releases = vec![published];
        let assets = &mut seen.release.releases[0].assets;
        assets.push(asset(3, LOGS, b"of the run that published it"));
        let Step::Done(_) = decide(&plan(), &inputs, &seen) else {
            panic!("not done")
        };
    }
}

#[test]
fn unusable_logs_are_refused() {
    let draft = |logs, assets| codes(&with_logs(), &seen_with(logs, assets));
    assert_eq!(draft(Some(file(b"l")), vec![]), []);
    assert_eq!(draft(None, vec![]), [Code::FileMissing]);
    assert_eq!(draft(Some(file(b"")), vec![]), [Code::FileEmpty]);
    let unasked = vec![asset(3, LOGS, b"l")];
    let unasked = codes(&tested(), &seen_with(None, unasked));
    assert_eq!(unasked, [Code::AssetUnplanned]);
    let full = plan().with(|wanted| {
        let more = (wanted.assets.len() + 1..MAX_ASSETS).map(|n| format!("{n}.yaml"));
        wanted.assets.extend(more.map(|name| name.parse().unwrap()));
    });
    let seen = seen_with(Some(file(b"l")), vec![]);
    let Step::Blocked(findings) = decide(&full, &with_logs(), &seen) else {
        panic!("not refused")
    };
    assert!(findings.iter().any(|f| f.code == Code::AssetsTooMany));
}
