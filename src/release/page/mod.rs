//! A report of a release, made of its evidence: a page and a timeline that load nothing, ask nobody and run nothing.
//!
//! The same evidence gives the same bytes, so that the page can be an asset that a repeated run finds as it left it.

mod artifacts;
mod chart;
mod checks;
mod facts;
mod format;
mod html;
mod markup;
mod steps;
mod table;
#[cfg(test)]
mod tests;
mod timeline;

use crate::domain::Digest;
use crate::plan::{Artifact, Artifacts, LOGS, Predicate, REPORT, Verdict};
use crate::protocol::SeenJob;

/// The colours, and how the chart looks: of the page, and of the chart alone.
const THEME: &str = include_str!("theme.css");
/// How the page looks.
const STYLE: &str = include_str!("style.css");

/// What a report is made of.
pub struct ReleasePage<'a> {
    /// All that is said of the release.
    pub predicate: &'a Predicate,
    /// The address of GitHub's pages, where links lead.
    pub server: &'a str,
    /// The digest of the asset with the evidence; `None` where that is written after the page.
    pub evidence: Option<Digest>,
    /// The jobs of the run, where they were read: the evidence has no times of them.
    pub jobs: &'a [SeenJob],
}

impl ReleasePage<'_> {
    /// The page, as one file.
    pub fn html(&self) -> String {
        html::html(self)
    }

    /// The timeline, as an image that works alone.
    pub fn svg(&self) -> String {
        chart::alone(self)
    }

    /// The address of a page of the repository.
    fn address(&self, path: &[&str]) -> String {
        let repository = &self.predicate.plan.wanted.repository;
        let server = self.server.trim_end_matches('/');
        let mut address = format!("{server}/{repository}");
        for part in path {
            address.push('/');
            address.push_str(part);
        }
        address
    }

    /// The artifacts that were awaited, and not only added when the release was published.
    fn awaited(&self) -> Artifacts {
        let wanted = &self.predicate.plan.wanted;
        let is_planned = |name: &str| wanted.assets.iter().any(|asset| asset.as_str() == name);
        let mut all = self.predicate.artifacts.clone();
        all.0
            .retain(|name, _| ![LOGS, REPORT].contains(&name.as_str()) || is_planned(name));
        all
    }

    /// How many legs succeeded with exactly the artifacts that were awaited.
    fn tested_by(&self) -> usize {
        let digest = self.awaited().digest();
        let is_of_these = |description: &String| {
            Verdict::read(description).is_some_and(|verdict| verdict.artifacts == digest)
        };
        let verdicts = self.predicate.verdicts.iter();
        verdicts
            .filter(|verdict| verdict.state == "success")
            .filter(|verdict| verdict.description.as_ref().is_some_and(is_of_these))
            .count()
    }

    /// How many assets and how many images there are.
    fn counts(&self) -> (usize, usize) {
        let artifacts = self.predicate.artifacts.0.values();
        let assets = |artifact: &&Artifact| matches!(artifact, Artifact::Asset { .. });
        let (all, assets) = (artifacts.len(), artifacts.filter(assets).count());
        (assets, all - assets)
    }
}
