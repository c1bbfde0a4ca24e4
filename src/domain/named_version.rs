//! A version with the tag that it is released under.

use std::fmt;

use super::{Code, Diagnostic, Tag, TagFormat, Version};

/// A version, its tag, and how the one is made from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVersion {
    pub version: Version,
    pub tag: Tag,
    /// Releases are compared only with those of the same format.
    pub format: TagFormat,
}

impl NamedVersion {
    /// What a maintainer typed: see [`TagFormat::read`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn typed(text: &str, given: Option<&TagFormat>) -> Result<Self, Diagnostic> {
        let (tag, version, format) = TagFormat::read(text, given)?;
        Ok(Self {
            version,
            tag,
            format,
        })
    }

    /// The version of a tag that exists. Without a format, it is what follows the last `/`, with or without `v`.
    ///
    /// # Errors
    ///
    /// The tag is not of this format, or holds no version.
    pub fn of_tag(tag: Tag, given: Option<&TagFormat>) -> Result<Self, Diagnostic> {
        let version = tag.version(given)?;
        let format = if let Some(format) = given {
            format.clone()
        } else {
            // The version is what the tag ends with.
            let before = tag.as_str().strip_suffix(&version.to_string());
            format!("{}{{version}}", before.unwrap_or_default()).parse()?
        };
        Ok(Self {
            version,
            tag,
            format,
        })
    }

    /// A version in a format.
    ///
    /// # Errors
    ///
    /// See [`TagFormat::tag`].
    pub fn of_version(version: Version, format: TagFormat) -> Result<Self, Diagnostic> {
        Ok(Self {
            tag: format.tag(&version)?,
            version,
            format,
        })
    }

    /// The same, if it is the version that was typed beside its source, where one was.
    ///
    /// # Errors
    ///
    /// [`Code::VersionDiffers`] for another version.
    pub fn unless_other(
        self,
        source: impl fmt::Display,
        typed: Option<&Version>,
    ) -> Result<Self, Diagnostic> {
        match typed {
            Some(typed) if *typed != self.version => Err(Diagnostic::error(
                Code::VersionDiffers,
                format!(
                    "version {typed} was typed, and {source} is {}",
                    self.version
                ),
                "leave `version` out, or leave `version-from` out to release what was typed",
            )),
            _ => Ok(self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn format_of_an_existing_tag_is_what_stands_before_its_version() {
        for (tag, given, version, format) in [
            ("v1.2.0", None, "1.2.0", "v{version}"),
            ("1.2.0", None, "1.2.0", "{version}"),
            ("api/v1.2.0-rc1", None, "1.2.0-rc1", "api/v{version}"),
            ("1.2.0/1.2.0", None, "1.2.0", "1.2.0/{version}"),
            (
                "listener/v1.2.0",
                Some("listener/v{version}"),
                "1.2.0",
                "listener/v{version}",
            ),
            (
                "v1.2.0-fips",
                Some("v{version}-fips"),
                "1.2.0",
                "v{version}-fips",
            ),
        ] {
            let given: Option<TagFormat> = given.map(|format| format.parse().unwrap());
            let named = NamedVersion::of_tag(tag.parse().unwrap(), given.as_ref()).unwrap();
            assert_eq!(named.tag.as_str(), tag);
            assert_eq!(named.version.to_string(), version);
            assert_eq!(named.format.to_string(), format, "{tag}");
            let again = NamedVersion::of_version(named.version.clone(), named.format.clone());
            assert_eq!(again.unwrap(), named);
        }
        let api: TagFormat = "api/v{version}".parse().unwrap();
        for (tag, given) in [("nightly", None), ("v1.2.0", Some(&api)), ("v1.2", None)] {
            assert!(NamedVersion::of_tag(tag.parse().unwrap(), given).is_err());
        }
    }
}
