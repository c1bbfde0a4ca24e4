//! OCI manifests, indexes and the config blob of a component version
//! ([OCI image specification](https://github.com/opencontainers/image-spec/blob/main/manifest.md)).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::media;
use crate::values::Digest;
use crate::{Diagnostic, FormatCode};

/// More than any manifest: registries must take 4 MiB and may refuse more
/// ([OCI distribution specification, "Pushing manifests"](https://github.com/opencontainers/distribution-spec/blob/main/spec.md)).
pub const MAX_MANIFEST: usize = 4 * 1024 * 1024;

/// A config blob of a component version is some 200 bytes long.
pub const MAX_CONFIG: usize = 64 * 1024;

/// An [OCI content descriptor](https://github.com/opencontainers/image-spec/blob/main/descriptor.md): where bytes are named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentDescriptor {
    /// What the bytes are.
    pub media_type: String,
    /// The digest of the bytes.
    pub digest: Digest,
    /// The number of bytes.
    pub size: u64,
    /// Properties, omitted if empty.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "or_default"
    )]
    pub annotations: BTreeMap<String, String>,
}

impl ContentDescriptor {
    /// The descriptor of these bytes.
    pub fn of(media_type: &str, bytes: &[u8]) -> Self {
        Self {
            media_type: media_type.to_owned(),
            digest: Digest::of(bytes),
            size: bytes.len() as u64,
            annotations: BTreeMap::new(),
        }
    }
}

/// An image manifest. The order of the fields is the order in the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageManifest {
    schema_version: u8,
    /// Missing in manifests of old tools, where only the registry's `Content-Type` has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    media_type: Option<String>,
    /// The config blob, whose media type determines the kind of image.
    pub config: ContentDescriptor,
    /// The layers, in their order.
    #[serde(deserialize_with = "or_default")]
    pub layers: Vec<ContentDescriptor>,
    /// Properties, omitted if empty.
    #[serde(
        default,
        skip_serializing_if = "BTreeMap::is_empty",
        deserialize_with = "or_default"
    )]
    pub annotations: BTreeMap<String, String>,
}

/// An image index, which names manifests.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ImageIndex {
    /// The manifests, in their order.
    #[serde(deserialize_with = "or_default")]
    pub manifests: Vec<IndexEntry>,
}

/// A manifest in an index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct IndexEntry {
    /// The manifest, by digest.
    #[serde(flatten)]
    pub manifest: ContentDescriptor,
    /// What the image runs on, where it is given.
    pub platform: Option<Platform>,
}

/// What an image runs on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Platform {
    /// The operating system, such as `linux`.
    pub os: String,
    /// The processor, such as `amd64`.
    pub architecture: String,
}

/// What a registry answers for a manifest's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageDocument {
    /// The manifest of one image.
    Manifest(ImageManifest),
    /// An index of several images.
    Index(ImageIndex),
}

impl ImageDocument {
    /// Reads a manifest or an index of the OCI or of Docker, whichever it is.
    ///
    /// # Errors
    ///
    /// [`FormatCode::OciManifestInvalid`] for bytes that are neither, could be both, or are longer than [`MAX_MANIFEST`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Diagnostic> {
        /// The specification forbids a document that could be read as both.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Shape {
            schema_version: Option<u8>,
            media_type: Option<String>,
            layers: Option<serde::de::IgnoredAny>,
            config: Option<serde::de::IgnoredAny>,
            manifests: Option<serde::de::IgnoredAny>,
        }

        if bytes.len() > MAX_MANIFEST {
            return Err(invalid(format!("is {} bytes long", bytes.len())));
        }
        let shape: Shape = from_json(bytes)?;
        if shape.schema_version != Some(2) {
            return Err(invalid("does not say schemaVersion 2"));
        }
        let manifest = shape.config.is_some() || shape.layers.is_some();
        let index = shape.manifests.is_some();
        match (shape.media_type.as_deref(), manifest, index) {
            (_, true, true) => Err(invalid("has both layers and manifests")),
            (_, false, false) => Err(invalid("has neither layers nor manifests")),
            (None | Some(media::IMAGE_MANIFEST | media::DOCKER_MANIFEST), true, _) => {
                from_json(bytes).map(Self::Manifest)
            }
            (None | Some(media::IMAGE_INDEX | media::DOCKER_LIST), _, true) => {
                from_json(bytes).map(Self::Index)
            }
            (Some(other), ..) => Err(invalid(format!("says that it is {other:?}"))),
        }
    }
}

impl ImageManifest {
    /// A manifest without annotations.
    pub fn new(config: ContentDescriptor, layers: Vec<ContentDescriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: Some(media::IMAGE_MANIFEST.to_owned()),
            config,
            layers,
            annotations: BTreeMap::new(),
        }
    }

    /// Compact JSON in the specification's order of fields: the bytes that are hashed and pushed.
    pub fn to_json(&self) -> Vec<u8> {
        compact(self)
    }

    /// The layer with this digest.
    pub fn layer(&self, digest: &Digest) -> Option<&ContentDescriptor> {
        self.layers.iter().find(|layer| layer.digest == *digest)
    }

    /// Whether it is a module image, determined by the media type of its config as all OCM readers do.
    pub fn is_component_version(&self) -> bool {
        media::COMPONENT_CONFIG.contains(&self.config.media_type.as_str())
    }

    /// The only layer whose media type is that of a component descriptor: most likely the one that the config names, for
    /// reading it at the same time as the config.
    pub fn likely_descriptor_layer(&self) -> Option<&ContentDescriptor> {
        let is_descriptor = |layer: &&ContentDescriptor| {
            let media_type = layer.media_type.as_str();
            media::DESCRIPTOR_TAR.contains(&media_type)
                || media::DESCRIPTOR_PLAIN.contains(&media_type)
        };
        let mut found = self.layers.iter().filter(is_descriptor);
        found.next().filter(|_| found.next().is_none())
    }

    /// The layer that holds the component descriptor. It is named by the config, never by its place among the layers.
    /// `config` is the content of the config blob.
    ///
    /// # Errors
    ///
    /// [`FormatCode::NotAModuleImage`] for an image with another kind of config, [`FormatCode::ModuleConfigInvalid`] for a
    /// config that names no layer.
    pub fn descriptor_layer(&self, config: &[u8]) -> Result<ContentDescriptor, Diagnostic> {
        if !self.is_component_version() {
            return Err(Diagnostic::about(
                FormatCode::NotAModuleImage,
                format!("image with a config of type {:?}", self.config.media_type),
                "is no Kyma module: it holds no component version",
                "give the module image, such as registry.example/component-descriptors/kyma.project.io/module/btp-operator:v1.2.0",
            ));
        }
        let config = ComponentConfig::parse(config)?;
        Ok(config.component_descriptor_layer)
    }
}

/// The config blob of a component version
/// (`ocm:api/ocm/extensions/repositories/genericocireg/componentmapping/config.go`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ComponentConfig {
    /// The layer that holds the component descriptor.
    pub component_descriptor_layer: ContentDescriptor,
}

impl ComponentConfig {
    /// Reads the config blob.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ModuleConfigInvalid`] for bytes that name no layer or are longer than [`MAX_CONFIG`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Diagnostic> {
        let refuse = |why: String| {
            Diagnostic::about(
                FormatCode::ModuleConfigInvalid,
                "config of the module image",
                why,
                REBUILD,
            )
        };
        if bytes.len() > MAX_CONFIG {
            return Err(refuse(format!("is {} bytes long", bytes.len())));
        }
        serde_json::from_slice(bytes).map_err(|e| refuse(format!("names no descriptor layer: {e}")))
    }

    /// Compact JSON: the bytes that are hashed and pushed.
    pub fn to_json(&self) -> Vec<u8> {
        compact(self)
    }
}

const REBUILD: &str =
    "look at it with `skopeo inspect --raw`, and push it anew with the tool that made it";

fn invalid(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::about(
        FormatCode::OciManifestInvalid,
        "image manifest",
        why,
        REBUILD,
    )
}

fn from_json<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Diagnostic> {
    serde_json::from_slice(bytes).map_err(|e| invalid(format!("is not as the OCI defines it: {e}")))
}

/// Texts, numbers and digests always have a JSON form.
fn compact<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

/// `null` where Go writes an empty list or map.
fn or_default<'de, D: serde::Deserializer<'de>, T: Default + Deserialize<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{self, read};

    #[test]
    fn golden_manifests_keep_their_bytes() {
        for era in fixtures::GOLDEN {
            let bytes = read(&format!("{era}/manifest.json"));
            let ImageDocument::Manifest(manifest) = ImageDocument::parse(&bytes).unwrap() else {
                panic!("{era}")
            };
            assert_eq!(manifest.to_json(), bytes);
            let config = read(&format!("{era}/config.json"));
            let layer = manifest.descriptor_layer(&config).unwrap();
            assert_eq!(manifest.layers[0], layer);
            assert_eq!(ComponentConfig::parse(&config).unwrap().to_json(), config);
        }
    }

    #[test]
    fn annotations_keep_their_order() {
        // Of a manifest written by the OCM library 0.18.0.
        let text = concat!(
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.ocm.software.component.config.v1+json","#,
            r#""digest":"sha256:958eb6b2928a569d7aaab2aa924fb236e977bfbc43309908aa9c45b154f689cd","size":201},"layers":[{"mediaType":"application/octet-stream","#,
            r#""digest":"sha256:916f0027a575074ce72a331777c3478d6513f786a591bd892da1a577bf2335f9","size":9,"annotations":{"software.ocm.artifact":"[{\"kind\":\"resource\"}]"}}],"#,
            r#""annotations":{"software.ocm.componentversion":"github.com/mandelsoft/test1:1.0.0","software.ocm.creator":"OCM Go Library 0.18.0"}}"#,
        );
        let ImageDocument::Manifest(manifest) = ImageDocument::parse(text.as_bytes()).unwrap()
        else {
            panic!()
        };
        assert_eq!(String::from_utf8(manifest.to_json()).unwrap(), text);
    }

    #[test]
    fn indexes_are_parsed() {
        let digest = Digest::of(b"");
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{{"mediaType":"{}","digest":"{digest}","size":7,"platform":{{"os":"linux","architecture":"amd64","variant":"v8"}}}}]}}"#,
            media::IMAGE_MANIFEST
        );
        let ImageDocument::Index(index) = ImageDocument::parse(text.as_bytes()).unwrap() else {
            panic!()
        };
        assert_eq!(index.manifests[0].manifest.digest, digest);
        assert_eq!(
            index.manifests[0].platform.as_ref().unwrap().architecture,
            "amd64"
        );
    }

    #[test]
    fn invalid_and_ambiguous_manifests_are_refused() {
        for (text, why) in [
            ("", "EOF"),
            ("[]", "as the OCI defines"),
            (r#"{"schemaVersion":1,"layers":[]}"#, "schemaVersion 2"),
            (r#"{"schemaVersion":2}"#, "neither layers nor manifests"),
            (
                r#"{"schemaVersion":2,"layers":[],"manifests":[]}"#,
                "both layers and manifests",
            ),
            (
                r#"{"schemaVersion":2,"layers":[]}"#,
                "missing field `config`",
            ),
            (
                r#"{"schemaVersion":2,"mediaType":"text/html","manifests":[]}"#,
                "text/html",
            ),
            (
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","layers":[]}"#,
                "says that it is",
            ),
            (
                r#"{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:12","size":1}]}"#,
                "SHA-256",
            ),
            (
                r#"{"schemaVersion":2,"manifests":[{"mediaType":"a","digest":"sha256:12","size":-1}]}"#,
                "OCI",
            ),
        ] {
            let error = ImageDocument::parse(text.as_bytes()).unwrap_err();
            assert!(error.seen.contains(why), "{text}: {error}");
        }
        assert!(ImageDocument::parse(&vec![b' '; MAX_MANIFEST + 1]).is_err());
    }

    #[test]
    fn container_images_are_refused() {
        let config = ContentDescriptor::of("application/vnd.oci.image.config.v1+json", b"{}");
        let error = ImageManifest::new(config, vec![])
            .descriptor_layer(b"{}")
            .unwrap_err();
        assert_eq!(error.code, FormatCode::NotAModuleImage);
        for media_type in media::COMPONENT_CONFIG {
            let manifest = ImageManifest::new(ContentDescriptor::of(media_type, b"{}"), vec![]);
            assert_eq!(
                manifest.descriptor_layer(b"{}").unwrap_err().code,
                FormatCode::ModuleConfigInvalid
            );
        }
    }
}
