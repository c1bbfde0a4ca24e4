//! The merge of a pull request, or why it is refused.
//! <https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request>

use super::pulls::find;
use super::rules;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::event::GitHubEvent;
use crate::github::model::{
    GitRepository, Level, MergeOrder, Pull, Right, TokenKind, UnmetRequirement,
};
use crate::transport::Reply;
use serde_json::json;

/// What a caller asks for, by REST or by GraphQL.
pub(crate) struct RequestedMerge {
    pub(crate) method: String,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
    /// The head that is meant.
    pub(crate) sha: Option<String>,
}

pub(crate) fn merge(call: &ApiCall, repository: &mut GitRepository, number: &str) -> ApiResult {
    call.need(Right::Contents, Level::Write)?;
    let (number, _) = find(repository, number)?;
    let method = call.one_of("merge_method", &["merge", "squash", "rebase"])?;
    let request = RequestedMerge {
        method: method.unwrap_or_else(|| "merge".to_owned()),
        title: call.text("commit_title")?,
        message: call.text("commit_message")?,
        sha: call.text("sha")?,
    };
    let sha = carry_out(call, repository, number, request)?;
    let message = "Pull Request successfully merged";
    Ok(Reply::json(
        200,
        &json!({ "sha": sha, "merged": true, "message": message }),
    ))
}

/// Merges as the rules allow; the commit.
pub(crate) fn carry_out(
    call: &ApiCall,
    repository: &mut GitRepository,
    number: u64,
    request: RequestedMerge,
) -> Result<String, ApiError> {
    let token = call.need(Right::Contents, Level::Write)?.clone();
    let pull = repository.pulls.get(&number);
    let pull = pull.ok_or_else(ApiError::not_found)?;
    let wanted = request.sha;
    if wanted.is_some_and(|wanted| wanted != repository.head_of(pull)) {
        return Err(ApiError::new(
            409,
            "Head branch was modified. Review and try the merge again.",
        ));
    }
    check(repository, pull, &request.method, &token.login)
        .map_err(|message| ApiError::new(405, message))?;
    let order = MergeOrder {
        method: request.method,
        title: request.title,
        message: request.message,
        login: token.login,
        now: call.now(),
    };
    let sha = repository.merge_pull(number, &order);
    let sha = sha.ok_or_else(|| ApiError::new(405, NOT_MERGEABLE))?;
    announce(call, repository, number, token.kind);
    Ok(sha)
}

const NOT_MERGEABLE: &str = "Pull Request is not mergeable";

/// Sends the event of a merge.
fn announce(call: &ApiCall, repository: &GitRepository, number: u64, by: TokenKind) {
    let commit = repository
        .pulls
        .get(&number)
        .and_then(|pull| pull.merge_commit.clone());
    call.emit(GitHubEvent::PullMerged {
        repository: repository.full_name(),
        number,
        commit: commit.unwrap_or_default(),
        by,
    });
}

/// Why a pull request cannot be merged so by that login, in GitHub's words.
fn check(repository: &GitRepository, pull: &Pull, method: &str, login: &str) -> Result<(), String> {
    if pull.state != "open" {
        return Err(NOT_MERGEABLE.to_owned());
    }
    if pull.draft {
        return Err("Pull Request is still a draft".to_owned());
    }
    if !repository.allows_method(pull, method, login) {
        let name = match method {
            "squash" => "Squash merges",
            "rebase" => "Rebase merges",
            _ => "Merge commits",
        };
        return Err(format!("{name} are not allowed on this repository."));
    }
    let (base, head) = (repository.base_of(pull), repository.head_of(pull));
    if repository.merged_files(&base, &head).is_none() {
        return Err(NOT_MERGEABLE.to_owned());
    }
    let name = format!("refs/heads/{}", pull.base);
    let mut missing = Vec::new();
    let mut bound = repository.rules_on(&name, login);
    if bound.any(|rule| rule.merge_queue.is_some()) {
        missing.push("Changes must be made through the merge queue".to_owned());
    }
    let unmet = repository.unmet(pull, login);
    missing.extend(unmet.iter().map(UnmetRequirement::message));
    rules::violations(repository, &name, login, &missing)
}
