//! How this project's workflows are called: by which name, and with which permissions and secrets.

use std::collections::BTreeMap;

use super::document::{JobSecrets, NamedSecret};
use super::facts::RepositoryFacts;

/// The workflows that are called, and the linter's rule that a version in place of a hash breaks.
const OURS: &str = "kyma-project/btp-release-action/.github/workflows/";
const OURS_VERSION: &str = "@v1";
pub(super) const UNPINNED: &str = "zizmor: ignore[unpinned-uses]";
/// The secrets with which a release is published, where the job's own token is not enough.
pub(super) fn publishing_secrets(facts: &RepositoryFacts<'_>) -> Vec<NamedSecret> {
    let tokens = &facts.tokens;
    let starts = "so that what is published starts workflows";
    if let Some((id, key)) = &tokens.app {
        return vec![
            named_secret(
                "APP_ID",
                id,
                format!("the App that publishes, {starts}").as_str(),
            ),
            named_secret("APP_PRIVATE_KEY", key, "its key"),
        ];
    }
    if let Some(token) = &tokens.publish {
        return vec![named_secret(
            "PUBLISH_TOKEN",
            token,
            format!("publishes, as today, {starts}").as_str(),
        )];
    }
    if tokens.started_by_release.is_empty() {
        return Vec::new();
    }
    vec![named_secret(
        "PUBLISH_TOKEN",
        "PUBLISH_TOKEN",
        format!("publishes, {starts}; without it, the job's own token does").as_str(),
    )]
}

pub(super) fn named_secret(name: &str, secret: &str, why: &str) -> NamedSecret {
    NamedSecret {
        name: name.to_owned(),
        secret: secret.to_owned(),
        why: why.to_owned(),
    }
}

pub(super) fn secrets_of(named: Vec<NamedSecret>) -> JobSecrets {
    if named.is_empty() {
        JobSecrets::None
    } else {
        JobSecrets::Named(named)
    }
}

pub(super) fn ours(file: &str) -> String {
    format!("{OURS}{file}{OURS_VERSION}")
}

/// Permissions, from the words of a workflow.
pub(super) fn granted(words: &[&str]) -> BTreeMap<String, String> {
    let pairs = words.iter().filter_map(|words| words.split_once(": "));
    pairs
        .map(|(name, level)| (name.to_owned(), level.to_owned()))
        .collect()
}
