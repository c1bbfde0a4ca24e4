//! Whether the commit is on a branch that the version may come from.

use super::or_force;
use crate::domain::{Code, Diagnostic, MinorsFrom, VersionRules};
use crate::plan::Wanted;

/// `branches` are those that the version may come from, and whether they have the commit.
pub(super) fn finding(
    rules: &VersionRules,
    wanted: &Wanted,
    branches: &[(String, Option<bool>)],
) -> Option<Diagnostic> {
    if branches.is_empty() || branches.iter().any(|(_, has)| *has == Some(true)) {
        return None;
    }
    let names = |exists: bool| {
        let names = branches.iter().filter(|(_, has)| has.is_some() == exists);
        names.map(|(name, _)| name.as_str()).collect::<Vec<_>>()
    };
    let (there, missing) = (names(true), names(false));
    let mut told = Vec::new();
    if !there.is_empty() {
        told.push(format!(
            "the commit {} is not on {}",
            wanted.commit.short(),
            there.join(" or ")
        ));
    }
    if !missing.is_empty() {
        let (does, branch) = match missing.len() {
            1 => ("does", "branch"),
            _ => ("do", "branches"),
        };
        told.push(format!(
            "the {branch} {} {does} not exist",
            missing.join(" and ")
        ));
    }
    let because = if rules.minors_from == MinorsFrom::DefaultBranch && wanted.version.patch() == 0 {
        "minor-from-main"
    } else {
        "branch-pattern"
    };
    let all: Vec<_> = branches.iter().map(|(name, _)| name.as_str()).collect();
    let seen = format!(
        "{} may come from {} only (`{because}`), and {}",
        wanted.version,
        all.join(" or "),
        told.join("; ")
    );
    let instead = match (there.first(), missing.first()) {
        (Some(branch), _) => format!("release a commit that was merged into {branch}"),
        (None, missing) => {
            let branch = missing.copied().unwrap_or_default();
            format!(
                "create {branch} with the commit on it (git push origin {}:refs/heads/{branch})",
                wanted.commit.short()
            )
        }
    };
    Some(Diagnostic::error(
        Code::BranchWrong,
        seen,
        or_force(&instead),
    ))
}
