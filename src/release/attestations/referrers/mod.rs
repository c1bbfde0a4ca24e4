//! Signed statements as referrers of images: what is pushed, so that those who pull an image find what was signed about it.
//!
//! The form is that of cosign and of `actions/attest`: an image manifest with the bundle as its only layer
//! ([cosign's specification](https://github.com/sigstore/cosign/blob/v3.0.2/specs/BUNDLE_SPEC.md)).

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Found;
use crate::domain::{Digest, ImageRef, PinnedImage};
use crate::plan::{Artifact, Artifacts};
use crate::protocol::{
    Action, BUNDLE_MEDIA_TYPE, Blob, BlobSource, Cause, Reader, ReferrersList, RefusedAttestation,
    SeenAttestation, SeenManifest, SeenReferrers, ServiceError, referrers_tag,
};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The config of a manifest that has none
/// ([Guidance for an Empty Descriptor](https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#guidance-for-an-empty-descriptor)).
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const EMPTY_CONFIG: &[u8] = b"{}";

/// What the bundle holds.
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE_TYPE: &str = "dev.sigstore.bundle.predicateType";

/// The fields in the order in which they are written: the same bundle is the same manifest in every run.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestToPush<'a> {
    schema_version: u8,
    media_type: &'a str,
    artifact_type: &'a str,
    config: BlobToPush<'a>,
    layers: [BlobToPush<'a>; 1],
    subject: BlobToPush<'a>,
    annotations: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlobToPush<'a> {
    media_type: &'a str,
    digest: String,
    size: u64,
}

/// A bundle as a referrer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Referrer {
    digest: Digest,
    manifest: Bytes,
    bundle: Bytes,
    annotations: Value,
}

impl Referrer {
    fn new(image: &SeenManifest, size: u64, signed: &SeenAttestation) -> Self {
        // No time: it would be another manifest in every run.
        let annotations =
            json!({CONTENT: "dsse-envelope", PREDICATE_TYPE: signed.predicate_type.as_str()});
        let bundle = &signed.bundle;
        let manifest = ManifestToPush {
            schema_version: 2,
            media_type: MANIFEST,
            artifact_type: BUNDLE_MEDIA_TYPE,
            config: BlobToPush {
                media_type: EMPTY,
                digest: Digest::of(EMPTY_CONFIG).to_string(),
                size: EMPTY_CONFIG.len() as u64,
            },
            layers: [BlobToPush {
                media_type: BUNDLE_MEDIA_TYPE,
                digest: Digest::of(bundle).to_string(),
                size: bundle.len() as u64,
            }],
            subject: BlobToPush {
                media_type: &image.media_type,
                digest: image.digest.to_string(),
                size,
            },
            annotations: annotations.clone(),
        };
        // A value of texts and numbers can always be written.
        let manifest = Bytes::from(serde_json::to_vec(&manifest).unwrap_or_default());
        Self {
            digest: Digest::of(&manifest),
            manifest,
            bundle: bundle.clone(),
            annotations,
        }
    }

    fn blobs(&self) -> [&[u8]; 2] {
        [EMPTY_CONFIG, &self.bundle]
    }

    /// The entry in an index of referrers, which repeats type and annotations of the manifest.
    fn entry(&self) -> Value {
        json!({
            "mediaType": MANIFEST,
            "digest": self.digest.to_string(),
            "size": self.manifest.len(),
            "artifactType": BUNDLE_MEDIA_TYPE,
            "annotations": self.annotations,
        })
    }
}

/// The most bytes of all bundles of an image's referrers.
const MOST_BYTES: usize = 64 << 20;

/// What a referrer of an image holds.
#[derive(Clone, Debug)]
pub(crate) struct ReferredStatement {
    /// The predicate type of its statement, which nothing proves where that was not verified.
    claims: Option<String>,
    /// Verified, or the reason why it does not count. What it says is compared with nothing yet.
    pub(crate) found: Found,
}

impl ReferredStatement {
    /// Why nothing of it can be read, not even its type.
    pub(crate) fn unreadable(&self) -> Option<&RefusedAttestation> {
        self.found.as_ref().err().filter(|_| self.claims.is_none())
    }

    pub(crate) fn claims(&self, predicate_type: &str) -> bool {
        self.claims.as_deref() == Some(predicate_type)
    }
}

/// What the referrers of an image hold.
pub(crate) async fn read(
    reader: Reader<'_>,
    image: &PinnedImage,
) -> Result<Vec<ReferredStatement>, ServiceError> {
    let listed = reader.registry.referrers(image).await?;
    let mut all = Vec::new();
    let mut left = MOST_BYTES;
    for referrer in listed.bundles {
        let bundle = match reader.registry.referred_bundle(image, referrer).await? {
            Ok(bundle) => bundle,
            Err(refused) => {
                all.push(ReferredStatement {
                    claims: None,
                    found: Err(refused),
                });
                continue;
            }
        };
        let Some(rest) = left.checked_sub(bundle.len()) else {
            let detail = format!(
                "their bundles have more than {MOST_BYTES} bytes; delete those that do not belong to the release"
            );
            let doing = format!("read the referrers of {image}");
            return Err(ServiceError::new(doing, Cause::Broken { detail }));
        };
        left = rest;
        let found = reader.verifier.verify(&bundle);
        let claims = match &found {
            Ok(seen) => Some(seen.predicate_type.clone()),
            Err(_) => claimed_type(&bundle),
        };
        all.push(ReferredStatement { claims, found });
    }
    Ok(all)
}

/// The predicate type in a bundle that is not trusted: only to know what it was to be.
fn claimed_type(bundle: &[u8]) -> Option<String> {
    let bundle: Value = serde_json::from_slice(bundle).ok()?;
    let payload = bundle.pointer("/dsseEnvelope/payload")?.as_str()?;
    let statement = BASE64_STANDARD.decode(payload).ok()?;
    let statement: Value = serde_json::from_slice(&statement).ok()?;
    Some(statement.get("predicateType")?.as_str()?.to_owned())
}

/// What a registry has of the referrers that an image is to have.
#[derive(Clone, Debug)]
pub(crate) struct ReferredImage {
    pub(crate) image: PinnedImage,
    wanted: Vec<Referrer>,
    list: SeenReferrers,
    /// The manifests that are there and not listed.
    there: BTreeSet<Digest>,
    /// The blobs that are known to be there.
    blobs: BTreeSet<Digest>,
}

/// Whether this process has tried to push referrers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tried {
    /// Nothing is expected to be there, and the upload finds out.
    #[default]
    NotYet,
    Before,
}

/// The images among the artifacts, each once: two tags may name the same.
pub(crate) fn images(artifacts: &Artifacts) -> BTreeSet<&PinnedImage> {
    let pinned = artifacts.0.values().filter_map(|artifact| match artifact {
        Artifact::Image { image, .. } => Some(image),
        Artifact::Asset { .. } => None,
    });
    pinned.collect()
}

/// Reads what an image has of the referrers that hold these bundles.
pub(crate) async fn see(
    reader: Reader<'_>,
    image: &PinnedImage,
    signed: &[&SeenAttestation],
    tried: Tried,
) -> Result<ReferredImage, ServiceError> {
    let registry = reader.registry;
    let mut seen = ReferredImage {
        image: image.clone(),
        wanted: vec![],
        list: registry.referrers(image).await?,
        there: BTreeSet::new(),
        blobs: BTreeSet::new(),
    };
    // The gate refuses a release without its image.
    let Some(manifest) = registry.resolve(&ImageRef::from(image.clone())).await? else {
        return Ok(seen);
    };
    let size = if let Some(size) = manifest.size {
        size
    } else {
        let Some(bytes) = registry.manifest(image).await? else {
            return Ok(seen);
        };
        bytes.len() as u64
    };
    let wanted = signed
        .iter()
        .map(|signed| Referrer::new(&manifest, size, signed));
    seen.wanted = wanted.collect();
    for referrer in &seen.wanted {
        if tried == Tried::NotYet && seen.list.list == ReferrersList::Registry
            || seen.list.bundles.contains(&referrer.digest)
        {
            continue;
        }
        let named = image.repository.pinned(referrer.digest);
        if registry.resolve(&ImageRef::from(named)).await?.is_some() {
            seen.there.insert(referrer.digest);
            continue;
        }
        for bytes in referrer.blobs() {
            let digest = Digest::of(bytes);
            if tried == Tried::Before && registry.has_blob(&image.repository, digest).await? {
                seen.blobs.insert(digest);
            }
        }
    }
    Ok(seen)
}

impl ReferredImage {
    /// What is still to be done until all referrers are there and listed.
    ///
    /// Whether an index has to be kept is decided by what readers are answered, after the manifests were pushed: they look for the
    /// index exactly where the registry has no list. Entries of others stay; one that was lost because two wrote at once is
    /// missing in the next look, and is added again.
    pub(crate) fn missing(&self) -> Vec<Action> {
        let listed = &self.list.bundles;
        let unlisted = self
            .wanted
            .iter()
            .filter(|one| !listed.contains(&one.digest));
        let unlisted: Vec<_> = unlisted.collect();
        let absent = unlisted
            .iter()
            .filter(|one| !self.there.contains(&one.digest));
        let absent: Vec<_> = absent.copied().collect();
        if !absent.is_empty() {
            return self.pushes(&absent);
        }
        match &self.list.list {
            ReferrersList::Index(index) if !unlisted.is_empty() => {
                let tag = referrers_tag(&self.image);
                let push = tag.map(|to| Action::PushManifest {
                    to,
                    media_type: INDEX.to_owned(),
                    bytes: with_entries(index, &unlisted),
                });
                push.into_iter().collect()
            }
            // A registry lists a manifest when it is pushed.
            ReferrersList::Registry => unlisted.iter().map(|one| self.push(one)).collect(),
            ReferrersList::Index(_) => vec![],
        }
    }

    fn pushes(&self, absent: &[&Referrer]) -> Vec<Action> {
        let all = absent.iter().flat_map(|one| one.blobs());
        let blobs: Vec<(Digest, &[u8])> = all.map(|bytes| (Digest::of(bytes), bytes)).collect();
        let mut missing: Vec<Blob> = Vec::new();
        for (digest, bytes) in blobs {
            if self.blobs.contains(&digest) || missing.iter().any(|blob| blob.digest == digest) {
                continue;
            }
            missing.push(Blob {
                digest,
                size: bytes.len() as u64,
                bytes: BlobSource::Memory(Bytes::copy_from_slice(bytes)),
                mount_from: None,
            });
        }
        let to = self.image.repository.clone();
        let blobs = (!missing.is_empty()).then_some(Action::PushBlobs { to, blobs: missing });
        let manifests = absent.iter().map(|one| self.push(one));
        blobs.into_iter().chain(manifests).collect()
    }

    fn push(&self, referrer: &Referrer) -> Action {
        Action::PushManifest {
            to: self.image.repository.pinned(referrer.digest).into(),
            media_type: MANIFEST.to_owned(),
            bytes: referrer.manifest.clone(),
        }
    }
}

/// The index with further entries, all else as it was.
fn with_entries(index: &Map<String, Value>, more: &[&Referrer]) -> Bytes {
    let mut index = index.clone();
    index.insert("schemaVersion".to_owned(), 2.into());
    index.insert("mediaType".to_owned(), INDEX.into());
    let listed = index
        .entry("manifests")
        .or_insert_with(|| Value::Array(vec![]));
    if let Some(listed) = listed.as_array_mut() {
        listed.extend(more.iter().map(|one| one.entry()));
    }
    // A value that was read as JSON can be written as JSON.
    serde_json::to_vec(&index).unwrap_or_default().into()
}
