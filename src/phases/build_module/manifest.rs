//! The manifest, which is read once in a process, and once more with the digests of its images.

use std::sync::Arc;

use ocm_module::Diagnostic;
use ocm_module::raw_manifest::{ImagePin, RawManifest};

/// The manifest as it was read last. The file may change between two steps, and is only then read as YAML again.
#[derive(Default)]
pub(super) struct ManifestCache {
    read: Option<Arc<RawManifest>>,
    pinned: Option<Pinned>,
}

/// The manifest with the digests of these images.
#[derive(Clone)]
pub(super) struct Pinned {
    of: Vec<ImagePin>,
    pub(super) manifest: Arc<RawManifest>,
    /// The images without a digest.
    pub(super) unpinned: Vec<String>,
}

impl ManifestCache {
    /// The manifest in a file.
    ///
    /// # Errors
    ///
    /// As [`RawManifest::parse`].
    pub(super) fn read(
        &mut self,
        file: &str,
        bytes: &[u8],
    ) -> Result<Arc<RawManifest>, Diagnostic> {
        let known = self.read.as_ref();
        let is_known =
            |known: &&Arc<RawManifest>| known.file() == file && known.text().as_bytes() == bytes;
        if let Some(known) = known.filter(is_known) {
            return Ok(Arc::clone(known));
        }
        *self = Self::default();
        let manifest = Arc::new(RawManifest::parse(file, bytes)?);
        self.read = Some(Arc::clone(&manifest));
        Ok(manifest)
    }

    /// The manifest of the last [`ManifestCache::read`] with the digests of its images; nothing if none could be read.
    ///
    /// # Errors
    ///
    /// As [`RawManifest::pin`].
    pub(super) fn pin(&mut self, pins: &[ImagePin]) -> Option<Result<Pinned, Vec<Diagnostic>>> {
        let manifest = self.read.as_ref()?;
        if let Some(pinned) = self.pinned.as_ref().filter(|pinned| pinned.of == pins) {
            return Some(Ok(pinned.clone()));
        }
        Some(manifest.pin(pins).map(|pinned| {
            let pinned = Pinned {
                of: pins.to_vec(),
                manifest: Arc::new(pinned.manifest),
                unpinned: pinned.unpinned,
            };
            self.pinned = Some(pinned.clone());
            pinned
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: r.example/a:1}]}\n";

    fn pin(bytes: &[u8]) -> ImagePin {
        let image = "r.example/a:1".parse().unwrap();
        ImagePin::new(&image, Digest::of(bytes)).unwrap()
    }

    #[test]
    fn manifest_is_read_again_only_if_its_file_changed() {
        let mut cache = ManifestCache::default();
        let first = cache.read("m", POD.as_bytes()).unwrap();
        assert!(Arc::ptr_eq(
            &first,
            &cache.read("m", POD.as_bytes()).unwrap()
        ));
        let changed = POD.replace("a:1", "a:2");
        let other = cache.read("m", changed.as_bytes()).unwrap();
        assert_eq!(other.text(), changed);
        assert_eq!(cache.read("n", changed.as_bytes()).unwrap().file(), "n");
        assert!(cache.read("m", b"a: [").is_err());
        assert!(cache.pin(&[pin(b"1")]).is_none());
    }

    #[test]
    fn digests_are_added_again_only_if_they_or_the_file_changed() {
        let mut cache = ManifestCache::default();
        cache.read("m", POD.as_bytes()).unwrap();
        let pinned = |cache: &mut ManifestCache, bytes: &[u8]| {
            cache.pin(&[pin(bytes)]).unwrap().unwrap().manifest
        };
        let first = pinned(&mut cache, b"1");
        assert!(first.text().contains(&Digest::of(b"1").to_string()));
        assert!(Arc::ptr_eq(&first, &pinned(&mut cache, b"1")));
        let second = pinned(&mut cache, b"2");
        assert!(second.text().contains(&Digest::of(b"2").to_string()));
        cache
            .read("m", POD.replace("name: a}", "name: b}").as_bytes())
            .unwrap();
        assert!(pinned(&mut cache, b"2").text().contains("name: b}"));
    }
}
