//! The lock of a tag: a reference to an annotated tag that names the owner. GitHub creates it only if it does not
//! exist.

use std::time::{Duration, UNIX_EPOCH};

use http::Method;

use super::client::success;
use super::rate_limit::RequestKind;
use super::{GitHub, failure, models};
use crate::domain::{Lock, RepoSlug, SeenLock, Tag};
use crate::protocol::{Cause, LockClaim, NewLock};

impl GitHub {
    /// Reads the lock from git's references, which do not lag behind a write.
    pub(super) async fn read_lock(&self, tag: &Tag) -> Result<Option<SeenLock>, Cause> {
        let name = Lock::reference(tag);
        let url = self.url(&["git", "ref", name.trim_start_matches("refs/")]);
        let found = self.client.find::<models::Reference>(url).await?;
        let Some(found) = found.filter(|found| found.name == name) else {
            return Ok(None);
        };
        if found.object.kind != "tag" {
            return Ok(Some(SeenLock {
                lock: None,
                age: Duration::ZERO,
                commit: None,
            }));
        }
        let object = self.tag_object(&found.object.sha).await?;
        let lock = Lock::read(&object.message);
        let since = lock.as_ref().map(|lock| Duration::from_secs(lock.since));
        Ok(Some(SeenLock {
            age: since.map_or(Duration::ZERO, |since| self.now().saturating_sub(since)),
            commit: object.object.sha.parse().ok(),
            lock,
        }))
    }

    /// Whether an attempt of a run has ended; `None` where the token may not read it.
    pub(super) async fn run_has_ended(
        &self,
        repository: &RepoSlug,
        run: u64,
        attempt: u64,
    ) -> Result<Option<bool>, Cause> {
        let run = run.to_string();
        let url = [
            "repos",
            repository.owner(),
            repository.name(),
            "actions",
            "runs",
            &run,
        ];
        let url = self.client.url(url);
        let answer = self.client.read(&url).await?;
        if matches!(answer.status, 401 | 403 | 404) {
            return Ok(None);
        }
        let run: models::WorkflowRun = success(&answer)?.json()?;
        Ok(Some(run.status == "completed" || run.run_attempt > attempt))
    }

    /// Creates the tag object of the lock, then points the reference to it: the reference is the write.
    pub(super) async fn create_lock(&self, lock: &NewLock) -> Result<(), Cause> {
        let content = Lock {
            owner: lock.owner.clone(),
            since: self.now().as_secs(),
            taken_over: lock.claim == LockClaim::TakeOver,
        };
        let object = self
            .create_tag_object("release-lock", content.message(), &lock.commit)
            .await?;
        let name = Lock::reference(&lock.tag);
        let written = match lock.claim {
            LockClaim::CreateIfAbsent => self.create_reference(&name, &object).await,
            LockClaim::TakeOver => self.move_reference(&name, &object).await,
        };
        written.map_err(failure::gone_is_conflict)
    }

    /// Moves a reference, also to what does not descend from where it was.
    pub(super) async fn move_reference(&self, name: &str, sha: &str) -> Result<(), Cause> {
        let url = self.url(&["git", name]);
        let body = models::UpdateReference { sha, force: true };
        self.write::<_, models::Reference>(RequestKind::Change, Method::PATCH, &url, &body)
            .await
            .map(drop)
    }

    fn now(&self) -> Duration {
        let wall = self.client.clock.wall();
        wall.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
