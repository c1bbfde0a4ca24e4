//! What `plan` reads for each version, and what is the same for all of them: it is read once for one answer.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{CommitSha, Digest, RepoSlug, SeenLock, Tag};
use crate::protocol::{
    CountedReleases, GitHubReader, Notes, ReleaseId, SeenAnswer, SeenAsset, SeenChanges, SeenCheck,
    SeenComment, SeenJob, SeenMilestone, SeenRelease, SeenRepository, SeenTagRuleset,
    SeenWorkflows, ServiceError,
};

/// A reader that asks for some things once only. What depends on the version is passed on.
pub(super) struct SharedReads<'a> {
    github: &'a dyn GitHubReader,
    repository: KeptAnswers<(), SeenRepository>,
    immutable: KeptAnswers<(), Option<bool>>,
    rulesets: KeptAnswers<(), Option<Vec<SeenTagRuleset>>>,
    workflows: KeptAnswers<(CommitSha, String), SeenWorkflows>,
    has_commit: KeptAnswers<CommitSha, bool>,
    tags: KeptAnswers<String, Vec<String>>,
    first_released: KeptAnswers<(Vec<String>, CountedReleases), Option<String>>,
    on_branches: KeptAnswers<(CommitSha, Vec<String>), Vec<Option<bool>>>,
    changes: KeptAnswers<(Option<Tag>, CommitSha), Option<SeenChanges>>,
}

/// The answers that were read, by what was asked. A failure is not kept.
struct KeptAnswers<K, V>(Mutex<Vec<(K, V)>>);

impl<K: PartialEq, V: Clone> KeptAnswers<K, V> {
    fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    async fn get(
        &self,
        key: K,
        read: impl Future<Output = Result<V, ServiceError>>,
    ) -> Result<V, ServiceError> {
        let known = {
            let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = all.iter().find(|(known, _)| *known == key);
            found.map(|(_, value)| value.clone())
        };
        if let Some(value) = known {
            return Ok(value);
        }
        let value = read.await?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((key, value.clone()));
        Ok(value)
    }
}

impl<'a> SharedReads<'a> {
    pub(super) fn new(github: &'a dyn GitHubReader) -> Self {
        Self {
            github,
            repository: KeptAnswers::new(),
            immutable: KeptAnswers::new(),
            rulesets: KeptAnswers::new(),
            workflows: KeptAnswers::new(),
            has_commit: KeptAnswers::new(),
            tags: KeptAnswers::new(),
            first_released: KeptAnswers::new(),
            on_branches: KeptAnswers::new(),
            changes: KeptAnswers::new(),
        }
    }
}

#[async_trait]
impl GitHubReader for SharedReads<'_> {
    async fn repository(&self) -> Result<SeenRepository, ServiceError> {
        self.repository.get((), self.github.repository()).await
    }

    async fn immutable_releases(&self) -> Result<Option<bool>, ServiceError> {
        self.immutable
            .get((), self.github.immutable_releases())
            .await
    }

    async fn tag_rulesets(&self) -> Result<Option<Vec<SeenTagRuleset>>, ServiceError> {
        self.rulesets.get((), self.github.tag_rulesets()).await
    }

    async fn workflows(
        &self,
        commit: &CommitSha,
        default_branch: &str,
    ) -> Result<SeenWorkflows, ServiceError> {
        let key = (commit.clone(), default_branch.to_owned());
        let read = self.github.workflows(commit, default_branch);
        self.workflows.get(key, read).await
    }

    async fn has_commit(&self, commit: &CommitSha) -> Result<bool, ServiceError> {
        let read = self.github.has_commit(commit);
        self.has_commit.get(commit.clone(), read).await
    }

    async fn tags(&self, prefix: &str) -> Result<Vec<String>, ServiceError> {
        let read = self.github.tags(prefix);
        self.tags.get(prefix.to_owned(), read).await
    }

    async fn first_released(
        &self,
        tags: &[String],
        counted: CountedReleases,
    ) -> Result<Option<String>, ServiceError> {
        let read = self.github.first_released(tags, counted);
        self.first_released
            .get((tags.to_vec(), counted), read)
            .await
    }

    async fn on_branches(
        &self,
        commit: &CommitSha,
        branches: &[String],
    ) -> Result<Vec<Option<bool>>, ServiceError> {
        let read = self.github.on_branches(commit, branches);
        self.on_branches
            .get((commit.clone(), branches.to_vec()), read)
            .await
    }

    async fn changes(
        &self,
        previous: Option<&Tag>,
        commit: &CommitSha,
    ) -> Result<Option<SeenChanges>, ServiceError> {
        let read = self.github.changes(previous, commit);
        self.changes
            .get((previous.cloned(), commit.clone()), read)
            .await
    }

    async fn commit_message(&self, commit: &CommitSha) -> Result<Option<String>, ServiceError> {
        self.github.commit_message(commit).await
    }

    async fn branch(&self, name: &str) -> Result<Option<CommitSha>, ServiceError> {
        self.github.branch(name).await
    }

    async fn tag(&self, tag: &Tag) -> Result<Option<CommitSha>, ServiceError> {
        self.github.tag(tag).await
    }

    async fn is_annotated(&self, tag: &Tag) -> Result<bool, ServiceError> {
        self.github.is_annotated(tag).await
    }

    async fn tags_at(
        &self,
        commit: &CommitSha,
        tags: &[String],
    ) -> Result<Vec<String>, ServiceError> {
        self.github.tags_at(commit, tags).await
    }

    async fn releases(&self, tag: &Tag) -> Result<Vec<SeenRelease>, ServiceError> {
        self.github.releases(tag).await
    }

    async fn release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, ServiceError> {
        self.github.release(id).await
    }

    async fn latest_tag(&self) -> Result<Option<String>, ServiceError> {
        self.github.latest_tag().await
    }

    async fn notes(
        &self,
        tag: &Tag,
        commit: &CommitSha,
        previous: Option<&Tag>,
    ) -> Result<Notes, ServiceError> {
        self.github.notes(tag, commit, previous).await
    }

    async fn contributors(
        &self,
        before: &[(String, String)],
    ) -> Result<BTreeSet<String>, ServiceError> {
        self.github.contributors(before).await
    }

    async fn milestones(&self, title: &str) -> Result<Vec<SeenMilestone>, ServiceError> {
        self.github.milestones(title).await
    }

    async fn statuses(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.github.statuses(commit).await
    }

    async fn checks(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.github.checks(commit).await
    }

    async fn read_asset(&self, asset: &SeenAsset, limit: u64) -> Result<Bytes, ServiceError> {
        self.github.read_asset(asset, limit).await
    }

    async fn is_public(&self, url: &str) -> Result<bool, ServiceError> {
        self.github.is_public(url).await
    }

    async fn lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        self.github.lock(tag).await
    }

    async fn run_is_over(
        &self,
        repository: &RepoSlug,
        run: u64,
        attempt: u64,
    ) -> Result<Option<bool>, ServiceError> {
        self.github.run_is_over(repository, run, attempt).await
    }

    async fn jobs(&self, repository: &RepoSlug, run: u64) -> Result<Vec<SeenJob>, ServiceError> {
        self.github.jobs(repository, run).await
    }

    async fn pending_environments(
        &self,
        repository: &RepoSlug,
        run: u64,
    ) -> Result<Vec<String>, ServiceError> {
        self.github.pending_environments(repository, run).await
    }

    async fn hash_asset(&self, asset: &SeenAsset) -> Result<Digest, ServiceError> {
        self.github.hash_asset(asset).await
    }

    async fn own_comments(&self, issue: u64) -> Result<Option<Vec<SeenComment>>, ServiceError> {
        self.github.own_comments(issue).await
    }

    async fn attestations(
        &self,
        digest: Digest,
        predicate_type: &str,
    ) -> Result<Vec<Bytes>, ServiceError> {
        self.github.attestations(digest, predicate_type).await
    }

    fn answers(&self) -> Vec<SeenAnswer> {
        self.github.answers()
    }
}
