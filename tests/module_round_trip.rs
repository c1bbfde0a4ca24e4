//! What is built, pushed and fetched again is what there was, for any module that the rules let pass.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use btp_release::adapters::files::Files;
use btp_release::adapters::github::{GitHub, GitHubSettings};
use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::adapters::system_clock::SystemClock;
use btp_release::domain::{Deadline, PinnedImage};
use btp_release::engine::{Engine, Outcome};
use btp_release::phases::{
    AdditionalOptions, BuildForms, BuildModule, BuildOptions, FetchModule, ModuleTarget,
};
use btp_release::plan::ReleasePlan;
use btp_release::protocol::{Clock as _, Reader, Writer};
use btp_release::protocol::{Phase, PhaseReport};
use ocm_module::build::DescriptorStyle;
use ocm_module::build::KYMA_CLI_2_TEMPLATE;
use ocm_module::build::TemplateForm;
use ocm_module::yaml;
use proptest::prelude::*;
use serde_json::{Value, json};
use stand_ins::{RegistryOptions, RegistryServer};

mod support;

use support::clock::{NoRequests, Silent, Uninterrupted};
use support::signing::WorkflowSigner;
use support::{crd_schema, plan};

const BINARY: &str = "r.example/prod/btp-manager:v1.2.0";

/// A module as it lies in its repository.
#[derive(Clone, Debug)]
struct Module {
    style: DescriptorStyle,
    template: TemplateForm,
    kyma_cli_2_template: Option<TemplateForm>,
    /// The component's name without its domain.
    name: String,
    version: String,
    manifest: String,
    default_cr: Option<String>,
}

/// Any JSON that YAML can hold, with texts that want quoting.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "[ -~]{0,12}",
        "[a-zäß€😀 ]{0,6}(\n[a-z#:-]{0,4}){0,3}\n?",
        prop::sample::select(vec![
            "", "---", "...", "\n---\n", "y", "null", "~", "1e3", "0x1", "a: b", "# a", "- a", "|",
            ">", "&a", "*a", "!t", "%Y", "{{ .x }}", "'", "\"", "\t", " a", "a ",
        ])
        .prop_map(str::to_owned),
    ]
}

/// An object as one file or another may write it.
fn written(object: Value) -> impl Strategy<Value = String> {
    let comment = prop_oneof![
        Just(String::new()),
        "# [ -~]{0,20}\n",
        Just("# a --- b\n".to_owned()),
        Just("#---\n\n".to_owned()),
    ];
    (comment, 0..4).prop_map(move |(comment, form)| {
        let text = yaml_serde::to_string(&object).unwrap();
        match form {
            0 => format!("{comment}{text}"),
            1 => format!("{comment}---\n{text}"),
            2 => format!("{comment}{}", text.replace('\n', "\r\n")),
            _ => format!(
                "{comment}{}\n",
                serde_json::to_string_pretty(&object).unwrap()
            ),
        }
    })
}

fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "samples.kyma.example"},
        "spec": {
            "group": "kyma.example", "scope": "Namespaced",
            "names": {"kind": "Sample", "plural": "samples"},
            "versions": [{"name": "v1", "served": true, "storage": true}],
        },
    })
}

fn manager() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "manager"},
        "spec": {"template": {"spec": {"containers": [{"name": "manager", "image": BINARY}]}}},
    })
}

fn manifest() -> impl Strategy<Value = String> {
    let other = value().prop_map(
        |data| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "any"}, "data": data}),
    );
    let objects = prop::collection::vec(other, 0..4).prop_map(|mut objects| {
        objects.extend([crd(), manager()]);
        objects
    });
    objects.prop_shuffle().prop_map(|objects| {
        let documents = objects.iter().map(|o| yaml_serde::to_string(o).unwrap());
        documents.collect::<Vec<_>>().join("---\n")
    })
}

fn default_cr() -> impl Strategy<Value = String> {
    let object = value().prop_map(
        |spec| json!({"apiVersion": "kyma.example/v1", "kind": "Sample", "metadata": {"name": "sample"}, "spec": spec}),
    );
    object.prop_flat_map(written)
}

prop_compose! {
    fn module()(
        (style, template, kyma_cli_2_template) in prop::sample::select(vec![
            (DescriptorStyle::KymaCli2, TemplateForm::V1Beta1, None),
            (DescriptorStyle::KymaCli2, TemplateForm::V1Beta2, None),
            (DescriptorStyle::KymaCli2, TemplateForm::KymaCli2Config, None),
            (DescriptorStyle::KymaCli2, TemplateForm::Modulectl3, Some(TemplateForm::V1Beta2)),
            (DescriptorStyle::KymaCli2, TemplateForm::Modulectl3, Some(TemplateForm::KymaCli2Config)),
            (DescriptorStyle::Modulectl3, TemplateForm::V1Beta2, None),
            (DescriptorStyle::Modulectl3, TemplateForm::KymaCli2Config, None),
            (DescriptorStyle::Modulectl3, TemplateForm::Modulectl3, None),
        ]),
        name in "[a-z]{3,8}(-[a-z]{3,8}){0,2}",
        version in "(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})\\.(0|[1-9][0-9]{0,2})(-[a-z]([0-9a-z-]{0,8}[0-9a-z])?)?",
        manifest in manifest(),
        default_cr in prop::option::of(default_cr()),
    ) -> Module {
        Module { style, template, kyma_cli_2_template, name, version, manifest, default_cr }
    }
}

/// A working folder and a registry in which nothing is yet.
struct Desk {
    registry: RegistryServer,
    registries: Registries,
    github: GitHub,
    clock: Arc<SystemClock>,
    folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let clock = Arc::new(SystemClock::start());
        let http = Http::new(&HttpSettings::default()).unwrap();
        // Neither phase asks GitHub anything here.
        let nowhere: url::Url = "http://127.0.0.1:9/".parse().unwrap();
        let repository = "kyma-project/btp-manager".parse().unwrap();
        let github = GitHubSettings::new(nowhere.clone(), nowhere, repository, "t".into());
        Self {
            registry: RegistryServer::start(RegistryOptions::default())
                .await
                .unwrap(),
            registries: Registries::new(&http, Credentials::anonymous(), clock.clone()),
            github: GitHub::connect(github, http, clock.clone()).unwrap(),
            clock,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self, name: &str) -> Option<String> {
        std::fs::read_to_string(self.folder.path().join(name)).ok()
    }

    async fn run(&self, mut phase: impl Phase) -> PhaseReport {
        let files = Files::below(self.folder.path().to_owned());
        let engine = Engine {
            reader: Reader {
                github: &self.github,
                target: &self.github,
                registry: &self.registries,
                files: &files,
                verifier: &WorkflowSigner::nobody(),
                now: self.clock.now(),
            },
            writer: Some(Writer {
                github: &self.github,
                target: &self.github,
                registry: &self.registries,
                files: &files,
                signer: &WorkflowSigner::nobody(),
            }),
            clock: &*self.clock,
            interrupt: &Uninterrupted,
            requests: &NoRequests,
            observer: &Silent,
            deadline: Deadline::after(self.clock.now(), Duration::from_mins(1)),
        };
        match engine.run(&mut phase).await.unwrap() {
            Outcome::Done { report, .. } => report,
            Outcome::DryRun(actions) => panic!("{actions:?}"),
        }
    }

    fn plan(&self, module: &Module) -> ReleasePlan {
        let version = module.version.parse().unwrap();
        let name = format!("kyma.project.io/module/{}", module.name);
        let image = format!(
            "{}/prod/component-descriptors/{name}:{}",
            self.registry.host(),
            module.style.component_version(&version)
        );
        plan::with_module(&format!("v{version}"), &name, &image)
    }

    /// Builds, pushes and fetches the module, and compares.
    async fn round_trip(&self, module: &Module) {
        let given = |name: &str, text: &str| {
            std::fs::write(self.folder.path().join(name), text).unwrap();
            PathBuf::from(name)
        };
        let plan = self.plan(module);
        let config = format!(
            "name: kyma.project.io/module/{}\nversion: {}\nchannel: fast\nmanifest: manifest.yaml\n",
            module.name, module.version
        );
        let recipe = BuildOptions {
            forms: BuildForms {
                style: module.style,
                template: module.template,
                kyma_cli_2_template: module.kyma_cli_2_template,
                namespace: Some("kcp-system".into()),
            },
            channel: None,
            manifest: Some(given("manifest.yaml", &module.manifest)),
            default_cr: module
                .default_cr
                .as_ref()
                .map(|text| given("cr.yaml", text)),
            config: Some(given("module-config.yaml", &config)),
            security: None,
            additional: AdditionalOptions::default(),
            output: "out".into(),
            ctf: None,
            push: true,
            pin_images: false,
            mount_from: None,
        };
        let url = "https://github.com/kyma-project/btp-manager";
        let target = ModuleTarget::of_plan(&plan, url.into()).unwrap();
        let phase = BuildModule::new(target, Some(plan.clone()), recipe);
        let built = self.run(phase).await;
        let image: PinnedImage = output(&built, "module-image").parse().unwrap();
        let fetched = self.run(FetchModule::new(plan, image, "in".into())).await;
        assert_eq!(
            output(&fetched, "module-digest"),
            output(&built, "module-digest")
        );

        assert_eq!(
            self.file("in/manifest.yaml").as_ref(),
            Some(&module.manifest)
        );
        assert_eq!(
            self.file("out/rendered.yaml").as_ref(),
            Some(&module.manifest)
        );
        let second = module.kyma_cli_2_template.map(|_| KYMA_CLI_2_TEMPLATE);
        let templates = ["template.yaml", "template_control_plane.yaml"];
        // By the cluster's rules, to which `y` is true; the tables in `ocm-module` check them against `sigs.k8s.io/yaml`.
        let object = module
            .default_cr
            .as_deref()
            .map(|text| yaml::document(text).unwrap());
        for name in templates.into_iter().chain(second) {
            let template = self.file(&format!("out/{name}")).unwrap();
            let template = yaml::document(&template).unwrap();
            assert_eq!(broken_rules(&template), [""; 0], "{name}: {template:#}");
            assert_eq!(template["spec"].get("data"), object.as_ref(), "{name}");
            assert_eq!(template["metadata"]["namespace"], "kcp-system", "{name}");
        }
        // The form of 2023 has it in the template alone.
        let layer = module
            .default_cr
            .clone()
            .filter(|_| module.style == DescriptorStyle::Modulectl3);
        assert_eq!(self.file("in/default-cr.yaml"), layer);
    }
}

fn output<'a>(evidence: &'a PhaseReport, name: &str) -> &'a str {
    let outputs: BTreeMap<_, _> = evidence
        .outputs
        .iter()
        .map(|o| (o.name, o.value.as_str()))
        .collect();
    outputs[name]
}

/// What its definition refuses of a ModuleTemplate: that of today for `v1beta2`, and that of mid-2023 for `v1beta1`, which has no
/// schema any more.
fn broken_rules(template: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    if template["apiVersion"] == "operator.kyma-project.io/v1beta2" {
        broken.extend(crd_schema::refused(
            &crd_schema::module_template(),
            template,
        ));
    } else {
        assert_eq!(template["apiVersion"], "operator.kyma-project.io/v1beta1");
        broken.extend(broken_rules_of_2023(&template["spec"]).map(str::to_owned));
    }
    let name = template["metadata"]["name"].as_str();
    if !name.is_some_and(rfc1123) {
        broken.push("metadata.name".into());
    }
    if template["kind"] != "ModuleTemplate" {
        broken.push("kind".into());
    }
    broken
}

fn broken_rules_of_2023(spec: &Value) -> impl Iterator<Item = &'static str> {
    let channel = spec["channel"].as_str().unwrap_or_default();
    let keys = ["channel", "data", "descriptor", "target"];
    let mut names = spec.as_object().unwrap().keys();
    let rules = [
        (names.all(|key| keys.contains(&key.as_str())), "unknown key"),
        (spec["descriptor"].is_object(), "descriptor is required"),
        (spec.get("data").is_none_or(Value::is_object), "data"),
        (
            (3..=32).contains(&channel.len()) && channel.chars().all(|c| c.is_ascii_lowercase()),
            "channel",
        ),
        (
            matches!(spec["target"].as_str(), Some("control-plane" | "remote")),
            "target is required",
        ),
    ];
    let broken = rules.into_iter().filter(|(kept, _)| !kept);
    broken.map(|(_, rule)| rule)
}

fn rfc1123(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.chars().all(plain)
    };
    name.len() <= 253 && name.split('.').all(part)
}

#[test]
fn the_schema_refuses_what_the_api_server_refuses() {
    let template = |spec: Value| json!({"spec": spec});
    let schema = crd_schema::module_template();
    let cr = json!({"apiVersion": "a/v1", "kind": "A", "spec": {"any": null}});
    let good = json!({
        "moduleName": "btp-operator", "version": "1.2.0-rc1", "channel": "fast", "data": cr, "descriptor": {"any": null},
        "info": {"repository": "r", "documentation": "d"}, "resources": [{"name": "a", "link": "https://a.example/b"}],
    });
    assert_eq!(
        crd_schema::refused(&schema, &template(good.clone())),
        [""; 0]
    );
    for (field, value) in [
        ("data", Value::Null),
        ("data", json!({"kind": "A"})),
        ("descriptor", Value::Null),
        ("version", "v1.2.0".into()),
        ("version", "1.2.0-rc.1".into()),
        ("version", "1.2.0-1".into()),
        ("version", "1.02.0".into()),
        ("version", format!("1.2.0-{}", "a".repeat(27)).into()),
        ("moduleName", "k8s".into()),
        ("moduleName", "btp-op".into()),
        ("channel", "Fast".into()),
        ("requiresDowntime", "true".into()),
        ("info", json!({"repository": "r"})),
        ("resources", json!([{"name": "a", "link": "b"}])),
        ("resources", json!([{"name": "a"}])),
        ("target", "remote".into()),
    ] {
        let mut spec = good.clone();
        spec[field] = value.clone();
        let found = crd_schema::refused(&schema, &template(spec));
        assert_eq!(found.len(), 1, "{field}: {value}: {found:?}");
        assert!(found[0].starts_with(&format!(".spec.{field}")), "{found:?}");
    }
    assert_eq!(
        crd_schema::refused(&schema, &template(json!({}))),
        [".spec.descriptor is required"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_fetched_is_what_was_built(module in module()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async { Desk::new().await.round_trip(&module).await });
    }
}
