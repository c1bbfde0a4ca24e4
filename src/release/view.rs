//! The current state of one release: its tag, its assets, its images and the checks at its commit. Every phase that
//! depends on a release reads it here; each part is read once in a step, and only if the phase needs it.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::try_join_all;

use super::asset_image_refs;
use super::image_check::ModuleContents;
pub(crate) use super::image_reader::Trust;
use super::image_reader::{ImageCache, ImageQuery, ImageState, read_image};
use super::manifest_images::ReleaseImages;
use super::mismatch::Mismatch;
use crate::domain::{Code, CommitSha, Digest, Tag};
use crate::plan::{EVIDENCE, MODULE_IMAGE, ReleasePlan, SECOND_MODULE_IMAGE, Wanted};
use crate::protocol::{
    AssetId, AssetState, Reader, ReleaseId, SeenAsset, SeenCheck, SeenRelease, ServiceError,
};

/// The state that was read. A part that was not requested is empty.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReleaseView {
    /// The commit that the tag points at.
    pub(crate) tag: Option<CommitSha>,
    pub(crate) releases: Vec<SeenRelease>,
    /// Digests that GitHub does not return, computed by downloading.
    pub(crate) hashed: BTreeMap<AssetId, Digest>,
    /// The contents of the assets that name images.
    pub(crate) asset_texts: BTreeMap<AssetId, Bytes>,
    /// By name among the artifacts.
    pub(crate) images: BTreeMap<String, ImageState>,
    pub(crate) checks: Vec<SeenCheck>,
}

impl ReleaseView {
    /// The tag and the releases of its name, which is all that some phases need.
    pub(crate) async fn tag_and_releases(
        reader: Reader<'_>,
        tag: &Tag,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            tag: reader.github.tag(tag).await?,
            releases: reader.github.releases(tag).await?,
            ..Self::default()
        })
    }

    pub(crate) fn assets(&self) -> impl Iterator<Item = &SeenAsset> {
        self.releases.iter().flat_map(|release| &release.assets)
    }

    /// As returned by GitHub, or as computed by downloading.
    pub(crate) fn digest(&self, asset: &SeenAsset) -> Option<Digest> {
        asset.digest.or_else(|| self.hashed.get(&asset.id).copied())
    }

    /// The asset with the evidence, where it was uploaded in full.
    pub(crate) fn evidence(&self) -> Option<&SeenAsset> {
        self.assets()
            .find(|asset| asset.name == EVIDENCE && asset.state == AssetState::Uploaded)
    }

    pub(crate) fn is_published(&self) -> bool {
        self.releases.iter().any(|release| !release.draft)
    }

    /// The images of the release, with the digests that were read.
    pub(crate) fn release_images(&self, plan: &ReleasePlan) -> ReleaseImages {
        ReleaseImages::new(plan, |name| self.images.get(name)?.digest())
    }

    /// The module of the module image, where that is complete.
    pub(crate) fn module(&self, plan: &ReleasePlan) -> Option<&ModuleContents> {
        self.images.values().find_map(|image| match image {
            ImageState::Complete { contents, .. } => contents.module(plan),
            ImageState::Absent | ImageState::Incomplete { .. } => None,
        })
    }

    /// Why an image is not the module image, of which it has the second tag: what is tested by the one tag would not be what is
    /// installed by the other.
    pub(crate) fn other_module_image(&self, name: &str, digest: Digest) -> Option<Mismatch> {
        let first = self.images.get(MODULE_IMAGE)?.digest()?;
        (name == SECOND_MODULE_IMAGE && digest != first).then(|| Mismatch {
            code: Code::ImageOfAnotherBuild,
            seen: format!("it is {}", digest.short()),
            wanted: Some(format!("{}, as {MODULE_IMAGE}", first.short())),
        })
    }
}

/// The data that is kept from one step to the next.
pub(crate) struct ReleaseCache {
    trust: Trust,
    /// Where the release was found: by its id it costs one conditional request.
    release: Option<ReleaseId>,
    hashed: BTreeMap<AssetId, Digest>,
    texts_by_digest: BTreeMap<Digest, Bytes>,
    texts_by_id: BTreeMap<AssetId, Bytes>,
    images: BTreeMap<String, ImageCache>,
}

impl ReleaseCache {
    pub(crate) fn new(trust: Trust) -> Self {
        Self {
            trust,
            release: None,
            hashed: BTreeMap::new(),
            texts_by_digest: BTreeMap::new(),
            texts_by_id: BTreeMap::new(),
            images: BTreeMap::new(),
        }
    }

    /// Begins a step: everything is to be read.
    pub(crate) fn view<'a>(&'a mut self, reader: Reader<'a>, tag: &'a Tag) -> ViewReader<'a> {
        self.view_from(reader, tag, ReleaseView::default())
    }

    /// Begins a step from what an earlier one has read: only parts of it are to be read again.
    pub(crate) fn view_from<'a>(
        &'a mut self,
        reader: Reader<'a>,
        tag: &'a Tag,
        view: ReleaseView,
    ) -> ViewReader<'a> {
        ViewReader {
            reader,
            tag,
            cache: self,
            view,
        }
    }

    /// The release as far as it is known already, and the statuses of its commit.
    pub(crate) async fn statuses(
        &mut self,
        reader: Reader<'_>,
        wanted: &Wanted,
    ) -> Result<ReleaseView, ServiceError> {
        let mut view = self.view(reader, &wanted.tag);
        view.known_release().await?;
        view.statuses(&wanted.commit).await?;
        Ok(view.finish())
    }

    fn text(&self, asset: &SeenAsset) -> Option<&Bytes> {
        match (&asset.digest, self.trust) {
            (Some(digest), _) => self.texts_by_digest.get(digest),
            (None, Trust::EarlierSteps) => self.texts_by_id.get(&asset.id),
            (None, Trust::DigestsOnly) => None,
        }
    }

    fn keep_text(&mut self, asset: &SeenAsset, text: Bytes) {
        match asset.digest {
            Some(digest) => self.texts_by_digest.insert(digest, text),
            None => self.texts_by_id.insert(asset.id, text),
        };
    }
}

/// Reads the parts of a release that a phase asks for.
pub(crate) struct ViewReader<'a> {
    reader: Reader<'a>,
    tag: &'a Tag,
    cache: &'a mut ReleaseCache,
    view: ReleaseView,
}

impl ViewReader<'_> {
    /// The state that was read so far.
    pub(crate) fn so_far(&self) -> &ReleaseView {
        &self.view
    }

    pub(crate) fn finish(self) -> ReleaseView {
        self.view
    }

    /// Reads the commit that the tag points at.
    pub(crate) async fn tag(&mut self) -> Result<(), ServiceError> {
        self.view.tag = self.reader.github.tag(self.tag).await?;
        Ok(())
    }

    /// All releases of the tag.
    pub(crate) async fn releases(&mut self) -> Result<(), ServiceError> {
        self.view.releases = self.reader.github.releases(self.tag).await?;
        self.cache.release = match self.view.releases.as_slice() {
            [one] => Some(one.id),
            _ => None,
        };
        Ok(())
    }

    /// The release by the id that an earlier step found; all releases of the tag, where it does not exist any more.
    pub(crate) async fn known_release(&mut self) -> Result<(), ServiceError> {
        if let Some(id) = self.cache.release
            && let Some(release) = self.reader.github.release(id).await?
        {
            self.view.releases = vec![release];
            return Ok(());
        }
        self.releases().await
    }

    /// Computes the digests that GitHub does not return, of those assets that are `wanted`.
    pub(crate) async fn digests(
        &mut self,
        wanted: impl Fn(&SeenAsset) -> bool,
    ) -> Result<(), ServiceError> {
        let trusted = self.cache.trust == Trust::EarlierSteps;
        let without_digest = |asset: &&SeenAsset| {
            asset.state == AssetState::Uploaded && asset.digest.is_none() && wanted(asset)
        };
        for asset in self
            .view
            .releases
            .iter()
            .flat_map(|r| &r.assets)
            .filter(without_digest)
        {
            let known = self.cache.hashed.get(&asset.id).filter(|_| trusted);
            let digest = match known {
                Some(digest) => *digest,
                None => self.reader.github.hash_asset(asset).await?,
            };
            self.cache.hashed.insert(asset.id, digest);
            self.view.hashed.insert(asset.id, digest);
        }
        Ok(())
    }

    /// The contents of the assets that name the plan's images.
    pub(crate) async fn asset_texts(&mut self, plan: &ReleasePlan) -> Result<(), ServiceError> {
        let names_images = |asset: &&SeenAsset| asset_image_refs::names_images(plan, asset);
        let assets = self.view.releases.iter().flat_map(|r| &r.assets);
        for asset in assets.filter(names_images) {
            let text = if let Some(known) = self.cache.text(asset) {
                known.clone()
            } else {
                let limit = asset_image_refs::MAX_BYTES;
                let text = self.reader.github.read_asset(asset, limit).await?;
                self.cache.keep_text(asset, text.clone());
                text
            };
            self.view.asset_texts.insert(asset.id, text);
        }
        Ok(())
    }

    /// The images, read concurrently: what their tags resolve to, and whether each is complete.
    pub(crate) async fn images(
        &mut self,
        queries: impl IntoIterator<Item = ImageQuery>,
    ) -> Result<(), ServiceError> {
        let (reader, trust) = (self.reader, self.cache.trust);
        let kept = &mut self.cache.images;
        let reads = queries.into_iter().map(|query| {
            let mut cache = kept.remove(&query.name).unwrap_or_default();
            async move {
                let state = read_image(reader, &query, trust, &mut cache).await?;
                Ok::<_, ServiceError>((query.name, state, cache))
            }
        });
        let reads: Vec<_> = reads.collect();
        for (name, state, cache) in try_join_all(reads).await? {
            self.cache.images.insert(name.clone(), cache);
            self.view.images.insert(name, state);
        }
        Ok(())
    }

    /// Check runs, commit statuses and workflow runs at the commit.
    pub(crate) async fn checks(&mut self, commit: &CommitSha) -> Result<(), ServiceError> {
        self.view.checks = self.reader.github.checks(commit).await?;
        Ok(())
    }

    /// The commit statuses only, for phases that need no other check.
    pub(crate) async fn statuses(&mut self, commit: &CommitSha) -> Result<(), ServiceError> {
        self.view.checks = self.reader.github.statuses(commit).await?;
        Ok(())
    }
}
