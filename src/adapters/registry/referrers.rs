//! Referrers that hold bundles: as the registry lists them, or from the index that those who push keep where it lists none.

use bytes::Bytes;
use oci_client::manifest::OCI_IMAGE_INDEX_MEDIA_TYPE;
use reqwest::header::{HeaderValue, LINK};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Registries;
use super::answered::Answered;
use super::client::RegistryClient;
use super::failure::RequestFailure;
use super::reader::MANIFEST_LIMIT;
use super::request::{RegistryRequest, endpoint};
use super::retry::retried;
use crate::adapters::http::next_page;
use crate::domain::{Digest, ImageRef, PinnedImage};
use crate::protocol::{
    BUNDLE_MEDIA_TYPE, Cause, LARGEST_REFERRED_BUNDLE, MOST_REFERRERS, ReferrersList,
    RefusedAttestation, RegistryReader as _, SeenReferrers, SignatureFault, referrers_tag,
};

/// The most pages of a list, which a registry cuts as it likes.
const MOST_PAGES: usize = 20;
/// The most entries of a list: it also has what is no bundle, where a registry does not select.
const MOST_ENTRIES: usize = 2_000;

/// What is needed of a list of manifests.
#[derive(Deserialize)]
struct ListOfManifests {
    #[serde(rename = "mediaType", default)]
    media_type: Option<String>,
    #[serde(default)]
    manifests: Vec<ListedManifest>,
}

/// One that cannot be read is no bundle.
#[derive(Deserialize)]
struct ListedManifest {
    #[serde(rename = "artifactType", default)]
    artifact_type: Value,
    #[serde(default)]
    digest: Value,
}

/// What is needed of the manifest of a referrer.
#[derive(Deserialize)]
struct ReferrerManifest {
    #[serde(rename = "artifactType")]
    artifact_type: String,
    layers: Vec<ReferrerBlob>,
    subject: ReferrerSubject,
}

#[derive(Deserialize)]
struct ReferrerBlob {
    #[serde(rename = "mediaType")]
    media_type: String,
    digest: Digest,
}

#[derive(Deserialize)]
struct ReferrerSubject {
    digest: Digest,
}

impl Registries {
    pub(super) async fn listed_referrers(
        &self,
        image: &PinnedImage,
    ) -> Result<SeenReferrers, Cause> {
        let repository = &image.repository;
        if !self.cache.lists_no_referrers(repository) {
            if let Some(entries) = self.pages_of_referrers(image).await? {
                return bundles_among(image, entries, ReferrersList::Registry);
            }
            self.cache.set_lists_no_referrers(repository);
        }
        let client = &*self.client;
        let tag = referrers_tag(image).ok_or_else(|| Cause::Broken {
            detail: "its digest makes no tag".to_owned(),
        })?;
        let Some((media_type, bytes)) =
            retried(client.clock(), || client.get_manifest(&tag)).await?
        else {
            return bundles_among(image, vec![], ReferrersList::Index(Map::new()));
        };
        let no_index = |why: &str| Cause::Broken {
            detail: format!("{tag} is no list of referrers: {why}"),
        };
        if media_type != OCI_IMAGE_INDEX_MEDIA_TYPE {
            return Err(no_index(&format!("its type is {media_type}")));
        }
        let index: Map<String, Value> =
            serde_json::from_slice(&bytes).map_err(|error| no_index(&error.to_string()))?;
        let list: ListOfManifests =
            serde_json::from_slice(&bytes).map_err(|error| no_index(&error.to_string()))?;
        bundles_among(image, list.manifests, ReferrersList::Index(index))
    }

    /// `None` from a registry that keeps no list.
    async fn pages_of_referrers(
        &self,
        image: &PinnedImage,
    ) -> Result<Option<Vec<ListedManifest>>, Cause> {
        let client = &*self.client;
        let path = format!("referrers/{}", image.digest);
        let mut url = endpoint(&image.repository, &path)?;
        url.query_pairs_mut()
            .append_pair("artifactType", BUNDLE_MEDIA_TYPE);
        let mut entries = Vec::new();
        for page in 0..MOST_PAGES {
            let read = retried(client.clock(), || client.page_of_referrers(image, &url)).await?;
            let Some((list, next)) = read else {
                if page == 0 {
                    return Ok(None);
                }
                let detail = "the registry names a next page, and does not have it".to_owned();
                return Err(Cause::Broken { detail });
            };
            entries.extend(list.manifests);
            match next {
                Some(next) if entries.len() <= MOST_ENTRIES => url = next,
                _ => return Ok(Some(entries)),
            }
        }
        let detail = format!("the registry's list has more than {MOST_PAGES} pages");
        Err(Cause::Broken { detail })
    }

    /// The bundle of a referrer, or why it does not count. What was read by its digest is not asked for again.
    pub(super) async fn bundle_of_referrer(
        &self,
        image: &PinnedImage,
        referrer: Digest,
    ) -> Result<Result<Bytes, RefusedAttestation>, Cause> {
        let refused = |why: &str| {
            let why = format!("the referrer {} {why}", referrer.short());
            Ok(Err(RefusedAttestation::new(
                SignatureFault::BundleUnreadable,
                why,
            )))
        };
        let client = &*self.client;
        let bytes = if let Some(bytes) = self.cache.get(referrer) {
            bytes
        } else {
            let named = ImageRef::from(image.repository.pinned(referrer));
            match retried(client.clock(), || client.get_manifest(&named)).await {
                Ok(Some((_, bytes))) => {
                    self.cache.put(referrer, &bytes);
                    bytes
                }
                Ok(None) => return refused("is listed, and is not there"),
                Err(Cause::Broken { detail }) => return refused(&detail),
                Err(cause) => return Err(cause),
            }
        };
        let manifest: ReferrerManifest = match serde_json::from_slice(&bytes) {
            Ok(manifest) => manifest,
            Err(error) => return refused(&format!("cannot be read: {error}")),
        };
        if manifest.subject.digest != image.digest {
            return refused(&format!("is one of {}", manifest.subject.digest));
        }
        let layer = match manifest.layers.as_slice() {
            [layer]
                if manifest.artifact_type == BUNDLE_MEDIA_TYPE
                    && layer.media_type == BUNDLE_MEDIA_TYPE =>
            {
                layer.digest
            }
            _ => return refused("does not hold exactly one bundle"),
        };
        if let Some(bytes) = self.cache.get(layer) {
            return Ok(Ok(bytes));
        }
        let read = self.blob(&image.repository, layer, LARGEST_REFERRED_BUNDLE);
        match read.await.map_err(|error| error.cause) {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(Cause::Broken { detail }) => refused(&detail),
            Err(Cause::Refused { status: 404, .. }) => refused("has no bundle, which was deleted"),
            Err(cause) => Err(cause),
        }
    }
}

impl RegistryClient {
    /// A page and the address of the next one; `None` for 404.
    async fn page_of_referrers(
        &self,
        image: &PinnedImage,
        url: &Url,
    ) -> Result<Option<(ListOfManifests, Option<Url>)>, RequestFailure> {
        let accept = HeaderValue::from_static(OCI_IMAGE_INDEX_MEDIA_TYPE);
        let repository = &image.repository;
        let request = RegistryRequest::read(Method::GET, repository, url.clone()).accepting(accept);
        let response = self.send(&request).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Ok(None),
            _ => return Err(self.refused(repository, response).await),
        }
        let answered = Answered::of(&response);
        let bytes = self.transport.body(response, MANIFEST_LIMIT).await?;
        if let Some(page) = answered.page(&bytes) {
            return Err(RequestFailure::broken(page));
        }
        let list: ListOfManifests = serde_json::from_slice(&bytes)
            .map_err(|error| RequestFailure::broken(format!("cannot be read: {error}")))?;
        if list.media_type.as_deref() != Some(OCI_IMAGE_INDEX_MEDIA_TYPE) {
            return Err(RequestFailure::broken("the answer is no image index"));
        }
        let link = answered.headers.get(LINK);
        let next = match link.and_then(|link| link.to_str().ok()) {
            Some(link) => next_page(url, link)?,
            None => None,
        };
        Ok(Some((list, next)))
    }
}

/// The bundles among the entries of a list: not every registry selects.
fn bundles_among(
    image: &PinnedImage,
    entries: Vec<ListedManifest>,
    list: ReferrersList,
) -> Result<SeenReferrers, Cause> {
    let all = entries.len();
    let are_bundles = entries
        .into_iter()
        .filter(|entry| entry.artifact_type == BUNDLE_MEDIA_TYPE);
    let digests = are_bundles.filter_map(|entry| entry.digest.as_str()?.parse().ok());
    let mut bundles: Vec<Digest> = Vec::new();
    for digest in digests {
        if !bundles.contains(&digest) {
            bundles.push(digest);
        }
        if bundles.len() >= MOST_REFERRERS {
            break;
        }
    }
    if all > MOST_ENTRIES || bundles.len() >= MOST_REFERRERS {
        let detail = format!(
            "{} has {all} or more referrers; delete those that do not belong to the release",
            image.digest
        );
        return Err(Cause::Broken { detail });
    }
    Ok(SeenReferrers { bundles, list })
}
