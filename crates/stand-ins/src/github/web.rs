//! The web host, as far as it serves files: public downloads of releases and source archives.
//! <https://docs.github.com/en/repositories/releasing-projects-on-github/linking-to-releases>

use super::archive::Format;
use super::model::{GitRepository, StoredAsset};
use super::state::GitHubServerState;
use super::storage;
use crate::sync::lock;
use crate::transport::{HttpRequest, Reply};
use http::header::{CONTENT_TYPE, LOCATION};

/// `/{owner}/{repo}/releases/download/{tag}/{name}`, `/releases/latest/download/{name}` and
/// `/archive/{ref}.tar.gz`: of published releases and public repositories, no drafts.
pub(crate) fn serve(state: &GitHubServerState, request: &HttpRequest) -> Reply {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let world = lock(&state.world);
    let url = match segments.as_slice() {
        [owner, name, path @ ..] => world
            .find(&format!("{owner}/{name}"))
            .filter(|found| !found.private)
            .and_then(|repository| url(state, repository, path)),
        _ => None,
    };
    match url {
        Some(url) => Reply::status(302).with(LOCATION, url),
        None => Reply::status(404)
            .with(CONTENT_TYPE, "text/html")
            .bytes("Not Found"),
    }
}

/// Where a page of a repository leads.
fn url(state: &GitHubServerState, repository: &GitRepository, path: &[&str]) -> Option<String> {
    match path {
        ["releases", "download", tag @ .., file] => {
            storage::signed_url(state, published(repository, &tag.join("/"), file)?)
        }
        ["releases", "latest", "download", file] => {
            let mut assets = repository.latest_release()?.assets.iter();
            storage::signed_url(state, assets.find(|asset| asset.name == **file)?)
        }
        ["archive", reference @ ..] => {
            let (reference, format) = Format::of_file(&reference.join("/"))?;
            repository.resolve(&reference)?;
            let full_name = repository.full_name();
            Some(storage::archive_url(state, &full_name, &reference, format))
        }
        _ => None,
    }
}

fn published<'a>(repository: &'a GitRepository, tag: &str, file: &str) -> Option<&'a StoredAsset> {
    let mut releases = repository.releases.values();
    let release = releases.find(|release| !release.draft && release.tag_name == tag)?;
    release.assets.iter().find(|asset| asset.name == file)
}
