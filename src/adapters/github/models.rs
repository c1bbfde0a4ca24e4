//! GitHub's JSON, as far as it is used. Unknown fields are ignored, since GitHub adds fields at any time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::{AssetId, AssetState, ReleaseId, SeenAsset, SeenRelease};

/// <https://docs.github.com/en/rest/repos/repos#get-a-repository>
#[derive(Deserialize)]
pub(super) struct RepositoryModel {
    pub full_name: String,
    pub default_branch: String,
    #[serde(default)]
    pub private: bool,
    pub permissions: Option<Permissions>,
}

#[derive(Deserialize)]
pub(super) struct ImmutableReleases {
    pub enabled: bool,
}

#[derive(Deserialize)]
pub(super) struct Permissions {
    /// Also false for the token of an App that may write, which then may not `pull` either
    /// (<https://github.com/semantic-release/github/issues/182>).
    pub push: Option<bool>,
    pub pull: Option<bool>,
}

/// <https://docs.github.com/en/rest/issues/comments#list-issue-comments>
#[derive(Deserialize)]
pub(super) struct Comment {
    pub id: u64,
    pub body: Option<String>,
    /// None for a deleted account.
    pub user: Option<CommentAuthor>,
}

#[derive(Deserialize)]
pub(super) struct CommentAuthor {
    pub login: String,
}

#[derive(Serialize)]
pub(super) struct WriteComment<'a> {
    pub body: &'a str,
}

/// <https://docs.github.com/en/rest/git/refs#get-a-reference>
#[derive(Deserialize)]
pub(super) struct Reference {
    #[serde(rename = "ref")]
    pub name: String,
    pub object: GitObject,
}

/// <https://docs.github.com/en/rest/git/refs#list-matching-references>
#[derive(Deserialize)]
pub(super) struct ReferenceName {
    #[serde(rename = "ref")]
    pub name: String,
}

/// <https://docs.github.com/en/rest/git/tags#get-a-tag>
#[derive(Clone, Deserialize)]
pub(super) struct TagObject {
    #[serde(default)]
    pub message: String,
    pub object: GitObject,
}

/// <https://docs.github.com/en/rest/git/tags#create-a-tag-object>
#[derive(Serialize)]
pub(super) struct CreateTagObject<'a> {
    pub tag: &'a str,
    pub message: &'a str,
    pub object: &'a str,
    #[serde(rename = "type")]
    pub kind: &'a str,
}

#[derive(Deserialize)]
pub(super) struct GitObjectId {
    pub sha: String,
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#get-a-workflow-run>
#[derive(Deserialize)]
pub(super) struct WorkflowRun {
    pub status: String,
    pub run_attempt: u64,
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run>
#[derive(Deserialize)]
pub(super) struct PendingDeployment {
    pub environment: DeploymentEnvironment,
}

#[derive(Deserialize)]
pub(super) struct DeploymentEnvironment {
    #[serde(default)]
    pub name: String,
}

/// <https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>
#[derive(Deserialize)]
pub(super) struct RunJobs {
    pub jobs: Vec<RunJob>,
}

#[derive(Deserialize)]
pub(super) struct RunJob {
    pub id: u64,
    pub name: String,
    pub run_attempt: Option<u64>,
    pub status: String,
    pub conclusion: Option<String>,
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
}

#[derive(Clone, Deserialize)]
pub(super) struct GitObject {
    #[serde(rename = "type")]
    pub kind: String,
    pub sha: String,
}

/// <https://docs.github.com/en/rest/releases/releases#get-a-release>
#[derive(Deserialize)]
pub(super) struct Release {
    pub id: u64,
    pub tag_name: String,
    pub target_commitish: String,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    /// Absent on older servers.
    #[serde(default)]
    pub immutable: bool,
    pub html_url: String,
    #[serde(default)]
    pub created_at: String,
    pub upload_url: String,
    #[serde(default)]
    pub assets: Vec<Asset>,
}

impl Release {
    pub(super) fn seen(self) -> SeenRelease {
        SeenRelease {
            id: ReleaseId(self.id),
            tag: self.tag_name,
            name: self.name.unwrap_or_default(),
            body: self.body.unwrap_or_default(),
            target: self.target_commitish,
            draft: self.draft,
            prerelease: self.prerelease,
            immutable: self.immutable,
            url: self.html_url,
            created_at: self.created_at,
            assets: self.assets.into_iter().map(Asset::seen).collect(),
        }
    }
}

/// The tag of <https://docs.github.com/en/rest/releases/releases#get-the-latest-release>
#[derive(Deserialize)]
pub(super) struct LatestRelease {
    pub tag_name: String,
}

/// <https://docs.github.com/en/rest/releases/assets#get-a-release-asset>
#[derive(Deserialize)]
pub(super) struct Asset {
    pub id: u64,
    pub name: String,
    pub state: String,
    pub size: u64,
    /// `sha256:…`; absent on old servers and null for a while.
    pub digest: Option<String>,
    #[serde(default)]
    pub browser_download_url: String,
}

impl Asset {
    pub(super) fn seen(self) -> SeenAsset {
        SeenAsset {
            id: AssetId(self.id),
            state: match self.state.as_str() {
                "uploaded" => AssetState::Uploaded,
                _ => AssetState::Unfinished,
            },
            size: self.size,
            // A digest of an unknown algorithm is as good as none.
            digest: self.digest.and_then(|digest| digest.parse().ok()),
            name: self.name,
            download_url: self.browser_download_url,
        }
    }
}

/// <https://docs.github.com/en/rest/releases/releases#create-a-release>
#[derive(Serialize)]
pub(super) struct CreateRelease<'a> {
    pub tag_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_commitish: Option<&'a str>,
    pub name: &'a str,
    pub body: &'a str,
    pub draft: bool,
    pub prerelease: bool,
}

/// <https://docs.github.com/en/rest/releases/releases#update-a-release>
#[derive(Serialize)]
pub(super) struct PublishRelease<'a> {
    pub tag_name: &'a str,
    pub body: &'a str,
    pub draft: bool,
    pub prerelease: bool,
    /// `"true"`, `"false"` or `"legacy"`: a string.
    pub make_latest: &'a str,
}

/// The same endpoint, without publishing.
#[derive(Serialize)]
pub(super) struct EditRelease<'a> {
    pub tag_name: &'a str,
    pub body: &'a str,
}

/// <https://docs.github.com/en/rest/git/refs#create-a-reference>
#[derive(Serialize)]
pub(super) struct CreateReference<'a> {
    #[serde(rename = "ref")]
    pub name: &'a str,
    pub sha: &'a str,
}

/// <https://docs.github.com/en/rest/git/refs#update-a-reference>
#[derive(Serialize)]
pub(super) struct UpdateReference<'a> {
    pub sha: &'a str,
    pub force: bool,
}

/// <https://docs.github.com/en/rest/releases/assets#update-a-release-asset>
#[derive(Serialize)]
pub(super) struct RenameAsset<'a> {
    pub name: &'a str,
}

/// <https://docs.github.com/en/rest/releases/releases#generate-release-notes-content-for-a-release>
#[derive(Serialize)]
pub(super) struct GenerateNotes<'a> {
    pub tag_name: &'a str,
    pub target_commitish: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_tag_name: Option<&'a str>,
}

#[derive(Deserialize)]
pub(super) struct GeneratedNotes {
    pub body: String,
}

/// <https://docs.github.com/en/graphql/guides/forming-calls-with-graphql>
#[derive(Serialize)]
pub(super) struct GraphQlQuery<'a> {
    pub query: &'a str,
    /// By their names, without the dollar sign.
    pub variables: BTreeMap<String, &'a str>,
}

#[derive(Deserialize)]
pub(super) struct GraphQlAnswer<T = GraphQlData> {
    pub data: Option<T>,
    #[serde(default)]
    pub errors: Vec<GraphQlError>,
}

#[derive(Deserialize)]
pub(super) struct GraphQlError {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub message: String,
}

#[derive(Deserialize)]
pub(super) struct GraphQlData {
    pub repository: Option<GraphQlRepository>,
}

/// <https://docs.github.com/en/graphql/reference/objects#repository>, as far as a query asks for it.
#[derive(Deserialize)]
pub(super) struct GraphQlRepository {
    pub release: Option<GraphQlRelease>,
    pub releases: Option<GraphQlReleases>,
    /// Releases under names that a query gives them.
    #[serde(flatten)]
    pub named: BTreeMap<String, Option<GraphQlRelease>>,
}

#[derive(Deserialize)]
pub(super) struct GraphQlReleases {
    pub nodes: Vec<GraphQlRelease>,
}

/// <https://docs.github.com/en/graphql/reference/objects#release>, as far as a query asks for it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GraphQlRelease {
    pub database_id: Option<u64>,
    pub tag_name: Option<String>,
    pub is_draft: Option<bool>,
    pub is_prerelease: Option<bool>,
}

/// A commit as git has it (<https://docs.github.com/en/rest/git/commits>).
#[derive(Deserialize)]
pub(super) struct GitCommit {
    pub message: String,
}

/// <https://docs.github.com/en/rest/commits/statuses>
#[derive(Deserialize)]
pub(super) struct CommitStatus {
    pub context: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub created_at: Option<String>,
}

#[derive(Serialize)]
pub(super) struct CreateStatus<'a> {
    pub state: &'a str,
    pub context: &'a str,
    pub description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_url: Option<&'a str>,
}

/// <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>
#[derive(Deserialize)]
pub(super) struct CheckRuns {
    pub check_runs: Vec<Check>,
}

/// <https://docs.github.com/en/rest/actions/workflow-runs#list-workflow-runs-for-a-repository>
#[derive(Deserialize)]
pub(super) struct WorkflowRuns {
    pub workflow_runs: Vec<Check>,
}

/// One page of a list.
pub(super) trait Paged {
    fn entries(&self) -> usize;
}

impl<T> Paged for Vec<T> {
    fn entries(&self) -> usize {
        self.len()
    }
}

impl Paged for CheckRuns {
    fn entries(&self) -> usize {
        self.check_runs.len()
    }
}

impl Paged for WorkflowRuns {
    fn entries(&self) -> usize {
        self.workflow_runs.len()
    }
}

impl Paged for RunJobs {
    fn entries(&self) -> usize {
        self.jobs.len()
    }
}

/// A check run or a workflow run, which have these fields in common.
#[derive(Deserialize)]
pub(super) struct Check {
    pub id: u64,
    pub name: Option<String>,
    pub status: Option<String>,
    pub conclusion: Option<String>,
    pub html_url: Option<String>,
    /// Of a check run.
    pub started_at: Option<String>,
    pub completed_at: Option<String>,
    /// Of a workflow run.
    pub run_started_at: Option<String>,
    pub updated_at: Option<String>,
}
