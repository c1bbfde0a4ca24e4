//! Pull requests (<https://docs.github.com/en/rest/pulls/pulls>), and what their commits are made of.

mod git_objects;
mod merge_state;
mod models;
mod required_checks;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use super::client::{ALL_PAGES, success};
use super::rate_limit::RequestKind;
use super::{Doing, GitHub};
use crate::domain::{BranchName, CommitSha, ObjectId, TreeEntry};
use crate::protocol::{
    Cause, NewMerge, NewPullRequest, NewRevision, PullRequestReader, PullRequestWriter,
    SeenMergeState, SeenProposal, SeenRevision, SeenTarget, ServiceError,
};
pub(super) use git_objects::GitObjects;
use models::{
    ComparedCommits, CreatePullRequest, EditPullRequest, ListedPullRequest, MergePullRequest,
    Merged, NumberedPullRequest, TargetRepository,
};

/// How many commits are named.
const MOST_COMMITS: usize = 20;

#[async_trait]
impl PullRequestReader for GitHub {
    async fn target(&self) -> Result<SeenTarget, ServiceError> {
        let found = self.client.get::<TargetRepository>(self.url(&[])).await;
        let found = found.and_then(TargetRepository::seen);
        found.doing(|| format!("read the repository {}", self.repository))
    }

    async fn head_of(&self, branch: &BranchName) -> Result<Option<CommitSha>, ServiceError> {
        let found = self.commit_of(&format!("heads/{branch}")).await;
        found.doing(|| format!("read the branch {branch} of {}", self.repository))
    }

    async fn revision(&self, commit: &CommitSha) -> Result<SeenRevision, ServiceError> {
        let found = self.git_commit(commit).await;
        found.doing(|| format!("read the commit {}", commit.short()))
    }

    async fn folder(&self, id: &ObjectId) -> Result<Vec<TreeEntry>, ServiceError> {
        self.git_tree(id)
            .await
            .doing(|| format!("read the folder with id {id}"))
    }

    async fn blob(&self, id: &ObjectId, limit: u64) -> Result<Bytes, ServiceError> {
        self.git_blob(id, limit)
            .await
            .doing(|| format!("read the file with id {id}"))
    }

    async fn proposals(&self, head: &BranchName) -> Result<Vec<SeenProposal>, ServiceError> {
        self.pulls_of(head)
            .await
            .doing(|| format!("list the pull requests of {head}"))
    }

    async fn merge_state(&self, number: u64) -> Result<SeenMergeState, ServiceError> {
        let permissions = "  checks: read\n  statuses: read\n  pull-requests: write";
        self.see_merge_state(number)
            .await
            .needing(permissions)
            .doing(|| format!("read whether pull request #{number} can be merged"))
    }

    async fn required_checks(
        &self,
        branch: &BranchName,
    ) -> Result<Option<BTreeSet<String>>, ServiceError> {
        let found = self.see_required_checks(branch).await;
        found.doing(|| format!("read which checks {branch} requires"))
    }

    async fn has_on_branch(
        &self,
        branch: &BranchName,
        commit: &CommitSha,
    ) -> Result<bool, ServiceError> {
        let found = self.branches_with(commit, &[branch.to_string()]).await;
        let found = found.map(|found| found.first().copied().flatten() == Some(true));
        found.doing(|| format!("compare {} with {branch}", commit.short()))
    }

    async fn commits_between(
        &self,
        from: &CommitSha,
        to: &CommitSha,
    ) -> Result<(Vec<String>, u64), ServiceError> {
        let url = self.url(&["compare", &format!("{from}...{to}")]);
        let compared = self.client.get::<ComparedCommits>(url).await;
        let compared =
            compared.doing(|| format!("compare {} with {}", from.short(), to.short()))?;
        let newest = compared.commits.iter().rev().take(MOST_COMMITS);
        Ok((
            newest.map(models::ComparedCommit::line).collect(),
            compared.total_commits,
        ))
    }
}

#[async_trait]
impl PullRequestWriter for GitHub {
    async fn push(&self, revision: &NewRevision) -> Result<(), ServiceError> {
        self.push_revision(revision)
            .await
            .doing(|| format!("make the branch {}", revision.branch))
    }

    async fn open(&self, new: &NewPullRequest) -> Result<(), ServiceError> {
        let body = CreatePullRequest {
            title: &new.title,
            head: new.head.as_str(),
            base: new.base.as_str(),
            body: &new.body,
        };
        let url = self.url(&["pulls"]);
        self.write::<_, NumberedPullRequest>(RequestKind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
            .map_err(existing_is_conflict)
            .doing(|| format!("open a pull request of {} into {}", new.head, new.base))
    }

    async fn edit(&self, number: u64, title: &str, body: &str) -> Result<(), ServiceError> {
        let url = self.url(&["pulls", &number.to_string()]);
        let body = EditPullRequest { title, body };
        self.write::<_, NumberedPullRequest>(RequestKind::Change, Method::PATCH, &url, &body)
            .await
            .map(drop)
            .doing(|| format!("edit pull request #{number}"))
    }

    async fn merge(&self, merge: &NewMerge) -> Result<(), ServiceError> {
        let url = self.url(&["pulls", &merge.number.to_string(), "merge"]);
        let body = MergePullRequest {
            sha: merge.head.as_str(),
            merge_method: "squash",
        };
        let answer = self
            .client
            .send(RequestKind::Change, Method::PUT, &url, Some(&body))
            .await;
        let merged = answer.and_then(|answer| success(&answer)?.json::<Merged>());
        merged
            .map(drop)
            .doing(|| format!("merge pull request #{}", merge.number))
    }

    async fn merge_when_ready(&self, merge: &NewMerge) -> Result<(), ServiceError> {
        self.mutate(
            "mutation($id: ID!, $head: GitObjectID!) { enablePullRequestAutoMerge(input: \
             {pullRequestId: $id, expectedHeadOid: $head, mergeMethod: SQUASH}) { clientMutationId } }",
            merge,
        )
        .await
        .doing(|| format!("enable auto-merge for pull request #{}", merge.number))
    }

    async fn enqueue(&self, merge: &NewMerge) -> Result<(), ServiceError> {
        self.mutate(
            "mutation($id: ID!, $head: GitObjectID!) { enqueuePullRequest(input: \
             {pullRequestId: $id, expectedHeadOid: $head}) { clientMutationId } }",
            merge,
        )
        .await
        .doing(|| format!("add pull request #{} to the merge queue", merge.number))
    }

    async fn delete_branch(&self, branch: &BranchName) -> Result<(), ServiceError> {
        self.delete(&["git", &branch.to_ref()])
            .await
            .doing(|| format!("delete the branch {branch}"))
    }
}

impl GitHub {
    /// <https://docs.github.com/en/rest/pulls/pulls#list-pull-requests>: those of forks have another owner before the branch.
    async fn pulls_of(&self, head: &BranchName) -> Result<Vec<SeenProposal>, Cause> {
        let mut url = self.url(&["pulls"]);
        url.query_pairs_mut()
            .append_pair("state", "all")
            .append_pair("head", &format!("{}:{head}", self.repository.owner()))
            .append_pair("sort", "created")
            .append_pair("direction", "desc");
        let listed = self
            .client
            .list::<ListedPullRequest>(url, ALL_PAGES)
            .await?;
        // A server that does not know the filter would list all of them.
        let own = listed
            .into_iter()
            .filter(|pull| pull.head.name == head.as_str() && pull.is_of(&self.repository));
        own.map(ListedPullRequest::seen).collect()
    }

    async fn mutate(&self, mutation: &str, merge: &NewMerge) -> Result<(), Cause> {
        let query = super::models::GraphQlQuery {
            query: mutation,
            variables: BTreeMap::from([
                ("id".to_owned(), merge.node.0.as_str()),
                ("head".to_owned(), merge.head.as_str()),
            ]),
        };
        self.client.change_by_query(&query).await.map(drop)
    }
}

/// A branch has one open pull request into a base: the other one may be our own, whose answer was lost.
fn existing_is_conflict(cause: Cause) -> Cause {
    match cause {
        Cause::Refused {
            status: 422,
            message,
            request_id,
        } if message.contains("A pull request already exists") => Cause::Conflict {
            status: 422,
            message,
            request_id,
        },
        other => other,
    }
}
