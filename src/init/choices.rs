//! Who builds, whether there is a module, and which files a release has.

use super::facts::{RepositoryFacts, TagBuilder};
use super::image_builds::ImageBuild;
use super::module::RenderedBy;

/// Who builds the images.
pub(super) enum WhoBuilds<'a> {
    /// The image builder, in jobs between the halves of the release.
    ImageBuilder(&'a [ImageBuild]),
    /// A workflow that the tag starts.
    Tag(&'a TagBuilder),
    /// `post-build-image.yaml`.
    Called,
    /// There is no image.
    Nobody,
}

/// The files of the release beside the module's own.
pub(super) struct ReleaseFiles {
    pub(super) command: Option<String>,
    pub(super) files: Vec<String>,
}

pub(super) fn who_builds<'a>(facts: &'a RepositoryFacts<'_>) -> WhoBuilds<'a> {
    let builds = &facts.builds;
    match (builds.calls.as_slice(), &builds.by_tag) {
        // Only the manager's is known to be a part of releases.
        ([first, _, ..], _) if builds.are_elsewhere => {
            WhoBuilds::ImageBuilder(std::slice::from_ref(first))
        }
        (calls @ [_, ..], _) => WhoBuilds::ImageBuilder(calls),
        (_, Some(by_tag)) => WhoBuilds::Tag(by_tag),
        _ if facts.dockerfile.is_some() => WhoBuilds::Called,
        _ => WhoBuilds::Nobody,
    }
}

/// Whether the release builds the module image.
pub(super) fn has_module(facts: &RepositoryFacts<'_>, who: &WhoBuilds<'_>) -> bool {
    matches!(who, WhoBuilds::Called) && facts.module.is_module()
}

/// The files that releases have today or, for a release without a module, the manifest and the default custom resource.
pub(super) fn release_files(facts: &RepositoryFacts<'_>, has_module: bool) -> Option<ReleaseFiles> {
    let rendering = match &facts.module.rendered_by {
        Some(RenderedBy::Target(target)) => Some(target),
        _ => None,
    };
    let target = facts.assets.target.as_ref().or(rendering);
    let makefile = facts.makefile.clone().unwrap_or_default();
    let mut files = facts.assets.files.clone();
    if files.is_empty() && !has_module {
        let made = target
            .and_then(|target| makefile.output_of(target))
            .map(str::to_owned);
        let found = made.into_iter().chain(facts.module.default_cr.clone());
        files = found.map(|path| facts.in_repository(&path)).collect();
    }
    let is_made_anyway = has_module && target == rendering;
    let command = target.filter(|_| !is_made_anyway);
    (!files.is_empty()).then(|| ReleaseFiles {
        command: command.map(|target| makefile.command(target)),
        files,
    })
}
