//! Images as Kubernetes manifests name them.

use crate::values::{Digest, ImageRepository, ImageTag};
use crate::{Diagnostic, FormatCode};

/// An image's name as container runtimes read it: registry and `latest` may be implied, tag and digest may come together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageName {
    /// The name, unchanged.
    pub text: String,
    repository: String,
    tag: Option<ImageTag>,
    digest: Option<Digest>,
}

impl ImageName {
    /// The name, or nothing for a text that no container runtime takes.
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
        let known = |full: &str| full.parse::<ImageRepository>().is_ok();
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
        let full = image.repository.parse::<ImageRepository>().is_ok();
        (full && (image.tag.is_some() || image.digest.is_some())).then_some(image)
    }

    /// Everything before tag and digest, unchanged.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag, if one is written.
    pub fn tag(&self) -> Option<&ImageTag> {
        self.tag.as_ref()
    }

    /// The digest, if one is written.
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// A diagnostic for a name that may refer to another image later: without a tag, or with a moving tag.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn image_names_are_parsed_as_container_runtimes_do() {
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
    fn missing_and_moving_tags_are_reported() {
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
}
