//! `build-module`: makes the module image and the files of the release from the rendered manifest, and pushes the image.

mod additional;
mod inputs;
mod manifest;
mod pin_images;
mod target;

use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{Code, Diagnostic, Digest, ImageRef, ImageRepository, Moment};
use crate::plan::{OnExisting, ReleasePlan};
use crate::protocol::{Action, Phase, PhaseId, PhaseReport, ReleaseFacts, Step, Waiting};
use crate::protocol::{
    Blob, BlobSource, LocalFile, Reader, SeenManifest, SeenRelease, ServiceError,
};
use crate::release::references::our_release;
use ocm_module::build::Assembled;
use ocm_module::build::TemplateForm;
use ocm_module::build::ctf;
use ocm_module::build::{COMPONENT_CONFIG, COMPONENT_CONSTRUCTOR, RELEASE_META};
use ocm_module::build::{ComponentVersion, DescriptorStyle};

pub use additional::{AdditionalOptions, ReleaseMetaInput};
use inputs::{ManagerCheck, Sources};
use manifest::ManifestCache;
use pin_images::Pins;
pub use target::{ModuleSource, ModuleTarget};

/// [`PhaseId::BuildModule`]. The same inputs give the same bytes.
pub struct BuildModule {
    target: ModuleTarget,
    /// The release that the module is built for: its draft may have its image replaced. `None` for a build of a commit alone.
    release: Option<ReleasePlan>,
    options: BuildOptions,
    manifests: ManifestCache,
    /// Whether this process has pushed blobs, or tried to: from then on the registry is asked which ones are there.
    pushed: bool,
}

/// The forms of what is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildForms {
    pub style: DescriptorStyle,
    /// Of `template.yaml` and `template_control_plane.yaml`.
    pub template: TemplateForm,
    /// Of a further template for the tag of the Kyma CLI 2.
    pub kyma_cli_2_template: Option<TemplateForm>,
    /// Of the templates; without it, the one that their tool writes.
    pub namespace: Option<String>,
}

/// The inputs of the build, and the paths of its outputs.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    pub forms: BuildForms,
    /// `regular` if neither this nor the configuration sets it.
    pub channel: Option<String>,
    /// The rendered manifest; the module's configuration may name it instead.
    pub manifest: Option<PathBuf>,
    pub default_cr: Option<PathBuf>,
    /// The module's configuration file, of the Kyma CLI or of modulectl.
    pub config: Option<PathBuf>,
    /// The configuration of the security scanners.
    pub security: Option<PathBuf>,
    /// What the files beside the release's are made from.
    pub additional: AdditionalOptions,
    pub output: PathBuf,
    /// The path of the OCM archive with the component version: one file if the name ends so, and a folder otherwise.
    pub ctf: Option<PathBuf>,
    /// Whether the image is pushed; otherwise no request is sent to a registry.
    pub push: bool,
    /// Whether manifest and descriptor name the plan's images by digest.
    pub pin_images: bool,
    /// A repository of the same registry that may hold some of the blobs.
    pub mount_from: Option<ImageRepository>,
}

struct BuildState {
    assembled: Assembled,
    /// All contents to be written, and the existing ones that they replace.
    files: Vec<(NewFile, Option<LocalFile>)>,
    /// `None` where nothing is to be pushed.
    registry: Option<RegistryState>,
}

struct NewFile {
    path: PathBuf,
    bytes: Bytes,
}

struct RegistryState {
    /// Which of the blobs are missing, as far as it was asked.
    missing: Vec<usize>,
    /// What each tag of the target refers to.
    by_tag: Vec<(ImageRef, Option<SeenManifest>)>,
    /// Read only where a tag refers to another image.
    releases: Vec<SeenRelease>,
}

/// The reasons why no decision is possible.
enum BuildProblem {
    /// All problems of the files.
    Module(Vec<Diagnostic>),
    /// Images that are to be pinned do not exist yet.
    Waiting(Waiting),
    Service(ServiceError),
}

impl From<Vec<Diagnostic>> for BuildProblem {
    fn from(findings: Vec<Diagnostic>) -> Self {
        Self::Module(findings)
    }
}

impl From<ocm_module::Diagnostic> for BuildProblem {
    fn from(error: ocm_module::Diagnostic) -> Self {
        Self::Module(vec![error.with_code()])
    }
}

impl From<ServiceError> for BuildProblem {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl BuildModule {
    /// Builds `target`; `release` is the plan that it is from, if it is from one.
    pub fn new(target: ModuleTarget, release: Option<ReleasePlan>, options: BuildOptions) -> Self {
        Self {
            target,
            release,
            options,
            manifests: ManifestCache::default(),
            pushed: false,
        }
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<BuildState, BuildProblem> {
        let manifests = &mut self.manifests;
        let mut sources = Sources::read(reader, &self.target, &self.options, manifests).await?;
        if self.release.is_none() {
            sources.set_config_version(&self.target.version);
        }
        if let Some(plan) = &self.release
            && self.options.pin_images
        {
            match Pins::read(reader, plan).await? {
                Pins::Known(pins) => sources.pin(plan, &pins, manifests),
                Pins::Awaited(waiting) => {
                    // What is wrong with the files is not put right by waiting.
                    sources.manager = ManagerCheck::Any;
                    sources.assemble(&self.target, &self.options)?;
                    return Err(BuildProblem::Waiting(waiting));
                }
            }
        }
        let assembled = sources.assemble(&self.target, &self.options)?;
        let mut files = Vec::new();
        for file in wanted(&self.options, &assembled)? {
            let there = reader.files.file(&file.path).await?;
            files.push((file, there));
        }
        let registry = if self.options.push {
            Some(self.in_registry(reader, &assembled.version).await?)
        } else {
            None
        };
        Ok(BuildState {
            assembled,
            files,
            registry,
        })
    }

    async fn in_registry(
        &self,
        reader: Reader<'_>,
        component: &ComponentVersion,
    ) -> Result<RegistryState, ServiceError> {
        let repository = component.target.repository();
        let mut by_tag = Vec::new();
        for image in &self.target.images {
            by_tag.push((image.clone(), reader.registry.resolve(image).await?));
        }
        let mut tagged = by_tag.iter().filter_map(|(_, seen)| seen.as_ref());
        // A registry takes no manifest without its blobs.
        let complete = tagged.any(|seen| seen.digest == component.digest());
        let mut missing = Vec::new();
        for (nth, blob) in component.blobs().enumerate() {
            let digest = blob.named.digest;
            // At first nothing is expected to be there, and the upload finds out.
            let is_there =
                complete || self.pushed && reader.registry.has_blob(repository, digest).await?;
            if !is_there {
                missing.push(nth);
            }
        }
        let mut seen = RegistryState {
            missing,
            by_tag,
            releases: Vec::new(),
        };
        if let Some(plan) = &self.release
            && seen.taken(component).is_some()
        {
            seen.releases = reader.github.releases(&plan.wanted.tag).await?;
        }
        Ok(seen)
    }
}

impl RegistryState {
    /// A tag that refers to another image, and that image.
    fn taken(&self, component: &ComponentVersion) -> Option<(&ImageRef, &SeenManifest)> {
        let tags = self.by_tag.iter();
        let mut existing = tags.filter_map(|(tag, seen)| Some((tag, seen.as_ref()?)));
        existing.find(|(_, seen)| seen.digest != component.digest())
    }
}

/// The files of the release, those beside them, and the archive.
fn wanted(
    options: &BuildOptions,
    assembled: &Assembled,
) -> Result<Vec<NewFile>, ocm_module::Diagnostic> {
    let all = assembled.files.iter().chain(&assembled.additional);
    let files = all.map(|(name, bytes)| NewFile {
        path: options.output.join(name),
        bytes: bytes.clone().into(),
    });
    let mut files: Vec<_> = files.collect();
    if let Some(path) = &options.ctf {
        let name = path.to_string_lossy();
        if name.ends_with(".tgz") || name.ends_with(".tar.gz") {
            files.push(NewFile {
                path: path.clone(),
                bytes: ctf::tgz(&assembled.version)?.into(),
            });
        } else {
            let mut parts = ctf::files(&assembled.version);
            let index = parts.remove_entry(ctf::INDEX);
            let parts = parts.into_iter().chain(index);
            files.extend(parts.map(|(name, bytes)| NewFile {
                path: path.join(name),
                bytes: bytes.into(),
            }));
        }
    }
    Ok(files)
}

#[async_trait]
impl Phase for BuildModule {
    fn id(&self) -> PhaseId {
        PhaseId::BuildModule
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        match self.see(reader).await {
            Ok(seen) => Ok(decide(self.release.as_ref(), &self.options, &seen)),
            Err(BuildProblem::Module(findings)) => Ok(Step::Blocked(findings)),
            Err(BuildProblem::Waiting(waiting)) => Ok(Step::Wait(waiting)),
            Err(BuildProblem::Service(error)) => Err(error),
        }
    }

    fn known(&self) -> ReleaseFacts {
        let release = self.release.as_ref();
        release.map_or_else(ReleaseFacts::default, ReleaseFacts::of_plan)
    }

    fn answered(&mut self, action: &Action, _answer: &Result<(), ServiceError>, _sent: Moment) {
        self.pushed |= matches!(action, Action::PushBlobs { .. });
    }
}

fn decide(release: Option<&ReleasePlan>, options: &BuildOptions, seen: &BuildState) -> Step {
    let component = &seen.assembled.version;
    let mut actions = Vec::new();
    if let Some(registry) = &seen.registry {
        if let Some(finding) = tag_taken(release, component, registry) {
            return Step::Blocked(vec![finding]);
        }
        actions.extend(pushes(component, options.mount_from.as_ref(), registry));
    }
    let changed = seen.files.iter().filter(|(file, there)| {
        there
            .as_ref()
            .is_none_or(|there| there.digest != Digest::of(&file.bytes))
    });
    actions.extend(changed.map(|(file, _)| Action::WriteFile {
        to: file.path.clone(),
        bytes: file.bytes.clone(),
    }));
    if actions.is_empty() {
        Step::Done(report(options, seen))
    } else {
        Step::Act(actions)
    }
}

fn pushes(
    component: &ComponentVersion,
    mount_from: Option<&ImageRepository>,
    seen: &RegistryState,
) -> Vec<Action> {
    let repository = component.target.repository();
    let blobs = component
        .blobs()
        .enumerate()
        .filter(|(nth, _)| seen.missing.contains(nth));
    let blobs: Vec<_> = blobs
        .map(|(_, blob)| Blob {
            digest: blob.named.digest,
            size: blob.named.size,
            bytes: BlobSource::Memory(blob.bytes.clone().into()),
            mount_from: mount_from.cloned(),
        })
        .collect();
    let mut actions = Vec::new();
    if !blobs.is_empty() {
        let to = repository.clone();
        actions.push(Action::PushBlobs { to, blobs });
    }
    let push = |to| Action::PushManifest {
        to,
        media_type: component.manifest.named.media_type.clone(),
        bytes: component.manifest.bytes.clone().into(),
    };
    // Its blobs are there by now. With a tag it is stored by its digest as well.
    let digest = component.digest();
    let tags = seen.by_tag.iter();
    let untagged = tags.filter(|(_, there)| there.as_ref().is_none_or(|t| t.digest != digest));
    actions.extend(untagged.map(|(tag, _)| push(tag.clone())));
    actions
}

/// A tag that already names other bytes is another build's, unless this release was asked to replace its own.
fn tag_taken(
    release: Option<&ReleasePlan>,
    component: &ComponentVersion,
    seen: &RegistryState,
) -> Option<Diagnostic> {
    let (tag, taken) = seen.taken(component)?;
    let may_replace = |plan: &ReleasePlan| {
        plan.wanted.on_existing == OnExisting::Replace
            && our_release(plan, &seen.releases).is_ok_and(|(release, _)| release.draft)
    };
    if release.is_some_and(may_replace) {
        return None;
    }
    let help = match release {
        Some(plan) => format!(
            "find out what pushed it; to replace it while {} is a draft, plan with `on-existing: replace`",
            plan.wanted.tag
        ),
        None => "the same commit was built from other files or by another version of btp-release: render the manifest without dates, random values and tags that move, or delete the tag if nobody uses it".to_owned(),
    };
    let seen = format!(
        "{tag} is {} already, and this build made {}",
        taken.digest.short(),
        component.digest().short()
    );
    Some(Diagnostic::error(Code::ModuleTagTaken, seen, help))
}

fn report(options: &BuildOptions, seen: &BuildState) -> PhaseReport {
    let component = &seen.assembled.version;
    let (target, digest) = (&component.target, component.digest());
    let version = &component.descriptor.component.version;
    let mut report = if let Some(registry) = &seen.registry {
        let tags = registry.by_tag.iter().map(|(tag, _)| tag.to_string());
        let tags = tags.collect::<Vec<_>>().join(" and ");
        PhaseReport::new(format!("{tags} is {}", digest.short()))
            .with("module-image", target.repository().pinned(digest))
    } else {
        let summary = format!("{target} would be {}, and was not pushed", digest.short());
        PhaseReport::new(summary)
    };
    let files = seen.assembled.files.keys();
    let paths: Vec<_> = files
        .map(|name| options.output.join(name).display().to_string())
        .collect();
    report = report
        .with("version", version.strip_prefix('v').unwrap_or(version))
        .with("module-digest", digest)
        .with("files", paths.join("\n"));
    let additional = |name| {
        let written = seen.assembled.additional.contains_key(name);
        written.then(|| options.output.join(name).display().to_string())
    };
    if let Some(path) = additional(RELEASE_META) {
        report = report.with("release-meta", path);
    }
    if let Some(path) = additional(COMPONENT_CONFIG) {
        report = report.with("component-config", path);
    }
    if let Some(path) = additional(COMPONENT_CONSTRUCTOR) {
        report = report.with("component-constructor", path);
    }
    if let Some(ctf) = &options.ctf {
        report = report.with("ctf", ctf.display());
    }
    let warnings = seen.assembled.warnings.iter().cloned();
    report.warnings = warnings.map(ocm_module::Diagnostic::with_code).collect();
    report
}

#[cfg(test)]
mod tests;
