//! Whether Lifecycle Manager would install a module from an image, and why not.
//!
//! It looks a module up by name and version, and takes the component's image as the truth
//! (`lifecycle-manager:internal/service/componentdescriptor`, `internal/manifest/img` and
//! `internal/service/manifest/parser/template_to_module.go`, August 2026).

use crate::archive::{self, LayerContent};
use crate::descriptor::{self, AccessKind, Descriptor, RepositoryContext, Resource};
use crate::oci::COMPONENT_FOLDER;
use crate::values::{Digest, ImageRepository};
use crate::{Diagnostic, rules, yaml};

/// What Lifecycle Manager would do with an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installation {
    /// The module would be installed from the layer of this resource.
    From(String),
    /// The module would not be installed, for these reasons.
    Obstacles(Vec<String>),
}

/// What is known of an image without reading its layers.
pub struct ImagePlace<'a> {
    /// The repository that the image is in.
    pub repository: &'a ImageRepository,
    /// What the tag by [`lookup_tag`] names in this repository, and the image itself.
    pub tagged: Option<Digest>,
    /// The image's own digest.
    pub image: Digest,
    /// The unchanged bytes of the layer with the descriptor.
    pub descriptor_layer: &'a [u8],
}

const RAW_MANIFEST: &str = "raw-manifest";
const TAR: &str = "application/x-tar";

/// Accesses that Lifecycle Manager knows; with any other one it installs nothing.
const KNOWN_ACCESSES: [&str; 4] = ["localBlob", "localOciBlob", "ociArtifact", "ociRegistry"];
const OCI_CONTEXTS: [&str; 3] = ["OCIRegistry", "ociRegistry", "oci"];

/// The tag under which Lifecycle Manager looks the component version up: the version without `v`. It is a version of a
/// `ModuleReleaseMeta`, whose definition takes neither build metadata nor dots in prereleases.
pub fn lookup_tag(descriptor: &Descriptor) -> &str {
    let version = descriptor.component.version.as_str();
    version.strip_prefix('v').unwrap_or(version)
}

/// What keeps Lifecycle Manager from installing, as far as it is known without the manifest's layer.
pub fn obstacles(descriptor: &Descriptor, place: &ImagePlace<'_>) -> Vec<String> {
    let component = &descriptor.component;
    let broken = rules::version(&component.version);
    let mut found: Vec<_> = broken.into_iter().map(|rule| rule.seen).collect();
    found.extend(misplaced(descriptor, place));
    if !has_plain_descriptor(place.descriptor_layer) {
        found.push(format!(
            "its descriptor is not in a tar as {}",
            descriptor::FILE_NAME
        ));
    }
    match component.repository_contexts.last() {
        None => found.push(
            "its descriptor names no repository: nothing would be installed, and no error reported"
                .into(),
        ),
        Some(context) => found.extend(unusable(context)),
    }
    found.extend(component.resources.iter().filter_map(unknown_access));
    match manifest(descriptor).map(|resource| resource.access.kind()) {
        None => found.push(format!(
            "it has no layer named {RAW_MANIFEST}, which is what is installed"
        )),
        Some(AccessKind::Incomplete { why }) => {
            found.push(format!("{RAW_MANIFEST} is {why}"));
        }
        Some(_) => {}
    }
    found
}

/// The layer of the manifest, which is to be read if there are no other obstacles.
pub fn manifest_layer(descriptor: &Descriptor) -> Option<Digest> {
    match manifest(descriptor)?.access.kind() {
        AccessKind::LocalBlob { digest, .. } => Some(*digest),
        _ => None,
    }
}

/// Of an image without other obstacles, by the bytes of the manifest's layer.
pub fn installation(descriptor: &Descriptor, layer: &[u8]) -> Installation {
    let media_type = manifest(descriptor).and_then(|resource| match resource.access.kind() {
        AccessKind::LocalBlob { media_type, .. } => media_type.as_deref(),
        _ => None,
    });
    match unusable_layer(media_type, layer) {
        Some(why) => Installation::Obstacles(vec![format!("{RAW_MANIFEST} {why}")]),
        None => Installation::From(RAW_MANIFEST.into()),
    }
}

/// The last of the local resources with the name: each overwrites the one before it.
fn manifest(descriptor: &Descriptor) -> Option<&Resource> {
    let resources = descriptor.component.resources.iter().rev();
    resources
        .filter(|resource| resource.name == RAW_MANIFEST)
        .find(|resource| {
            let kind = resource.access.kind();
            matches!(
                kind,
                AccessKind::LocalBlob { .. } | AccessKind::Incomplete { .. }
            )
        })
}

fn misplaced(descriptor: &Descriptor, place: &ImagePlace<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let below = format!("/{COMPONENT_FOLDER}/{}", descriptor.component.name);
    if !place.repository.to_string().ends_with(&below) {
        found.push(format!(
            "it is in {}, and is looked up below {}",
            place.repository,
            below.trim_start_matches('/')
        ));
    }
    let tag = lookup_tag(descriptor);
    match place.tagged {
        Some(tagged) if tagged == place.image => {}
        Some(other) => found.push(format!(
            "the tag {tag}, under which it is looked up, names {} instead",
            other.short()
        )),
        None => found.push(format!(
            "the tag {tag}, under which it is looked up, is not there"
        )),
    }
    found
}

/// The name is compared as it is written, without the `./` that other readers take.
fn has_plain_descriptor(layer: &[u8]) -> bool {
    archive::decompressed(layer)
        .is_ok_and(|tar| archive::is_tar(&tar) && archive::has_entry(&tar, descriptor::FILE_NAME))
}

fn unusable(context: &RepositoryContext) -> Option<String> {
    let (kind, mapping) = (&context.kind, context.component_name_mapping.as_deref());
    if !OCI_CONTEXTS.contains(&kind.split('/').next().unwrap_or_default()) {
        return Some(format!(
            "its last repository context is of type {kind:?}, no OCI registry"
        ));
    }
    let by_path = mapping.is_none_or(|mapping| matches!(mapping, "" | "urlPath"));
    (!by_path).then(|| {
        format!(
            "its descriptor maps names by {}, and it is looked up by its path",
            mapping.unwrap_or_default()
        )
    })
}

fn unknown_access(resource: &Resource) -> Option<String> {
    let kind = resource.access.type_name();
    let (name, version) = kind.split_once('/').unwrap_or((kind, "v1"));
    let is_known = KNOWN_ACCESSES.contains(&name) && version == "v1";
    (!is_known).then(|| {
        format!(
            "resource {} has an access of type {kind:?}, which is not known",
            resource.name
        )
    })
}

/// The descriptor's media type decides whether the layer is unpacked; its bytes have to fit.
fn unusable_layer(media_type: Option<&str>, layer: &[u8]) -> Option<String> {
    let plain = match archive::decompressed(layer) {
        Ok(plain) => plain,
        Err(error) => return Some(seen(&error)),
    };
    match (media_type == Some(TAR), archive::is_tar(&plain)) {
        (true, false) => return Some(format!("is no tar, although its access says {TAR}")),
        (false, true) => {
            return Some(format!(
                "is a tar, and its access says {} instead of {TAR}: it would be read as YAML",
                media_type.unwrap_or("no media type")
            ));
        }
        _ => {}
    }
    let text = match LayerContent::read(&plain) {
        Ok(LayerContent::File(text)) => text,
        Ok(LayerContent::Chart) => return Some("is a chart".into()),
        Err(error) => return Some(seen(&error)),
    };
    let Ok(text) = std::str::from_utf8(&text) else {
        return Some("is not UTF-8".into());
    };
    let mut has_object = false;
    match yaml::each_document(text, &mut |document| {
        has_object |= document.value.is_object()
    }) {
        Ok(()) if has_object => None,
        Ok(()) => Some("holds no object".into()),
        Err(error) => Some(format!("is not YAML: {error}")),
    }
}

fn seen(error: &Diagnostic) -> String {
    format!("cannot be read: {}", error.seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::tests::{FILE, tar as foreign_tar};
    use crate::archive::{TarEntry, write_gzip, write_tar};
    use crate::descriptor::MAX_DESCRIPTOR;
    use crate::fixtures::text;
    use serde_json::{Value, json};

    const DESCRIPTOR: &str = "ocm-verdicts/bases.json";

    fn edited(edit: impl Fn(&mut Value)) -> Descriptor {
        let bases: Value = serde_json::from_str(&text(DESCRIPTOR)).unwrap();
        let mut document = bases["v2"].clone();
        edit(&mut document["component"]);
        Descriptor::from_text(&serde_json::to_vec(&document).unwrap()).unwrap()
    }

    fn found(descriptor: &Descriptor, repository: &str, tagged: Option<&[u8]>) -> Vec<String> {
        let layer = write_tar([TarEntry::file(descriptor::FILE_NAME, b"x")]).unwrap();
        let place = ImagePlace {
            repository: &repository.parse().unwrap(),
            tagged: tagged.map(Digest::of),
            image: Digest::of(b"image"),
            descriptor_layer: &layer,
        };
        obstacles(descriptor, &place)
    }

    const REPOSITORY: &str =
        "r.example/a/component-descriptors/kyma-project.io/module/btp-operator";

    #[test]
    fn the_image_is_looked_up_by_name_and_version() {
        let descriptor = edited(|_| {});
        assert_eq!(found(&descriptor, REPOSITORY, Some(b"image")), [""; 0]);
        for (repository, tagged, why) in [
            (
                REPOSITORY,
                None,
                "the tag 1.2.0, under which it is looked up, is not there",
            ),
            (
                REPOSITORY,
                Some(&b"other"[..]),
                "names d9298a10d1b0 instead",
            ),
            (
                "r.example/modules/btp-operator",
                Some(b"image"),
                "is looked up below component-descriptors/kyma-project.io/module/btp-operator",
            ),
        ] {
            let found = found(&descriptor, repository, tagged);
            assert_eq!(found.len(), 1);
            assert!(found[0].contains(why), "{found:?}");
        }
        let with_v = edited(|component| component["version"] = "v1.2.0".into());
        assert_eq!(lookup_tag(&with_v), "1.2.0");
        assert_eq!(found(&with_v, REPOSITORY, Some(b"image")), [""; 0]);
    }

    #[test]
    fn each_obstacle_in_a_descriptor_is_named() {
        let local =
            |kind: &str| json!({"type": kind, "localReference": Digest::of(b"x").to_string()});
        for (pointer, value, why) in [
            ("/version", json!("1.2.0-rc.1"), "dot in its pre-release"),
            ("/version", json!("1.2"), "not a semantic version"),
            ("/version", json!("1.2.0+b"), "build metadata"),
            ("/repositoryContexts", json!([]), "names no repository"),
            (
                "/repositoryContexts/0/type",
                json!("CommonTransportFormat"),
                "no OCI registry",
            ),
            (
                "/repositoryContexts/0",
                json!({"type": "OCIRegistry", "componentNameMapping": "sha256-digest"}),
                "maps names by sha256-digest",
            ),
            (
                "/resources/0/name",
                json!("btp-operator"),
                "no layer named raw-manifest",
            ),
            (
                "/resources/0/access",
                local("localBlob/v2"),
                "of type \"localBlob/v2\"",
            ),
            (
                "/resources/0/access",
                json!({"type": "helm/v1"}),
                "of type \"helm/v1\"",
            ),
            (
                "/resources/0/access",
                json!({"type": "ociArtifact", "imageReference": "a:1"}),
                "no layer named raw-manifest",
            ),
            (
                "/resources/0/access",
                json!({"type": "localBlob"}),
                "raw-manifest is a local blob without localReference",
            ),
            ("/resources/0/access", local("localBlob/v1"), ""),
            ("/repositoryContexts/0/type", json!("ociRegistry"), ""),
        ] {
            let descriptor = edited(|component| {
                *component.pointer_mut(pointer).unwrap() = value.clone();
            });
            let found = found(&descriptor, REPOSITORY, Some(b"image"));
            let is_named = found.iter().any(|one| one.contains(why));
            assert_eq!(!found.is_empty(), !why.is_empty(), "{why}: {found:?}");
            assert!(why.is_empty() || is_named, "{why}: {found:?}");
        }
    }

    #[test]
    fn the_descriptor_is_found_by_its_exact_name_in_a_tar() {
        let tar = |name: &str| write_tar([TarEntry::file(name, b"x")]).unwrap();
        let large = vec![b'#'; MAX_DESCRIPTOR];
        for (layer, fine) in [
            (tar(descriptor::FILE_NAME), true),
            (write_gzip(&tar(descriptor::FILE_NAME)).unwrap(), true),
            (
                foreign_tar(&[("./component-descriptor.yaml", FILE, b"x")]),
                false,
            ),
            (tar("component-descriptor.yml"), false),
            (large, false),
            (vec![], false),
        ] {
            assert_eq!(has_plain_descriptor(&layer), fine);
        }
    }

    #[test]
    fn the_manifest_has_the_form_that_its_access_says() {
        let yaml = b"kind: CustomResourceDefinition\n";
        let tar = write_tar([TarEntry::file("manifest.yaml", yaml)]).unwrap();
        let chart = write_tar([TarEntry::file("Chart.yaml", b"name: x\n")]).unwrap();
        let empty = write_tar([TarEntry::file("manifest.yaml", b"---\n")]).unwrap();
        let of = |media_type: Option<&str>, layer: &[u8]| {
            let descriptor = edited(|component| {
                let access = &mut component["resources"][0]["access"];
                match media_type {
                    Some(media_type) => access["mediaType"] = media_type.into(),
                    None => drop(access.as_object_mut().unwrap().remove("mediaType")),
                }
            });
            match installation(&descriptor, layer) {
                Installation::From(name) => format!("from {name}"),
                Installation::Obstacles(why) => why.join("; "),
            }
        };
        for (media_type, layer, expected) in [
            (Some(TAR), &tar[..], "from raw-manifest"),
            (Some(TAR), &write_gzip(&tar).unwrap(), "from raw-manifest"),
            (None, yaml, "from raw-manifest"),
            (Some("application/octet-stream"), yaml, "from raw-manifest"),
            (
                Some("application/x-tgz"),
                &write_gzip(&tar).unwrap(),
                "would be read as YAML",
            ),
            (None, &tar, "no media type instead of application/x-tar"),
            (Some(TAR), yaml, "is no tar"),
            (Some(TAR), &chart, "is a chart"),
            (Some(TAR), &empty, "holds no object"),
            (None, b"a: [", "is not YAML"),
            (None, b"", "is empty"),
            (Some(TAR), &tar[..600], "unexpected EOF"),
        ] {
            let found = of(media_type, layer);
            assert!(found.contains(expected), "{expected}: {found}");
        }
    }
}
