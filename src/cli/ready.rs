//! The arguments of `ready`.

use clap::{ArgAction, Args};

use super::{CommonArgs, VersionRulesInput};

/// Arguments of `ready`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct ReadyArgs {
    /// Branch that is to be released; default: the default branch
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// How tags are made from versions, with `{version}` in it, such as `api/v{version}`; default: the version as it was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Release from which on the notes list changes; default: the highest published version below this one
    #[arg(long, value_name = "TAG")]
    pub previous_tag: Option<String>,
    #[command(flatten)]
    pub rules: VersionRulesInput,
    /// Whether every pull request that was merged since the previous release must have exactly one label of the categories in `.github/release.yml`; those that the file excludes need none
    #[arg(long)]
    pub validate_labels: bool,
    /// What must be true of the milestone that is named as the version or the tag: `ignore`, `exists` or `closed` (and nothing in it is open)
    #[arg(long, value_name = "RULE")]
    pub milestone: Option<String>,
    /// Checks of the commit that must have succeeded, one per line, with `*` for any characters; `name=neutral,skipped` accepts these results as well
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub required_checks: Vec<String>,
    /// Number of the pull request that gets the answer as a comment, which later runs edit
    #[arg(long, value_name = "NUMBER")]
    pub comment: Option<String>,
    /// Fail if nothing can be released, with the exit code of a refused plan; otherwise it is only said
    #[arg(long)]
    pub fail_unless_ready: bool,
    #[command(flatten)]
    pub common: CommonArgs,
}
