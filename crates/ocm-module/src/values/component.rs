//! The name of a module as an OCM component.

use std::fmt;
use std::str::FromStr;

use crate::{Diagnostic, FormatCode};

/// A component name such as `kyma.project.io/module/btp-operator`: a domain with at least one dot, then at least one path
/// part (pattern of `component.name` in OCM's component descriptor schema v2, at most 255 characters).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ComponentName(String);

impl ComponentName {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part: the module's own name, such as `btp-operator`.
    pub fn short(&self) -> &str {
        short_name(&self.0)
    }
}

impl FromStr for ComponentName {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        if is_component_name(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Diagnostic::value(
            FormatCode::ComponentNameInvalid,
            "module name",
            text,
            "is not an OCM component name",
            "write a domain and a path in lower case, such as kyma.project.io/module/btp-operator",
        ))
    }
}

/// Whether a text is a component name:
/// `^[a-z][-a-z0-9]*([.][a-z][-a-z0-9]*)*[.][a-z]{2,}(/[a-z][-a-z0-9_]*([.][a-z][-a-z0-9_]*)*)+$`, at most 255 characters.
pub fn is_component_name(name: &str) -> bool {
    let label = |part: &str, more: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c))
    };
    let Some((domain, path)) = name.split_once('/') else {
        return false;
    };
    let Some((hosts, top)) = domain.rsplit_once('.') else {
        return false;
    };
    name.len() <= 255
        && hosts.split('.').all(|part| label(part, "-"))
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_lowercase())
        && path
            .split('/')
            .all(|segment| segment.split('.').all(|part| label(part, "-_")))
}

/// The last part of a component's name, such as `btp-operator`.
pub fn short_name(component: &str) -> &str {
    component.rsplit('/').next().unwrap_or(component)
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
    fn names_match_the_pattern_of_the_schema() {
        for text in [
            "kyma.project.io/module/btp-operator",
            "a.io/b",
            "kyma-project.io/module/x_y.z",
            "github.com/mandelsoft/ocm",
            "kyma-project.io/template-operator",
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
            "kyma.project.io/1",
            "kyma..io/x",
            &format!("a.io/{}", "x".repeat(251)),
        ] {
            assert_eq!(
                text.parse::<ComponentName>().unwrap_err().code,
                FormatCode::ComponentNameInvalid,
                "{text}"
            );
        }
    }
}
