//! What is checked of a released version before it is submitted or promoted: that it is published as its evidence says, and that its
//! component is in the registry under the name by which Lifecycle Manager looks it up.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use ocm_module::config::{FileKey, FileRef, ModuleConfig};
use ocm_module::submission::ModuleSubmission;

use super::change::ProposedChange;
use super::module_change::ModuleChange;
use super::options::LocalChange;
use crate::domain::{
    ChannelName, Code, ComponentName, Diagnostic, Digest, ImageRef, ImageRepository,
    RepositoryPath, Tag, Version,
};
use crate::plan::{Artifact, Artifacts, MODULE_IMAGE, SECOND_MODULE_IMAGE};
use crate::protocol::{
    FilesReader, Phase, Reader, ReleaseFacts, ServiceError, Step, WaitTime, Waiting,
};
use crate::release::base_files::LARGEST_FILE;
use crate::release::image_check::ModuleContents;
use crate::release::image_reader::{ImageCache, ImageQuery, ImageState, Trust, read_image};

/// The longest pause before a component is looked for again.
const POLL: Duration = Duration::from_secs(10);

/// Makes the phase that checks a published release.
pub type PublishedCheck = Box<dyn Fn() -> Box<dyn Phase> + Send + Sync>;

/// A released version of a module, and what is to become of it in the repository of all modules.
pub struct ReleasedModule {
    pub name: ComponentName,
    pub version: Version,
    pub tag: Tag,
    /// Below which Lifecycle Manager looks for components; `None` is where the release's own module image is.
    pub registry: Option<ImageRepository>,
    pub goal: ModuleGoal,
    pub published: PublishedCheck,
}

/// What the repository of all modules is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModuleGoal {
    /// The configuration of the version.
    Submitted {
        /// The module's own configuration, from which all but version and tag is taken.
        config: PathBuf,
        file: RepositoryPath,
    },
    /// Assets of the release, as they were published.
    Copied(Vec<LocalChange>),
    /// The version in a channel, after its submission was merged.
    InChannel {
        channel: ChannelName,
        /// Channels that need the version before.
        after: Vec<ChannelName>,
        releases: RepositoryPath,
        submission: RepositoryPath,
        /// What was submitted, where that is to be compared.
        config: Option<PathBuf>,
    },
}

/// A component in a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
struct WantedComponent {
    image: ImageRef,
    /// Of the release's own module image; `None` where the release has none.
    digest: Option<Digest>,
}

/// What a look at a component leads to.
#[derive(Clone, Debug, PartialEq)]
enum ComponentCourse {
    Ready,
    Wait(String),
    Refused(Diagnostic),
}

/// Checks a released version, once, until it is to be checked again.
pub(super) struct ReleaseGate {
    module: ReleasedModule,
    /// As the evidence names them.
    verified: Option<ReleaseFacts>,
    has_component: bool,
    cache: ImageCache,
}

impl ReleaseGate {
    pub(super) fn new(module: ReleasedModule) -> Self {
        Self {
            module,
            verified: None,
            has_component: false,
            cache: ImageCache::default(),
        }
    }

    /// What is in the way of a proposal, if anything is.
    pub(super) async fn look(&mut self, reader: Reader<'_>) -> Result<Option<Step>, ServiceError> {
        if self.verified.is_none() {
            match (self.module.published)().step(reader).await? {
                Step::Done(report) => self.verified = Some(*report.facts),
                other => return Ok(Some(other)),
            }
        }
        let Some(facts) = self.verified.as_ref().filter(|_| !self.has_component) else {
            return Ok(None);
        };
        let wanted = match wanted_component(&self.module, facts) {
            Ok(Some(wanted)) => wanted,
            Ok(None) => {
                self.has_component = true;
                return Ok(None);
            }
            Err(finding) => return Ok(Some(Step::Blocked(vec![finding]))),
        };
        let query = ImageQuery {
            name: MODULE_IMAGE.to_owned(),
            image: wanted.image.clone(),
            platforms: vec![],
        };
        let state = read_image(reader, &query, Trust::DigestsOnly, &mut self.cache).await?;
        Ok(match decide(&self.module, &wanted, &state) {
            ComponentCourse::Ready => {
                self.has_component = true;
                None
            }
            ComponentCourse::Wait(line) => Some(Step::Wait(Waiting {
                on: vec![line],
                poll_after: POLL,
                time: WaitTime::Counted,
            })),
            ComponentCourse::Refused(finding) => Some(Step::Blocked(vec![finding])),
        })
    }

    /// The same, of what is there now: right before a merge.
    pub(super) async fn look_again(
        &mut self,
        reader: Reader<'_>,
    ) -> Result<Option<Step>, ServiceError> {
        self.verified = None;
        self.has_component = false;
        self.look(reader).await
    }

    /// The changes of the repository of all modules. The inner error is why they cannot be made.
    pub(super) async fn changes(
        &self,
        files: &dyn FilesReader,
    ) -> Result<Result<Vec<ProposedChange>, Vec<Diagnostic>>, ServiceError> {
        let module = &self.module;
        let (config, path) = match &module.goal {
            ModuleGoal::Copied(copies) => return self.copies(files, copies).await,
            ModuleGoal::Submitted { config, file } => (Some(config), file),
            ModuleGoal::InChannel {
                config, submission, ..
            } => (config.as_ref(), submission),
        };
        let text = match config {
            None => None,
            Some(config) => match files.read(config, LARGEST_FILE).await? {
                None => return Ok(Err(vec![no_config(config)])),
                Some(bytes) => {
                    let facts = self.verified.as_ref().map(|facts| &facts.artifacts);
                    match submission(module, config, &bytes, facts, path) {
                        Ok(text) => Some(text),
                        Err(findings) => return Ok(Err(findings)),
                    }
                }
            },
        };
        let change = |path: &RepositoryPath, change| ProposedChange::Module {
            path: path.clone(),
            change,
        };
        Ok(Ok(match &module.goal {
            ModuleGoal::Copied(_) | ModuleGoal::Submitted { .. } => {
                let text = text.unwrap_or_default();
                vec![change(path, ModuleChange::Submission { text })]
            }
            ModuleGoal::InChannel {
                channel,
                after,
                releases,
                submission,
                ..
            } => vec![
                change(
                    submission,
                    ModuleChange::IsSubmitted {
                        component: module.name.clone(),
                        version: module.version.clone(),
                        text,
                    },
                ),
                change(
                    releases,
                    ModuleChange::Channel {
                        component: module.name.clone(),
                        channel: channel.clone(),
                        after: after.clone(),
                        version: module.version.clone(),
                    },
                ),
            ],
        }))
    }

    /// The same for files that are assets of the release.
    async fn copies(
        &self,
        files: &dyn FilesReader,
        copies: &[LocalChange],
    ) -> Result<Result<Vec<ProposedChange>, Vec<Diagnostic>>, ServiceError> {
        let (mut changes, mut findings) = (Vec::new(), Vec::new());
        let facts = self.verified.as_ref();
        let artifacts = facts.iter().flat_map(|facts| facts.artifacts.0.values());
        let artifacts: Vec<_> = artifacts.collect();
        for copy in copies {
            let shown = copy.from.display();
            let Some(bytes) = files.read(&copy.from, LARGEST_FILE).await? else {
                findings.push(Diagnostic::error(
                    Code::FileMissing,
                    format!("{shown} is not there, and {} is to have its bytes", copy.to),
                    "download the asset in a step before, with `command: download-asset`",
                ));
                continue;
            };
            let digest = Digest::of(&bytes);
            let is_it = |artifact: &&Artifact| matches!(artifact, Artifact::Asset { digest: of_asset, .. } if *of_asset == digest);
            match String::from_utf8(bytes.to_vec()) {
                Ok(text) if artifacts.iter().any(is_it) => changes.push(ProposedChange::Module {
                    path: copy.to.clone(),
                    change: ModuleChange::Submission { text },
                }),
                _ => findings.push(Diagnostic::error(
                    Code::SubmissionFileMissing,
                    format!(
                        "{shown} has the digest {digest}, and no text among the assets of {} has",
                        self.module.tag
                    ),
                    format!("download the asset of {} anew", self.module.tag),
                )),
            }
        }
        Ok(if findings.is_empty() {
            Ok(changes)
        } else {
            Err(findings)
        })
    }
}

/// Where the component has to be; nothing where neither the release nor an input names a place, and nobody needs it yet.
fn wanted_component(
    module: &ReleasedModule,
    facts: &ReleaseFacts,
) -> Result<Option<WantedComponent>, Diagnostic> {
    let planned = facts
        .plan
        .as_ref()
        .and_then(|plan| plan.wanted.module.as_ref());
    if let Some(planned) = planned.filter(|planned| planned.name != module.name) {
        return Err(misnamed(format!(
            "{} released the component {}",
            module.tag,
            planned.name.as_str()
        ))
        .wanted(module.name.as_str()));
    }
    let version = module.version.to_string();
    let own: Vec<_> = [MODULE_IMAGE, SECOND_MODULE_IMAGE]
        .iter()
        .filter_map(|name| facts.artifacts.0.get(*name))
        .filter_map(|artifact| match artifact {
            Artifact::Image { digest, tagged, .. } => Some((tagged, *digest)),
            Artifact::Asset { .. } => None,
        })
        .collect();
    let has_version = |image: &ImageRef| image.tag().is_some_and(|tag| tag.as_str() == version);
    let named = own.iter().find(|(image, _)| has_version(image));
    match (own.first(), named, &module.registry) {
        (Some((other, _)), None, _) => {
            Err(
                misnamed(format!("the module image of {} is {other}", module.tag)).wanted(format!(
                    "the tag {version}, which Lifecycle Manager looks up"
                )),
            )
        }
        (_, Some((image, digest)), None) => Ok(Some(WantedComponent {
            image: (*image).clone(),
            digest: Some(*digest),
        })),
        (_, named, Some(registry)) => {
            let path = format!("component-descriptors/{}", module.name.as_str());
            let image = registry.join(&path).zip(version.parse().ok());
            let image = image.map(|(repository, tag)| repository.tagged(tag));
            let image = image.ok_or_else(|| unknown(module))?;
            let digest = named.map(|(_, digest)| *digest);
            Ok(Some(WantedComponent { image, digest }))
        }
        (None, None, None) => match module.goal {
            ModuleGoal::Submitted { .. } | ModuleGoal::Copied(_) => Ok(None),
            ModuleGoal::InChannel { .. } => Err(unknown(module)),
        },
    }
}

/// Decides about the component, from what is under its name.
fn decide(
    module: &ReleasedModule,
    wanted: &WantedComponent,
    state: &ImageState,
) -> ComponentCourse {
    let image = &wanted.image;
    if let (Some(wanted), Some(found)) = (wanted.digest, state.digest())
        && wanted != found
    {
        return ComponentCourse::Refused(
            differs(module, format!("{image} has the digest {found}"))
                .wanted(format!("{wanted}, as in the evidence of {}", module.tag)),
        );
    }
    let is_ours = |found: &ModuleContents| {
        let component = &found.descriptor.component;
        let version = component.version.strip_prefix('v');
        let version = version.unwrap_or(&component.version);
        component.name == module.name.as_str() && version == module.version.to_string()
    };
    match state {
        ImageState::Absent => ComponentCourse::Wait(format!("{image}: not in the registry yet")),
        ImageState::Incomplete { why, .. } => ComponentCourse::Wait(format!("{image}: {why}")),
        ImageState::Complete { contents, .. }
            if wanted.digest.is_none() && !contents.modules.iter().any(is_ours) =>
        {
            let seen = match contents.modules.first() {
                Some(other) => {
                    let component = &other.descriptor.component;
                    format!("{image} is {} of {}", component.version, component.name)
                }
                None => format!("{image} is no component"),
            };
            let (version, name) = (&module.version, module.name.as_str());
            ComponentCourse::Refused(differs(module, seen).wanted(format!("{version} of {name}")))
        }
        ImageState::Complete { .. } => ComponentCourse::Ready,
    }
}

/// The configuration of the submission, from the module's own.
fn submission(
    module: &ReleasedModule,
    config: &Path,
    bytes: &[u8],
    artifacts: Option<&Artifacts>,
    path: &RepositoryPath,
) -> Result<String, Vec<Diagnostic>> {
    let shown = config.display().to_string();
    let errors = |found: Vec<ocm_module::Diagnostic>| {
        let errors = found.into_iter().filter(ocm_module::Diagnostic::is_error);
        errors.map(ocm_module::Diagnostic::with_code).collect()
    };
    let (read, found) = ModuleConfig::parse(&shown, bytes);
    let mut findings: Vec<Diagnostic> = errors(found);
    let Some(read) = read.filter(|_| findings.is_empty()) else {
        return Err(findings);
    };
    if read.name != module.name.as_str() {
        let finding = misnamed(format!("{shown} names the component {}", read.name));
        findings.push(finding.wanted(module.name.as_str()));
    }
    let is_asset = |name: &str| {
        let artifact = artifacts.and_then(|artifacts| artifacts.0.get(name));
        matches!(artifact, Some(Artifact::Asset { .. }))
    };
    for (key, file) in [
        (FileKey::Manifest, Some(&read.manifest)),
        (FileKey::DefaultCr, read.default_cr.as_ref()),
    ] {
        match file {
            Some(FileRef::Path(name)) if !is_asset(name) => {
                findings.push(no_asset(&shown, key.as_str(), name, module));
            }
            Some(FileRef::Url(url)) => {
                let wrong = read.address_problem(&shown, key, url);
                findings.extend(wrong.map(ocm_module::Diagnostic::with_code));
            }
            Some(FileRef::Path(_)) | None => {}
        }
    }
    let submission = ModuleSubmission::of(&read, &module.version, module.tag.as_str());
    let (text, found) = submission.file(path.as_str());
    findings.extend(errors(found));
    match text {
        Some(text) if findings.is_empty() => Ok(text),
        _ => Err(findings),
    }
}

fn misnamed(seen: String) -> Diagnostic {
    Diagnostic::error(
        Code::ComponentMisnamed,
        seen,
        "give the name in `module-name` as it was released; Lifecycle Manager finds the form `modulectl-3` or `both` of `module-form` only",
    )
}

fn unknown(module: &ReleasedModule) -> Diagnostic {
    Diagnostic::error(
        Code::ComponentUnknown,
        format!(
            "{} has no module image, and no registry is named in which {} of {} is looked up",
            module.tag,
            module.version,
            module.name.as_str()
        ),
        "give the registry of Lifecycle Manager's components, and the path before component-descriptors/, as `module-registry`",
    )
}

fn differs(module: &ReleasedModule, seen: String) -> Diagnostic {
    Diagnostic::error(
        Code::ComponentDiffers,
        seen,
        format!(
            "find out who pushed it; only the bytes that {} released may be submitted and promoted",
            module.tag
        ),
    )
}

fn no_config(config: &Path) -> Diagnostic {
    let config = config.display();
    Diagnostic::error(
        Code::FileMissing,
        format!("{config} is not there, and the submission is made of it"),
        "check the repository out in a step before, or name another path in `module-config`",
    )
}

fn no_asset(config: &str, key: &str, name: &str, module: &ReleasedModule) -> Diagnostic {
    Diagnostic::error(
        Code::SubmissionFileMissing,
        format!(
            "{config} names {name} as {key}, and {} has no such asset",
            module.tag
        ),
        format!(
            "name an asset of {} in {key}, or give an address",
            module.tag
        ),
    )
}
