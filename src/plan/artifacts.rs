//! The awaited artifacts with their digests: passed to the tests, and compared again before publishing.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

use super::JsonObject;
use crate::domain::{Code, Diagnostic, Digest, ImageRef, PinnedImage};

/// By name: an asset's file name, `binary-image`, `module-image`, `module-image-kyma-cli-2`, or a further image as it was written. What was read is
/// written again as it was, with the fields of a newer version.
#[derive(Clone, Debug, Default)]
pub struct Artifacts(pub BTreeMap<String, Artifact>, BTreeMap<String, JsonObject>);

/// One artifact in the state in which it was awaited. Its key in [`Artifacts`] identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Artifact {
    /// An asset of the release.
    Asset {
        digest: Digest,
        /// Bytes.
        size: u64,
        /// Seconds that it was waited for.
        #[serde(default)]
        waited: u64,
        /// When the wait for it ended, in seconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ready_at: Option<u64>,
    },
    /// An image in a registry.
    Image {
        /// Of its manifest, or of its index.
        digest: Digest,
        /// By tag, as the release names it.
        tagged: ImageRef,
        /// By digest: what to test.
        image: PinnedImage,
        /// Such as `linux/amd64`; none for a module image.
        #[serde(default)]
        platforms: Vec<String>,
        /// Bytes of all its parts.
        #[serde(default)]
        size: u64,
        /// Seconds that it was waited for.
        #[serde(default)]
        waited: u64,
        /// Whether its builder named this digest as what it built for the release.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        expected: bool,
        /// When the wait for it ended, in seconds since 1970.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ready_at: Option<u64>,
    },
}

impl Artifact {
    /// The digest of an asset's bytes, or of an image's manifest.
    pub fn digest(&self) -> Digest {
        match self {
            Self::Asset { digest, .. } | Self::Image { digest, .. } => *digest,
        }
    }

    /// Bytes, of an image in all of its parts.
    pub fn size(&self) -> u64 {
        match self {
            Self::Asset { size, .. } | Self::Image { size, .. } => *size,
        }
    }

    /// Records how long it was waited for since `began`, which is in seconds since 1970.
    pub fn set_waited(&mut self, time: Duration, began: u64) {
        match self {
            Self::Asset {
                waited, ready_at, ..
            }
            | Self::Image {
                waited, ready_at, ..
            } => {
                *waited = time.as_secs();
                *ready_at = Some(began.saturating_add(*waited));
            }
        }
    }

    /// When the wait for it ended, in seconds since 1970.
    pub fn ready_at(&self) -> Option<u64> {
        match self {
            Self::Asset { ready_at, .. } | Self::Image { ready_at, .. } => *ready_at,
        }
    }

    /// Seconds that it was waited for.
    pub fn waited(&self) -> u64 {
        match self {
            Self::Asset { waited, .. } | Self::Image { waited, .. } => *waited,
        }
    }
}

impl From<BTreeMap<String, Artifact>> for Artifacts {
    fn from(artifacts: BTreeMap<String, Artifact>) -> Self {
        Self(artifacts, BTreeMap::new())
    }
}

impl Artifacts {
    /// Names all digests at once, in a form that is short enough for a commit status: the digest of the JSON object of
    /// names and digests, sorted by name, without spaces. Commit statuses hold it, so that this never changes.
    pub fn digest(&self) -> Digest {
        let digests: BTreeMap<&str, Digest> = self
            .0
            .iter()
            .map(|(name, a)| (name.as_str(), a.digest()))
            .collect();
        // Serialising a map of plain values into memory cannot fail.
        Digest::of(
            serde_json::to_string(&digests)
                .unwrap_or_default()
                .as_bytes(),
        )
    }

    /// The same without the times at which waits ended.
    #[must_use]
    pub fn without_times(&self) -> Self {
        let mut all = self.clone();
        for artifact in all.0.values_mut() {
            match artifact {
                Artifact::Asset { ready_at, .. } | Artifact::Image { ready_at, .. } => {
                    *ready_at = None;
                }
            }
        }
        all
    }

    /// Reads the output of the phase `await`.
    ///
    /// # Errors
    ///
    /// The text is not a JSON object of artifacts whose kinds this version supports.
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        serde_json::from_str(text).map_err(|error| {
            Diagnostic::value(
                Code::ArtifactsUnreadable,
                "artifacts",
                text.chars().take(80).collect::<String>(),
                format!("is not what `await` gave out: {error}"),
                "pass the output of the phase `await` on unchanged: artifacts: ${{ needs.await.outputs.artifacts }}",
            )
        })
    }

    /// The output of the phase `await`.
    pub fn to_json(&self) -> String {
        // Serialising a map of plain values into memory cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Artifacts are equal that are written in the same way.
impl PartialEq for Artifacts {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl Eq for Artifacts {}

impl Serialize for Artifacts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = |(name, artifact): (&String, &Artifact)| {
            let read = self.1.get(name).cloned().unwrap_or_default();
            Ok((name.clone(), read.updated(artifact)?))
        };
        let all: serde_json::Result<BTreeMap<String, JsonObject>> =
            self.0.iter().map(all).collect();
        all.map_err(ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Artifacts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut artifacts = Self::default();
        for (name, json) in BTreeMap::<String, Box<RawValue>>::deserialize(deserializer)? {
            let artifact = serde_json::from_str(json.get()).map_err(de::Error::custom)?;
            let read = JsonObject::read(json.get()).map_err(de::Error::custom)?;
            artifacts.1.insert(name.clone(), read);
            artifacts.0.insert(name, artifact);
        }
        Ok(artifacts)
    }
}
