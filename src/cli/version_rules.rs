//! The inputs that say which version may be released, and from where.

use clap::{ArgAction, Args};

/// The rules for a version.
#[derive(Debug, Default, Args)]
pub struct VersionRulesInput {
    /// Which version may follow the published ones of the same tag format, with or without `v`: `increment` (the next patch, minor or major version), `newer` (any higher one) or `any`; default: `any`
    #[arg(long, value_name = "POLICY")]
    pub version_policy: Option<String>,
    /// Whether a prerelease such as `1.3.0-rc.1` may be released: `true` or `false`; default: `true`
    #[arg(long, value_name = "ANSWER")]
    pub allow_prerelease: Option<String>,
    /// Branches of which one must have the commit, one per line, with `{major}`, `{minor}` and `{patch}` of the version filled in, such as `release-{major}.{minor}`
    #[arg(long, value_name = "PATTERNS", action = ArgAction::Append)]
    pub branch_pattern: Vec<String>,
    /// Whether versions with the patch number 0 must come from the default branch, and `branch-pattern`, which it needs, is for the others
    #[arg(long)]
    pub minor_from_main: bool,
    /// Labels of pull requests, one per line, with which a release needs at least a new minor version
    #[arg(long, value_name = "LABELS", action = ArgAction::Append)]
    pub feature_labels: Vec<String>,
}
