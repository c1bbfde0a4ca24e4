//! Reads of the repository.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use super::client::success;
use super::rate_limit::RequestKind;
use super::{Doing, GitHub, models};
use crate::domain::{CommitSha, Digest, Lock, RepoSlug, SeenLock, Tag};
use crate::protocol::{
    Cause, CountedReleases, GitHubReader, Notes, ReleaseId, SeenAnswer, SeenAsset, SeenChanges,
    SeenCheck, SeenComment, SeenJob, SeenMilestone, SeenRelease, SeenRepository, SeenTagRuleset,
    SeenWorkflows, ServiceError,
};

#[async_trait]
impl GitHubReader for GitHub {
    fn answers(&self) -> Vec<SeenAnswer> {
        self.client.answers()
    }

    async fn repository(&self) -> Result<SeenRepository, ServiceError> {
        self.see_repository()
            .await
            .doing(|| format!("read the repository {}", self.repository))
    }

    async fn immutable_releases(&self) -> Result<Option<bool>, ServiceError> {
        self.see_immutable_releases()
            .await
            .doing(|| "read whether releases become immutable".to_owned())
    }

    async fn tag_rulesets(&self) -> Result<Option<Vec<SeenTagRuleset>>, ServiceError> {
        self.rulesets_for_tags()
            .await
            .doing(|| "read the rulesets for tags".to_owned())
    }

    async fn workflows(
        &self,
        commit: &CommitSha,
        default_branch: &str,
    ) -> Result<SeenWorkflows, ServiceError> {
        self.workflow_files(commit, default_branch)
            .await
            .doing(|| format!("read the workflow files at {commit}"))
    }

    async fn has_commit(&self, commit: &CommitSha) -> Result<bool, ServiceError> {
        self.knows_commit(commit)
            .await
            .doing(|| format!("look for the commit {commit}"))
    }

    async fn commit_message(&self, commit: &CommitSha) -> Result<Option<String>, ServiceError> {
        let url = self.url(&["git", "commits", commit.as_str()]);
        let found: Result<Option<models::GitCommit>, Cause> = self.client.find(url).await;
        found
            .map(|commit| commit.map(|commit| commit.message))
            .doing(|| format!("read the commit {commit}"))
    }

    async fn branch(&self, name: &str) -> Result<Option<CommitSha>, ServiceError> {
        self.commit_of(&format!("heads/{name}"))
            .await
            .doing(|| format!("look for the branch {name}"))
    }

    async fn tag(&self, tag: &Tag) -> Result<Option<CommitSha>, ServiceError> {
        self.commit_of(&format!("tags/{tag}"))
            .await
            .doing(|| format!("look for the tag {tag}"))
    }

    async fn watched_tag(&self, tag: &Tag) -> Result<Option<CommitSha>, ServiceError> {
        let reference = format!("tags/{tag}");
        let found = async {
            if self.is_listed(&reference).await? {
                self.commit_of(&reference).await
            } else {
                Ok(None)
            }
        };
        found.await.doing(|| format!("look for the tag {tag}"))
    }

    async fn is_annotated(&self, tag: &Tag) -> Result<bool, ServiceError> {
        self.object_of(&format!("tags/{tag}"))
            .await
            .map(|object| object.is_some_and(|object| object.kind == "tag"))
            .doing(|| format!("look for the tag {tag}"))
    }

    async fn tags_at(
        &self,
        commit: &CommitSha,
        tags: &[String],
    ) -> Result<Vec<String>, ServiceError> {
        self.tags_of_commit(commit, tags)
            .await
            .doing(|| format!("look for tags at {commit}"))
    }

    async fn releases(&self, tag: &Tag) -> Result<Vec<SeenRelease>, ServiceError> {
        self.releases_of(tag)
            .await
            .doing(|| format!("look for the releases of {tag}"))
    }

    async fn release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, ServiceError> {
        self.see_release(id)
            .await
            .doing(|| format!("read the release with id {id}"))
    }

    async fn tags(&self, prefix: &str) -> Result<Vec<String>, ServiceError> {
        self.tags_beginning_with(prefix)
            .await
            .doing(|| format!("list the tags {prefix}…"))
    }

    async fn first_released(
        &self,
        tags: &[String],
        counted: CountedReleases,
    ) -> Result<Option<String>, ServiceError> {
        self.first_published(tags, counted)
            .await
            .doing(|| "look for the releases of other tags".into())
    }

    async fn on_branches(
        &self,
        commit: &CommitSha,
        branches: &[String],
    ) -> Result<Vec<Option<bool>>, ServiceError> {
        self.branches_with(commit, branches)
            .await
            .doing(|| format!("look for {commit} on {}", branches.join(", ")))
    }

    async fn latest_tag(&self) -> Result<Option<String>, ServiceError> {
        let url = self.url(&["releases", "latest"]);
        let latest: Result<Option<models::LatestRelease>, Cause> = self.client.find(url).await;
        latest
            .map(|release| release.map(|release| release.tag_name))
            .doing(|| "look for the latest release".into())
    }

    async fn notes(
        &self,
        tag: &Tag,
        commit: &CommitSha,
        previous: Option<&Tag>,
    ) -> Result<Notes, ServiceError> {
        self.generate_notes(tag, commit, previous)
            .await
            .doing(|| format!("generate release notes for {tag}"))
    }

    async fn changes(
        &self,
        previous: Option<&Tag>,
        commit: &CommitSha,
    ) -> Result<Option<SeenChanges>, ServiceError> {
        self.changes_since(previous, commit)
            .await
            .needing("  pull-requests: read")
            .doing(|| "read what was changed since the previous release".into())
    }

    async fn contributors(
        &self,
        before: &[(String, String)],
    ) -> Result<BTreeSet<String>, ServiceError> {
        self.contributors_before(before)
            .await
            .needing("  pull-requests: read")
            .doing(|| "look for first contributions".into())
    }

    async fn milestones(&self, title: &str) -> Result<Vec<SeenMilestone>, ServiceError> {
        self.milestones_named(title)
            .await
            .needing("  issues: read\n  pull-requests: read")
            .doing(|| format!("look for the milestone {title}"))
    }

    async fn own_comments(&self, issue: u64) -> Result<Option<Vec<SeenComment>>, ServiceError> {
        self.comments_of_own(issue)
            .await
            .doing(|| format!("list the comments on #{issue}"))
    }

    async fn statuses(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.statuses_at(commit)
            .await
            .doing(|| format!("read the statuses of {commit}"))
    }

    async fn checks(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.checks_at(commit)
            .await
            .doing(|| format!("read the checks of {commit}"))
    }

    async fn read_asset(&self, asset: &SeenAsset, limit: u64) -> Result<Bytes, ServiceError> {
        self.download_and_keep(asset, limit)
            .await
            .doing(|| format!("download the asset {}", asset.name))
    }

    async fn is_public(&self, url: &str) -> Result<bool, ServiceError> {
        self.is_downloadable_by_anyone(url)
            .await
            .doing(|| format!("check whether anyone may download {url}"))
    }

    async fn lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        self.read_lock(tag)
            .await
            .doing(|| format!("look for the lock of {tag}"))
    }

    async fn watched_lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        let name = Lock::reference(tag);
        let found = async {
            if self.is_listed(name.trim_start_matches("refs/")).await? {
                self.read_lock(tag).await
            } else {
                Ok(None)
            }
        };
        found.await.doing(|| format!("look for the lock of {tag}"))
    }

    async fn run_is_over(
        &self,
        repository: &RepoSlug,
        run: u64,
        attempt: u64,
    ) -> Result<Option<bool>, ServiceError> {
        self.run_has_ended(repository, run, attempt)
            .await
            .doing(|| format!("check whether run {run} of {repository} has ended"))
    }

    async fn jobs(&self, repository: &RepoSlug, run: u64) -> Result<Vec<SeenJob>, ServiceError> {
        self.jobs_of(repository, run)
            .await
            .doing(|| format!("list the jobs of run {run} of {repository}"))
    }

    async fn pending_environments(
        &self,
        repository: &RepoSlug,
        run: u64,
    ) -> Result<Vec<String>, ServiceError> {
        self.environments_awaited_by(repository, run)
            .await
            .doing(|| format!("read which approvals run {run} of {repository} waits for"))
    }

    async fn attestations(
        &self,
        digest: Digest,
        predicate_type: &str,
    ) -> Result<Vec<Bytes>, ServiceError> {
        self.bundles_of(digest, predicate_type)
            .await
            .doing(|| format!("look for attestations of {digest}"))
    }

    async fn hash_asset(&self, asset: &SeenAsset) -> Result<Digest, ServiceError> {
        self.download_and_hash(asset)
            .await
            .doing(|| format!("download the asset {}", asset.name))
    }
}

impl GitHub {
    async fn see_repository(&self) -> Result<SeenRepository, Cause> {
        let seen: models::RepositoryModel = self.client.get(self.url(&[])).await?;
        let slug: RepoSlug = seen.full_name.parse().map_err(|error| Cause::Broken {
            detail: format!("GitHub names the repository in an unknown way: {error}"),
        })?;
        Ok(SeenRepository {
            slug,
            default_branch: seen.default_branch,
            private: seen.private,
            may_push: seen
                .permissions
                .filter(|rights| rights.pull != Some(false))
                .and_then(|rights| rights.push),
        })
    }

    /// `None` where the token may not read the setting: only an administrator may, and others get 404 as if it were off
    /// (<https://docs.github.com/en/rest/repos/repos#check-if-immutable-releases-are-enabled-for-a-repository>).
    async fn see_immutable_releases(&self) -> Result<Option<bool>, Cause> {
        let answer = self.client.read(&self.url(&["immutable-releases"])).await?;
        match answer.status {
            403 | 404 => Ok(None),
            _ => Ok(Some(
                success(&answer)?
                    .json::<models::ImmutableReleases>()?
                    .enabled,
            )),
        }
    }

    async fn knows_commit(&self, commit: &CommitSha) -> Result<bool, Cause> {
        let answer = self
            .client
            .read(&self.url(&["git", "commits", commit.as_str()]))
            .await?;
        match answer.status {
            // 409: the repository is empty. 422: no hash that it could have.
            404 | 409 | 422 => Ok(false),
            _ => success(&answer).map(|_| true),
        }
    }

    async fn generate_notes(
        &self,
        tag: &Tag,
        commit: &CommitSha,
        previous: Option<&Tag>,
    ) -> Result<Notes, Cause> {
        let url = self.url(&["releases", "generate-notes"]);
        let body = models::GenerateNotes {
            tag_name: tag.as_str(),
            target_commitish: commit.as_str(),
            previous_tag_name: previous.map(Tag::as_str),
        };
        let answer = self
            .client
            .send(RequestKind::ReadByPost, Method::POST, &url, Some(&body))
            .await?;
        let notes: models::GeneratedNotes = success(&answer)?.json()?;
        Ok(Notes { body: notes.body })
    }
}
