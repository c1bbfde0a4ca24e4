//! Runs of workflows: what they wait for, their jobs, and the jobs' logs.

use async_trait::async_trait;
use futures_util::StreamExt as _;
use http::HeaderValue;
use url::Url;

use super::answer::GitHubAnswer;
use super::checks::seconds;
use super::client::{ALL_PAGES, JSON, Paging, success};
use super::download::DownloadAnswer;
use super::rate_limit::RequestKind;
use super::{Doing, GitHub, models};
use crate::adapters::http::describe;
use crate::domain::RepoSlug;
use crate::protocol::{ByteStream, Cause, CheckTimes, JobLog, RunReader, SeenJob, ServiceError};

#[async_trait]
impl RunReader for GitHub {
    async fn job_log(&self, repository: &RepoSlug, job: u64) -> Result<JobLog, ServiceError> {
        self.log_of(repository, job)
            .await
            .doing(|| format!("download the log of job {job} of {repository}"))
    }
}

impl GitHub {
    /// <https://docs.github.com/en/rest/actions/workflow-runs#get-pending-deployments-for-a-workflow-run>
    pub(super) async fn environments_awaited_by(
        &self,
        repository: &RepoSlug,
        run: u64,
    ) -> Result<Vec<String>, Cause> {
        let run = run.to_string();
        let url = self.actions_url(repository, &["runs", &run, "pending_deployments"]);
        let pending: Vec<models::PendingDeployment> = self.client.get(url).await?;
        Ok(pending.into_iter().map(|p| p.environment.name).collect())
    }

    /// The jobs of the latest attempt, with those of earlier ones that were not run again
    /// (<https://docs.github.com/en/rest/actions/workflow-jobs#list-jobs-for-a-workflow-run>).
    pub(super) async fn jobs_of(
        &self,
        repository: &RepoSlug,
        run: u64,
    ) -> Result<Vec<SeenJob>, Cause> {
        let run = run.to_string();
        let mut url = self.actions_url(repository, &["runs", &run, "jobs"]);
        url.query_pairs_mut().append_pair("filter", "latest");
        let pages = self
            .client
            .pages::<models::RunJobs>(url, ALL_PAGES, Paging::Numbers)
            .await?;
        let jobs = pages.into_iter().flat_map(|page| page.jobs);
        Ok(jobs
            .map(|job| SeenJob {
                id: job.id,
                name: job.name,
                attempt: job.run_attempt.unwrap_or(1),
                conclusion: job.conclusion.filter(|_| job.status == "completed"),
                times: CheckTimes {
                    began: seconds(job.started_at.as_deref()),
                    ended: seconds(job.completed_at.as_deref()),
                },
            })
            .collect())
    }

    /// The answer is a redirect to another host, to a URL that is valid for a minute and needs no token
    /// (<https://docs.github.com/en/rest/actions/workflow-jobs#download-job-logs-for-a-workflow-run>).
    async fn log_of(&self, repository: &RepoSlug, job: u64) -> Result<JobLog, Cause> {
        let job = job.to_string();
        let url = self.actions_url(repository, &["jobs", &job, "logs"]);
        let (answer, bytes) = self
            .client
            .limited(RequestKind::Read, async |token| {
                let (answer, bytes) = self.log_once(token, &url).await?;
                Ok((self.client.signals(&answer), (answer, bytes)))
            })
            .await?;
        match bytes {
            Some(bytes) => Ok(JobLog::Bytes(bytes)),
            None if matches!(answer.status, 404 | 410) => Ok(JobLog::Gone(answer.status)),
            None => Err(success(&answer).err().unwrap_or_else(|| Cause::Broken {
                detail: "GitHub answers without a log".into(),
            })),
        }
    }

    async fn log_once(
        &self,
        authorization: HeaderValue,
        url: &Url,
    ) -> Result<(GitHubAnswer, Option<ByteStream>), Cause> {
        match self.begin_download(&authorization, url, JSON).await? {
            DownloadAnswer::Answer(answer) => Ok((answer, None)),
            DownloadAnswer::Begun {
                head,
                response,
                under_way,
            } => {
                let bytes = response.bytes_stream().map(move |piece| {
                    let _until_the_end = &under_way;
                    piece.map_err(|error| {
                        let detail = describe(&error);
                        ServiceError::new("download a log", Cause::Unknown { detail })
                    })
                });
                Ok((head, Some(Box::pin(bytes))))
            }
        }
    }

    /// A URL of the workflows of a repository, which may be another one than the one that is released.
    fn actions_url(&self, repository: &RepoSlug, segments: &[&str]) -> Url {
        let of = ["repos", repository.owner(), repository.name(), "actions"];
        self.client.url(of.iter().chain(segments).copied())
    }
}
