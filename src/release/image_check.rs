//! Whether an image can be used: everything that it names is there, and it says of itself that it is of this release.

use std::collections::BTreeSet;

use bytes::Bytes;
use serde::Deserialize;

use super::references::expected_module;
use crate::domain::{Digest, PinnedImage};
use crate::plan::ReleasePlan;
use crate::protocol::{Reader, ServiceError};
use ocm_module::descriptor::{Descriptor, MAX_DESCRIPTOR_LAYER};
use ocm_module::oci::{ContentDescriptor, Document, Index, IndexEntry, MAX_CONFIG, Manifest};
use ocm_module::raw_manifest::RawManifest;
use ocm_module::select::{ManifestSource, content, file_in};
use ocm_module::verify::verify;

/// The configuration of a container image, far above what builders write.
const MAX_IMAGE_CONFIG: u64 = 1024 * 1024;
const MAX_RAW_MANIFEST: u64 = 32 * 1024 * 1024;

/// What an image holds, once all of it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// Such as `linux/amd64`; none for what is no container image.
    pub(crate) platforms: Vec<String>,
    /// Bytes of all layers and configurations.
    pub(crate) size: u64,
    /// The labels of a container image, of its first platform.
    pub(crate) labels: Labels,
    /// Those of its other platforms, which other jobs may have built.
    pub(crate) further: Vec<Labels>,
    /// Component versions: one, or several in an index.
    pub(crate) modules: Vec<ModuleContents>,
}

/// Where a container image says that it is from
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Labels {
    #[serde(rename = "org.opencontainers.image.revision")]
    revision: Option<String>,
    #[serde(rename = "org.opencontainers.image.version")]
    version: Option<String>,
    #[serde(rename = "org.opencontainers.image.source")]
    source: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ModuleContents {
    pub(crate) descriptor: Descriptor,
    /// The images that the raw manifest runs; none for a chart.
    pub(crate) images: Option<Vec<String>>,
}

/// Why an image cannot be used yet.
pub(crate) enum ImageProblem {
    Incomplete(String),
    Port(ServiceError),
}

impl From<ServiceError> for ImageProblem {
    fn from(error: ServiceError) -> Self {
        Self::Port(error)
    }
}

impl From<ocm_module::Diagnostic> for ImageProblem {
    fn from(error: ocm_module::Diagnostic) -> Self {
        Self::Incomplete(error.to_string())
    }
}

/// Resolves everything below a digest. `platforms` are wanted of a container image; with none, all that it has are.
pub(crate) async fn contents(
    reader: Reader<'_>,
    image: &PinnedImage,
    platforms: &[String],
) -> Result<Contents, ImageProblem> {
    let mut contents = Contents::default();
    match document(reader, image).await? {
        Document::Manifest(manifest) => {
            if let Some(labels) = add(reader, image, &manifest, &mut contents).await? {
                let own = contents.platforms.iter().map(String::as_str).collect();
                all_there(platforms, &own)?;
                contents.labels = labels;
            }
        }
        Document::Index(index) => {
            let mut labels = Vec::new();
            for entry in wanted(&index, platforms)? {
                let child = image.repository.pinned(entry.manifest.digest);
                match document(reader, &child).await? {
                    Document::Manifest(manifest) => {
                        let known = contents.platforms.len();
                        labels.extend(add(reader, &child, &manifest, &mut contents).await?);
                        let own = contents.platforms.get(known);
                        same_platform(entry, own)?;
                    }
                    Document::Index(_) => {
                        return Err(ImageProblem::Incomplete("it is an index of indexes".into()));
                    }
                }
            }
            contents.label(labels);
        }
    }
    Ok(contents)
}

/// What an index lists for a platform is also made for it: a matrix of builds that push over each other mixes them up.
fn same_platform(entry: &IndexEntry, own: Option<&String>) -> Result<(), ImageProblem> {
    match (platform(entry), own) {
        (Some(listed), Some(own)) if listed != *own => Err(ImageProblem::Incomplete(format!(
            "what it lists for {listed} is made for {own}"
        ))),
        _ => Ok(()),
    }
}

async fn document(reader: Reader<'_>, image: &PinnedImage) -> Result<Document, ImageProblem> {
    match reader.registry.manifest(image).await? {
        Some(bytes) => Ok(Document::parse(&bytes)?),
        None => Err(ImageProblem::Incomplete(format!(
            "its manifest {} is not there yet",
            image.digest.short()
        ))),
    }
}

fn platform(entry: &IndexEntry) -> Option<String> {
    let platform = entry.platform.as_ref()?;
    Some(format!("{}/{}", platform.os, platform.architecture))
}

fn all_there(wanted: &[String], there: &BTreeSet<&str>) -> Result<(), ImageProblem> {
    match wanted.iter().find(|p| !there.contains(p.as_str())) {
        Some(missing) => Err(ImageProblem::Incomplete(format!("it has no {missing}"))),
        None => Ok(()),
    }
}

fn wanted<'a>(index: &'a Index, platforms: &[String]) -> Result<Vec<&'a IndexEntry>, ImageProblem> {
    let listed: BTreeSet<String> = index.manifests.iter().filter_map(platform).collect();
    all_there(platforms, &listed.iter().map(String::as_str).collect())?;
    // BuildKit lists attestations as images for `unknown/unknown`.
    let is_image = |entry: &IndexEntry| platform(entry).is_none_or(|p| p != "unknown/unknown");
    let is_wanted = |entry: &IndexEntry| {
        platforms.is_empty() || platform(entry).is_some_and(|p| platforms.contains(&p))
    };
    Ok(index
        .manifests
        .iter()
        .filter(|entry| is_image(entry) && is_wanted(entry))
        .collect())
}

/// The labels, of a container image.
async fn add(
    reader: Reader<'_>,
    image: &PinnedImage,
    manifest: &Manifest,
    contents: &mut Contents,
) -> Result<Option<Labels>, ImageProblem> {
    for part in manifest.layers.iter().chain([&manifest.config]) {
        if !reader
            .registry
            .has_blob(&image.repository, part.digest)
            .await?
        {
            return Err(ImageProblem::Incomplete(format!(
                "its part {} is not there yet",
                part.digest.short()
            )));
        }
        contents.size += part.size;
    }
    if manifest.is_component_version() {
        contents
            .modules
            .push(module(reader, image, manifest).await?);
        return Ok(None);
    }
    let config = reader
        .registry
        .blob(&image.repository, manifest.config.digest, MAX_IMAGE_CONFIG)
        .await?;
    let config = ImageConfig::read(&config);
    contents.platforms.extend(config.platform());
    Ok(Some(config.labels()))
}

/// <https://github.com/opencontainers/image-spec/blob/main/config.md>
#[derive(Default, Deserialize)]
struct ImageConfig {
    os: Option<String>,
    architecture: Option<String>,
    config: Option<Execution>,
}

#[derive(Default, Deserialize)]
struct Execution {
    #[serde(rename = "Labels")]
    labels: Option<Labels>,
}

impl ImageConfig {
    /// A configuration of another kind tells nothing, and is no reason to refuse an image.
    fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    fn platform(&self) -> Option<String> {
        Some(format!(
            "{}/{}",
            self.os.as_ref()?,
            self.architecture.as_ref()?
        ))
    }

    fn labels(self) -> Labels {
        self.config
            .and_then(|config| config.labels)
            .unwrap_or_default()
    }
}

async fn module(
    reader: Reader<'_>,
    image: &PinnedImage,
    manifest: &Manifest,
) -> Result<ModuleContents, ImageProblem> {
    let blob = async |part: &ContentDescriptor, limit: u64| -> Result<Bytes, ServiceError> {
        reader
            .registry
            .blob(&image.repository, part.digest, limit)
            .await
    };
    let config = blob(&manifest.config, MAX_CONFIG as u64).await?;
    let layer = manifest.descriptor_layer(&config)?;
    let descriptor = Descriptor::from_layer(
        &layer.media_type,
        &blob(&layer, MAX_DESCRIPTOR_LAYER as u64).await?,
    )?;
    let images = match content(&descriptor, manifest)?.manifest {
        ManifestSource::RawManifest(layer) => {
            let bytes = file_in(&layer, &blob(&layer.blob, MAX_RAW_MANIFEST).await?)?;
            let parsed = RawManifest::parse("raw-manifest", &bytes);
            let parsed = parsed.map_err(|violation| ImageProblem::Incomplete(violation.seen))?;
            Some(
                parsed
                    .images()
                    .into_iter()
                    .map(|image| image.text)
                    .collect(),
            )
        }
        ManifestSource::HelmChart(_) | ManifestSource::OneOf(_) => None,
    };
    Ok(ModuleContents { descriptor, images })
}

impl Contents {
    /// Takes the labels of an index' images. Beside a component version are the images that it is made of, which may be
    /// anybody's, and say nothing of it.
    fn label(&mut self, labels: Vec<Labels>) {
        if self.modules.is_empty() {
            let mut labels = labels.into_iter();
            self.labels = labels.next().unwrap_or_default();
            self.further = labels.collect();
        }
    }

    /// The module, and of several the one that `fetch-module` would choose.
    pub(crate) fn module(&self, plan: &ReleasePlan) -> Option<&ModuleContents> {
        let ours = |module: &&ModuleContents| {
            expected_module(plan)
                .is_some_and(|expected| verify(&module.descriptor, &expected).is_empty())
        };
        let mut all = self.modules.iter();
        all.clone().find(ours).or_else(|| all.next())
    }

    fn labels_of_all(&self) -> impl Iterator<Item = &Labels> {
        [&self.labels].into_iter().chain(&self.further)
    }
}

impl Labels {
    fn disagreements(&self, plan: &ReleasePlan) -> Vec<String> {
        let mut found = Vec::new();
        let Labels {
            revision,
            version,
            source,
        } = self;
        let mut compare =
            |what: &str, seen: &Option<String>, wanted: &str, same: &dyn Fn(&str) -> bool| {
                if let Some(seen) = seen
                    .as_deref()
                    .filter(|seen| !seen.is_empty() && !same(seen))
                {
                    found.push(format!(
                        "its {what} is {seen}, and this release's is {wanted}"
                    ));
                }
            };
        let wanted_version = plan.version.to_string();
        compare("revision", revision, plan.commit.as_str(), &|seen| {
            seen == plan.commit.as_str()
        });
        compare("version", version, &wanted_version, &|seen| {
            seen == plan.tag.as_str() || seen.trim_start_matches('v') == wanted_version
        });
        compare("source", source, &plan.repository.to_string(), &|seen| {
            let path = seen
                .trim_end_matches('/')
                .trim_end_matches(".git")
                .to_lowercase();
            path.ends_with(&format!("/{}", plan.repository).to_lowercase())
        });
        found
    }
}

/// What the image says of itself, and this release does not: each with both sides.
pub(crate) fn disagreements(plan: &ReleasePlan, contents: &Contents) -> Vec<String> {
    let mut found = Vec::new();
    for labels in contents.labels_of_all() {
        for why in labels.disagreements(plan) {
            if !found.contains(&why) {
                found.push(why);
            }
        }
    }
    if let (Some(module), Some(expected)) = (contents.module(plan), expected_module(plan)) {
        found.extend(
            verify(&module.descriptor, &expected)
                .iter()
                .map(ToString::to_string),
        );
        if let (Some(images), Some(binary)) = (&module.images, &plan.binary_image) {
            let binary = binary.to_string();
            if !images.contains(&binary) {
                found.push(format!(
                    "its manifest runs {}, and not {binary}",
                    images.join(", ")
                ));
            }
        }
    }
    found
}

/// Whether the image proves that it was made from the release's commit, so that it is of this release even if it was there
/// before: a build that gives the same bytes each time pushes nothing new.
pub(crate) fn proves_commit(plan: &ReleasePlan, contents: &Contents) -> bool {
    let labelled = contents
        .labels_of_all()
        .all(|labels| labels.revision.as_deref() == Some(plan.commit.as_str()));
    (labelled || !contents.modules.is_empty()) && disagreements(plan, contents).is_empty()
}

/// The words for a digest that was there before.
pub(crate) fn left_over(digest: Digest) -> String {
    format!("{} was there before this release was begun", digest.short())
}

#[cfg(test)]
mod tests {
    use super::super::examples::OTHER;
    use super::*;
    use crate::plan::ModulePlan;
    use crate::plan::tests::example;

    #[test]
    fn of_several_modules_the_releases_own_counts() {
        let name = "kyma.project.io/module/btp-operator";
        let planned = ModulePlan {
            name: name.parse().unwrap(),
            image: format!("r.example/{name}:v1.2.0").parse().unwrap(),
        };
        let plan = example().with(|wanted| wanted.module = Some(planned));
        let module = |name: &str| {
            let commit = &plan.commit;
            let text = format!(
                "meta: {{schemaVersion: v2}}
component:
  {{name: {name}, version: v1.2.0, provider: internal, repositoryContexts: [], componentReferences: [], resources: [],
  sources: [{{name: module-sources, type: git, version: v1.2.0, access: {{type: gitHub, repoUrl: r, commit: {commit}}}}}]}}
"
            );
            ModuleContents {
                descriptor: Descriptor::from_text(text.as_bytes()).unwrap(),
                images: None,
            }
        };
        let (ours, other) = (module(name), module("kyma.project.io/module/keda"));
        for (modules, chosen) in [
            (vec![], None),
            (vec![&other], Some(&other)),
            (vec![&other, &ours], Some(&ours)),
            (vec![&ours, &other], Some(&ours)),
        ] {
            let mut contents = Contents {
                modules: modules.into_iter().cloned().collect(),
                ..Contents::default()
            };
            assert_eq!(contents.module(&plan), chosen);
            // An image of another commit lies in the same index.
            let labels = serde_json::json!({"org.opencontainers.image.revision": OTHER});
            contents.label(vec![serde_json::from_value(labels).unwrap()]);
            let wrong = chosen != Some(&ours);
            assert_eq!(!disagreements(&plan, &contents).is_empty(), wrong);
        }
    }
}
