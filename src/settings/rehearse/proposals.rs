//! The pull requests of a rehearsal: the bump before the release, the submission and the promotions after it. A workflow says which
//! there are; without one, they follow from the module's configuration.

use std::path::Path;

use ocm_module::config::{ConfigDialect, FileRef, ModuleConfig};
use ocm_module::submission::ModuleSubmission;
use ocm_module::values::ModuleForm;
use ocm_module::yaml;

use super::super::input_parser::{Choices, InputParser};
use super::super::propose::edits;
use super::super::proposed_release::ProposedRelease;
use super::super::scanned_files::scanned_files;
use super::module::ANY_COMMIT;
use super::sources::{RehearsalSources, SourceFile};
use super::workflow::WorkflowInputs;
use crate::cli::ScannedFilesInput;
use crate::domain::{
    ChannelName, Code, ComponentName, Diagnostic, ModuleFiles, RepoSlug, RepositoryPath, Tag,
    Version,
};

/// The repository of all modules, where the files name none.
const MODULES: &str = "kyma/module-manifests";
/// The channel to which a version is promoted, where no workflow names one.
const CHANNEL: &str = "fast";

/// The pull requests before and after the release.
#[derive(Default)]
pub struct RehearsedProposals {
    pub bump: Option<RehearsedBump>,
    pub modules: Option<RehearsedModules>,
}

/// The pull request that the release begins with.
pub struct RehearsedBump {
    /// The inputs of `propose` that say what is changed.
    pub changes: Vec<(&'static str, String)>,
    pub files: Vec<BumpedFile>,
    pub merge: RehearsedMerge,
}

/// A file of the repository that is released, without the bump and with it.
pub struct BumpedFile {
    pub path: RepositoryPath,
    pub before: String,
    pub after: String,
}

/// The pull requests in the repository of all modules.
pub struct RehearsedModules {
    pub repository: RepoSlug,
    pub submits: bool,
    /// In the order in which they get the version.
    pub channels: Vec<ChannelName>,
    pub merge: RehearsedMerge,
    /// The path of the submission.
    pub submission: RepositoryPath,
    /// The path of the channels' versions.
    pub releases: RepositoryPath,
    /// The version that the channels have before.
    pub version_before: Option<Version>,
}

/// A value of the input `merge`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RehearsedMerge {
    None,
    Wait,
    Squash,
    Auto,
}

impl RehearsedMerge {
    const WORDS: [(&'static str, Self); 4] = [
        ("wait", Self::Wait),
        ("squash", Self::Squash),
        ("auto", Self::Auto),
        ("none", Self::None),
    ];

    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Wait => "wait",
            Self::Squash => "squash",
            Self::Auto => "auto",
        }
    }
}

/// The release that the pull requests belong to.
pub(super) struct ProposingRelease<'a> {
    pub(super) repository: &'a RepoSlug,
    pub(super) tag: &'a Tag,
    pub(super) version: &'a Version,
    /// The version below it.
    pub(super) version_before: Option<Version>,
    pub(super) component: &'a str,
    /// The inputs `binary-image` and `extra-images`; empty where there are none.
    pub(super) images: [&'a str; 2],
    pub(super) form: ModuleForm,
    /// The names of its assets, one a line.
    pub(super) assets: &'a str,
}

impl RehearsedProposals {
    /// Works them out, with what the log says of those that there are not. The parser has what is wrong.
    pub(super) fn read(
        parser: &mut InputParser<'_>,
        sources: &RehearsalSources,
        release: &ProposingRelease<'_>,
    ) -> (Self, Vec<String>) {
        let mut remarks = Vec::new();
        let proposals = match (&sources.workflow, &sources.config) {
            (Some(workflow), config) => Self {
                bump: release.bump_of_workflow(parser, workflow),
                modules: release.modules_of_workflow(
                    parser,
                    (workflow, config.as_ref()),
                    sources.manifest.is_some(),
                    &mut remarks,
                ),
            },
            (None, Some((file, config))) => Self {
                bump: release.bump_of_config(parser, file, config, &mut remarks),
                modules: release.modules_of_config(file, config, &mut remarks),
            },
            (None, None) => {
                let remark = "nothing is bumped and submitted: that takes --module-config FILE or a --workflow that asks for it";
                remarks.push(remark.to_owned());
                Self::default()
            }
        };
        (proposals, remarks)
    }
}

impl ProposingRelease<'_> {
    /// The inputs of `create-release.yaml` that begin with `bump`.
    fn bump_of_workflow(
        &self,
        parser: &mut InputParser<'_>,
        workflow: &WorkflowInputs,
    ) -> Option<RehearsedBump> {
        let changes = [
            ("set", workflow.owned("bump")),
            ("security-config", workflow.owned("bump-security-config")),
            ("component-config", workflow.owned("bump-component-config")),
        ];
        let mut changes: Vec<_> = given(changes).collect();
        if changes.is_empty() {
            return None;
        }
        if changes.iter().any(|(input, _)| *input != "set") {
            let [binary, extra] = self.images.map(|images| Some(images.to_owned()));
            changes.extend(given([("binary-image", binary), ("extra-images", extra)]));
        }
        // A bump that nobody waits for has no merge commit to release.
        let [merges @ .., _] = RehearsedMerge::WORDS;
        let merge = workflow.get("bump-merge").unwrap_or("squash");
        let merge = parser.choice("bump-merge", Some(merge), &Choices::of(&merges));
        let read = |parser: &mut InputParser<'_>, path: &RepositoryPath| {
            parser.file("bump", &workflow.in_repository(path.as_str()))
        };
        self.bump(parser, changes, merge?, read)
    }

    /// The version in the module's configuration, where it is another one.
    fn bump_of_config(
        &self,
        parser: &mut InputParser<'_>,
        file: &SourceFile,
        config: &ModuleConfig,
        remarks: &mut Vec<String>,
    ) -> Option<RehearsedBump> {
        if config.version.trim_start_matches('v') == self.version.to_string() {
            let name = &file.name;
            remarks.push(format!(
                "nothing is bumped: {name} has version {} already",
                config.version
            ));
            return None;
        }
        let name = Path::new(&file.name).file_name()?.to_string_lossy();
        let changes = vec![("set", format!("{name}: version = {{version}}"))];
        self.bump(parser, changes, RehearsedMerge::Squash, |_, _| {
            Some(file.text.clone())
        })
    }

    /// A bump whose files can be read, and in which its changes can be made.
    fn bump(
        &self,
        parser: &mut InputParser<'_>,
        changes: Vec<(&'static str, String)>,
        merge: RehearsedMerge,
        read: impl Fn(&mut InputParser<'_>, &RepositoryPath) -> Option<String>,
    ) -> Option<RehearsedBump> {
        let release = ProposedRelease {
            repository: self.repository.clone(),
            version: self.version.clone(),
            tag: self.tag.clone(),
            commit: ANY_COMMIT.parse().ok(),
            component: None,
            images: Vec::new(),
            registries: [].into(),
        };
        let input = |name: &str| {
            let found = changes.iter().find(|(input, _)| *input == name);
            found.map(|(_, value)| value.clone())
        };
        let scanned = ScannedFilesInput {
            security_config: input("security-config"),
            component_config: input("component-config"),
            binary_image: input("binary-image"),
            extra_images: input("extra-images").into_iter().collect(),
        };
        let mut files = Vec::new();
        for scanned in scanned_files(parser, &scanned, &release, &[]) {
            let file = bumped(&mut files, &scanned.path, |path| read(parser, path))?;
            let made = scanned.apply(Some(&file.after.clone().into()));
            if let Some(made) = parser.take(scanned.format.input(), made) {
                file.after = String::from_utf8_lossy(&made).into_owned();
            }
        }
        for change in edits(parser, input("set").as_slice(), &release) {
            let file = bumped(&mut files, &change.file, |path| read(parser, path))?;
            let edit = change.edit;
            let edited = yaml::edit(file.after.as_bytes(), &edit.path, &edit.value);
            let edited = edited.map_err(|error| error.diagnostic(file.path.as_str()));
            if let Some(edited) = parser.take("bump", edited) {
                file.after = String::from_utf8_lossy(&edited).into_owned();
            }
        }
        Some(RehearsedBump {
            changes,
            files,
            merge,
        })
    }

    /// The inputs `submit`, `promote`, `modules-repository` and `modules-merge` of `create-release.yaml`.
    fn modules_of_workflow(
        &self,
        parser: &mut InputParser<'_>,
        (workflow, config): (&WorkflowInputs, Option<&(SourceFile, ModuleConfig)>),
        has_module: bool,
        remarks: &mut Vec<String>,
    ) -> Option<RehearsedModules> {
        let submits = workflow.get("submit") == Some("true");
        let channels = channels(parser, workflow.get("promote").unwrap_or("[]"))?;
        if !submits && channels.is_empty() {
            return None;
        }
        if workflow.get("publish") == Some("false") {
            remarks.push("nothing is submitted and promoted: the workflow does not publish".into());
            return None;
        }
        if !has_module {
            parser.refuse(
                Code::InputsExclusive,
                "submit or promote is given, and module is false: the plan names no component".into(),
                "leave `submit` and `promote` out, and propose them in a workflow of your own, with `module-name`",
            );
            return None;
        }
        if workflow.get("component-registry").is_some() {
            remarks.push("nobody copies the module to component-registry here: it is looked up where the build pushed it".into());
        }
        let merge = workflow.get("modules-merge").unwrap_or("wait");
        let words = RehearsedMerge::WORDS;
        let merge = parser.choice("modules-merge", Some(merge), &Choices::of(&words));
        let repository = match workflow.owned("modules-repository") {
            Some(named) => parser.parse("modules-repository", Some(&named)),
            None if workflow.unknown_of(&["modules-repository"]).is_empty() => {
                Some(self.repository.clone())
            }
            None => MODULES.parse().ok(),
        };
        match config {
            None if submits => {
                parser.missing(
                    "module-config",
                    "a submission is made from the module's configuration: name its file in the workflow, or type --module-config FILE",
                );
                return None;
            }
            Some((file, config)) if submits => {
                let found = self.refused(file, config);
                if !found.is_empty() {
                    for wrong in found {
                        parser.take::<(), _>("submit", Err(wrong));
                    }
                    return None;
                }
            }
            _ => {}
        }
        self.modules(repository?, submits, channels, merge?)
    }

    /// The submission of the module's configuration and the promotion to one channel, where the configuration is one that can be
    /// submitted.
    fn modules_of_config(
        &self,
        file: &SourceFile,
        config: &ModuleConfig,
        remarks: &mut Vec<String>,
    ) -> Option<RehearsedModules> {
        if self.form == ModuleForm::KymaCli2 {
            let remark = "nothing is submitted and promoted: Lifecycle Manager finds the form modulectl-3 or both only";
            remarks.push(remark.to_owned());
            return None;
        }
        if let Some(refused) = self.refused(file, config).first() {
            remarks.push(format!(
                "nothing is submitted and promoted: {}",
                refused.seen
            ));
            return None;
        }
        let channels = vec![CHANNEL.parse().ok()?];
        self.modules(MODULES.parse().ok()?, true, channels, RehearsedMerge::Wait)
    }

    fn modules(
        &self,
        repository: RepoSlug,
        submits: bool,
        channels: Vec<ChannelName>,
        merge: RehearsedMerge,
    ) -> Option<RehearsedModules> {
        let component: ComponentName = self.component.parse().ok()?;
        let files = ModuleFiles::new(None, None);
        let of_version = (self.version, self.tag);
        Some(RehearsedModules {
            repository,
            submits,
            channels,
            merge,
            submission: files.submission(&component, of_version).ok()?,
            releases: files.releases(&component).ok()?,
            version_before: self.version_before.clone(),
        })
    }

    /// What `propose` would refuse of the configuration, once the release is published.
    fn refused(&self, file: &SourceFile, config: &ModuleConfig) -> Vec<Diagnostic> {
        let is_asset = |name: &str| self.assets.lines().any(|asset| asset == name);
        let named = [
            ("manifest", Some(&config.manifest)),
            ("defaultCR", config.default_cr.as_ref()),
        ];
        let foreign = named.into_iter().filter_map(|(key, named)| match named {
            Some(FileRef::Path(name)) if !is_asset(name) => Some(Diagnostic::error(
                Code::SubmissionFileMissing,
                format!(
                    "{} names {name} as {key}, and the release has no such asset",
                    file.name
                ),
                format!("name an asset of the release in {key}, or give an address"),
            )),
            _ => None,
        });
        // One of modulectl's format was checked when it was read; the Kyma CLI's lacks what a submission has to have.
        let found = if config.dialect == ConfigDialect::KymaCli2 {
            let submission = ModuleSubmission::of(config, self.version, self.tag.as_str());
            submission.file(&file.name).1
        } else {
            Vec::new()
        };
        let errors = found.into_iter().filter(ocm_module::Diagnostic::is_error);
        let errors = errors.map(|error| error.at(&file.name, None).with_code());
        foreign.chain(errors).collect()
    }
}

/// The inputs that have a value.
fn given(
    inputs: impl IntoIterator<Item = (&'static str, Option<String>)>,
) -> impl Iterator<Item = (&'static str, String)> {
    let inputs = inputs
        .into_iter()
        .filter_map(|(input, value)| Some((input, value?)));
    inputs.filter(|(_, value)| !value.is_empty())
}

/// The file of a path, as earlier changes left it.
fn bumped<'f>(
    files: &'f mut Vec<BumpedFile>,
    path: &RepositoryPath,
    read: impl FnOnce(&RepositoryPath) -> Option<String>,
) -> Option<&'f mut BumpedFile> {
    let at = files.iter().position(|file| file.path == *path);
    let at = if let Some(at) = at {
        at
    } else {
        let before = read(path)?;
        files.push(BumpedFile {
            path: path.clone(),
            after: before.clone(),
            before,
        });
        files.len() - 1
    };
    files.get_mut(at)
}

/// A JSON list of channels.
fn channels(parser: &mut InputParser<'_>, text: &str) -> Option<Vec<ChannelName>> {
    let names = serde_json::from_str::<Vec<String>>(text).map_err(|_| {
        Diagnostic::value(
            Code::TextInvalid,
            "list",
            text,
            "is no list of channels",
            "write it as JSON, such as [\"fast\", \"regular\"]",
        )
    });
    let names = parser.take("promote", names)?;
    let channels = names.iter().map(|name| parser.parse("promote", Some(name)));
    channels.collect()
}
