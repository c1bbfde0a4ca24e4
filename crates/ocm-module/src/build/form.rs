//! The parts of a module by its form: which descriptor and templates belong together, and what they may be called.

use super::template::modulectl_3_name;
use super::{DescriptorStyle, TemplateForm};
use crate::rules;
use crate::values::{ModuleForm, Version};
use crate::{Diagnostic, FormatCode};

/// The namespace in which Lifecycle Manager looks for templates, and the only one
/// (`kyma-project/lifecycle-manager:pkg/templatelookup`).
pub const TEMPLATE_NAMESPACE: &str = "kcp-system";

impl ModuleForm {
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
            "use small letters, digits and - in the version's pre-release, or in resourceName",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
