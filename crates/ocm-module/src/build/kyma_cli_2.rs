//! Descriptor and layers as `kyma alpha create module` wrote them in 2023 (`kyma-project/cli:pkg/module` at 2.15.0).

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::component::{
    ComponentInputs, NamedBlob, SCAN_LABEL, StyledParts, image_resource, resource, source,
};
use crate::Diagnostic;
use crate::config::SecurityScan;
use crate::descriptor::{Label, Provider, Relation, RepositoryContext};
use crate::oci::media;

const GIT_REF_LABEL: &str = "git.kyma-project.io/ref";
const SCAN_LABEL_PREFIX: &str = "scan.security.kyma-project.io";

pub(super) fn parts(
    inputs: &ComponentInputs<'_>,
    version: &str,
) -> Result<StyledParts, Diagnostic> {
    let (mut resources, mut blobs) = (Vec::new(), Vec::new());
    // Lifecycle Manager installs the last local resource that is not the settings, so the manifest comes last.
    let settings = inputs.settings.map(|bytes| ("config", bytes));
    let layers = settings
        .into_iter()
        .chain([("raw-manifest", inputs.manifest)]);
    for (name, bytes) in layers {
        let blob = NamedBlob::new(media::OCTET_STREAM, bytes.to_vec());
        let access = json!({"type": "localOciBlob", "digest": blob.named.digest});
        resources.push(resource(name, "yaml", Relation::Local, version, access)?);
        blobs.push(blob);
    }
    for image in inputs.images {
        resources.push(image_resource(image, "ociImage", "ociRegistry")?);
    }
    let reference = inputs.source.reference.as_deref();
    let mut source_labels = Vec::from_iter(reference.map(|name| Label::new(GIT_REF_LABEL, name)));
    source_labels.extend(inputs.security.into_iter().flat_map(scan_labels));
    let labels = inputs.security.map(|_| Label::new(SCAN_LABEL, "enabled"));
    Ok(StyledParts {
        provider: Provider::named("internal"),
        labels: Vec::from_iter(labels),
        context: RepositoryContext {
            kind: "ociRegistry".into(),
            base_url: Some(inputs.registry.to_string()),
            sub_path: None,
            component_name_mapping: Some("urlPath".into()),
            more: Map::new(),
        },
        source: source(inputs, "git", version, source_labels)?,
        resources,
        blobs,
        annotations: BTreeMap::new(),
    })
}

fn scan_labels(scan: &SecurityScan) -> [Label; 3] {
    let label = |key: &str, value: String| Label::new(format!("{SCAN_LABEL_PREFIX}/{key}"), value);
    [
        label("language", scan.language.clone()),
        label("subprojects", scan.subprojects.clone()),
        label("exclude", scan.exclude.join(",")),
    ]
}
