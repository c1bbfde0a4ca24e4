//! What GitHub says of a workflow job in a token.
//! <https://docs.github.com/en/actions/reference/security/oidc>

use crate::text::stable_hex;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// GitHub's issuer.
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// How long a token is good for, in seconds.
const LIFETIME: u64 = 300;
/// How long before it was made it is good already, in seconds.
const LEEWAY: u64 = 600;

/// A job of a workflow run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// `owner/name`
    pub repository: String,
    pub repository_id: u64,
    pub owner_id: u64,
    /// `public`, `private` or `internal`.
    pub visibility: String,
    /// The workflow's name.
    pub workflow: String,
    /// The workflow that was started: `owner/name/.github/workflows/release.yaml@refs/heads/main`.
    pub workflow_ref: String,
    /// The reusable workflow that the job is in, in the same form; the workflow that was started if there is none.
    pub job_workflow_ref: Option<String>,
    /// The commit of the reusable workflow.
    pub job_workflow_sha: Option<String>,
    /// `refs/heads/main`
    pub git_ref: String,
    pub sha: String,
    pub event: String,
    pub run_id: u64,
    pub run_number: u64,
    pub run_attempt: u64,
    pub actor: String,
    pub environment: Option<String>,
    /// Claims that replace the ones above; `null` leaves one out.
    pub claims: Map<String, Value>,
}

impl Default for Job {
    fn default() -> Job {
        Job::new(
            "kyma-project/btp-manager",
            ".github/workflows/create-release.yaml",
            "refs/heads/main",
            &stable_hex("commit", 40),
        )
    }
}

impl Job {
    /// A job of a workflow that was started by hand.
    pub fn new(repository: &str, workflow: &str, git_ref: &str, sha: &str) -> Job {
        let name = workflow.rsplit('/').next().unwrap_or(workflow);
        Job {
            repository: repository.to_owned(),
            repository_id: 4242,
            owner_id: 42,
            visibility: "public".to_owned(),
            workflow: name.split('.').next().unwrap_or(name).to_owned(),
            workflow_ref: format!("{repository}/{workflow}@{git_ref}"),
            job_workflow_ref: None,
            job_workflow_sha: None,
            git_ref: git_ref.to_owned(),
            sha: sha.to_owned(),
            event: "workflow_dispatch".to_owned(),
            run_id: 99,
            run_number: 9,
            run_attempt: 1,
            actor: "octocat".to_owned(),
            environment: None,
            claims: Map::new(),
        }
    }

    /// The same in another run.
    #[must_use]
    pub fn in_run(mut self, id: u64, attempt: u64) -> Job {
        (self.run_id, self.run_attempt) = (id, attempt);
        self
    }

    /// The same in a reusable workflow, `owner/name/.github/workflows/….yaml@refs/tags/v1`, of that commit.
    #[must_use]
    pub fn called(mut self, job_workflow_ref: &str, sha: &str) -> Job {
        self.job_workflow_ref = Some(job_workflow_ref.to_owned());
        self.job_workflow_sha = Some(sha.to_owned());
        self
    }

    /// The same with another value of a claim; without the claim for `null`.
    #[must_use]
    pub fn with(mut self, claim: &str, value: impl Into<Value>) -> Job {
        self.claims.insert(claim.to_owned(), value.into());
        self
    }

    /// What `aud` says if the job asks for no audience.
    pub(crate) fn usual_audience(&self) -> String {
        format!("https://github.com/{}", self.owner())
    }

    fn owner(&self) -> &str {
        let parts = self.repository.split_once('/');
        parts.map_or(self.repository.as_str(), |(owner, _)| owner)
    }

    fn subject(&self) -> String {
        let context = match (&self.environment, self.event.as_str()) {
            (Some(environment), _) => format!("environment:{environment}"),
            (None, "pull_request") => "pull_request".to_owned(),
            (None, _) => format!("ref:{}", self.git_ref),
        };
        format!("repo:{}:{context}", self.repository)
    }

    /// The claims of a token that is made at that time, in seconds since 1970.
    pub fn claims_at(&self, issuer: &str, audience: &str, now: u64) -> Map<String, Value> {
        let called = self.job_workflow_ref.as_ref().unwrap_or(&self.workflow_ref);
        let kind = if self.git_ref.starts_with("refs/tags/") {
            "tag"
        } else {
            "branch"
        };
        let all = json!({
            "iss": issuer,
            "aud": audience,
            "sub": self.subject(),
            "jti": stable_hex(&format!("{now} {} {audience}", self.run_id), 32),
            "iat": now,
            "nbf": now.saturating_sub(LEEWAY),
            "exp": now + LIFETIME,
            "actor": self.actor,
            "actor_id": "7",
            "base_ref": "",
            "head_ref": "",
            "enterprise_id": "1",
            "event_name": self.event,
            "job_workflow_ref": called,
            "job_workflow_sha": self.job_workflow_sha.as_ref().unwrap_or(&self.sha),
            "ref": self.git_ref,
            "ref_protected": "true",
            "ref_type": kind,
            "repository": self.repository,
            "repository_id": self.repository_id.to_string(),
            "repository_owner": self.owner(),
            "repository_owner_id": self.owner_id.to_string(),
            "repository_visibility": self.visibility,
            "run_attempt": self.run_attempt.to_string(),
            "run_id": self.run_id.to_string(),
            "run_number": self.run_number.to_string(),
            "runner_environment": "github-hosted",
            "sha": self.sha,
            "workflow": self.workflow,
            "workflow_ref": self.workflow_ref,
            "workflow_sha": self.sha,
        });
        let Value::Object(mut all) = all else {
            return Map::new();
        };
        if let Some(environment) = &self.environment {
            all.insert("environment".to_owned(), json!(environment));
        }
        all.extend(self.claims.clone());
        all.retain(|_, value| !value.is_null());
        all
    }
}
