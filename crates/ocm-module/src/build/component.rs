//! What a component version is built from, and what the styles have in common.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::config::SecurityScan;
use crate::descriptor::{
    ComponentSource, Descriptor, Label, Provider, Relation, RepositoryContext, Resource,
};
use crate::oci::{ComponentRegistry, ContentDescriptor};
use crate::values::{CommitSha, Digest, ImageRef, Version};
use crate::{Diagnostic, FormatCode};

/// Which tool's descriptor and layers are built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DescriptorStyle {
    /// As the Kyma CLI 2.15 to 2.18 wrote them: `localOciBlob`, plain layers, version with `v`.
    KymaCli2,
    /// As modulectl 3 and the `ocm` command line write them: `localBlob`, tars with one file, version without `v`.
    #[default]
    Modulectl3,
}

impl DescriptorStyle {
    /// The version as descriptor and tag have it.
    pub fn component_version(self, version: &Version) -> String {
        match self {
            Self::KymaCli2 => format!("v{version}"),
            Self::Modulectl3 => version.to_string(),
        }
    }
}

/// All that a component version is made from.
#[derive(Clone, Debug)]
pub struct ComponentInputs<'a> {
    /// The form of descriptor and layers.
    pub style: DescriptorStyle,
    /// The component's name, such as `kyma.project.io/module/btp-operator`.
    pub component: &'a str,
    /// The version, which becomes the image's tag.
    pub version: &'a Version,
    /// Where the component version is to be pushed.
    pub registry: &'a ComponentRegistry,
    /// The commit that the module was built from.
    pub source: &'a GitSource,
    /// The rendered manifest.
    pub manifest: &'a [u8],
    /// The default custom resource, a layer of [`DescriptorStyle::Modulectl3`] only.
    pub default_cr: Option<&'a [u8]>,
    /// `config.yaml` of a Kubebuilder project, which the Kyma CLI made a layer until 2.17. A layer of
    /// [`DescriptorStyle::KymaCli2`] only.
    pub settings: Option<&'a [u8]>,
    /// The published ModuleTemplate, a layer of [`DescriptorStyle::Modulectl3`] only.
    pub template: Option<&'a [u8]>,
    /// The images that the module runs.
    pub images: &'a [ImageResource],
    /// The configuration of the security scanners.
    pub security: Option<&'a SecurityScan>,
    /// More labels of the component, in [`DescriptorStyle::Modulectl3`] only.
    pub labels: &'a [Label],
}

/// The commit that the module was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitSource {
    /// With its scheme, which [`DescriptorStyle::KymaCli2`] leaves out.
    pub repo_url: String,
    /// The commit.
    pub commit: CommitSha,
    /// Such as `refs/heads/main`. Only in [`DescriptorStyle::KymaCli2`].
    pub reference: Option<String>,
}

/// An image that the module runs: named in the descriptor, so that scanners and image rewriting find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageResource {
    /// The resource's name, such as `btp-manager`.
    pub name: String,
    /// The resource's version, which has to be semantic.
    pub version: String,
    /// The image reference in the syntax of container runtimes.
    pub image: String,
}

/// A built component version: everything to be pushed, named by digest.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentVersion {
    /// Where it is to be pushed, by tag.
    pub target: ImageRef,
    /// The component descriptor.
    pub descriptor: Descriptor,
    /// The text in the descriptor's layer.
    pub descriptor_yaml: String,
    /// Descriptor first, then each local blob once.
    pub layers: Vec<NamedBlob>,
    /// The config blob, which names the descriptor's layer.
    pub config: NamedBlob,
    /// The image manifest.
    pub manifest: NamedBlob,
}

/// Bytes, with media type, digest and size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBlob {
    /// What the bytes are called in a manifest.
    pub named: ContentDescriptor,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl NamedBlob {
    pub(super) fn new(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            named: ContentDescriptor::of(media_type, &bytes),
            bytes,
        }
    }
}

impl ComponentVersion {
    /// The digest of the image manifest, by which the module image is known.
    pub fn digest(&self) -> Digest {
        self.manifest.named.digest
    }

    /// What to push before the manifest.
    pub fn blobs(&self) -> impl Iterator<Item = &NamedBlob> {
        self.layers.iter().chain([&self.config])
    }
}

/// What depends on the style.
pub(super) struct StyledParts {
    pub(super) provider: Provider,
    pub(super) labels: Vec<Label>,
    pub(super) context: RepositoryContext,
    pub(super) source: ComponentSource,
    pub(super) resources: Vec<Resource>,
    pub(super) blobs: Vec<NamedBlob>,
    pub(super) annotations: BTreeMap<String, String>,
}

/// What every resource has.
pub(super) fn resource(
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

pub(super) fn source(
    inputs: &ComponentInputs<'_>,
    kind: &str,
    version: &str,
    labels: Vec<Label>,
) -> Result<ComponentSource, Diagnostic> {
    let git = inputs.source;
    let url = git.repo_url.as_str();
    let repo_url = match inputs.style {
        DescriptorStyle::KymaCli2 => url.split_once("://").map_or(url, |(_, rest)| rest),
        DescriptorStyle::Modulectl3 => url,
    };
    let access = json!({"type": "gitHub", "repoUrl": repo_url, "commit": git.commit});
    let like = resource("module-sources", kind, Relation::Local, version, access)?;
    Ok(ComponentSource {
        name: like.name,
        version: like.version,
        kind: like.kind,
        labels,
        access: like.access,
        more: Map::new(),
    })
}

/// An image of the module, under the type names of the style.
pub(super) fn image_resource(
    image: &ImageResource,
    kind: &str,
    access: &str,
) -> Result<Resource, Diagnostic> {
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

/// The label that enables security scans of the module.
pub(super) const SCAN_LABEL: &str = "security.kyma-project.io/scan";
