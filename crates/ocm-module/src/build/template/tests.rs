//! Templates against those that the tools wrote, and inputs that need quoting.

use serde_json::json;

use super::*;
use crate::config::{CustomStateCheck, Gvk, Manager, ModuleConfig};
use crate::fixtures::{read, text};
use crate::raw_manifest::RawManifest;

const CR: &str = "apiVersion: operator.kyma-project.io/v1alpha1\nkind: Sample\nmetadata:\n  name: sample-yaml\nspec:\n  initKey: initValue\n  resourceFilePath: \"./module-data/yaml\"\n";

#[test]
fn kyma_cli_2_templates_equal_the_golden_ones() {
    let descriptor_yaml = text("golden-cli-2.15/component-descriptor.yaml");
    let template = KymaCli2Template {
        component: "kyma-project.io/template-operator",
        channel: "regular",
        descriptor_yaml: &descriptor_yaml,
        default_cr: Some(CR),
        namespace: "kcp-system",
    };
    assert_eq!(template.render(None), text("golden-cli-2.15/template.yaml"));
    let control_plane = template.render(Some(Target::ControlPlane));
    assert_eq!(control_plane, text("golden-cli-2.14/template.yaml"));
    let remote = template.render(Some(Target::Remote));
    assert_eq!(
        remote.replace("target: remote", "target: control-plane"),
        control_plane
    );
}

#[test]
fn kyma_cli_2_config_template_equals_the_golden_one() {
    let text_of = "name: kyma-project.io/module/template-operator\nversion: 1.1.1-e2e-test\nchannel: regular\nmanifest: m\n";
    let (config, _) = ModuleConfig::parse("c", text_of.as_bytes());
    let mut config = config.unwrap();
    let render = |config: &ModuleConfig| {
        let template = KymaCli2ConfigTemplate {
            config,
            version: "1.1.1-e2e-test",
            channel: "regular",
            descriptor_yaml: &text("golden-cli-2.20/component-descriptor.yaml"),
            default_cr: Some(CR),
            cluster_scoped: false,
            namespace: "kcp-system",
        };
        template.render()
    };
    assert_eq!(render(&config), text("golden-cli-2.20/template.yaml"));
    let without = KymaCli2ConfigTemplate {
        config: &config,
        version: "1.1.1-e2e-test",
        channel: "regular",
        descriptor_yaml: "component: {}\n",
        default_cr: None,
        cluster_scoped: false,
        namespace: "kcp-system",
    };
    let without = yaml::document(&without.render()).unwrap();
    assert_eq!(
        without["spec"],
        json!({"channel": "regular", "descriptor": {"component": {}}})
    );

    config.beta = true;
    config.mandatory = true;
    config.resource_name = Some("mine".into());
    config.custom_state_checks = vec![CustomStateCheck {
        json_path: "status['a']".into(),
        value: "on".into(),
        mapped_state: "Ready".into(),
    }];
    let read = yaml::document(&render(&config)).unwrap();
    assert_eq!(read["metadata"]["name"], "mine");
    assert_eq!(
        read["metadata"]["labels"]["operator.kyma-project.io/beta"],
        "true"
    );
    assert_eq!(
        read["spec"]["customStateCheck"][0]["jsonPath"],
        "status['a']"
    );
    assert_eq!(read["spec"]["mandatory"], true);
}

#[test]
fn document_marks_of_the_default_cr_are_left_out() {
    let descriptor_yaml = text("golden-cli-2.15/component-descriptor.yaml");
    let render = |default_cr: Option<&str>| {
        let template = KymaCli2Template {
            component: "kyma-project.io/template-operator",
            channel: "regular",
            descriptor_yaml: &descriptor_yaml,
            default_cr,
            namespace: "kcp-system",
        };
        template.render(None)
    };
    let golden = render(Some(CR));
    for cr in [
        format!("---\n{CR}"),
        format!("# licence\n--- \n{CR}"),
        format!("{CR}---\n"),
        format!("---\n{CR}...\n"),
        format!("---\n---\n{CR}---\n---\n"),
        format!("%YAML 1.1\n--- # ours\n{CR}--- # no more\n"),
        format!("\u{feff}{CR}"),
    ] {
        assert_eq!(render(Some(&cr)), golden, "{cr}");
    }
    let data = |cr: &str| yaml::document(&render(Some(cr))).unwrap()["spec"]["data"].clone();
    for cr in [
        format!("# ours --- and theirs\n{CR}"),
        format!("#---\n{CR}"),
        format!("{CR}---x: 1\n"),
        "--- {kind: A}\n".into(),
    ] {
        assert_eq!(data(&cr), yaml::document(&cr).unwrap(), "{cr}");
    }
    let without = yaml::document(&render(None)).unwrap();
    assert_eq!(without.pointer("/spec/data"), None);
    assert!(without.pointer("/spec/descriptor/component").is_some());
}

#[test]
fn modulectl_3_template_equals_the_golden_one() {
    let cr = "kind: BtpOperator # ours\napiVersion: operator.kyma-project.io/v1alpha1\nmetadata:\n  namespace: kyma-system\n  name: btpoperator\n";
    let gvk = |group: &str, kind: &str| Gvk {
        group: group.into(),
        version: "v1".into(),
        kind: kind.into(),
    };
    let template = Modulectl3Template {
        component: "kyma-project.io/module/btp-operator",
        version: "1.3.20",
        repository: "https://github.com/kyma-project/btp-manager.git",
        documentation: "https://help.sap.com/docs/btp/x",
        icons: BTreeMap::from([("module-icon".into(), "https://raw.githubusercontent.com/kyma-project/kyma/refs/heads/main/docs/assets/logo_icon.svg".into())]),
        associated_resources: vec![gvk("services.cloud.sap.com", "ServiceInstance"), gvk("services.cloud.sap.com", "ServiceBinding")],
        manager: Some(Manager {
            name: "btp-manager-controller-manager".into(),
            namespace: Some("kyma-system".into()),
            gvk: gvk("apps", "Deployment"),
        }),
        resources: BTreeMap::from([("rawManifest".into(), "https://github.com/kyma-project/btp-manager/releases/download/1.3.20/btp-manager.yaml".into())]),
        ..Modulectl3Template::default()
    };
    let cr = RawManifest::parse("cr", cr.as_bytes()).unwrap();
    assert_eq!(
        template.render(Some(&cr)).into_bytes(),
        read("modulectl-3.2/template.yaml")
    );
}

#[test]
fn texts_are_quoted_where_needed() {
    let template = Modulectl3Template {
        component: "a.io/x",
        version: "1.0.0",
        labels: BTreeMap::from([("k".into(), "say \"hi\"\n".into())]),
        icons: BTreeMap::from([("yes".into(), "https://x/#y: z".into())]),
        ..Modulectl3Template::default()
    };
    let read = yaml::document(&template.render(None)).unwrap();
    assert_eq!(read["metadata"]["labels"]["k"], "say \"hi\"\n");
    assert_eq!(read["metadata"]["namespace"], "");
    assert_eq!(read["spec"]["info"]["icons"][0]["name"], "yes");
    assert_eq!(read["spec"]["info"]["icons"][0]["link"], "https://x/#y: z");
    assert!(read["spec"].get("data").is_none() && read["spec"].get("manager").is_none());
}
