//! Images of before May 2023, in which only the content of the layers tells which one is the manifest: the file of each is written
//! into a hidden folder, and that of the manifest is moved to its place.

use std::path::{Path, PathBuf};

use super::{CHART_ARCHIVE, FetchModule, FetchedModule, LAYERS, MANIFEST, ManifestKind};
use crate::protocol::{Action, LayerFile, LayerHolds, Reader, Step};
use crate::release::module_image::ModuleImageError;
use ocm_module::read::{CandidateContent, Layer, ResolvedManifest, select_by_content};

fn copy_of(folder: &Path, nth: usize) -> PathBuf {
    folder.join(LAYERS).join(nth.to_string())
}

impl FetchModule {
    /// Finds the manifest among the candidates of a module; or answers what has to be done first.
    pub(super) async fn find_manifest(
        &mut self,
        reader: Reader<'_>,
        module: &mut FetchedModule,
    ) -> Result<Option<Step>, ModuleImageError> {
        if !self.copied {
            if let Some(known) = self.complete_folder(reader, module).await? {
                *module = known;
                return Ok(None);
            }
            self.copied = true;
            return Ok(Some(self.take(module)));
        }
        let mut found = Vec::new();
        let mut digests = Vec::new();
        for (nth, layer) in module.candidates.iter().enumerate() {
            let copy = copy_of(&self.folder, nth);
            let seen = reader.files.layer(&copy).await?;
            let Some(seen) = seen.filter(|seen| seen.digest == layer.blob.digest) else {
                // It was changed or removed, and is read once more.
                return Ok(Some(self.take(module)));
            };
            let (candidate, digest) = match seen.holds {
                LayerHolds::Chart => (CandidateContent::Chart, None),
                LayerHolds::File(digest) if reader.files.is_raw_manifest(&copy).await? => {
                    (CandidateContent::RawManifest, Some(digest))
                }
                LayerHolds::File(_) => (CandidateContent::Other, None),
                LayerHolds::Nothing(why) => return Err(why.into()),
            };
            found.push((layer.clone(), candidate));
            digests.push(digest);
        }
        let (kind, layer) = match select_by_content(&module.descriptor, &found)? {
            ResolvedManifest::HelmChart(layer) => (ManifestKind::HelmChart, layer),
            ResolvedManifest::RawManifest(layer) => (ManifestKind::RawManifest, layer),
        };
        let nth = found.iter().position(|(of, _)| *of == layer);
        *module = module.with_manifest(kind, layer);
        if let (ManifestKind::RawManifest, Some(nth), Some(file)) =
            (kind, nth, module.files.first_mut())
        {
            file.digest = digests.get(nth).copied().flatten();
            file.copy = Some(copy_of(&self.folder, nth));
        }
        Ok(None)
    }

    fn take(&self, module: &FetchedModule) -> Step {
        let files = module
            .candidates
            .iter()
            .enumerate()
            .map(|(nth, layer)| LayerFile {
                layer: layer.blob.digest,
                size: layer.blob.size,
                to: copy_of(&self.folder, nth),
            });
        Step::Act(vec![Action::TakeFromLayers {
            repository: module.image.repository.clone(),
            files: files.collect(),
        }])
    }

    /// The module with its manifest, if the folder is complete: its index names the layer.
    async fn complete_folder(
        &self,
        reader: Reader<'_>,
        module: &FetchedModule,
    ) -> Result<Option<FetchedModule>, ModuleImageError> {
        for (kind, file) in [
            (ManifestKind::RawManifest, MANIFEST),
            (ManifestKind::HelmChart, CHART_ARCHIVE),
        ] {
            if reader.files.file(&self.folder.join(file)).await?.is_none() {
                continue;
            }
            let with = |layer: &Layer| module.with_manifest(kind, layer.clone());
            let possible: Vec<_> = module.candidates.iter().map(with).collect();
            let Some(first) = possible.first() else {
                continue;
            };
            let seen = self.folder_state(reader, first).await?;
            let known = possible.into_iter().find(|known| seen.is_complete(known));
            if known.is_some() {
                return Ok(known);
            }
        }
        Ok(None)
    }
}
