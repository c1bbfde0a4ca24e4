//! The git tag, which is also the release's name, and how it is made from a version.

use std::fmt;
use std::str::FromStr;

use super::Version;
use super::{Code, Diagnostic};

const NOT_A_TAG_NAME: &str = "is not a tag name that git and GitHub accept";

/// A git tag's name without `refs/tags/`, such as `v1.2.0`, `1.2.0` or `api/v1.2.0`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

impl Tag {
    /// The name without `refs/tags/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The version that the tag is of: by its format, or, with none given, what follows the last `/`, with or without `v`.
    ///
    /// # Errors
    ///
    /// The tag is not of this format, or holds no version.
    pub fn version(&self, format: Option<&TagFormat>) -> Result<Version, Diagnostic> {
        let Some(format) = format else {
            let last = self.0.rsplit('/').next().unwrap_or(&self.0);
            return typed_version(last).map(|(_, version)| version);
        };
        format.version(&self.0).ok_or_else(|| {
            let why = format!("is not made by the tag format {format}");
            let help = "give the tag-format that the tag was made by, or leave it out";
            Diagnostic::value(Code::TagFormatInvalid, "tag", &self.0, why, help)
        })
    }

    /// The full name of the reference, such as `refs/tags/v1.2.0`.
    pub fn to_ref(&self) -> String {
        format!("refs/tags/{}", self.0)
    }
}

impl FromStr for Tag {
    type Err = Diagnostic;

    /// Accepts what `git check-ref-format` accepts, except characters that would have to be escaped in a URL.
    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '+');
        let bad_part = |part: &str| {
            let ext = std::path::Path::new(part).extension();
            part.is_empty()
                || part.starts_with('.')
                || part.ends_with('.')
                || ext.is_some_and(|e| e.eq_ignore_ascii_case("lock"))
        };
        let well_formed = text.chars().all(fine)
            && !text.starts_with('-')
            && !text.contains("..")
            && !text.split('/').any(bad_part);
        if !well_formed || text.len() > 200 {
            return Err(Diagnostic::value(
                Code::TagInvalid,
                "tag",
                text,
                NOT_A_TAG_NAME,
                "use only letters, digits and . - _ /, such as v1.2.0",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a tag is made from a version: a text with `{version}` in it, such as `v{version}` or `api/v{version}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagFormat {
    before: String,
    after: String,
}

impl TagFormat {
    /// The tag and the version that a maintainer typed. Without a format, `v1.2.0` and `1.2.0` are both accepted, and the tag is
    /// exactly the text. The format is returned as well, because releases are compared only with others of the same format.
    ///
    /// # Errors
    ///
    /// If the text is no version, or the tag that the format makes of it is no valid tag.
    pub fn read(typed: &str, given: Option<&Self>) -> Result<(Tag, Version, Self), Diagnostic> {
        let (spelling, version) = typed_version(typed)?;
        let implied = || Self {
            before: spelling.prefix().to_owned(),
            after: String::new(),
        };
        let format = given.cloned().unwrap_or_else(implied);
        Ok((format.tag(&version)?, version, format))
    }

    /// `{version}`: the tag is the version.
    pub fn plain() -> Self {
        Self {
            before: String::new(),
            after: String::new(),
        }
    }

    /// The tag of a version.
    ///
    /// # Errors
    ///
    /// [`Code::TagInvalid`] if git or GitHub would not accept it.
    pub fn tag(&self, version: &Version) -> Result<Tag, Diagnostic> {
        format!("{}{version}{}", self.before, self.after).parse()
    }

    /// The version in a tag; `None` if the tag has another format.
    pub fn version(&self, tag: &str) -> Option<Version> {
        let digits = tag.strip_prefix(self.before.as_str())?;
        digits.strip_suffix(self.after.as_str())?.parse().ok()
    }

    /// The version in a tag of this format or of the same one with the other [`Spelling`]: `v1.2.0` and `1.2.0` are one line of
    /// versions, and so are `api/v1.2.0` and `api/1.2.0`.
    pub fn version_of_line(&self, tag: &str) -> Option<(Version, Spelling)> {
        let line = self.line();
        let text = tag.strip_prefix(line)?;
        let text = text.strip_suffix(self.after.as_str())?;
        let (spelling, digits) = match text.strip_prefix('v') {
            Some(digits) if is_separated(line) => (Spelling::WithV, digits),
            _ => (Spelling::Plain, text),
        };
        Some((digits.parse().ok()?, spelling))
    }

    /// The text with which all tags of the line begin.
    pub fn line(&self) -> &str {
        match self.before.strip_suffix('v') {
            Some(line) if is_separated(line) => line,
            _ => &self.before,
        }
    }

    /// How versions are spelled in tags of this format.
    pub fn spelling(&self) -> Spelling {
        if self.line() == self.before {
            Spelling::Plain
        } else {
            Spelling::WithV
        }
    }

    /// The same format with another spelling.
    #[must_use]
    pub fn spelled(&self, spelling: Spelling) -> Self {
        Self {
            before: format!("{}{}", self.line(), spelling.prefix()),
            after: self.after.clone(),
        }
    }

    /// A version as it is typed for this format.
    pub fn typed(&self, version: &Version) -> String {
        format!("{}{version}", self.spelling().prefix())
    }
}

/// Whether a version has a `v` in front. Both name the same version, and belong to one line of releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// `1.2.0`.
    Plain,
    /// `v1.2.0`.
    WithV,
}

impl Spelling {
    /// The text before the version.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::WithV => "v",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Plain => Self::WithV,
            Self::WithV => Self::Plain,
        }
    }
}

impl fmt::Display for Spelling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "without `v`",
            Self::WithV => "with `v`",
        })
    }
}

/// A version as it was typed, and its spelling. An error repeats the text as it was typed.
fn typed_version(typed: &str) -> Result<(Spelling, Version), Diagnostic> {
    let (spelling, digits) = match typed.strip_prefix('v') {
        Some(digits) => (Spelling::WithV, digits),
        None => (Spelling::Plain, typed),
    };
    let version = Version::after(spelling.prefix(), digits);
    let version = version.map_err(ocm_module::Diagnostic::with_code)?;
    Ok((spelling, version))
}

/// Whether a `v` after this text belongs to the version: in `api/v1.2.0` it does, in `rev1.2.0` it does not.
fn is_separated(text: &str) -> bool {
    !text.ends_with(|last: char| last.is_ascii_alphanumeric())
}

impl FromStr for TagFormat {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let invalid = |why: &str| {
            Diagnostic::value(
                Code::TagFormatInvalid,
                "tag-format",
                text,
                why,
                "write {version} once, such as v{version} or api/v{version}",
            )
        };
        let (before, after) = text
            .split_once("{version}")
            .ok_or_else(|| invalid("has no {version}"))?;
        if after.contains("{version}") {
            return Err(invalid("has {version} twice"));
        }
        let format = Self {
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let example = format!("{}0.0.0{}", format.before, format.after);
        example
            .parse::<Tag>()
            .map_err(|_| invalid(NOT_A_TAG_NAME))?;
        Ok(format)
    }
}

impl fmt::Display for TagFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{{version}}{}", self.before, self.after)
    }
}

super::serde_as_text!(Tag, TagFormat);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::FormatCode;

    fn read(typed: &str, format: Option<&str>) -> Result<(String, String), Diagnostic> {
        let format = format.map(|f| f.parse().unwrap());
        TagFormat::read(typed, format.as_ref()).map(|(t, v, _)| (t.to_string(), v.to_string()))
    }

    #[test]
    fn read_keeps_the_tag_as_typed_and_applies_a_format() {
        assert_eq!(read("v1.2.0", None), Ok(("v1.2.0".into(), "1.2.0".into())));
        assert_eq!(read("1.2.0", None), Ok(("1.2.0".into(), "1.2.0".into())));
        assert_eq!(
            read("1.2.0", Some("api/v{version}")),
            Ok(("api/v1.2.0".into(), "1.2.0".into()))
        );
        assert_eq!(
            read("vv1.2.0", None).unwrap_err().code,
            Code::Format(FormatCode::VersionInvalid)
        );
        assert_eq!(
            read("v01.2.3", None).unwrap_err().code,
            Code::Format(FormatCode::VersionInvalid)
        );
    }

    #[test]
    fn versions_with_and_without_v_are_one_line() {
        let table = [
            ("v{version}", "", Spelling::WithV, "{version}"),
            ("{version}", "", Spelling::Plain, "v{version}"),
            ("api/v{version}", "api/", Spelling::WithV, "api/{version}"),
            ("api/{version}", "api/", Spelling::Plain, "api/v{version}"),
            (
                "mod-v{version}-x",
                "mod-",
                Spelling::WithV,
                "mod-{version}-x",
            ),
        ];
        for (format, line, spelling, other) in table {
            let format: TagFormat = format.parse().unwrap();
            assert_eq!((format.line(), format.spelling()), (line, spelling));
            let others = format.spelled(spelling.other());
            assert_eq!(others.to_string(), other);
            assert_eq!(others.spelled(spelling), format);
            let version = "1.2.0".parse().unwrap();
            let tag = |format: &TagFormat| format.tag(&version).unwrap().to_string();
            assert_eq!(
                format.version_of_line(&tag(&format)),
                Some((version.clone(), spelling))
            );
            assert_eq!(
                format.version_of_line(&tag(&others)),
                Some((version.clone(), spelling.other()))
            );
            assert_eq!(
                format.typed(&version),
                format!("{}1.2.0", spelling.prefix())
            );
        }
        let format = |text: &str| text.parse::<TagFormat>().unwrap();
        for (of, tag) in [
            ("v{version}", "vv1.2.0"),
            ("v{version}", "api/v1.2.0"),
            ("api/v{version}", "v1.2.0"),
            ("{version}-fips", "v1.2.0"),
            ("rev{version}", "re1.2.0"),
            ("re{version}", "rev1.2.0"),
        ] {
            assert_eq!(format(of).version_of_line(tag), None, "{of} {tag}");
        }
        let rev = format("rev{version}");
        assert_eq!((rev.line(), rev.spelling()), ("rev", Spelling::Plain));
        assert!(rev.version_of_line("rev1.2.0").is_some());
    }

    #[test]
    fn messages_about_a_version_keep_its_spelling() {
        let told = |typed: &str| {
            let error = TagFormat::read(typed, None).unwrap_err();
            format!("{} / {}", error.seen, error.help)
        };
        assert_eq!(
            told("v1.2"),
            "version \"v1.2\" is not a semantic version: unexpected end of input while parsing minor version number / \
             use MAJOR.MINOR.PATCH without leading zeros, such as v1.2.0"
        );
        assert!(told("1.2").ends_with("such as 1.2.0"), "{}", told("1.2"));
        assert!(told("v1.2.0+b").ends_with("/ use v1.2.0"));
        assert!(told("v1.x").ends_with("such as v1.2.0 or v1.3.0-rc1"));
        assert!(told("v").starts_with("version \"v\" is empty"));
    }

    #[test]
    fn version_is_found_in_tags_of_the_format_only() {
        let format: TagFormat = "api/v{version}".parse().unwrap();
        assert_eq!(format.version("api/v1.2.0").unwrap().to_string(), "1.2.0");
        for other in ["v1.2.0", "api/1.2.0", "api/v1.2", "xapi/v1.2.0"] {
            assert_eq!(format.version(other), None, "{other}");
        }
    }

    #[test]
    fn version_is_read_from_the_tag() {
        let table = [
            ("v1.2.0", None, Some("1.2.0")),
            ("1.2.0-rc1", None, Some("1.2.0-rc1")),
            ("example/v1.0.0", None, Some("1.0.0")),
            ("a/b/1.0.0", None, Some("1.0.0")),
            ("api/v1.2.0", Some("api/v{version}"), Some("1.2.0")),
            ("v1.2.0-fips", Some("v{version}-fips"), Some("1.2.0")),
            ("nightly", None, None),
            ("vv1.2.0", None, None),
            ("v1.2", None, None),
            ("v1.2.0", Some("api/v{version}"), None),
            ("api/vv1.2.0", Some("api/v{version}"), None),
        ];
        for (tag, format, version) in table {
            let format: Option<TagFormat> = format.map(|format| format.parse().unwrap());
            let seen = tag.parse::<Tag>().unwrap().version(format.as_ref());
            let seen = seen.map(|version| version.to_string());
            assert_eq!(seen.ok().as_deref(), version, "{tag}");
        }
    }

    #[test]
    fn parse_refuses_what_git_or_a_url_would_not_accept() {
        for text in [
            "", "a b", "a..b", "-x", "/x", "x/", "x.lock", "x.LOCK", ".x", "a~1", "a^", "a:b",
            "a?", "ü", "a\n",
        ] {
            assert_eq!(
                text.parse::<Tag>().unwrap_err().code,
                Code::TagInvalid,
                "{text:?}"
            );
        }
        for text in ["{version}{version}", "v", "x y{version}"] {
            assert_eq!(
                text.parse::<TagFormat>().unwrap_err().code,
                Code::TagFormatInvalid
            );
        }
    }
}
