//! The logs of a workflow's run, and the archive that they are kept in.

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;

use super::{ByteStream, CheckTimes, GitHubReader, ServiceError};
use crate::domain::RepoSlug;

/// A job of a workflow's run (<https://docs.github.com/en/rest/actions/workflow-jobs>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenJob {
    pub id: u64,
    /// As GitHub shows it; a job of a called workflow has the calling job's name before a slash.
    pub name: String,
    /// The attempt of the run in which it ran, counted from 1. Where only failed jobs are run again, the others stay of an earlier one.
    pub attempt: u64,
    /// Such as `success`; `None` for a job that has not ended.
    pub conclusion: Option<String>,
    /// From when its runner began with it, until it ended.
    pub times: CheckTimes,
}

/// What GitHub has of a job's log.
pub enum JobLog {
    /// The text, as it comes.
    Bytes(ByteStream),
    /// It was deleted, or there never was one: 404 or 410.
    Gone(u16),
}

/// The logs of workflows' runs, read-only.
///
/// # Errors
///
/// As those of [`GitHubReader`]: an answer that is not known.
#[async_trait]
pub trait RunReader: GitHubReader {
    /// The log of a job that has ended.
    async fn job_log(&self, repository: &RepoSlug, job: u64) -> Result<JobLog, ServiceError>;
}

/// How much of a log was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredLog {
    /// Bytes.
    pub size: u64,
    /// Whether there was more.
    pub cut: bool,
}

/// An archive that is being written. It appears under its name when it is finished.
///
/// # Errors
///
/// The file cannot be written, or the stream fails; what was stored before stays as it was.
#[async_trait]
pub trait LogArchive: Send {
    /// Stores at most `limit` bytes of a stream under a name, which is not in the archive yet.
    async fn add(
        &mut self,
        name: &str,
        bytes: ByteStream,
        limit: u64,
    ) -> Result<StoredLog, ServiceError>;
    /// Stores a last file, and gives the archive its name.
    async fn finish(self: Box<Self>, name: &str, bytes: Bytes) -> Result<(), ServiceError>;
}

/// Where archives are written.
#[async_trait]
pub trait LogArchives: Send + Sync {
    /// Begins an archive at a path below the working folder.
    async fn begin(&self, path: &Path) -> Result<Box<dyn LogArchive>, ServiceError>;
}
