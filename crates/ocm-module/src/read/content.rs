//! Which layer of a module image is the manifest, and which the default custom resource.

use serde::Serialize;

use super::CandidateContent;
use crate::archive::LayerContent;
use crate::descriptor::{AccessKind, Descriptor};
use crate::oci::{ContentDescriptor, ImageManifest, media};
use crate::values::short_name;
use crate::{Diagnostic, FormatCode};

/// A resource of the component that is a layer of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The resource's name.
    pub name: String,
    /// The resource's type, such as `yaml`, `helm-chart` or `directoryTree`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The layer in the image's manifest.
    pub blob: ContentDescriptor,
}

/// What the module is installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManifestSource {
    /// YAML documents to apply.
    RawManifest(Layer),
    /// A Helm chart in a tar.
    HelmChart(Layer),
    /// The names do not decide; [`select_by_content`] decides by the layers' content.
    OneOf(Vec<Layer>),
}

/// The layers that a module is installed from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleContent {
    /// The manifest or chart.
    pub manifest: ManifestSource,
    /// The default custom resource.
    pub default_cr: Option<Layer>,
}

const RAW_MANIFEST: &str = "raw-manifest";
const DEFAULT_CR: &str = "default-cr";

/// Resources that are never the manifest: the CLI's Helm settings and the published template.
const NEVER_MANIFEST: [&str; 4] = [DEFAULT_CR, "config", "crds", "moduletemplate"];

/// The local resources of a component, each with the layer of the image that holds it.
///
/// # Errors
///
/// [`FormatCode::ModuleContentUnclear`] if the image has no layer for one of them.
pub fn layers(descriptor: &Descriptor, manifest: &ImageManifest) -> Result<Vec<Layer>, Diagnostic> {
    let resources = descriptor.component.resources.iter();
    if let Some((resource, why)) =
        resources
            .clone()
            .find_map(|resource| match resource.access.kind() {
                AccessKind::Incomplete { why } => Some((resource, why)),
                _ => None,
            })
    {
        return Err(unclear(format!("describes {:?} as {why}", resource.name)));
    }
    let local = resources.filter_map(|resource| match resource.access.kind() {
        // Another image in the same index is not a layer of the component version.
        AccessKind::LocalBlob { media_type, .. }
            if media_type.as_deref().is_some_and(media::is_document) =>
        {
            None
        }
        AccessKind::LocalBlob { digest, .. } => Some((resource, digest)),
        _ => None,
    });
    local
        .map(|(resource, digest)| {
            let blob = manifest.layer(digest).cloned().ok_or_else(|| {
                unclear(format!(
                    "describes {:?} as {digest}, but has no such layer",
                    resource.name
                ))
            })?;
            Ok(Layer {
                name: resource.name.clone(),
                kind: resource.kind.clone(),
                blob,
            })
        })
        .collect()
}

/// Selects the layers by name and type, never by media type, which tools have written wrongly.
///
/// # Errors
///
/// [`FormatCode::ModuleContentUnclear`] if there is no manifest, or several layers could be it by their names.
pub fn select_content(
    descriptor: &Descriptor,
    manifest: &ImageManifest,
) -> Result<ModuleContent, Diagnostic> {
    let layers = layers(descriptor, manifest)?;
    let manifest = match named(&layers, RAW_MANIFEST)? {
        Some(layer) => ManifestSource::RawManifest(layer),
        None => unnamed(descriptor, &layers)?,
    };
    Ok(ModuleContent {
        manifest,
        default_cr: named(&layers, DEFAULT_CR)?,
    })
}

/// The layer of that name. Names need not be unique in a component; two different layers of one name are refused.
fn named(layers: &[Layer], name: &str) -> Result<Option<Layer>, Diagnostic> {
    let mut found = layers.iter().filter(|layer| layer.name == name);
    let first = found.next();
    match found.find(|next| Some(next.blob.digest) != first.map(|first| first.blob.digest)) {
        Some(_) => Err(unclear(format!("holds several layers named {name}"))),
        None => Ok(first.cloned()),
    }
}

fn unnamed(descriptor: &Descriptor, layers: &[Layer]) -> Result<ManifestSource, Diagnostic> {
    let candidates: Vec<_> = layers
        .iter()
        .filter(|layer| !NEVER_MANIFEST.contains(&layer.name.as_str()))
        .collect();
    let charts = candidates.iter().filter(|layer| layer.kind == "helm-chart");
    if let Some(chart) = own_chart(descriptor, &charts.copied().collect::<Vec<_>>())? {
        return Ok(ManifestSource::HelmChart(chart));
    }
    if candidates.is_empty() {
        return Err(unclear("holds neither a raw manifest nor a chart".into()));
    }
    Ok(ManifestSource::OneOf(
        candidates.into_iter().cloned().collect(),
    ))
}

/// The only chart. With several, the module's own is the one that bears its name.
fn own_chart(descriptor: &Descriptor, charts: &[&Layer]) -> Result<Option<Layer>, Diagnostic> {
    let short = short_name(&descriptor.component.name);
    match (charts, charts.iter().find(|chart| chart.name == short)) {
        ([], _) => Ok(None),
        ([only], _) | (_, Some(only)) => Ok(Some((*only).clone())),
        (several, None) => Err(unclear(format!(
            "holds several charts, and none is named {short}: {}",
            names(several)
        ))),
    }
}

fn names(layers: &[&Layer]) -> String {
    let names: Vec<_> = layers.iter().map(|layer| layer.name.as_str()).collect();
    names.join(", ")
}

/// What the module is installed from, as [`select_by_content`] found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolvedManifest {
    /// YAML documents to apply.
    RawManifest(Layer),
    /// A Helm chart in a tar.
    HelmChart(Layer),
}

/// Selects the manifest where the names do not decide, as before May 2023. It follows the release scripts of that time:
/// a chart is selected, or else the file with a `CustomResourceDefinition` (`btp-manager:scripts/run_module_image.sh`
/// and `check_if_k8s_yaml.sh`).
///
/// # Errors
///
/// [`FormatCode::ModuleContentUnclear`] if no layer counts, or several do.
pub fn select_by_content(
    descriptor: &Descriptor,
    candidates: &[(Layer, CandidateContent)],
) -> Result<ResolvedManifest, Diagnostic> {
    let are = |wanted: CandidateContent| {
        let found = candidates.iter().filter(move |(_, is)| *is == wanted);
        found.map(|(layer, _)| layer).collect::<Vec<_>>()
    };
    if let Some(chart) = own_chart(descriptor, &are(CandidateContent::Chart))? {
        return Ok(ResolvedManifest::HelmChart(chart));
    }
    match are(CandidateContent::RawManifest).as_slice() {
        [only] => Ok(ResolvedManifest::RawManifest((*only).clone())),
        [] => Err(unclear(
            "holds no chart, and no layer with a CustomResourceDefinition".into(),
        )),
        several => Err(unclear(format!(
            "holds several layers with a CustomResourceDefinition: {}",
            names(several)
        ))
        .wanted("one")),
    }
}

/// The manifest or default custom resource in a layer, decompressed and taken out of its tar.
///
/// # Errors
///
/// As [`LayerContent::read`], and [`FormatCode::ModuleContentUnclear`] for a chart.
pub fn file_in_layer(layer: &Layer, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    match LayerContent::read(bytes)? {
        LayerContent::File(file) => Ok(file),
        LayerContent::Chart => Err(holds_chart(layer)),
    }
}

/// That a layer is a chart where a file is needed, as [`FormatCode::ModuleContentUnclear`].
pub fn holds_chart(layer: &Layer) -> Diagnostic {
    unclear(format!("holds a chart as {}", layer.name))
}

fn unclear(why: String) -> Diagnostic {
    Diagnostic::about(
        FormatCode::ModuleContentUnclear,
        "module image",
        why,
        "see what it holds with `btp-release inspect-module`, and build it again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{TarEntry, write_tar};
    use crate::fixtures::read;
    use crate::oci::ImageDocument;
    use crate::values::Digest;

    /// A descriptor with these local resources (name, type, media type), and the manifest with their layers.
    fn module(resources: &[(&str, &str, &str)]) -> (Descriptor, ImageManifest) {
        let blob =
            |name: &str, media_type: &str| ContentDescriptor::of(media_type, name.as_bytes());
        let listed = resources.iter().map(|(name, kind, _)| {
            let digest = Digest::of(name.as_bytes());
            format!(
                "  - {{name: {name}, type: {kind}, relation: local, version: v1, access: {{type: localOciBlob, digest: \"{digest}\"}}}}\n"
            )
        });
        let text = format!(
            "meta: {{schemaVersion: v2}}\ncomponent:\n  name: kyma.project.io/module/btp-operator\n  version: v1\n  provider: internal\n  repositoryContexts: []\n  sources: []\n  componentReferences: []\n  resources:\n{}",
            listed.collect::<String>()
        );
        let layers = resources
            .iter()
            .map(|(name, _, media_type)| blob(name, media_type));
        let manifest = ImageManifest::new(blob("config", "x"), layers.collect());
        (Descriptor::from_text(text.as_bytes()).unwrap(), manifest)
    }

    const OCTETS: &str = media::OCTET_STREAM;
    const GZIP: &str = "application/gzip";

    #[test]
    fn layers_are_selected_by_name_then_by_type() {
        let names = |layers: &[Layer]| {
            layers
                .iter()
                .map(|l| l.name.clone())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (resources, manifest, default_cr) in [
            (
                vec![("config", "yaml", OCTETS), ("raw-manifest", "yaml", OCTETS)],
                "raw-manifest",
                false,
            ),
            (
                vec![
                    ("moduletemplate", "plainText", OCTETS),
                    ("default-cr", "directoryTree", media::TAR),
                    ("raw-manifest", "directoryTree", media::TAR),
                ],
                "raw-manifest",
                true,
            ),
            (
                vec![("btp-operator", "helm-chart", GZIP)],
                "chart btp-operator",
                false,
            ),
            (
                vec![
                    ("btp-manager", "helm-chart", GZIP),
                    ("config", "yaml", OCTETS),
                ],
                "chart btp-manager",
                false,
            ),
            (
                vec![
                    ("crds", "yaml", GZIP),
                    ("btp-operator", "yaml", "application/x-tgz"),
                ],
                "one of btp-operator",
                false,
            ),
            (
                vec![
                    ("extra", "helm-chart", GZIP),
                    ("btp-operator", "helm-chart", GZIP),
                ],
                "chart btp-operator",
                false,
            ),
            (
                vec![
                    ("raw-manifest", "directoryTree", "application/x-tgz"),
                    ("extra", "helm-chart", GZIP),
                ],
                "raw-manifest",
                false,
            ),
            (
                vec![
                    ("rendered", "yaml", OCTETS),
                    ("settings", "yaml", OCTETS),
                    ("config", "yaml", OCTETS),
                ],
                "one of rendered settings",
                false,
            ),
        ] {
            let (descriptor, image) = module(&resources);
            let content = select_content(&descriptor, &image).unwrap();
            let found = match &content.manifest {
                ManifestSource::RawManifest(layer) => layer.name.clone(),
                ManifestSource::HelmChart(layer) => format!("chart {}", layer.name),
                ManifestSource::OneOf(layers) => format!("one of {}", names(layers)),
            };
            assert_eq!(found, manifest, "{resources:?}");
            assert_eq!(content.default_cr.is_some(), default_cr, "{resources:?}");
        }
    }

    #[test]
    fn other_images_of_the_index_are_not_layers() {
        let (descriptor, image) = module(&[("raw-manifest", "yaml", OCTETS)]);
        let with = |media_type: &str| {
            let mut descriptor = descriptor.clone();
            let access = serde_json::json!({
                "type": "localBlob",
                "localReference": Digest::of(b"chart").to_string(),
                "mediaType": media_type,
            });
            let mut beside = descriptor.component.resources[0].clone();
            beside.name = "chart".into();
            beside.access = serde_json::from_value(access).unwrap();
            descriptor.component.resources.push(beside);
            layers(&descriptor, &image)
        };
        for media_type in [media::IMAGE_MANIFEST, media::IMAGE_INDEX] {
            assert_eq!(with(media_type).unwrap().len(), 1);
        }
        assert!(with(OCTETS).unwrap_err().seen.contains("no such layer"));
    }

    #[test]
    fn unclear_content_is_refused_with_the_reason() {
        for (resources, why) in [
            (vec![], "neither a raw manifest nor a chart"),
            (
                vec![("config", "yaml", OCTETS), ("default-cr", "yaml", OCTETS)],
                "neither",
            ),
            (
                vec![("raw-manifest", "yaml", OCTETS), ("again", "yaml", OCTETS)],
                "several layers named raw-manifest",
            ),
            (
                vec![("one", "helm-chart", GZIP), ("two", "helm-chart", GZIP)],
                "several charts, and none is named btp-operator: one, two",
            ),
        ] {
            let (mut descriptor, image) = module(&resources);
            for resource in &mut descriptor.component.resources {
                resource.name = resource.name.replace("again", "raw-manifest");
            }
            let error = select_content(&descriptor, &image).unwrap_err();
            assert!(error.seen.contains(why), "{error}");
        }
        let (descriptor, mut image) = module(&[("raw-manifest", "yaml", OCTETS)]);
        image.layers.clear();
        assert!(
            select_content(&descriptor, &image)
                .unwrap_err()
                .seen
                .contains("no such layer")
        );
    }

    #[test]
    fn golden_modules_have_a_raw_manifest() {
        for era in crate::fixtures::GOLDEN {
            let ImageDocument::Manifest(image) =
                ImageDocument::parse(&read(&format!("{era}/manifest.json"))).unwrap()
            else {
                panic!()
            };
            let descriptor =
                Descriptor::from_text(&read(&format!("{era}/component-descriptor.yaml"))).unwrap();
            let content = select_content(&descriptor, &image).unwrap();
            let ManifestSource::RawManifest(layer) = content.manifest else {
                panic!("{era}")
            };
            assert_eq!(layer.blob.digest, Digest::of(&read("raw-manifest.yaml")));
        }
    }

    #[test]
    fn unnamed_layers_are_selected_by_content() {
        const CRD: &[u8] = b"kind: CustomResourceDefinition\n";
        let file = |bytes: &[u8]| LayerContent::File(bytes.to_vec());
        for (contents, expected) in [
            (
                vec![("a", file(CRD)), ("b", file(b"kind: A\n"))],
                "manifest a",
            ),
            (
                vec![("a", file(CRD)), ("b", LayerContent::Chart)],
                "chart b",
            ),
            (
                vec![
                    ("a", LayerContent::Chart),
                    ("btp-operator", LayerContent::Chart),
                ],
                "chart btp-operator",
            ),
            (
                vec![("a", LayerContent::Chart), ("b", LayerContent::Chart)],
                "several charts, and none is named btp-operator: a, b",
            ),
            (
                vec![("a", file(CRD)), ("b", file(CRD))],
                "several layers with a CustomResourceDefinition: a, b",
            ),
            (vec![("a", file(b"kind: A\n"))], "no layer with a Custom"),
        ] {
            let (descriptor, _) = module(&[]);
            let layer = |name: &str| Layer {
                name: name.into(),
                kind: "yaml".into(),
                blob: ContentDescriptor::of(OCTETS, name.as_bytes()),
            };
            let candidates = contents
                .iter()
                .map(|(name, content)| (layer(name), CandidateContent::of(content)));
            let candidates: Vec<_> = candidates.collect();
            let found = match select_by_content(&descriptor, &candidates) {
                Ok(ResolvedManifest::RawManifest(layer)) => format!("manifest {}", layer.name),
                Ok(ResolvedManifest::HelmChart(layer)) => format!("chart {}", layer.name),
                Err(error) => error.seen,
            };
            assert!(found.contains(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn a_chart_is_refused_as_a_raw_manifest() {
        let chart = write_tar([TarEntry::file("Chart.yaml", b"name: x\n")]).unwrap();
        let layer = Layer {
            name: "raw-manifest".into(),
            kind: "yaml".into(),
            blob: ContentDescriptor::of(media::TAR, &chart),
        };
        let error = file_in_layer(&layer, &chart).unwrap_err();
        assert!(
            error.seen.contains("holds a chart as raw-manifest"),
            "{error}"
        );
        assert_eq!(file_in_layer(&layer, b"a: 1\n").unwrap(), b"a: 1\n");
    }
}
