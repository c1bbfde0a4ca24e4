//! Referrers: manifests that name an image as their subject, by which a registry shows what was signed about it
//! ([specification](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers)).

use serde_json::{Map, Value};

use crate::domain::{Digest, ImageRef, PinnedImage};

/// The most referrers with bundles that an image may have. Whoever may push could add more; then it is not known what else is
/// there.
pub const MOST_REFERRERS: usize = 100;

/// The most bytes of a referrer's bundle: what GitHub takes as an attestation
/// ([Create an attestation](https://docs.github.com/en/rest/repos/attestations#create-an-attestation)).
pub const LARGEST_REFERRED_BUNDLE: u64 = 16 << 20;

/// The referrers of an image that hold bundles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenReferrers {
    /// The digests of their manifests, in the order of the list.
    pub bundles: Vec<Digest>,
    pub list: ReferrersList,
}

/// Who keeps the list of an image's referrers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferrersList {
    /// The registry, which adds a manifest with a subject by itself.
    Registry,
    /// Those who push: an index with the tag [`referrers_tag`], with all of its fields; empty where there is none yet.
    Index(Map<String, Value>),
}

/// The tag of the index that those who push keep, in a registry that has no list of its own
/// ([Referrers Tag Schema](https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema)).
pub fn referrers_tag(image: &PinnedImage) -> Option<ImageRef> {
    let tag = format!("sha256-{}", image.digest.hex()).parse().ok()?;
    Some(image.repository.tagged(tag))
}
