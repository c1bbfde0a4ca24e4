//! The files under `fixtures`: bytes that other tools wrote.

use std::path::Path;

/// One folder for each format whose bytes are fully known.
pub(super) const GOLDEN: [&str; 2] = ["golden-cli-2.15", "golden-cli-2.20"];

pub(super) fn read(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(super) fn text(name: &str) -> String {
    String::from_utf8(read(name)).unwrap()
}

/// One descriptor for each era of tools, under `eras`.
pub(super) const ERAS: [&str; 5] = [
    "gardener-2022.yaml",
    "cli-2.15-scanned.yaml",
    "cli-2.19.yaml",
    "modulectl-transferred.yaml",
    "v3alpha1.yaml",
];
