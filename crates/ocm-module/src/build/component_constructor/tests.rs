//! Constructors, byte for byte as `yaml.v3` 3.0.1 writes modulectl's types, and by OCM's schema. The types were written down from
//! modulectl's source (`modulectl:internal/common/types/component/constructor.go`); modulectl itself was not run.

use super::super::component::SCAN_LABEL;
use super::super::{ComponentInputs, DescriptorStyle, GitSource, build_component, image_resources};
use super::*;
use crate::fixtures;
use crate::json_schema::{UnknownKeys, violations};
use crate::oci::ImageName;
use crate::yaml;

const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A module as modulectl's configuration describes it.
#[derive(Clone, Copy, Default)]
struct Module<'a> {
    component: &'a str,
    version: &'a str,
    repository: &'a str,
    /// `beta`, `internal`, `requiresDowntime`, `is-cluster-scoped`.
    flags: [bool; 4],
    team: Option<&'a str>,
    default_cr: Option<&'a str>,
    images: &'a [&'a str],
}

impl Module<'_> {
    fn constructor(&self) -> String {
        let names = ["beta", "internal", "requiresDowntime", "is-cluster-scoped"];
        let flags = names.iter().zip(self.flags);
        let mut labels: Vec<_> = flags
            .map(|(name, flag)| {
                Label::new(format!("operator.kyma-project.io/{name}"), flag.to_string())
            })
            .collect();
        if let Some(team) = self.team {
            let team = serde_json::json!([{"github_hostname": "github.tools.sap", "teamname": team, "type": "githubTeam"}]);
            labels.push(Label::new(SCAN_LABEL, "enabled"));
            labels.push(Label::new("cloud.gardener.cnudie/responsibles", team));
        }
        let images: Vec<_> = self
            .images
            .iter()
            .map(|image| ImageName::parse(image).unwrap())
            .collect();
        let version = build_component(&ComponentInputs {
            style: DescriptorStyle::Modulectl3,
            component: self.component,
            version: &self.version.parse().unwrap(),
            registry: &"registry.example/prod".parse().unwrap(),
            source: &GitSource {
                repo_url: self.repository.into(),
                commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
                reference: None,
            },
            manifest: b"kind: CustomResourceDefinition\n",
            default_cr: self.default_cr.map(str::as_bytes),
            settings: None,
            template: Some(b"kind: ModuleTemplate\n"),
            images: &image_resources::image_resources(&images),
            security: None,
            labels: &labels,
        })
        .unwrap();
        let files = ConstructorFiles {
            manifest: "rendered.yaml",
            default_cr: self.default_cr.map(|_| "default-cr.yaml"),
            template: "template.yaml",
        };
        component_constructor(&version.descriptor, &files)
    }
}

const MINIMAL: Module<'_> = Module {
    component: "kyma-project.io/module/template-operator",
    version: "1.0.0",
    repository: "https://github.com/kyma-project/template-operator",
    flags: [false; 4],
    team: None,
    default_cr: None,
    images: &[],
};

#[test]
fn constructors_equal_what_yaml_v3_makes_of_the_types_of_modulectl() {
    let pinned =
        format!("europe-docker.pkg.dev/kyma-project/prod/external/controller:v0.11.6@sha256:{HEX}");
    for (file, module) in [
        (
            "component-constructor",
            Module {
                component: "kyma-project.io/module/btp-operator",
                version: "1.3.20",
                repository: "https://github.com/kyma-project/btp-manager.git",
                flags: [true, false, false, true],
                team: Some("kyma/gopher"),
                default_cr: Some("kind: BtpOperator\n"),
                images: &[
                    "europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.3.20",
                    &pinned,
                    "nginx:1.27",
                ],
            },
        ),
        (
            "component-constructor-minimal",
            Module {
                version: "1.0.0-rc1",
                flags: [false, true, true, false],
                ..MINIMAL
            },
        ),
        (
            "component-constructor-odd-team",
            Module {
                team: Some("yes: @team #1"),
                ..MINIMAL
            },
        ),
    ] {
        let expected = fixtures::text(&format!("modulectl-3.3/{file}.yaml"));
        assert_eq!(module.constructor(), expected, "{file}");
    }
}

fn refused(constructor: &str) -> Vec<String> {
    let schema =
        serde_json::from_slice(&fixtures::read("ocm/component-constructor-schema.json")).unwrap();
    violations(
        &schema,
        &yaml::document(constructor).unwrap(),
        UnknownKeys::Allowed,
    )
}

#[test]
fn constructors_are_valid_by_the_schema_of_ocm() {
    let module = Module {
        default_cr: Some("kind: Sample\n"),
        images: &[
            "r.example/a/tool:1.0.0",
            "r.example/b/tool:1.0.0",
            "x.y:z_1",
        ],
        ..MINIMAL
    };
    assert_eq!(refused(&module.constructor()), [""; 0]);
    // The schema has no lists as values of labels, and modulectl writes one for the team.
    let with_team = Module {
        team: Some("kyma/gopher"),
        ..module
    };
    assert_eq!(refused(&with_team.constructor()).len(), 1);
    for (good, bad) in [
        ("name: raw-manifest", "name: RAW"),
        ("version: 1.0.0", "version: \"\""),
        ("type: dir\n", "kind: dir\n"),
        (
            "name: kyma-project.io/module/template-operator",
            "name: template-operator",
        ),
    ] {
        let broken = module.constructor().replacen(good, bad, 1);
        assert_ne!(refused(&broken), [""; 0], "{bad}");
    }
}

#[test]
fn constructors_describe_the_component_that_is_pushed() {
    let module = Module {
        images: &["r.example/a/tool:1.0.0"],
        ..MINIMAL
    };
    let document = yaml::document(&module.constructor()).unwrap();
    let component = &document["components"][0];
    assert_eq!(
        component["resources"][0]["access"]["imageReference"],
        "r.example/a/tool:1.0.0"
    );
    let names: Vec<_> = component["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| &resource["name"])
        .collect();
    assert_eq!(names, ["tool", "raw-manifest", "moduletemplate"]);
    assert_eq!(
        component["sources"][0]["access"]["commit"],
        "4e4b9d47cb655ca23e5c706462485ff7605e8d71"
    );
}
