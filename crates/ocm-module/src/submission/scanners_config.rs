//! `sec-scanners-config.yaml` with the images of a release.

use std::fmt::Write as _;

use super::listed_images::ListedImages;
use crate::oci::ImageName;
use crate::{Diagnostic, yaml};

/// What a new file says, in the keys of today (`bdba`, `mend`, `checkmarx-one`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScannersConfig {
    /// The module's short name, such as `btp-operator`.
    pub module_name: String,
    /// The language of the sources, such as `golang-mod`.
    pub language: String,
    /// The preset of Checkmarx One, such as `go-default`.
    pub preset: String,
    /// Patterns of files that are not scanned.
    pub exclude: Vec<String>,
}

impl ScannersConfig {
    /// A new file for a tag and its images.
    pub fn file(&self, tag: &str, images: &[ImageName]) -> String {
        let text = yaml::one_line;
        let mut out = String::new();
        let _ = writeln!(out, "module-name: {}", text(&self.module_name));
        let _ = writeln!(out, "kind: kyma\nrc-tag: {}", text(tag));
        let images = images.iter().map(|image| &*image.text);
        list(&mut out, "", "bdba", images);
        let exclude = || self.exclude.iter().map(String::as_str);
        let _ = writeln!(out, "mend:\n  language: {}", text(&self.language));
        list(&mut out, "  ", "exclude", exclude());
        let _ = writeln!(out, "checkmarx-one:\n  preset: {}", text(&self.preset));
        list(&mut out, "  ", "exclude", exclude());
        out
    }
}

fn list<'t>(out: &mut String, indent: &str, key: &str, items: impl Iterator<Item = &'t str>) {
    let mut items = items.peekable();
    let none = if items.peek().is_none() { " []" } else { "" };
    let _ = writeln!(out, "{indent}{key}:{none}");
    for item in items {
        let _ = writeln!(out, "{indent}  - {}", yaml::one_line(item));
    }
}

/// Where the images are listed, today and in 2023.
const KEYS: [&str; 2] = ["bdba", "protecode"];

/// The file that is there, with `rc-tag` as the tag, and with each image of `bdba` (`protecode` in 2023) replaced by the one of the
/// same repository; everything else stays, byte for byte. `name` is the file's name, for diagnostics.
///
/// Images that the release has none of the same repository for stay as they are, as do those with a tag that moves, such as
/// `latest`; `rc-tag` is not added where there is none.
///
/// # Errors
///
/// If the file is not YAML, if an image of the release could take the place of more than one
/// ([`FormatCode::ScanImageInvalid`]), if it lists none of them ([`FormatCode::ScanImagesMissing`]), or if a value cannot be
/// replaced without changing something else.
///
/// [`FormatCode::ScanImageInvalid`]: crate::FormatCode::ScanImageInvalid
/// [`FormatCode::ScanImagesMissing`]: crate::FormatCode::ScanImagesMissing
pub fn scanners_config(
    name: &str,
    existing: &[u8],
    tag: &str,
    images: &[ImageName],
) -> Result<Vec<u8>, Diagnostic> {
    let mut file = ListedImages::read(name, existing)?;
    file.set("rc-tag", tag)?;
    for key in KEYS {
        file.replace(key, images)?;
    }
    let key = KEYS.into_iter().find(|key| file.has(key));
    file.into_file(key.unwrap_or(KEYS[0]), images)
}
