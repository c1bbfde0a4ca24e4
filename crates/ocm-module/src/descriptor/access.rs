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
    /// A layer of the same image that is not named as its type requires. Descriptors may say so, but nothing can be read.
    Incomplete {
        /// What is missing, for a sentence.
        why: String,
    },
    /// An access that modules do not use, or one of an image or a commit that names none.
    Other {
        /// Its type, such as `helm/v1`.
        kind: String,
    },
}

impl AccessSpec {
    /// The type as it is written, such as `localBlob/v1`; empty if it is null.
    pub fn type_name(&self) -> &str {
        let name = self.written.get("type").and_then(Value::as_str);
        name.unwrap_or_default()
    }

    /// What the access means.
    pub fn kind(&self) -> &AccessKind {
        &self.kind
    }
}

impl TryFrom<Map<String, Value>> for AccessSpec {
    type Error = String;

    /// OCM requires nothing but a type of a descriptor's accesses, and not even that this has a text.
    fn try_from(written: Map<String, Value>) -> Result<Self, String> {
        let text = |key: &str| written.get(key).and_then(Value::as_str).map(str::to_owned);
        if !written.contains_key("type") {
            return Err("an access without type".into());
        }
        let written_kind = text("type").unwrap_or_default();
        let other = || AccessKind::Other {
            kind: written_kind.clone(),
        };
        // `localBlob/v1` is `localBlob`: every type may have a version after it (ocm-spec, "Type names").
        let kind = match written_kind.split('/').next().unwrap_or_default() {
            "localBlob" => local_blob("localReference", text("localReference"), text("mediaType")),
            "localOciBlob" => local_blob("digest", text("digest"), None),
            "localFilesystemBlob" => {
                let file = text("fileName").or_else(|| text("filename"));
                local_blob("fileName", file, text("mediaType"))
            }
            "ociArtifact" | "ociRegistry" | "ociImage" => {
                text("imageReference").map_or_else(other, |image| AccessKind::OciArtifact { image })
            }
            git if git.eq_ignore_ascii_case("github") || git == "git" => {
                let address = text("repoUrl").or_else(|| text("repository"));
                address.map_or_else(other, |repo_url| AccessKind::Git {
                    repo_url,
                    commit: text("commit"),
                })
            }
            _ => other(),
        };
        Ok(Self { kind, written })
    }
}

/// A blob is named by its digest; as a file name with a dot for the colon, which some file systems do not take.
fn local_blob(key: &str, reference: Option<String>, media_type: Option<String>) -> AccessKind {
    let Some(reference) = reference else {
        let why = format!("a local blob without {key}");
        return AccessKind::Incomplete { why };
    };
    let name = match reference.strip_prefix("sha256.") {
        Some(hex) => format!("sha256:{hex}"),
        None => reference.clone(),
    };
    match name.parse() {
        Ok(digest) => AccessKind::LocalBlob { digest, media_type },
        Err(_) => AccessKind::Incomplete {
            why: format!("a local blob named {reference:?}, which is no digest"),
        },
    }
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
    fn incomplete_accesses_are_read_and_name_nothing() {
        let of = |written: Value| serde_json::from_value::<AccessSpec>(written);
        for (written, why) in [
            (
                json!({"type": "localBlob", "localReference": "../x"}),
                "no digest",
            ),
            (json!({"type": "localBlob"}), "without localReference"),
            (json!({"type": "localOciBlob"}), "without digest"),
            (json!({"type": "localFilesystemBlob"}), "without fileName"),
        ] {
            let access = of(written.clone()).unwrap();
            let AccessKind::Incomplete { why: found } = access.kind() else {
                panic!("{written}")
            };
            assert!(found.contains(why), "{found}");
            assert_eq!(serde_json::to_value(access).unwrap(), written);
        }
        for written in [
            json!({"type": "ociArtifact"}),
            json!({"type": "gitHub"}),
            json!({"type": null}),
        ] {
            let access = of(written.clone()).unwrap();
            assert!(
                matches!(access.kind(), AccessKind::Other { .. }),
                "{written}"
            );
            assert_eq!(serde_json::to_value(access).unwrap(), written);
        }
        for (written, why) in [
            (json!({}), "without type"),
            (json!("localBlob"), "invalid type"),
        ] {
            let error = of(written).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
