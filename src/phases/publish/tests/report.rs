//! The report as an asset.

use super::*;
use crate::domain::MAX_ASSETS;

const SERVER: &str = "https://github.com";
const NEW: &str = "btp-release-new.release-report.html";

fn with_report() -> PublishInputs {
    PublishInputs {
        report: Some(SERVER.into()),
        ..tested()
    }
}

fn written(path: &str, bytes: &[u8]) -> LocalFile {
    LocalFile {
        path: path.into(),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
    }
}

/// The files that are written first: the report, and the evidence.
fn files(inputs: &PublishInputs, seen: &PublishState) -> (Vec<u8>, Vec<u8>) {
    let Step::Act(actions) = decide(&plan(), inputs, seen) else {
        panic!("refused")
    };
    let [
        Action::WriteFile { to, bytes: report },
        Action::WriteFile {
            to: next,
            bytes: evidence,
        },
    ] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!(
        (to.as_path(), next.as_path()),
        (Path::new(REPORT), Path::new(EVIDENCE))
    );
    (report.to_vec(), evidence.to_vec())
}

/// Both files are written, and the draft has these assets.
fn seen_with(report: &[u8], evidence: &[u8], assets: Vec<SeenAsset>) -> PublishState {
    let mut seen = seen();
    seen.written = Some(written(EVIDENCE, evidence));
    seen.written_report = Some(written(REPORT, report));
    seen.release.releases[0].assets.extend(assets);
    seen
}

fn said(inputs: &PublishInputs, seen: &PublishState) -> Vec<String> {
    match decide(&plan(), inputs, seen) {
        Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn report_is_uploaded_before_the_evidence_that_names_it() {
    let (report, evidence) = files(&with_report(), &seen());
    let statement = Statement::from_bytes(&evidence).unwrap();
    let named = statement.subject.iter().find(|s| s.name == REPORT).unwrap();
    assert_eq!(named.digest(), Some(Digest::of(&report)));
    assert!(statement.assets().contains(REPORT));
    let page = String::from_utf8(report.clone()).unwrap();
    assert!(page.starts_with("<!doctype html>"));
    assert!(!page.contains(REPORT), "it cannot know its own digest");

    let uploads = said(&with_report(), &seen_with(&report, &evidence, vec![]));
    assert_eq!(uploads.len(), 2, "{uploads:?}");
    assert!(
        uploads[0].starts_with("upload release-report.html"),
        "{uploads:?}"
    );
    assert!(
        uploads[1].starts_with("upload release-evidence.json"),
        "{uploads:?}"
    );

    let assets = vec![asset(3, REPORT, &report), asset(9, EVIDENCE, &evidence)];
    let uploaded = seen_with(&report, &evidence, assets);
    let Step::Act(last) = decide(&plan(), &with_report(), &uploaded) else {
        panic!("refused")
    };
    let [Action::Publish(publication)] = last.as_slice() else {
        panic!("{last:?}")
    };
    let row = format!("| `{REPORT}` | `{}` |", Digest::of(&report));
    assert!(publication.body.contains(&row), "{}", publication.body);
}

#[test]
fn another_process_makes_the_same_bytes() {
    let (report, evidence) = files(&with_report(), &seen());
    let left = Statement::from_bytes(&evidence).unwrap();
    // It is answered under other ids, and the waits ended at other times.
    let mut again = seen();
    again.first.answers = vec![SeenAnswer {
        request: "GET /".into(),
        status: 200,
        id: "A:B".into(),
    }];
    again.first.evidence = Some(left);
    let mut inputs = with_report();
    for artifact in inputs.artifacts.0.values_mut() {
        artifact.set_waited(Duration::ZERO, 1_795_694_400);
    }
    again.release.releases[0]
        .assets
        .extend([asset(3, REPORT, &report), asset(9, EVIDENCE, &evidence)]);
    let Step::Act(last) = decide(&plan(), &inputs, &again) else {
        panic!("refused")
    };
    assert!(matches!(last.as_slice(), [Action::Publish(_)]), "{last:?}");
}

#[test]
fn report_of_other_evidence_is_replaced_in_a_draft() {
    let (report, evidence) = files(&with_report(), &seen());
    let assets = vec![asset(3, REPORT, b"old"), asset(9, EVIDENCE, b"old")];
    let uploads = said(&with_report(), &seen_with(&report, &evidence, assets));
    assert!(uploads[0].contains(NEW), "{uploads:?}");
    let assets = vec![
        asset(3, REPORT, b"old"),
        asset(4, NEW, &report),
        asset(9, EVIDENCE, &evidence),
    ];
    let arrived = said(&with_report(), &seen_with(&report, &evidence, assets));
    assert_eq!(arrived.len(), 2, "delete and rename: {arrived:?}");
}

#[test]
fn nothing_is_made_where_no_report_is_wanted() {
    let first = said(&tested(), &seen());
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].contains(EVIDENCE), "{first:?}");
}

#[test]
fn report_of_a_published_release_stays_as_it_is() {
    for inputs in [with_report(), tested()] {
        let mut seen = PublishState {
            latest: Some("v1.2.0".into()),
            ..proven()
        };
        let published = published(seen.release.releases[0].clone());
        seen.release.releases = vec![published];
        let assets = &mut seen.release.releases[0].assets;
        assets.push(asset(3, REPORT, b"of the run that published it"));
        let Step::Done(_) = decide(&plan(), &inputs, &seen) else {
            panic!("not done")
        };
    }
}

#[test]
fn report_without_a_place_is_refused() {
    let unasked = {
        let mut seen = seen();
        seen.release.releases[0].assets.push(asset(3, REPORT, b"x"));
        codes(&tested(), &seen)
    };
    assert_eq!(unasked, [Code::AssetUnplanned]);
    let findings = |plan: &ReleasePlan| match decide(plan, &with_report(), &seen()) {
        Step::Blocked(findings) => findings.into_iter().map(|f| f.code).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let full = plan().with(|wanted| {
        let more = (wanted.assets.len() + 1..MAX_ASSETS).map(|n| format!("{n}.yaml"));
        wanted.assets.extend(more.map(|name| name.parse().unwrap()));
    });
    assert!(findings(&full).contains(&Code::AssetsTooMany));
    let taken = plan().with(|wanted| {
        wanted.assets.insert(REPORT.parse().unwrap());
    });
    assert!(findings(&taken).contains(&Code::AssetNameReserved));
}
