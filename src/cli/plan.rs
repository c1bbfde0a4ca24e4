//! The arguments of `plan`, which define the whole release.

use clap::{ArgAction, Args};

use super::{CommonArgs, ReleaseContentInput, VersionRulesInput};

/// Arguments of `plan`, as they were typed.
#[derive(Debug, Default, Args)]
pub struct PlanArgs {
    /// Version to release, such as `v1.2.0`: the tag and the release get exactly this name, unless `version-from` or `tag-format` says otherwise
    #[arg(value_name = "VERSION")]
    pub version: Option<String>,
    /// How tags are made from versions, with `{version}` in it, such as `api/v{version}`; default: the version as it was typed
    #[arg(long, value_name = "FORMAT")]
    pub tag_format: Option<String>,
    /// Commit to release or, with `commit-build`, to build, by its full hash; default: the commit that the workflow runs on or, on a terminal, that is checked out
    #[arg(long, value_name = "SHA")]
    pub commit: Option<String>,
    /// Tag of the release from which on the notes list changes; default: the highest published version below this one with the same tag format, and for a stable version the highest stable one
    #[arg(long, value_name = "TAG")]
    pub previous_tag: Option<String>,
    /// Whether this is a prerelease: `auto` (if the version is one), `true` or `false`
    #[arg(long, value_name = "WHEN")]
    pub prerelease: Option<String>,
    /// Whether GitHub shows this release as the latest: `auto` (if no published version is higher), `true` or `false`
    #[arg(long, value_name = "WHEN")]
    pub make_latest: Option<String>,
    /// What to do with the draft of an earlier run: `resume`, `fail` or `replace`
    #[arg(long, value_name = "POLICY")]
    pub on_existing: Option<String>,
    /// When the tag is created: `draft` (right after the draft, so that it starts the builders) or `publish` (right before the release is published, after every check: a run that fails leaves no tag, and builders work from the commit); default: `draft`
    #[arg(long, value_name = "WHEN")]
    pub tag_when: Option<String>,
    /// Where the version comes from: `input` (it is typed), `ref` (the tag that the workflow runs on), `branch-next-patch` (the next patch of the minor version that the branch is for, such as `release-1.2`) or `next-rc` (the next release candidate of the version that is typed); default: `input`. A version that is typed beside `ref` or `branch-next-patch` has to be the same
    #[arg(long, value_name = "SOURCE")]
    pub version_from: Option<String>,
    /// Kind of the tag: `lightweight` or `annotated`, whose tagger is the token's user; default: `lightweight`. A tag that exists at the commit is used as it is
    #[arg(long, value_name = "TYPE")]
    pub tag_type: Option<String>,
    /// Message of an annotated tag, of at most 10,000 characters, with `{version}` and `{tag}` filled in; default: the tag's name
    #[arg(long, value_name = "TEXT")]
    pub tag_message: Option<String>,
    /// Reason for replacing a published release that btp-release made and that is not immutable; needs `on-existing: replace`, and is recorded in the evidence
    #[arg(long, value_name = "REASON")]
    pub replace_published: Option<String>,
    /// Branch that must not get new commits until the release is published
    #[arg(long, value_name = "BRANCH")]
    pub guard_branch: Option<String>,
    #[command(flatten)]
    pub rules: VersionRulesInput,
    /// Reason to release a version that breaks `version-policy`, `allow-prerelease`, `branch-pattern`, `minor-from-main` or `feature-labels`, which then only warn, or the order of release candidates (`version-from: next-rc`); at most 1,000 characters; it is recorded in the plan and in the evidence
    #[arg(long, value_name = "REASON")]
    pub force: Option<String>,
    /// Parts of the release's text, in their order, one per line: `generate` (GitHub generates it), `categories` (the merged pull requests by the categories of `.github/release.yml`), `commits` (one line for each commit), `file` (`notes-file`) or `none`; default: `file` where `notes-file` is given, otherwise `generate`
    #[arg(long, value_name = "PARTS", action = ArgAction::Append)]
    pub notes: Vec<String>,
    /// File with the release notes, with `{version}` and `{tag}` filled in; default with `notes: file`: `docs/release-notes/{version}.md`
    #[arg(long, value_name = "FILE")]
    pub notes_file: Option<String>,
    /// Text after the release notes, or `@` and the path of a file with it
    #[arg(long, value_name = "TEXT")]
    pub notes_append: Option<String>,
    /// Whether every pull request that was merged since the previous release must have exactly one label of the categories in `.github/release.yml`; those that the file excludes need none
    #[arg(long)]
    pub validate_labels: bool,
    /// What must be true of the milestone that is named as the version or the tag: `ignore`, `exists` or `closed` (and nothing in it is open)
    #[arg(long, value_name = "RULE")]
    pub milestone: Option<String>,
    /// What is checked beside the release itself before anything is written, one per line: `github` (rulesets for tags, workflow files, whether releases become immutable), `pull` (whether these credentials can pull the images, and whether anyone can), `push` (whether these credentials may push the images: an upload is begun and cancelled), `attest` (whether the job may ask for an identity token); default: nothing of it
    #[arg(long, value_name = "CHECKS", action = ArgAction::Append)]
    pub preflight: Vec<String>,
    /// What to do about an image of the plan that is there already when a release begins: `ignore` (the registry is not asked), `warn` (also where the registry does not tell) or `fail`; default: `ignore`
    #[arg(long, value_name = "POLICY")]
    pub existing_image: Option<String>,
    /// Whether there is a token whose tag starts workflows, a GitHub App's or a bot's; `builders: tag` needs one
    #[arg(long)]
    pub has_release_token: bool,
    #[command(flatten)]
    pub artifacts: ReleaseContentInput,
    /// Whether the results of the tests and the release itself are signed with the identity of the workflow run, keyless: `require` (what is not signed does not count), `prefer` (signed where the jobs may ask for an identity token, and a result that is not signed counts with a warning) or `off`; a signature that is wrong is always refused; default: `off`
    #[arg(long, value_name = "MODE")]
    pub signing: Option<String>,
    /// Workflow whose jobs sign the results of the tests, with its ref: `https://github.com/OWNER/NAME/.github/workflows/FILE@REF`, or the name of a file that is beside `job-workflow`; a result that a job of another workflow signed does not count; default: any job of the run may sign
    #[arg(long, value_name = "WORKFLOW")]
    pub test_signer: Option<String>,
    /// Workflow that has the job of this step, with its ref: `${{ job.workflow_ref }}`; needed where `test-signer` is the name of a file
    #[arg(long, value_name = "WORKFLOW")]
    pub job_workflow: Option<String>,
    /// Whether what `publish` signs, and the signed results of the tests, are pushed to the registry as OCI referrers of the images that the release names, before it is published: `require` (a registry that refuses them stops the release), `prefer` (one that refuses them is a warning) or `off`; needs `signing`, and credentials that may push to the repositories of all these images; default: `off`
    #[arg(long, value_name = "MODE")]
    pub referrers: Option<String>,
    /// Attestations that images must have before the release is published, one per line: `image=binary predicate=https://slsa.dev/provenance/v1 signer=https://github.com/OWNER/NAME/.github/workflows/FILE@REF`, where `image` is `binary`, `module` or a further image as in `extra-images`, and `signer` may have `*` after the owner; the source repository and the commit are always compared
    #[arg(long, value_name = "ATTESTATIONS", action = ArgAction::Append)]
    pub require_attestations: Vec<String>,
    /// File that the plan is written to, which the later phases take as `plan`
    #[arg(long, value_name = "FILE")]
    pub output: Option<String>,
    #[command(flatten)]
    pub common: CommonArgs,
}
