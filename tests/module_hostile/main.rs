//! The reader of module images before bytes that mean harm or are merely broken: it answers, and it stays in its folder.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::path::Path;

use btp_release::module::descriptor::Descriptor;
use btp_release::module::oci::{ComponentConfig, Document};
use btp_release::module::raw_manifest::RawManifest;
use btp_release::module::unpack::{self, Held, Limits};
use btp_release::module::{config, security, select, yaml};
use proptest::prelude::*;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/module")
            .join(name),
    )
    .unwrap()
}

/// Everything that reads, on the same bytes.
fn read_all(bytes: &[u8]) {
    let _ = Document::parse(bytes);
    let _ = ComponentConfig::parse(bytes);
    for descriptor in [Descriptor::from_tar(bytes), Descriptor::from_text(bytes)]
        .into_iter()
        .flatten()
    {
        let json = descriptor.to_value().to_string();
        assert_eq!(Descriptor::from_text(json.as_bytes()).unwrap(), descriptor);
        // Quoting may make it longer than what is read.
        if let Ok(again) = Descriptor::from_text(yaml::to_string(&descriptor.to_value()).as_bytes())
        {
            assert_eq!(again, descriptor);
        }
    }
    let _ = config::parse("c", bytes);
    let _ = security::parse("s", bytes);
    let _ = select::is_raw_manifest(bytes);
    if let Ok(manifest) = RawManifest::parse("m", bytes) {
        let _ = (
            manifest.check(None),
            manifest.images(),
            manifest.check_default_cr(&manifest.crds()),
        );
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
                .all(|part| matches!(part, std::path::Component::Normal(_))),
            "{}",
            path.display()
        );
        total += file.content.read_to_end(&mut Vec::new())?;
        Ok(())
    });
    assert!(total <= 4 << 20);
}

fn originals() -> Vec<Vec<u8>> {
    let archive = fixture("golden-cli-2.15/component-descriptor.tar");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &archive).unwrap();
    vec![
        gzip.finish().unwrap(),
        archive,
        fixture("ocm-annotation/v1b.tar"),
        fixture("golden-cli-2.15/manifest.json"),
        fixture("golden-cli-2.15/config.json"),
        fixture("golden-cli-2.20/component-descriptor.yaml"),
        fixture("eras/modulectl-transferred.yaml"),
        fixture("eras/v3alpha1.yaml"),
        b"name: a.io/b\nversion: 1.0.0\nchannel: fast\nmanifest: m\nicons: [{name: a, link: b}]\n"
            .to_vec(),
        b"bdba: [a:1]\nmend: {language: x, exclude: [y]}\n".to_vec(),
    ]
}

/// The archive with checksums that fit its headers, which a change of theirs would otherwise make no headers.
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

/// Found by the fuzzer.
#[test]
fn what_failed_once_is_read() {
    let floating = "apiVersion: ocm.software/v3alpha1
metadata: {name: kyma-project.io/module/btp-operator, version: v1.0.0, provider: {name: internal}}
repositoryContexts: []
spec: {}
more: 0.0
";
    assert!(Descriptor::from_text(floating.as_bytes()).is_ok());
    read_all(floating.as_bytes());
}

#[test]
fn the_originals_are_read() {
    for bytes in originals() {
        read_all(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        read_all(&bytes);
    }

    #[test]
    fn any_text(text in "[a-z0-9:\\-\\[\\]{}&*!'\"|>#, \n]{0,300}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn changed_originals(
        which in 0..10_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = originals().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
        read_all(&signed(&bytes));
    }
}
