//! Pull requests: made, edited and brought up to date.
//! <https://docs.github.com/en/rest/pulls/pulls>

use super::pulls::{find, full_view};
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::{ApiError, ApiResult};
use crate::github::event::GitHubEvent;
use crate::github::model::{
    Commit, GitRepository, Level, Pull, Right, Token, TokenKind, signature, web,
};
use crate::transport::Reply;
use http::header::LOCATION;
use serde_json::{Value, json};

/// The longest body, in characters.
const BODY_MAX: usize = 65_536;

/// What a pull request is made of, by REST or by GraphQL.
pub(crate) struct RequestedPull {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) head: String,
    pub(crate) base: String,
    pub(crate) draft: bool,
}

/// A refusal with words but without a field.
fn worded(message: impl Into<String>) -> ApiError {
    let message = message.into();
    ApiError::validation(vec![
        json!({ "resource": "PullRequest", "code": "custom", "message": message }),
    ])
}

fn invalid(field: &str) -> ApiError {
    ApiError::field("PullRequest", "invalid", field)
}

pub(crate) fn create(call: &ApiCall, repository: &mut GitRepository) -> ApiResult {
    let new = RequestedPull {
        head: call.required("head")?,
        base: call.required("base")?,
        title: call.text("title")?.unwrap_or_default(),
        body: call.text("body")?.unwrap_or_default(),
        draft: call.flag("draft")?.unwrap_or_default(),
    };
    let number = open(call, repository, new)?;
    let view = full_view(call, repository, number);
    let location = fields::text(&view, "url").to_owned();
    Ok(Reply::json(201, &view).with(LOCATION, location))
}

/// Makes a pull request; its number.
pub(crate) fn open(
    call: &ApiCall,
    repository: &mut GitRepository,
    new: RequestedPull,
) -> Result<u64, ApiError> {
    let token = call.need(Right::PullRequests, Level::Write)?.clone();
    actions_may(repository, &token)?;
    check_body(&new.body)?;
    if new.title.trim().is_empty() {
        return Err(ApiError::field("PullRequest", "missing_field", "title"));
    }
    let head = match new.head.split_once(':') {
        Some((owner, name)) if owner.eq_ignore_ascii_case(&repository.owner) => name,
        Some(_) => return Err(invalid("head")),
        None => &new.head,
    };
    let base_sha = repository.branch_tip(&new.base);
    let base_sha = base_sha.ok_or_else(|| invalid("base"))?;
    let head_sha = repository.branch_tip(head);
    let head_sha = head_sha.ok_or_else(|| invalid("head"))?;
    let same = |pull: &Pull| pull.state == "open" && pull.head == head && pull.base == new.base;
    if repository.pulls.values().any(same) {
        return Err(worded(format!(
            "A pull request already exists for {}:{head}.",
            repository.owner
        )));
    }
    if repository.ancestors(&base_sha).contains(&head_sha) {
        return Err(worded(format!(
            "No commits between {} and {head}",
            new.base
        )));
    }
    let number = repository.next_number();
    let pull = Pull {
        title: new.title,
        body: new.body,
        login: token.login.clone(),
        state: "open".to_owned(),
        base: new.base,
        head: head.to_owned(),
        draft: new.draft,
        created_at: call.now(),
        updated_at: call.now(),
        ..Pull::default()
    };
    call.emit(GitHubEvent::PullOpened {
        repository: repository.full_name(),
        number,
        head: head_sha,
        by: token.kind,
    });
    repository.pulls.insert(number, pull);
    Ok(number)
}

/// *Allow GitHub Actions to create and approve pull requests* is a setting.
/// <https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/enabling-features-for-your-repository/managing-github-actions-settings-for-a-repository>
pub(crate) fn actions_may(repository: &GitRepository, token: &Token) -> Result<(), ApiError> {
    if token.kind == TokenKind::GitHubToken && !repository.merge_settings.actions_create_pulls {
        let message = "GitHub Actions is not permitted to create or approve pull requests.";
        return Err(ApiError::new(403, message));
    }
    Ok(())
}

fn check_body(body: &str) -> Result<(), ApiError> {
    if body.chars().count() > BODY_MAX {
        let message = format!("body is too long (maximum is {BODY_MAX} characters)");
        return Err(ApiError::custom("Issue", "body", &message));
    }
    Ok(())
}

pub(crate) fn update(call: &ApiCall, repository: &mut GitRepository, number: &str) -> ApiResult {
    call.need(Right::PullRequests, Level::Write)?;
    let (number, pull) = find(repository, number)?;
    let mut pull = pull.clone();
    if let Some(title) = call.text("title")? {
        if title.trim().is_empty() {
            return Err(ApiError::field("PullRequest", "missing_field", "title"));
        }
        pull.title = title;
    }
    if let Some(body) = call.text("body")? {
        check_body(&body)?;
        pull.body = body;
    }
    if let Some(base) = call.text("base")? {
        if pull.state != "open" || repository.branch_tip(&base).is_none() {
            return Err(invalid("base"));
        }
        pull.base = base;
    }
    pull.updated_at = call.now();
    let state = call.one_of("state", &["open", "closed"])?;
    repository.pulls.insert(number, pull);
    if let Some(state) = state {
        set_state(call, repository, number, &state)?;
    }
    Ok(Reply::json(200, &full_view(call, repository, number)))
}

/// Closes a pull request, or opens a closed one again.
pub(crate) fn set_state(
    call: &ApiCall,
    repository: &mut GitRepository,
    number: u64,
    state: &str,
) -> Result<(), ApiError> {
    let pull = repository.pulls.get(&number);
    let mut pull = pull.ok_or_else(ApiError::not_found)?.clone();
    match state {
        "closed" if pull.state == "open" => {
            pull.head_sha = repository.head_of(&pull);
            pull.base_sha = repository.base_of(&pull);
            pull.close(call.now());
        }
        "open" if pull.state == "closed" => {
            if pull.merged_at.is_some() || repository.branch_tip(&pull.head).is_none() {
                return Err(worded(format!(
                    "state cannot be changed. The {} branch has been deleted.",
                    pull.head
                )));
            }
            "open".clone_into(&mut pull.state);
            pull.closed_at = None;
        }
        _ => {}
    }
    repository.pulls.insert(number, pull);
    Ok(())
}

/// Merges the base into the head.
/// <https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request-branch>
pub(crate) fn update_branch(
    call: &ApiCall,
    repository: &mut GitRepository,
    number: &str,
) -> ApiResult {
    let login = call.need(Right::PullRequests, Level::Write)?.login.clone();
    let (_, pull) = find(repository, number)?;
    let (base, head) = (repository.base_of(pull), repository.head_of(pull));
    let (branch, base_name) = (pull.head.clone(), pull.base.clone());
    let expected = call.text("expected_head_sha")?;
    if expected.is_some_and(|expected| expected != head) {
        return Err(worded("expected head sha didn’t match current head ref."));
    }
    if repository.ancestors(&head).contains(&base) {
        return Err(ApiError::new(
            422,
            "There are no new commits on the base branch.",
        ));
    }
    let files = repository.merged_files(&base, &head);
    let files = files.ok_or_else(|| ApiError::new(422, "merge conflict between base and head"))?;
    let tree = repository.store_files(&files);
    let sha = repository.store_commit(Commit {
        tree,
        parents: vec![head, base],
        message: format!("Merge branch '{base_name}' into {branch}"),
        login: Some(login.clone()),
        date: call.now(),
        signed_by: Some(Box::new([signature(&login, call.now()), web(call.now())])),
        verified: true,
        ..Commit::default()
    });
    repository.refs.insert(format!("refs/heads/{branch}"), sha);
    let body: Value = json!({
        "message": "Updating pull request branch.",
        "url": super::objects::address(call, repository, &format!("/pulls/{number}")),
    });
    Ok(Reply::json(202, &body))
}
