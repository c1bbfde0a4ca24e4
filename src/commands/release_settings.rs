//! `release-settings`: what the caller of `create-release.yaml` left out, and which of its jobs may be skipped.

use ocm_module::build::KYMA_CLI_2_TEMPLATE;
use ocm_module::values::ModuleForm;

use super::CommandReport;
use super::names::{default_image, default_place};
use crate::domain::{RepoSlug, TagFormat};

/// The jobs of `create-release.yaml` that make artifacts: the job's id, and its name on the page of the run, which is also the
/// name of the called workflow's job.
pub const BUILD_JOBS: [(&str, &str); 3] = [
    ("build-image", "Build image"),
    ("build-module", "Build module"),
    ("assets", "Upload assets"),
];

/// The default assets of a module's release.
pub const MODULE_ASSETS: [&str; 3] = [
    "template.yaml",
    "template_control_plane.yaml",
    "rendered.yaml",
];

/// The default assets of a module of this form.
pub fn module_assets(form: ModuleForm) -> Vec<&'static str> {
    let second = (form == ModuleForm::Both).then_some(KYMA_CLI_2_TEMPLATE);
    MODULE_ASSETS.into_iter().chain(second).collect()
}

/// The default platforms for which the workflow builds images.
const PLATFORMS: [&str; 2] = ["linux/amd64", "linux/arm64"];

/// The kind of builder that makes the artifacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Builders {
    /// Jobs of `create-release.yaml`.
    #[default]
    Called,
    /// Jobs of the caller, in the same run.
    Caller,
    /// Workflows that the tag starts.
    Tag,
    /// Builders outside of GitHub that are triggered by every tag.
    External,
}

impl Builders {
    /// The words of the input `builders`.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("called", Self::Called),
        ("caller", Self::Caller),
        ("tag", Self::Tag),
        ("external", Self::External),
    ];

    /// Whether the builders are started by the tag.
    pub fn start_by_tag(self) -> bool {
        matches!(self, Self::Tag | Self::External)
    }

    /// The word of the input `builders`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Called => "called",
            Self::Caller => "caller",
            Self::Tag => "tag",
            Self::External => "external",
        }
    }
}

/// The image of the module's manager, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryImage {
    /// Called after repository and folder.
    Default,
    /// The release has no image of its own.
    None,
    Named(String),
}

/// The module image, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Module {
    /// The release has no module image.
    None,
    /// The module image. Names that are not given are derived from repository and folder.
    Image {
        name: Option<String>,
        registry: Option<String>,
        form: ModuleForm,
    },
}

/// The inputs of the workflow's caller.
#[derive(Clone, Debug)]
pub struct ReleaseSettings {
    pub repository: RepoSlug,
    pub directory: Option<String>,
    pub builders: Builders,
    pub tag_format: Option<TagFormat>,
    pub binary_image: BinaryImage,
    pub module: Module,
    /// Names of assets; none for the usual ones.
    pub assets: Vec<String>,
    /// The names under which files are uploaded beside the module's own.
    pub files: Vec<String>,
    /// Whether a command of its own makes the files.
    pub has_assets_command: bool,
    /// Patterns of checks; none for those of the builds that are called.
    pub builder_checks: Vec<String>,
    /// None for the usual ones.
    pub image_platforms: Vec<String>,
}

impl ReleaseSettings {
    /// All settings with nothing left out.
    pub fn report(&self) -> CommandReport {
        let place = default_place(&self.repository, self.directory.as_deref());
        let binary_image = match &self.binary_image {
            BinaryImage::Default => Some(default_image(&place, self.tag_format.as_ref())),
            BinaryImage::None => None,
            BinaryImage::Named(image) => Some(image.clone()),
        };
        let (module_name, module_registry) = match &self.module {
            Module::None => (String::new(), String::new()),
            Module::Image { name, registry, .. } => {
                let short = place.rsplit('/').next().unwrap_or_default();
                let usual = || format!("kyma-project.io/module/{short}");
                (
                    name.clone().unwrap_or_else(usual),
                    registry.clone().unwrap_or_else(|| place.clone()),
                )
            }
        };
        let has_module = self.module != Module::None;
        let called = self.builders == Builders::Called;
        let upload_assets = self.upload_assets();
        let (checks, mut optional) = build_jobs([
            called && binary_image.is_some(),
            called && has_module,
            upload_assets,
        ]);
        if self.builders == Builders::Caller {
            // The caller's own jobs may have these names, and none of them may be skipped unnoticed.
            optional.clear();
        }
        let platforms = if called {
            or_else(&self.image_platforms, &PLATFORMS)
        } else {
            // Other builders choose their own platforms.
            String::new()
        };
        CommandReport::default()
            .output("builders", self.builders.word())
            .output("module", has_module)
            .output("binary-image", binary_image.unwrap_or_default())
            .output("module-name", module_name)
            .output("module-registry", module_registry)
            .output("assets", or_else(&self.assets, &self.usual_assets()))
            .output("upload-assets", upload_assets)
            .output("image-platforms", platforms)
            .output("builder-checks", or_else(&self.builder_checks, &checks))
            .output("optional-jobs", optional.join("\n"))
    }

    /// The names of the module's assets and of the files.
    fn usual_assets(&self) -> Vec<&str> {
        let mut assets = match &self.module {
            Module::None => Vec::new(),
            Module::Image { form, .. } => module_assets(*form),
        };
        for file in &self.files {
            if !assets.contains(&file.as_str()) {
                assets.push(file);
            }
        }
        assets
    }

    /// Whether a job of its own uploads the files. The module's build, where it is called, uploads those that it makes.
    fn upload_assets(&self) -> bool {
        let with_module = self.builders == Builders::Called && self.module != Module::None;
        !self.files.is_empty() && (self.has_assets_command || !with_module)
    }
}

/// The checks of the builds that run in the same workflow, and the jobs that may be skipped since this release does not
/// have them. `wanted` says, in the order of [`BUILD_JOBS`], which jobs the release has.
///
/// A check of a called workflow has the names of all calling jobs as a prefix, which differs by caller: hence the `*`.
fn build_jobs(wanted: [bool; BUILD_JOBS.len()]) -> (Vec<String>, Vec<&'static str>) {
    let (mut checks, mut optional) = (Vec::new(), Vec::new());
    for ((job, name), wanted) in BUILD_JOBS.into_iter().zip(wanted) {
        if wanted {
            checks.push(format!("*{name} / {name}"));
        } else {
            optional.push(job);
        }
    }
    (checks, optional)
}

/// One item a line: what was given, or the default.
fn or_else<S: AsRef<str>>(given: &[String], default: &[S]) -> String {
    if given.is_empty() {
        let default: Vec<&str> = default.iter().map(AsRef::as_ref).collect();
        return default.join("\n");
    }
    given.join("\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn settings() -> ReleaseSettings {
        ReleaseSettings {
            repository: "Octo/Module".parse().unwrap(),
            directory: None,
            builders: Builders::Called,
            tag_format: None,
            binary_image: BinaryImage::Default,
            module: Module::Image {
                name: None,
                registry: None,
                form: ModuleForm::default(),
            },
            assets: vec![],
            files: vec![],
            has_assets_command: false,
            builder_checks: vec![],
            image_platforms: vec![],
        }
    }

    fn outputs(settings: &ReleaseSettings) -> BTreeMap<&'static str, String> {
        let report = settings.report();
        report
            .outputs
            .into_iter()
            .map(|o| (o.name, o.value))
            .collect()
    }

    #[test]
    fn settings_have_defaults() {
        let wanted = [
            (
                "assets",
                "template.yaml\ntemplate_control_plane.yaml\nrendered.yaml",
            ),
            ("binary-image", "ghcr.io/octo/module"),
            (
                "builder-checks",
                "*Build image / Build image\n*Build module / Build module",
            ),
            ("builders", "called"),
            ("image-platforms", "linux/amd64\nlinux/arm64"),
            ("module", "true"),
            ("module-name", "kyma-project.io/module/module"),
            ("module-registry", "ghcr.io/octo/module"),
            ("optional-jobs", "assets"),
            ("upload-assets", "false"),
        ];
        let wanted = wanted.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(outputs(&settings()), wanted.into());
    }

    #[test]
    fn settings_keep_what_was_given() {
        let given = ReleaseSettings {
            directory: Some("api".into()),
            tag_format: Some("api/v{version}".parse().unwrap()),
            binary_image: BinaryImage::Named("r.example/x".into()),
            module: Module::Image {
                name: Some("a.io/module/b".into()),
                registry: Some("r.example/prod".into()),
                form: ModuleForm::Both,
            },
            assets: vec!["a.tgz".into(), "b.tgz".into()],
            builder_checks: vec!["prow/*".into()],
            image_platforms: vec!["linux/s390x".into()],
            ..settings()
        };
        for (name, value) in [
            ("binary-image", "r.example/x"),
            ("module-name", "a.io/module/b"),
            ("module-registry", "r.example/prod"),
            ("assets", "a.tgz\nb.tgz"),
            ("builder-checks", "prow/*"),
            ("image-platforms", "linux/s390x"),
        ] {
            assert_eq!(outputs(&given)[name], value, "{name}");
        }
    }

    #[test]
    fn templates_of_both_forms_are_assets_of_both() {
        let assets = |form| {
            let module = Module::Image {
                name: None,
                registry: None,
                form,
            };
            outputs(&ReleaseSettings {
                module,
                ..settings()
            })["assets"]
                .clone()
        };
        let three = MODULE_ASSETS.join("\n");
        assert_eq!(assets(ModuleForm::Modulectl3), three);
        assert_eq!(assets(ModuleForm::KymaCli2), three);
        let both = format!("{three}\ntemplate-kyma-cli-2.yaml");
        assert_eq!(assets(ModuleForm::Both), both);
    }

    #[test]
    fn default_image_follows_folder_and_tag_format() {
        let mut api = ReleaseSettings {
            directory: Some("./api/".into()),
            ..settings()
        };
        assert_eq!(outputs(&api)["binary-image"], "ghcr.io/octo/module/api");
        assert_eq!(outputs(&api)["module-name"], "kyma-project.io/module/api");
        api.tag_format = Some("api/v{version}".parse().unwrap());
        assert_eq!(
            outputs(&api)["binary-image"],
            "ghcr.io/octo/module/api:{version}"
        );
    }

    /// A job may be skipped only if the release does not have it: every combination.
    #[test]
    fn only_jobs_that_the_release_does_not_have_are_optional() {
        let module = settings().module;
        let jobs = ["build-image", "build-module", "assets"];
        for (word, builders) in Builders::WORDS {
            for bits in 0..16_u8 {
                let [image, has_module, files, command] = [1, 2, 4, 8].map(|bit| bits & bit != 0);
                let case = ReleaseSettings {
                    builders,
                    binary_image: if image {
                        BinaryImage::Default
                    } else {
                        BinaryImage::None
                    },
                    module: if has_module {
                        module.clone()
                    } else {
                        Module::None
                    },
                    files: if files { vec!["a.tgz".into()] } else { vec![] },
                    has_assets_command: command,
                    ..settings()
                };
                let called = builders == Builders::Called;
                let apart = files && (command || !(called && has_module));
                let wanted = [called && image, called && has_module, apart];
                let skipped = jobs.iter().zip(wanted).filter(|(_, wanted)| !wanted);
                let skipped: Vec<&str> = skipped.map(|(job, _)| *job).collect();
                let outputs = outputs(&case);
                let optional = match builders {
                    Builders::Caller => String::new(),
                    _ => skipped.join("\n"),
                };
                assert_eq!(outputs["builders"], word);
                assert_eq!(outputs["optional-jobs"], optional, "{case:?}");
                assert_eq!(outputs["upload-assets"], apart.to_string(), "{case:?}");
                let checks = BUILD_JOBS.iter().zip(wanted).filter(|(_, wanted)| *wanted);
                let checks: Vec<String> = checks
                    .map(|((_, name), _)| format!("*{name} / {name}"))
                    .collect();
                assert_eq!(outputs["builder-checks"], checks.join("\n"), "{case:?}");
                assert_eq!(outputs["image-platforms"].is_empty(), !called);
            }
        }
    }

    #[test]
    fn files_are_assets_of_the_release() {
        let with_files = ReleaseSettings {
            files: vec!["chart.tgz".into(), "rendered.yaml".into()],
            ..settings()
        };
        let module = MODULE_ASSETS.join("\n");
        assert_eq!(
            outputs(&with_files)["assets"],
            format!("{module}\nchart.tgz")
        );
        let bare = ReleaseSettings {
            module: Module::None,
            ..with_files.clone()
        };
        assert_eq!(outputs(&bare)["assets"], "chart.tgz\nrendered.yaml");
        let given = ReleaseSettings {
            assets: vec!["chart.tgz".into(), "rendered.yaml".into()],
            ..with_files
        };
        assert_eq!(outputs(&given)["assets"], "chart.tgz\nrendered.yaml");
    }

    #[test]
    fn a_release_without_a_module_has_neither_its_name_nor_its_assets() {
        let bare = ReleaseSettings {
            module: Module::None,
            binary_image: BinaryImage::None,
            ..settings()
        };
        let outputs = outputs(&bare);
        assert_eq!(outputs["module"], "false");
        for name in ["binary-image", "module-name", "module-registry", "assets"] {
            assert_eq!(outputs[name], "", "{name}");
        }
    }
}
