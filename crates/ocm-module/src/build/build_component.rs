//! Building a component version in the style that is asked for.

use std::collections::BTreeMap;

use serde_json::Map;

use super::component::{ComponentInputs, ComponentVersion, DescriptorStyle, NamedBlob};
use super::{kyma_cli_2, modulectl_3};
use crate::archive::{TarEntry, write_tar};
use crate::descriptor::{self, Component, Descriptor, SchemaVersion};
use crate::oci::{ComponentConfig, ImageManifest, component_tag, media};
use crate::values::ImageRef;
use crate::{Diagnostic, yaml};

/// Builds the component version. The rules of [`crate::rules`] are not checked here; [`super::assemble`] does.
///
/// # Errors
///
/// For a name or version that no registry or no schema takes ([`FormatCode::ImageInvalid`](crate::FormatCode::ImageInvalid),
/// [`FormatCode::ImageTagInvalid`](crate::FormatCode::ImageTagInvalid), [`FormatCode::DescriptorInvalid`](crate::FormatCode::DescriptorInvalid)), and for a descriptor that is too long.
pub fn build_component(inputs: &ComponentInputs<'_>) -> Result<ComponentVersion, Diagnostic> {
    let version = inputs.style.component_version(inputs.version);
    let parts = match inputs.style {
        DescriptorStyle::KymaCli2 => kyma_cli_2::parts(inputs, &version)?,
        DescriptorStyle::Modulectl3 => modulectl_3::parts(inputs, &version)?,
    };
    let component = Component {
        name: inputs.component.to_owned(),
        version: version.clone(),
        provider: parts.provider,
        labels: parts.labels,
        creation_time: None,
        repository_contexts: vec![parts.context],
        sources: vec![parts.source],
        component_references: Vec::new(),
        resources: parts.resources,
        more: Map::new(),
    };
    let descriptor = Descriptor {
        schema: SchemaVersion::V2,
        component,
        more: Map::new(),
    };
    let repository = inputs.registry.component(inputs.component)?;
    let target = repository.tagged(component_tag(&version)?);
    pack(target, descriptor, parts.blobs, parts.annotations)
}

/// The layer of a component descriptor, byte for byte as the OCM library writes it: no owner, no mode, and the time
/// 2022-01-01T00:00:00Z (`ocm:api/ocm/extensions/repositories/genericocireg/state.go`).
fn descriptor_tar(yaml: &str) -> Result<Vec<u8>, Diagnostic> {
    write_tar([TarEntry {
        path: descriptor::FILE_NAME,
        content: yaml.as_bytes(),
        mode: 0,
        modified: 1_640_995_200,
    }])
}

pub(super) fn pack(
    target: ImageRef,
    descriptor: Descriptor,
    blobs: Vec<NamedBlob>,
    annotations: BTreeMap<String, String>,
) -> Result<ComponentVersion, Diagnostic> {
    let descriptor_yaml = yaml::to_string(&descriptor.to_value());
    // Readers check it by the schema. A name or version that breaks the schema is refused here already.
    Descriptor::from_text(descriptor_yaml.as_bytes())?;
    let tar = descriptor_tar(&descriptor_yaml)?;
    let described = NamedBlob::new(media::DESCRIPTOR_TAR[0], tar);
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
    let config = NamedBlob::new(media::COMPONENT_CONFIG[0], config.to_json());
    let named = layers.iter().map(|layer| layer.named.clone()).collect();
    let mut manifest = ImageManifest::new(config.named.clone(), named);
    manifest.annotations = annotations;
    let manifest = NamedBlob::new(media::IMAGE_MANIFEST, manifest.to_json());
    Ok(ComponentVersion {
        target,
        descriptor,
        descriptor_yaml,
        layers,
        config,
        manifest,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{read, text};

    #[test]
    fn descriptor_tars_equal_those_of_the_ocm_library() {
        for (yaml, tar) in [
            (
                "golden-cli-2.15/component-descriptor.yaml",
                "golden-cli-2.15/component-descriptor.tar",
            ),
            (
                "golden-cli-2.20/component-descriptor.yaml",
                "golden-cli-2.20/component-descriptor.tar",
            ),
            (
                "ocm-annotation/component-descriptor.yaml",
                "ocm-annotation/v1b.tar",
            ),
        ] {
            assert_eq!(descriptor_tar(&text(yaml)).unwrap(), read(tar), "{tar}");
        }
    }
}
