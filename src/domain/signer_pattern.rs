//! Patterns for the workflow that signed an attestation.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic, NamePattern};

/// The address of a workflow with its ref, such as
/// `https://github.com/kyma-project/test-infra/.github/workflows/image-builder.yml@refs/heads/main`, in which `*` matches any
/// characters, also none. It is compared with the subject alternative name of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerPattern(NamePattern);

impl SignerPattern {
    /// Whether the whole address matches; upper and lower case differ.
    pub fn matches(&self, subject: &str) -> bool {
        self.0.matches(subject)
    }
}

impl FromStr for SignerPattern {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        // A star in the host or the owner would let anybody sign.
        let named = text.strip_prefix("https://").and_then(|rest| {
            let mut parts = rest.splitn(3, '/');
            let (host, owner, rest) = (parts.next()?, parts.next()?, parts.next()?);
            // Every workflow that signs is named with its ref.
            Some(
                !host.is_empty()
                    && !host.contains('@')
                    && rest.contains(['@', '*'])
                    && !owner.is_empty()
                    && !rest.is_empty()
                    && !host.contains('*')
                    && !owner.contains('*'),
            )
        });
        if named != Some(true) || text.chars().any(char::is_whitespace) {
            return Err(Diagnostic::value(
                Code::PatternInvalid,
                "signer",
                text,
                "is not the address of a workflow with its host, its owner and its ref",
                "write https://github.com/OWNER/REPOSITORY/.github/workflows/FILE@REF; after the owner, * stands for any characters",
            ));
        }
        Ok(Self(text.parse()?))
    }
}

impl fmt::Display for SignerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

super::serde_as_text!(SignerPattern);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_names_host_and_owner() {
        for refused in [
            "",
            "*",
            "https://*",
            "https://github.com/*",
            "https://github.com/*/module/.github/workflows/a.yml@x",
            "https://*.com/kyma-project/module",
            "http://github.com/kyma-project/module/x",
            "https://github.com/kyma-project/",
            "https://github.com/kyma-project/a b",
            "https://github.com/kyma-project/module/.github/workflows/a.yml",
            "https://user:password@github.com/kyma-project/module/.github/workflows/a.yml@main",
        ] {
            let error = refused.parse::<SignerPattern>().unwrap_err();
            assert_eq!(error.code, Code::PatternInvalid, "{refused}");
        }
    }

    #[test]
    fn star_matches_any_characters_after_the_owner() {
        let workflow = "https://github.com/o/r/.github/workflows/build.yml@refs/tags/v1.2.0";
        let matches = |pattern: &str| pattern.parse::<SignerPattern>().unwrap().matches(workflow);
        assert!(matches(workflow));
        assert!(matches(
            "https://github.com/o/r/.github/workflows/build.yml@refs/tags/*"
        ));
        assert!(!matches(
            "https://github.com/o/r/.github/workflows/build.yml@refs/heads/*"
        ));
        // No pattern is a prefix.
        assert!(!matches(
            "https://github.com/o/r/.github/workflows/build.yml@refs/tags/v1.2"
        ));
    }
}
