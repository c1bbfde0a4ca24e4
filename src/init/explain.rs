//! What a person has to know of the decisions: what was guessed, and what is left to do.

use super::choices::{ReleaseFiles, WhoBuilds};
use std::collections::BTreeSet;

use super::facts::RepositoryFacts;
use super::image_builds::ImageBuild;
use super::module::RenderedBy;
use super::names::is_plain_path;
use super::summary::InitSummary;

pub(super) fn explain_builders(
    facts: &RepositoryFacts<'_>,
    who: &WhoBuilds<'_>,
    summary: &mut InitSummary,
) {
    let builds = &facts.builds;
    match who {
        WhoBuilds::ImageBuilder(used) => {
            if builds.are_elsewhere {
                summary.guess("the image builder is called by no workflow that releases: the build was copied from another one".to_owned());
                for build in builds.calls.iter().skip(used.len()) {
                    summary.guess(format!("`{}` is no part of a release; if it is, add a job like `build`, and the image to `extra-images`", build.image()));
                }
            } else if have_several_names(used) {
                let image = used.first().map(ImageBuild::image).unwrap_or_default();
                summary.guess(format!(
                    "`{image}` is the manager's image, and the others are further ones"
                ));
            }
            for build in used.iter().filter(|build| build.lost_args) {
                summary.task(format!(
                    "add the build arguments of `{}` that come from other jobs",
                    build.name
                ));
            }
        }
        WhoBuilds::Tag(builder) => {
            summary.guess(format!(
                "`{}` builds what a release needs, when the tag is there",
                builder.file
            ));
            if facts.tokens.app.is_none() {
                let token = match &facts.tokens.publish {
                    Some(token) => format!("the secret {token}, as today, in place of RELEASE_TOKEN"),
                    None => "the secret RELEASE_TOKEN, the token of a bot that may write contents, or the secrets APP_ID and APP_PRIVATE_KEY of a GitHub App".to_owned(),
                };
                summary.set(format!(
                    "{token}: a tag that the job's own token makes starts no workflow"
                ));
            }
        }
        WhoBuilds::Called => {
            for other in &facts.other_dockerfiles {
                summary.guess(format!("`{other}` is no part of a release; if it is, build it in a job of your own, and name the image in `extra-images`"));
            }
        }
        WhoBuilds::Nobody => {}
    }
    for id in &builds.unnamed {
        if is_plain_path(id) {
            summary.task(format!("add a job like `build` for the image of today's job `{id}`: its name comes from an expression"));
        }
    }
}

fn have_several_names(builds: &[ImageBuild]) -> bool {
    let names = builds.iter().map(|build| &build.name);
    names.collect::<BTreeSet<_>>().len() > 1
}

pub(super) fn explain_module(
    facts: &RepositoryFacts<'_>,
    has_module: bool,
    summary: &mut InitSummary,
) {
    let module = &facts.module;
    if has_module {
        summary.guess("the release has a module image, since there is a manifest to render; `module: false` is for a release without one".to_owned());
        let uses_image = |target: &String| {
            let makefile = facts.makefile.as_ref();
            makefile.is_some_and(|makefile| makefile.uses_image(target))
        };
        if let Some(RenderedBy::Target(target)) = &module.rendered_by
            && !uses_image(target)
        {
            summary.task(format!("let `make {target}` write the image of the release into the manifest: it does not use $(IMG) or $(IMAGE)"));
        }
        if module.rendered_by == Some(RenderedBy::Kustomize) {
            summary.guess("the manifest is `kustomize build config/default`, with the image `controller` replaced".to_owned());
        }
        if let Some((path, config)) = &module.config
            && is_plain_path(&config.version)
        {
            summary.task(format!(
                "`{path}` is for version {}: let the command that renders write $VERSION into it",
                config.version
            ));
        }
        if let Some(path) = &module.unusable_config {
            summary.task(format!("make `module-config.yaml` from `{path}` in the command that renders, and add `module-config`"));
        }
    } else if module.config.is_some() || module.unusable_config.is_some() || module.is_module() {
        summary.guess("the module image is built elsewhere, as from the module-manifests repository: hence `module: false`".to_owned());
    }
}

pub(super) fn explain_files(
    facts: &RepositoryFacts<'_>,
    files: &ReleaseFiles,
    has_module: bool,
    summary: &mut InitSummary,
) {
    if facts.assets.files.is_empty() {
        summary.guess("the files of a release: no workflow of today uploads any".to_owned());
    }
    let made_by_nobody = files.files.iter().filter(|file| {
        let path = file.split('=').next().unwrap_or(file);
        !facts.files.has(path)
    });
    if files.command.is_none() && !has_module {
        for file in made_by_nobody {
            summary.task(format!("add `assets-command`, which makes `{file}`"));
        }
    }
    let target = facts.assets.target.as_deref();
    let makefile = facts.makefile.as_ref();
    if let (Some(target), Some(makefile), Some(_)) = (target, makefile, &files.command)
        && !makefile.uses_image(target)
    {
        summary.task(format!(
            "let `make {target}` take the image of the release, from IMG: it does not use it"
        ));
    }
}
