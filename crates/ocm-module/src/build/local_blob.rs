//! Today's form, as modulectl's constructor and the `ocm` command line make it
//! (`kyma-project/modulectl:internal/service/componentconstructor`), without the times and owners of files.

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::{Blob, Form, Module, SCAN, image_resource, resource, source};
use crate::Diagnostic;
use crate::descriptor::{Label, Provider, Relation, RepositoryContext};
use crate::{media, ustar};

const CREATOR: &str = "btp-release";

pub(super) fn form(module: &Module<'_>, version: &str) -> Result<Form, Diagnostic> {
    // A text that holds JSON: schema v2 has room for a name only (`ocm:api/ocm/compdesc/versions/v2/convert.go`).
    let provider = format!(
        r#"{{"name":"kyma-project.io","labels":[{{"name":"kyma-project.io/built-by","value":"{CREATOR}","version":"v1"}}]}}"#
    );
    let registry = module.registry;
    let context = RepositoryContext {
        kind: "OCIRegistry".into(),
        base_url: Some(registry.url(registry.host())),
        sub_path: registry.path().map(str::to_owned),
        component_name_mapping: Some("urlPath".into()),
        more: Map::new(),
    };
    let mut resources = Vec::new();
    for image in module.images {
        resources.push(image_resource(image, "ociArtifact", "ociArtifact")?);
    }
    let mut labels = module.labels.to_vec();
    if module.security.is_some() && !labels.iter().any(|label| label.name == SCAN) {
        labels.push(Label::new(SCAN, "enabled"));
    }
    let mut blobs = Vec::new();
    // The manifest comes last, for the Lifecycle Manager of 2023 took whatever did.
    for (name, kind, file, bytes) in [
        (
            "default-cr",
            "directoryTree",
            "default-cr.yaml",
            module.default_cr,
        ),
        ("moduletemplate", "plainText", "", module.template),
        (
            "raw-manifest",
            "directoryTree",
            "manifest.yaml",
            Some(module.manifest),
        ),
    ] {
        let Some(bytes) = bytes else { continue };
        let mut blob = match file {
            "" => Blob::new(media::OCTET_STREAM, bytes.to_vec()),
            file => Blob::new(media::TAR, ustar::content_tar(file, bytes)?),
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
        // In the order of the OCM library, for annotations are part of the manifest's bytes.
        let identity = format!(r#"[{{"kind":"resource","identity":{{"name":"{name}"}}}}]"#);
        blob.named
            .annotations
            .insert("software.ocm.artifact".into(), identity);
        resources.push(resource);
        blobs.push(blob);
    }
    Ok(Form {
        provider: Provider::named(&provider),
        labels,
        context,
        source: source(module, "Github", version, Vec::new())?,
        resources,
        blobs,
        annotations: BTreeMap::from([
            (
                "software.ocm.componentversion".into(),
                format!("{}:{version}", module.component),
            ),
            ("software.ocm.creator".into(), CREATOR.into()),
        ]),
    })
}

fn digest_field(hex: &str) -> Map<String, serde_json::Value> {
    let digest = json!({
        "hashAlgorithm": "SHA-256",
        "normalisationAlgorithm": "genericBlobDigest/v1",
        "value": hex,
    });
    Map::from_iter([("digest".to_owned(), digest)])
}
