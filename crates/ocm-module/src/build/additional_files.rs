//! The files that are written beside the release's: for Lifecycle Manager, for security scanners and for the `ocm` command.

use std::collections::BTreeMap;

use super::Assembled;
use super::component_config::{
    ExistingComponentConfig, ScannedImages, component_config, updated_component_config,
};
use super::component_constructor::{ConstructorFiles, component_constructor};
use super::release_meta::release_meta;
use crate::config::ReleaseMeta;
use crate::oci::ImageName;
use crate::{Diagnostic, FormatCode};

/// The `ModuleReleaseMeta`: which version of the module is in which channel.
pub const RELEASE_META: &str = "module-release-meta.yaml";

/// The images that security scanners scan, and the team that answers for them.
pub const COMPONENT_CONFIG: &str = "component-config.yaml";

/// The component for `ocm add componentversions`.
pub const COMPONENT_CONSTRUCTOR: &str = "component-constructor.yaml";

/// The default custom resource, which the constructor names.
pub const DEFAULT_CR: &str = "default-cr.yaml";

/// What the files are made from, beside the module.
#[derive(Clone, Debug)]
pub struct AdditionalInputs<'a> {
    /// The component's name, such as `kyma-project.io/module/btp-operator`.
    pub component: &'a str,
    /// The namespace of the `ModuleReleaseMeta`.
    pub namespace: &'a str,
    /// The default custom resource.
    pub default_cr: Option<&'a [u8]>,
    /// The channels; without them there is no [`RELEASE_META`].
    pub release_meta: Option<&'a ReleaseMeta>,
    /// Who answers for findings of the scanners; without it there is no [`COMPONENT_CONFIG`].
    pub scanned_by: Option<ScannedBy<'a>>,
    /// Images that are released together with those of the manifest.
    pub other_images: &'a [ImageName],
}

/// Where the name and the team for [`COMPONENT_CONFIG`] are from.
#[derive(Clone, Copy, Debug)]
pub enum ScannedBy<'a> {
    /// From such a file, which is brought up to date.
    File(ExistingComponentConfig<'a>),
    /// A team, and the component's own name.
    Team(&'a str),
}

impl Assembled {
    /// Adds the files to [`Assembled::additional`], and what is remarkable about them to the warnings. The constructor is written
    /// for an image that has its template as a layer, as modulectl 3 and the `ocm` command make it.
    pub fn add_files(&mut self, inputs: &AdditionalInputs<'_>) {
        let (files, found) = additional_files(self, inputs);
        self.additional.extend(files);
        self.warnings.extend(found);
    }
}

fn additional_files(
    assembled: &Assembled,
    inputs: &AdditionalInputs<'_>,
) -> (BTreeMap<&'static str, Vec<u8>>, Vec<Diagnostic>) {
    let (mut files, mut found) = (BTreeMap::new(), Vec::new());
    if let Some(read) = inputs.release_meta {
        let text = release_meta(inputs.component, inputs.namespace, read);
        files.insert(RELEASE_META, text.into_bytes());
    }
    if let Some(scanned_by) = inputs.scanned_by {
        let text = match scanned_by {
            ScannedBy::File(existing) => {
                let images = ScannedImages {
                    manifest: &assembled.images,
                    others: inputs.other_images,
                };
                let (text, of_file) = updated_component_config(existing, images);
                found.extend(of_file);
                found.extend(name_differs(existing, inputs.component));
                text
            }
            ScannedBy::Team(team) => component_config(inputs.component, team, &assembled.images),
        };
        files.insert(COMPONENT_CONFIG, text.into_bytes());
    }
    let descriptor = &assembled.version.descriptor;
    let resources = &descriptor.component.resources;
    if resources
        .iter()
        .any(|resource| resource.name == "moduletemplate")
    {
        let constructor = ConstructorFiles {
            manifest: "rendered.yaml",
            default_cr: inputs.default_cr.map(|_| DEFAULT_CR),
            template: "template.yaml",
        };
        let text = component_constructor(descriptor, &constructor);
        files.insert(COMPONENT_CONSTRUCTOR, text.into_bytes());
        files.extend(inputs.default_cr.map(|bytes| (DEFAULT_CR, bytes.to_vec())));
    }
    (files, found)
}

fn name_differs(existing: ExistingComponentConfig<'_>, component: &str) -> Option<Diagnostic> {
    let name = &existing.config.name;
    (name != component).then(|| {
        let seen = format!("name {name} is not the component that is released");
        let help = "nothing to do, if scanners know the module by that name";
        Diagnostic::warning(FormatCode::ComponentConfigNameDiffers, seen, help)
            .wanted(component)
            .at(existing.name, None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{DescriptorStyle, GitSource, ModuleInputs, TemplateForm, assemble};
    use crate::config::ScannedComponent;
    use crate::fixtures::text;
    use crate::raw_manifest::RawManifest;

    const COMPONENT: &str = "kyma-project.io/module/template-operator";
    const IMAGE: &str = "eu.gcr.io/kyma-project/template-operator:1.2.0";

    fn assembled(style: DescriptorStyle, template: TemplateForm) -> Assembled {
        let manifest = text("raw-manifest.yaml")
            .replace("template-operator:latest", "template-operator:1.2.0");
        let manifest = RawManifest::parse("manifest.yaml", manifest.as_bytes()).unwrap();
        let inputs = ModuleInputs {
            style,
            template,
            kyma_cli_2_template: None,
            namespace: None,
            component: COMPONENT,
            version: &"1.2.0".parse().unwrap(),
            registry: &"r.example/prod".parse().unwrap(),
            channel: "regular",
            source: &GitSource {
                repo_url: "https://github.com/kyma-project/template-operator".into(),
                commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
                reference: None,
            },
            default_cr: None,
            config: None,
            security: None,
            manager: None,
        };
        assemble(&inputs, &manifest).unwrap()
    }

    fn inputs<'a>() -> AdditionalInputs<'a> {
        AdditionalInputs {
            component: COMPONENT,
            namespace: "kcp-system",
            default_cr: None,
            release_meta: None,
            scanned_by: None,
            other_images: &[],
        }
    }

    #[test]
    fn files_are_added_with_their_warnings() {
        let mut modulectl = assembled(DescriptorStyle::Modulectl3, TemplateForm::Modulectl3);
        let (files, warnings) = (modulectl.files.clone(), modulectl.warnings.len());
        let text = "name: a.io/b\nteam: t\nimages: []\n";
        let (config, _) = ScannedComponent::parse("component-config.yaml", text.as_bytes());
        modulectl.add_files(&AdditionalInputs {
            scanned_by: Some(ScannedBy::File(ExistingComponentConfig {
                name: "component-config.yaml",
                text,
                config: &config.unwrap(),
            })),
            ..inputs()
        });
        assert_eq!(modulectl.files, files);
        assert_eq!(
            names(&modulectl.additional),
            [COMPONENT_CONFIG, COMPONENT_CONSTRUCTOR]
        );
        assert_eq!(modulectl.warnings.len(), warnings + 1);
    }

    fn names(files: &BTreeMap<&'static str, Vec<u8>>) -> Vec<&'static str> {
        files.keys().copied().collect()
    }

    #[test]
    fn the_constructor_is_written_for_an_image_that_has_its_template() {
        let modulectl = assembled(DescriptorStyle::Modulectl3, TemplateForm::Modulectl3);
        let with_cr = AdditionalInputs {
            default_cr: Some(b"kind: Sample\n"),
            ..inputs()
        };
        let (files, found) = additional_files(&modulectl, &with_cr);
        assert_eq!(names(&files), [COMPONENT_CONSTRUCTOR, DEFAULT_CR]);
        assert_eq!(files[DEFAULT_CR], b"kind: Sample\n");
        assert_eq!(found, []);
        let (files, _) = additional_files(&modulectl, &inputs());
        assert_eq!(names(&files), [COMPONENT_CONSTRUCTOR]);
        let constructor = String::from_utf8(files[COMPONENT_CONSTRUCTOR].clone()).unwrap();
        assert!(
            constructor.contains(IMAGE) && !constructor.contains(DEFAULT_CR),
            "{constructor}"
        );
        // Its files are there.
        for file in ["rendered.yaml", "template.yaml"] {
            assert!(
                constructor.contains(file) && modulectl.files.contains_key(file),
                "{file}"
            );
        }
        let kyma_cli = assembled(DescriptorStyle::KymaCli2, TemplateForm::V1Beta2);
        let (files, found) = additional_files(&kyma_cli, &with_cr);
        assert_eq!((names(&files), found), (vec![], vec![]));
    }

    #[test]
    fn names_are_none_of_the_release_files() {
        let mut all = vec![
            COMPONENT_CONFIG,
            COMPONENT_CONSTRUCTOR,
            DEFAULT_CR,
            RELEASE_META,
        ];
        let kyma_cli = assembled(DescriptorStyle::KymaCli2, TemplateForm::V1Beta2);
        all.extend(kyma_cli.files.keys());
        all.push(crate::build::KYMA_CLI_2_TEMPLATE);
        let number = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), number);
    }

    #[test]
    fn scanned_images_are_those_of_the_manifest() {
        // In every form of the module.
        let kyma_cli = assembled(DescriptorStyle::KymaCli2, TemplateForm::V1Beta2);
        let of_team = AdditionalInputs {
            scanned_by: Some(ScannedBy::Team("kyma/jellyfish")),
            ..inputs()
        };
        let (files, _) = additional_files(&kyma_cli, &of_team);
        let written = String::from_utf8(files[COMPONENT_CONFIG].clone()).unwrap();
        let images: Vec<_> = kyma_cli
            .images
            .iter()
            .map(|image| format!("  - {}\n", image.text))
            .collect();
        let images = images.concat();
        assert!(images.contains(IMAGE), "{images}");
        assert_eq!(
            written,
            format!("name: {COMPONENT}\nteam: kyma/jellyfish\nimages:\n{images}")
        );
    }

    #[test]
    fn another_name_in_the_component_config_is_a_warning() {
        let text = "name: a.io/b\nteam: t\nimages: []\n";
        let (config, _) = ScannedComponent::parse("component-config.yaml", text.as_bytes());
        let of_file = AdditionalInputs {
            scanned_by: Some(ScannedBy::File(ExistingComponentConfig {
                name: "component-config.yaml",
                text,
                config: &config.unwrap(),
            })),
            ..inputs()
        };
        let kyma_cli = assembled(DescriptorStyle::KymaCli2, TemplateForm::V1Beta2);
        let (files, found) = additional_files(&kyma_cli, &of_file);
        assert_eq!(found[0].code, FormatCode::ComponentConfigNameDiffers);
        assert!(!found[0].is_error());
        assert!(files[COMPONENT_CONFIG].starts_with(b"name: a.io/b\n"));
    }
}
