//! Events: what happened on GitHub, for tests that play the builders.

use super::model::{Sha, TokenKind};
use serde::{Deserialize, Serialize};

/// A change that starts workflows or builders outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GitHubEvent {
    /// A tag was created: as a ref, or by publishing a release. GitHub starts workflows for it
    /// unless `by` is [`TokenKind::GitHubToken`]; external builders start for any token.
    TagCreated {
        repository: String,
        tag: String,
        commit: Sha,
        by: TokenKind,
    },
    TagDeleted {
        repository: String,
        tag: String,
    },
    DraftCreated {
        repository: String,
        release: u64,
        tag: String,
    },
    ReleasePublished {
        repository: String,
        release: u64,
        tag: String,
        by: TokenKind,
    },
    ReleaseDeleted {
        repository: String,
        release: u64,
    },
    /// GitHub starts workflows for it unless `by` is [`TokenKind::GitHubToken`].
    PullOpened {
        repository: String,
        number: u64,
        head: Sha,
        by: TokenKind,
    },
    /// The push to the base starts workflows unless `by` is [`TokenKind::GitHubToken`].
    PullMerged {
        repository: String,
        number: u64,
        commit: Sha,
        by: TokenKind,
    },
    AssetUploaded {
        repository: String,
        release: u64,
        name: String,
    },
}
