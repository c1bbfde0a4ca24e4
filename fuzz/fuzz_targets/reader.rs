//! Feeds the reader of module images: no panic, bounded memory, no path that leads out of the folder.
//! A start: `cargo +nightly fuzz run reader fuzz/corpus/reader tests/fixtures/module`.

#![no_main]

use std::path::{Component, Path};

use btp_release::module::descriptor::Descriptor;
use btp_release::module::oci::{ComponentConfig, Document};
use btp_release::module::raw_manifest::RawManifest;
use btp_release::module::unpack::{self, Held, Limits};
use btp_release::module::{config, security};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
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
    if let Ok(manifest) = RawManifest::parse("manifest.yaml", bytes) {
        let _ = manifest.check(None);
    }
    let _ = Held::in_layer(bytes);
    let limits = Limits {
        entries: 100,
        file_bytes: 1 << 20,
        total_bytes: 4 << 20,
        absolute_names: false,
    };
    let _ = unpack::files(bytes, &limits, &mut |file| {
        let path = Path::new(file.path.as_str());
        assert!(
            path.components()
                .all(|part| matches!(part, Component::Normal(_)))
        );
        file.content.read_to_end(&mut Vec::new()).map(|_| ())
    });
});
