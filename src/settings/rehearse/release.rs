//! The release of a rehearsal: the inputs of its phases, from what was typed, from a workflow and from the module's files.

use std::path::Path;

use ocm_module::rules;
use ocm_module::values::ModuleForm;

use super::super::input_parser::InputParser;
use super::super::lines;
use super::super::module_form::module_form;
use super::super::release_settings::release_settings;
use super::earlier::{below, earlier_tags};
use super::manager::{FoundManager, repository_of, short_name};
use super::module::{BuiltAs, ManifestWithManager, NO_IMAGE, RehearsedModule, checked_module};
use super::proposals::{ProposingRelease, RehearsedProposals};
use super::sources::{RehearsalSources, example_images};
use crate::cli::{RehearseArgs, ReleaseSettingsArgs};
use crate::commands::release_settings::module_assets;
use crate::domain::{ImageRepository, ImageTag, RepoSlug, Tag, TagFormat, Version};
use crate::plan::Names;
use crate::protocol::Output;

/// The repository of the example.
const EXAMPLE_REPOSITORY: &str = "kyma-project/btp-manager";
/// The example's module.
const EXAMPLE_MODULE: &str = "kyma.project.io/module/btp-operator";

/// A module whose name is said nowhere.
const ANY_MODULE: &str = "kyma-project.io/module/rehearsed";

/// The inputs of a workflow that a rehearsal uses.
const READ: [&str; 26] = [
    "assets",
    "binary-image",
    "builders",
    "bump",
    "bump-component-config",
    "bump-merge",
    "bump-security-config",
    "component-registry",
    "default-cr",
    "directory",
    "extra-images",
    "files",
    "manifest",
    "module-config",
    "module-form",
    "module-name",
    "module-namespace",
    "module-registry",
    "modules-merge",
    "modules-repository",
    "promote",
    "publish",
    "security-config",
    "submit",
    "tag-format",
    "tag-when",
];

/// What is released, by the names that it has in a real release: the rehearsal replaces the hosts of the images.
pub struct RehearsedRelease {
    pub repository: RepoSlug,
    pub tag: Tag,
    /// The tags of the releases before, the newest first.
    pub earlier: Vec<String>,
    /// The inputs of `plan`.
    pub plan: Vec<(&'static str, String)>,
    /// Inputs of `build-module` beside the files.
    pub build: Vec<(&'static str, String)>,
    pub module: Option<RehearsedModule>,
    /// The assets that the module's build does not make.
    pub assets: Vec<RehearsedAsset>,
    /// The pull requests before it and after it.
    pub proposals: RehearsedProposals,
    /// What the log says first.
    pub remarks: Vec<String>,
    /// The workflow's `tag-when`.
    pub(super) tag_when: Option<String>,
}

/// A file that is uploaded.
pub struct RehearsedAsset {
    pub name: String,
    /// The file's, or one that takes its place.
    pub text: String,
    /// Whether it is the file's.
    is_file: bool,
}

/// What the files say of the release, before the defaults are filled in.
struct Said<'a> {
    args: &'a RehearseArgs,
    sources: &'a RehearsalSources,
    manager: Option<&'a FoundManager>,
    /// The version as it was typed or written.
    typed: &'a str,
    version: &'a Version,
    form: ModuleForm,
}

/// The release's settings with nothing left out.
struct FilledInDefaults(Vec<Output>);

impl FilledInDefaults {
    /// Empty where the release has none.
    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|output| output.name == name);
        found.map_or("", |output| &output.value)
    }
}

/// Reads all files, and works the release out. `None` where something is wrong, and the parser has the reasons.
pub(super) fn read(parser: &mut InputParser<'_>, args: &RehearseArgs) -> Option<RehearsedRelease> {
    let sources = RehearsalSources::read(parser, args);
    let version = version(parser, args, sources.as_ref());
    let of_workflow = sources
        .as_ref()
        .and_then(|sources| sources.workflow.as_ref());
    let of_workflow = of_workflow.and_then(|inputs| inputs.get("module-form"));
    let form = args.module_form.as_deref().or(of_workflow);
    let form = module_form(parser, form).unwrap_or_default();
    let sources = sources?;
    let manifest = match sources.manifest {
        Some(_) => Some(ManifestWithManager::find(
            parser,
            &sources,
            args.image.as_deref(),
        )?),
        None => None,
    };
    let (typed, (tag, version, format)) = version?;
    let said = Said {
        args,
        sources: &sources,
        manager: manifest
            .as_ref()
            .and_then(|manifest| manifest.manager.as_ref()),
        typed: &typed,
        version: &version,
        form,
    };
    let settings = said.settings(parser)?;
    let image = match settings.get("binary-image") {
        "" => None,
        image => {
            let names = Names {
                tag: &tag,
                version: &version,
            };
            Some(parser.take("binary-image", names.image(image))?)
        }
    };
    let built = BuiltAs {
        component: settings.get("module-name"),
        registry: settings.get("module-registry"),
        form,
        version: &version,
        image: said.manager.and(image.clone()),
    };
    let module = match &manifest {
        Some(manifest) => Some(checked_module(parser, &sources, manifest, &built)?),
        None => None,
    };
    let assets = said.assets(parser, settings.get("assets"));
    let repository = said.repository()?;
    let proposing = ProposingRelease {
        repository: &repository,
        tag: &tag,
        version: &version,
        version_before: below(&version),
        component: settings.get("module-name"),
        images: ["binary-image", "extra-images"].map(|input| settings.get(input)),
        form,
        assets: settings.get("assets"),
    };
    let (proposals, missing) = RehearsedProposals::read(parser, &sources, &proposing);
    let mut remarks = said.remarks(image.map(|image| image.to_string()), &assets);
    remarks.extend(missing);
    Some(RehearsedRelease {
        earlier: earlier_tags(&version, &format),
        plan: said.plan_inputs(&settings),
        build: said.given(&["module-namespace", "pin-images"]),
        proposals,
        remarks,
        repository,
        tag_when: said.input("tag-when"),
        assets,
        module,
        tag,
    })
}

/// The version that was typed, or the one in the module's configuration.
fn version(
    parser: &mut InputParser<'_>,
    args: &RehearseArgs,
    sources: Option<&RehearsalSources>,
) -> Option<(String, (Tag, Version, TagFormat))> {
    let workflow = sources.and_then(|sources| sources.workflow.as_ref());
    let format = workflow.and_then(|inputs| inputs.owned("tag-format"));
    let format: Option<TagFormat> = parser.parse("tag-format", format.as_ref());
    let config = sources.filter(|sources| !sources.is_example);
    let config = config.and_then(|sources| sources.config.as_ref());
    let in_config = || config.map(|(_, config)| config.version.clone());
    let Some(typed) = args.version.clone().or_else(in_config) else {
        // Where the files cannot be read, the version may be in them.
        if sources.is_some() {
            parser.missing("version", "write it first: btp-release rehearse v1.2.0");
        }
        return None;
    };
    let read = parser.take("version", TagFormat::read(&typed, format.as_ref()))?;
    Some((typed, read))
}

impl Said<'_> {
    /// An input of the workflow.
    fn input(&self, name: &str) -> Option<String> {
        self.sources.workflow.as_ref()?.owned(name)
    }

    /// An input of the workflow with its lines.
    fn list(&self, name: &str) -> Vec<String> {
        self.input(name).into_iter().collect()
    }

    /// The inputs of the workflow that are given, by name.
    fn given(&self, names: &[&'static str]) -> Vec<(&'static str, String)> {
        names
            .iter()
            .filter_map(|name| Some((*name, self.input(name)?)))
            .collect()
    }

    /// What `release-settings` makes of it, as a release does.
    fn settings(&self, parser: &mut InputParser<'_>) -> Option<FilledInDefaults> {
        let example = self.sources.is_example.then(example_images);
        let (image, registry) = example.unzip();
        let config = self.sources.config.as_ref().map(|(_, config)| config);
        let module_name = self.input("module-name");
        let module_name = module_name.or_else(|| config.map(|config| config.name.clone()));
        let repository = self.repository()?;
        let usual = || {
            if self.sources.is_example {
                return Some(EXAMPLE_MODULE.to_owned());
            }
            // By default it is named after the repository, and not every image's name is one that a module may have.
            let name = format!("kyma-project.io/module/{}", repository.name());
            let is_accepted = rules::module_name(&name).is_empty();
            (!is_accepted).then(|| ANY_MODULE.to_owned())
        };
        let args = ReleaseSettingsArgs {
            repository: Some(repository.to_string()),
            directory: self.input("directory"),
            builders: self.input("builders"),
            // The secrets of a repository are not in its workflow.
            has_release_token: true,
            tag_when: self.input("tag-when"),
            tag_format: self.input("tag-format"),
            binary_image: self.binary_image(image),
            extra_images: self.list("extra-images"),
            extra_images_builder: self.input("extra-images-builder"),
            module: self.sources.manifest.is_none().then(|| "false".to_owned()),
            module_name: module_name.or_else(usual),
            module_registry: self.input("module-registry").or(registry),
            module_form: Some(self.form.to_string()),
            assets: self.list("assets"),
            files: self.list("files"),
            assets_command: self.input("assets-command"),
            ..ReleaseSettingsArgs::default()
        };
        match release_settings(&args, parser.environment) {
            Ok(settings) => Some(FilledInDefaults(settings.report().outputs)),
            Err(found) => {
                for wrong in found {
                    parser.take::<(), _>("--workflow", Err(wrong));
                }
                None
            }
        }
    }

    /// The image by the name that the workflow gives it, or else by its name in the manifest.
    fn binary_image(&self, example: Option<String>) -> Option<String> {
        if self.args.image.as_deref() == Some(NO_IMAGE) {
            return Some(NO_IMAGE.to_owned());
        }
        if let Some(image) = self.input("binary-image").or(example) {
            return Some(image);
        }
        let Some(manager) = self.manager else {
            // Without a module, there is no manifest that could name it.
            return self.sources.manifest.is_some().then(|| NO_IMAGE.to_owned());
        };
        let repository = manager.image.repository();
        // `controller:latest` is what a manifest has before it is rendered for a release.
        repository.parse::<ImageRepository>().ok()?;
        let tag = manager.image.tag().map(ImageTag::as_str);
        // A manifest that is rendered for this release already tells how its images are tagged.
        let is_version = tag == Some(self.version.to_string().as_str());
        Some(if is_version {
            format!("{repository}:{{version}}")
        } else {
            repository.to_owned()
        })
    }

    /// The repository that the module's configuration names, or one that is named after the image.
    fn repository(&self) -> Option<RepoSlug> {
        let config = self.sources.config.as_ref();
        let address = config.and_then(|(_, config)| config.repository.as_deref());
        let of_address = address.and_then(|address| {
            let path = address.split_once("://")?.1.split_once('/')?.1;
            path.trim_end_matches('/')
                .trim_end_matches(".git")
                .parse()
                .ok()
        });
        let of_workflow = self.input("binary-image").filter(|image| image != NO_IMAGE);
        let of_manifest = || Some(self.manager?.image.repository());
        let image = of_workflow
            .as_deref()
            .map(repository_of)
            .or_else(of_manifest);
        let image = image.filter(|_| !self.sources.is_example);
        let of_image = || format!("kyma-project/{}", short_name(image?)).parse().ok();
        of_address
            .or_else(of_image)
            .or_else(|| EXAMPLE_REPOSITORY.parse().ok())
    }

    fn plan_inputs(&self, settings: &FilledInDefaults) -> Vec<(&'static str, String)> {
        let mut inputs = self.given(&["tag-format", "extra-images", "prerelease", "make-latest"]);
        inputs.push(("version", self.typed.to_owned()));
        inputs.push(("assets", settings.get("assets").to_owned()));
        for name in ["binary-image", "module-name", "module-registry"] {
            let value = settings.get(name);
            if !value.is_empty() {
                inputs.push((name, value.to_owned()));
            }
        }
        if self.sources.manifest.is_some() {
            inputs.push(("module-form", self.form.to_string()));
        }
        inputs
    }

    /// The assets beside the module's: from the files, where these are there and are texts.
    fn assets(&self, parser: &InputParser<'_>, names: &str) -> Vec<RehearsedAsset> {
        let of_module = match self.sources.manifest {
            Some(_) => module_assets(self.form),
            None => Vec::new(),
        };
        let files = self.list("files");
        let text = |name: &str| {
            let path = lines(&files).find_map(|line| {
                let (path, asset) = line
                    .rsplit_once('=')
                    .unwrap_or_else(|| (line, short_name(line)));
                (asset == name).then_some(path)
            })?;
            let path = self.sources.workflow.as_ref()?.below(path);
            (parser.environment.read_file)(Path::new(&path)).ok()
        };
        names
            .lines()
            .filter(|name| !of_module.contains(name))
            .map(|name| {
                let text = text(name).filter(|text| !text.is_empty());
                RehearsedAsset {
                    name: name.to_owned(),
                    is_file: text.is_some(),
                    text: text.unwrap_or_else(|| format!("in place of {name}\n")),
                }
            })
            .collect()
    }

    /// What the rehearsal does in place of the release's own steps.
    fn remarks(&self, image: Option<String>, assets: &[RehearsedAsset]) -> Vec<String> {
        let mut remarks = Vec::new();
        if let Some(workflow) = &self.sources.workflow {
            let unknown = workflow.unknown_of(&READ);
            if !unknown.is_empty() {
                let unknown = unknown.join(", ");
                remarks.push(format!("only a run knows these inputs: {unknown}"));
            }
        }
        let replaced = assets.iter().filter(|asset| !asset.is_file);
        let replaced: Vec<_> = replaced.map(|asset| asset.name.as_str()).collect();
        if !replaced.is_empty() {
            let names = replaced.join(", ");
            remarks.push(format!(
                "not there yet, and replaced by a short text: {names}"
            ));
        }
        if self.sources.is_example {
            return remarks;
        }
        if let (Some(manager), Some(image)) = (self.manager, image) {
            let FoundManager {
                image: found,
                place,
            } = manager;
            let place = if place.is_empty() { "--image" } else { place };
            remarks.push(format!("the manager is {} ({place})", found.text));
            if found.text != image {
                remarks.push(format!(
                    "rendered as {image}, as the release has to render it"
                ));
            }
        }
        if let Some((file, config)) = &self.sources.config
            && config.version.trim_start_matches('v') != self.version.to_string()
        {
            remarks.push(format!(
                "{} has version {}: rehearsed with {}, which the release has to write there",
                file.name, config.version, self.version
            ));
        }
        remarks
    }
}
