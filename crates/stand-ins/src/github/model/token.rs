//! Tokens and their permissions.
//! <https://docs.github.com/en/actions/concepts/security/github_token>

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A secret's owner and rights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub kind: TokenKind,
    /// The user who acts with it.
    pub login: String,
    #[serde(default)]
    pub rights: Rights,
    /// The only repositories it reaches; `None`: all.
    #[serde(default)]
    pub repositories: Option<BTreeSet<String>>,
    /// In seconds since 1970; from then on it is no token.
    #[serde(default)]
    pub expires_at: Option<u64>,
}

/// Which kind of token it is: some requests depend on that and not on rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TokenKind {
    /// A workflow job's own; what it makes starts no workflows.
    #[serde(rename = "GITHUB_TOKEN")]
    GitHubToken,
    /// A personal access token.
    #[serde(rename = "pat")]
    Pat,
    /// An installation token of a GitHub App.
    #[serde(rename = "app")]
    App,
}

/// How far a right goes; each level includes the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    #[default]
    None,
    Read,
    Write,
}

/// A token's permissions, by the names that workflows use. Reading a public repository takes none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rights {
    pub contents: Level,
    pub workflows: Level,
    pub checks: Level,
    pub statuses: Level,
    pub actions: Level,
    pub pull_requests: Level,
    pub issues: Level,
    pub administration: Level,
    pub attestations: Level,
}

/// A right as `X-Accepted-GitHub-Permissions` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    Contents,
    Checks,
    Statuses,
    Actions,
    PullRequests,
    Issues,
    Administration,
    Attestations,
}

impl Right {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Right::Contents => "contents",
            Right::Checks => "checks",
            Right::Statuses => "statuses",
            Right::Actions => "actions",
            Right::PullRequests => "pull_requests",
            Right::Issues => "issues",
            Right::Administration => "administration",
            Right::Attestations => "attestations",
        }
    }
}

impl Token {
    /// As in a job with `contents`, `checks`, `statuses` and `actions` set to `write`: it can never be
    /// given `workflows` or `administration`.
    pub fn github_token() -> Token {
        let rights = Rights {
            contents: Level::Write,
            checks: Level::Write,
            statuses: Level::Write,
            actions: Level::Write,
            pull_requests: Level::Read,
            ..Rights::default()
        };
        Token::new(TokenKind::GitHubToken, "github-actions[bot]", rights)
    }

    /// A job token with `contents: read` and nothing else.
    pub fn read_only() -> Token {
        let rights = Rights {
            contents: Level::Read,
            ..Rights::default()
        };
        Token::new(TokenKind::GitHubToken, "github-actions[bot]", rights)
    }

    /// A maintainer's token with every right but administration.
    pub fn pat(login: &str) -> Token {
        let rights = Rights {
            workflows: Level::Write,
            pull_requests: Level::Write,
            issues: Level::Write,
            ..Token::github_token().rights
        };
        Token::new(TokenKind::Pat, login, rights)
    }

    /// An app's installation token with the rights of a maintainer.
    pub fn app(slug: &str) -> Token {
        Token {
            kind: TokenKind::App,
            login: format!("{slug}[bot]"),
            ..Token::pat(slug)
        }
    }

    /// A token that never expires and reaches every repository.
    pub fn new(kind: TokenKind, login: &str, rights: Rights) -> Token {
        Token {
            kind,
            login: login.to_owned(),
            rights,
            repositories: None,
            expires_at: None,
        }
    }

    /// For one repository only, as a job's token is.
    #[must_use]
    pub fn only_for(mut self, repository: &str) -> Token {
        self.repositories
            .get_or_insert_default()
            .insert(repository.to_owned());
        self
    }

    /// The same with other rights.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Rights)) -> Token {
        change(&mut self.rights);
        self
    }

    pub(crate) fn level(&self, right: Right) -> Level {
        match right {
            Right::Contents => self.rights.contents,
            Right::Checks => self.rights.checks,
            Right::Statuses => self.rights.statuses,
            Right::Actions => self.rights.actions,
            Right::PullRequests => self.rights.pull_requests,
            Right::Issues => self.rights.issues,
            Right::Administration => self.rights.administration,
            Right::Attestations => self.rights.attestations,
        }
    }

    pub(crate) fn reaches(&self, repository: &str) -> bool {
        self.repositories
            .as_ref()
            .is_none_or(|names| names.contains(repository))
    }
}
