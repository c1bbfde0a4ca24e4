//! `component-config.yaml` with the images of a release.

use std::fmt::Write as _;

use serde_json::Value;

use super::yaml_layout;
use crate::config::ScannedComponent;
use crate::oci::ImageName;
use crate::{Diagnostic, FormatCode, yaml};

/// A file that is there already, as it is and as it was read.
#[derive(Clone, Copy, Debug)]
pub struct ExistingComponentConfig<'a> {
    /// The file's name, for diagnostics.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
    /// What it was read as.
    pub config: &'a ScannedComponent,
}

/// The images of a release.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScannedImages<'a> {
    /// Those that the manifest runs.
    pub(super) manifest: &'a [ImageName],
    /// Others that are released with them. They are not added to the file, and replace what it lists of the same repository.
    pub(super) others: &'a [ImageName],
}

/// A new file: the component's name, such as `kyma-project.io/module/btp-operator`, the team that answers for findings, such as
/// `kyma/gopher`, and the images to scan.
pub fn component_config(name: &str, team: &str, images: &[ImageName]) -> String {
    let images: Vec<_> = images.iter().map(|image| image.text.as_str()).collect();
    layout(&[("name", name), ("team", team)], &images)
}

/// The file that is there, with the images of the release. What else is in the file, and the order of its images, stays.
///
/// An image of the file is replaced by the one of the same repository; one that the manifest does not run is kept with a
/// warning, since a manager may run images that no manifest shows.
pub(super) fn updated_component_config(
    existing: ExistingComponentConfig<'_>,
    images: ScannedImages<'_>,
) -> (String, Vec<Diagnostic>) {
    let update = Update::plan(existing.config, images);
    let mut found: Vec<_> = update
        .kept
        .iter()
        .map(|kept| kept_image(existing, *kept))
        .collect();
    let wanted = update.images();
    let edited = update
        .edit(existing)
        .filter(|text| has_only_these_images(text, existing, &wanted));
    let text = edited.unwrap_or_else(|| {
        let reformatted = Diagnostic::warning(
            FormatCode::ComponentConfigReformatted,
            "the list of images is not written as one image a line, so the file is written anew, without its comments",
            "write images as a list with - before each image, on lines of their own",
        );
        found.push(reformatted.at(existing.name, None));
        reformatted_file(existing.config, &wanted)
    });
    (text, found)
}

/// What becomes of the images of a file.
struct Update<'a> {
    /// For each image of the file, the one that takes its place, which may be the same.
    replaced: Vec<&'a ImageName>,
    /// Which of the file's images the release does not know.
    kept: Vec<usize>,
    /// Images that the file does not have.
    added: Vec<&'a ImageName>,
}

impl<'a> Update<'a> {
    fn plan(config: &'a ScannedComponent, images: ScannedImages<'a>) -> Self {
        let mut left: Vec<&ImageName> = images.manifest.iter().collect();
        // An image that is listed as it is stays where it is; only then may another of its repository take its place.
        let same: Vec<_> = config
            .images
            .iter()
            .map(|(listed, _)| take(&mut left, |image| image.text == listed.text))
            .collect();
        let (mut replaced, mut kept) = (Vec::new(), Vec::new());
        for (at, (listed, _)) in config.images.iter().enumerate() {
            let same = same.get(at).copied().flatten();
            let repository = |image: &&ImageName| image.repository() == listed.repository();
            let new = same
                .or_else(|| take(&mut left, |image| repository(&image)))
                .or_else(|| images.others.iter().find(repository));
            if new.is_none() {
                kept.push(at);
            }
            replaced.push(new.unwrap_or(listed));
        }
        Self {
            replaced,
            kept,
            added: left,
        }
    }

    /// The list of the new file.
    fn images(&self) -> Vec<&'a str> {
        let images = self.replaced.iter().chain(&self.added);
        images.map(|image| image.text.as_str()).collect()
    }

    /// The text with its images replaced in their places and new ones behind the last; nothing where that is not possible.
    fn edit(&self, existing: ExistingComponentConfig<'_>) -> Option<String> {
        let mut lines: Vec<String> = existing.text.split('\n').map(str::to_owned).collect();
        let mut end_of_list = None;
        for ((listed, position), new) in existing.config.images.iter().zip(&self.replaced) {
            let at = (*position)?;
            let line = lines.get_mut(at.line.checked_sub(1)?)?;
            let start = line.char_indices().nth(at.column.checked_sub(1)?)?.0;
            let (before, rest) = line.split_at(start);
            end_of_list = Some((at.line, before.to_owned()));
            *line = format!("{before}{}", rest.replacen(&listed.text, &new.text, 1));
        }
        let (line, before) = match end_of_list {
            Some(end) => end,
            None => (begin_list(&mut lines), "  - ".to_owned()),
        };
        let ends_with_return = lines.first().is_some_and(|line| line.ends_with('\r'));
        let end = if ends_with_return { "\r" } else { "" };
        let added = self.added.iter();
        let added = added.map(|image| format!("{before}{}{end}", image.text));
        lines.splice(line..line, added);
        Some(lines.join("\n"))
    }
}

/// Makes a list without images ready for some, behind the line of the number that it returns.
fn begin_list(lines: &mut Vec<String>) -> usize {
    let is_key = |line: &String| line.trim_end().trim_end_matches("[]").trim_end() == "images:";
    let at = lines.iter().position(is_key).unwrap_or_else(|| {
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines.extend(["images:".to_owned(), String::new()]);
        lines.len().saturating_sub(2)
    });
    if let Some(line) = lines.get_mut(at) {
        "images:".clone_into(line);
    }
    at.saturating_add(1)
}

/// Takes the first image that fits.
fn take<'a>(
    images: &mut Vec<&'a ImageName>,
    fits: impl Fn(&ImageName) -> bool,
) -> Option<&'a ImageName> {
    let at = images.iter().position(|image| fits(image))?;
    Some(images.remove(at))
}

/// Whether a text is what the file was, but for its images.
fn has_only_these_images(
    text: &str,
    existing: ExistingComponentConfig<'_>,
    images: &[&str],
) -> bool {
    let (Ok(mut before), Ok(after)) = (yaml::document(existing.text), yaml::document(text)) else {
        return false;
    };
    if let Some(keys) = before.as_object_mut() {
        keys.insert("images".into(), Value::from(images.to_vec()));
    }
    before == after
}

fn kept_image(existing: ExistingComponentConfig<'_>, at: usize) -> Diagnostic {
    let (text, position) = existing
        .config
        .images
        .get(at)
        .map_or(("", None), |(image, position)| {
            (image.text.as_str(), *position)
        });
    Diagnostic::warning(
        FormatCode::ComponentConfigImageKept,
        format!("the manifest does not run {text}, which stays in the list"),
        "take it out if the module does not use it; if its manager runs it, name it in an environment variable of the manager, so that Lifecycle Manager knows it",
    )
    .at(existing.name, position)
}

fn reformatted_file(config: &ScannedComponent, images: &[&str]) -> String {
    let mut text = layout(&[("name", &config.name), ("team", &config.team)], images);
    if !config.more.is_empty() {
        text += &yaml::to_string(&Value::Object(config.more.clone()));
    }
    text
}

/// The layout of the file in Kyma's repositories.
fn layout(texts: &[(&str, &str)], images: &[&str]) -> String {
    let mut text = String::new();
    for (key, value) in texts {
        let _ = writeln!(text, "{key}: {}", yaml_layout::scalar(value));
    }
    text += if images.is_empty() {
        "images: []\n"
    } else {
        "images:\n"
    };
    for image in images {
        let _ = writeln!(text, "  - {}", yaml_layout::scalar(image));
    }
    text
}

#[cfg(test)]
mod tests;
