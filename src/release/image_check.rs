//! Checks whether an image belongs to this release, by its labels and its descriptor.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::manifest_images::ReleaseImages;
use super::mismatch::Mismatch;
use super::references::expected_module;
use crate::domain::{Code, Digest};
use crate::plan::ReleasePlan;
use ocm_module::descriptor::Descriptor;
use ocm_module::oci::ImageName;
use ocm_module::read::verify;

/// The contents of an image, once all of them exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    /// Such as `linux/amd64`; empty if it is not a container image.
    pub(crate) platforms: Vec<String>,
    /// Bytes of all layers and configurations.
    pub(crate) size: u64,
    /// The labels of a container image, of its first platform.
    pub(crate) labels: Labels,
    /// Those of its other platforms, which other jobs may have built.
    pub(crate) further: Vec<Labels>,
    /// Component versions: one, or several in an index.
    pub(crate) modules: Vec<ModuleContents>,
    /// The manifests that an index lists, of whatever platform; none for an image that is no index.
    pub(crate) listed: Vec<Digest>,
}

/// What is known of an image's origin beside what the image says itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageOrigin {
    Unknown,
    /// Its builder named this digest as what it built for this release.
    ToldByBuilder,
}

/// The labels with the source of a container image
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
    pub(crate) images: Option<Vec<ImageName>>,
}

impl Contents {
    /// Adds the labels of an index' images. Next to a component version an index holds the images of its resources,
    /// which may be third-party images and are no evidence of the component's origin.
    pub(crate) fn label(&mut self, labels: Vec<Labels>) {
        if self.modules.is_empty() {
            let mut labels = labels.into_iter();
            self.labels = labels.next().unwrap_or_default();
            self.further = labels.collect();
        }
    }

    /// The module; of several, the one that `fetch-module` would choose.
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
    fn mismatches(&self, plan: &ReleasePlan) -> Vec<Mismatch> {
        let version = plan.wanted.version.to_string();
        let is_version = |seen: &str| {
            seen == plan.wanted.tag.as_str() || seen.trim_start_matches('v') == version
        };
        [
            self.other_revision(plan),
            compare("version", self.version.as_ref(), &version, &is_version),
            self.other_source(plan),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn other_revision(&self, plan: &ReleasePlan) -> Option<Mismatch> {
        let commit = plan.wanted.commit.as_str();
        compare("revision", self.revision.as_ref(), commit, &|seen| {
            seen == commit
        })
    }

    fn other_source(&self, plan: &ReleasePlan) -> Option<Mismatch> {
        let repository = plan.wanted.repository.to_string();
        let is_source = |seen: &str| {
            let path = seen.trim_end_matches('/').trim_end_matches(".git");
            let path = path.to_lowercase();
            path.ends_with(&format!("/{repository}").to_lowercase())
        };
        compare("source", self.source.as_ref(), &repository, &is_source)
    }

    /// That the image was built from another commit. Labels with the source of another repository are those of the base image,
    /// and say nothing of it.
    fn other_commit(&self, plan: &ReleasePlan) -> Option<Mismatch> {
        match self.other_source(plan) {
            Some(_) => None,
            None => self.other_revision(plan),
        }
    }
}

fn compare(
    what: &str,
    seen: Option<&String>,
    wanted: &str,
    same: &dyn Fn(&str) -> bool,
) -> Option<Mismatch> {
    let seen = seen.filter(|seen| !seen.is_empty() && !same(seen))?;
    Some(of_another_build(format!("its {what} is {seen}"), wanted))
}

fn of_another_build(seen: String, wanted: impl Into<String>) -> Mismatch {
    Mismatch {
        code: Code::ImageOfAnotherBuild,
        seen,
        wanted: Some(wanted.into()),
    }
}

/// The properties of the image that differ from this release.
pub(crate) fn mismatches(
    plan: &ReleasePlan,
    images: &ReleaseImages,
    contents: &Contents,
) -> Vec<Mismatch> {
    let labels = in_labels(contents, |labels| labels.mismatches(plan));
    let module = in_module(plan, images, contents);
    labels.into_iter().chain(module).collect()
}

/// That an image was built from another commit than the release's, by its labels. This also refuses an image whose builder named
/// its digest: a builder knows which bytes it built, and may still have checked out another commit.
pub(crate) fn other_commit(plan: &ReleasePlan, contents: &Contents) -> Vec<Mismatch> {
    in_labels(contents, |labels| labels.other_commit(plan))
}

/// What differs in the labels of all platforms, each once.
fn in_labels<I: IntoIterator<Item = Mismatch>>(
    contents: &Contents,
    differs: impl Fn(&Labels) -> I,
) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for mismatch in contents.labels_of_all().flat_map(differs) {
        if !found.contains(&mismatch) {
            found.push(mismatch);
        }
    }
    found
}

fn in_module(plan: &ReleasePlan, images: &ReleaseImages, contents: &Contents) -> Vec<Mismatch> {
    let mut found = Vec::new();
    if let (Some(module), Some(expected)) = (contents.module(plan), expected_module(plan)) {
        let differing = verify(&module.descriptor, &expected).into_iter();
        found.extend(differing.map(|found| Mismatch {
            code: Code::ImageOfAnotherBuild,
            seen: format!("its {}", found.seen),
            wanted: found.wanted,
        }));
        if let Some(other) = module.images.as_ref().and_then(|run| images.other(run)) {
            let seen = format!("its manifest {}", other.seen);
            found.push(of_another_build(seen, other.wanted));
        }
    }
    found
}

/// The same, with whether the image existed before the release was begun: `leftovers` are the digests of those that did. What a
/// builder says that it built for this release is of it whatever its labels say, except for another commit: see
/// [`other_commit`].
pub(crate) fn staleness(
    plan: &ReleasePlan,
    images: &ReleaseImages,
    leftovers: &BTreeSet<Digest>,
    digest: Digest,
    origin: ImageOrigin,
    contents: &Contents,
) -> Vec<Mismatch> {
    if origin == ImageOrigin::ToldByBuilder {
        let module = in_module(plan, images, contents);
        return other_commit(plan, contents)
            .into_iter()
            .chain(module)
            .collect();
    }
    let left_over = leftovers.contains(&digest) && !proves_commit(plan, images, contents);
    let left_over = left_over.then(|| Mismatch {
        code: Code::ImageOfAnotherBuild,
        seen: format!("{} existed before this release was begun", digest.short()),
        wanted: None,
    });
    left_over
        .into_iter()
        .chain(mismatches(plan, images, contents))
        .collect()
}

/// Whether the image proves that it was made from the release's commit, so that it is of this release even if it existed
/// before: a build that gives the same bytes each time pushes nothing new.
fn proves_commit(plan: &ReleasePlan, images: &ReleaseImages, contents: &Contents) -> bool {
    let labelled = contents
        .labels_of_all()
        .all(|labels| labels.revision.as_deref() == Some(plan.wanted.commit.as_str()));
    (labelled || !contents.modules.is_empty()) && mismatches(plan, images, contents).is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::examples::OTHER;
    use super::*;
    use crate::plan::ModulePlan;
    use crate::plan::tests::example;
    use ocm_module::values::ModuleForm;

    #[test]
    fn module_of_this_release_is_chosen_among_several() {
        let name = "kyma.project.io/module/btp-operator";
        let planned = ModulePlan {
            name: name.parse().unwrap(),
            image: format!("r.example/{name}:v1.2.0").parse().unwrap(),
            form: ModuleForm::KymaCli2,
            second_image: None,
        };
        let plan = example().with(|wanted| wanted.module = Some(planned));
        let module = |name: &str| {
            let commit = &plan.wanted.commit;
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
            // An image of another commit is in the same index.
            let labels = serde_json::json!({"org.opencontainers.image.revision": OTHER});
            contents.label(vec![serde_json::from_value(labels).unwrap()]);
            let wrong = chosen != Some(&ours);
            let images = ReleaseImages::default();
            assert_eq!(!mismatches(&plan, &images, &contents).is_empty(), wrong);
        }
    }
}
