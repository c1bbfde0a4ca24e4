//! Releases and assets as bodies: the fields sent, and the fields answered.
//! <https://docs.github.com/en/rest/releases/releases>

use super::call::Call;
use super::options::Digests;
use super::refusal::Refusal;
use super::shapes::{address, node_id, page, user};
use super::world::{Asset, Release, Repository};
use crate::text::{percent_encode, rfc3339};
use serde_json::{Value, json};

/// The longest text of a release; the documentation does not tell it.
const BODY_MAX: usize = 125_000;

/// What a create or an update asks for; `None`: not sent.
pub(crate) struct Wish {
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

impl Wish {
    pub(crate) fn read(call: &Call) -> Result<Wish, Refusal> {
        let body = call.text("body")?;
        if body
            .as_ref()
            .is_some_and(|body| body.chars().count() > BODY_MAX)
        {
            let message = format!("body is too long (maximum is {BODY_MAX} characters)");
            return Err(Refusal::custom("Release", "body", &message));
        }
        // Strings, not booleans: `true` is refused.
        let make_latest = match call.text("make_latest")?.as_deref() {
            None => None,
            Some("true") => Some(MakeLatest::True),
            Some("false") => Some(MakeLatest::False),
            Some("legacy") => Some(MakeLatest::Legacy),
            Some(other) => {
                return Err(Refusal::form(format!(
                    "For 'properties/make_latest', {other} is not a member of [\"true\", \"false\", \"legacy\"]."
                )));
            }
        };
        if call.text("discussion_category_name")?.is_some() {
            return Err(Refusal::not_found());
        }
        let tag_name = call.text("tag_name")?;
        if tag_name.as_deref().is_some_and(|tag| !is_ref_name(tag)) {
            return Err(Refusal::custom(
                "Release",
                "tag_name",
                "tag_name is not a valid tag",
            ));
        }
        Ok(Wish {
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

/// <https://git-scm.com/docs/git-check-ref-format>, for what stands below `refs/tags/`.
pub(crate) fn is_ref_name(name: &str) -> bool {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    !name.is_empty()
        && !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.split('/').all(|part| {
            let lock = part.rsplit_once('.').is_some_and(|(_, end)| end == "lock");
            !part.is_empty() && !part.starts_with('.') && !lock
        })
}

impl Release {
    /// The name in URLs: a draft's is not its tag, even when the tag exists.
    pub(crate) fn slug(&self) -> &str {
        if self.draft {
            &self.untagged
        } else {
            &self.tag_name
        }
    }

    pub(crate) fn html_url(&self, call: &Call, repository: &Repository) -> String {
        page(
            call,
            repository,
            &format!("/releases/tag/{}", percent_encode(self.slug())),
        )
    }

    pub(crate) fn view(&self, call: &Call, repository: &Repository) -> Value {
        let url = address(call, repository, &format!("/releases/{}", self.id));
        let upload = format!("{}/repos/{}", call.hub.urls.upload, repository.full_name());
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

impl Asset {
    pub(crate) fn view(&self, call: &Call, repository: &Repository, release: &Release) -> Value {
        let path = format!("/releases/download/{}/{}", release.slug(), self.name);
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
    pub(crate) fn digest(&self, call: &Call) -> Option<String> {
        let content = self.content.as_ref()?;
        let told = match call.hub.options.digests {
            Digests::AtOnce => true,
            Digests::After(delay) => call.now() >= self.updated_at + delay.as_secs(),
            Digests::Never => false,
        };
        told.then(|| format!("sha256:{content}"))
    }
}
