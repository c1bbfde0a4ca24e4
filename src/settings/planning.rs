//! The inputs of `plan`, which say all that a release wants.

use std::time::SystemTime;

use super::input_parser::InputParser;
use super::{Reached, Ready, lines};
use crate::cli::PlanArgs;
use crate::domain::{ComponentName, ImageRef, Repository, Tag, TagFormat, Version};
use crate::phases::Plan;
use crate::plan::{ModulePlan, NotesSource, OnExisting, Wanted};

pub(super) fn plan(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    now: SystemTime,
) -> Option<Ready> {
    let format: Option<TagFormat> = parser.parse("tag-format", args.tag_format.as_ref());
    let typed = args.version.as_deref().unwrap_or_default();
    let version = parser.take("version", TagFormat::read(typed, format.as_ref()));
    let repository = parser.repository(&args.common);
    let commit = parser.commit(args.commit.as_ref());
    let names = version
        .as_ref()
        .map(|(tag, version, _)| Names { tag, version });
    let mut image = |input: &'static str, text: &str| {
        names
            .as_ref()
            .and_then(|names| parser.take(input, names.image(text)))
    };
    let binary_image = args
        .binary_image
        .as_deref()
        .and_then(|text| image("binary-image", text));
    let extra_images = lines(&args.extra_images)
        .filter_map(|text| image("extra-images", text))
        .collect();
    let module = names.as_ref().and_then(|names| module(parser, args, names));
    let on_existing = parser
        .parse("on-existing", args.on_existing.as_ref())
        .unwrap_or_default();
    if args.replace_published.is_some() && on_existing != OnExisting::Replace {
        parser.missing(
            "on-existing",
            "a reason to replace what is published (`replace-published`) takes `on-existing: replace`",
        );
    }
    let assets = lines(&args.assets)
        .filter_map(|name| parser.take("assets", name.parse()))
        .collect();
    let prerelease = parser.auto("prerelease", args.prerelease.as_deref());
    let make_latest = parser.auto("make-latest", args.make_latest.as_deref());
    let previous_tag = parser.parse("previous-tag", args.previous_tag.as_ref());
    let notes = match &args.notes_file {
        Some(path) => NotesSource::Text(parser.file("notes-file", path)?),
        None => NotesSource::Generated,
    };
    let run = parser.context.run_id.clone().unwrap_or_else(|| {
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        format!("local-{seconds}")
    });
    let (tag, version, tag_format) = version?;
    let repository = repository?;
    let wanted = Wanted {
        repository: repository.clone(),
        prerelease: prerelease.unwrap_or(version.is_prerelease()),
        version,
        tag,
        tag_format,
        commit: commit?,
        run,
        make_latest,
        previous_tag,
        on_existing,
        replace_published: args.replace_published.clone(),
        guard_branch: args.guard_branch.clone(),
        notes,
        assets,
        binary_image,
        module,
        extra_images,
    };
    let phase = Box::new(Plan::new(wanted));
    Some(Ready {
        phase,
        reached: Reached::github(repository),
    })
}

fn module(parser: &mut InputParser<'_>, args: &PlanArgs, names: &Names<'_>) -> Option<ModulePlan> {
    match (&args.module_name, &args.module_registry) {
        (None, None) => None,
        (Some(name), Some(registry)) => {
            let name = parser.take("module-name", name.parse());
            let registry: Option<Repository> = parser.take("module-registry", registry.parse());
            let tag = names.fill(args.module_tag.as_deref().unwrap_or("v{version}"));
            let tag = parser.take("module-tag", tag.parse());
            let name: ComponentName = name?;
            let path = format!("component-descriptors/{name}");
            let image = registry?.join(&path)?.tagged(tag?);
            Some(ModulePlan { name, image })
        }
        (name, _) => {
            let missing = if name.is_none() {
                "module-name"
            } else {
                "module-registry"
            };
            parser.missing(
                missing,
                "a module image takes both `module-name` and `module-registry`",
            );
            None
        }
    }
}

/// What `{tag}` and `{version}` stand for.
pub(super) struct Names<'a> {
    pub(super) tag: &'a Tag,
    pub(super) version: &'a Version,
}

impl Names<'_> {
    fn fill(&self, text: &str) -> String {
        text.replace("{version}", &self.version.to_string())
            .replace("{tag}", self.tag.as_str())
    }

    /// An image; without a tag of its own it has the release's.
    pub(super) fn image(&self, text: &str) -> Result<ImageRef, ocm_module::Diagnostic> {
        let text = self.fill(text);
        match text.parse::<Repository>() {
            Ok(repository) => Ok(repository.tagged(self.tag.as_str().parse()?)),
            Err(_) => text.parse(),
        }
    }
}
