//! The gate, one altered fact at a time.

mod said;

use super::*;
use crate::domain::Code;
use crate::plan::tests::example;
use crate::plan::{Artifact, BranchGuard, Mark, Verdict};
use crate::protocol::SeenAsset;
use crate::release::examples::{asset, foreign_draft, other, our_draft, published};

fn plan() -> ReleasePlan {
    let guard = Some(BranchGuard {
        branch: "main".into(),
        head: other(),
    });
    ReleasePlan::complete(example().wanted, example().previous_tag, guard)
}

/// A world in which everything is as it was tested.
fn tested() -> PublishInputs {
    let image = plan().wanted.binary_image.unwrap();
    let digest = Digest::of(b"m");
    let asset = |bytes: &[u8]| Artifact::Asset {
        digest: Digest::of(bytes),
        size: 1,
        waited: 0,
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
            },
        ),
    ];
    let legs = Legs::Named(["k3s-1.31".to_owned()].into());
    let checks = vec![RequiredCheck {
        name: "lint".parse().unwrap(),
        also: BTreeSet::new(),
    }];
    PublishInputs {
        artifacts: BTreeMap::from(artifacts).into(),
        legs,
        checks,
        builders: vec![],
        own_token: false,
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
fn seen() -> Seen {
    let assets = vec![
        asset(1, "template.yaml", b"t"),
        asset(2, "rendered.yaml", b"r"),
    ];
    Seen {
        tag: Some(plan().wanted.commit),
        releases: vec![SeenRelease {
            assets,
            ..our_draft(&plan())
        }],
        images: [(
            "binary-image".into(),
            SeenImage::Whole(Digest::of(b"m"), Box::default()),
        )]
        .into(),
        hashed: BTreeMap::new(),
        leading: BTreeMap::new(),
        written: None,
        first: First::default(),
        hidden: vec![],
        immutable: None,
        head: Some(other()),
        latest: Some("v1.1.0".into()),
        published: vec!["v1.1.0".into()],
        checks: vec![
            check(
                &Verdict::context("k3s-1.31"),
                CheckState::Success,
                Some(verdict()),
            ),
            check("lint", CheckState::Success, None),
        ],
    }
}

/// What the world looks like once everything before the last request was done.
fn proven() -> Seen {
    let mut seen = written();
    let Step::Act(actions) = decide(&plan(), &tested(), &seen) else {
        panic!("refused")
    };
    for action in actions {
        match action {
            Action::EditDraft { body, .. } => seen.releases[0].body = body,
            Action::UploadAsset { name, file, .. } => {
                assert_eq!(Some(&file), seen.written.as_ref());
                seen.releases[0].assets.push(SeenAsset {
                    digest: Some(file.digest),
                    ..asset(9, name.as_str(), b"")
                });
            }
            other => panic!("{other}"),
        }
    }
    seen
}

/// The evidence is in its file, and nowhere else.
fn written() -> Seen {
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

fn codes(tested: &PublishInputs, seen: &Seen) -> Vec<Code> {
    match decide(&plan(), tested, seen) {
        Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
        Step::Act(_) => vec![],
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_evidence_and_the_table_come_before_the_one_request() {
    let Step::Act(actions) = decide(&plan(), &tested(), &written()) else {
        panic!("refused")
    };
    let said: Vec<_> = actions.iter().map(ToString::to_string).collect();
    assert!(
        said[0].starts_with("upload release-evidence.json"),
        "{said:?}"
    );
    assert_eq!(said[1], "set the text of the draft release v1.2.0");
    let Step::Act(actions) = decide(&plan(), &tested(), &proven()) else {
        panic!("refused")
    };
    let release = seen().releases[0].id;
    let publication = Publication {
        release,
        tag: plan().wanted.tag,
        prerelease: false,
        make_latest: true,
    };
    assert_eq!(actions, [Action::Publish(publication.clone())]);
    let mut overtaken = proven();
    overtaken.published.push("v1.3.0".into());
    let Step::Act(actions) = decide(&plan(), &tested(), &overtaken) else {
        panic!("refused")
    };
    let quieter = Publication {
        make_latest: false,
        ..publication
    };
    assert_eq!(
        actions,
        [Action::Publish(quieter)],
        "published since the plan was made"
    );
    let body = &proven().releases[0].body;
    assert!(
        body.contains("| `template.yaml` | `sha256:") && body.starts_with("## Notes"),
        "{body}"
    );
    assert_eq!(Mark::find(body).unwrap().plan, plan().digest());
}

type Alter = fn(&mut PublishInputs, &mut Seen);
type AlterSeen = fn(&mut Seen);

#[test]
#[expect(clippy::too_many_lines, reason = "a table, one fact a row")]
fn a_single_altered_fact_is_refused() {
    fn image(seen: &mut Seen, image: SeenImage) {
        seen.images.insert("binary-image".into(), image);
    }
    fn contents(json: &str) -> Box<Contents> {
        Box::new(Contents {
            labels: serde_json::from_str(json).unwrap(),
            ..Contents::default()
        })
    }
    let table: [(Code, Alter); 45] = [
        (Code::DraftMissing, |_, s| s.releases.clear()),
        (Code::ReleaseDuplicates, |_, s| {
            s.releases.push(s.releases[0].clone())
        }),
        (Code::ReleaseDuplicates, |_, s| {
            s.releases.push(foreign_draft(&plan()))
        }),
        (Code::DraftForeign, |_, s| {
            s.releases = vec![foreign_draft(&plan())]
        }),
        (Code::DraftForeign, |_, s| {
            s.releases[0].body = "## Edited".into()
        }),
        (Code::ReleaseForeign, |_, s| {
            s.releases = vec![published(foreign_draft(&plan()))]
        }),
        (Code::DraftOfAnotherCommit, |_, s| {
            s.releases[0] = our_draft(&plan().with(|wanted| wanted.commit = other()))
        }),
        (Code::DraftOfAnotherPlan, |_, s| {
            let later = plan().with(|wanted| wanted.run = "18".into());
            s.releases[0].body = later.mark(false).put("");
        }),
        (Code::DraftOfAnotherPlan, |_, s| {
            let other = plan().with(|wanted| wanted.make_latest = Some(false));
            s.releases[0].body = other.mark(false).put("");
        }),
        (Code::TagMissing, |_, s| s.tag = None),
        (Code::TagElsewhere, |_, s| s.tag = Some(other())),
        (Code::BranchMoved, |_, s| {
            s.head = Some(plan().wanted.commit)
        }),
        (Code::BranchMoved, |_, s| s.head = None),
        (Code::AssetDiffers, |_, s| {
            s.releases[0].assets[0].digest = Some(Digest::of(b"u"))
        }),
        (Code::AssetDiffers, |_, s| {
            s.releases[0].assets[1].digest = Some(Digest::of(b"s"))
        }),
        (Code::AssetDiffers, |_, s| {
            s.releases[0].assets[0].digest = None
        }),
        (Code::AssetDiffers, |_, s| {
            drop(s.releases[0].assets.remove(0))
        }),
        (Code::AssetDiffers, |_, s| {
            drop(s.releases[0].assets.remove(1))
        }),
        (Code::AssetDiffers, |_, s| {
            s.releases[0].assets[0].state = AssetState::Unfinished
        }),
        (Code::AssetDiffers, |t, _| {
            t.artifacts.0.remove("template.yaml");
            t.legs = Legs::None;
        }),
        (Code::AssetUnplanned, |_, s| {
            s.releases[0].assets.push(asset(3, "x", b"x"))
        }),
        (Code::AssetUnplanned, |_, s| {
            s.releases[0]
                .assets
                .push(asset(3, "btp-release-new.template.yaml", b"x"))
        }),
        (Code::ImageDiffers, |_, s| {
            image(s, SeenImage::Whole(Digest::of(b"n"), Box::default()))
        }),
        (Code::ImageDiffers, |_, s| image(s, SeenImage::Absent)),
        (Code::ImageDiffers, |t, _| {
            t.artifacts.0.remove("binary-image");
            t.legs = Legs::None;
        }),
        (Code::ImageDiffers, |t, s| {
            t.artifacts.0.remove("binary-image");
            t.legs = Legs::None;
            image(s, SeenImage::Absent);
        }),
        (Code::ImageIncomplete, |_, s| {
            image(
                s,
                SeenImage::Incomplete(Digest::of(b"m"), "it has no linux/arm64".into()),
            )
        }),
        (Code::ImageIncomplete, |_, s| {
            image(
                s,
                SeenImage::Incomplete(Digest::of(b"m"), "its part 12 is not there yet".into()),
            )
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                SeenImage::Whole(
                    Digest::of(b"m"),
                    contents(r#"{"org.opencontainers.image.revision":"0000"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                SeenImage::Whole(
                    Digest::of(b"m"),
                    contents(r#"{"org.opencontainers.image.version":"1.1.0"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            image(
                s,
                SeenImage::Whole(
                    Digest::of(b"m"),
                    contents(r#"{"org.opencontainers.image.source":"https://x/y/z"}"#),
                ),
            );
        }),
        (Code::ImageOfAnotherBuild, |_, s| {
            let leftovers = [Digest::of(b"m")].into();
            s.releases[0].body = Mark {
                leftovers,
                ..plan().mark(false)
            }
            .put("");
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
        (Code::VerdictMissing, |_, s| drop(s.checks.remove(0))),
        (Code::VerdictFailed, |_, s| {
            s.checks[0].state = CheckState::Failure
        }),
        (Code::VerdictFailed, |_, s| {
            s.checks[0].state = CheckState::Pending
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            s.checks[0].description = None
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            let of_other_bytes = Verdict {
                run: plan().wanted.run,
                artifacts: Digest::of(b"others"),
            };
            s.checks[0].description = Some(of_other_bytes.to_string());
        }),
        (Code::VerdictOfOtherBytes, |_, s| {
            let of_other_run = Verdict {
                run: "16".into(),
                artifacts: tested().artifacts.digest(),
            };
            s.checks[0].description = Some(of_other_run.to_string());
        }),
        (Code::VerdictMissing, |t, _| t.legs = Legs::Count(2)),
        (Code::CheckMissing, |_, s| drop(s.checks.pop())),
        (Code::CheckNotGreen, |_, s| {
            s.checks[1].state = CheckState::Neutral
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
fn a_check_may_be_neutral_only_where_that_is_said() {
    let mut seen = proven();
    seen.checks[1].state = CheckState::Neutral;
    let mut tested = tested();
    tested.checks[0].also = [CheckState::Neutral].into();
    assert_eq!(codes(&tested, &seen), []);
    tested.legs = Legs::Count(1);
    assert_eq!(codes(&tested, &seen), []);
}
