//! Feeds the reader of module images: no panic, bounded memory, no path that leads out of the folder.
//! CONTRIBUTING.md says how it is run.

#![no_main]

use std::path::{Component, Path};

use btp_release::module::descriptor::Descriptor;
use btp_release::module::oci::{ComponentConfig, Document};
use btp_release::module::raw_manifest::RawManifest;
use btp_release::module::unpack::{self, Held, Limits};
use btp_release::module::{config, security, select};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    // A header that was changed is one only with its checksum.
    read(&signed(bytes));
});

fn signed(bytes: &[u8]) -> Vec<u8> {
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

fn read(bytes: &[u8]) {
    let _ = Document::parse(bytes);
    let _ = ComponentConfig::parse(bytes);
    for descriptor in [Descriptor::from_tar(bytes), Descriptor::from_text(bytes)]
        .into_iter()
        .flatten()
    {
        let written = btp_release::module::yaml::to_string(&descriptor.to_value());
        // Quoting may make it longer than what is read.
        if let Ok(again) = Descriptor::from_text(written.as_bytes()) {
            assert_eq!(again, descriptor);
        }
    }
    let _ = config::parse("module-config.yaml", bytes);
    let _ = security::parse("sec-scanners-config.yaml", bytes);
    let _ = select::is_raw_manifest(bytes);
    if let Ok(manifest) = RawManifest::parse("manifest.yaml", bytes) {
        let _ = manifest.check(None);
        let _ = manifest.images();
        let _ = manifest.check_default_cr(&manifest.crds());
    }
    let _ = Held::in_layer(bytes);
    let limits = Limits {
        entries: 100,
        file_bytes: 1 << 20,
        total_bytes: 4 << 20,
        absolute_names: false,
    };
    let mut total = 0;
    let _ = unpack::files(bytes, &limits, &mut |file| {
        let path = Path::new(file.path.as_str());
        assert!(
            path.components()
                .all(|part| matches!(part, Component::Normal(_)))
        );
        total += file.content.read_to_end(&mut Vec::new())?;
        Ok(())
    });
    assert!(total <= 4 << 20);
}
