//! `publish`: reads every promise again, right before the one request that cannot be taken back.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::shared::{our_release, tag_elsewhere, tag_missing};
use super::{Action, Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::{CommitSha, Digest, JobResults};
use crate::plan::{Artifacts, Mark, ReleasePlan};
use crate::ports::{AssetState, Look, PortError, Publication, SeenRelease};

pub struct Publish {
    plan: ReleasePlan,
    tested: Tested,
}

/// What was tested, and how that ended.
#[derive(Clone, Debug)]
pub struct Tested {
    /// The digests that `await` found and the tests took.
    pub artifacts: Artifacts,
    /// `None` where someone said that no job is needed, as on a terminal.
    pub jobs: Option<JobResults>,
    /// Jobs that may be skipped.
    pub optional: BTreeSet<String>,
}

struct Seen {
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
    images: BTreeMap<String, Option<Digest>>,
    /// The head of the guarded branch.
    head: Option<CommitSha>,
    latest: Option<String>,
}

impl Publish {
    pub fn new(plan: ReleasePlan, tested: Tested) -> Self {
        Self { plan, tested }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, PortError> {
        let plan = &self.plan;
        let images = try_join_all(self.plan.images().map(async |(name, image)| {
            let manifest = look.registry.resolve(&image).await?;
            Ok::<_, PortError>((name, manifest.map(|m| m.digest)))
        }))
        .await?;
        Ok(Seen {
            tag: look.github.tag(&plan.tag).await?,
            releases: look.github.releases(&plan.tag).await?,
            images: images.into_iter().collect(),
            head: match &plan.guard {
                Some(guard) => look.github.branch(&guard.branch).await?,
                None => None,
            },
            latest: look.github.latest_tag().await?,
        })
    }
}

#[async_trait]
impl Phase for Publish {
    fn id(&self) -> PhaseId {
        PhaseId::Publish
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        Ok(decide(&self.plan, &self.tested, &self.see(look).await?))
    }
}

fn decide(plan: &ReleasePlan, tested: &Tested, seen: &Seen) -> Step {
    let (release, mark) = match our_release(plan, &seen.releases) {
        Ok(ours) => ours,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    if !release.draft {
        return published(plan, seen, release);
    }
    let findings: Vec<Finding> = [
        of_this_plan(plan, &mark),
        tag(plan, seen),
        branch(plan, seen),
        assets(plan, tested, release),
        images(tested, seen),
        jobs(tested),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    Step::Act(vec![Action::Publish(Publication {
        release: release.id,
        tag: plan.tag.clone(),
        prerelease: plan.prerelease,
        make_latest: plan.make_latest,
    })])
}

fn of_this_plan(plan: &ReleasePlan, mark: &Mark) -> Vec<Finding> {
    if mark.plan == plan.digest() {
        return vec![];
    }
    vec![Finding::new(
        "draft-of-another-plan",
        format!(
            "the draft {} was last taken up by run {} with another plan",
            plan.tag, mark.run
        ),
        "let that run publish it, or run this one again from its phase `draft` on",
    )]
}

fn tag(plan: &ReleasePlan, seen: &Seen) -> Vec<Finding> {
    match &seen.tag {
        None => vec![tag_missing(plan)],
        Some(at) if *at != plan.commit => {
            vec![tag_elsewhere(
                &plan.tag,
                &plan.version,
                &plan.commit,
                at,
                &seen.releases,
            )]
        }
        Some(_) => vec![],
    }
}

fn branch(plan: &ReleasePlan, seen: &Seen) -> Vec<Finding> {
    match &plan.guard {
        Some(guard) if seen.head.as_ref() != Some(&guard.head) => vec![Finding::new(
            "branch-moved",
            format!(
                "{} was at {} when this release was planned, and is {} now",
                guard.branch,
                guard.head.short(),
                seen.head
                    .as_ref()
                    .map_or("gone".into(), |head| format!("at {}", head.short()))
            ),
            "something was merged during the release: start a new run, with `on-existing: replace` to release the new head",
        )],
        _ => vec![],
    }
}

/// The draft's assets are exactly the plan's, and the very bytes that were awaited.
fn assets(plan: &ReleasePlan, tested: &Tested, release: &SeenRelease) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in &plan.assets {
        let found = release
            .assets
            .iter()
            .find(|asset| asset.name == name.as_str());
        let awaited = tested
            .artifacts
            .0
            .get(name.as_str())
            .map(crate::plan::Artifact::digest);
        let why = match (found, awaited) {
            (None, _) => Some("is not in the draft".to_owned()),
            (Some(asset), _) if asset.state == AssetState::Unfinished => {
                Some("was not uploaded in full".into())
            }
            (Some(_), None) => Some("is not among the awaited artifacts".into()),
            (Some(asset), Some(awaited)) if asset.digest != Some(awaited) => Some(format!(
                "is {} now, and was {} when it was awaited",
                asset
                    .digest
                    .map_or("without a digest".into(), |d| d.short()),
                awaited.short()
            )),
            (Some(_), Some(_)) => None,
        };
        if let Some(why) = why {
            findings.push(Finding::new(
                "asset-differs",
                format!("the asset {name} {why}"),
                "run the phases from `await` on again, tests included",
            ));
        }
    }
    let planned = |name: &str| plan.assets.iter().any(|asset| asset.as_str() == name);
    for extra in release.assets.iter().filter(|asset| !planned(&asset.name)) {
        findings.push(Finding::new(
            "asset-unplanned",
            format!(
                "the draft has the asset {}, which is not among the plan's",
                extra.name
            ),
            format!(
                "delete it from the draft, or add {} to the input `assets` of the phase `plan`",
                extra.name
            ),
        ));
    }
    findings
}

/// The tags of the images still mean what was tested.
fn images(tested: &Tested, seen: &Seen) -> Vec<Finding> {
    let differs = |(name, now): (&String, &Option<Digest>)| {
        let awaited = tested
            .artifacts
            .0
            .get(name)
            .map(crate::plan::Artifact::digest);
        let say =
            |digest: Option<Digest>, none: &str| digest.map_or(none.to_owned(), |d| d.short());
        (awaited.is_none() || *now != awaited).then(|| {
            Finding::new(
                "image-differs",
                format!(
                    "{name} is {} now, and was {} when it was awaited",
                    say(*now, "absent"),
                    say(awaited, "not awaited")
                ),
                "run the phases from `await` on again, tests included",
            )
        })
    };
    seen.images.iter().filter_map(differs).collect()
}

fn jobs(tested: &Tested) -> Vec<Finding> {
    let Some(jobs) = &tested.jobs else {
        return vec![];
    };
    if jobs.is_empty() {
        return vec![Finding::new(
            "jobs-missing",
            "the publishing job needs no other job, so nothing says that tests passed",
            "list the test jobs under `needs:` of the publishing job",
        )];
    }
    jobs.objections(&tested.optional)
        .map(|(name, result)| {
            Finding::new(
                "job-not-successful",
                format!("the job {name} ended with {result}"),
                format!("repair it and run it again; where it may be skipped, add {name} to `optional-jobs`"),
            )
        })
        .collect()
}

/// Success is only said from a fresh look at what is public now.
fn published(plan: &ReleasePlan, seen: &Seen, release: &SeenRelease) -> Step {
    let is_latest = seen.latest.as_deref() == Some(plan.tag.as_str());
    let mut findings = tag(plan, seen);
    if release.prerelease != plan.prerelease {
        findings.push(Finding::new(
            "published-differs",
            format!(
                "{} is published with prerelease = {}, and {} was planned",
                plan.tag, release.prerelease, plan.prerelease
            ),
            format!("correct it on {}", release.url),
        ));
    }
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    Step::Done(
        Evidence::new(format!(
            "{} is published at {}",
            plan.tag,
            plan.commit.short()
        ))
        .with("release-url", &release.url)
        .with("is-latest", is_latest),
    )
}

#[cfg(test)]
mod tests {
    use super::super::examples::{asset, foreign_draft, other, our_draft, published};
    use super::*;
    use crate::plan::tests::example;
    use crate::plan::{Artifact, BranchGuard};
    use crate::ports::SeenAsset;

    fn plan() -> ReleasePlan {
        let guard = Some(BranchGuard {
            branch: "main".into(),
            head: other(),
        });
        ReleasePlan { guard, ..example() }
    }

    /// A world in which everything is as it was tested.
    fn tested() -> Tested {
        let image = plan().binary_image.unwrap();
        let digest = Digest::of(b"m");
        let asset = |bytes: &[u8]| Artifact::Asset {
            digest: Digest::of(bytes),
            size: 1,
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
                },
            ),
        ];
        Tested {
            artifacts: Artifacts(artifacts.into()),
            jobs: Some(
                JobResults::from_json(
                    r#"{"unit":{"result":"success"},"upgrade":{"result":"skipped"}}"#,
                )
                .unwrap(),
            ),
            optional: ["upgrade".to_owned()].into(),
        }
    }

    fn seen() -> Seen {
        let assets = vec![
            asset(1, "template.yaml", b"t"),
            asset(2, "rendered.yaml", b"r"),
        ];
        Seen {
            tag: Some(plan().commit),
            releases: vec![SeenRelease {
                assets,
                ..our_draft(&plan())
            }],
            images: [("binary-image".into(), Some(Digest::of(b"m")))].into(),
            head: Some(other()),
            latest: Some("v1.1.0".into()),
        }
    }

    fn codes(tested: &Tested, seen: &Seen) -> Vec<&'static str> {
        match decide(&plan(), tested, seen) {
            Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
            Step::Act(_) => vec![],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn publishes_what_was_tested_with_one_request() {
        let Step::Act(actions) = decide(&plan(), &tested(), &seen()) else {
            panic!("refused")
        };
        let publication = Publication {
            release: seen().releases[0].id,
            tag: plan().tag,
            prerelease: false,
            make_latest: true,
        };
        assert_eq!(actions, [Action::Publish(publication)]);
    }

    #[test]
    fn a_single_altered_fact_is_refused() {
        type Alter = fn(&mut Tested, &mut Seen);
        let table: [(&str, Alter); 16] = [
            ("draft-missing", |_, s| s.releases.clear()),
            ("release-duplicates", |_, s| {
                s.releases.push(s.releases[0].clone())
            }),
            ("draft-foreign", |_, s| {
                s.releases = vec![foreign_draft(&plan())]
            }),
            ("draft-of-another-commit", |_, s| {
                s.releases[0] = our_draft(&ReleasePlan {
                    commit: other(),
                    ..plan()
                })
            }),
            ("draft-of-another-plan", |_, s| {
                s.releases[0].body = ReleasePlan {
                    run: "18".into(),
                    ..plan()
                }
                .mark(false)
                .put("");
            }),
            ("tag-missing", |_, s| s.tag = None),
            ("tag-elsewhere", |_, s| s.tag = Some(other())),
            ("branch-moved", |_, s| s.head = Some(plan().commit)),
            ("branch-moved", |_, s| s.head = None),
            ("asset-differs", |_, s| {
                s.releases[0].assets[0].digest = Some(Digest::of(b"u"))
            }),
            ("asset-differs", |_, s| drop(s.releases[0].assets.remove(0))),
            ("asset-differs", |_, s| {
                s.releases[0].assets[0].state = AssetState::Unfinished
            }),
            ("asset-unplanned", |_, s| {
                s.releases[0].assets.push(SeenAsset {
                    name: "x".into(),
                    ..asset(3, "x", b"x")
                })
            }),
            ("image-differs", |_, s| {
                s.images
                    .insert("binary-image".into(), Some(Digest::of(b"n")));
            }),
            ("image-differs", |t, _| {
                drop(t.artifacts.0.remove("binary-image"))
            }),
            ("job-not-successful", |t, _| t.optional.clear()),
        ];
        for (code, alter) in table {
            let (mut tested, mut seen) = (tested(), seen());
            alter(&mut tested, &mut seen);
            assert_eq!(codes(&tested, &seen), [code]);
        }
    }

    #[test]
    fn no_tests_is_not_success() {
        let none = Tested {
            jobs: Some(JobResults::from_json("{}").unwrap()),
            ..tested()
        };
        assert_eq!(codes(&none, &seen()), ["jobs-missing"]);
    }

    #[test]
    fn success_is_said_from_what_is_public() {
        let mut seen = Seen {
            latest: Some("v1.2.0".into()),
            ..seen()
        };
        seen.releases = vec![published(seen.releases[0].clone())];
        let Step::Done(evidence) = decide(&plan(), &tested(), &seen) else {
            panic!("not done")
        };
        assert_eq!(evidence.outputs.last().unwrap().value, "true");
        seen.tag = None;
        assert_eq!(codes(&tested(), &seen), ["tag-missing"]);
    }
}
