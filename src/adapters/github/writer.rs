//! Touching the repository: one write each, sent once.

use async_trait::async_trait;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::client::done;
use super::{Doing, GitHub, failure, models};
use crate::adapters::github::rate_limit::Kind;
use crate::domain::{AssetName, CommitSha, Lock, Tag};
use crate::protocol::{
    AssetId, Cause, GitHubWriter, LocalFile, LockRequest, NewDraft, NewStatus, Publication,
    ReleaseId, ServiceError,
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
        // Nothing is said of `draft`: should someone have published it meanwhile, it stays published.
        let edit = models::EditRelease {
            tag_name: tag.as_str(),
            body,
        };
        let url = self.url(&["releases", &release.to_string()]);
        self.write::<_, models::Release>(Kind::Change, Method::PATCH, &url, &edit)
            .await
            .map(drop)
            .doing(|| format!("edit the draft release {tag}"))
    }

    async fn create_tag(&self, tag: &Tag, commit: &CommitSha) -> Result<(), ServiceError> {
        let body = models::CreateReference {
            name: &tag.to_ref(),
            sha: commit.as_str(),
        };
        let url = self.url(&["git", "refs"]);
        self.write::<_, models::Reference>(Kind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
            .doing(|| format!("create the tag {tag} at {}", commit.short()))
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
        self.write::<_, models::Status>(Kind::Create, Method::POST, &url, &body)
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

    async fn take_lock(&self, request: &LockRequest) -> Result<(), ServiceError> {
        let LockRequest {
            tag, commit, owner, ..
        } = request;
        self.make_lock(tag, commit, owner, request.from.is_some())
            .await
            .doing(|| format!("take the lock of {tag}"))
    }

    async fn release_lock(&self, tag: &Tag) -> Result<(), ServiceError> {
        self.delete(&["git", &Lock::reference(tag)])
            .await
            .doing(|| format!("release the lock of {tag}"))
    }
}

impl GitHub {
    /// Made with its target, or else without, where GitHub wants a right for workflow files that a workflow's own token
    /// never has. The first request was refused then, so that the second makes the only draft.
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
                tracing::info!("the draft is made without its target: {refusal}");
                body.target_commitish = None;
                self.post_release(&body).await
            }
            outcome => outcome,
        }
    }

    async fn post_release(&self, body: &models::CreateRelease<'_>) -> Result<ReleaseId, Cause> {
        let url = self.url(&["releases"]);
        let made: models::Release = self.write(Kind::Create, Method::POST, &url, body).await?;
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
        let renamed: models::Asset = self.write(Kind::Change, Method::PATCH, &url, &body).await?;
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
            draft: false,
            prerelease: publication.prerelease,
            make_latest: if publication.make_latest {
                "true"
            } else {
                "false"
            },
        };
        let published: models::Release =
            self.write(Kind::Change, Method::PATCH, &url, &body).await?;
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

    pub(super) async fn write<B: Serialize + Sync, T: DeserializeOwned>(
        &self,
        kind: Kind,
        method: Method,
        url: &Url,
        body: &B,
    ) -> Result<T, Cause> {
        let answer = self.client.send(kind, method, url, Some(body)).await?;
        done(&answer)?.json()
    }

    async fn delete(&self, segments: &[&str]) -> Result<(), Cause> {
        let url = self.url(segments);
        let answer = self
            .client
            .send(Kind::Change, Method::DELETE, &url, None::<&()>)
            .await?;
        if failure::is_gone(&answer) {
            return Ok(());
        }
        done(&answer).map(drop)
    }
}
