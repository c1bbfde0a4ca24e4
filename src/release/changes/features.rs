//! A release that brings a feature raises more than the patch number.

use super::config::has_label;
use super::{Changes, told};
use crate::domain::{ChangeOptions, Code, Diagnostic, Tag, Version};
use crate::plan::Wanted;
use crate::protocol::SeenPull;
use crate::release::policy::{VersionStep, next_versions, or_force};

impl Changes {
    /// The merged pull requests that have one of these labels, in the order in which they were merged.
    pub(crate) fn with_label_of(&self, labels: &[String]) -> impl Iterator<Item = &SeenPull> {
        let has = |pull: &&SeenPull| labels.iter().any(|label| has_label(pull, label));
        self.pulls.iter().filter(has)
    }
}

/// The pull requests with a label of a feature, where the version is a mere patch of the previous release. A first release
/// may have any version.
pub(crate) fn check_features(
    changes: &Changes,
    options: &ChangeOptions,
    wanted: &Wanted,
    previous: Option<&Tag>,
) -> Option<Diagnostic> {
    let previous = previous?;
    let base = wanted.tag_format.version_of_line(previous.as_str());
    let base = base.map(|(version, _)| version);
    let base = base.or_else(|| previous.version(None).ok());
    let version = &wanted.version;
    // A tag that names no version may be given as the previous one, and does not make a patch anything else.
    let is_patch = |base: &Version| VersionStep::between(base, version) == VersionStep::Patch;
    if version.patch() == 0 || !base.as_ref().is_none_or(is_patch) {
        return None;
    }
    let page = &options.page;
    let features: Vec<_> = changes
        .with_label_of(&options.feature_labels)
        .map(|pull| format!("{page}/pull/{} {}", pull.number, pull.labels.join(", ")))
        .collect();
    if features.is_empty() {
        return None;
    }
    let next = next_versions(base.as_ref().unwrap_or(version), VersionStep::Minor)
        .into_iter()
        .next()?;
    let is = match &base {
        Some(_) => format!("a patch of {previous}"),
        None => format!("a patch, the previous release is {previous}"),
    };
    let pulls = match features.len() {
        1 => "1 merged pull request since then has".to_owned(),
        many => format!("{many} merged pull requests since then have"),
    };
    let seen = format!(
        "{version} is {is}, and {pulls} one of the labels {}:{}",
        options.feature_labels.join(", "),
        told(&features)
    );
    let instead = format!("release {}", wanted.tag_format.typed(&next));
    Some(Diagnostic::error(
        Code::FeatureInPatch,
        seen,
        or_force(&instead),
    ))
}
