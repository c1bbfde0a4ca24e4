//! Building a component version: the same module gives the same bytes on every machine.

mod cli2023;
mod local_blob;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::descriptor::{
    Component, Descriptor, Label, Provider, Relation, RepositoryContext, Resource, SchemaVersion,
    Source,
};
use super::layout::{self, Registry};
use super::oci::{ComponentConfig, ContentDescriptor, Manifest};
use super::security::SecurityScan;
use super::{media, ustar, yaml};
use crate::values::{CommitSha, Digest, ImageRef, Version};
use crate::{Diagnostic, FormatCode};

/// The form of descriptor and layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DescriptorStyle {
    /// As the Kyma CLI 2.15 to 2.18 wrote it: `localOciBlob`, plain layers, version with `v`.
    #[default]
    Cli2023,
    /// As today's tools write it: `localBlob`, tars with one file, version without `v`.
    LocalBlob,
}

impl DescriptorStyle {
    /// The version as descriptor and tag have it.
    pub fn component_version(self, version: &Version) -> String {
        match self {
            Self::Cli2023 => format!("v{version}"),
            Self::LocalBlob => version.to_string(),
        }
    }
}

/// All that a component version is made from.
#[derive(Clone, Debug)]
pub struct Module<'a> {
    pub style: DescriptorStyle,
    /// The component's name, such as `kyma.project.io/module/btp-operator`.
    pub component: &'a str,
    pub version: &'a Version,
    pub registry: &'a Registry,
    pub source: &'a GitSource,
    /// The rendered manifest.
    pub manifest: &'a [u8],
    pub default_cr: Option<&'a [u8]>,
    /// `config.yaml` of a Kubebuilder project, which the Kyma CLI made a layer until 2.17. Only in the form of 2023.
    pub settings: Option<&'a [u8]>,
    /// The published template, as a resource of today's form.
    pub template: Option<&'a [u8]>,
    pub images: &'a [ModuleImage],
    pub security: Option<&'a SecurityScan>,
    /// More labels of the component, in today's form.
    pub labels: &'a [Label],
}

/// The commit that the module was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSource {
    /// As it is to be published: with `https://` today, without a scheme in 2023.
    pub repo_url: String,
    pub commit: CommitSha,
    /// Such as `refs/heads/main`. Only in the form of 2023.
    pub reference: Option<String>,
}

/// An image that the module runs: named in the descriptor, so that scanners and image rewriting find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleImage {
    pub name: String,
    pub version: String,
    pub image: String,
}

/// A built component version: everything to be pushed, named by digest.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentVersion {
    /// Where it is to be pushed, by tag.
    pub target: ImageRef,
    pub descriptor: Descriptor,
    /// The text in the descriptor's layer.
    pub descriptor_yaml: String,
    /// Descriptor first, then each local blob once.
    pub layers: Vec<Blob>,
    pub config: Blob,
    pub manifest: Blob,
}

/// Bytes and their name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub named: ContentDescriptor,
    pub bytes: Vec<u8>,
}

impl Blob {
    fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            named: ContentDescriptor::of(media_type, &bytes),
            bytes,
        }
    }
}

impl ComponentVersion {
    /// The digest that await, test and publish go by.
    pub fn digest(&self) -> Digest {
        self.manifest.named.digest
    }

    /// What to push before the manifest.
    pub fn blobs(&self) -> impl Iterator<Item = &Blob> {
        self.layers.iter().chain([&self.config])
    }
}

/// What the forms decide.
struct Form {
    provider: Provider,
    labels: Vec<Label>,
    context: RepositoryContext,
    source: Source,
    resources: Vec<Resource>,
    blobs: Vec<Blob>,
    annotations: BTreeMap<String, String>,
}

/// Builds the component version. The rules of [`super::rules`] are not asked here: what they refuse can still be built.
pub fn build(module: &Module<'_>) -> Result<ComponentVersion, Diagnostic> {
    let version = module.style.component_version(module.version);
    let form = match module.style {
        DescriptorStyle::Cli2023 => cli2023::form(module, &version)?,
        DescriptorStyle::LocalBlob => local_blob::form(module, &version)?,
    };
    let component = Component {
        name: module.component.to_owned(),
        version: version.clone(),
        provider: form.provider,
        labels: form.labels,
        creation_time: None,
        repository_contexts: vec![form.context],
        sources: vec![form.source],
        component_references: Vec::new(),
        resources: form.resources,
        more: Map::new(),
    };
    let descriptor = Descriptor {
        schema: SchemaVersion::V2,
        component,
        beside: Map::new(),
    };
    let target = module.registry.component(module.component)?;
    let target = target.tagged(layout::tag_of(&version)?);
    pack(target, descriptor, form.blobs, form.annotations)
}

fn pack(
    target: ImageRef,
    descriptor: Descriptor,
    blobs: Vec<Blob>,
    annotations: BTreeMap<String, String>,
) -> Result<ComponentVersion, Diagnostic> {
    let descriptor_yaml = yaml::to_string(&descriptor.to_value());
    // Whoever reads it will check it by the schema; a name or version that breaks it is better refused now.
    Descriptor::from_text(descriptor_yaml.as_bytes())?;
    let tar = ustar::descriptor_tar(descriptor_yaml.as_bytes())?;
    let described = Blob::new(media::DESCRIPTOR_TAR[0], tar);
    let config = ComponentConfig {
        component_descriptor_layer: described.named.clone(),
    };
    let mut layers = vec![described];
    for blob in blobs {
        if !layers
            .iter()
            .any(|layer| layer.named.digest == blob.named.digest)
        {
            layers.push(blob);
        }
    }
    let config = Blob::new(media::COMPONENT_CONFIG[0], config.to_json());
    let named = layers.iter().map(|layer| layer.named.clone()).collect();
    let mut manifest = Manifest::new(config.named.clone(), named);
    manifest.annotations = annotations;
    let manifest = Blob::new(media::IMAGE_MANIFEST, manifest.to_json());
    Ok(ComponentVersion {
        target,
        descriptor,
        descriptor_yaml,
        layers,
        config,
        manifest,
    })
}

/// What every resource has.
fn resource(
    name: &str,
    kind: &str,
    relation: Relation,
    version: &str,
    access: Value,
) -> Result<Resource, Diagnostic> {
    let access = serde_json::from_value(access).map_err(|e| {
        Diagnostic::about(
            FormatCode::AccessInvalid,
            format!("access of {name:?}"),
            e.to_string(),
            "this is a mistake of the builder",
        )
    })?;
    Ok(Resource {
        name: name.to_owned(),
        version: version.to_owned(),
        kind: kind.to_owned(),
        relation,
        labels: Vec::new(),
        access,
        more: Map::new(),
    })
}

fn source(
    module: &Module<'_>,
    kind: &str,
    version: &str,
    labels: Vec<Label>,
) -> Result<Source, Diagnostic> {
    let git = module.source;
    let access = json!({"type": "gitHub", "repoUrl": git.repo_url, "commit": git.commit});
    let like = resource("module-sources", kind, Relation::Local, version, access)?;
    Ok(Source {
        name: like.name,
        version: like.version,
        kind: like.kind,
        labels,
        access: like.access,
        more: Map::new(),
    })
}

/// An image of the module, under the type names of the form.
fn image_resource(image: &ModuleImage, kind: &str, access: &str) -> Result<Resource, Diagnostic> {
    let access = json!({"type": access, "imageReference": image.image});
    let mut resource = resource(
        &image.name,
        kind,
        Relation::External,
        &image.version,
        access,
    )?;
    resource.labels = vec![Label::new(
        "scan.security.kyma-project.io/type",
        "third-party-image",
    )];
    Ok(resource)
}

const SCAN: &str = "security.kyma-project.io/scan";

#[cfg(test)]
mod tests;
