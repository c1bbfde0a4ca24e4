//! Who may make a release of a tag: one run at a time.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{CommitSha, RepoSlug, Tag};

/// A process that makes releases, told apart from every other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// Whose workflow runs, which need not be the repository that is released.
    pub repository: Option<RepoSlug>,
    /// The workflow's run; none on a terminal.
    pub run: Option<u64>,
    pub attempt: u64,
    /// A number that no other process has.
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

/// What a lock says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    pub owner: LockOwner,
    /// Seconds since 1970, by the owner's clock.
    pub since: u64,
    /// Taken from an owner that had died: what that one did last may not be visible yet.
    pub taken_over: bool,
}

const OPEN: &str = "btp-release-lock: ";

impl Lock {
    /// The reference that is the lock: of several who create it, one succeeds.
    pub fn reference(tag: &Tag) -> String {
        format!("refs/release-locks/{tag}")
    }

    /// The message of the annotated tag that the reference points at.
    pub fn message(&self) -> String {
        // Serialising a struct of plain values into memory has no way to fail.
        let json = serde_json::to_string(self).unwrap_or_default();
        format!("{} makes this release\n\n{OPEN}{json}\n", self.owner)
    }

    pub fn read(message: &str) -> Option<Self> {
        let json = message.lines().find_map(|line| line.strip_prefix(OPEN))?;
        serde_json::from_str(json).ok()
    }
}

/// A lock as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenLock {
    /// `None` where it is not written in a way that we know.
    pub lock: Option<Lock>,
    pub age: Duration,
    /// What its tag object points at.
    pub commit: Option<CommitSha>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
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
    fn a_lock_is_no_tag() {
        assert_eq!(
            Lock::reference(&"api/v1.2.0".parse().unwrap()),
            "refs/release-locks/api/v1.2.0"
        );
    }
}
