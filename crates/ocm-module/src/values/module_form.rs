//! The form of a module: the tools that made or make modules, each with its own tag.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Version;

/// Which tool's module a release publishes. A form settles the descriptor, the templates and the image's tags together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ModuleForm {
    /// As modulectl 3 and the `ocm` command make it, and as the Lifecycle Manager of today installs it.
    #[default]
    #[serde(rename = "modulectl-3")]
    Modulectl3,
    /// As the Kyma CLI 2.15 made it in 2023.
    #[serde(rename = "kyma-cli-2")]
    KymaCli2,
    /// One image under the tags of both, with the descriptor of the Kyma CLI 2, and the templates of both.
    #[serde(rename = "both")]
    Both,
}

impl ModuleForm {
    /// The form of a module image with this tag, if a form gives it such a tag.
    pub fn of_tag(tag: &str, version: &Version) -> Option<Self> {
        let forms = [Self::Modulectl3, Self::KymaCli2];
        forms.into_iter().find(|form| form.tag(version) == tag)
    }

    /// The image's tag. For [`ModuleForm::Both`] it is the one that Lifecycle Manager looks up.
    pub fn tag(self, version: &Version) -> String {
        match self {
            Self::Modulectl3 | Self::Both => version.to_string(),
            Self::KymaCli2 => format!("v{version}"),
        }
    }

    /// The image's other tag.
    pub fn second_tag(self, version: &Version) -> Option<String> {
        let both = self == Self::Both;
        both.then(|| Self::KymaCli2.tag(version))
    }
}

/// The form's name, as in the plan's JSON.
impl fmt::Display for ModuleForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Modulectl3 => "modulectl-3",
            Self::KymaCli2 => "kyma-cli-2",
            Self::Both => "both",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_forms_belong_together() {
        let version: Version = "1.2.0-rc1".parse().unwrap();
        for (form, tag, second) in [
            (ModuleForm::Modulectl3, "1.2.0-rc1", None),
            (ModuleForm::KymaCli2, "v1.2.0-rc1", None),
            (ModuleForm::Both, "1.2.0-rc1", Some("v1.2.0-rc1")),
        ] {
            assert_eq!(form.tag(&version), tag);
            assert_eq!(form.second_tag(&version).as_deref(), second);
        }
        let of = |tag: &str| ModuleForm::of_tag(tag, &version);
        assert_eq!(of("1.2.0-rc1"), Some(ModuleForm::Modulectl3));
        assert_eq!(of("v1.2.0-rc1"), Some(ModuleForm::KymaCli2));
        assert_eq!(of("latest"), None);
    }
}
