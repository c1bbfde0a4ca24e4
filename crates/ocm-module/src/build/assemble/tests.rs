//! Whole modules, from their files to what is published.

use serde_json::json;

use super::*;
use crate::FormatCode;
use crate::config::ConfigDialect;
use crate::fixtures::text;
use crate::yaml;

const CR: &str = "# the defaults\napiVersion: operator.kyma-project.io/v1alpha1\nkind: Sample\nmetadata:\n  name: sample\n";
const IMAGE: &str = "eu.gcr.io/kyma-project/template-operator:1.2.0";

struct TestModule {
    manifest: String,
    version: Version,
    registry: ComponentRegistry,
    source: GitSource,
    manager: ImageRef,
}

fn test_module() -> TestModule {
    TestModule {
        manifest: text("raw-manifest.yaml")
            .replace("template-operator:latest", "template-operator:1.2.0"),
        version: "1.2.0".parse().unwrap(),
        registry: "r.example/prod".parse().unwrap(),
        source: GitSource {
            repo_url: "https://github.com/kyma-project/template-operator".into(),
            commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
            reference: None,
        },
        manager: IMAGE.parse().unwrap(),
    }
}

impl TestModule {
    fn assemble(&self, inputs: &ModuleInputs<'_>) -> Result<Assembled, Vec<Diagnostic>> {
        let manifest = RawManifest::parse("manifest.yaml", self.manifest.as_bytes());
        assemble(inputs, &manifest.map_err(|unreadable| vec![unreadable])?)
    }

    fn inputs(&self) -> ModuleInputs<'_> {
        ModuleInputs {
            style: DescriptorStyle::KymaCli2,
            template: TemplateForm::V1Beta2,
            kyma_cli_2_template: None,
            namespace: None,
            component: "kyma-project.io/module/template-operator",
            version: &self.version,
            registry: &self.registry,
            channel: "regular",
            source: &self.source,
            default_cr: Some(NamedFile {
                name: "default-cr.yaml",
                bytes: CR.as_bytes(),
            }),
            config: None,
            security: None,
            manager: Some(&self.manager),
        }
    }
}

fn modulectl_config() -> ModuleConfig {
    let text = "name: kyma-project.io/module/template-operator\nversion: 1.2.0\nmanifest: manifest.yaml\nrepository: https://github.com/kyma-project/template-operator\ndocumentation: https://kyma-project.io/x\nteam: kyma/gopher\nicons: {module-icon: 'https://kyma-project.io/i.svg'}\nbeta: true\n";
    let (config, found) = ModuleConfig::parse("module-config.yaml", text.as_bytes());
    assert_eq!(found, []);
    let config = config.unwrap();
    assert_eq!(config.dialect, ConfigDialect::Modulectl3);
    config
}

#[test]
fn each_form_yields_three_files() {
    let files = test_module();
    for (template, api, same) in [
        (TemplateForm::V1Beta1, "v1beta1", false),
        (TemplateForm::V1Beta2, "v1beta2", true),
        (TemplateForm::KymaCli2Config, "v1beta2", true),
        (TemplateForm::Modulectl3, "v1beta2", true),
    ] {
        let style = match template {
            TemplateForm::Modulectl3 => DescriptorStyle::Modulectl3,
            _ => DescriptorStyle::KymaCli2,
        };
        let assembled = files
            .assemble(&ModuleInputs {
                style,
                template,
                ..files.inputs()
            })
            .unwrap();
        let warnings: Vec<_> = assembled.warnings.iter().map(|found| found.code).collect();
        let installed = template == TemplateForm::Modulectl3;
        let not_installed = (!installed).then_some(FormatCode::ModuleNotInstalled);
        assert_eq!(warnings, Vec::from_iter(not_installed));
        let file = |name: &str| String::from_utf8(assembled.files[name].clone()).unwrap();
        assert_eq!(file("rendered.yaml"), files.manifest);
        let (remote, control_plane) = (file("template.yaml"), file("template_control_plane.yaml"));
        assert_eq!(remote == control_plane, same, "{template:?}");
        let read = yaml::document(&remote).unwrap();
        assert_eq!(
            read["apiVersion"],
            format!("operator.kyma-project.io/{api}")
        );
        assert_eq!(read["spec"]["data"]["kind"], "Sample");
        let published = read["spec"]["descriptor"].clone();
        if template == TemplateForm::Modulectl3 {
            assert_eq!(published, json!({}));
        } else {
            assert_eq!(published, assembled.version.descriptor.to_value());
        }
        if !same {
            assert_eq!(
                remote.replace("target: remote", "target: control-plane"),
                control_plane
            );
        }
    }
}

#[test]
fn modulectl_3_template_repeats_the_configuration() {
    let (files, config) = (test_module(), modulectl_config());
    let assembled = files
        .assemble(&ModuleInputs {
            style: DescriptorStyle::Modulectl3,
            template: TemplateForm::Modulectl3,
            config: Some(("module-config.yaml", &config)),
            ..files.inputs()
        })
        .unwrap();
    let component = &assembled.version.descriptor.component;
    let labels: Vec<_> = component
        .labels
        .iter()
        .map(|label| (label.name.as_str(), label.value.clone()))
        .collect();
    assert_eq!(labels[0], ("operator.kyma-project.io/beta", json!("true")));
    assert_eq!(labels[3].1, json!("false"));
    assert_eq!(labels[4].0, "security.kyma-project.io/scan");
    assert_eq!(labels[5].1[0]["teamname"], "kyma/gopher");
    let names: Vec<_> = component
        .resources
        .iter()
        .map(|resource| resource.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "template-operator",
            "default-cr",
            "moduletemplate",
            "raw-manifest"
        ]
    );
    let template =
        yaml::document(std::str::from_utf8(&assembled.files["template.yaml"]).unwrap()).unwrap();
    assert_eq!(
        template["spec"]["info"]["documentation"],
        "https://kyma-project.io/x"
    );
    assert_eq!(
        template["metadata"]["labels"]["operator.kyma-project.io/beta"],
        "true"
    );
    assert_eq!(template["metadata"]["name"], "template-operator-1.2.0");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let mut files = test_module();
    files.version = "1.2.0-rc.1".parse().unwrap();
    files.manager = "eu.gcr.io/kyma-project/template-operator:1.2.1"
        .parse()
        .unwrap();
    let config = modulectl_config();
    let found = files
        .assemble(&ModuleInputs {
            component: "kyma-project.io/module/k8s",
            channel: "Fast",
            config: Some(("module-config.yaml", &config)),
            default_cr: Some(NamedFile {
                name: "default-cr.yaml",
                bytes: b"kind: Other\n",
            }),
            ..files.inputs()
        })
        .unwrap_err();
    let codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(
        codes,
        [
            FormatCode::VersionPrereleaseDotted,
            FormatCode::ModuleNameShort,
            FormatCode::ChannelInvalid,
            FormatCode::ConfigNameDiffers,
            FormatCode::ConfigVersionDiffers,
            FormatCode::ManagerImageDiffers,
            FormatCode::DefaultCrUnknown,
            FormatCode::DefaultCrUnnamed,
        ]
    );
    // The positions of the config's name and version.
    assert!(
        found[3]
            .to_string()
            .starts_with("module-config.yaml:1:1: name "),
        "{}",
        found[3]
    );
    assert!(
        found[4]
            .to_string()
            .starts_with("module-config.yaml:2:1: version "),
        "{}",
        found[4]
    );
}

#[test]
fn templates_that_do_not_fit_the_image_are_refused() {
    let mut files = test_module();
    files.version = "1.2.0-RC1".parse().unwrap();
    let mut config = modulectl_config();
    config.version = "1.2.0-RC1".into();
    config.resource_name = Some("Mine".into());
    for (style, template, code) in [
        (
            DescriptorStyle::KymaCli2,
            TemplateForm::Modulectl3,
            Some(FormatCode::TemplateFormUnfit),
        ),
        (
            DescriptorStyle::Modulectl3,
            TemplateForm::Modulectl3,
            Some(FormatCode::TemplateNameInvalid),
        ),
        (
            DescriptorStyle::KymaCli2,
            TemplateForm::KymaCli2Config,
            Some(FormatCode::TemplateNameInvalid),
        ),
        (DescriptorStyle::KymaCli2, TemplateForm::V1Beta1, None),
        (DescriptorStyle::Modulectl3, TemplateForm::V1Beta2, None),
    ] {
        let assembled = files.assemble(&ModuleInputs {
            style,
            template,
            config: Some(("module-config.yaml", &config)),
            ..files.inputs()
        });
        match (assembled, code) {
            (Ok(_), None) => {}
            (Err(found), Some(code)) => {
                assert_eq!(found.len(), 1, "{found:?}");
                assert_eq!(found[0].code, code);
            }
            (other, _) => panic!("{style:?} {template:?}: {other:?}"),
        }
    }
}

/// The images of a descriptor.
fn listed_images(assembled: &Assembled) -> Vec<String> {
    let descriptor = assembled.version.descriptor.to_value();
    let resources = descriptor["component"]["resources"].as_array().unwrap();
    let images = resources
        .iter()
        .filter_map(|resource| resource["access"]["imageReference"].as_str());
    images.map(str::to_owned).collect()
}

#[test]
fn descriptor_lists_the_images_of_lists_and_of_every_pod() {
    let mut files = test_module();
    let images = |files: &TestModule| {
        let inputs = ModuleInputs {
            style: DescriptorStyle::Modulectl3,
            template: TemplateForm::Modulectl3,
            ..files.inputs()
        };
        let assembled = files.assemble(&inputs).unwrap();
        assert_eq!(assembled.warnings, []);
        assert_eq!(assembled.files["rendered.yaml"], files.manifest.as_bytes());
        listed_images(&assembled)
    };
    let documents = images(&files);
    let mut list = json!({"apiVersion": "v1", "kind": "List", "items": yaml::documents(&files.manifest).unwrap()});
    let items = list["items"].as_array_mut().unwrap();
    items.retain(|item| !item.is_null());
    files.manifest = list.to_string();
    assert_eq!(images(&files), documents);
    let pod = json!({"containers": [{"image": "busybox:1.36", "env": [{"name": "RELATED_IMAGE_A", "value": "alpine:3.18.0"}]}],
        "volumes": [{"name": "a", "image": {"reference": "r.example/data:1.0.0"}}]});
    let job = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}}});
    list["items"].as_array_mut().unwrap().push(job);
    files.manifest = list.to_string();
    let more = ["busybox:1.36", "alpine:3.18.0", "r.example/data:1.0.0"].map(str::to_owned);
    assert_eq!(images(&files), [documents.as_slice(), &more].concat());
}

/// modulectl and Lifecycle Manager take it; consumers of the Kyma CLI 2's modules look for a definition.
#[test]
fn module_without_a_crd_is_built_in_the_form_of_modulectl_alone() {
    let mut files = test_module();
    let workload = files
        .manifest
        .split("---\n")
        .find(|text| text.contains("kind: Deployment"));
    files.manifest = workload.unwrap().to_owned();
    for (style, template) in [
        (DescriptorStyle::KymaCli2, TemplateForm::V1Beta2),
        (DescriptorStyle::Modulectl3, TemplateForm::Modulectl3),
    ] {
        let inputs = ModuleInputs {
            style,
            template,
            default_cr: None,
            ..files.inputs()
        };
        let found = match files.assemble(&inputs) {
            Ok(assembled) => {
                assert_eq!(style, DescriptorStyle::Modulectl3);
                assembled.warnings
            }
            Err(found) => {
                assert_eq!(style, DescriptorStyle::KymaCli2);
                found
            }
        };
        let codes: Vec<_> = found.iter().map(|found| found.code).collect();
        assert_eq!(codes, [FormatCode::ManifestWithoutCrd]);
    }
}

/// The image of the Kyma CLI 2 with the templates of both tools.
#[test]
fn both_forms_share_one_image() {
    let files = test_module();
    let assembled = |style, template, kyma_cli_2_template| {
        files.assemble(&ModuleInputs {
            style,
            template,
            kyma_cli_2_template,
            namespace: Some("kcp-system"),
            ..files.inputs()
        })
    };
    let (old, second) = (DescriptorStyle::KymaCli2, Some(TemplateForm::V1Beta2));
    let both = assembled(old, TemplateForm::Modulectl3, second).unwrap();
    let alone = assembled(old, TemplateForm::V1Beta2, None).unwrap();
    let names: Vec<_> = both.files.keys().copied().collect();
    assert_eq!(
        names,
        [
            "rendered.yaml",
            KYMA_CLI_2_TEMPLATE,
            "template.yaml",
            "template_control_plane.yaml"
        ]
    );
    assert_eq!(both.version.digest(), alone.version.digest());
    assert_eq!(
        both.files[KYMA_CLI_2_TEMPLATE],
        alone.files["template.yaml"]
    );
    assert_eq!(
        both.files["template_control_plane.yaml"],
        both.files["template.yaml"]
    );
    assert_eq!(both.warnings, []);
    let template = std::str::from_utf8(&both.files["template.yaml"]).unwrap();
    let template = yaml::document(template).unwrap();
    assert_eq!(template["metadata"]["name"], "template-operator-1.2.0");
    assert_eq!(template["metadata"]["namespace"], "kcp-system");
    assert_eq!(template["spec"]["version"], "1.2.0");
    let repository = &template["spec"]["info"]["repository"];
    assert_eq!(
        repository,
        "https://github.com/kyma-project/template-operator"
    );
    let source = &both.version.descriptor.to_value()["component"]["sources"][0]["access"];
    assert_eq!(
        source["repoUrl"],
        "github.com/kyma-project/template-operator"
    );
    for (style, template) in [
        (DescriptorStyle::Modulectl3, TemplateForm::Modulectl3),
        (old, TemplateForm::V1Beta2),
    ] {
        let found = assembled(style, template, second).unwrap_err();
        assert_eq!(found[0].code, FormatCode::TemplateFormUnfit);
    }
}

#[test]
fn modules_that_no_lifecycle_manager_installs_are_told() {
    let files = test_module();
    let told = |style, template, namespace| {
        let inputs = ModuleInputs {
            style,
            template,
            namespace,
            ..files.inputs()
        };
        let warnings = files.assemble(&inputs).unwrap().warnings;
        let of = warnings
            .iter()
            .filter(|found| found.code == FormatCode::ModuleNotInstalled);
        of.map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    let (today, old) = (DescriptorStyle::Modulectl3, DescriptorStyle::KymaCli2);
    for namespace in [None, Some(""), Some("kcp-system")] {
        assert_eq!(told(today, TemplateForm::Modulectl3, namespace), "");
    }
    for (style, template, namespace, why) in [
        (
            today,
            TemplateForm::Modulectl3,
            Some("mine"),
            "in kcp-system only",
        ),
        (today, TemplateForm::V1Beta2, None, "which are tars"),
        (today, TemplateForm::KymaCli2Config, None, "which are tars"),
        (old, TemplateForm::V1Beta2, None, "since November 2025"),
        (old, TemplateForm::V1Beta1, None, "v1beta1 served any more"),
    ] {
        let told = told(style, template, namespace);
        assert!(told.contains(why), "{style:?} {template:?}: {told}");
    }
}
