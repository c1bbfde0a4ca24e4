//! Where a component version lives in a registry
//! ([ocm-spec, OCI mapping](https://github.com/open-component-model/ocm-spec/blob/main/doc/04-extensions/03-storage-backends/oci.md)).

use std::fmt;
use std::str::FromStr;

use crate::values::{ImageRepository, ImageTag};
use crate::{Diagnostic, FormatCode};

/// The folder of all components in a registry.
pub(crate) const COMPONENT_FOLDER: &str = "component-descriptors";

/// What `+` becomes in a tag, since OCM 0.4.
const BUILD: &str = ".build-";

/// The base of an OCM repository: a registry's host, and a path in it if one was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentRegistry {
    base: String,
    plain_http: bool,
}

impl ComponentRegistry {
    /// Whether it is reached without TLS: because it was written with `http://`, or because it is on this machine.
    pub fn is_plain_http(&self) -> bool {
        self.plain_http
    }

    /// `host/path` without scheme.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The host, with the port if it has one.
    pub fn host(&self) -> &str {
        self.base
            .split_once('/')
            .map_or(&self.base, |(host, _)| host)
    }

    /// The path below the host, if there is any.
    pub fn path(&self) -> Option<&str> {
        self.base.split_once('/').map(|(_, path)| path)
    }

    /// With the scheme where it is not HTTPS, as `baseUrl` has it.
    pub(crate) fn url(&self, of: &str) -> String {
        if self.plain_http {
            format!("http://{of}")
        } else {
            of.to_owned()
        }
    }

    /// The repository of a component: `<base>/component-descriptors/<name>`.
    ///
    /// # Errors
    ///
    /// [`FormatCode::ImageInvalid`] for a name that a registry does not take.
    pub fn component(&self, name: &str) -> Result<ImageRepository, Diagnostic> {
        format!("{}/{COMPONENT_FOLDER}/{name}", self.base).parse()
    }
}

impl FromStr for ComponentRegistry {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let (scheme, base) = text
            .split_once("://")
            .map_or((None, text), |(scheme, base)| (Some(scheme), base));
        let base = base.trim_end_matches('/');
        let invalid = |why: String| {
            Diagnostic::value(
                FormatCode::RegistryInvalid,
                "registry",
                text,
                why,
                "give host and path, such as registry.example/kyma-project/prod, with http:// for plain HTTP",
            )
        };
        // A base is valid if a repository can be below it.
        let probe = ImageRepository::read(&format!("{base}/x"))
            .map_err(|why| invalid(why.replace("/x\"", "\"")))?;
        let plain_http = match scheme {
            None => probe.is_loopback(),
            Some("http") => true,
            Some("https") => false,
            Some(other) => return Err(invalid(format!("has the scheme {other}"))),
        };
        Ok(Self {
            base: base.to_owned(),
            plain_http,
        })
    }
}

impl fmt::Display for ComponentRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(&self.base))
    }
}

/// The tag of a component version: the version, with `+` replaced as registries require.
///
/// # Errors
///
/// [`FormatCode::ImageTagInvalid`] for a version that is too long or has characters that a tag may not have.
pub fn component_tag(version: &str) -> Result<ImageTag, Diagnostic> {
    version.replacen('+', BUILD, 1).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_have_one_repository_in_a_registry() {
        let name = "kyma.project.io/module/btp-operator";
        for (registry, shown, place) in [
            (
                "europe-docker.pkg.dev/kyma-project/prod/unsigned",
                None,
                format!(
                    "europe-docker.pkg.dev/kyma-project/prod/unsigned/component-descriptors/{name}"
                ),
            ),
            (
                "https://r.example/",
                Some("r.example"),
                format!("r.example/component-descriptors/{name}"),
            ),
            (
                "localhost:5000",
                Some("http://localhost:5000"),
                format!("localhost:5000/component-descriptors/{name}"),
            ),
            (
                "http://r.example:5000/a",
                None,
                format!("r.example:5000/a/component-descriptors/{name}"),
            ),
            (
                "https://127.0.0.1:5000",
                Some("127.0.0.1:5000"),
                format!("127.0.0.1:5000/component-descriptors/{name}"),
            ),
        ] {
            let parsed: ComponentRegistry = registry.parse().unwrap();
            assert_eq!(parsed.to_string(), shown.unwrap_or(registry));
            assert_eq!(parsed.component(name).unwrap().to_string(), place);
        }
        let hub: ComponentRegistry = "docker.io/kyma".parse().unwrap();
        assert_eq!((hub.host(), hub.path()), ("docker.io", Some("kyma")));
    }

    #[test]
    fn invalid_registries_are_refused() {
        for (text, why) in [
            ("", "names no registry"),
            ("kyma-project", "neither a dot nor a port"),
            ("oci://r.example", "scheme oci"),
            ("r.example/Prod", "part \"Prod\""),
            ("r.example/a:1", "part \"a:1\""),
        ] {
            let error = text.parse::<ComponentRegistry>().unwrap_err();
            assert_eq!(error.code, FormatCode::RegistryInvalid);
            assert!(error.seen.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn build_metadata_is_written_into_the_tag() {
        for (version, tag) in [
            ("v1.2.3", "v1.2.3"),
            ("1.2.3+ci.42", "1.2.3.build-ci.42"),
            ("1.2.3-rc1", "1.2.3-rc1"),
        ] {
            assert_eq!(component_tag(version).unwrap().as_str(), tag);
        }
        assert!(component_tag("1.2.3+a+b").is_err());
    }
}
