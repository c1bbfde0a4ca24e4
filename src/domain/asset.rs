//! The name of a file attached to a release.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic};

/// How many assets GitHub takes for a release
/// (<https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases#storage-and-bandwidth-quotas>). One more
/// is refused with 422.
pub const MAX_ASSETS: usize = 1_000;

/// A name that GitHub keeps unchanged. It rewrites other names silently on upload (spaces and most punctuation become `.`), and
/// the asset would then never be found under the name that was wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssetName(String);

impl AssetName {
    /// The name as it is on GitHub.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AssetName {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '@');
        let edge = |c: Option<char>| {
            c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        };
        let kept = text.chars().all(fine)
            && edge(text.chars().next())
            && !text.ends_with('.')
            && !text.contains("..");
        if !kept || text.len() > 255 {
            return Err(Diagnostic::value(
                Code::AssetNameInvalid,
                "asset name",
                text,
                "would be rewritten by GitHub on upload",
                format!(
                    "use only letters, digits and . - _ + @, such as {:?}; `path=name` uploads a file under another name",
                    suggestion(text)
                ),
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

/// A similar name that GitHub keeps.
fn suggestion(text: &str) -> String {
    let replaced: String = text
        .chars()
        .take(200)
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') {
                c
            } else {
                '.'
            }
        })
        .collect();
    let joined = replaced
        .split('.')
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(".");
    if joined.is_empty() {
        "file".into()
    } else {
        joined
    }
}

impl fmt::Display for AssetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(AssetName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_names_that_github_keeps() {
        for text in [
            "template.yaml",
            "template_control_plane.yaml",
            "a-1.2.0+x@y.tgz",
        ] {
            assert_eq!(text.parse::<AssetName>().unwrap().as_str(), text);
        }
        for text in [
            "", ".env", "a b.yaml", "a..b", "x.", "dir/x", "ü.yaml", "a\0",
        ] {
            let error = text.parse::<AssetName>().unwrap_err();
            assert_eq!(error.code, Code::AssetNameInvalid, "{text:?}");
        }
        assert_eq!(suggestion("my file (1).yaml"), "my.file.1.yaml");
        assert!(suggestion("äß").parse::<AssetName>().is_ok());
    }
}
