//! Parses the arguments of `plan`, which define the whole release.

use std::collections::BTreeSet;

use ocm_module::values::ModuleForm;

use super::input_parser::{Choices, InputParser};
use super::module_form::module_form;
use super::notes::notes;
use super::policy::{force, version_rules};
use super::{PhaseSettings, Prepared, lines};
use crate::cli::{ModuleInput, PlanArgs};
use crate::domain::{
    Code, ComponentName, Diagnostic, ImageRef, ImageRepository, ImageTag, Tag, TagFormat, Version,
};
use crate::phases::{Plan, PlanOptions};
use crate::plan::{ModulePlan, OnExisting, TagWhen, Wanted};

impl PhaseSettings for PlanArgs {
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let format: Option<TagFormat> = parser.parse("tag-format", self.tag_format.as_ref());
        let typed = self.version.as_deref().unwrap_or_default();
        let version = parser.take("version", TagFormat::read(typed, format.as_ref()));
        // Without a version, images are still checked, with an example of one.
        let example = version.clone().or_else(example_version);
        let names = example
            .as_ref()
            .map(|(tag, version, _)| Names { tag, version });
        let repository = parser.repository(&self.common);
        let commit = parser.commit(self.commit.as_ref());
        let images = names
            .as_ref()
            .map(|names| Images::read(parser, self, names));
        let on_existing = on_existing(parser, self);
        let tag_when = tag_when(parser, "tag-when", self.tag_when.as_deref());
        let assets = lines(&self.assets)
            .filter_map(|name| parser.take("assets", name.parse()))
            .collect();
        let prerelease = parser.auto("prerelease", self.prerelease.as_deref());
        let make_latest = parser.auto("make-latest", self.make_latest.as_deref());
        let previous_tag = parser.parse("previous-tag", self.previous_tag.as_ref());
        let notes = names
            .as_ref()
            .map(|names| notes(parser, self, &|text| names.fill(text)));
        let policy = version_rules(parser, &self.rules);
        let force = force(parser, self.force.as_deref());
        let images = images?;
        let (tag, version, tag_format) = version?;
        let repository = repository?;
        let (notes, mut changes) = notes??;
        changes.page = parser.repository_url(&repository);
        changes.feature_labels = lines(&self.rules.feature_labels)
            .map(str::to_owned)
            .collect();
        let wanted = Wanted {
            repository: repository.clone(),
            prerelease: prerelease.unwrap_or(version.is_prerelease()),
            version,
            tag,
            tag_format,
            commit: commit?,
            run: parser.run_id(),
            make_latest,
            on_existing,
            replace_published: self.replace_published.clone(),
            notes,
            assets,
            binary_image: images.binary,
            module: images.module,
            extra_images: images.extra,
            tag_when: tag_when.unwrap_or_default(),
            force,
        };
        Some(Prepared::on_github(
            repository,
            Plan::new(PlanOptions {
                wanted,
                previous_tag,
                guard_branch: self.guard_branch.clone(),
                changes,
                policy,
            }),
        ))
    }
}

fn on_existing(parser: &mut InputParser<'_>, args: &PlanArgs) -> OnExisting {
    let on_existing = parser
        .parse("on-existing", args.on_existing.as_ref())
        .unwrap_or_default();
    if args.replace_published.is_some() && on_existing != OnExisting::Replace {
        parser.missing(
            "on-existing",
            "a reason for replacing a published release (`replace-published`) needs `on-existing: replace`",
        );
    }
    on_existing
}

pub(super) fn tag_when(
    parser: &mut InputParser<'_>,
    input: &str,
    text: Option<&str>,
) -> Option<TagWhen> {
    let words = [("draft", TagWhen::Draft), ("publish", TagWhen::Publish)];
    parser.choice(input, text, &Choices::of(&words))
}

pub(super) fn example_version() -> Option<(Tag, Version, TagFormat)> {
    TagFormat::read("v0.0.0", None).ok()
}

/// The images that the release needs.
struct Images {
    binary: Option<ImageRef>,
    module: Option<ModulePlan>,
    extra: BTreeSet<ImageRef>,
}

impl Images {
    fn read(parser: &mut InputParser<'_>, args: &PlanArgs, names: &Names<'_>) -> Self {
        let mut image = |input: &str, text: &str| parser.take(input, names.image(text));
        let binary = args
            .binary_image
            .as_deref()
            .and_then(|text| image("binary-image", text));
        let extra = lines(&args.extra_images)
            .filter_map(|text| image("extra-images", text))
            .collect();
        let form = module_form(parser, args.module_form.as_deref());
        Self {
            binary,
            module: module(
                parser,
                &ModuleNaming {
                    names: &args.module,
                    form,
                    tag: args.module_tag.as_deref(),
                },
                names,
            ),
            extra,
        }
    }
}

/// The help where an input is missing that names the module image.
pub(super) const MODULE_NEEDS: &str =
    "a module image needs both `module-name` and `module-registry`";

/// The inputs that name a module image.
pub(super) struct ModuleNaming<'a> {
    pub(super) names: &'a ModuleInput,
    pub(super) form: Option<ModuleForm>,
    /// `None` where it follows the form.
    pub(super) tag: Option<&'a str>,
}

/// The module image; `None` also where neither its name nor its registry was given.
pub(super) fn module(
    parser: &mut InputParser<'_>,
    inputs: &ModuleNaming<'_>,
    names: &Names<'_>,
) -> Option<ModulePlan> {
    match (&inputs.names.module_name, &inputs.names.module_registry) {
        (None, None) => None,
        (Some(name), Some(registry)) => {
            let name = parser.take("module-name", name.parse());
            let registry: Option<ImageRepository> =
                parser.take("module-registry", registry.parse());
            let tags = ModuleTags::read(parser, inputs, names);
            let name: ComponentName = name?;
            let tags = tags?;
            tags.check(parser, &name, names);
            let repository = registry?.join(&format!("component-descriptors/{name}"))?;
            Some(ModulePlan {
                name,
                image: repository.tagged(tags.first),
                form: tags.form,
                second_image: tags.second.map(|tag| repository.tagged(tag)),
            })
        }
        (name, _) => {
            let missing = if name.is_none() {
                "module-name"
            } else {
                "module-registry"
            };
            parser.missing(missing, MODULE_NEEDS);
            None
        }
    }
}

/// The form of a module, and the tags that its image has by it.
struct ModuleTags {
    form: ModuleForm,
    first: ImageTag,
    second: Option<ImageTag>,
    /// Whether the image has a tag that no form gives it, and so is not built by `build-module`.
    built_elsewhere: bool,
}

impl ModuleTags {
    /// The tags follow the form; a tag that is given alone selects the form.
    fn read(
        parser: &mut InputParser<'_>,
        inputs: &ModuleNaming<'_>,
        names: &Names<'_>,
    ) -> Option<Self> {
        let asked = inputs.form;
        let given = inputs.tag.map(|text| names.fill(text));
        let of_tag = given
            .as_deref()
            .map(|tag| ModuleForm::of_tag(tag, names.version));
        let form = asked.or(of_tag.flatten()).unwrap_or_default();
        let tag = form.tag(names.version);
        if let (Some(asked), Some(given)) = (asked, &given)
            && *given != tag
        {
            let differs = Diagnostic::value(
                Code::ModuleTagDiffers,
                "tag",
                given,
                format!("is not the tag of the form {asked}, which is {tag}"),
                "leave `module-tag` out: it follows `module-form`",
            );
            return parser.take("module-tag", Err(differs));
        }
        let first = given.unwrap_or(tag);
        let second = form.second_tag(names.version);
        Some(Self {
            form,
            first: parser.take("module-tag", first.parse())?,
            second: match second {
                Some(tag) => Some(parser.take("module-tag", tag.parse())?),
                None => None,
            },
            built_elsewhere: of_tag == Some(None),
        })
    }

    /// That Lifecycle Manager takes version and name, before anything is tagged.
    fn check(&self, parser: &mut InputParser<'_>, name: &ComponentName, names: &Names<'_>) {
        if self.built_elsewhere {
            return;
        }
        let refused = self.form.refused(name.as_str(), names.version);
        let version = refused.version.into_iter().map(|found| ("version", found));
        let name = refused.name.into_iter().map(|found| ("module-name", found));
        for (input, found) in version.chain(name) {
            parser.take::<(), _>(input, Err(found));
        }
    }
}

/// The replacements of `{tag}` and `{version}`.
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
        match text.parse::<ImageRepository>() {
            Ok(repository) => Ok(repository.tagged(self.tag.as_str().parse()?)),
            Err(_) => text.parse(),
        }
    }
}
