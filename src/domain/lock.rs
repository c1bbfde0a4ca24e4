//! The lock of a release: one run at a time may create the draft and the tag.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CommitSha, RepoSlug, Tag};

/// The process that holds a lock; unique for every process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The repository whose workflow runs, which may be another than the one that is released.
    pub repository: Option<RepoSlug>,
    /// The id of the workflow run; `None` on a terminal.
    pub run: Option<u64>,
    /// The attempt of the run, counted from 1.
    pub attempt: u64,
    /// A random text, which no other process has.
    pub process: String,
}

impl fmt::Display for LockOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.run, &self.repository) {
            (Some(run), Some(repository)) => {
                write!(f, "run {run} of {repository} (attempt {})", self.attempt)
            }
            _ => f.write_str("a process outside of GitHub Actions"),
        }
    }
}

/// The content of a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    pub owner: LockOwner,
    /// When it was taken, in seconds since 1970 by the owner's clock.
    pub since: u64,
    /// Whether it was taken from an owner that had ended without releasing it. What that one did last may not be visible yet.
    pub taken_over: bool,
}

const OPEN: &str = "btp-release-lock: ";

impl Lock {
    /// The reference that is the lock. GitHub lets only one of several creators succeed.
    pub fn reference(tag: &Tag) -> String {
        format!("refs/release-locks/{tag}")
    }

    /// The message of the annotated tag that the reference points at.
    pub fn message(&self) -> String {
        // Serialising a struct of plain values into memory has no way to fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{} makes this release\n\n{OPEN}{json}\n", self.owner)
    }

    /// Parses such a message; `None` for any other text.
    pub fn read(message: &str) -> Option<Self> {
        let json = message.lines().find_map(|line| line.strip_prefix(OPEN))?;
        serde_json::from_str(json).ok()
    }
}

/// A lock as it was seen in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLock {
    /// `None` if its message cannot be read.
    pub lock: Option<Lock>,
    /// How long ago it was taken; zero if unknown.
    pub age: Duration,
    /// The commit that its tag object points to.
    pub commit: Option<CommitSha>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_returns_what_message_wrote() {
        let lock = Lock {
            owner: LockOwner {
                repository: Some("kyma-project/btp-manager".parse().unwrap()),
                run: Some(17),
                attempt: 2,
                process: "1f".into(),
            },
            since: 1,
            taken_over: true,
        };
        assert!(
            lock.message()
                .starts_with("run 17 of kyma-project/btp-manager (attempt 2) makes this release\n")
        );
        assert_eq!(Lock::read(&lock.message()), Some(lock));
        assert_eq!(Lock::read("btp-release-lock: {}"), None);
        assert_eq!(Lock::read("mine"), None);
    }

    #[test]
    fn reference_is_outside_of_the_tags() {
        assert_eq!(
            Lock::reference(&"api/v1.2.0".parse().unwrap()),
            "refs/release-locks/api/v1.2.0"
        );
    }
}
