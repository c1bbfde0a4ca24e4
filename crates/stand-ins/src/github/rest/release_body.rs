//! Releases and assets as JSON: the fields of a request, and those of an answer.
//! <https://docs.github.com/en/rest/releases/releases>

use super::objects::{address, node_id, page, user};
use crate::github::call::ApiCall;
use crate::github::error::ApiError;
use crate::github::model::{GitRepository, StoredAsset, StoredRelease};
use crate::github::options::Digests;
use crate::text::{self, percent_encode, rfc3339};
use serde_json::{Value, json};

/// The longest text of a release; it is not documented.
const BODY_MAX: usize = 125_000;

/// What a create or an update asks for; `None`: not sent.
pub(crate) struct ReleaseInput {
    pub(crate) tag_name: Option<String>,
    pub(crate) target_commitish: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) body: Option<String>,
    pub(crate) draft: Option<bool>,
    pub(crate) prerelease: Option<bool>,
    pub(crate) make_latest: Option<MakeLatest>,
    pub(crate) generate_notes: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MakeLatest {
    True,
    False,
    Legacy,
}

impl ReleaseInput {
    pub(crate) fn read(call: &ApiCall) -> Result<ReleaseInput, ApiError> {
        let body = call.text("body")?;
        if body
            .as_ref()
            .is_some_and(|body| body.chars().count() > BODY_MAX)
        {
            let message = format!("body is too long (maximum is {BODY_MAX} characters)");
            return Err(ApiError::custom("Release", "body", &message));
        }
        // Strings, not booleans: `true` is refused.
        let make_latest = match call.text("make_latest")?.as_deref() {
            None => None,
            Some("true") => Some(MakeLatest::True),
            Some("false") => Some(MakeLatest::False),
            Some("legacy") => Some(MakeLatest::Legacy),
            Some(other) => {
                return Err(ApiError::form(format!(
                    "For 'properties/make_latest', {other} is not a member of [\"true\", \"false\", \"legacy\"]."
                )));
            }
        };
        if call.text("discussion_category_name")?.is_some() {
            return Err(ApiError::not_found());
        }
        let tag_name = call.text("tag_name")?;
        if tag_name
            .as_deref()
            .is_some_and(|tag| !text::is_ref_name(tag))
        {
            return Err(ApiError::custom(
                "Release",
                "tag_name",
                "tag_name is not a valid tag",
            ));
        }
        Ok(ReleaseInput {
            tag_name,
            target_commitish: call
                .text("target_commitish")?
                .filter(|target| !target.is_empty()),
            name: call.text("name")?,
            body,
            draft: call.flag("draft")?,
            prerelease: call.flag("prerelease")?,
            make_latest,
            generate_notes: call.flag("generate_release_notes")?.unwrap_or_default(),
        })
    }
}

impl StoredRelease {
    pub(crate) fn html_url(&self, call: &ApiCall, repository: &GitRepository) -> String {
        page(
            call,
            repository,
            &format!("/releases/tag/{}", percent_encode(self.url_name())),
        )
    }

    pub(crate) fn view(&self, call: &ApiCall, repository: &GitRepository) -> Value {
        let url = address(call, repository, &format!("/releases/{}", self.id));
        let upload = format!(
            "{}/repos/{}",
            call.state.urls.upload,
            repository.full_name()
        );
        let archive = |kind: &str| {
            (!self.draft).then(|| {
                address(
                    call,
                    repository,
                    &format!("/{kind}/{}", percent_encode(&self.tag_name)),
                )
            })
        };
        let assets: Vec<Value> = self
            .assets
            .iter()
            .map(|asset| asset.view(call, repository, self))
            .collect();
        json!({
            "url": url,
            "assets_url": format!("{url}/assets"),
            "upload_url": format!("{upload}/releases/{}/assets{{?name,label}}", self.id),
            "html_url": self.html_url(call, repository),
            "id": self.id,
            "author": user(call, &self.author),
            "node_id": node_id("RE", self.id),
            "tag_name": self.tag_name,
            "target_commitish": self.target_commitish,
            "name": self.name,
            "draft": self.draft,
            "immutable": self.immutable,
            "prerelease": self.prerelease,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "published_at": self.published_at.map(rfc3339),
            "assets": assets,
            "tarball_url": archive("tarball"),
            "zipball_url": archive("zipball"),
            "body": self.body,
        })
    }
}

impl StoredAsset {
    pub(crate) fn view(
        &self,
        call: &ApiCall,
        repository: &GitRepository,
        release: &StoredRelease,
    ) -> Value {
        let path = format!("/releases/download/{}/{}", release.url_name(), self.name);
        json!({
            "url": address(call, repository, &format!("/releases/assets/{}", self.id)),
            "id": self.id,
            "node_id": node_id("RA", self.id),
            "name": self.name,
            "label": self.label.clone().unwrap_or_default(),
            "uploader": user(call, &self.uploader),
            "content_type": self.content_type,
            "state": self.state,
            "size": self.size,
            "digest": self.digest(call),
            "download_count": 0,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "browser_download_url": page(call, repository, &percent_encode(&path)),
        })
    }

    /// The server's own sum, which may come late or never.
    pub(crate) fn digest(&self, call: &ApiCall) -> Option<String> {
        let content = self.content.as_ref()?;
        let told = match call.state.options.digests {
            Digests::AtOnce => true,
            Digests::After(delay) => call.now() >= self.updated_at + delay.as_secs(),
            Digests::Never => false,
        };
        told.then(|| format!("sha256:{content}"))
    }
}
