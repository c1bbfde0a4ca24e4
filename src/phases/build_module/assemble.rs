//! From the module's files to the component version and the release's files, or to everything that is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::super::Finding;
use super::Recipe;
use crate::module::build::{
    self, ComponentVersion, DescriptorStyle, GitSource, Module, ModuleImage,
};
use crate::module::config::{self, FileRef, ModuleConfig};
use crate::module::descriptor::Label;
use crate::module::images::{self, ImageName};
use crate::module::layout::Registry;
use crate::module::raw_manifest::RawManifest;
use crate::module::security::{self, SecurityScan};
use crate::module::template::{Target, Template2023, TemplateForm, TemplateToday};
use crate::module::{Severity, Violation, rules};
use crate::plan::{ModulePlan, ReleasePlan};

/// The files, each with the name by which its reader knows it.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) config: Option<(String, Bytes)>,
    pub(super) manifest: Option<(String, Bytes)>,
    pub(super) default_cr: Option<(String, Bytes)>,
    pub(super) security: Option<(String, Bytes)>,
}

pub(super) struct Assembled {
    pub(super) component: ComponentVersion,
    /// The release's assets, by name.
    pub(super) files: Vec<(&'static str, Vec<u8>)>,
    pub(super) warnings: Vec<Finding>,
}

/// Where the manifest and the default custom resource are: the recipe's word counts more than the configuration's.
pub(super) fn paths(recipe: &Recipe, sources: &Sources) -> (Option<PathBuf>, Option<PathBuf>) {
    let config = sources
        .config
        .as_ref()
        .and_then(|(name, bytes)| config::parse(name, bytes).0);
    let folder = recipe
        .config
        .as_deref()
        .and_then(Path::parent)
        .unwrap_or(Path::new(""));
    let local = |file: &FileRef| match file {
        FileRef::Path(path) => Some(folder.join(path)),
        FileRef::Url(_) => None,
    };
    let manifest = config.as_ref().and_then(|config| local(&config.manifest));
    let default_cr = config
        .as_ref()
        .and_then(|config| local(config.default_cr.as_ref()?));
    (
        recipe.manifest.clone().or(manifest),
        recipe.default_cr.clone().or(default_cr),
    )
}

/// The files, read.
struct Parts<'a> {
    config: Option<ModuleConfig>,
    manifest: Option<(RawManifest, &'a [u8])>,
    default_cr: Option<(RawManifest, &'a [u8])>,
    cluster_scoped: bool,
    security: Option<SecurityScan>,
}

pub(super) fn assemble(
    plan: &ReleasePlan,
    recipe: &Recipe,
    sources: &Sources,
) -> Result<Assembled, Vec<Finding>> {
    let Some(planned) = &plan.module else {
        return Err(vec![Finding::new(
            "module-unplanned",
            "the plan names no module",
            "give `module-name` and `module-registry` to the phase `plan`",
        )]);
    };
    let mut violations = rules_of(plan, recipe, planned);
    let parts = read(plan, sources, &mut violations);
    if let Some(config) = &parts.config {
        violations.extend(config_differs(plan, planned, config));
    }
    let (errors, warnings): (Vec<_>, Vec<_>) = violations
        .into_iter()
        .partition(|v| v.severity == Severity::Error);
    let warnings: Vec<Finding> = warnings.into_iter().map(Finding::from).collect();
    let Some((manifest, manifest_bytes)) = parts.manifest.as_ref().filter(|_| errors.is_empty())
    else {
        return Err(errors.into_iter().map(Finding::from).collect());
    };
    let registry = registry(planned).map_err(|invalid| vec![invalid.into()])?;
    let today = today(plan, recipe, planned, &parts);
    let default_cr = parts.default_cr.as_ref();
    let template_today = today.render(default_cr.map(|(cr, _)| cr));
    let component = build::build(&Module {
        style: recipe.style,
        component: planned.name.as_str(),
        version: &plan.version,
        registry: &registry,
        source: &source(plan, recipe),
        manifest: manifest_bytes,
        default_cr: default_cr.map(|(_, bytes)| *bytes),
        settings: None,
        template: (recipe.style == DescriptorStyle::LocalBlob).then_some(template_today.as_bytes()),
        images: &images_of(recipe, manifest, parts.security.as_ref()),
        security: parts.security.as_ref(),
        labels: &labels(parts.config.as_ref(), parts.cluster_scoped),
    })
    .map_err(|error| vec![error.into()])?;
    if component.target != planned.image {
        return Err(vec![Finding::new(
            "module-image-differs",
            format!(
                "this form of descriptor is pushed as {}, and the plan awaits {}",
                component.target, planned.image
            ),
            "set `module-tag` of the phase `plan` to v{version} for the form of 2023, and to {version} for local-blob",
        )]);
    }
    let installable = rules::installable(&component.descriptor)
        .into_iter()
        .filter(|v| v.severity == Severity::Error);
    let refused: Vec<Finding> = installable.map(Finding::from).collect();
    if !refused.is_empty() {
        return Err(refused);
    }
    let cr_text = default_cr.map(|(_, bytes)| String::from_utf8_lossy(bytes));
    let (template, control_plane) = match recipe.template {
        TemplateForm::Today => (template_today.clone(), template_today),
        form => {
            let text = Template2023 {
                component: planned.name.as_str(),
                channel: &recipe.channel,
                descriptor_yaml: &component.descriptor_yaml,
                default_cr: cr_text.as_deref(),
            };
            let targets =
                (form == TemplateForm::V1Beta1).then_some((Target::Remote, Target::ControlPlane));
            (
                text.render(targets.map(|t| t.0)),
                text.render(targets.map(|t| t.1)),
            )
        }
    };
    let files = vec![
        ("template.yaml", template.into_bytes()),
        ("template_control_plane.yaml", control_plane.into_bytes()),
        ("rendered.yaml", manifest_bytes.to_vec()),
    ];
    Ok(Assembled {
        component,
        files,
        warnings,
    })
}

fn rules_of(plan: &ReleasePlan, recipe: &Recipe, planned: &ModulePlan) -> Vec<Violation> {
    let mut violations = rules::version(&recipe.style.component_version(&plan.version));
    violations.extend(rules::module_name(planned.name.as_str()));
    violations.extend(rules::channel(&recipe.channel));
    violations
}

fn read<'a>(
    plan: &ReleasePlan,
    sources: &'a Sources,
    violations: &mut Vec<Violation>,
) -> Parts<'a> {
    let mut config = None;
    if let Some((name, bytes)) = &sources.config {
        let (parsed, found) = config::parse(name, bytes);
        config = parsed;
        violations.extend(found);
    }
    let mut parse = |source: &'a Option<(String, Bytes)>| {
        let (name, bytes) = source.as_ref()?;
        let parsed =
            RawManifest::parse(name, bytes).map_err(|violation| violations.push(violation));
        Some((parsed.ok()?, bytes.as_ref()))
    };
    let manifest = parse(&sources.manifest);
    let default_cr = parse(&sources.default_cr);
    let mut cluster_scoped = false;
    if let Some((manifest, _)) = &manifest {
        violations.extend(manifest.check(plan.binary_image.as_ref()));
        if let Some((cr, _)) = &default_cr {
            let (crd, found) = cr.check_default_cr(&manifest.crds());
            cluster_scoped = crd.is_some_and(|crd| crd.cluster_scoped);
            violations.extend(found);
        }
    }
    let mut security = None;
    if let Some((name, bytes)) = &sources.security {
        let (parsed, found) = security::parse(name, bytes);
        security = parsed;
        violations.extend(found);
    }
    Parts {
        config,
        manifest,
        default_cr,
        cluster_scoped,
        security,
    }
}

/// The configuration may say the name and the version once more, and must not say others.
fn config_differs(
    plan: &ReleasePlan,
    planned: &ModulePlan,
    config: &ModuleConfig,
) -> Vec<Violation> {
    let pairs = [
        ("name", config.name.as_str(), planned.name.to_string()),
        (
            "version",
            config.version.trim_start_matches('v'),
            plan.version.to_string(),
        ),
    ];
    let differs = pairs.into_iter().filter(|(_, seen, wanted)| seen != wanted);
    differs
        .map(|(key, seen, wanted)| Violation {
            code: "module-config-differs",
            severity: Severity::Error,
            file: None,
            place: None,
            message: format!(
                "the module configuration has the {key} {seen}, and the plan has {wanted}"
            ),
            help: format!("write {key}: {wanted} into the configuration, or plan with {seen}"),
        })
        .collect()
}

fn registry(planned: &ModulePlan) -> Result<Registry, crate::domain::Invalid> {
    let repository = planned.image.repository().to_string();
    let below = format!("/component-descriptors/{}", planned.name);
    repository
        .strip_suffix(&below)
        .unwrap_or(&repository)
        .parse()
}

fn source(plan: &ReleasePlan, recipe: &Recipe) -> GitSource {
    let bare = recipe
        .repository_url
        .split_once("://")
        .map_or(recipe.repository_url.as_str(), |(_, rest)| rest);
    GitSource {
        repo_url: match recipe.style {
            DescriptorStyle::Cli2023 => bare.to_owned(),
            DescriptorStyle::LocalBlob => recipe.repository_url.clone(),
        },
        commit: plan.commit.clone(),
        reference: Some(plan.tag.to_ref()),
    }
}

/// The form of 2023 names the images that its scanners' configuration names; today's, those of the manifest.
fn images_of(
    recipe: &Recipe,
    manifest: &RawManifest,
    security: Option<&SecurityScan>,
) -> Vec<ModuleImage> {
    let named: Vec<ImageName> = match recipe.style {
        DescriptorStyle::Cli2023 => security
            .into_iter()
            .flat_map(|scan| &scan.images)
            .filter_map(|image| ImageName::parse(image))
            .collect(),
        DescriptorStyle::LocalBlob => manifest.images(),
    };
    images::resources(&named)
}

fn labels(config: Option<&ModuleConfig>, cluster_scoped: bool) -> Vec<Label> {
    let flag = |name: &str, value: bool| {
        Label::new(
            format!("operator.kyma-project.io/{name}"),
            value.to_string(),
        )
    };
    let said = |of: fn(&ModuleConfig) -> bool| config.is_some_and(of);
    vec![
        flag("beta", said(|c| c.beta)),
        flag("internal", said(|c| c.internal)),
        flag("requiresDowntime", said(|c| c.requires_downtime)),
        flag("is-cluster-scoped", cluster_scoped),
    ]
}

fn today<'a>(
    plan: &'a ReleasePlan,
    recipe: &'a Recipe,
    planned: &'a ModulePlan,
    parts: &'a Parts<'_>,
) -> TemplateToday<'a> {
    let config = parts.config.as_ref();
    let text = |of: fn(&ModuleConfig) -> Option<&String>| {
        config
            .and_then(of)
            .map_or(recipe.repository_url.as_str(), String::as_str)
    };
    let map = |of: fn(&ModuleConfig) -> &BTreeMap<String, String>| {
        config.map(of).cloned().unwrap_or_default()
    };
    TemplateToday {
        component: planned.name.as_str(),
        version: version_of(plan, planned),
        namespace: config
            .and_then(|c| c.namespace.as_deref())
            .unwrap_or("kcp-system"),
        labels: map(|c| &c.labels),
        annotations: map(|c| &c.annotations),
        requires_downtime: config.is_some_and(|c| c.requires_downtime),
        repository: text(|c| c.repository.as_ref()),
        documentation: text(|c| c.documentation.as_ref()),
        icons: map(|c| &c.icons),
        associated_resources: config
            .map(|c| c.associated_resources.clone())
            .unwrap_or_default(),
        manager: config.and_then(|c| c.manager.clone()),
        resources: map(|c| &c.resources),
        cluster_scoped: parts.cluster_scoped,
    }
}

/// The version as the image's tag has it, without the `v` that the form of 2023 puts in front.
fn version_of<'a>(_plan: &ReleasePlan, planned: &'a ModulePlan) -> &'a str {
    planned
        .image
        .tag()
        .map_or("", |tag| tag.as_str().trim_start_matches('v'))
}

impl From<Violation> for Finding {
    fn from(violation: Violation) -> Self {
        let place = violation.place.map_or_else(String::new, |place| {
            format!(":{}:{}", place.line, place.column)
        });
        let file = violation
            .file
            .map_or_else(String::new, |file| format!("{file}{place}: "));
        Self::new(
            violation.code,
            format!("{file}{}", violation.message),
            violation.help,
        )
    }
}
