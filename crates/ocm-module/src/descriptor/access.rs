//! Access specifications: where the bytes of a resource or source are.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::values::Digest;

/// An access specification: as written, and what it means here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct AccessSpec {
    kind: AccessKind,
    written: Map<String, Value>,
}

/// The access types that modules use; all others are kept unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// A layer of the same image. `localBlob` today, `localOciBlob` until 2023, `localFilesystemBlob` in archives.
    LocalBlob {
        /// The digest of the layer.
        digest: Digest,
        /// The media type of the layer, where it is given.
        media_type: Option<String>,
    },
    /// An image elsewhere. `ociArtifact` today, `ociRegistry` and `ociImage` before.
    OciArtifact {
        /// The image reference in the syntax of container runtimes.
        image: String,
    },
    /// A commit in a git repository. The type is `gitHub` for every git host.
    Git {
        /// The repository's address, with or without a scheme.
        repo_url: String,
        /// The commit's hash, where it is given.
        commit: Option<String>,
    },
    /// An access that modules do not use.
    Other {
        /// Its type, such as `helm/v1`.
        kind: String,
    },
}

impl AccessSpec {
    /// What the access means.
    pub fn kind(&self) -> &AccessKind {
        &self.kind
    }
}

impl TryFrom<Map<String, Value>> for AccessSpec {
    type Error = String;

    fn try_from(written: Map<String, Value>) -> Result<Self, String> {
        let text = |key: &str| written.get(key).and_then(Value::as_str).map(str::to_owned);
        let need = |key: &str| text(key).ok_or_else(|| format!("an access without {key}"));
        let written_kind = need("type")?;
        // `localBlob/v1` is `localBlob`: every type may have a version after it (ocm-spec, "Type names").
        let kind = match written_kind.split('/').next().unwrap_or_default() {
            "localBlob" => local_blob(&need("localReference")?, text("mediaType"))?,
            "localOciBlob" => local_blob(&need("digest")?, None)?,
            "localFilesystemBlob" => {
                let file = text("fileName").or_else(|| text("filename"));
                local_blob(
                    &file.ok_or("an access without fileName")?,
                    text("mediaType"),
                )?
            }
            "ociArtifact" | "ociRegistry" | "ociImage" => AccessKind::OciArtifact {
                image: need("imageReference")?,
            },
            git if git.eq_ignore_ascii_case("github") || git == "git" => AccessKind::Git {
                repo_url: text("repoUrl").map_or_else(|| need("repository"), Ok)?,
                commit: text("commit"),
            },
            _ => AccessKind::Other { kind: written_kind },
        };
        Ok(Self { kind, written })
    }
}

/// A blob is named by its digest; as a file name with a dot for the colon, which some file systems do not take.
fn local_blob(reference: &str, media_type: Option<String>) -> Result<AccessKind, String> {
    let name = match reference.strip_prefix("sha256.") {
        Some(hex) => format!("sha256:{hex}"),
        None => reference.to_owned(),
    };
    let digest = name
        .parse()
        .map_err(|_| format!("a local blob named {reference:?}, which is no digest"))?;
    Ok(AccessKind::LocalBlob { digest, media_type })
}

impl From<AccessSpec> for Map<String, Value> {
    fn from(access: AccessSpec) -> Self {
        access.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn access_types_of_all_tools_are_read() {
        let digest = Digest::of(b"x");
        let blob = |media_type: Option<&str>| AccessKind::LocalBlob {
            digest,
            media_type: media_type.map(str::to_owned),
        };
        let image = AccessKind::OciArtifact {
            image: "a:1".into(),
        };
        let git = |commit: Option<&str>| AccessKind::Git {
            repo_url: "r".into(),
            commit: commit.map(str::to_owned),
        };
        let hex = digest.hex();
        for (written, kind) in [
            (
                json!({"type": "localOciBlob", "digest": digest}),
                blob(None),
            ),
            (
                json!({"type": "localOciBlob/v1", "digest": digest}),
                blob(None),
            ),
            (
                json!({"type": "localBlob", "localReference": digest, "mediaType": "a/b"}),
                blob(Some("a/b")),
            ),
            (
                json!({"type": "localBlob/v1", "localReference": digest, "referenceName": "x"}),
                blob(None),
            ),
            (
                json!({"type": "localFilesystemBlob", "filename": format!("sha256.{hex}")}),
                blob(None),
            ),
            (
                json!({"type": "localFilesystemBlob", "fileName": digest, "mediaType": "a"}),
                blob(Some("a")),
            ),
            (
                json!({"type": "ociRegistry", "imageReference": "a:1"}),
                image.clone(),
            ),
            (
                json!({"type": "ociArtifact/v1", "imageReference": "a:1"}),
                image.clone(),
            ),
            (json!({"type": "ociImage", "imageReference": "a:1"}), image),
            (
                json!({"type": "gitHub", "repoUrl": "r", "commit": "c"}),
                git(Some("c")),
            ),
            (json!({"type": "Github", "repoUrl": "r"}), git(None)),
            (json!({"type": "git", "repository": "r"}), git(None)),
            (
                json!({"type": "helm/v1", "x": 1}),
                AccessKind::Other {
                    kind: "helm/v1".into(),
                },
            ),
        ] {
            let access: AccessSpec = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(access.kind(), &kind);
            assert_eq!(serde_json::to_value(access).unwrap(), written);
        }
    }

    #[test]
    fn incomplete_accesses_are_refused() {
        for (written, why) in [
            (json!({}), "without type"),
            (
                json!({"type": "localBlob", "localReference": "../x"}),
                "no digest",
            ),
            (json!({"type": "localOciBlob"}), "without digest"),
            (json!({"type": "localFilesystemBlob"}), "without fileName"),
            (json!({"type": "ociArtifact"}), "without imageReference"),
            (json!("localBlob"), "invalid type"),
        ] {
            let error = serde_json::from_value::<AccessSpec>(written)
                .unwrap_err()
                .to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
