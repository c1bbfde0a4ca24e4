//! The changes of the repository of all modules: a version is submitted once, and a channel never goes down.

use bytes::Bytes;
use ocm_module::config::ModuleConfig;
use ocm_module::submission::{ChannelGoal, Promotion, Submitted, promotion, submitted};

use crate::domain::{ChannelName, Code, ComponentName, Diagnostic, RepositoryPath, Version};

/// What becomes of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ModuleChange {
    /// The configuration of a version. One that is there is never changed.
    Submission { text: String },
    /// The configuration has to be there, and stays as it is.
    IsSubmitted {
        component: ComponentName,
        version: Version,
        /// The whole of it, where it is known.
        text: Option<String>,
    },
    /// The version of one channel.
    Channel {
        component: ComponentName,
        channel: ChannelName,
        /// Channels that need the version before. They decide when the change is made, and not what it is.
        after: Vec<ChannelName>,
        version: Version,
    },
}

impl ModuleChange {
    /// The bytes that it makes of those before it.
    pub(super) fn apply(
        &self,
        path: &RepositoryPath,
        before: Option<&Bytes>,
    ) -> Result<Bytes, Diagnostic> {
        match self {
            Self::Submission { text } => {
                Self::refuse_other(path, before, text)?;
                Ok(before.cloned().unwrap_or_else(|| text.clone().into()))
            }
            Self::IsSubmitted {
                component,
                version,
                text,
            } => {
                let there = before.ok_or_else(|| not_submitted(path, component, version))?;
                if let Some(text) = text {
                    Self::refuse_other(path, before, text)?;
                }
                is_of(path, there, component, version)?;
                Ok(there.clone())
            }
            Self::Channel {
                component,
                channel,
                after,
                version,
            } => {
                let before = before.map(|bytes| &**bytes);
                let after: Vec<_> = after.iter().map(ChannelName::as_str).collect();
                let goal = ChannelGoal {
                    module: component.short(),
                    channel: channel.as_str(),
                    version,
                    after: &after,
                };
                let found = promotion(path.as_str(), before, goal);
                match found.map_err(ocm_module::Diagnostic::with_code)? {
                    Promotion::Nothing => Ok(Bytes::copy_from_slice(before.unwrap_or_default())),
                    Promotion::Edit { file, .. } => Ok(file.into()),
                    Promotion::Refused(refused) => Err(refused.with_code()),
                }
            }
        }
    }

    /// All that makes it another change, for the digest.
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        let parts = match self {
            Self::Submission { text } => vec!["submission".to_owned(), text.clone()],
            Self::IsSubmitted {
                component, version, ..
            } => vec![
                "is-submitted".to_owned(),
                component.as_str().to_owned(),
                version.to_string(),
            ],
            Self::Channel {
                channel, version, ..
            } => vec![
                "channel".to_owned(),
                channel.to_string(),
                version.to_string(),
            ],
        };
        parts.into_iter().map(String::into_bytes).collect()
    }

    /// Refuses a file that is there with other values, however they are written.
    fn refuse_other(
        path: &RepositoryPath,
        before: Option<&Bytes>,
        text: &str,
    ) -> Result<(), Diagnostic> {
        let differs = match submitted(before.map(|bytes| &**bytes), text) {
            Submitted::Absent | Submitted::Same | Submitted::SameValues => return Ok(()),
            Submitted::Differs(keys) => {
                format!("{path} is there with other values of {}", keys.join(", "))
            }
            Submitted::Unreadable => format!("{path} is there, and is not YAML with keys"),
        };
        Err(differs_from_wanted(differs))
    }
}

fn differs_from_wanted(seen: String) -> Diagnostic {
    Diagnostic::error(
        Code::SubmissionDiffers,
        seen,
        "release the next version: a version that was submitted is never changed. If nothing was made of it yet, revert its submission first",
    )
}

fn not_submitted(
    path: &RepositoryPath,
    component: &ComponentName,
    version: &Version,
) -> Diagnostic {
    Diagnostic::error(
        Code::SubmissionMissing,
        format!(
            "{path} is not there: {version} of {component} is not submitted, or that is not merged yet"
        ),
        "propose the submission with `kind: submission`, and promote the version once it is merged",
    )
}

/// The file is the submission of this version of this component.
fn is_of(
    path: &RepositoryPath,
    there: &Bytes,
    component: &ComponentName,
    version: &Version,
) -> Result<(), Diagnostic> {
    let (config, _) = ModuleConfig::parse(path.as_str(), there);
    let wanted = format!("{version} of {component}");
    let Some(config) = config else {
        let seen =
            format!("{path} is no configuration of a module: it lacks name, version or manifest");
        return Err(differs_from_wanted(seen).wanted(wanted));
    };
    if config.name == component.as_str() && config.version == version.to_string() {
        return Ok(());
    }
    let seen = format!(
        "{path} is the submission of {} of {}",
        config.version, config.name
    );
    Err(differs_from_wanted(seen).wanted(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "name: kyma-project.io/module/btp-operator\nversion: 1.2.0\nrepository: https://github.com/kyma-project/btp-manager.git\nmanifest: btp-manager.yaml\n";

    fn applied(change: &ModuleChange, before: Option<&str>) -> Result<String, Code> {
        let before = before.map(|text| Bytes::copy_from_slice(text.as_bytes()));
        let path = "modules/btp-operator/file.yaml".parse().unwrap();
        let bytes = change.apply(&path, before.as_ref());
        let bytes = bytes.map_err(|finding| finding.code)?;
        Ok(String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[test]
    fn version_is_submitted_once_and_never_changed() {
        let text = CONFIG.to_owned();
        let change = ModuleChange::Submission { text };
        let rewritten = CONFIG.replace("version: 1.2.0", "version: \"1.2.0\" # by hand");
        let other = CONFIG.replace("btp-manager.yaml", "other.yaml");
        for (before, after) in [
            (None, Ok(CONFIG)),
            (Some(CONFIG), Ok(CONFIG)),
            (Some(rewritten.as_str()), Ok(rewritten.as_str())),
            (Some(other.as_str()), Err(Code::SubmissionDiffers)),
            (Some("- a list"), Err(Code::SubmissionDiffers)),
            (Some(""), Err(Code::SubmissionDiffers)),
        ] {
            assert_eq!(
                applied(&change, before),
                after.map(str::to_owned),
                "{before:?}"
            );
        }
    }

    #[test]
    fn submission_is_there_for_this_version_of_this_component() {
        let change = |text: Option<&str>| ModuleChange::IsSubmitted {
            component: "kyma-project.io/module/btp-operator".parse().unwrap(),
            version: "1.2.0".parse().unwrap(),
            text: text.map(str::to_owned),
        };
        let with = |from: &str, to: &str| CONFIG.replace(from, to);
        let other_manifest = with("btp-manager.yaml", "other.yaml");
        for (known, before, refused) in [
            (None, Some(CONFIG.to_owned()), None),
            (None, Some(other_manifest.clone()), None),
            (Some(CONFIG), Some(CONFIG.to_owned()), None),
            (
                Some(CONFIG),
                Some(other_manifest),
                Some(Code::SubmissionDiffers),
            ),
            (None, None, Some(Code::SubmissionMissing)),
            (Some(CONFIG), None, Some(Code::SubmissionMissing)),
            (
                None,
                Some(with("1.2.0", "1.1.0")),
                Some(Code::SubmissionDiffers),
            ),
            (
                None,
                Some(with("btp-operator", "keda")),
                Some(Code::SubmissionDiffers),
            ),
            (None, Some("a: b".to_owned()), Some(Code::SubmissionDiffers)),
        ] {
            let expected = match refused {
                None => Ok(before.clone().unwrap()),
                Some(code) => Err(code),
            };
            assert_eq!(
                applied(&change(known), before.as_deref()),
                expected,
                "{before:?}"
            );
        }
    }

    #[test]
    fn channel_goes_up_and_never_down() {
        let change = |version: &str| ModuleChange::Channel {
            component: "kyma-project.io/module/btp-operator".parse().unwrap(),
            channel: "fast".parse().unwrap(),
            after: vec![],
            version: version.parse().unwrap(),
        };
        let file = |version: &str| {
            format!("channels:\n  - channel: fast\n    version: {version} # by hand\n")
        };
        let downgrade = Code::Format(ocm_module::FormatCode::ChannelDowngrade);
        let before = file("1.2.0");
        for (version, after) in [
            ("1.3.0", Ok(file("1.3.0"))),
            ("1.2.0", Ok(before.clone())),
            ("1.1.9", Err(downgrade)),
            ("1.2.0-rc1", Err(downgrade)),
        ] {
            assert_eq!(applied(&change(version), Some(&before)), after, "{version}");
        }
        let other = format!("moduleName: keda\n{before}");
        let refused = Code::Format(ocm_module::FormatCode::ReleaseMetaNameDiffers);
        assert_eq!(applied(&change("1.3.0"), Some(&other)), Err(refused));
        let new = "channels:\n  - channel: fast\n    version: 1.3.0\n";
        assert_eq!(applied(&change("1.3.0"), None), Ok(new.to_owned()));
    }
}
