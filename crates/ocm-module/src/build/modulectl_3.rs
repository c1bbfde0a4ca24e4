//! Descriptor and layers as modulectl's constructor and the `ocm` command line make them
//! (`kyma-project/modulectl:internal/service/componentconstructor`), without the times and owners of files.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::component::{
    ComponentInputs, NamedBlob, SCAN_LABEL, StyledParts, image_resource, resource, source,
};
use crate::Diagnostic;
use crate::archive::{TarEntry, write_tar};
use crate::descriptor::{Label, Provider, Relation, RepositoryContext, Resource};
use crate::oci::{ComponentRegistry, media};

/// What the component was made with.
pub(super) const CREATOR: &str = "btp-release";

/// Who provides the component.
pub(super) const PROVIDER: &str = "kyma-project.io";

pub(super) fn parts(
    inputs: &ComponentInputs<'_>,
    version: &str,
) -> Result<StyledParts, Diagnostic> {
    let (mut resources, mut blobs) = (Vec::new(), Vec::new());
    for image in inputs.images {
        resources.push(image_resource(image, "ociArtifact", "ociArtifact")?);
    }
    for layer in layers(inputs) {
        let (resource, blob) = layer.build(version)?;
        resources.push(resource);
        blobs.push(blob);
    }
    let mut labels = inputs.labels.to_vec();
    if inputs.security.is_some() && !labels.iter().any(|label| label.name == SCAN_LABEL) {
        labels.push(Label::new(SCAN_LABEL, "enabled"));
    }
    Ok(StyledParts {
        provider: provider(),
        labels,
        context: context(inputs.registry),
        source: source(inputs, "Github", version, Vec::new())?,
        resources,
        blobs,
        annotations: BTreeMap::from([
            (
                "software.ocm.componentversion".into(),
                format!("{}:{version}", inputs.component),
            ),
            ("software.ocm.creator".into(), CREATOR.into()),
        ]),
    })
}

/// A string that holds JSON: in schema v2 the provider is only a name (`ocm:api/ocm/compdesc/versions/v2/convert.go`).
fn provider() -> Provider {
    Provider::named(&format!(
        r#"{{"name":"{PROVIDER}","labels":[{{"name":"{PROVIDER}/built-by","value":"{CREATOR}","version":"v1"}}]}}"#
    ))
}

fn context(registry: &ComponentRegistry) -> RepositoryContext {
    RepositoryContext {
        kind: "OCIRegistry".into(),
        base_url: Some(registry.url(registry.host())),
        sub_path: registry.path().map(str::to_owned),
        component_name_mapping: Some("urlPath".into()),
        more: Map::new(),
    }
}

/// A local resource that is a layer of the image.
struct LocalLayer<'a> {
    name: &'static str,
    /// The file in the layer's tar; without one, the layer is the bytes as they are.
    file: Option<&'static str>,
    bytes: &'a [u8],
}

/// The manifest comes last: the Lifecycle Manager of 2023 installs the last layer, regardless of its name.
fn layers<'a>(inputs: &ComponentInputs<'a>) -> impl Iterator<Item = LocalLayer<'a>> {
    let layers = [
        ("default-cr", Some("default-cr.yaml"), inputs.default_cr),
        ("moduletemplate", None, inputs.template),
        ("raw-manifest", Some("manifest.yaml"), Some(inputs.manifest)),
    ];
    layers.into_iter().filter_map(|(name, file, bytes)| {
        let bytes = bytes?;
        Some(LocalLayer { name, file, bytes })
    })
}

impl LocalLayer<'_> {
    fn build(&self, version: &str) -> Result<(Resource, NamedBlob), Diagnostic> {
        let name = self.name;
        let (kind, mut blob) = match self.file {
            None => (
                "plainText",
                NamedBlob::new(media::OCTET_STREAM, self.bytes.to_vec()),
            ),
            Some(file) => {
                let tar = write_tar([TarEntry::file(file, self.bytes)])?;
                ("directoryTree", NamedBlob::new(media::TAR, tar))
            }
        };
        let digest = blob.named.digest;
        let access = json!({
            "type": "localBlob",
            "localReference": digest,
            "mediaType": blob.named.media_type,
            "referenceName": name,
        });
        let mut resource = resource(name, kind, Relation::Local, version, access)?;
        resource.more = digest_field(&digest.hex());
        // In the order of the OCM library: annotations are part of the manifest's bytes.
        let identity = format!(r#"[{{"kind":"resource","identity":{{"name":"{name}"}}}}]"#);
        blob.named
            .annotations
            .insert("software.ocm.artifact".into(), identity);
        Ok((resource, blob))
    }
}

fn digest_field(hex: &str) -> Map<String, Value> {
    let digest = json!({
        "hashAlgorithm": "SHA-256",
        "normalisationAlgorithm": "genericBlobDigest/v1",
        "value": hex,
    });
    Map::from_iter([("digest".to_owned(), digest)])
}
