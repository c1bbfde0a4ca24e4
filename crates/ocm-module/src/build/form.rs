//! The forms of a module: which tool's descriptor, templates, names and tags belong together.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::template::modulectl_3_name;
use super::{DescriptorStyle, TemplateForm};
use crate::rules;
use crate::values::Version;
use crate::{Diagnostic, FormatCode};

/// The namespace in which Lifecycle Manager looks for templates, and the only one
/// (`kyma-project/lifecycle-manager:pkg/templatelookup`).
pub const TEMPLATE_NAMESPACE: &str = "kcp-system";

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
            Self::Modulectl3 | Self::Both => DescriptorStyle::Modulectl3.component_version(version),
            Self::KymaCli2 => DescriptorStyle::KymaCli2.component_version(version),
        }
    }

    /// The image's other tag.
    pub fn second_tag(self, version: &Version) -> Option<String> {
        let both = self == Self::Both;
        both.then(|| DescriptorStyle::KymaCli2.component_version(version))
    }

    /// The form of descriptor and layers.
    pub fn descriptor_style(self) -> DescriptorStyle {
        match self {
            Self::Modulectl3 => DescriptorStyle::Modulectl3,
            Self::KymaCli2 | Self::Both => DescriptorStyle::KymaCli2,
        }
    }

    /// The form of `template.yaml`.
    pub fn template(self) -> TemplateForm {
        match self {
            Self::Modulectl3 | Self::Both => TemplateForm::Modulectl3,
            Self::KymaCli2 => TemplateForm::V1Beta2,
        }
    }

    /// What Lifecycle Manager or Kubernetes refuses of the version and of the module's name in this form. The Kyma CLI 2
    /// checked nothing before it built, so that nothing is said of its form.
    pub fn refused(self, component: &str, version: &Version) -> Refused {
        if self == Self::KymaCli2 {
            return Refused::default();
        }
        let version = version.to_string();
        let mut refused = Refused {
            version: rules::version(&version),
            name: rules::module_name(component),
        };
        if refused.version.is_empty() && refused.name.is_empty() {
            let name = modulectl_3_name(component, &version);
            refused.version.extend(template_name(&name));
        }
        refused
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

/// What is wrong, by what has to be written otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refused {
    /// About the version.
    pub version: Vec<Diagnostic>,
    /// About the module's name.
    pub name: Vec<Diagnostic>,
}

/// What Kubernetes has against a template's name.
pub(super) fn template_name(name: &str) -> Option<Diagnostic> {
    (!rules::is_object_name(name)).then(|| {
        Diagnostic::error(
            FormatCode::TemplateNameInvalid,
            format!("the template would be named {name}, which Kubernetes does not take"),
            "use small letters, digits, - and . in the version's pre-release, or in resourceName",
        )
    })
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

    #[test]
    fn names_that_lifecycle_manager_refuses_are_refused_in_its_form() {
        let codes = |form: ModuleForm, name: &str, version: &str| {
            let refused = form.refused(name, &version.parse().unwrap());
            let all = refused.version.into_iter().chain(refused.name);
            all.map(|found| found.code).collect::<Vec<_>>()
        };
        let name = "kyma-project.io/module/btp-operator";
        for (version, code) in [
            ("1.2.0", None),
            ("1.2.0-rc1", None),
            ("1.2.0-rc.1", Some(FormatCode::VersionPrereleaseDotted)),
            ("1.2.0-1", Some(FormatCode::VersionPrereleaseDigit)),
            (
                "1.2.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                Some(FormatCode::VersionTooLong),
            ),
            ("1.2.0-RC1", Some(FormatCode::TemplateNameInvalid)),
        ] {
            let code = Vec::from_iter(code);
            assert_eq!(
                codes(ModuleForm::Modulectl3, name, version),
                code,
                "{version}"
            );
            assert_eq!(codes(ModuleForm::Both, name, version), code, "{version}");
            assert_eq!(codes(ModuleForm::KymaCli2, name, version), [], "{version}");
        }
        let short = "kyma-project.io/module/k8s";
        let found = codes(ModuleForm::default(), short, "1.2.0");
        assert_eq!(found, [FormatCode::ModuleNameShort]);
    }
}
