//! The image and the templates, once everything they are made from is known to be good.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::component::SCAN_LABEL;
use super::super::form::TEMPLATE_NAMESPACE;
use super::super::template::{
    KymaCli2ConfigTemplate, KymaCli2Template, Modulectl3Template, Target,
};
use super::super::{ComponentInputs, ComponentVersion, ImageResource, TemplateForm};
use super::{KYMA_CLI_2_TEMPLATE, ModuleInputs};
use crate::Diagnostic;
use crate::config::ModuleConfig;
use crate::descriptor::Label;
use crate::raw_manifest::RawManifest;

pub(super) struct Renderer<'a> {
    pub(super) inputs: &'a ModuleInputs<'a>,
    /// The text of the manifest.
    pub(super) manifest: &'a str,
    pub(super) images: Vec<ImageResource>,
    pub(super) default_cr: Option<&'a RawManifest>,
    pub(super) cluster_scoped: bool,
}

/// The published files, by name.
type PublishedFiles = BTreeMap<&'static str, Vec<u8>>;

impl Renderer<'_> {
    pub(super) fn render(&self) -> Result<(ComponentVersion, PublishedFiles), Diagnostic> {
        let inputs = self.inputs;
        // The template of modulectl 3 is a layer of the image; those of the Kyma CLI 2 repeat the image's descriptor.
        let layer = (inputs.template == TemplateForm::Modulectl3).then(|| self.modulectl_3());
        let version = super::super::build_component(&ComponentInputs {
            style: inputs.style,
            component: inputs.component,
            version: inputs.version,
            registry: inputs.registry,
            source: inputs.source,
            manifest: self.manifest.as_bytes(),
            default_cr: inputs.default_cr.map(|file| file.bytes),
            settings: None,
            template: layer.as_deref().map(str::as_bytes),
            images: &self.images,
            security: inputs.security,
            labels: &self.labels(),
        })?;
        let (template, control_plane) = match (layer, inputs.template) {
            (Some(layer), _) => (layer.clone(), layer),
            (None, TemplateForm::V1Beta1) => (
                self.kyma_cli_2(&version, inputs.template, Some(Target::Remote)),
                self.kyma_cli_2(&version, inputs.template, Some(Target::ControlPlane)),
            ),
            (None, form) => {
                let only = self.kyma_cli_2(&version, form, None);
                (only.clone(), only)
            }
        };
        let mut files = BTreeMap::from([
            ("template.yaml", template.into_bytes()),
            ("template_control_plane.yaml", control_plane.into_bytes()),
            ("rendered.yaml", self.manifest.as_bytes().to_vec()),
        ]);
        if let Some(form) = inputs.kyma_cli_2_template {
            let template = self.kyma_cli_2(&version, form, None);
            files.insert(KYMA_CLI_2_TEMPLATE, template.into_bytes());
        }
        Ok((version, files))
    }

    fn config(&self) -> Option<&ModuleConfig> {
        self.inputs.config.map(|(_, config)| config)
    }

    fn kyma_cli_2(
        &self,
        version: &ComponentVersion,
        form: TemplateForm,
        target: Option<Target>,
    ) -> String {
        let inputs = self.inputs;
        let default_cr = self.default_cr.map(RawManifest::text);
        match (form, inputs.config) {
            (TemplateForm::KymaCli2Config, Some((_, config))) => KymaCli2ConfigTemplate {
                config,
                version: &version.descriptor.component.version,
                channel: inputs.channel,
                descriptor_yaml: &version.descriptor_yaml,
                default_cr,
                cluster_scoped: self.cluster_scoped,
                namespace: inputs
                    .namespace
                    .or(config.namespace.as_deref())
                    .unwrap_or(TEMPLATE_NAMESPACE),
            }
            .render(),
            _ => KymaCli2Template {
                component: inputs.component,
                channel: inputs.channel,
                descriptor_yaml: &version.descriptor_yaml,
                default_cr,
                namespace: inputs.namespace.unwrap_or(TEMPLATE_NAMESPACE),
            }
            .render(target),
        }
    }

    fn modulectl_3(&self) -> String {
        let inputs = self.inputs;
        let version = inputs.version.to_string();
        let mut template = Modulectl3Template {
            component: inputs.component,
            version: &version,
            repository: &inputs.source.repo_url,
            documentation: &inputs.source.repo_url,
            cluster_scoped: self.cluster_scoped,
            namespace: inputs.namespace.unwrap_or_default(),
            ..Modulectl3Template::default()
        };
        if let Some(config) = self.config() {
            template.labels.clone_from(&config.labels);
            let [beta, internal, ..] = self.flags();
            for (_, label) in [beta, internal].into_iter().filter(|(flag, _)| *flag) {
                template.labels.insert(label.to_owned(), "true".to_owned());
            }
            template.annotations.clone_from(&config.annotations);
            template.requires_downtime = config.requires_downtime;
            template.repository = config.repository.as_deref().unwrap_or(template.repository);
            let documentation = config.documentation.as_deref();
            template.documentation = documentation.unwrap_or(template.documentation);
            template.icons.clone_from(&config.icons);
            template
                .associated_resources
                .clone_from(&config.associated_resources);
            template.manager.clone_from(&config.manager);
            template.resources = config.all_resources();
        }
        template.render(self.default_cr)
    }

    /// The switches of the component, each with its label, in the order of modulectl's constructor.
    fn flags(&self) -> [(bool, &'static str); 4] {
        let is = |flag: fn(&ModuleConfig) -> bool| self.config().is_some_and(flag);
        [
            (is(|config| config.beta), "operator.kyma-project.io/beta"),
            (
                is(|config| config.internal),
                "operator.kyma-project.io/internal",
            ),
            (
                is(|config| config.requires_downtime),
                "operator.kyma-project.io/requiresDowntime",
            ),
            (
                self.cluster_scoped,
                "operator.kyma-project.io/is-cluster-scoped",
            ),
        ]
    }

    /// The component's labels in the order of modulectl's constructor.
    fn labels(&self) -> Vec<Label> {
        let flags = self.flags().into_iter();
        let mut labels: Vec<_> = flags
            .map(|(flag, name)| Label::new(name, flag.to_string()))
            .collect();
        if let Some(config) = self.config().filter(|config| config.security_scan) {
            labels.push(Label::new(SCAN_LABEL, "enabled"));
            labels.extend(config.team.as_deref().map(responsible_team));
        }
        labels
    }
}

fn responsible_team(team: &str) -> Label {
    let team: Value =
        json!([{"github_hostname": "github.tools.sap", "teamname": team, "type": "githubTeam"}]);
    Label::new("cloud.gardener.cnudie/responsibles", team)
}
