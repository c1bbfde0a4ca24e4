//! Fields of releases, drafts included, and of assets.
//! <https://docs.github.com/en/graphql/reference/objects#release>

use super::connection;
use super::document::RequestedField;
use super::object::{FieldResult, Object, ResolveContext, Resolved};
use crate::github::model::{GitRepository, StoredAsset, StoredRelease};
use crate::github::rest::objects::{address, node_id, page};
use crate::text::rfc3339;
use serde_json::{Value, json};

pub(crate) fn release<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    release: &'a StoredRelease,
    field: &RequestedField,
) -> FieldResult<'a> {
    let path = || {
        format!(
            "/{}/releases/tag/{}",
            repository.full_name(),
            release.url_name()
        )
    };
    let tag = format!("refs/tags/{}", release.tag_name);
    Ok(Some(match field.name.as_str() {
        "id" => json!(node_id("RE", release.id)).into(),
        "databaseId" => json!(release.id).into(),
        "tagName" => json!(release.tag_name).into(),
        "name" => json!(release.name).into(),
        "description" => json!(release.body).into(),
        "descriptionHTML" | "shortDescriptionHTML" => {
            let text = release.body.clone().unwrap_or_default();
            json!(format!("<p>{text}</p>")).into()
        }
        "isDraft" => json!(release.draft).into(),
        "isPrerelease" => json!(release.prerelease).into(),
        "immutable" => json!(release.immutable).into(),
        "isLatest" => {
            let latest = repository.latest_release();
            json!(latest.is_some_and(|latest| latest.id == release.id)).into()
        }
        "url" => json!(release.html_url(context.call, repository)).into(),
        "resourcePath" => json!(path()).into(),
        "createdAt" => json!(rfc3339(release.created_at)).into(),
        "updatedAt" => json!(rfc3339(release.updated_at)).into(),
        "publishedAt" => json!(release.published_at.map(rfc3339)).into(),
        "repository" => Object::Repository(repository).into(),
        "author" => Object::Actor(release.author.trim_end_matches("[bot]").to_owned()).into(),
        "tag" if repository.refs.contains_key(&tag) => Object::Ref(repository, tag).into(),
        "tag" => Value::Null.into(),
        "tagCommit" => {
            let commit = repository.tag_commit(&release.tag_name);
            Resolved::maybe(commit.and_then(|sha| Object::commit(repository, &sha)))
        }
        "releaseAssets" => {
            let name = field.optional_text("name");
            let assets = release.assets.iter();
            let wanted = assets.filter(|asset| name.is_none_or(|name| name == asset.name));
            let all = wanted.map(|asset| Object::Asset(repository, release, asset));
            connection::new(
                "ReleaseAssetConnection",
                "ReleaseAssetEdge",
                all.collect(),
                field,
            )?
            .into()
        }
        _ => return Ok(None),
    }))
}

pub(crate) fn asset<'a>(
    context: &ResolveContext<'a>,
    repository: &'a GitRepository,
    release: &'a StoredRelease,
    asset: &'a StoredAsset,
    field: &str,
) -> Option<Resolved<'a>> {
    let call = context.call;
    let download = format!("/releases/download/{}/{}", release.url_name(), asset.name);
    let url = format!("/releases/assets/{}", asset.id);
    let value = match field {
        "id" => json!(node_id("RA", asset.id)),
        "name" => json!(asset.name),
        "size" => json!(asset.size),
        "digest" => json!(asset.digest(call)),
        "contentType" => json!(asset.content_type),
        "downloadCount" => json!(0),
        "downloadUrl" => json!(page(call, repository, &download)),
        "url" => json!(address(call, repository, &url)),
        "createdAt" => json!(rfc3339(asset.created_at)),
        "updatedAt" => json!(rfc3339(asset.updated_at)),
        "release" => return Some(Object::Release(repository, release).into()),
        "uploadedBy" => {
            let login = asset.uploader.trim_end_matches("[bot]");
            return Some(Object::actor(login).into());
        }
        _ => return None,
    };
    Some(value.into())
}
