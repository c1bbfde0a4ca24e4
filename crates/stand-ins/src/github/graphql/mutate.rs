//! Mutations of pull requests. Each is carried out before any field of its answer is resolved.
//! <https://docs.github.com/en/graphql/reference/mutations>

use super::document::RequestedField;
use super::object::FieldError;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::ApiError;
use crate::github::model::{
    GitHubWorld, GitRepository, Level, MergeVerdict, Pull, Right, StoredAutoMerge,
    StoredQueueEntry, UnmetRequirement,
};
use crate::github::rest::merges::{self, RequestedMerge};
use crate::github::rest::objects::node_id;
use crate::github::rest::pull_writes::{self, RequestedPull};
use crate::github::rest::pulls::database_id;
use serde_json::Value;
use std::time::Duration;

/// What a mutation changed.
pub(crate) struct MutationOutcome {
    /// The type of its answer.
    pub(crate) payload: &'static str,
    pub(crate) repository: String,
    pub(crate) number: u64,
    pub(crate) client: Value,
}

/// A pull request that is to be changed, and who wants it.
struct PullTarget<'a> {
    call: &'a ApiCall<'a>,
    repository: &'a mut GitRepository,
    number: u64,
    input: &'a Value,
    login: String,
}

pub(crate) fn carry_out(
    call: &ApiCall,
    world: &mut GitHubWorld,
    field: &RequestedField,
) -> Result<MutationOutcome, FieldError> {
    let none = Value::Null;
    let input = field.arguments.get("input").unwrap_or(&none);
    let outcome = |payload, repository: &GitRepository, number| MutationOutcome {
        payload,
        repository: repository.full_name(),
        number,
        client: fields::get(input, "clientMutationId").clone(),
    };
    if field.name == "createPullRequest" {
        let id = fields::text(input, "repositoryId");
        let mut all = world.repositories.values_mut();
        let found = all.find(|found| node_id("R", found.id) == id && call.sees(found));
        let repository = found.ok_or_else(|| unresolved(id))?;
        let number = create(call, repository, input)?;
        return Ok(outcome("CreatePullRequestPayload", repository, number));
    }
    let id = fields::text(input, "pullRequestId");
    let mut all = world.repositories.values_mut();
    let found = all.find_map(|repository| {
        let is_wanted = |number: &&u64| node_id("PR", database_id(repository, **number)) == id;
        let number = *repository.pulls.keys().find(is_wanted)?;
        call.sees(repository).then_some((repository, number))
    });
    let (repository, number) = found.ok_or_else(|| unresolved(id))?;
    let login = allowed(call, repository, &field.name)?;
    let mut target = PullTarget {
        call,
        repository,
        number,
        input,
        login,
    };
    let payload = target.change(&field.name)?;
    Ok(outcome(payload, repository, number))
}

fn unresolved(id: &str) -> FieldError {
    FieldError::not_found(format!(
        "Could not resolve to a node with the global id of '{id}'"
    ))
}

fn refused(message: impl Into<String>) -> FieldError {
    FieldError::of_kind("UNPROCESSABLE", message.into())
}

fn from_rest(error: &ApiError) -> FieldError {
    if error.is_forbidden() {
        FieldError::of_kind("FORBIDDEN", error.reason())
    } else {
        refused(error.reason())
    }
}

/// The caller's login, if it may change pull requests so.
fn allowed(call: &ApiCall, repository: &GitRepository, name: &str) -> Result<String, FieldError> {
    let merges = [
        "mergePullRequest",
        "enablePullRequestAutoMerge",
        "enqueuePullRequest",
    ];
    let right = if merges.contains(&name) {
        Right::Contents
    } else {
        Right::PullRequests
    };
    let token = call.need(right, Level::Write);
    let token = token.map_err(|error| from_rest(&error))?;
    if !token.reaches(&repository.full_name()) {
        let error = ApiError::new(403, "Resource not accessible by integration");
        return Err(from_rest(&error));
    }
    Ok(token.login.clone())
}

fn create(
    call: &ApiCall,
    repository: &mut GitRepository,
    input: &Value,
) -> Result<u64, FieldError> {
    allowed(call, repository, "createPullRequest")?;
    let text = |name: &str| fields::text(input, name).to_owned();
    let new = RequestedPull {
        title: text("title"),
        body: text("body"),
        head: text("headRefName"),
        base: text("baseRefName"),
        draft: fields::get(input, "draft").as_bool().unwrap_or_default(),
    };
    pull_writes::open(call, repository, new).map_err(|error| from_rest(&error))
}

impl PullTarget<'_> {
    fn change(&mut self, name: &str) -> Result<&'static str, FieldError> {
        match name {
            "updatePullRequest" => {
                let (title, body) = (self.text("title"), self.text("body"));
                self.edit(|pull| {
                    pull.title = title.unwrap_or_else(|| pull.title.clone());
                    pull.body = body.unwrap_or_else(|| pull.body.clone());
                });
                Ok("UpdatePullRequestPayload")
            }
            "closePullRequest" => {
                self.set_state("closed")?;
                Ok("ClosePullRequestPayload")
            }
            "reopenPullRequest" => {
                self.set_state("open")?;
                Ok("ReopenPullRequestPayload")
            }
            "convertPullRequestToDraft" => {
                self.edit(|pull| pull.draft = true);
                Ok("ConvertPullRequestToDraftPayload")
            }
            "markPullRequestReadyForReview" => {
                self.edit(|pull| pull.draft = false);
                Ok("MarkPullRequestReadyForReviewPayload")
            }
            "mergePullRequest" => {
                let request = RequestedMerge {
                    method: self.method(),
                    title: self.text("commitHeadline"),
                    message: self.text("commitBody"),
                    sha: self.text("expectedHeadOid"),
                };
                merges::carry_out(self.call, self.repository, self.number, request)
                    .map_err(|error| from_rest(&error))?;
                Ok("MergePullRequestPayload")
            }
            "enablePullRequestAutoMerge" => {
                self.enable_auto_merge()?;
                Ok("EnablePullRequestAutoMergePayload")
            }
            "disablePullRequestAutoMerge" => {
                if self.pull()?.auto_merge.is_none() {
                    return Err(refused("Can't disable auto-merge for this pull request."));
                }
                self.edit(|pull| pull.auto_merge = None);
                Ok("DisablePullRequestAutoMergePayload")
            }
            "enqueuePullRequest" => {
                self.enqueue()?;
                Ok("EnqueuePullRequestPayload")
            }
            _ => Err(format!("The stand-in has no answer for '{name}' of 'Mutation'").into()),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        fields::get(self.input, name).as_str().map(str::to_owned)
    }

    fn method(&self) -> String {
        let method = self.text("mergeMethod");
        method.map_or_else(|| "merge".to_owned(), |method| method.to_lowercase())
    }

    fn pull(&self) -> Result<&Pull, FieldError> {
        let pull = self.repository.pulls.get(&self.number);
        pull.ok_or_else(|| unresolved(""))
    }

    fn edit(&mut self, change: impl FnOnce(&mut Pull)) {
        let now = self.call.now();
        if let Some(pull) = self.repository.pulls.get_mut(&self.number) {
            change(pull);
            pull.updated_at = now;
        }
    }

    fn set_state(&mut self, state: &str) -> Result<(), FieldError> {
        let changed = pull_writes::set_state(self.call, self.repository, self.number, state);
        changed.map_err(|error| from_rest(&error))
    }

    /// Whether it could be merged at this moment, which is worked out here and now.
    fn check_open(&self) -> Result<MergeVerdict, FieldError> {
        let pull = self.pull()?;
        let expected = self.text("expectedHeadOid");
        if expected.is_some_and(|expected| expected != self.repository.head_of(pull)) {
            return Err(refused(
                "Head branch was modified. Review and try the merge again.",
            ));
        }
        if pull.state != "open" {
            return Err(refused("Pull request is not open"));
        }
        let now = self.call.state.shared.clock.now();
        let mut noted = pull.clone();
        noted.head_sha = self.repository.head_of(pull);
        noted.base_sha = self.repository.base_of(pull);
        noted.moved_at = 0;
        Ok(self.repository.verdict(&noted, now, Duration::ZERO))
    }

    /// What can be merged at once is refused, unless it is to wait in a queue.
    /// <https://github.com/peter-evans/enable-pull-request-automerge/issues/343>
    fn enable_auto_merge(&mut self) -> Result<(), FieldError> {
        let verdict = self.check_open()?;
        let has_queue = self.repository.queue_method(self.pull()?).is_some();
        let waits = [MergeVerdict::Blocked, MergeVerdict::Behind].contains(&verdict);
        if has_queue && !waits {
            return self.enqueue();
        }
        if !self.repository.merge_settings.auto_merge {
            return Err(refused("Auto merge is not allowed for this repository"));
        }
        if !waits {
            // The words stand twice in what GitHub sends.
            let state = verdict.name();
            return Err(refused(format!(
                "Pull request Pull request is in {state} status"
            )));
        }
        let method = self.method();
        if !self.repository.merge_settings.allows(&method) {
            return Err(refused(format!(
                "Merge method {method} merging is not allowed on this repository"
            )));
        }
        let auto = StoredAutoMerge {
            enabled_by: self.login.clone(),
            method,
            title: self.text("commitHeadline"),
            message: self.text("commitBody"),
            enabled_at: self.call.now(),
        };
        self.edit(|pull| pull.auto_merge = Some(auto));
        Ok(())
    }

    /// The words of these refusals are not documented.
    fn enqueue(&mut self) -> Result<(), FieldError> {
        let verdict = self.check_open()?;
        let pull = self.pull()?;
        if self.repository.queue_method(pull).is_none() {
            return Err(refused("Merge queue is not enabled for the base branch"));
        }
        if pull.queue_entry.is_some() {
            return Err(refused("Pull request is already in the merge queue"));
        }
        if ![MergeVerdict::Clean, MergeVerdict::Unstable].contains(&verdict) {
            let unmet = self.repository.unmet(pull, &self.login);
            let words = unmet.iter().map(UnmetRequirement::message);
            let words = words.collect::<Vec<_>>().join(" ");
            return Err(refused(format!("Pull request is not mergeable. {words}")));
        }
        let since = self.call.state.shared.clock.now().as_millis();
        let entry = StoredQueueEntry {
            login: self.login.clone(),
            enqueued_at: self.call.now(),
            since: u64::try_from(since).unwrap_or(u64::MAX),
        };
        self.edit(|pull| {
            pull.queue_entry = Some(entry);
            pull.auto_merge = None;
        });
        Ok(())
    }
}
