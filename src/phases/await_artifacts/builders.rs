//! Those who make the artifacts: a builder that failed, or never started, ends the wait.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::{Seen, Watch};
use crate::domain::{Code, Diagnostic};
use crate::plan::ReleasePlan;
use crate::ports::{CheckState, SeenCheck};

/// A name in which `*` stands for any characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamePattern(String);

impl NamePattern {
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

impl std::fmt::Display for NamePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

fn of<'a>(
    pattern: &'a NamePattern,
    checks: &'a [SeenCheck],
) -> impl Iterator<Item = &'a SeenCheck> {
    checks.iter().filter(|check| pattern.matches(&check.name))
}

/// Builders that cannot end well any more.
pub(super) fn trouble(plan: &ReleasePlan, watch: &Watch, seen: &Seen) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for pattern in &watch.builders {
        let mut checks = of(pattern, &seen.builders).peekable();
        if checks.peek().is_none() && seen.waited >= watch.start_within {
            let waited = humantime::format_duration(watch.start_within);
            findings.push(Diagnostic::error(
                Code::BuilderNeverStarted,
                format!("no check {pattern} has appeared at {} within {waited}", plan.commit.short()),
                format!(
                    "a tag made with a workflow's own token starts no other workflow: give the phase `draft` another token, call \
                     the build from this workflow, or start it by hand for {}",
                    plan.tag
                ),
            ));
        }
        for failed in
            checks.filter(|check| matches!(check.state, CheckState::Failure | CheckState::Skipped))
        {
            let page = failed.url.as_deref().unwrap_or("its page on GitHub");
            findings.push(Diagnostic::error(
                Code::BuilderFailed,
                format!(
                    "{} ended with {}, and its artifacts will not come",
                    failed.name, failed.state
                ),
                format!("look at {page}, repair it, run it again, and then this"),
            ));
        }
    }
    findings
}

/// One line for each builder that is being waited for.
pub(super) fn at_work(watch: &Watch, checks: &[SeenCheck]) -> Vec<String> {
    let mut said = BTreeSet::new();
    let lines = watch.builders.iter().flat_map(|pattern| {
        let mut found: Vec<String> = of(pattern, checks)
            .map(|check| format!("builder {}: {}", check.name, check.state))
            .collect();
        if found.is_empty() {
            found.push(format!("builder {pattern}: not started"));
        }
        found
    });
    // Several patterns may mean the same builder.
    lines.filter(|line| said.insert(line.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
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
