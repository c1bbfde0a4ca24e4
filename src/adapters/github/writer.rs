//! Changes of the repository: each method sends one write, once.

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::client::success;
use super::rate_limit::RequestKind;
use super::{Doing, GitHub, failure, models};
use crate::domain::{AssetName, CommitSha, Lock, Tag};
use crate::protocol::{
    AssetId, Cause, CommentId, GitHubWriter, LocalFile, NewDraft, NewLock, NewStatus, NewTag,
    Publication, ReleaseId, ServiceError,
};

#[async_trait]
impl GitHubWriter for GitHub {
    async fn create_draft(&self, draft: &NewDraft) -> Result<ReleaseId, ServiceError> {
        self.make_draft(draft)
            .await
            .doing(|| format!("create the draft release {}", draft.tag))
    }

    async fn edit_draft(
        &self,
        release: ReleaseId,
        tag: &Tag,
        body: &str,
    ) -> Result<(), ServiceError> {
        // Without `draft`: a release that was published meanwhile stays published.
        let edit = models::EditRelease {
            tag_name: tag.as_str(),
            body,
        };
        let url = self.url(&["releases", &release.to_string()]);
        self.write::<_, models::Release>(RequestKind::Change, Method::PATCH, &url, &edit)
            .await
            .map(drop)
            .doing(|| format!("edit the draft release {tag}"))
    }

    async fn create_tag(&self, tag: &NewTag) -> Result<(), ServiceError> {
        self.make_tag(tag)
            .await
            .doing(|| format!("create the tag {} at {}", tag.tag, tag.commit.short()))
    }

    async fn upload_asset(
        &self,
        release: ReleaseId,
        name: &AssetName,
        file: &LocalFile,
    ) -> Result<AssetId, ServiceError> {
        self.upload(release, name, file)
            .await
            .doing(|| format!("upload {name} to the release with id {release}"))
    }

    async fn rename_asset(&self, asset: AssetId, name: &AssetName) -> Result<(), ServiceError> {
        self.rename(asset, name)
            .await
            .doing(|| format!("rename the asset with id {asset} to {name}"))
    }

    async fn delete_asset(&self, asset: AssetId) -> Result<(), ServiceError> {
        self.delete(&["releases", "assets", &asset.to_string()])
            .await
            .doing(|| format!("delete the asset with id {asset}"))
    }

    async fn set_status(&self, status: &NewStatus) -> Result<(), ServiceError> {
        let body = models::CreateStatus {
            state: status.state.as_str(),
            context: &status.context,
            description: &status.description,
            target_url: status.url.as_deref(),
        };
        let url = self.url(&["statuses", status.commit.as_str()]);
        self.write::<_, models::CommitStatus>(RequestKind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
            .doing(|| {
                format!(
                    "set the status {} at {}",
                    status.context,
                    status.commit.short()
                )
            })
    }

    async fn publish(&self, publication: &Publication) -> Result<(), ServiceError> {
        self.publish_release(publication)
            .await
            .doing(|| format!("publish the release {}", publication.tag))
    }

    async fn delete_release(&self, release: ReleaseId) -> Result<(), ServiceError> {
        self.delete(&["releases", &release.to_string()])
            .await
            .doing(|| format!("delete the release with id {release}"))
    }

    async fn delete_tag(&self, tag: &Tag) -> Result<(), ServiceError> {
        self.delete(&["git", &tag.to_ref()])
            .await
            .doing(|| format!("delete the tag {tag}"))
    }

    async fn take_lock(&self, lock: &NewLock) -> Result<(), ServiceError> {
        self.create_lock(lock)
            .await
            .doing(|| format!("take the lock of {}", lock.tag))
    }

    async fn release_lock(&self, tag: &Tag) -> Result<(), ServiceError> {
        self.delete(&["git", &Lock::reference(tag)])
            .await
            .doing(|| format!("release the lock of {tag}"))
    }

    async fn create_comment(&self, issue: u64, body: &str) -> Result<CommentId, ServiceError> {
        self.post_comment(issue, body)
            .await
            .doing(|| format!("comment on #{issue}"))
    }

    async fn edit_comment(&self, comment: CommentId, body: &str) -> Result<(), ServiceError> {
        self.patch_comment(comment, body)
            .await
            .doing(|| format!("edit the comment with id {comment}"))
    }

    async fn store_attestation(&self, bundle: &Bytes) -> Result<(), ServiceError> {
        self.post_bundle(bundle)
            .await
            .doing(|| {
                // For a private repository without that plan, GitHub's refusal does not say so.
                "store the attestation (takes `permissions: attestations: write`, and of a private repository GitHub Enterprise Cloud; \
                 otherwise plan with `signing: off`)"
                    .to_owned()
            })
    }

    async fn delete_comment(&self, comment: CommentId) -> Result<(), ServiceError> {
        self.delete(&["issues", "comments", &comment.to_string()])
            .await
            .doing(|| format!("delete the comment with id {comment}"))
    }
}

impl GitHub {
    /// Creates a draft with its target, or without it where GitHub refuses that because the permission to write
    /// workflow files is missing, which a workflow's own token never has. After a refusal the second request creates
    /// the only draft.
    async fn make_draft(&self, draft: &NewDraft) -> Result<ReleaseId, Cause> {
        let mut body = models::CreateRelease {
            tag_name: draft.tag.as_str(),
            target_commitish: Some(draft.target.as_str()),
            name: &draft.name,
            body: &draft.body,
            draft: true,
            prerelease: draft.prerelease,
        };
        match self.post_release(&body).await {
            Err(refusal) if failure::wants_workflows(&refusal) => {
                tracing::info!("the draft is created without its target: {refusal}");
                body.target_commitish = None;
                self.post_release(&body).await
            }
            outcome => outcome,
        }
    }

    async fn post_release(&self, body: &models::CreateRelease<'_>) -> Result<ReleaseId, Cause> {
        let url = self.url(&["releases"]);
        let made: models::Release = self
            .write(RequestKind::Create, Method::POST, &url, body)
            .await?;
        let id = ReleaseId(made.id);
        if !made.draft {
            return Err(Cause::Broken {
                detail: format!("the release with id {id} was asked for as a draft, and is none"),
            });
        }
        self.upload_urls().insert(id, made.upload_url);
        Ok(id)
    }

    async fn rename(&self, asset: AssetId, name: &AssetName) -> Result<(), Cause> {
        let url = self.url(&["releases", "assets", &asset.to_string()]);
        let body = models::RenameAsset {
            name: name.as_str(),
        };
        let renamed: models::Asset = self
            .write(RequestKind::Change, Method::PATCH, &url, &body)
            .await?;
        if renamed.name != name.as_str() {
            return Err(Cause::Broken {
                detail: format!("GitHub named it {:?} instead", renamed.name),
            });
        }
        Ok(())
    }

    async fn publish_release(&self, publication: &Publication) -> Result<(), Cause> {
        let url = self.url(&["releases", &publication.release.to_string()]);
        let body = models::PublishRelease {
            tag_name: publication.tag.as_str(),
            body: &publication.body,
            draft: false,
            prerelease: publication.prerelease,
            make_latest: if publication.make_latest {
                "true"
            } else {
                "false"
            },
        };
        let published: models::Release = self
            .write(RequestKind::Change, Method::PATCH, &url, &body)
            .await?;
        if published.draft || published.tag_name != publication.tag.as_str() {
            return Err(Cause::Broken {
                detail: format!(
                    "GitHub took it, and has the release {} as {}",
                    published.tag_name,
                    if published.draft {
                        "a draft"
                    } else {
                        "published"
                    }
                ),
            });
        }
        Ok(())
    }

    async fn make_tag(&self, tag: &NewTag) -> Result<(), Cause> {
        let name = tag.tag.to_ref();
        match &tag.message {
            None => self.create_reference(&name, tag.commit.as_str()).await,
            Some(message) => {
                let object = self
                    .create_tag_object(tag.tag.as_str(), message.clone(), &tag.commit)
                    .await?;
                self.create_reference(&name, &object).await
            }
        }
    }

    /// Creates the object of an annotated tag, and returns its hash. GitHub names the token's user as its tagger. It may be
    /// created again and again, as it changes nothing while nothing refers to it.
    pub(super) async fn create_tag_object(
        &self,
        tag: &str,
        message: String,
        commit: &CommitSha,
    ) -> Result<String, Cause> {
        let body = models::CreateTagObject {
            tag,
            message: &message,
            object: commit.as_str(),
            kind: "commit",
        };
        let url = self.url(&["git", "tags"]);
        let answer = self
            .client
            .send(RequestKind::ReadByPost, Method::POST, &url, Some(&body))
            .await?;
        let object: models::GitObjectId = success(&answer)?.json()?;
        let created = models::TagObject {
            message,
            object: models::GitObject {
                kind: "commit".to_owned(),
                sha: commit.to_string(),
            },
        };
        self.tag_objects().insert(object.sha.clone(), created);
        Ok(object.sha)
    }

    /// Creates a reference if it does not exist.
    pub(super) async fn create_reference(&self, name: &str, sha: &str) -> Result<(), Cause> {
        let url = self.url(&["git", "refs"]);
        let body = models::CreateReference { name, sha };
        self.write::<_, models::Reference>(RequestKind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
    }

    /// Sends a write and returns what GitHub answers for the object that it wrote.
    pub(super) async fn write<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        kind: RequestKind,
        method: Method,
        url: &Url,
        body: &B,
    ) -> Result<T, Cause> {
        let answer = self.client.send(kind, method, url, Some(body)).await?;
        success(&answer)?.json()
    }

    /// Deletes what a URL names, or finds it deleted.
    pub(super) async fn delete(&self, segments: &[&str]) -> Result<(), Cause> {
        let url = self.url(segments);
        let answer = self
            .client
            .send(RequestKind::Change, Method::DELETE, &url, None::<&()>)
            .await?;
        if failure::is_gone(&answer) {
            return Ok(());
        }
        success(&answer).map(drop)
    }
}
