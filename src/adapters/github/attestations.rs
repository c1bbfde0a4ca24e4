//! Attestations of artifacts, as Sigstore bundles (<https://docs.github.com/en/rest/repos/attestations>). Nothing is verified here.

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::GitHub;
use super::models::Paged;
use super::rate_limit::RequestKind;
use crate::domain::Digest;
use crate::protocol::Cause;

/// How many pages of attestations of one artifact and one type are read. Whoever may write attestations could add more.
const MOST_PAGES: usize = 10;

/// A page of the list.
#[derive(Deserialize)]
struct Attestations {
    attestations: Vec<Attestation>,
}

#[derive(Deserialize)]
struct Attestation {
    /// As it was stored, apart from spaces.
    bundle: Option<Box<RawValue>>,
}

impl Paged for Attestations {
    fn entries(&self) -> usize {
        self.attestations.len()
    }
}

#[derive(Serialize)]
struct NewBundle<'a> {
    bundle: &'a RawValue,
}

/// The answer to a bundle that was stored.
#[derive(Deserialize)]
struct Stored {
    #[serde(rename = "id")]
    _id: u64,
}

impl GitHub {
    /// The bundles of an artifact, with statements of one predicate type. GitHub answers 404 where it has none.
    pub(super) async fn bundles_of(
        &self,
        digest: Digest,
        predicate_type: &str,
    ) -> Result<Vec<Bytes>, Cause> {
        let mut url = self.url(&["attestations", &digest.to_string()]);
        url.query_pairs_mut()
            .append_pair("predicate_type", predicate_type);
        let pages = match self
            .client
            .linked_pages::<Attestations>(url, MOST_PAGES)
            .await
        {
            Err(Cause::Denied { status: 404, .. }) => return Ok(vec![]),
            pages => pages?,
        };
        let all = pages.into_iter().flat_map(|page| page.attestations);
        let bundle = |attestation: Attestation| match attestation.bundle {
            Some(bundle) if bundle.get() != "null" => Ok(Bytes::from(bundle.get().to_owned())),
            _ => Err(Cause::Broken {
                detail: format!("GitHub names an attestation of {digest} without its bundle"),
            }),
        };
        all.map(bundle).collect()
    }

    pub(super) async fn post_bundle(&self, bundle: &Bytes) -> Result<(), Cause> {
        let unreadable = |error: serde_json::Error| Cause::Broken {
            detail: format!("the bundle to store is not JSON: {error}"),
        };
        let bundle: &RawValue = serde_json::from_slice(bundle).map_err(unreadable)?;
        let url = self.url(&["attestations"]);
        let body = NewBundle { bundle };
        self.write::<_, Stored>(RequestKind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
    }
}
