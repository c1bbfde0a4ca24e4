//! The version of what is built from a commit and belongs to no release.

use ocm_module::Diagnostic;

use super::{CommitSha, Version};

/// The digits of the hash that a version has.
const DIGITS: usize = 12;

/// The version of what is built from a commit before any release of it: `0.0.0-main-` and the first 12 digits of the hash. It
/// depends on nothing else; `main` belongs to the form, also for commits of other branches, since a commit may be on several.
///
/// Lifecycle Manager takes such a version (no dot in the pre-release, no digit at its start, at most 32 characters), and compares
/// only the three numbers of a version with those of the installed one
/// (`isValidVersionChange` in `kyma-project/lifecycle-manager:pkg/templatelookup`). So it goes from any commit's version to any
/// other and to every release, and refuses only the way back from a release.
///
/// # Errors
///
/// None for a commit's hash; the text is parsed as any version is.
pub fn commit_version(commit: &CommitSha) -> Result<Version, Diagnostic> {
    let digits: String = commit.as_str().chars().take(DIGITS).collect();
    format!("0.0.0-main-{digits}").parse()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ocm_module::rules;

    #[test]
    fn lifecycle_manager_takes_the_version_of_every_commit() {
        let sha1 = [
            "4e4b9d47cb655ca23e5c706462485ff7605e8d71".to_owned(),
            "0".repeat(40),
        ];
        for hash in sha1.into_iter().chain(["f".repeat(64)]) {
            let version = commit_version(&hash.parse().unwrap()).unwrap();
            assert_eq!(version.to_string(), format!("0.0.0-main-{}", &hash[..12]));
            assert_eq!(rules::version(&version.to_string()), []);
            let name = format!("btp-operator-{version}");
            assert!(rules::is_object_name(&name), "{name}");
        }
    }

    #[test]
    fn version_of_a_commit_is_below_every_release() {
        let commit = "f".repeat(40).parse().unwrap();
        let version = commit_version(&commit).unwrap();
        assert!(version.is_prerelease());
        for release in ["0.0.0", "0.0.1-alpha", "0.1.0-rc1", "1.0.0"] {
            assert!(version < release.parse().unwrap(), "{release}");
        }
    }
}
