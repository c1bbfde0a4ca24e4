//! `sec-scanners-config.yaml` with the images of a release.

use std::fmt::Write as _;

use serde_json::Value;

use crate::oci::ImageName;
use crate::yaml::{self, YamlPath, edit};
use crate::{Diagnostic, FormatCode};

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

/// The file that is there, with `rc-tag` as the tag, and with each listed image replaced by the one of the same repository;
/// everything else stays, byte for byte. `name` is the file's name, for diagnostics.
///
/// Images that the release has none of the same repository for stay as they are; `rc-tag` is not added where there is none.
///
/// # Errors
///
/// If the file is not YAML, if the release has two images of a listed repository ([`FormatCode::ScanImageInvalid`]), or if a value
/// cannot be replaced without changing something else.
pub fn scanners_config(
    name: &str,
    existing: &[u8],
    tag: &str,
    images: &[ImageName],
) -> Result<Vec<u8>, Diagnostic> {
    let unreadable = |seen: String| {
        let help = "see the documentation of the file for an example";
        Diagnostic::error(FormatCode::ConfigUnreadable, seen, help).at(name, None)
    };
    let text = std::str::from_utf8(existing);
    let text = text.map_err(|_| unreadable("the file is not UTF-8".to_owned()))?;
    let document = yaml::document(text);
    let document =
        document.map_err(|error| unreadable(format!("the file is not YAML: {error}")))?;
    let mut changes = Vec::new();
    if document.get("rc-tag").is_some() {
        changes.push(("rc-tag".to_owned(), tag.to_owned()));
    }
    for key in ["bdba", "protecode"] {
        let listed = document.get(key).and_then(Value::as_array);
        for (nth, listed) in listed.into_iter().flatten().enumerate() {
            let listed = listed.as_str().and_then(ImageName::parse);
            if let Some(new) = listed
                .map(|listed| replacing(name, &listed, images))
                .transpose()?
                .flatten()
            {
                changes.push((format!("{key}[{nth}]"), new.text.clone()));
            }
        }
    }
    let mut file = existing.to_vec();
    for (path, value) in changes {
        let path: YamlPath = path
            .parse()
            .map_err(|error| unreadable(format!("{error}")))?;
        file = edit(&file, &path, &value).map_err(|error| error.diagnostic(name))?;
    }
    Ok(file)
}

/// The image of the release that takes a listed one's place.
fn replacing<'i>(
    name: &str,
    listed: &ImageName,
    images: &'i [ImageName],
) -> Result<Option<&'i ImageName>, Diagnostic> {
    if images.iter().any(|image| image.text == listed.text) {
        return Ok(None);
    }
    let mut same = images
        .iter()
        .filter(|image| image.repository() == listed.repository());
    match (same.next(), same.next()) {
        (Some(one), Some(other)) => Err(Diagnostic::error(
            FormatCode::ScanImageInvalid,
            format!(
                "{} could become {} or {}",
                listed.text, one.text, other.text
            ),
            "edit the list of images by its paths",
        )
        .at(name, None)),
        (found, _) => Ok(found),
    }
}
