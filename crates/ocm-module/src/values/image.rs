//! Image references, strict: no registry and no tag is ever implied.

use std::fmt;
use std::str::FromStr;

use super::Digest;
use crate::{Diagnostic, FormatCode};

const EXAMPLE: &str = "registry.example/kyma-project/prod/btp-manager:1.2.0";

fn invalid(seen: &str, why: impl fmt::Display) -> Diagnostic {
    let help = format!("write registry, path and tag or digest in full, such as {EXAMPLE}");
    Diagnostic::value(FormatCode::ImageInvalid, "image", seen, why, help)
}

/// Where an image lives: a registry's host and a path in it, such as `registry.example:5000/kyma-project/btp-manager`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageRepository {
    registry: String,
    path: String,
}

impl ImageRepository {
    /// `host` or `host:port`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The path below the host, without leading or trailing slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path, such as `btp-manager`.
    pub fn short_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the registry is on this machine, where plain HTTP is usual.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.registry)
    }

    /// The repository below this one; nothing if a registry does not take such a path.
    #[must_use]
    pub fn join(&self, path: &str) -> Option<Self> {
        format!("{self}/{path}").parse().ok()
    }

    /// The image of this tag.
    pub fn tagged(&self, tag: ImageTag) -> ImageRef {
        ImageRef {
            repository: self.clone(),
            pin: Pin::Tag(tag),
        }
    }

    /// The image with this digest.
    pub fn pinned(&self, digest: Digest) -> PinnedImage {
        PinnedImage {
            repository: self.clone(),
            digest,
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

impl FromStr for ImageRepository {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        Self::read(text).map_err(|why| invalid(text, why))
    }
}

impl ImageRepository {
    /// The same, with only the reason as the error: the text may be a part of a longer one.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if text.contains("://") {
            return Err("starts with a scheme".into());
        }
        let (registry, path) = text
            .split_once('/')
            .ok_or_else(|| "names no registry".to_owned())?;
        if !is_host(registry) {
            return Err(format!(
                "names no registry: {registry:?} has neither a dot nor a port"
            ));
        }
        if let Some(part) = path.split('/').find(|part| !is_component(part)) {
            return Err(format!(
                "has the part {part:?}, which a registry does not take"
            ));
        }
        if text.len() > 255 {
            return Err("is longer than 255 characters".into());
        }
        Ok(Self {
            registry: registry.to_owned(),
            path: path.to_owned(),
        })
    }
}

/// A host counts as one only with a dot, a port or the name `localhost`: without, it is the first part of a path on
/// Docker Hub, which must be spelled out here.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !text.ends_with(']') => (name, Some(port)),
        _ => (text, None),
    };
    let port_fine = port.is_none_or(|p| p.parse::<u16>().is_ok() && !p.starts_with('+'));
    let v6 = name
        .strip_prefix('[')
        .and_then(|n| n.strip_suffix(']'))
        .is_some_and(|n| n.parse::<std::net::Ipv6Addr>().is_ok());
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let named = name.split('.').all(label);
    port_fine && (v6 || named && (name.contains('.') || port.is_some() || name == "localhost"))
}

/// One part of a path: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, from the OCI distribution specification, "Pulling manifests".
fn is_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = part.split(plain).filter(|s| !s.is_empty());
    part.starts_with(plain)
        && part.ends_with(plain)
        && separators
            .into_iter()
            .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

impl fmt::Display for ImageRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.path)
    }
}

/// An image's tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}` (OCI distribution specification, "Pulling manifests").
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageTag(String);

impl ImageTag {
    /// The tag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ImageTag {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let fine =
            text.starts_with(word) && text.chars().all(|c| word(c) || matches!(c, '.' | '-'));
        if !fine || text.len() > 128 {
            return Err(Diagnostic::value(
                FormatCode::ImageTagInvalid,
                "image tag",
                text,
                "is not a tag that a registry takes",
                "use at most 128 letters, digits, and . - _ only, such as 1.2.0",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for ImageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Pin {
    Tag(ImageTag),
    Digest(Digest),
}

/// An image by tag or by digest, written in full: no registry, library or `latest` is ever implied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageRef {
    repository: ImageRepository,
    pin: Pin,
}

impl ImageRef {
    /// Where the image lives.
    pub fn repository(&self) -> &ImageRepository {
        &self.repository
    }

    /// The tag; nothing for an image by digest.
    pub fn tag(&self) -> Option<&ImageTag> {
        match &self.pin {
            Pin::Tag(tag) => Some(tag),
            Pin::Digest(_) => None,
        }
    }

    /// The digest; nothing for an image by tag.
    pub fn digest(&self) -> Option<Digest> {
        match &self.pin {
            Pin::Tag(_) => None,
            Pin::Digest(digest) => Some(*digest),
        }
    }

    /// The last part of a registry's paths: the tag or the digest.
    pub fn reference(&self) -> String {
        match &self.pin {
            Pin::Tag(tag) => tag.to_string(),
            Pin::Digest(digest) => digest.to_string(),
        }
    }
}

impl FromStr for ImageRef {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        if let Some((name, digest)) = text.split_once('@') {
            let digest = digest
                .parse()
                .map_err(|_| invalid(text, "is not a SHA-256 digest"))?;
            let repository = ImageRepository::read(name).map_err(|why| {
                let why = if name
                    .rsplit('/')
                    .next()
                    .is_some_and(|last| last.contains(':'))
                {
                    "has both a tag and a digest".into()
                } else {
                    why
                };
                invalid(text, why)
            })?;
            return Ok(Self {
                repository,
                pin: Pin::Digest(digest),
            });
        }
        let slash = text.rfind('/').map_or(0, |at| at + 1);
        let colon = text
            .get(slash..)
            .and_then(|last| last.find(':'))
            .map(|at| slash + at);
        let (name, tag) = match colon {
            Some(at) => text.split_at(at),
            None => {
                return Err(text
                    .parse::<ImageRepository>()
                    .map_or_else(|e| e, |_| invalid(text, "has neither a tag nor a digest")));
            }
        };
        let repository = ImageRepository::read(name).map_err(|why| invalid(text, why))?;
        let tag = tag
            .trim_start_matches(':')
            .parse()
            .map_err(|_| invalid(text, "is not a tag that a registry takes"))?;
        Ok(Self {
            repository,
            pin: Pin::Tag(tag),
        })
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pin {
            Pin::Tag(tag) => write!(f, "{}:{tag}", self.repository),
            Pin::Digest(digest) => write!(f, "{}@{digest}", self.repository),
        }
    }
}

/// An image by digest: what is tested and published, since a tag can be moved.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PinnedImage {
    /// Where the image lives.
    pub repository: ImageRepository,
    /// The digest of its manifest or index.
    pub digest: Digest,
}

impl FromStr for PinnedImage {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let image: ImageRef = text.parse()?;
        let digest = image.digest().ok_or_else(|| Diagnostic {
            code: FormatCode::ImageNotPinned,
            help: format!(
                "give the digest that `await` found: {}@sha256:…",
                image.repository
            ),
            ..invalid(text, "is named by tag, and a tag can be moved")
        })?;
        Ok(image.repository.pinned(digest))
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

impl From<PinnedImage> for ImageRef {
    fn from(image: PinnedImage) -> Self {
        Self {
            repository: image.repository,
            pin: Pin::Digest(image.digest),
        }
    }
}

super::serde_as_text!(ImageRepository, ImageTag, ImageRef, PinnedImage);

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn full_image_references_are_parsed_and_printed() {
        for text in [
            "registry.example/a/b:1.2.0",
            "localhost:5000/btp-manager:v1.2.0",
            "localhost/btp-manager:v1.2.0",
            "[::1]:5000/x:1",
            "registry.example/component-descriptors/kyma.project.io/module/btp-operator:v1.2.0",
            &format!("r.example:443/a/b@sha256:{HEX}"),
        ] {
            assert_eq!(text.parse::<ImageRef>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn incomplete_image_references_are_refused() {
        for (text, why) in [
            ("btp-manager", "names no registry"),
            ("btp-manager:1.0", "names no registry"),
            ("kyma/btp-manager:1.0", "has neither a dot nor a port"),
            ("r.example/btp-manager", "neither a tag nor a digest"),
            ("r.example:5000/btp-manager", "neither a tag nor a digest"),
            ("r.example/Btp:1.0", "part \"Btp\""),
            ("r.example//x:1", "part \"\""),
            ("r.example/a___b:1", "part \"a___b\""),
            ("r.example/a:", "not a tag"),
            ("r.example/a:1+b", "not a tag"),
            ("https://r.example/a:1", "scheme"),
            ("r.example/a@sha256:12", "not a SHA-256"),
            ("r.example:99999/a:1", "names no registry"),
            ("", "names no registry"),
        ] {
            let error = text.parse::<ImageRef>().unwrap_err();
            assert!(error.seen.contains(why), "{text}: {}", error.seen);
        }
        let both = format!("r.example/a:1@sha256:{HEX}");
        assert!(
            both.parse::<ImageRef>()
                .unwrap_err()
                .seen
                .contains("both a tag and a digest")
        );
    }

    #[test]
    fn a_pinned_image_needs_a_digest() {
        assert_eq!(
            "r.example/a:1".parse::<PinnedImage>().unwrap_err().code,
            FormatCode::ImageNotPinned
        );
    }

    #[test]
    fn loopback_hosts_are_recognised() {
        for (host, own) in [
            ("localhost:1", true),
            ("127.0.0.1:5000", true),
            ("[::1]:5000", true),
            ("localhost.example", false),
            ("10.0.0.1:5000", false),
        ] {
            assert_eq!(is_loopback(host), own, "{host}");
        }
    }
}
