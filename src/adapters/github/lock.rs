//! The lock of a tag: a reference that is created only where there is none, to an annotated tag that says whose it is.

use std::time::{Duration, UNIX_EPOCH};

use http::Method;

use super::client::done;
use super::{GitHub, failure, models};
use crate::adapters::github::rate_limit::Kind;
use crate::domain::{CommitSha, Lock, LockOwner, RepoSlug, SeenLock, Tag};
use crate::protocol::Cause;

impl GitHub {
    /// References are as fresh as git itself.
    pub(super) async fn see_lock(&self, tag: &Tag) -> Result<Option<SeenLock>, Cause> {
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
        let url = self.url(&["git", "tags", &found.object.sha]);
        let object: models::TagObject = self.client.get(url).await?;
        let lock = Lock::read(&object.message);
        let since = lock.as_ref().map(|lock| Duration::from_secs(lock.since));
        Ok(Some(SeenLock {
            age: since.map_or(Duration::ZERO, |since| self.now().saturating_sub(since)),
            commit: object.object.sha.parse().ok(),
            lock,
        }))
    }

    /// `None` where this token may not know.
    pub(super) async fn see_end(
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
        let run: models::WorkflowRun = done(&answer)?.json()?;
        Ok(Some(run.status == "completed" || run.run_attempt > attempt))
    }

    /// An object that nothing refers to changes nothing, so that it is asked for as often as need be; the reference is the
    /// write.
    pub(super) async fn make_lock(
        &self,
        tag: &Tag,
        commit: &CommitSha,
        owner: &LockOwner,
        over: bool,
    ) -> Result<(), Cause> {
        let lock = Lock {
            owner: owner.clone(),
            since: self.now().as_secs(),
            taken_over: over,
        };
        let body = models::CreateTagObject {
            tag: "release-lock",
            message: &lock.message(),
            object: commit.as_str(),
            kind: "commit",
        };
        let url = self.url(&["git", "tags"]);
        let answer = self
            .client
            .send(Kind::Ask, Method::POST, &url, Some(&body))
            .await?;
        let object: models::GitObjectId = done(&answer)?.json()?;
        let name = Lock::reference(tag);
        let made: Result<models::Reference, Cause> = if over {
            let url = self.url(&["git", &name]);
            let body = models::UpdateReference {
                sha: &object.sha,
                force: true,
            };
            self.write(Kind::Change, Method::PATCH, &url, &body).await
        } else {
            let url = self.url(&["git", "refs"]);
            let body = models::CreateReference {
                name: &name,
                sha: &object.sha,
            };
            self.write(Kind::Create, Method::POST, &url, &body).await
        };
        made.map(drop).map_err(failure::or_gone)
    }

    fn now(&self) -> Duration {
        let wall = self.client.clock.wall();
        wall.duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
