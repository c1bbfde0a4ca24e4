//! Reading a component descriptor of any era, from its layer or its text.

use serde_json::Value;

use super::{Component, Descriptor, SchemaVersion, schema, v3};
use crate::archive::{self, AbsolutePaths, ArchiveLimits, unpack_archive};
use crate::oci::media;
use crate::yaml;
use crate::{Diagnostic, FormatCode};

/// The file in the descriptor's layer.
pub const FILE_NAME: &str = "component-descriptor.yaml";

/// Lifecycle Manager reads no longer ones (`lifecycle-manager:internal/service/componentdescriptor/untar.go`).
pub const MAX_DESCRIPTOR: usize = 100 * 1024;

/// The limit of the descriptor in a tar, which includes the headers and padding that archivers add.
pub const MAX_DESCRIPTOR_LAYER: usize = 2 * MAX_DESCRIPTOR;

impl Descriptor {
    /// Reads a descriptor from the layer that the image's config names.
    ///
    /// # Errors
    ///
    /// [`FormatCode::DescriptorInvalid`] for a layer of another media type, and as [`Descriptor::from_tar`] and
    /// [`Descriptor::from_text`].
    pub fn from_layer(media_type: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        Self::from_text(&Self::text_in_layer(media_type, bytes)?)
    }

    /// The unchanged text of that layer.
    ///
    /// # Errors
    ///
    /// [`FormatCode::DescriptorInvalid`] for a layer of another media type, and for a tar as [`Descriptor::from_tar`].
    pub fn text_in_layer(media_type: &str, bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
        let known = [&media::DESCRIPTOR_TAR[..], &media::DESCRIPTOR_PLAIN];
        if !known.concat().contains(&media_type) {
            return Err(invalid(format!(
                "has media type {media_type:?}, which no descriptor has"
            )));
        }
        // Which of them it has says little about its bytes.
        if archive::is_tar(bytes) || archive::is_gzip(bytes) {
            text_in_tar(bytes)
        } else {
            Ok(bytes.to_vec())
        }
    }

    /// Reads a descriptor from a tar, compressed or not, with the file [`FILE_NAME`].
    ///
    /// # Errors
    ///
    /// [`FormatCode::DescriptorInvalid`] if the tar is damaged, too long or without the file, and as
    /// [`Descriptor::from_text`].
    pub fn from_tar(bytes: &[u8]) -> Result<Self, Diagnostic> {
        Self::from_text(&text_in_tar(bytes)?)
    }

    /// Reads a descriptor from YAML or JSON, of schema v2 or v3alpha1.
    ///
    /// # Errors
    ///
    /// [`FormatCode::DescriptorInvalid`] for a text that is longer than [`MAX_DESCRIPTOR`], is neither YAML nor JSON, or breaks
    /// the schema; all broken rules are named.
    pub fn from_text(bytes: &[u8]) -> Result<Self, Diagnostic> {
        if bytes.len() > MAX_DESCRIPTOR {
            return Err(too_long(bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| invalid("is not UTF-8"))?;
        let document = match yaml::json(text) {
            Ok(json) => json,
            Err(_) => yaml::document(text).map_err(|e| invalid(format!("is not YAML: {e}")))?,
        };
        Self::from_document(document)
    }

    fn from_document(document: Value) -> Result<Self, Diagnostic> {
        let schema = schema_version(&document)?;
        let broken = schema::broken_rules(schema, &document);
        if !broken.is_empty() {
            return Err(invalid(format!("breaks the schema: {}", broken.join("; "))));
        }
        let Value::Object(mut document) = document else {
            return Err(invalid("is not an object"));
        };
        let (component, more) = match schema {
            SchemaVersion::V2 => {
                document.remove("meta");
                (document.remove("component").unwrap_or_default(), document)
            }
            SchemaVersion::V3Alpha1 => v3::to_v2(document),
        };
        let component: Component = serde_json::from_value(component)
            .map_err(|e| invalid(format!("cannot be read: {e}")))?;
        Ok(Self {
            schema,
            component,
            more,
        })
    }
}

/// Archivers write the file's name plain, with `./` or with `/` in front.
fn text_in_tar(bytes: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    if bytes.len() > MAX_DESCRIPTOR_LAYER {
        return Err(too_long(bytes.len()));
    }
    let limits = ArchiveLimits {
        entries: 16,
        file_bytes: MAX_DESCRIPTOR as u64,
        total_bytes: MAX_DESCRIPTOR_LAYER as u64,
        absolute_paths: AbsolutePaths::Relative,
    };
    let mut text = None;
    unpack_archive(bytes, &limits, &mut |file| {
        if file.path.as_str() == FILE_NAME {
            let mut found = Vec::new();
            file.content.read_to_end(&mut found)?;
            text = Some(found);
        }
        Ok(())
    })
    .map_err(|e| invalid(e.to_string()))?;
    text.ok_or_else(|| invalid(format!("holds no file {FILE_NAME}")))
}

/// As OCM does, by `meta.schemaVersion` or by `apiVersion`, never by both.
fn schema_version(document: &Value) -> Result<SchemaVersion, Diagnostic> {
    if !document.is_object() {
        return Err(invalid("is not an object"));
    }
    let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str);
    let [meta, api] =
        ["/meta/schemaVersion", "/apiVersion"].map(|pointer| text(pointer).unwrap_or_default());
    match (meta, api) {
        ("v2", "") => Ok(SchemaVersion::V2),
        ("", "ocm.software/v3alpha1") => Ok(SchemaVersion::V3Alpha1),
        ("", "") => Err(invalid("names no schema version")),
        (other, "") | ("", other) => {
            Err(invalid(format!("has the unknown schema version {other:?}")))
        }
        (meta, api) => Err(invalid(format!(
            "names two schema versions, {meta:?} and {api:?}"
        ))),
    }
}

fn too_long(bytes: usize) -> Diagnostic {
    invalid(format!("is {bytes} bytes long")).wanted(format!(
        "at most {MAX_DESCRIPTOR} bytes, the limit of Lifecycle Manager"
    ))
}

fn invalid(why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::about(
        FormatCode::DescriptorInvalid,
        "component descriptor",
        why,
        "Lifecycle Manager would refuse it too: build the module image again",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descriptor::AccessKind;
    use crate::fixtures::{ERAS, read, text};

    #[test]
    fn golden_tars_hold_the_golden_descriptors() {
        for (tar, yaml) in [
            (
                "golden-cli-2.15/component-descriptor.tar",
                "golden-cli-2.15/component-descriptor.yaml",
            ),
            (
                "golden-cli-2.20/component-descriptor.tar",
                "golden-cli-2.20/component-descriptor.yaml",
            ),
            (
                "ocm-annotation/v1b.tar",
                "ocm-annotation/component-descriptor.yaml",
            ),
        ] {
            for media_type in media::DESCRIPTOR_TAR {
                let from_tar = Descriptor::from_layer(media_type, &read(tar)).unwrap();
                let from_text =
                    Descriptor::from_layer(media::DESCRIPTOR_PLAIN[0], &read(yaml)).unwrap();
                assert_eq!(from_tar, from_text, "{tar}");
            }
        }
    }

    #[test]
    fn descriptors_of_all_tools_are_read_without_loss() {
        let provider = "kyma-project.io";
        let gcp = "europe-docker.pkg.dev/kyma-project";
        let jellyfish = "europe-west3-docker.pkg.dev/sap-kyma-jellyfish-dev/template-operator";
        for (file, version, maker, base) in [
            (
                "gardener-2022.yaml",
                "v0.0.1",
                "internal",
                "k3d-kyma-registry.localhost:5000",
            ),
            (
                "cli-2.15-scanned.yaml",
                "v0.5.0",
                "internal",
                &format!("{gcp}/prod/unsigned"),
            ),
            ("cli-2.19.yaml", "1.1.1-e2e-test", provider, jellyfish),
            (
                "modulectl-transferred.yaml",
                "1.0.3",
                provider,
                &format!("{gcp}/kyma-modules"),
            ),
            ("v3alpha1.yaml", "v0.5.0", provider, &format!("{gcp}/prod")),
        ] {
            let text = text(&format!("eras/{file}"));
            let descriptor = Descriptor::from_text(text.as_bytes()).unwrap();
            assert_eq!(descriptor.component.version, version, "{file}");
            assert_eq!(descriptor.component.provider.name, maker, "{file}");
            let context = descriptor.component.repository_contexts.last().unwrap();
            assert_eq!(context.base().unwrap(), base, "{file}");
            let git = descriptor
                .component
                .sources
                .first()
                .map(|source| source.access.kind().clone());
            assert_eq!(
                matches!(
                    git,
                    Some(AccessKind::Git {
                        commit: Some(_),
                        ..
                    })
                ),
                file != "gardener-2022.yaml"
            );

            let mut written = yaml::document(&text).unwrap();
            if let Some(references) = written.pointer_mut("/component/componentReferences") {
                *references = serde_json::json!([]);
            }
            assert_eq!(descriptor.to_value(), written, "{file}");
            let json = serde_json::to_vec(&written).unwrap();
            assert_eq!(
                Descriptor::from_text(&json).unwrap(),
                descriptor,
                "{file} as JSON"
            );
        }
        assert_eq!(ERAS.len(), 5);
    }

    #[test]
    fn invalid_descriptors_are_refused_with_the_reason() {
        let golden = text("golden-cli-2.15/component-descriptor.yaml");
        let with = |from: &str, to: &str| golden.replace(from, to).into_bytes();
        for (bytes, why) in [
            (b"\xff\xfe".to_vec(), "UTF-8"),
            (b"- a".to_vec(), "not an object"),
            (b"a: [".to_vec(), "not YAML"),
            (b"a: 1".to_vec(), "no schema version"),
            (
                with("schemaVersion: v2", "schemaVersion: v9"),
                "unknown schema version \"v9\"",
            ),
            (
                with("relation: local", "relation: near"),
                "relation is \"near\"",
            ),
            (with("  provider: internal\n", ""), "provider is missing"),
            (
                with("  sources:", "  fountains:"),
                "component.sources is missing",
            ),
            (
                with("internal", "{name: internal, labels: []}"),
                "component.provider is not a text",
            ),
            (
                with("name: raw-manifest", "name: Raw"),
                "component.resources[1].name is \"Raw\"",
            ),
            (vec![b'#'; MAX_DESCRIPTOR + 1], "at most 102400"),
        ] {
            let error = Descriptor::from_text(&bytes).unwrap_err();
            assert_eq!(error.code, FormatCode::DescriptorInvalid);
            assert!(error.to_string().contains(why), "{why}: {error}");
        }
        let error = Descriptor::from_layer("application/octet-stream", b"").unwrap_err();
        assert!(error.seen.contains("no descriptor has"));
    }

    #[test]
    fn descriptor_tars_of_other_tools_are_read() {
        let yaml = read("golden-cli-2.15/component-descriptor.yaml");
        let tar = |files: &[(&str, &[u8])]| {
            let mut builder = tar::Builder::new(Vec::new());
            for (name, bytes) in files {
                let mut header = tar::Header::new_ustar();
                header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
                header.set_size(bytes.len() as u64);
                header.set_cksum();
                builder.append(&header, *bytes).unwrap();
            }
            builder.into_inner().unwrap()
        };
        for files in [
            vec![("./component-descriptor.yaml", &yaml[..])],
            vec![("/component-descriptor.yaml", &yaml[..])],
            vec![
                ("._component-descriptor.yaml", b"x"),
                ("component-descriptor.yaml", &yaml[..]),
            ],
            vec![
                ("component-descriptor.yaml", &yaml[..]),
                ("component-descriptor.yaml", &yaml[..]),
            ],
            vec![("blobs/x", b"x"), ("component-descriptor.yaml", &yaml[..])],
        ] {
            assert!(Descriptor::from_tar(&tar(&files)).is_ok());
        }
        for (files, why) in [
            (vec![], "no file component-descriptor.yaml"),
            (vec![("x/component-descriptor.yaml", &yaml[..])], "no file"),
            (
                vec![("../component-descriptor.yaml", &yaml[..])],
                "leads out",
            ),
            (
                vec![
                    ("component-descriptor.yaml", &yaml[..]),
                    ("component-descriptor.yaml", b"x"),
                ],
                "twice with different",
            ),
        ] {
            let error = Descriptor::from_tar(&tar(&files)).unwrap_err();
            assert!(error.seen.contains(why), "{error}");
        }
        let whole = tar(&[("component-descriptor.yaml", &yaml)]);
        for cut in [1, 511, 512, 513, 1000, 1532] {
            assert!(Descriptor::from_tar(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(Descriptor::from_tar(&vec![0; MAX_DESCRIPTOR_LAYER + 1]).is_err());
        assert!(
            Descriptor::from_tar(&tar(&[(
                "component-descriptor.yaml",
                " ".repeat(MAX_DESCRIPTOR + 1).as_bytes()
            )]))
            .is_err()
        );
    }
}
