//! Patterns for the names of checks.

use std::fmt;
use std::str::FromStr;

use super::{Code, Diagnostic};

/// A name in which `*` matches any characters, also none. Nothing else has a special meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
    /// Whether the whole name matches; upper and lower case differ.
    pub fn matches(&self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else {
            return self.0 == name;
        };
        let Some(mut left) = name.strip_prefix(first) else {
            return false;
        };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            match left.find(part) {
                Some(at) => left = left.get(at + part.len()..).unwrap_or_default(),
                None => return false,
            }
        }
        left.ends_with(last)
    }
}

impl FromStr for NamePattern {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        if text.trim().is_empty() {
            return Err(Diagnostic::value(
                Code::PatternInvalid,
                "name of a check",
                text,
                "is empty",
                "write the name of a check run, a status or a workflow, with * for any characters",
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_matches_any_characters() {
        let matches =
            |pattern: &str, name: &str| pattern.parse::<NamePattern>().unwrap().matches(name);
        assert!(matches("build", "build") && !matches("build", "build image"));
        assert!(matches("post-*-build", "post-btp-manager-build"));
        assert!(matches("*module*", "post-btp-manager-module-build"));
        assert!(matches("a*b*b", "axbxb") && !matches("a*b*b", "axb"));
        assert!(matches("*", "") && !matches("x*", ""));
        assert_eq!(
            " ".parse::<NamePattern>().unwrap_err().code,
            Code::PatternInvalid
        );
    }
}
