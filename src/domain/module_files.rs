//! Where the repository of all modules has the files of a module.

use super::{ComponentName, Diagnostic, RepositoryPath, Tag, Version};

/// The layout of Kyma's own
/// (<https://github.com/kyma-project/lifecycle-manager/blob/main/docs/contributor/07-module-migration-guide.md>).
const SUBMISSION: &str = "modules/{module}/{version}/module-config.yaml";
const RELEASES: &str = "modules/{module}/module-releases.yaml";

/// Two paths, in which `{module}` stands for the last part of the component's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleFiles {
    submission: String,
    releases: String,
}

impl ModuleFiles {
    /// The paths that were given, and the usual ones for the rest.
    pub fn new(submission: Option<&str>, releases: Option<&str>) -> Self {
        Self {
            submission: submission.unwrap_or(SUBMISSION).trim().to_owned(),
            releases: releases.unwrap_or(RELEASES).trim().to_owned(),
        }
    }

    /// The configuration with which a version is submitted. `{version}` and `{tag}` are filled in as well.
    ///
    /// # Errors
    ///
    /// What comes of it is no path in a repository.
    pub fn submission(
        &self,
        component: &ComponentName,
        (version, tag): (&Version, &Tag),
    ) -> Result<RepositoryPath, Diagnostic> {
        let path = self.submission.replace("{module}", component.short());
        let path = path.replace("{version}", &version.to_string());
        path.replace("{tag}", tag.as_str()).parse()
    }

    /// The versions of the channels.
    ///
    /// # Errors
    ///
    /// What comes of it is no path in a repository.
    pub fn releases(&self, component: &ComponentName) -> Result<RepositoryPath, Diagnostic> {
        self.releases.replace("{module}", component.short()).parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_module_and_version() {
        let component: ComponentName = "kyma-project.io/module/btp-operator".parse().unwrap();
        let release = (&"1.2.0".parse().unwrap(), &"v1.2.0".parse().unwrap());
        let of = |files: &ModuleFiles| {
            let submission = files.submission(&component, release).unwrap();
            let releases = files.releases(&component).unwrap();
            format!("{submission} {releases}")
        };
        assert_eq!(
            of(&ModuleFiles::new(None, None)),
            "modules/btp-operator/1.2.0/module-config.yaml modules/btp-operator/module-releases.yaml"
        );
        assert_eq!(
            of(&ModuleFiles::new(
                Some("{module}/{tag}.yaml"),
                Some("{module}.yaml")
            )),
            "btp-operator/v1.2.0.yaml btp-operator.yaml"
        );
        assert!(
            ModuleFiles::new(None, Some("../{module}"))
                .releases(&component)
                .is_err()
        );
    }
}
