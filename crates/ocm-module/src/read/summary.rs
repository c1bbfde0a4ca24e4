//! A module image for people: what it is, what it is made of, and where from.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::Installation;
use super::content::{Layer, ManifestSource, layers, select_content};
use crate::descriptor::{
    AccessKind, Component, Descriptor, Label, RepositoryContext, SchemaVersion,
};
use crate::oci::ImageManifest;
use crate::values::Digest;

/// All properties of a module image, in the structure of the JSON output.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The digest of the image manifest.
    pub digest: Digest,
    /// The component's name.
    pub component: String,
    /// The component's version.
    pub version: String,
    /// Who made the component.
    pub provider: String,
    /// The layout of the descriptor.
    pub schema: SchemaVersion,
    /// Where the component version lives, and after it where it came from.
    pub repositories: Vec<String>,
    /// What the component was built from.
    pub sources: Vec<SourceSummary>,
    /// The local resources, with their layers.
    pub layers: Vec<Layer>,
    /// What `fetch-module` takes for the manifest or chart: one layer's name, or several where only the content decides.
    pub manifest: Vec<String>,
    /// The layer that Lifecycle Manager would install from, if it would.
    pub installed_from: Option<String>,
    /// Why Lifecycle Manager would not install the module, if so.
    pub not_installed: Vec<String>,
    /// The images that the module runs.
    pub images: Vec<ImageSummary>,
    /// The component's labels.
    pub labels: Vec<Label>,
    /// Why the module cannot be read, if so.
    pub problems: Vec<String>,
    /// The whole descriptor.
    pub descriptor: Value,
}

/// A git source of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceSummary {
    /// The source's name.
    pub name: String,
    /// The repository's address.
    pub repository: String,
    /// The commit, if it is given.
    pub commit: Option<String>,
}

/// An image that the module runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImageSummary {
    /// The resource's name.
    pub name: String,
    /// The resource's version.
    pub version: String,
    /// The image reference in the syntax of container runtimes.
    pub image: String,
}

impl Summary {
    /// Reads manifest and descriptor; `digest` is that of the manifest's bytes. What is wrong with them is in `problems`.
    pub fn new(
        digest: Digest,
        manifest: &ImageManifest,
        descriptor: &Descriptor,
        installation: Installation,
    ) -> Self {
        let component = &descriptor.component;
        let mut problems = Vec::new();
        let layers = layers(descriptor, manifest).unwrap_or_else(|error| {
            problems.push(error.to_string());
            Vec::new()
        });
        let content = select_content(descriptor, manifest);
        let manifest_layers = match content.map(|content| content.manifest) {
            Ok(ManifestSource::RawManifest(layer) | ManifestSource::HelmChart(layer)) => {
                vec![layer]
            }
            Ok(ManifestSource::OneOf(layers)) => layers,
            Err(error) => {
                problems.push(error.to_string());
                Vec::new()
            }
        };
        problems.dedup();
        let (installed_from, not_installed) = match installation {
            Installation::From(layer) => (Some(layer), Vec::new()),
            Installation::Obstacles(why) => (None, why),
        };
        let contexts = component.repository_contexts.iter().rev();
        Self {
            digest,
            component: component.name.clone(),
            version: component.version.clone(),
            provider: component.provider.name.clone(),
            schema: descriptor.schema,
            repositories: contexts.filter_map(RepositoryContext::base).collect(),
            sources: sources(component),
            layers,
            manifest: manifest_layers
                .into_iter()
                .map(|layer| layer.name)
                .collect(),
            installed_from,
            not_installed,
            images: images(component),
            labels: component.labels.clone(),
            problems,
            descriptor: descriptor.to_value(),
        }
    }

    /// The same as a tree for a terminal.
    pub fn tree(&self) -> String {
        let branches: [(&str, Vec<String>); 9] = [
            ("digest", vec![self.digest.to_string()]),
            ("provider", vec![self.provider.clone()]),
            ("repository", self.repositories.clone()),
            ("sources", leaves(&self.sources, source_leaf)),
            (
                "layers",
                leaves(&self.layers, |layer| self.layer_leaf(layer)),
            ),
            ("images", leaves(&self.images, |image| image.image.clone())),
            ("labels", leaves(&self.labels, label_leaf)),
            ("problems", self.problems.clone()),
            (
                "not installed by Lifecycle Manager",
                self.not_installed.clone(),
            ),
        ];
        let mut text = format!("{} {}\n", self.component, self.version);
        let branches: Vec<_> = branches
            .iter()
            .filter(|(_, leaves)| !leaves.is_empty())
            .collect();
        for (at, (name, leaves)) in branches.iter().enumerate() {
            let is_last = at + 1 == branches.len();
            let stem = if is_last { "   " } else { "│  " };
            let _ = writeln!(text, "{} {name}", corner(at, branches.len()));
            for (at, leaf) in leaves.iter().enumerate() {
                // Text from an image must not contain terminal control sequences.
                let leaf = leaf.replace(char::is_control, "\u{fffd}");
                let _ = writeln!(text, "{stem}{} {leaf}", corner(at, leaves.len()));
            }
        }
        text
    }

    fn layer_leaf(&self, layer: &Layer) -> String {
        let Layer { name, blob, .. } = layer;
        let (size, digest) = (readable_size(blob.size), blob.digest.short());
        let mark = if self.installed_from.as_ref() == Some(name) {
            "  ← would be installed from"
        } else if self.manifest.contains(name) {
            "  ← manifest"
        } else {
            ""
        };
        format!("{name}  {}  {size}  {digest}{mark}", blob.media_type)
    }
}

fn sources(component: &Component) -> Vec<SourceSummary> {
    let sources = component.sources.iter();
    let git = sources.filter_map(|source| match source.access.kind() {
        AccessKind::Git { repo_url, commit } => Some(SourceSummary {
            name: source.name.clone(),
            repository: repo_url.clone(),
            commit: commit.clone(),
        }),
        _ => None,
    });
    git.collect()
}

fn images(component: &Component) -> Vec<ImageSummary> {
    let resources = component.resources.iter();
    let images = resources.filter_map(|resource| match resource.access.kind() {
        AccessKind::OciArtifact { image } => Some(ImageSummary {
            name: resource.name.clone(),
            version: resource.version.clone(),
            image: image.clone(),
        }),
        _ => None,
    });
    images.collect()
}

fn leaves<T>(items: &[T], leaf: impl Fn(&T) -> String) -> Vec<String> {
    items.iter().map(leaf).collect()
}

fn source_leaf(source: &SourceSummary) -> String {
    let commit = source.commit.as_deref().unwrap_or("no commit");
    format!("{}  {}  {commit}", source.name, source.repository)
}

fn label_leaf(label: &Label) -> String {
    let text = label.value.as_str().map(str::to_owned);
    let value = text.unwrap_or_else(|| label.value.to_string());
    format!("{}  {value}", label.name)
}

/// How a line of a tree begins.
fn corner(at: usize, count: usize) -> &'static str {
    if at + 1 == count { "└─" } else { "├─" }
}

fn readable_size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    const MIB: u64 = 1024 * KIB;
    let in_units = |unit: u64| format!("{}.{}", bytes / unit, bytes % unit * 10 / unit);
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => format!("{} KiB", in_units(KIB)),
        _ => format!("{} MiB", in_units(MIB)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::read;
    use crate::oci::ImageDocument;

    #[test]
    fn a_golden_module_as_tree_and_as_json() {
        let bytes = read("golden-cli-2.15/manifest.json");
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(&bytes).unwrap() else {
            panic!()
        };
        let descriptor =
            Descriptor::from_text(&read("golden-cli-2.15/component-descriptor.yaml")).unwrap();
        let of =
            |installation| Summary::new(Digest::of(&bytes), &manifest, &descriptor, installation);
        let summary = of(Installation::From("raw-manifest".into()));
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
   └─ raw-manifest  application/octet-stream  19.1 KiB  1735cfa45bf0  ← would be installed from
";
        assert_eq!(summary.tree(), expected);
        let json = serde_json::to_value(&summary).unwrap();
        assert_eq!(json["schema"], "v2");
        assert_eq!(json["manifest"][0], "raw-manifest");
        assert_eq!(json["layers"][1]["blob"]["size"], 19622);
        assert_eq!(json["descriptor"], descriptor.to_value());
        assert_eq!(json["installedFrom"], "raw-manifest");
        let other = of(Installation::Obstacles(vec!["the tag is not there".into()]));
        let tree = other.tree();
        assert!(tree.contains("1735cfa45bf0  ← manifest\n"), "{tree}");
        assert!(
            tree.ends_with("└─ not installed by Lifecycle Manager\n   └─ the tag is not there\n"),
            "{tree}"
        );
        let json = serde_json::to_value(&other).unwrap();
        assert!(
            json["installedFrom"].is_null() && json["notInstalled"][0] == "the tag is not there"
        );
    }

    #[test]
    fn a_broken_module_is_shown_with_its_problems() {
        let bytes = read("golden-cli-2.15/manifest.json");
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(&bytes).unwrap() else {
            panic!()
        };
        let descriptor = Descriptor::from_text(&read("eras/modulectl-transferred.yaml")).unwrap();
        let mut empty = manifest.clone();
        empty.layers.clear();
        let nothing = Installation::Obstacles(Vec::new());
        let summary = Summary::new(Digest::of(&bytes), &empty, &descriptor, nothing);
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
