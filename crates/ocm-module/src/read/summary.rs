//! A module image for people: what it is, what it is made of, and where from.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::content::{Layer, ManifestSource, layers, select_content};
use crate::descriptor::{AccessKind, Descriptor, Label, RepositoryContext, SchemaVersion};
use crate::oci::ImageManifest;
use crate::values::Digest;

/// All that `inspect-module` tells, as it is printed in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub digest: Digest,
    pub component: String,
    pub version: String,
    pub provider: String,
    pub schema: SchemaVersion,
    /// Where the component version lives, and before it where it came from.
    pub repositories: Vec<String>,
    pub sources: Vec<SourceSummary>,
    pub layers: Vec<Layer>,
    /// What the module is installed from: a layer's name, or several of which only the content tells.
    pub manifest: Vec<String>,
    pub images: Vec<ImageSummary>,
    pub labels: Vec<Label>,
    /// Why the image could not be installed from, if so.
    pub problems: Vec<String>,
    /// All that the component says of itself.
    pub descriptor: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceSummary {
    pub name: String,
    pub repository: String,
    pub commit: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageSummary {
    pub name: String,
    pub version: String,
    pub image: String,
}

impl Summary {
    pub fn new(digest: Digest, manifest: &ImageManifest, descriptor: &Descriptor) -> Self {
        let component = &descriptor.component;
        let mut problems = Vec::new();
        let layers = layers(descriptor, manifest).unwrap_or_else(|error| {
            problems.push(error.to_string());
            Vec::new()
        });
        let chosen = match select_content(descriptor, manifest).map(|content| content.manifest) {
            Ok(ManifestSource::RawManifest(layer) | ManifestSource::HelmChart(layer)) => {
                vec![layer.name]
            }
            Ok(ManifestSource::OneOf(layers)) => {
                layers.into_iter().map(|layer| layer.name).collect()
            }
            Err(error) => {
                problems.push(error.to_string());
                Vec::new()
            }
        };
        problems.dedup();
        let contexts = component.repository_contexts.iter().rev();
        let sources = component
            .sources
            .iter()
            .filter_map(|source| match source.access.kind() {
                AccessKind::Git { repo_url, commit } => Some(SourceSummary {
                    name: source.name.clone(),
                    repository: repo_url.clone(),
                    commit: commit.clone(),
                }),
                _ => None,
            });
        let images =
            component
                .resources
                .iter()
                .filter_map(|resource| match resource.access.kind() {
                    AccessKind::OciArtifact { image } => Some(ImageSummary {
                        name: resource.name.clone(),
                        version: resource.version.clone(),
                        image: image.clone(),
                    }),
                    _ => None,
                });
        Self {
            digest,
            component: component.name.clone(),
            version: component.version.clone(),
            provider: component.provider.name.clone(),
            schema: descriptor.schema,
            repositories: contexts.filter_map(RepositoryContext::base).collect(),
            sources: sources.collect(),
            layers,
            manifest: chosen,
            images: images.collect(),
            labels: component.labels.clone(),
            problems,
            descriptor: descriptor.to_value(),
        }
    }

    /// The same as a tree for a terminal.
    pub fn tree(&self) -> String {
        let mut text = format!("{} {}\n", self.component, self.version);
        let layers = self.layers.iter().map(|layer| {
            let blob = &layer.blob;
            let mark = if self.manifest.contains(&layer.name) {
                "  ← installed from"
            } else {
                ""
            };
            let (name, short) = (&layer.name, blob.digest.short());
            format!(
                "{name}  {}  {}  {short}{mark}",
                blob.media_type,
                bytes(blob.size)
            )
        });
        let sources = self.sources.iter().map(|source| {
            let commit = source.commit.as_deref().unwrap_or("no commit");
            format!("{}  {}  {commit}", source.name, source.repository)
        });
        let images = self.images.iter().map(|image| image.image.clone());
        let labels = self.labels.iter().map(|label| {
            let value = label.value.as_str().map(str::to_owned);
            format!(
                "{}  {}",
                label.name,
                value.unwrap_or_else(|| label.value.to_string())
            )
        });
        let branches: [(&str, Vec<String>); 8] = [
            ("digest", vec![self.digest.to_string()]),
            ("provider", vec![self.provider.clone()]),
            ("repository", self.repositories.clone()),
            ("sources", sources.collect()),
            ("layers", layers.collect()),
            ("images", images.collect()),
            ("labels", labels.collect()),
            ("problems", self.problems.clone()),
        ];
        let branches: Vec<_> = branches
            .iter()
            .filter(|(_, leaves)| !leaves.is_empty())
            .collect();
        for (at, (name, leaves)) in branches.iter().enumerate() {
            let (knot, stem) = if at + 1 == branches.len() {
                ("└─", "   ")
            } else {
                ("├─", "│  ")
            };
            let _ = writeln!(text, "{knot} {name}");
            for (at, leaf) in leaves.iter().enumerate() {
                let knot = if at + 1 == leaves.len() {
                    "└─"
                } else {
                    "├─"
                };
                // What an image says must not move a terminal's cursor.
                let leaf = leaf.replace(char::is_control, "\u{fffd}");
                let _ = writeln!(text, "{stem}{knot} {leaf}");
            }
        }
        text
    }
}

fn bytes(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{}.{} KiB", size / 1024, size % 1024 * 10 / 1024),
        _ => format!(
            "{}.{} MiB",
            size / 1_048_576,
            size % 1_048_576 * 10 / 1_048_576
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;
    use crate::oci::ImageDocument;

    #[test]
    fn a_golden_module_as_tree_and_json() {
        let bytes = read("golden-cli-2.15/manifest.json");
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(&bytes).unwrap() else {
            panic!()
        };
        let descriptor =
            Descriptor::from_text(&read("golden-cli-2.15/component-descriptor.yaml")).unwrap();
        let summary = Summary::new(Digest::of(&bytes), &manifest, &descriptor);
        let expected = "\
kyma-project.io/template-operator v1.7.1
├─ digest
│  └─ sha256:ec81e1132745922b3e316366a35325e6e5835ef20dbc1b821494ad1210b20450
├─ provider
│  └─ internal
├─ repository
│  └─ europe-west3-docker.pkg.dev/sap-kyma-jellyfish-dev/template-operator
├─ sources
│  └─ module-sources  github.com/kyma-project/template-operator  4e4b9d47cb655ca23e5c706462485ff7605e8d71
└─ layers
   ├─ config  application/octet-stream  250 B  db86408caca4
   └─ raw-manifest  application/octet-stream  19.1 KiB  1735cfa45bf0  ← installed from
";
        assert_eq!(summary.tree(), expected);
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["schema"], "v2");
        assert_eq!(json["manifest"][0], "raw-manifest");
        assert_eq!(json["layers"][1]["blob"]["size"], 19622);
        assert_eq!(json["descriptor"], descriptor.to_value());
    }

    #[test]
    fn a_broken_module_is_still_shown() {
        let bytes = read("golden-cli-2.15/manifest.json");
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(&bytes).unwrap() else {
            panic!()
        };
        let descriptor = Descriptor::from_text(&read("eras/modulectl-transferred.yaml")).unwrap();
        let mut empty = manifest.clone();
        empty.layers.clear();
        let summary = Summary::new(Digest::of(&bytes), &empty, &descriptor);
        assert_eq!(summary.problems.len(), 1);
        assert_eq!(summary.repositories.len(), 2);
        assert!(
            summary.tree().ends_with("no such layer\n"),
            "{}",
            summary.tree()
        );
        assert!(summary.tree().contains(
            "├─ images\n│  └─ europe-docker.pkg.dev/kyma-project/prod/template-operator:1.0.3\n"
        ));
        let label = "─ security.kyma-project.io/scan  enabled\n";
        assert!(summary.tree().contains(label), "{}", summary.tree());
    }
}
