//! Looking at the repository.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;

use super::client::done;
use super::models;
use super::{Doing, GitHub};
use crate::adapters::github::rate_limit::Kind;
use crate::domain::{CommitSha, Digest, RepoSlug, SeenLock, Tag};
use crate::protocol::{
    AssetId, Cause, GitHubReader, Notes, ReleaseId, SeenAnswer, SeenCheck, SeenRelease,
    SeenRepository, ServiceError,
};

/// Tags of tags of tags are legal; nobody makes them.
const DEEPEST_TAG: usize = 5;
/// GitHub lists ten thousand results at most
/// ([Pagination](https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api)).
pub(super) const ALL_PAGES: usize = 100;
/// Of the releases, when one tag's are looked for. The list is documented neither to begin with drafts nor to be ordered
/// by what a draft has, so that it is not enough to read while drafts come. A thousand releases are nearly every
/// repository's whole list, and GraphQL finds a release of the tag wherever it stands.
const RELEASE_PAGES: usize = 10;
/// A release comes with its first assets; from so many on, there may be more of them.
const FULL_RELEASE: usize = 30;

const RELEASE_OF_TAG: &str = "query($owner: String!, $name: String!, $tag: String!) { \
    repository(owner: $owner, name: $name) { release(tagName: $tag) { databaseId } } }";

#[async_trait]
impl GitHubReader for GitHub {
    fn answers(&self) -> Vec<SeenAnswer> {
        self.client.answers()
    }

    async fn repository(&self) -> Result<SeenRepository, ServiceError> {
        self.see_repository()
            .await
            .doing(|| format!("look at the repository {}", self.repository))
    }

    async fn immutable_releases(&self) -> Result<Option<bool>, ServiceError> {
        self.see_immutable_releases()
            .await
            .doing(|| "look whether releases become immutable".to_owned())
    }

    async fn has_commit(&self, commit: &CommitSha) -> Result<bool, ServiceError> {
        self.knows_commit(commit)
            .await
            .doing(|| format!("look for the commit {commit}"))
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

    async fn releases(&self, tag: &Tag) -> Result<Vec<SeenRelease>, ServiceError> {
        self.releases_of(tag)
            .await
            .doing(|| format!("look for the releases of {tag}"))
    }

    async fn release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, ServiceError> {
        self.see_release(id)
            .await
            .doing(|| format!("look at the release with id {id}"))
    }

    async fn published_tags(&self) -> Result<Vec<String>, ServiceError> {
        self.list_releases(ALL_PAGES)
            .await
            .map(|releases| {
                releases
                    .into_iter()
                    .filter(|release| !release.draft && !release.prerelease)
                    .map(|release| release.tag_name)
                    .collect()
            })
            .doing(|| "list the published releases".into())
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

    async fn statuses(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.statuses_at(commit)
            .await
            .doing(|| format!("look at the statuses of {commit}"))
    }

    async fn checks(&self, commit: &CommitSha) -> Result<Vec<SeenCheck>, ServiceError> {
        self.checks_at(commit)
            .await
            .doing(|| format!("look at the checks of {commit}"))
    }

    async fn read_asset(&self, asset: AssetId, limit: u64) -> Result<Bytes, ServiceError> {
        self.download_and_keep(asset, limit)
            .await
            .doing(|| format!("download the asset with id {asset}"))
    }

    async fn is_public(&self, url: &str) -> Result<bool, ServiceError> {
        self.answers_anyone(url)
            .await
            .doing(|| format!("look whether anyone may download {url}"))
    }

    async fn lock(&self, tag: &Tag) -> Result<Option<SeenLock>, ServiceError> {
        self.see_lock(tag)
            .await
            .doing(|| format!("look for the lock of {tag}"))
    }

    async fn run_is_over(
        &self,
        repository: &RepoSlug,
        run: u64,
        attempt: u64,
    ) -> Result<Option<bool>, ServiceError> {
        self.see_end(repository, run, attempt)
            .await
            .doing(|| format!("look whether run {run} of {repository} has ended"))
    }

    async fn hash_asset(&self, asset: AssetId) -> Result<Digest, ServiceError> {
        self.download_and_hash(asset)
            .await
            .doing(|| format!("download the asset with id {asset}"))
    }
}

impl GitHub {
    async fn see_repository(&self) -> Result<SeenRepository, Cause> {
        let seen: models::Repository = self.client.get(self.url(&[])).await?;
        let slug: RepoSlug = seen.full_name.parse().map_err(|error| Cause::Broken {
            detail: format!("GitHub names the repository in an unknown way: {error}"),
        })?;
        Ok(SeenRepository {
            slug,
            default_branch: seen.default_branch,
            private: seen.private,
            may_push: seen.permissions.and_then(|rights| rights.push),
        })
    }

    /// The setting is for administrators: others are told that there is none, in the words for one that is off
    /// (<https://docs.github.com/en/rest/repos/repos#check-if-immutable-releases-are-enabled-for-a-repository>).
    async fn see_immutable_releases(&self) -> Result<Option<bool>, Cause> {
        let answer = self.client.read(&self.url(&["immutable-releases"])).await?;
        match answer.status {
            403 | 404 => Ok(None),
            _ => Ok(Some(
                done(&answer)?.json::<models::ImmutableReleases>()?.enabled,
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
            _ => done(&answer).map(|_| true),
        }
    }

    /// The commit that a reference points at in the end.
    async fn commit_of(&self, reference: &str) -> Result<Option<CommitSha>, Cause> {
        let url = self.url(&["git", "ref", reference]);
        let Some(found) = self.client.find::<models::Reference>(url).await? else {
            return Ok(None);
        };
        // Servers have answered with a reference that only begins so.
        if found.name != format!("refs/{reference}") {
            return Ok(None);
        }
        let mut object = found.object;
        for _ in 0..DEEPEST_TAG {
            if object.kind != "tag" {
                break;
            }
            let url = self.url(&["git", "tags", &object.sha]);
            object = self.client.get::<models::TagObject>(url).await?.object;
        }
        if object.kind != "commit" {
            return Err(Cause::Broken {
                detail: format!(
                    "{reference} points at a {} and not at a commit",
                    object.kind
                ),
            });
        }
        let commit = object.sha.parse().map_err(|error| Cause::Broken {
            detail: format!("{reference} points at something unknown: {error}"),
        })?;
        Ok(Some(commit))
    }

    /// Drafts are found by no tag over REST, and of several releases with one tag GraphQL names one: both are asked, and
    /// then each release itself, since lists may lag behind.
    async fn releases_of(&self, tag: &Tag) -> Result<Vec<SeenRelease>, Cause> {
        let mut ids: BTreeSet<u64> = self
            .list_releases(RELEASE_PAGES)
            .await?
            .into_iter()
            .filter(|release| release.tag_name == tag.as_str())
            .map(|release| release.id)
            .collect();
        ids.extend(self.release_by_query(tag).await?);
        let mut releases = Vec::new();
        for id in ids {
            let release = self.see_release(ReleaseId(id)).await?;
            releases.extend(release.filter(|release| release.tag == tag.as_str()));
        }
        Ok(releases)
    }

    async fn list_releases(&self, most: usize) -> Result<Vec<models::ListedRelease>, Cause> {
        self.client.list(self.url(&["releases"]), most).await
    }

    /// <https://docs.github.com/en/graphql/reference/objects#repository>: `release(tagName:)` finds drafts as well.
    async fn release_by_query(&self, tag: &Tag) -> Result<Option<u64>, Cause> {
        let query = models::GraphQlQuery {
            query: RELEASE_OF_TAG,
            variables: models::ReleaseOfTag {
                owner: self.repository.owner(),
                name: self.repository.name(),
                tag: tag.as_str(),
            },
        };
        let Some(repository) = self.client.query(&query).await?.repository else {
            return Err(Cause::Broken {
                detail: "GitHub's GraphQL names no repository and no reason".into(),
            });
        };
        match repository.release {
            None => Ok(None),
            Some(release) => release.database_id.map(Some).ok_or_else(|| Cause::Broken {
                detail: "GitHub's GraphQL names a release without its id".into(),
            }),
        }
    }

    async fn see_release(&self, id: ReleaseId) -> Result<Option<SeenRelease>, Cause> {
        let number = id.to_string();
        let url = self.url(&["releases", &number]);
        let Some(mut release) = self.client.find::<models::Release>(url).await? else {
            return Ok(None);
        };
        self.upload_urls().insert(id, release.upload_url.clone());
        if release.assets.len() >= FULL_RELEASE {
            let url = self.url(&["releases", &number, "assets"]);
            release.assets = self.client.list(url, ALL_PAGES).await?;
        }
        Ok(Some(release.seen()))
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
            .send(Kind::Ask, Method::POST, &url, Some(&body))
            .await?;
        let notes: models::GeneratedNotes = done(&answer)?.json()?;
        Ok(Notes { body: notes.body })
    }
}
