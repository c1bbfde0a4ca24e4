//! Images as manifests name them, and their names and versions as resources of a component
//! (`kyma-project/modulectl:internal/service/image`).

use super::build::ModuleImage;
use crate::values::{Digest, ImageTag, Repository};
use crate::{Diagnostic, FormatCode};

/// An image's name as container runtimes read it: registry and `latest` may be implied, tag and digest may stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    pub text: String,
    repository: String,
    tag: Option<ImageTag>,
    digest: Option<Digest>,
}

impl ImageName {
    pub fn parse(text: &str) -> Option<Self> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.parse().ok()?)),
            None => (text, None),
        };
        let slash = name.rfind('/').map_or(0, |at| at + 1);
        let colon = name.get(slash..)?.find(':').map(|at| slash + at);
        let (repository, tag) = match colon {
            Some(at) => (name.get(..at)?, Some(name.get(at + 1..)?.parse().ok()?)),
            None => (name, None),
        };
        let known = |full: &str| full.parse::<Repository>().is_ok();
        let docker_hub = || known(&format!("docker.io/{repository}"));
        (known(repository) || docker_hub()).then(|| Self {
            text: text.to_owned(),
            repository: repository.to_owned(),
            tag,
            digest,
        })
    }

    /// An image written in full, with registry and with tag or digest: what a text that is not in an `image:` must be to
    /// count as one. `0.0.0.0:8080` and `http://x:80` are none.
    pub fn parse_full(text: &str) -> Option<Self> {
        let image = Self::parse(text)?;
        let full = image.repository.parse::<Repository>().is_ok();
        (full && (image.tag.is_some() || image.digest.is_some())).then_some(image)
    }

    pub fn repository(&self) -> &str {
        &self.repository
    }

    pub fn tag(&self) -> Option<&ImageTag> {
        self.tag.as_ref()
    }

    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Why the name may mean another image tomorrow, if so.
    pub fn moving(&self) -> Option<Diagnostic> {
        let text = &self.text;
        let tag = self.tag.as_ref().map(ImageTag::as_str).unwrap_or_default();
        let help = "name a released version, or add its digest";
        match (self.digest, tag.to_lowercase().as_str()) {
            (None, "") => Some(Diagnostic::error(
                FormatCode::ImageTagMissing,
                format!("image {text} has neither tag nor digest"),
                help,
            )),
            (_, "latest" | "main") => Some(Diagnostic::error(
                FormatCode::ImageTagMoving,
                format!("image {text} has a tag that moves"),
                help,
            )),
            _ => None,
        }
    }

    /// The image as a resource. A version must be semantic, and identities must not meet: other tags become a pre-release
    /// of 0.0.0, and digests are told in the build metadata and the name.
    pub fn resource(&self) -> ModuleImage {
        let last = self.repository.rsplit('/').next().unwrap_or_default();
        let mut name: String = last
            .chars()
            .map(|c| if c == '.' { '-' } else { c })
            .collect();
        let mut version = match &self.tag {
            Some(tag) if is_version(tag.as_str()) => tag.to_string(),
            Some(tag) => {
                let plain = |c: char| {
                    if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                        c
                    } else {
                        '-'
                    }
                };
                let tag: String = tag.as_str().chars().map(plain).collect();
                let version = format!("0.0.0-{}", tag.trim_matches(['-', '.']));
                // `012` and `1..2` are tags, but no parts of a version.
                if is_version(&version) {
                    version
                } else {
                    format!("0.0.0-tag-{}", tag.replace('.', "-"))
                }
            }
            None => "0.0.0".into(),
        };
        if let Some(digest) = self.digest {
            let hex = digest.hex();
            version = format!("{version}+sha256.{}", hex.get(..12).unwrap_or_default());
            name = format!("{name}-{}", hex.get(..8).unwrap_or_default());
        }
        if name.len() < 2 {
            name.push_str("-image");
        }
        ModuleImage {
            name,
            version,
            image: self.text.clone(),
        }
    }
}

/// The images as resources, each once and none with the identity of another.
pub fn resources(images: &[ImageName]) -> Vec<ModuleImage> {
    let mut resources: Vec<ModuleImage> = Vec::new();
    for image in images {
        let mut resource = image.resource();
        if resources.iter().any(|other| other.image == resource.image) {
            continue;
        }
        while resources
            .iter()
            .any(|other| (&other.name, &other.version) == (&resource.name, &resource.version))
        {
            resource.name.push_str("-2");
        }
        resources.push(resource);
    }
    resources
}

fn is_version(tag: &str) -> bool {
    semver::Version::parse(tag.strip_prefix('v').unwrap_or(tag)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn names_are_read_as_runtimes_read_them() {
        let both = format!("r.example:5000/a/b:1.2@sha256:{HEX}");
        for (text, parsed, full) in [
            (
                "europe-docker.pkg.dev/kyma-project/prod/btp-manager:1.3.20",
                true,
                true,
            ),
            (both.as_str(), true, true),
            ("nginx:1.27", true, false),
            ("nginx", true, false),
            ("bitnami/kubectl:1.30", true, false),
            ("0.0.0.0:8080", true, false),
            ("localhost:8080/metrics", true, false),
            ("http://x:80", false, false),
            ("http://r.example/a:80", false, false),
            ("a b:1", false, false),
            ("r.example/a:", false, false),
            ("r.example/a@sha256:12", false, false),
            (":8080", false, false),
            ("key=value:x", false, false),
        ] {
            assert_eq!(ImageName::parse(text).is_some(), parsed, "{text}");
            assert_eq!(ImageName::parse_full(text).is_some(), full, "{text}");
        }
    }

    #[test]
    fn moving_names_are_refused() {
        let code = |text: &str| ImageName::parse(text).unwrap().moving().map(|v| v.code);
        assert_eq!(code("r.example/a"), Some(FormatCode::ImageTagMissing));
        for text in [
            "r.example/a:latest",
            "r.example/a:Main",
            &format!("r.example/a:latest@sha256:{HEX}"),
        ] {
            assert_eq!(code(text), Some(FormatCode::ImageTagMoving), "{text}");
        }
        assert_eq!(code("r.example/a:1.0"), None);
        assert_eq!(code(&format!("r.example/a@sha256:{HEX}")), None);
    }

    #[test]
    fn resources_have_semantic_versions() {
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
            let resource = ImageName::parse(text).unwrap().resource();
            assert_eq!(
                (resource.name.as_str(), resource.version.as_str()),
                (name, version),
                "{text}"
            );
            assert_eq!(resource.image, text);
        }
    }

    #[test]
    fn identities_do_not_meet() {
        let images = [
            "r.example/a/tool:1.0.0",
            "r.example/b/tool:1.0.0",
            "r.example/a/tool:1.0.0",
            "r.example/a/tool:1.0.1",
        ];
        let found = resources(&images.map(|text| ImageName::parse(text).unwrap()));
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
