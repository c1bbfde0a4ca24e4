//! The gate, one altered fact at a time.

mod late_tag;
mod logs;
mod published;
mod referrers;
mod refusals;
mod report;
mod signed;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::domain::{Code, Digest, IdToken, JobResults};
use crate::plan::tests::example;
use crate::plan::{BranchGuard, MODULE_IMAGE, SECOND_MODULE_IMAGE, Verdict};
use crate::protocol::{AssetState, CheckState, CheckTimes, RequiredCheck, SeenAsset, SeenCheck};
use crate::release::examples::{asset, foreign_draft, other, our_draft, published};
use crate::release::image_check::Contents;
use crate::release::image_reader::ImageState;

fn plan() -> ReleasePlan {
    let guard = Some(BranchGuard {
        branch: "main".into(),
        head: other(),
    });
    ReleasePlan::complete(example().wanted, example().previous_tag, guard)
}

/// The unchanged state of the tests.
fn tested() -> PublishInputs {
    let image = plan().wanted.binary_image.unwrap();
    let digest = Digest::of(b"m");
    let asset = |bytes: &[u8]| Artifact::Asset {
        digest: Digest::of(bytes),
        size: 1,
        waited: 0,
        ready_at: None,
    };
    let artifacts = [
        ("template.yaml".into(), asset(b"t")),
        ("rendered.yaml".into(), asset(b"r")),
        (
            "binary-image".into(),
            Artifact::Image {
                digest,
                image: image.repository().pinned(digest),
                tagged: image,
                platforms: vec![],
                size: 0,
                waited: 0,
                expected: false,
                ready_at: None,
            },
        ),
    ];
    let legs = Legs::Named(["k3s-1.31".to_owned()].into());
    let checks = vec![RequiredCheck {
        name: "lint".parse().unwrap(),
        also: BTreeSet::new(),
    }];
    PublishInputs {
        artifacts: std::collections::BTreeMap::from(artifacts).into(),
        legs,
        checks,
        builders: vec![],
        token: PublishToken::Other,
        logs: None,
        report: None,
        finish: Finish::Publish,
        began: None,
        id_token: IdToken::Granted,
        jobs: Some(
            JobResults::from_json(
                r#"{"unit":{"result":"success"},"upgrade":{"result":"skipped"}}"#,
            )
            .unwrap(),
        ),
        optional: ["upgrade".to_owned()].into(),
    }
}

fn check(name: &str, state: CheckState, description: Option<String>) -> SeenCheck {
    SeenCheck {
        name: name.into(),
        state,
        description,
        url: None,
        times: CheckTimes::default(),
    }
}

fn verdict() -> String {
    Verdict {
        run: plan().wanted.run,
        artifacts: tested().artifacts.digest(),
    }
    .to_string()
}

/// The bytes of the draft are as they were awaited; the evidence is not written yet.
fn seen() -> PublishState {
    let assets = vec![
        asset(1, "template.yaml", b"t"),
        asset(2, "rendered.yaml", b"r"),
    ];
    PublishState {
        release: ReleaseView {
            tag: Some(plan().wanted.commit),
            releases: vec![SeenRelease {
                assets,
                ..our_draft(&plan())
            }],
            images: [("binary-image".into(), complete(b"m", Arc::default()))].into(),
            checks: vec![
                check(
                    &Verdict::context("k3s-1.31"),
                    CheckState::Success,
                    Some(verdict()),
                ),
                check("lint", CheckState::Success, None),
            ],
            ..ReleaseView::default()
        },
        written: None,
        written_report: None,
        logs: None,
        first: FirstRead::default(),
        signed: SeenSignatures::default(),
        hidden: None,
        immutable: None,
        head: Some(other()),
        latest: Some("v1.1.0".into()),
        higher_is_released: false,
    }
}

fn complete(bytes: &[u8], contents: Arc<Contents>) -> ImageState {
    ImageState::Complete {
        digest: Digest::of(bytes),
        contents,
    }
}

fn incomplete(why: &str) -> ImageState {
    ImageState::Incomplete {
        digest: Digest::of(b"m"),
        why: why.into(),
    }
}

/// The state once everything before the publishing request was done.
fn proven() -> PublishState {
    let mut seen = written();
    let Step::Act(actions) = decide(&plan(), &tested(), &seen) else {
        panic!("refused")
    };
    for action in actions {
        match action {
            Action::UploadAsset { name, file, .. } => {
                assert_eq!(Some(&file), seen.written.as_ref());
                seen.release.releases[0].assets.push(SeenAsset {
                    digest: Some(file.digest),
                    ..asset(9, name.as_str(), b"")
                });
            }
            other => panic!("{other}"),
        }
    }
    seen
}

/// The evidence is in its file, but not uploaded.
fn written() -> PublishState {
    let mut seen = seen();
    let Step::Act(actions) = decide(&plan(), &tested(), &seen) else {
        panic!("refused")
    };
    let [Action::WriteFile { to, bytes }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    seen.written = Some(LocalFile {
        path: Path::new("/work").join(to),
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
    });
    seen
}

fn codes(tested: &PublishInputs, seen: &PublishState) -> Vec<Code> {
    match decide(&plan(), tested, seen) {
        Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
        Step::Act(_) => vec![],
        other => panic!("{other:?}"),
    }
}

#[test]
fn evidence_is_written_before_the_release_is_published_with_its_table() {
    let Step::Act(actions) = decide(&plan(), &tested(), &written()) else {
        panic!("refused")
    };
    let said: Vec<_> = actions.iter().map(ToString::to_string).collect();
    assert!(
        said[0].starts_with("upload release-evidence.json"),
        "{said:?}"
    );
    assert_eq!(said.len(), 1, "{said:?}");
    let Step::Act(actions) = decide(&plan(), &tested(), &proven()) else {
        panic!("refused")
    };
    let [Action::Publish(publication)] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(publication.release, seen().release.releases[0].id);
    assert_eq!(publication.tag, plan().wanted.tag);
    assert!(!publication.prerelease);
    let body = &publication.body;
    assert!(
        body.contains("| `template.yaml` | `sha256:") && body.starts_with("## Notes"),
        "{body}"
    );
    assert_eq!(Mark::find(body).unwrap().plan, plan().digest());
    let mut resumed = proven();
    resumed.release.releases[0].body.clone_from(body);
    let Step::Act(again) = decide(&plan(), &tested(), &resumed) else {
        panic!("refused")
    };
    assert_eq!(again, actions, "a table that is there is replaced");
}

/// A further image that was awaited and tested as it is now.
fn image_with_artifact(t: &mut PublishInputs, s: &mut PublishState, name: &str, bytes: &[u8]) {
    let tagged: crate::domain::ImageRef = "r.example/module:1".parse().unwrap();
    let digest = Digest::of(bytes);
    let artifact = Artifact::Image {
        digest,
        image: tagged.repository().pinned(digest),
        tagged,
        platforms: vec![],
        size: 0,
        waited: 0,
        expected: false,
        ready_at: None,
    };
    t.artifacts.0.insert(name.into(), artifact);
    let images = &mut s.release.images;
    images.insert(name.into(), complete(bytes, Arc::default()));
    let verdict = Verdict {
        run: plan().wanted.run,
        artifacts: t.artifacts.digest(),
    };
    s.release.checks[0].description = Some(verdict.to_string());
}

#[test]
fn two_tags_of_one_module_image_are_published() {
    let (mut tested, mut seen) = (tested(), seen());
    for name in [MODULE_IMAGE, SECOND_MODULE_IMAGE] {
        image_with_artifact(&mut tested, &mut seen, name, b"module");
    }
    assert_eq!(codes(&tested, &seen), []);
}

type Alter = fn(&mut PublishInputs, &mut PublishState);
type AlterSeen = fn(&mut PublishState);

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one fact a row")]
fn each_altered_fact_is_refused() {
    fn image(seen: &mut PublishState, image: ImageState) {
        seen.release.images.insert("binary-image".into(), image);
    }
    fn contents(json: &str) -> Arc<Contents> {
        Arc::new(Contents {
            labels: serde_json::from_str(json).unwrap(),
            ..Contents::default()
        })
    }
    let table: [(Code, Alter); 46] = [
        (Code::DraftMissing, |_, s| s.release.releases.clear()),
        (Code::ReleaseDuplicates, |_, s| {
            s.release.releases.push(s.release.releases[0].clone())
        }),
        (Code::ReleaseDuplicates, |_, s| {
            s.release.releases.push(foreign_draft(&plan()))
        }),
        (Code::DraftForeign, |_, s| {
            s.release.releases = vec![foreign_draft(&plan())]
        }),
        (Code::DraftMarkLost, |_, s| {
            s.release.releases[0].body = "## Edited".into()
        }),
        (Code::ReleaseForeign, |_, s| {
            s.release.releases = vec![published(foreign_draft(&plan()))]
        }),
        (Code::DraftOfAnotherCommit, |_, s| {
            s.release.releases[0] = our_draft(&plan().with(|wanted| wanted.commit = other()))
        }),
        (Code::DraftOfAnotherPlan, |_, s| {
            s.release.releases[0].body = plan()
                .with(|wanted| wanted.run = "18".into())
                .mark(false)
                .put("");
        }),
        (Code::DraftOfAnotherPlan, |_, s| {
            s.release.releases[0].body = plan()
                .with(|wanted| wanted.make_latest = Some(false))
                .mark(false)
                .put("");
        }),
        (Code::TagMissing, |_, s| s.release.tag = None),
        (Code::TagElsewhere, |_, s| s.release.tag = Some(other())),
        (Code::BranchMoved, |_, s| {
            s.head = Some(plan().wanted.commit)
        }),
        (Code::BranchMoved, |_, s| s.head = None),
        (Code::AssetDiffers, |_, s| {
            s.release.releases[0].assets[0].digest = Some(Digest::of(b"u"))
        }),
        (Code::AssetDiffers, |_, s| {
            s.release.releases[0].assets[1].digest = Some(Digest::of(b"s"))
        }),
        (Code::AssetDiffers, |_, s| {
            s.release.releases[0].assets[0].digest = None
        }),
        (Code::AssetDiffers, |_, s| {
            drop(s.release.releases[0].assets.remove(0))
        }),
        (Code::AssetDiffers, |_, s| {
            drop(s.release.releases[0].assets.remove(1))
        }),
        (Code::AssetDiffers, |_, s| {
            s.release.releases[0].assets[0].state = AssetState::Unfinished
        }),
        (Code::AssetDiffers, |t, _| {
            t.artifacts.0.remove("template.yaml");
            t.legs = Legs::None;
        }),
        (Code::AssetUnplanned, |_, s| {
            s.release.releases[0].assets.push(asset(3, "x", b"x"))
        }),
        (Code::AssetUnplanned, |_, s| {
            s.release.releases[0]
                .assets
                .push(asset(3, "btp-release-new.template.yaml", b"x"))
        }),
        (Code::ImageDiffers, |_, s| {
            image(s, complete(b"n", Arc::default()))
        }),
        (Code::ImageDiffers, |_, s| image(s, ImageState::Absent)),
        (Code::ImageDiffers, |t, _| {
            t.artifacts.0.remove("binary-image");
            t.legs = Legs::None;
        }),
        (Code::ImageDiffers, |t, s| {
            t.artifacts.0.remove("binary-image");
            t.legs = Legs::None;
            image(s, ImageState::Absent);
        }),
        (Code::ImageIncomplete, |_, s| {
            image(s, incomplete("it has no linux/arm64"))
        }),
        (Code::ImageIncomplete, |_, s| {
            image(s, incomplete("its part 12 is not there yet"))
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                complete(
                    b"m",
                    contents(r#"{"org.opencontainers.image.revision":"0000"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                complete(
                    b"m",
                    contents(r#"{"org.opencontainers.image.version":"1.1.0"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                complete(
                    b"m",
                    contents(r#"{"org.opencontainers.image.source":"https://x/y/z"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            let leftovers = [Digest::of(b"m")].into();
            s.release.releases[0].body = Mark {
                leftovers,
                ..plan().mark(false)
            }
            .put("");
        }),
        (Code::ImageOfAnotherBuild, |t, s| {
            for (name, bytes) in [(MODULE_IMAGE, b"a"), (SECOND_MODULE_IMAGE, b"b")] {
                image_with_artifact(t, s, name, bytes);
            }
        }),
        (Code::JobsMissing, |t, _| {
            t.jobs = Some(JobResults::from_json("{}").unwrap())
        }),
        (Code::JobNotSuccessful, |t, _| t.optional.clear()),
        (Code::JobNotSuccessful, |t, _| {
            t.jobs = Some(JobResults::from_json(r#"{"unit":{"result":"failure"}}"#).unwrap())
        }),
        (Code::JobNotSuccessful, |t, _| {
            t.jobs = Some(JobResults::from_json(r#"{"upgrade":{"result":"cancelled"}}"#).unwrap())
        }),
        (Code::VerdictMissing, |_, s| {
            drop(s.release.checks.remove(0))
        }),
        (Code::VerdictFailed, |_, s| {
            s.release.checks[0].state = CheckState::Failure
        }),
        (Code::VerdictFailed, |_, s| {
            s.release.checks[0].state = CheckState::Pending
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            s.release.checks[0].description = None
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            let of_other_bytes = Verdict {
                run: plan().wanted.run,
                artifacts: Digest::of(b"others"),
            };
            s.release.checks[0].description = Some(of_other_bytes.to_string());
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            let of_other_run = Verdict {
                run: "16".into(),
                artifacts: tested().artifacts.digest(),
            };
            s.release.checks[0].description = Some(of_other_run.to_string());
        }),
        (Code::VerdictMissing, |t, _| t.legs = Legs::Count(2)),
        (Code::CheckMissing, |_, s| drop(s.release.checks.pop())),
        (Code::CheckNotGreen, |_, s| {
            s.release.checks[1].state = CheckState::Neutral
        }),
    ];
    assert!(table.len() >= 40);
    for (nth, (code, alter)) in table.into_iter().enumerate() {
        let (mut tested, mut seen) = (tested(), proven());
        alter(&mut tested, &mut seen);
        assert_eq!(codes(&tested, &seen), [code], "row {nth}");
    }
    assert_eq!(codes(&tested(), &proven()), [], "unaltered");
}

#[test]
fn neutral_check_is_refused_unless_allowed() {
    let mut seen = proven();
    seen.release.checks[1].state = CheckState::Neutral;
    let mut tested = tested();
    tested.checks[0].also = [CheckState::Neutral].into();
    assert_eq!(codes(&tested, &seen), []);
    tested.legs = Legs::Count(1);
    assert_eq!(codes(&tested, &seen), []);
}
