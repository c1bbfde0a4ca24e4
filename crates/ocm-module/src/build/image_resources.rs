//! The images of a module as resources of its component (`kyma-project/modulectl:internal/service/image`).

use std::collections::HashSet;

use super::ImageResource;
use crate::oci::ImageName;

/// The images as resources, each once and none with the identity of another.
pub(super) fn image_resources(images: &[ImageName]) -> Vec<ImageResource> {
    let mut known = HashSet::new();
    let mut identities = HashSet::new();
    let images = images.iter().filter(|image| known.insert(&image.text));
    images
        .map(|image| {
            let mut resource = image_resource(image);
            while !identities.insert((resource.name.clone(), resource.version.clone())) {
                resource.name.push_str("-2");
            }
            resource
        })
        .collect()
}

/// An image as a resource. Its version has to be semantic, and its identity its own: a tag that is no version becomes a
/// pre-release of 0.0.0, a digest becomes build metadata and part of the name.
fn image_resource(image: &ImageName) -> ImageResource {
    let last = image.repository().rsplit('/').next().unwrap_or_default();
    let mut name = last.replace('.', "-");
    let mut version = match image.tag() {
        Some(tag) => version_of_tag(tag.as_str()),
        None => "0.0.0".to_owned(),
    };
    if let Some(digest) = image.digest() {
        let hex = digest.hex();
        version = format!("{version}+sha256.{}", hex.get(..12).unwrap_or_default());
        name = format!("{name}-{}", hex.get(..8).unwrap_or_default());
    }
    if name.len() < 2 {
        name.push_str("-image");
    }
    ImageResource {
        name,
        version,
        image: image.text.clone(),
    }
}

fn version_of_tag(tag: &str) -> String {
    if is_version(tag) {
        return tag.to_owned();
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let tag = tag.replace(|c| !is_allowed(c), "-");
    let version = format!("0.0.0-{}", tag.trim_matches(['-', '.']));
    // `012` and `1..2` are tags, but no parts of a version.
    if is_version(&version) {
        version
    } else {
        format!("0.0.0-tag-{}", tag.replace('.', "-"))
    }
}

fn is_version(tag: &str) -> bool {
    semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn image_resources_have_semantic_versions() {
        for (text, name, version) in [
            ("r.example/a/btp-manager:1.3.20", "btp-manager", "1.3.20"),
            (
                "r.example/a/btp-manager:v1.3.20-rc1",
                "btp-manager",
                "v1.3.20-rc1",
            ),
            ("r.example/a/b.c:PR_12", "b-c", "0.0.0-PR-12"),
            ("nginx:1.27", "nginx", "0.0.0-1.27"),
            ("nginx:012", "nginx", "0.0.0-tag-012"),
            ("r.example/a:1.0.0", "a-image", "1.0.0"),
            (
                &format!("r.example/aa@sha256:{HEX}"),
                "aa-e3b0c442",
                "0.0.0+sha256.e3b0c44298fc",
            ),
            (
                &format!("r.example/aa:1.0.0@sha256:{HEX}"),
                "aa-e3b0c442",
                "1.0.0+sha256.e3b0c44298fc",
            ),
        ] {
            let resource = image_resource(&ImageName::parse(text).unwrap());
            assert_eq!(
                (resource.name.as_str(), resource.version.as_str()),
                (name, version),
                "{text}"
            );
            assert_eq!(resource.image, text);
        }
    }

    #[test]
    fn image_resources_have_unique_identities() {
        let images = [
            "r.example/a/tool:1.0.0",
            "r.example/b/tool:1.0.0",
            "r.example/a/tool:1.0.0",
            "r.example/a/tool:1.0.1",
        ];
        let found = image_resources(&images.map(|text| ImageName::parse(text).unwrap()));
        let found: Vec<_> = found
            .iter()
            .map(|image| (image.name.as_str(), image.version.as_str()))
            .collect();
        assert_eq!(
            found,
            [("tool", "1.0.0"), ("tool-2", "1.0.0"), ("tool", "1.0.1")]
        );
    }
}
