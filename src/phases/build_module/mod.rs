//! `build-module`: makes the module image and the files of the release from the rendered manifest, and pushes the image.

mod assemble;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;

use super::shared::our_release;
use super::{Action, Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::{Digest, Repository};
use crate::module::build::{ComponentVersion, DescriptorStyle};
use crate::module::template::TemplateForm;
use crate::plan::{OnExisting, ReleasePlan};
use crate::ports::{Blob, BlobSource, LocalFile, Look, PortError, SeenManifest, SeenRelease};

use assemble::{Assembled, Sources};

/// Far above any rendered manifest; Kubernetes itself takes at most a few MiB an object.
const MAX_FILE: u64 = 32 * 1024 * 1024;

pub struct BuildModule {
    plan: ReleasePlan,
    recipe: Recipe,
}

/// What the module is made from, and where its files go.
#[derive(Clone, Debug)]
pub struct Recipe {
    pub style: DescriptorStyle,
    pub template: TemplateForm,
    pub channel: String,
    /// The rendered manifest; the module's configuration may name it instead.
    pub manifest: Option<PathBuf>,
    pub default_cr: Option<PathBuf>,
    /// The module's configuration file, of the Kyma CLI or of modulectl.
    pub config: Option<PathBuf>,
    /// The configuration of the security scanners.
    pub security: Option<PathBuf>,
    pub output: PathBuf,
    /// Where the repository is for people, without a trailing slash: `https://github.com/kyma-project/btp-manager`.
    pub repository_url: String,
}

struct Seen {
    assembled: Assembled,
    /// Which of the blobs are missing in the registry.
    missing: Vec<usize>,
    by_digest: bool,
    by_tag: Option<SeenManifest>,
    releases: Vec<SeenRelease>,
    files: Vec<Option<LocalFile>>,
}

/// Either the findings, all of them, or what there is.
type Look1<T> = Result<Result<T, Vec<Finding>>, PortError>;

impl BuildModule {
    pub fn new(plan: ReleasePlan, recipe: Recipe) -> Self {
        Self { plan, recipe }
    }

    async fn see(&self, look: Look<'_>) -> Look1<Seen> {
        let sources = match self.sources(look).await? {
            Ok(sources) => sources,
            Err(findings) => return Ok(Err(findings)),
        };
        let assembled = match assemble::assemble(&self.plan, &self.recipe, &sources) {
            Ok(assembled) => assembled,
            Err(findings) => return Ok(Err(findings)),
        };
        let component = &assembled.component;
        let repository = component.target.repository();
        let mut missing = Vec::new();
        for (nth, blob) in component.blobs().enumerate() {
            if !look
                .registry
                .has_blob(repository, blob.named.digest)
                .await?
            {
                missing.push(nth);
            }
        }
        let by_digest = look
            .registry
            .resolve(&pinned(repository, component.digest()))
            .await?
            .is_some();
        let by_tag = look.registry.resolve(&component.target).await?;
        let replaces = by_tag
            .as_ref()
            .is_some_and(|seen| seen.digest != component.digest());
        let releases = if replaces {
            look.github.releases(&self.plan.tag).await?
        } else {
            vec![]
        };
        let mut files = Vec::new();
        for (name, _) in &assembled.files {
            files.push(look.files.file(&self.recipe.output.join(name)).await?);
        }
        Ok(Ok(Seen {
            assembled,
            missing,
            by_digest,
            by_tag,
            releases,
            files,
        }))
    }

    async fn sources(&self, look: Look<'_>) -> Look1<Sources> {
        let mut findings = Vec::new();
        let mut sources = Sources::default();
        let recipe = &self.recipe;
        if let Some(path) = &recipe.config {
            sources.config = read(look, path, "module-config", &mut findings).await?;
        }
        let (manifest, default_cr) = assemble::paths(recipe, &sources);
        match manifest {
            Some(path) => sources.manifest = read(look, &path, "manifest", &mut findings).await?,
            None => findings.push(Finding::new(
                "manifest-unnamed",
                "neither `manifest` nor a module configuration names the rendered manifest",
                "render it, say with `kustomize build config/default`, and give its path as `manifest`",
            )),
        }
        if let Some(path) = default_cr {
            sources.default_cr = read(look, &path, "default-cr", &mut findings).await?;
        }
        if let Some(path) = &recipe.security {
            sources.security = read(look, path, "security-config", &mut findings).await?;
        }
        Ok(if findings.is_empty() {
            Ok(sources)
        } else {
            Err(findings)
        })
    }
}

async fn read(
    look: Look<'_>,
    path: &Path,
    input: &str,
    findings: &mut Vec<Finding>,
) -> Result<Option<(String, Bytes)>, PortError> {
    let name = path.display().to_string();
    let bytes = look.files.read(path, MAX_FILE).await?;
    if bytes.is_none() {
        let why = format!("{input}: the file {name} is not there");
        findings.push(Finding::new(
            "file-missing",
            why,
            "give the path relative to the working folder",
        ));
    }
    Ok(bytes.map(|bytes| (name, bytes)))
}

fn pinned(repository: &Repository, digest: Digest) -> crate::domain::ImageRef {
    repository.pinned(digest).into()
}

#[async_trait]
impl Phase for BuildModule {
    fn id(&self) -> PhaseId {
        PhaseId::BuildModule
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        Ok(match self.see(look).await? {
            Ok(seen) => decide(&self.plan, &self.recipe.output, &seen),
            Err(findings) => Step::Blocked(findings),
        })
    }
}

fn decide(plan: &ReleasePlan, output: &Path, seen: &Seen) -> Step {
    let component = &seen.assembled.component;
    if let Some(finding) = tag_taken(plan, component, seen) {
        return Step::Blocked(vec![finding]);
    }
    let repository = component.target.repository();
    let blobs = component
        .blobs()
        .enumerate()
        .filter(|(nth, _)| seen.missing.contains(nth));
    let mut actions: Vec<Action> = blobs
        .map(|(_, blob)| Action::PushBlob {
            to: repository.clone(),
            blob: Blob {
                digest: blob.named.digest,
                size: blob.named.size,
                bytes: BlobSource::Memory(blob.bytes.clone().into()),
                mount_from: None,
            },
        })
        .collect();
    let push = |to| Action::PushManifest {
        to,
        media_type: component.manifest.named.media_type.clone(),
        bytes: component.manifest.bytes.clone().into(),
    };
    // By digest first: the tag appears only when what it names is whole.
    if !seen.by_digest {
        actions.push(push(pinned(repository, component.digest())));
    }
    if seen
        .by_tag
        .as_ref()
        .is_none_or(|tagged| tagged.digest != component.digest())
    {
        actions.push(push(component.target.clone()));
    }
    for ((name, bytes), there) in seen.assembled.files.iter().zip(&seen.files) {
        if there
            .as_ref()
            .is_none_or(|file| file.digest != Digest::of(bytes))
        {
            actions.push(Action::WriteFile {
                to: output.join(name),
                bytes: bytes.clone(),
            });
        }
    }
    if actions.is_empty() {
        Step::Done(evidence(output, seen))
    } else {
        Step::Act(actions)
    }
}

/// A tag that already names other bytes is another build's, unless this release was asked to replace its own.
fn tag_taken(plan: &ReleasePlan, component: &ComponentVersion, seen: &Seen) -> Option<Finding> {
    let tagged = seen
        .by_tag
        .as_ref()
        .filter(|tagged| tagged.digest != component.digest())?;
    let ours = our_release(plan, &seen.releases).is_ok_and(|(release, _)| release.draft);
    if ours && plan.on_existing == OnExisting::Replace {
        return None;
    }
    Some(Finding::new(
        "module-tag-taken",
        format!(
            "{} is {} already, and this build made {}",
            component.target,
            tagged.digest.short(),
            component.digest().short()
        ),
        format!(
            "find out what pushed it; to replace it while {} is a draft, plan with `on-existing: replace`",
            plan.tag
        ),
    ))
}

fn evidence(output: &Path, seen: &Seen) -> Evidence {
    let component = &seen.assembled.component;
    let paths = seen
        .assembled
        .files
        .iter()
        .map(|(name, _)| output.join(name).display().to_string());
    let image = component.target.repository().pinned(component.digest());
    let mut evidence = Evidence::new(format!(
        "{} is {}",
        component.target,
        component.digest().short()
    ))
    .with("module-image", image)
    .with("module-digest", component.digest())
    .with("files", paths.collect::<Vec<_>>().join("\n"));
    evidence.warnings.clone_from(&seen.assembled.warnings);
    evidence
}
