//! The name of a module as an OCM component.

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, FormatCode};

/// A component name such as `kyma.project.io/module/btp-operator`: a domain with at least one dot, then at least one path
/// part (pattern of `component.name` in OCM's component descriptor schema v2, at most 255 characters).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentName(String);

impl ComponentName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part: the module's own name, such as `btp-operator`.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl FromStr for ComponentName {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        let label = |part: &str, under: bool| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part.chars().all(|c| {
                    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || under && c == '_'
                })
        };
        let domain = |domain: &str| {
            let last_fine = domain
                .rsplit('.')
                .next()
                .is_some_and(|l| l.len() >= 2 && l.chars().all(|c| c.is_ascii_lowercase()));
            domain.contains('.') && last_fine && domain.split('.').all(|l| label(l, false))
        };
        let path = |path: &str| {
            path.split('/')
                .all(|p| p.split('.').all(|l| label(l, true)))
        };
        match text.split_once('/') {
            Some((d, p)) if domain(d) && path(p) && text.len() <= 255 => Ok(Self(text.to_owned())),
            _ => Err(Diagnostic::value(
                FormatCode::ComponentNameInvalid,
                "module name",
                text,
                "is not an OCM component name",
                "write a domain and a path in lower case, such as kyma.project.io/module/btp-operator",
            )),
        }
    }
}

impl fmt::Display for ComponentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(ComponentName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_schema_takes() {
        for text in [
            "kyma.project.io/module/btp-operator",
            "a.io/b",
            "kyma-project.io/module/x_y.z",
        ] {
            assert_eq!(text.parse::<ComponentName>().unwrap().as_str(), text);
        }
        for text in [
            "btp-operator",
            "kyma/module",
            "kyma.project.io",
            "kyma.project.io/",
            "Kyma.io/x",
            "a.i/b",
            "a.io/1x",
            "a.io//b",
        ] {
            assert_eq!(
                text.parse::<ComponentName>().unwrap_err().code,
                FormatCode::ComponentNameInvalid,
                "{text}"
            );
        }
    }
}
