//! Attestations of artifacts, as Sigstore bundles (<https://docs.github.com/en/rest/repos/attestations>). Nothing is verified here.

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use url::Url;

use super::GitHub;
use super::answer::GitHubAnswer;
use super::client::{PAGE, Paging, success};
use super::models::Paged;
use super::rate_limit::RequestKind;
use crate::domain::Digest;
use crate::domain::urls::is_secure;
use crate::protocol::Cause;

/// How many pages of attestations of one artifact and one type are read. Whoever may write attestations could add more; then it is not
/// known what else is there.
const MOST_PAGES: usize = 10;

/// The most bytes of a bundle that GitHub has stored compressed.
const LARGEST_BUNDLE: usize = 16 << 20;

/// A page of the list.
#[derive(Deserialize)]
struct Attestations {
    attestations: Vec<Attestation>,
}

#[derive(Deserialize)]
struct Attestation {
    /// As it was stored, apart from spaces. GitHub may leave it out.
    bundle: Option<Box<RawValue>>,
    /// Where it lies compressed, on another host, for a few minutes.
    bundle_url: Option<String>,
}

impl Paged for Attestations {
    fn entries(&self) -> usize {
        self.attestations.len()
    }
}

#[derive(Serialize)]
struct BundleToStore<'a> {
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
            .pages::<Attestations>(url, MOST_PAGES, Paging::Cursors)
            .await
        {
            Err(Cause::Denied { status: 404, .. }) => return Ok(vec![]),
            pages => pages?,
        };
        let read: usize = pages.iter().map(Paged::entries).sum();
        if read >= MOST_PAGES * PAGE {
            let detail = format!(
                "GitHub has {read} or more attestations of {digest} of the type {predicate_type}; delete those that do not belong to the release"
            );
            return Err(Cause::Broken { detail });
        }
        let all = pages.into_iter().flat_map(|page| page.attestations);
        let mut bundles = Vec::new();
        for attestation in all {
            let given = attestation
                .bundle
                .filter(|bundle| bundle.get() != "null")
                .map(|bundle| Bytes::from(bundle.get().to_owned()));
            bundles.push(match (given, attestation.bundle_url) {
                (Some(bundle), _) => bundle,
                (None, Some(url)) => self.compressed_bundle(&url).await?,
                (None, None) => {
                    let detail =
                        format!("GitHub names an attestation of {digest} without its bundle");
                    return Err(Cause::Broken { detail });
                }
            });
        }
        Ok(bundles)
    }

    /// A bundle that lies elsewhere. The address is enough to read it: the token is not sent there.
    async fn compressed_bundle(&self, url: &str) -> Result<Bytes, Cause> {
        let broken = |detail: &str| Cause::Broken {
            detail: format!("the bundle of an attestation {detail}"),
        };
        let url = Url::parse(url).ok().filter(is_secure);
        let url = url.ok_or_else(|| broken("has no https address"))?;
        let answer = self
            .client
            .rate_limit
            .send(RequestKind::Read, || async {
                let _under_way = self.client.http.begin(&Method::GET, &url);
                let response = self.client.http.answers().get(url.clone()).send().await;
                let response =
                    response.map_err(|error| self.client.http.no_answer(&url, &error))?;
                let answer = GitHubAnswer::read(&url, response).await?;
                Ok((self.client.signals(&answer), answer))
            })
            .await?;
        let bundle = decompressed(&success(&answer)?.body);
        bundle.map_err(|why| broken(&why))
    }

    pub(super) async fn post_bundle(&self, bundle: &Bytes) -> Result<(), Cause> {
        let unreadable = |error: serde_json::Error| Cause::Broken {
            detail: format!("the bundle to store is not JSON: {error}"),
        };
        let bundle: &RawValue = serde_json::from_slice(bundle).map_err(unreadable)?;
        let url = self.url(&["attestations"]);
        let body = BundleToStore { bundle };
        self.write::<_, Stored>(RequestKind::Create, Method::POST, &url, &body)
            .await
            .map(drop)
    }
}

/// What a block of Snappy holds
/// ([format](https://github.com/google/snappy/blob/1.2.2/format_description.txt)), or why it is not read.
fn decompressed(block: &[u8]) -> Result<Bytes, String> {
    let damaged = |error: snap::Error| format!("is not compressed as it should be: {error}");
    let size = snap::raw::decompress_len(block).map_err(damaged)?;
    if size > LARGEST_BUNDLE {
        return Err(format!(
            "would have {size} bytes, more than {LARGEST_BUNDLE}"
        ));
    }
    let bundle = snap::raw::Decoder::new().decompress_vec(block);
    Ok(bundle.map_err(damaged)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_unless_they_are_damaged_or_too_large() {
        let text = b"{\"a\": 1}".repeat(100);
        let block = snap::raw::Encoder::new().compress_vec(&text).unwrap();
        assert!(block.len() < text.len());
        assert_eq!(decompressed(&block).unwrap(), text);
        let cut = decompressed(&block[..block.len() - 1]).unwrap_err();
        assert!(
            cut.starts_with("is not compressed as it should be: "),
            "{cut}"
        );
        // A length of 4 GiB less one, and nothing of it.
        let huge = decompressed(&[0xff, 0xff, 0xff, 0xff, 0x0f]).unwrap_err();
        assert_eq!(huge, "would have 4294967295 bytes, more than 16777216");
    }
}
