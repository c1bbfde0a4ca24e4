//! Whether a version is submitted, and which channels have it, as the repository of all modules says.

use ocm_module::config::{Audience, ModuleConfig, ReleaseMeta};

use super::answer::{ChannelEntry, SubmissionEntry};
use crate::domain::{Code, ComponentName, Diagnostic, ModuleFiles, RepositoryPath, Tag, Version};
use crate::protocol::{PullRequestReader, ServiceError};
use crate::release::base_files::BaseFiles;

/// The two files of a module at the head of the default branch; `None` where there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenModuleFiles {
    pub(super) repository: String,
    pub(super) submission: (RepositoryPath, Option<Vec<u8>>),
    pub(super) releases: (RepositoryPath, Option<Vec<u8>>),
}

/// Why nothing is known of a submission.
pub(super) enum NoSubmission {
    Finding(Diagnostic),
    Service(ServiceError),
}

impl From<ServiceError> for NoSubmission {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<Diagnostic> for NoSubmission {
    fn from(finding: Diagnostic) -> Self {
        Self::Finding(finding)
    }
}

impl SeenModuleFiles {
    pub(super) async fn see(
        target: &dyn PullRequestReader,
        files: &ModuleFiles,
        component: &ComponentName,
        release: (&Version, &Tag),
    ) -> Result<Self, NoSubmission> {
        let submission = files.submission(component, release)?;
        let releases = files.releases(component)?;
        let settings = target.target().await?;
        let branch = settings.default_branch.parse()?;
        let (mut there, mut found) = (BaseFiles::default(), [None, None]);
        if let Some(head) = target.head_of(&branch).await? {
            let tree = target.revision(&head).await?.tree;
            there = BaseFiles::see(target, &tree, &[&submission, &releases]).await?;
        }
        for (path, found) in [&submission, &releases].into_iter().zip(&mut found) {
            there.read(target, path).await?;
            *found = there.content(path).map(|bytes| bytes.to_vec());
        }
        let [of_submission, of_releases] = found;
        Ok(Self {
            repository: settings.slug.to_string(),
            submission: (submission, of_submission),
            releases: (releases, of_releases),
        })
    }

    /// What the files say of a version, and why some of it is not known.
    pub(super) fn entry(
        &self,
        component: &ComponentName,
        version: &Version,
    ) -> (SubmissionEntry, Vec<Diagnostic>) {
        let mut not_known = Vec::new();
        let version = version.to_string();
        let submitted = is_submitted(&self.submission, component, &version);
        let submitted = submitted.map_err(|finding| not_known.push(finding)).ok();
        let channels = channels(&self.releases, &version);
        let channels = channels.map_err(|finding| not_known.push(finding)).ok();
        let entry = SubmissionEntry {
            repository: self.repository.clone(),
            component: component.as_str().to_owned(),
            file: self.submission.0.to_string(),
            submitted,
            channels,
        };
        (entry, not_known)
    }
}

type FileAtHead = (RepositoryPath, Option<Vec<u8>>);

fn is_submitted(
    (path, bytes): &FileAtHead,
    component: &ComponentName,
    version: &str,
) -> Result<bool, Diagnostic> {
    let Some(bytes) = bytes else {
        return Ok(false);
    };
    let (config, _) = ModuleConfig::parse(path.as_str(), bytes);
    let is_it =
        |config: ModuleConfig| config.name == component.as_str() && config.version == version;
    if config.is_some_and(is_it) {
        return Ok(true);
    }
    let seen = format!(
        "{path} is there, and is not the configuration of {version} of {}",
        component.as_str()
    );
    let help = "look at the file, or give the path of the submission as `submission-file`";
    Err(Diagnostic::warning(Code::SubmissionDiffers, seen, help))
}

fn channels((path, bytes): &FileAtHead, version: &str) -> Result<Vec<ChannelEntry>, Diagnostic> {
    let Some(bytes) = bytes else {
        return Ok(Vec::new());
    };
    let (read, found) = ReleaseMeta::parse_file(path.as_str(), bytes, "");
    match read.map(|read| read.audience) {
        Some(Audience::Channels(channels)) => {
            let entries = channels.into_iter().map(|it| ChannelEntry {
                has_version: it.version == version,
                name: it.channel,
                version: it.version,
            });
            Ok(entries.collect())
        }
        Some(Audience::Mandatory(_)) => Ok(Vec::new()),
        None => Err(found
            .into_iter()
            .find(ocm_module::Diagnostic::is_error)
            .map_or_else(
                || {
                    let seen = format!("{path} cannot be read");
                    Diagnostic::warning(Code::FileUnreadable, seen, "look at the file")
                },
                ocm_module::Diagnostic::with_code,
            )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str =
        "name: kyma-project.io/module/btp-operator\nversion: 1.2.0\nmanifest: m.yaml\n";
    const CHANNELS: &str = "channels:\n  - channel: regular\n    version: 1.1.0\n  - channel: fast\n    version: 1.2.0\n";

    fn entry(submission: Option<&str>, releases: Option<&str>) -> (SubmissionEntry, Vec<Code>) {
        let file = |path: &str, text: Option<&str>| {
            let bytes = text.map(|text| text.as_bytes().to_vec());
            (path.parse().unwrap(), bytes)
        };
        let seen = SeenModuleFiles {
            repository: "kyma/module-manifests".to_owned(),
            submission: file("a/module-config.yaml", submission),
            releases: file("a/module-releases.yaml", releases),
        };
        let component = "kyma-project.io/module/btp-operator".parse().unwrap();
        let (entry, not_known) = seen.entry(&component, &"1.2.0".parse().unwrap());
        (
            entry,
            not_known.iter().map(|finding| finding.code).collect(),
        )
    }

    #[test]
    fn what_is_there_is_known_and_what_cannot_be_read_is_not_absent() {
        let (found, not_known) = entry(Some(CONFIG), Some(CHANNELS));
        assert_eq!(found.submitted, Some(true));
        let channels = found.channels.unwrap();
        let channels: Vec<_> = channels
            .iter()
            .map(|it| (it.name.as_str(), it.version.as_str(), it.has_version))
            .collect();
        assert_eq!(
            channels,
            [("regular", "1.1.0", false), ("fast", "1.2.0", true)]
        );
        assert_eq!(not_known, []);

        let (found, not_known) = entry(None, None);
        assert_eq!(found.submitted, Some(false));
        assert_eq!(found.channels.map(|channels| channels.len()), Some(0));
        assert_eq!(not_known, []);

        let other = CONFIG.replace("1.2.0", "1.1.0");
        let (found, not_known) = entry(Some(&other), Some("- a list"));
        assert_eq!((found.submitted, found.channels.is_none()), (None, true));
        assert_eq!(not_known.len(), 2);
        assert_eq!(not_known.first(), Some(&Code::SubmissionDiffers));
    }
}
