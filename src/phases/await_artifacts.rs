//! `await`: waits until every artifact of the plan is there, and finds out its digest.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::try_join_all;

use super::shared::our_release;
use super::{Evidence, Phase, PhaseId, Step, Waiting};
use crate::domain::AssetName;
use crate::plan::{Artifact, Artifacts, Awaited, ReleasePlan};
use crate::ports::{AssetState, Look, PortError, SeenManifest, SeenRelease};

pub struct Await {
    plan: ReleasePlan,
    every: Duration,
    /// What the look before saw: a digest counts once it was the same in two looks.
    before: BTreeMap<String, Artifact>,
}

struct Seen {
    releases: Vec<SeenRelease>,
    images: BTreeMap<String, Option<SeenManifest>>,
}

/// How an artifact stands.
#[derive(Debug, PartialEq)]
enum State {
    Absent,
    /// Begun, and not usable yet.
    Incomplete(&'static str),
    /// There, and seen once so far.
    Seen(Artifact),
    Ready(Artifact),
}

impl Await {
    pub fn new(plan: ReleasePlan, every: Duration) -> Self {
        Self {
            plan,
            every,
            before: BTreeMap::new(),
        }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, PortError> {
        let releases = look.github.releases(&self.plan.tag).await?;
        let images = try_join_all(self.plan.images().map(async |(name, image)| {
            Ok::<_, PortError>((name, look.registry.resolve(&image).await?))
        }))
        .await?;
        Ok(Seen {
            releases,
            images: images.into_iter().collect(),
        })
    }
}

#[async_trait]
impl Phase for Await {
    fn id(&self) -> PhaseId {
        PhaseId::Await
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        let seen = self.see(look).await?;
        let (step, now) = decide(&self.plan, &seen, &self.before, self.every);
        self.before = now;
        Ok(step)
    }
}

fn decide(
    plan: &ReleasePlan,
    seen: &Seen,
    before: &BTreeMap<String, Artifact>,
    every: Duration,
) -> (Step, BTreeMap<String, Artifact>) {
    let release = match our_release(plan, &seen.releases) {
        Ok((release, _)) => release,
        Err(finding) => return (Step::Blocked(vec![finding]), BTreeMap::new()),
    };
    let mut ready = Artifacts::default();
    let mut now = BTreeMap::new();
    let mut on = Vec::new();
    for awaited in plan.awaited() {
        let name = awaited.name().to_owned();
        let found = match &awaited {
            Awaited::Asset(asset) => asset_state(release, asset),
            Awaited::Image { image, .. } => match seen.images.get(&name).and_then(Option::as_ref) {
                None => State::Absent,
                Some(manifest) => State::Seen(Artifact::Image {
                    digest: manifest.digest,
                    tagged: image.clone(),
                    image: image.repository().pinned(manifest.digest),
                }),
            },
        };
        match twice(found, before.get(&name)) {
            State::Absent => {
                on.push(format!("{}: absent", described(&awaited)));
            }
            State::Incomplete(why) => {
                on.push(format!("{}: incomplete, {why}", described(&awaited)));
            }
            State::Seen(artifact) => {
                on.push(format!(
                    "{}: {}, to be seen once more",
                    described(&awaited),
                    artifact.digest().short()
                ));
                now.insert(name, artifact);
            }
            State::Ready(artifact) => {
                now.insert(name.clone(), artifact.clone());
                ready.0.insert(name, artifact);
            }
        }
    }
    let step = if on.is_empty() {
        let so = format!("all {} artifacts of {} are ready", ready.0.len(), plan.tag);
        Step::Done(Evidence::new(so).with("artifacts", ready.to_json()))
    } else {
        Step::Wait(Waiting { on, every })
    };
    (step, now)
}

fn described(awaited: &Awaited) -> String {
    match awaited {
        Awaited::Asset(name) => format!("asset {name}"),
        Awaited::Image { image, .. } => format!("image {image}"),
    }
}

fn twice(found: State, before: Option<&Artifact>) -> State {
    match found {
        State::Seen(artifact) if before == Some(&artifact) => State::Ready(artifact),
        other => other,
    }
}

fn asset_state(release: &SeenRelease, name: &AssetName) -> State {
    match release
        .assets
        .iter()
        .find(|asset| asset.name == name.as_str())
    {
        None => State::Absent,
        Some(asset) if asset.state == AssetState::Unfinished => {
            State::Incomplete("its upload is not finished")
        }
        Some(asset) => match asset.digest {
            None => State::Incomplete("GitHub has not told its digest yet"),
            Some(digest) => State::Seen(Artifact::Asset {
                digest,
                size: asset.size,
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::{asset, foreign_draft, our_draft};
    use super::*;
    use crate::domain::Digest;
    use crate::plan::tests::example;
    use crate::ports::SeenAsset;

    const EVERY: Duration = Duration::from_secs(10);

    fn world(assets: Vec<SeenAsset>, image: Option<&[u8]>) -> Seen {
        let manifest = image.map(|bytes| SeenManifest {
            digest: Digest::of(bytes),
            media_type: String::new(),
            size: None,
        });
        Seen {
            releases: vec![SeenRelease {
                assets,
                ..our_draft(&example())
            }],
            images: [("binary-image".to_owned(), manifest)].into(),
        }
    }

    fn whole() -> Seen {
        world(
            vec![
                asset(1, "template.yaml", b"t"),
                asset(2, "rendered.yaml", b"r"),
            ],
            Some(b"m"),
        )
    }

    fn awaited(seen: &[Seen]) -> Vec<String> {
        let mut before = BTreeMap::new();
        let mut on = vec![];
        for seen in seen {
            let (step, now) = decide(&example(), seen, &before, EVERY);
            before = now;
            on = match step {
                Step::Wait(waiting) => waiting.on,
                Step::Done(evidence) => vec![evidence.so],
                other => panic!("{other:?}"),
            };
        }
        on
    }

    #[test]
    fn ready_is_the_same_digest_in_two_looks() {
        assert_eq!(
            awaited(&[whole()]).len(),
            3,
            "all are seen once, none is ready"
        );
        assert_eq!(
            awaited(&[whole(), whole()]),
            ["all 3 artifacts of v1.2.0 are ready"]
        );
        let moved = world(whole().releases[0].assets.clone(), Some(b"other"));
        let on = awaited(&[whole(), moved]);
        assert_eq!(on.len(), 1);
        assert!(
            on[0].starts_with("image r.example/prod/btp-manager:v1.2.0: "),
            "{on:?}"
        );
    }

    #[test]
    fn what_is_not_finished_is_not_there() {
        let torn = SeenAsset {
            state: AssetState::Unfinished,
            ..asset(1, "template.yaml", b"t")
        };
        let silent = SeenAsset {
            digest: None,
            ..asset(2, "rendered.yaml", b"r")
        };
        let seen = || world(vec![torn.clone(), silent.clone()], None);
        assert_eq!(
            awaited(&[seen(), seen()]),
            [
                "asset rendered.yaml: incomplete, GitHub has not told its digest yet",
                "asset template.yaml: incomplete, its upload is not finished",
                "image r.example/prod/btp-manager:v1.2.0: absent",
            ]
        );
    }

    #[test]
    fn others_drafts_are_not_waited_for() {
        let seen = Seen {
            releases: vec![foreign_draft(&example())],
            ..whole()
        };
        assert!(matches!(
            decide(&example(), &seen, &BTreeMap::new(), EVERY).0,
            Step::Blocked(_)
        ));
    }
}
