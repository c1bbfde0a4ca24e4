//! The release that something is proposed for, for `propose`.

use std::collections::BTreeSet;

use super::input_parser::InputParser;
use crate::cli::ProposeArgs;
use crate::domain::{Code, CommitSha, ComponentName, ImageRef, RepoSlug, Tag, TagFormat, Version};

/// The release that something is proposed for.
pub(super) struct ProposedRelease {
    pub(super) repository: RepoSlug,
    pub(super) version: Version,
    pub(super) tag: Tag,
    pub(super) commit: Option<CommitSha>,
    /// The module of the plan, if there is one.
    pub(super) component: Option<ComponentName>,
    /// The images that the plan names, without the module's.
    pub(super) images: Vec<ImageRef>,
    /// The hosts of the plan's images.
    pub(super) registries: BTreeSet<String>,
}

/// The release as the plan has it or as it was typed.
pub(super) fn proposed_release(
    parser: &mut InputParser<'_>,
    args: &ProposeArgs,
) -> Option<ProposedRelease> {
    let commit = args.commit.as_ref();
    let commit = commit.map(|commit| parser.parse::<CommitSha, _>("commit", Some(commit)));
    if args.plan.plan.is_none() {
        let (repository, tag, version) =
            super::version_of_release(parser, &args.release, &args.common)?;
        return Some(ProposedRelease {
            repository,
            version,
            tag,
            commit: commit.flatten(),
            component: None,
            images: Vec::new(),
            registries: BTreeSet::new(),
        });
    }
    let plan = parser.plan(&args.plan, &args.common)?;
    let images = plan.images();
    let registries = images
        .map(|(_, image)| image.repository().registry().to_owned())
        .collect();
    let wanted = plan.wanted;
    if let Some(typed) = &args.release.version {
        let typed = TagFormat::read(typed, Some(&wanted.tag_format));
        if !typed.is_ok_and(|(tag, ..)| tag == wanted.tag) {
            parser.refuse(
                Code::InputsExclusive,
                format!(
                    "version is another one than the plan's, which is of {}",
                    wanted.tag
                ),
                "leave `version` out, or give the plan of this version",
            );
        }
    }
    if commit.flatten().is_some_and(|typed| typed != wanted.commit) {
        parser.refuse(
            Code::InputsExclusive,
            format!(
                "commit is another one than the plan's, which is {}",
                wanted.commit
            ),
            "leave `commit` out, or give the plan of this commit",
        );
    }
    Some(ProposedRelease {
        repository: wanted.repository,
        version: wanted.version,
        tag: wanted.tag,
        commit: Some(wanted.commit),
        component: wanted.module.map(|module| module.name),
        images: wanted
            .binary_image
            .into_iter()
            .chain(wanted.extra_images)
            .collect(),
        registries,
    })
}
