//! All readers of the crate, on the same bytes. The fuzz target includes this file.

use std::path::{Component, Path};

use ocm_module::archive::{AbsolutePaths, ArchiveLimits, LayerContent, unpack_archive};
use ocm_module::config::{ModuleConfig, SecurityScan};
use ocm_module::descriptor::{Descriptor, MAX_DESCRIPTOR};
use ocm_module::oci::{ComponentConfig, ImageDocument};
use ocm_module::raw_manifest::{CrdRule, ImagePin, RawManifest, is_raw_manifest};
use ocm_module::values::Digest;
use ocm_module::yaml;

/// Runs every reader. For any bytes, each one returns, respects the limits and yields no path outside of the folder.
pub(crate) fn read_all(bytes: &[u8]) {
    let _ = ImageDocument::parse(bytes);
    let _ = ComponentConfig::parse(bytes);
    for descriptor in [Descriptor::from_tar(bytes), Descriptor::from_text(bytes)]
        .into_iter()
        .flatten()
    {
        let value = descriptor.to_value();
        for written in [value.to_string(), yaml::to_string(&value)] {
            // Quoting may make it longer than the limit.
            if written.len() <= MAX_DESCRIPTOR {
                let again = Descriptor::from_text(written.as_bytes()).unwrap();
                assert_eq!(again, descriptor);
            }
        }
    }
    let _ = ModuleConfig::parse("c", bytes);
    let _ = SecurityScan::parse("s", bytes);
    let _ = is_raw_manifest(bytes);
    if let Ok(manifest) = RawManifest::parse("m", bytes) {
        let _ = (
            manifest.check(CrdRule::Required, None),
            manifest.images(),
            manifest.check_default_cr(&manifest.crds()),
        );
        let images = manifest.images().into_iter().take(10);
        let pins: Vec<_> = images
            .filter_map(|image| ImagePin::new(&image.text.parse().ok()?, Digest::of(bytes)))
            .collect();
        if let Ok(pinned) = manifest.pin(&pins) {
            let again = RawManifest::parse("m", pinned.manifest.text().as_bytes()).unwrap();
            assert_eq!(again.images().len(), manifest.images().len());
        }
    }
    let _ = LayerContent::read(bytes);
    let limits = ArchiveLimits {
        entries: 100,
        file_bytes: 1 << 20,
        total_bytes: 4 << 20,
        absolute_paths: AbsolutePaths::Refused,
    };
    let mut total = 0;
    let _ = unpack_archive(bytes, &limits, &mut |file| {
        let path = Path::new(file.path.as_str());
        assert!(
            path.components()
                .all(|part| matches!(part, Component::Normal(_))),
            "{}",
            path.display()
        );
        total += file.content.read_to_end(&mut Vec::new())?;
        Ok(())
    });
    assert!(total <= 4 << 20);
}

/// The archive with correct checksums: without them, a changed header would not be read as one.
pub(crate) fn signed(bytes: &[u8]) -> Vec<u8> {
    let mut tar = bytes.to_vec();
    for block in tar.chunks_exact_mut(512) {
        if block.get(257..262) == Some(b"ustar") {
            block[148..156].fill(b' ');
            let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
            block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        }
    }
    tar
}
