//! Hostile and broken bytes: every reader of the crate answers without panic and keeps to its limits.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::path::Path;

use ocm_module::descriptor::Descriptor;
use proptest::prelude::*;

mod reader;

use reader::{read_all, signed};

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fixtures")
            .join(name),
    )
    .unwrap()
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

/// Found by the fuzzer.
#[test]
fn inputs_that_failed_before_are_read() {
    let floating = "apiVersion: ocm.software/v3alpha1
kind: ComponentVersion
metadata: {name: kyma-project.io/module/btp-operator, version: v1.0.0, provider: {name: internal}}
repositoryContexts: []
spec: {}
more: 0.0
";
    assert!(Descriptor::from_text(floating.as_bytes()).is_ok());
    read_all(floating.as_bytes());
}

#[test]
fn unchanged_inputs_are_read() {
    for bytes in originals() {
        read_all(&bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
        read_all(&bytes);
    }

    #[test]
    fn any_text_is_read(text in "[a-z0-9:\\-\\[\\]{}&*!'\"|>#, \n]{0,300}") {
        read_all(text.as_bytes());
    }

    #[test]
    fn changed_inputs_are_read(
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
