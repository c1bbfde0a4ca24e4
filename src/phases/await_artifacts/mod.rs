//! `await`: waits until every artifact of the plan is there, whole and of this release, and finds out its digest.

mod builders;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::try_join_all;

use crate::domain::{AssetName, Digest, ImageRef, Moment, NamePattern};
use crate::plan::{Artifact, Artifacts, Awaited, Mark, ReleasePlan};
use crate::protocol::{
    AssetId, AssetState, Reader, ReleaseId, SeenAsset, SeenCheck, SeenRelease, ServiceError,
};
use crate::protocol::{Phase, PhaseId, PhaseReport, Step, Waiting};
use crate::release::asset_image_refs;
use crate::release::image_check::{self, Contents, ImageProblem, ModuleContents};
use crate::release::references::our_release;

/// How to wait, and for whom.
#[derive(Clone, Debug)]
pub struct AwaitOptions {
    /// The longest pause between two looks.
    pub every: Duration,
    /// Wanted of container images, such as `linux/amd64`; with none, those that they have.
    pub platforms: Vec<String>,
    /// Check runs, statuses or workflow runs that make the artifacts.
    pub builders: Vec<NamePattern>,
    /// How long a builder may take to appear.
    pub start_within: Duration,
}

pub struct Await {
    plan: ReleasePlan,
    watch: AwaitOptions,
    memory: Memory,
}

/// What earlier looks of this process saw. It spares requests for what cannot change, and tells a change.
#[derive(Default)]
struct Memory {
    begun: Option<Moment>,
    /// Where the release was found: by its id it costs one conditional request.
    release: Option<ReleaseId>,
    /// By digest, so that it stays true.
    contents: BTreeMap<Digest, Arc<Contents>>,
    hashed: BTreeMap<AssetId, Digest>,
    /// The bytes of assets that lead to images.
    leading: BTreeMap<AssetId, Bytes>,
    before: Before,
}

/// What the look before saw, and how long it had been waited for then: a digest counts once it was the same in two looks.
type Before = BTreeMap<String, (Digest, Duration)>;

struct Seen {
    releases: Vec<SeenRelease>,
    images: BTreeMap<String, SeenImage>,
    hashed: BTreeMap<AssetId, Digest>,
    leading: BTreeMap<AssetId, Bytes>,
    builders: Vec<SeenCheck>,
    waited: Duration,
}

impl Seen {
    fn module(&self, plan: &ReleasePlan) -> Option<&ModuleContents> {
        self.images.values().find_map(|image| match image {
            SeenImage::Whole(_, contents) => contents.module(plan),
            _ => None,
        })
    }
}

enum SeenImage {
    Absent,
    Incomplete(String),
    Whole(Digest, Arc<Contents>),
}

/// How an artifact stands.
#[derive(Debug, PartialEq)]
enum State {
    Absent,
    /// Begun, and not usable yet.
    Incomplete(String),
    /// ExistingRelease, and of another build: listed are what says so.
    Stale(Vec<String>),
    Ready(Box<Artifact>),
}

impl Await {
    pub fn new(plan: ReleasePlan, watch: AwaitOptions) -> Self {
        Self {
            plan,
            watch,
            memory: Memory::default(),
        }
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<Seen, ServiceError> {
        let begun = *self.memory.begun.get_or_insert(reader.now);
        let releases = self.releases(reader).await?;
        let known = &self.memory.contents;
        let platforms = &self.watch.platforms;
        let images = self.plan.images().map(async |(name, image)| {
            Ok::<_, ServiceError>((name, see_image(reader, &image, platforms, known).await?))
        });
        let images: BTreeMap<String, SeenImage> = try_join_all(images).await?.into_iter().collect();
        for image in images.values() {
            if let SeenImage::Whole(digest, contents) = image {
                self.memory.contents.insert(*digest, Arc::clone(contents));
            }
        }
        self.hash_the_silent(reader, &releases).await?;
        self.read_the_leading(reader, &releases).await?;
        let builders = match self.watch.builders.as_slice() {
            [] => vec![],
            _ => reader.github.checks(&self.plan.commit).await?,
        };
        Ok(Seen {
            releases,
            images,
            hashed: self.memory.hashed.clone(),
            leading: self.memory.leading.clone(),
            builders,
            waited: reader.now.since(begun),
        })
    }

    /// Looked for by tag once; then by id, unless it is not there any more.
    async fn releases(&mut self, reader: Reader<'_>) -> Result<Vec<SeenRelease>, ServiceError> {
        if let Some(id) = self.memory.release
            && let Some(release) = reader.github.release(id).await?
        {
            return Ok(vec![release]);
        }
        let releases = reader.github.releases(&self.plan.tag).await?;
        self.memory.release = match releases.as_slice() {
            [one] => Some(one.id),
            _ => None,
        };
        Ok(releases)
    }

    async fn read_the_leading(
        &mut self,
        reader: Reader<'_>,
        releases: &[SeenRelease],
    ) -> Result<(), ServiceError> {
        for asset in releases.iter().flat_map(|release| &release.assets) {
            if !self.memory.leading.contains_key(&asset.id)
                && let Some(bytes) = asset_image_refs::read(reader, &self.plan, asset).await?
            {
                self.memory.leading.insert(asset.id, bytes);
            }
        }
        Ok(())
    }

    /// GitHub tells some digests late or never. An asset that is still silent in a second look is downloaded and hashed.
    async fn hash_the_silent(
        &mut self,
        reader: Reader<'_>,
        releases: &[SeenRelease],
    ) -> Result<(), ServiceError> {
        let planned = |asset: &&SeenAsset| {
            self.plan
                .assets
                .iter()
                .any(|name| name.as_str() == asset.name)
        };
        let assets = releases
            .iter()
            .flat_map(|release| &release.assets)
            .filter(planned);
        for asset in assets.filter(|a| a.state == AssetState::Uploaded && a.digest.is_none()) {
            if !self.memory.hashed.contains_key(&asset.id)
                && reader.now.since(self.memory.begun.unwrap_or_default()) > Duration::ZERO
            {
                let digest = reader.github.hash_asset(asset).await?;
                self.memory.hashed.insert(asset.id, digest);
            }
        }
        Ok(())
    }
}

async fn see_image(
    reader: Reader<'_>,
    image: &ImageRef,
    platforms: &[String],
    known: &BTreeMap<Digest, Arc<Contents>>,
) -> Result<SeenImage, ServiceError> {
    let Some(manifest) = reader.registry.resolve(image).await? else {
        return Ok(SeenImage::Absent);
    };
    if let Some(contents) = known.get(&manifest.digest) {
        return Ok(SeenImage::Whole(manifest.digest, Arc::clone(contents)));
    }
    match image_check::contents(
        reader,
        &image.repository().pinned(manifest.digest),
        platforms,
    )
    .await
    {
        Ok(contents) => Ok(SeenImage::Whole(manifest.digest, Arc::new(contents))),
        Err(ImageProblem::Incomplete(why)) => Ok(SeenImage::Incomplete(why)),
        Err(ImageProblem::Port(error)) => Err(error),
    }
}

#[async_trait]
impl Phase for Await {
    fn id(&self) -> PhaseId {
        PhaseId::Await
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        let decided = decide(&self.plan, &self.watch, &self.memory.before, &seen);
        self.memory.before = decided.digests;
        Ok(decided.step)
    }
}

struct Decided {
    step: Step,
    /// What this look saw, for the next one.
    digests: Before,
}

fn decide(plan: &ReleasePlan, watch: &AwaitOptions, before: &Before, seen: &Seen) -> Decided {
    let blocked = |findings| Decided {
        step: Step::Blocked(findings),
        digests: BTreeMap::new(),
    };
    let (release, mark) = match our_release(plan, &seen.releases) {
        Ok(ours) => ours,
        Err(finding) => return blocked(vec![finding]),
    };
    let mut ready = Artifacts::default();
    let mut digests = BTreeMap::new();
    let mut on = Vec::new();
    for awaited in plan.awaited() {
        let name = awaited.name().to_owned();
        let (what, state) = match &awaited {
            Awaited::Asset(asset) => (
                format!("asset {asset}"),
                asset_state(plan, release, seen, asset),
            ),
            Awaited::Image { image, .. } => (
                format!("image {image}"),
                image_state(plan, &mark, seen, image, &name),
            ),
        };
        match state {
            State::Absent => on.push(format!("{what}: absent")),
            State::Incomplete(why) => on.push(format!("{what}: incomplete, {why}")),
            State::Stale(why) => on.push(format!("{what}: stale, {}", why.join("; "))),
            State::Ready(mut artifact) => {
                let digest = artifact.digest();
                let first = before
                    .get(&name)
                    .filter(|(known, _)| *known == digest)
                    .map(|(_, waited)| *waited);
                digests.insert(name.clone(), (digest, first.unwrap_or(seen.waited)));
                if let Some(waited) = first {
                    artifact.set_waited(waited);
                    ready.0.insert(name, *artifact);
                } else {
                    on.push(format!("{what}: {}, to be seen once more", digest.short()));
                }
            }
        }
    }
    if on.is_empty() {
        let so = format!("all {} artifacts of {} are ready", ready.0.len(), plan.tag);
        let evidence = PhaseReport::new(so).with("artifacts", ready.to_json());
        return Decided {
            step: Step::Done(evidence),
            digests,
        };
    }
    let findings = builders::trouble(plan, watch, seen);
    if !findings.is_empty() {
        return blocked(findings);
    }
    on.extend(builders::at_work(watch, &seen.builders));
    Decided {
        step: Step::Wait(Waiting {
            on,
            every: watch.every,
        }),
        digests,
    }
}

fn asset_state(plan: &ReleasePlan, release: &SeenRelease, seen: &Seen, name: &AssetName) -> State {
    let Some(asset) = release
        .assets
        .iter()
        .find(|asset| asset.name == name.as_str())
    else {
        return State::Absent;
    };
    if asset.state == AssetState::Unfinished {
        return State::Incomplete("its upload is not finished".into());
    }
    let misled: Vec<String> = match seen.leading.get(&asset.id) {
        Some(bytes) => {
            asset_image_refs::wrong_references(plan, &asset.name, bytes, seen.module(plan))
                .into_iter()
                .map(|found| found.why)
                .collect()
        }
        None => vec![],
    };
    match asset.digest.or_else(|| seen.hashed.get(&asset.id).copied()) {
        None => State::Incomplete("GitHub has not told its digest yet".into()),
        Some(_) if !misled.is_empty() => State::Stale(misled),
        Some(digest) => State::Ready(Box::new(Artifact::Asset {
            digest,
            size: asset.size,
            waited: 0,
        })),
    }
}

fn image_state(
    plan: &ReleasePlan,
    mark: &Mark,
    seen: &Seen,
    image: &ImageRef,
    name: &str,
) -> State {
    let (digest, contents) = match seen.images.get(name) {
        None | Some(SeenImage::Absent) => return State::Absent,
        Some(SeenImage::Incomplete(why)) => return State::Incomplete(why.clone()),
        Some(SeenImage::Whole(digest, contents)) => (*digest, contents),
    };
    let mut stale = image_check::disagreements(plan, contents);
    if mark.leftovers.contains(&digest) && !image_check::proves_commit(plan, contents) {
        stale.insert(0, image_check::left_over(digest));
    }
    if !stale.is_empty() {
        return State::Stale(stale);
    }
    State::Ready(Box::new(Artifact::Image {
        digest,
        tagged: image.clone(),
        image: image.repository().pinned(digest),
        platforms: contents.platforms.clone(),
        size: contents.size,
        waited: 0,
    }))
}
