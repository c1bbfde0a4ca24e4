//! The artifacts with their references and digests.

use std::fmt::Write as _;

use super::page::{SummaryPage, table, time, unbroken};
use super::text::{block, bounded, code, link};
use crate::domain::ImageRef;
use crate::plan::Artifact;
use crate::protocol::{PhaseId, ReleaseFacts};

/// How many rows the table has; the list below it has all artifacts.
const MOST_ROWS: usize = 100;
/// How many characters of a name are shown.
const LONGEST: usize = 200;

/// A table with short digests, and a list of the full ones, which can be copied.
pub(super) fn add(page: &mut SummaryPage, phase: PhaseId, facts: &ReleaseFacts) {
    let artifacts = &facts.artifacts.0;
    let rows = artifacts.iter().take(MOST_ROWS);
    let rows = rows.map(|(name, artifact)| {
        [
            reference(facts, name, artifact),
            code(&format!("sha256:{}", artifact.digest().short())),
            unbroken(&size(artifact.size())),
            waited(phase, artifact),
        ]
    });
    let head = [
        ("artifact", "---"),
        ("digest", "---"),
        ("size", "---:"),
        ("waited", "---:"),
    ];
    let mut all = table(head, rows);
    if artifacts.len() > MOST_ROWS {
        let more = artifacts.len() - MOST_ROWS;
        let _ = writeln!(all, "\n… and {more} more, which are listed below.");
    }
    page.section(heading(facts), &all);
    let lines = artifacts.iter().map(|(name, artifact)| match artifact {
        Artifact::Asset { digest, .. } => format!("{digest}  {}\n", one_line(name)),
        Artifact::Image { tagged, digest, .. } => format!("{tagged}@{digest}\n"),
    });
    let lines: String = lines.collect();
    if !lines.is_empty() {
        page.folded("Full digests, to copy", &block("", &lines));
    }
}

/// Says that there are more to come, where that is so.
fn heading(facts: &ReleaseFacts) -> &'static str {
    let planned = facts.plan.as_ref().map_or(0, |plan| plan.awaited().len());
    if facts.artifacts.0.len() < planned {
        "Artifacts so far"
    } else {
        "Artifacts"
    }
}

/// An artifact's name, with a link to where it can be opened.
fn reference(facts: &ReleaseFacts, name: &str, artifact: &Artifact) -> String {
    match artifact {
        Artifact::Asset { .. } => {
            let name = bounded(name, LONGEST);
            match asset_page(facts, &name) {
                Some(page) => link(&code(&name), &page),
                None => code(&name),
            }
        }
        Artifact::Image { tagged, .. } => image(tagged),
    }
}

/// An image by tag, with a link to its page where its registry has pages.
fn image(image: &ImageRef) -> String {
    let text = code(&image.to_string());
    let registry = image.repository().registry();
    // These send a browser to the page of the image.
    let has_pages =
        registry == "ghcr.io" || registry.ends_with(".pkg.dev") || registry.ends_with(".gcr.io");
    if has_pages {
        link(&text, &format!("https://{image}"))
    } else {
        text
    }
}

/// Where an asset of a published release is downloaded. That of a draft has another address, for maintainers only.
fn asset_page(facts: &ReleaseFacts, name: &str) -> Option<String> {
    let release = facts.release.as_ref().filter(|release| !release.draft)?;
    let mut assets = release.assets.iter();
    let asset = assets.find(|asset| asset.name == name)?;
    Some(asset.download_url.clone())
}

fn waited(phase: PhaseId, artifact: &Artifact) -> String {
    if phase == PhaseId::Upload {
        "–".to_owned()
    } else {
        unbroken(&time(artifact.waited()))
    }
}

fn one_line(name: &str) -> String {
    name.replace('\n', "\\n")
}

/// Such as `1.5 MiB`.
fn size(bytes: u64) -> String {
    crate::report::asset_progress::size(bytes)
}
