//! What was awaited, with the digests that were found: handed to the tests, and compared again before publishing.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::{Code, Diagnostic};
use crate::domain::{Digest, ImageRef, PinnedImage};

/// By name: an asset's file name, `binary-image`, `module-image`, or a further image as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Artifacts(pub BTreeMap<String, Artifact>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Artifact {
    Asset {
        digest: Digest,
        size: u64,
        /// Seconds that it was waited for.
        #[serde(default)]
        waited: u64,
    },
    Image {
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
    },
}

impl Artifact {
    pub fn digest(&self) -> Digest {
        match self {
            Self::Asset { digest, .. } | Self::Image { digest, .. } => *digest,
        }
    }
}

impl Artifact {
    pub fn size(&self) -> u64 {
        match self {
            Self::Asset { size, .. } | Self::Image { size, .. } => *size,
        }
    }

    pub fn set_waited(&mut self, time: Duration) {
        match self {
            Self::Asset { waited, .. } | Self::Image { waited, .. } => *waited = time.as_secs(),
        }
    }

    pub fn waited(&self) -> u64 {
        match self {
            Self::Asset { waited, .. } | Self::Image { waited, .. } => *waited,
        }
    }
}

impl Artifacts {
    /// Names all digests at once, in a form that is short enough for a commit status.
    pub fn digest(&self) -> Digest {
        let digests: BTreeMap<&str, Digest> = self
            .0
            .iter()
            .map(|(name, a)| (name.as_str(), a.digest()))
            .collect();
        // Serialising a map of plain values into memory has no way to fail.
        Digest::of(
            serde_json::to_string(&digests)
                .unwrap_or_default()
                .as_bytes(),
        )
    }

    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        serde_json::from_str(text).map_err(|error| Diagnostic::value(Code::ArtifactsUnreadable, "artifacts", text.chars().take(80).collect::<String>(), format!("is not what `await` gave out: {error}"), "pass the output of the phase `await` on unchanged: artifacts: ${{ needs.await.outputs.artifacts }}"))
    }

    pub fn to_json(&self) -> String {
        // Serialising a map of plain values into memory has no way to fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}
