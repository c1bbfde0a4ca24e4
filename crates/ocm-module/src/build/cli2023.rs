//! The form of 2023, as `kyma alpha create module` wrote it (`kyma-project/cli:pkg/module` at 2.15.0).

use std::collections::BTreeMap;

use serde_json::{Map, json};

use super::{Blob, Form, Module, SCAN, image_resource, resource, source};
use crate::Diagnostic;
use crate::descriptor::{Label, Provider, Relation, RepositoryContext};
use crate::media;

const GIT_REF: &str = "git.kyma-project.io/ref";
const SCAN_PREFIX: &str = "scan.security.kyma-project.io";

pub(super) fn form(module: &Module<'_>, version: &str) -> Result<Form, Diagnostic> {
    let provider = Provider::named("internal");
    let context = RepositoryContext {
        kind: "ociRegistry".into(),
        base_url: Some(module.registry.to_string()),
        sub_path: None,
        component_name_mapping: Some("urlPath".into()),
        more: Map::new(),
    };
    let (mut resources, mut blobs) = (Vec::new(), Vec::new());
    // Lifecycle Manager installs the last local resource that is not the settings, so the manifest comes last.
    let local = module.settings.map(|bytes| ("config", bytes)).into_iter();
    for (name, bytes) in local.chain([("raw-manifest", module.manifest)]) {
        let blob = Blob::new(media::OCTET_STREAM, bytes.to_vec());
        let access = json!({"type": "localOciBlob", "digest": blob.named.digest});
        resources.push(resource(name, "yaml", Relation::Local, version, access)?);
        blobs.push(blob);
    }
    for image in module.images {
        resources.push(image_resource(image, "ociImage", "ociRegistry")?);
    }
    let mut source_labels = Vec::new();
    source_labels.extend(
        module
            .source
            .reference
            .as_deref()
            .map(|reference| Label::new(GIT_REF, reference)),
    );
    if let Some(scan) = module.security {
        let label = |key: &str, value: String| Label::new(format!("{SCAN_PREFIX}/{key}"), value);
        source_labels.extend([
            label("language", scan.language.clone()),
            label("subprojects", scan.subprojects.clone()),
            label("exclude", scan.exclude.join(",")),
        ]);
    }
    Ok(Form {
        provider,
        labels: module
            .security
            .map(|_| Label::new(SCAN, "enabled"))
            .into_iter()
            .collect(),
        context,
        source: source(module, "git", version, source_labels)?,
        resources,
        blobs,
        annotations: BTreeMap::new(),
    })
}
