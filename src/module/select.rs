//! Which layer of a module image is the manifest, and which the default custom resource.

use serde::Serialize;
use serde_json::Value;

use super::descriptor::{AccessKind, Descriptor};
use super::oci::{ContentDescriptor, Manifest};
use super::{FormatError, media, yaml};

/// A resource of the component that is a layer of the image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Layer {
    /// The resource's name.
    pub name: String,
    /// The resource's type, such as `yaml`, `helm-chart` or `directoryTree`.
    #[serde(rename = "type")]
    pub kind: String,
    pub blob: ContentDescriptor,
}

/// How a layer holds its file. Readers should still look at the first bytes: tools have labelled layers wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packing {
    /// The bytes of the layer are the file.
    Plain,
    /// A tar, which may be compressed.
    Tar,
}

impl Layer {
    pub fn packing(&self) -> Packing {
        let media_type = &self.blob.media_type;
        if media::is_gzip(media_type) || media::is_tar(media_type) {
            Packing::Tar
        } else {
            Packing::Plain
        }
    }
}

/// What the module is installed from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "layer", rename_all = "kebab-case")]
pub enum ManifestSource {
    /// YAML documents to apply: a plain file, or a tar with one file.
    RawManifest(Layer),
    /// A Helm chart in a compressed tar.
    HelmChart(Layer),
    /// Nothing is named so. It is the one of these in which [`is_raw_manifest`] finds a `CustomResourceDefinition`.
    OneOf(Vec<Layer>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModuleContent {
    pub manifest: ManifestSource,
    pub default_cr: Option<Layer>,
    pub others: Vec<Layer>,
}

const RAW_MANIFEST: &str = "raw-manifest";
const DEFAULT_CR: &str = "default-cr";

/// Resources that are never the manifest: the CLI's Helm settings and the published template.
const NEVER_MANIFEST: [&str; 4] = [DEFAULT_CR, "config", "crds", "moduletemplate"];

/// The local resources of a component, each with the layer of the image that holds it.
pub fn layers(descriptor: &Descriptor, manifest: &Manifest) -> Result<Vec<Layer>, FormatError> {
    let resources = descriptor.component.resources.iter();
    let local = resources.filter_map(|resource| match resource.access.kind() {
        AccessKind::LocalBlob { digest, .. } => Some((resource, digest)),
        _ => None,
    });
    local
        .map(|(resource, digest)| {
            let blob = manifest.layer(digest).cloned().ok_or_else(|| {
                refuse(format!(
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

/// Tells the layers apart by name. Where names do not tell, as before May 2023, by what the release scripts of that time
/// went by: a compressed tar is a chart, and of the rest that with a `CustomResourceDefinition` is the manifest
/// (`btp-manager:scripts/run_module_image.sh` and `check_if_k8s_yaml.sh`).
pub fn content(descriptor: &Descriptor, manifest: &Manifest) -> Result<ModuleContent, FormatError> {
    let layers = layers(descriptor, manifest)?;
    let named = |name: &str| layers.iter().find(|layer| layer.name == name).cloned();
    let source = match named(RAW_MANIFEST) {
        Some(layer) => ManifestSource::RawManifest(layer),
        None => unnamed(descriptor, &layers)?,
    };
    let default_cr = named(DEFAULT_CR);
    let taken = |layer: &Layer| {
        Some(layer) == default_cr.as_ref()
            || match &source {
                ManifestSource::RawManifest(chosen) | ManifestSource::HelmChart(chosen) => {
                    chosen == layer
                }
                ManifestSource::OneOf(candidates) => candidates.contains(layer),
            }
    };
    let others = layers
        .iter()
        .filter(|layer| !taken(layer))
        .cloned()
        .collect();
    Ok(ModuleContent {
        manifest: source,
        default_cr,
        others,
    })
}

fn unnamed(descriptor: &Descriptor, layers: &[Layer]) -> Result<ManifestSource, FormatError> {
    let candidates: Vec<_> = layers
        .iter()
        .filter(|layer| !NEVER_MANIFEST.contains(&layer.name.as_str()))
        .collect();
    let chart =
        |layer: &&Layer| layer.kind == "helm-chart" || media::is_gzip(&layer.blob.media_type);
    let charts: Vec<&Layer> = candidates.iter().copied().filter(chart).collect();
    // With several charts, the module's own is the one that bears its name.
    let short = descriptor
        .component
        .name
        .rsplit('/')
        .next()
        .unwrap_or_default();
    match (
        charts.as_slice(),
        charts.iter().find(|chart| chart.name == short),
    ) {
        ([only], _) | (_, Some(only)) => Ok(ManifestSource::HelmChart((*only).clone())),
        ([], None) => {
            let plain = candidates
                .into_iter()
                .filter(|layer| layer.packing() == Packing::Plain)
                .cloned();
            let plain: Vec<_> = plain.collect();
            if plain.is_empty() {
                return Err(refuse("holds neither a raw manifest nor a chart".into()));
            }
            Ok(ManifestSource::OneOf(plain))
        }
        (several, None) => {
            let names: Vec<_> = several.iter().map(|layer| layer.name.as_str()).collect();
            Err(refuse(format!(
                "holds several charts, and none is named {short}: {}",
                names.join(", ")
            )))
        }
    }
}

/// Whether a file is YAML with a `CustomResourceDefinition` among its documents.
pub fn is_raw_manifest(bytes: &[u8]) -> bool {
    let documents = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| yaml::documents(text).ok());
    let is_crd = |document: &Value| {
        document.get("kind").and_then(Value::as_str) == Some("CustomResourceDefinition")
    };
    documents.is_some_and(|documents| documents.iter().any(is_crd))
}

fn refuse(why: String) -> FormatError {
    FormatError::new(
        "module-content-unclear",
        "module image",
        why,
        "see what it holds with `btp-release inspect-module`, and build it anew",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::module::fixtures::{read, text};
    use crate::module::oci::Document;

    /// A descriptor with these local resources (name, type, media type), and the manifest with their layers.
    fn module(resources: &[(&str, &str, &str)]) -> (Descriptor, Manifest) {
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
        let manifest = Manifest::new(blob("config", "x"), layers.collect());
        (Descriptor::from_text(text.as_bytes()).unwrap(), manifest)
    }

    const OCTETS: &str = media::OCTET_STREAM;
    const GZIP: &str = "application/gzip";

    #[test]
    fn names_decide_and_then_what_the_scripts_went_by() {
        let names = |layers: &[Layer]| {
            layers
                .iter()
                .map(|l| l.name.clone())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (resources, manifest, default_cr, others) in [
            (
                vec![("config", "yaml", OCTETS), ("raw-manifest", "yaml", OCTETS)],
                "raw-manifest",
                false,
                "config",
            ),
            (
                vec![
                    ("moduletemplate", "plainText", OCTETS),
                    ("default-cr", "directoryTree", media::TAR),
                    ("raw-manifest", "directoryTree", media::TAR),
                ],
                "raw-manifest",
                true,
                "moduletemplate",
            ),
            (
                vec![("btp-operator", "helm-chart", GZIP)],
                "chart btp-operator",
                false,
                "",
            ),
            (
                vec![
                    ("btp-manager", "helm-chart", GZIP),
                    ("config", "yaml", OCTETS),
                ],
                "chart btp-manager",
                false,
                "config",
            ),
            (
                vec![
                    ("crds", "yaml", GZIP),
                    ("btp-operator", "yaml", "application/x-tgz"),
                ],
                "chart btp-operator",
                false,
                "crds",
            ),
            (
                vec![
                    ("extra", "helm-chart", GZIP),
                    ("btp-operator", "helm-chart", GZIP),
                ],
                "chart btp-operator",
                false,
                "extra",
            ),
            (
                vec![
                    ("raw-manifest", "directoryTree", "application/x-tgz"),
                    ("extra", "helm-chart", GZIP),
                ],
                "raw-manifest",
                false,
                "extra",
            ),
            (
                vec![
                    ("rendered", "yaml", OCTETS),
                    ("settings", "yaml", OCTETS),
                    ("config", "yaml", OCTETS),
                ],
                "one of rendered settings",
                false,
                "config",
            ),
        ] {
            let (descriptor, image) = module(&resources);
            let content = content(&descriptor, &image).unwrap();
            let found = match &content.manifest {
                ManifestSource::RawManifest(layer) => layer.name.clone(),
                ManifestSource::HelmChart(layer) => format!("chart {}", layer.name),
                ManifestSource::OneOf(layers) => format!("one of {}", names(layers)),
            };
            assert_eq!(found, manifest, "{resources:?}");
            assert_eq!(content.default_cr.is_some(), default_cr, "{resources:?}");
            assert_eq!(names(&content.others), others, "{resources:?}");
        }
    }

    #[test]
    fn says_why_nothing_can_be_chosen() {
        for (resources, why) in [
            (vec![], "neither a raw manifest nor a chart"),
            (
                vec![("config", "yaml", OCTETS), ("default-cr", "yaml", OCTETS)],
                "neither",
            ),
            (
                vec![("one", "helm-chart", GZIP), ("two", "helm-chart", GZIP)],
                "several charts, and none is named btp-operator: one, two",
            ),
        ] {
            let (descriptor, image) = module(&resources);
            let error = content(&descriptor, &image).unwrap_err();
            assert!(error.why.contains(why), "{error}");
        }
        let (descriptor, mut image) = module(&[("raw-manifest", "yaml", OCTETS)]);
        image.layers.clear();
        assert!(
            content(&descriptor, &image)
                .unwrap_err()
                .why
                .contains("no such layer")
        );
    }

    #[test]
    fn golden_modules_are_told_apart() {
        for era in crate::module::fixtures::GOLDEN {
            let Document::Manifest(image) =
                Document::parse(&read(&format!("{era}/manifest.json"))).unwrap()
            else {
                panic!()
            };
            let descriptor =
                Descriptor::from_text(&read(&format!("{era}/component-descriptor.yaml"))).unwrap();
            let content = content(&descriptor, &image).unwrap();
            let ManifestSource::RawManifest(layer) = content.manifest else {
                panic!("{era}")
            };
            assert_eq!(layer.packing(), Packing::Plain);
            assert_eq!(layer.blob.digest, Digest::of(&read("raw-manifest.yaml")));
        }
    }

    #[test]
    fn a_manifest_is_known_by_its_crd() {
        assert!(is_raw_manifest(text("raw-manifest.yaml").as_bytes()));
        assert!(!is_raw_manifest(text("config.yaml").as_bytes()));
        assert!(!is_raw_manifest(b"\xff"));
        assert!(!is_raw_manifest(b"spec: {kind: CustomResourceDefinition}"));
    }

    #[test]
    fn packing_is_told_by_the_media_type() {
        for (media_type, packing) in [
            ("application/octet-stream", Packing::Plain),
            ("application/yaml", Packing::Plain),
            ("application/x-tar", Packing::Tar),
            ("application/x-tgz", Packing::Tar),
            ("application/gzip; charset=binary", Packing::Tar),
            ("application/x-tar+gzip", Packing::Tar),
            ("application/vnd.oci.image.layer.v1.tar+gzip", Packing::Tar),
            ("application/vnd.x+tar", Packing::Tar),
        ] {
            let (_, image) = module(&[("x1", "yaml", media_type)]);
            let layer = Layer {
                name: String::new(),
                kind: String::new(),
                blob: image.layers[0].clone(),
            };
            assert_eq!(layer.packing(), packing, "{media_type}");
        }
    }
}
