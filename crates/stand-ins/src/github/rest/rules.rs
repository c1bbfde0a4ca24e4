//! Permissions to change a ref: rulesets, immutable releases, and the permission `workflows`.
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets>

use crate::github::call::ApiCall;
use crate::github::error::ApiError;
use crate::github::event::GitHubEvent;
use crate::github::model::{Enforcement, GitRepository, Level, Rule, Sha, UnmetRequirement};
use crate::text;

/// Sends the event of a new tag, on which a test can start its builders.
pub(crate) fn tag_created(call: &ApiCall, repository: &GitRepository, tag: &str, commit: &Sha) {
    if let Some(token) = &call.token {
        call.emit(GitHubEvent::TagCreated {
            repository: repository.full_name(),
            tag: tag.to_owned(),
            commit: commit.clone(),
            by: token.kind,
        });
    }
}

/// Whether rules allow the creation of this ref. The tag of a deleted immutable release is
/// refused with the message of a ruleset, although the API lists no such ruleset.
pub(crate) fn may_create(
    call: &ApiCall,
    repository: &GitRepository,
    name: &str,
) -> Result<(), String> {
    let reserved = name
        .strip_prefix("refs/tags/")
        .is_some_and(|tag| repository.reserved_tags.contains(tag));
    if reserved || bound(call, repository, name, |rule| rule.creation) {
        return Err(words("create", "creations"));
    }
    Ok(())
}

pub(crate) fn guard(
    call: &ApiCall,
    repository: &GitRepository,
    name: &str,
    of: impl Fn(&Rule) -> bool,
    verb: &str,
    noun: &str,
) -> Result<(), ApiError> {
    if bound(call, repository, name, of) {
        Err(violation(verb, noun))
    } else {
        Ok(())
    }
}

pub(crate) fn violation(verb: &str, noun: &str) -> ApiError {
    ApiError::new(422, words(verb, noun))
}

fn words(verb: &str, noun: &str) -> String {
    format!(
        "Repository rule violations found\n\nCannot {verb} ref due to {noun} being restricted.\n\n"
    )
}

fn bound(
    call: &ApiCall,
    repository: &GitRepository,
    name: &str,
    of: impl Fn(&Rule) -> bool,
) -> bool {
    let login = call
        .token
        .as_ref()
        .map(|token| token.login.as_str())
        .unwrap_or_default();
    let is_bound =
        |rule: &Rule| rule.enforcement == Enforcement::Active && !rule.bypass.contains(login);
    repository
        .rules
        .iter()
        .any(|rule| of(rule) && text::glob(&rule.refs, name) && is_bound(rule))
}

/// What a protected branch says to a push that comes by no pull request.
/// <https://github.com/googleapis/repo-automation-bots/issues/5551>
pub(crate) fn may_push(
    call: &ApiCall,
    repository: &GitRepository,
    name: &str,
    sha: &str,
) -> Result<(), ApiError> {
    let login = call
        .token
        .as_ref()
        .map(|token| token.login.as_str())
        .unwrap_or_default();
    let mut missing = Vec::new();
    for rule in repository.rules_on(name, login) {
        if rule.merge_queue.is_some() {
            missing.push("Changes must be made through the merge queue".to_owned());
        }
        if rule.pull_request.is_some() {
            missing.push("Changes must be made through a pull request.".to_owned());
        }
        let commit = repository.commits.get(sha);
        if rule.linear_history && commit.is_some_and(|commit| commit.parents.len() > 1) {
            missing.push("This branch must not contain merge commits.".to_owned());
        }
        let unmet = repository.unmet_checks(sha, [rule].into_iter());
        missing.extend(unmet.iter().map(UnmetRequirement::message));
    }
    violations(repository, name, login, &missing).map_err(|message| ApiError::new(422, message))
}

/// The violations of rules in the form of a protected branch, or of a ruleset.
pub(crate) fn violations(
    repository: &GitRepository,
    name: &str,
    login: &str,
    missing: &[String],
) -> Result<(), String> {
    if missing.is_empty() {
        return Ok(());
    }
    let mut rules = repository.rules_on(name, login);
    Err(if rules.any(|rule| rule.classic) {
        missing.join(" ")
    } else {
        format!(
            "Repository rule violations found\n\n{}\n\n",
            missing.join("\n\n")
        )
    })
}

/// The tag of an immutable release stays where it is.
pub(crate) fn frozen(repository: &GitRepository, name: &str) -> bool {
    name.strip_prefix("refs/tags/").is_some_and(|tag| {
        repository
            .releases_of(tag)
            .iter()
            .any(|release| release.immutable)
    })
}

/// A SHA that some ref already reaches passes; one that brings other workflow files than all of those
/// takes the right `workflows`, which a job's token never has.
pub(crate) fn check_workflows(
    call: &ApiCall,
    repository: &GitRepository,
    sha: &str,
) -> Result<(), ApiError> {
    let Some((token, commit)) = call.token.as_ref().zip(repository.peel(sha)) else {
        return Ok(());
    };
    let tips = repository
        .refs
        .values()
        .filter_map(|tip| repository.peel(tip));
    let reached = repository.reachable(tips);
    let workflows = |sha: &str| {
        repository
            .commits
            .get(sha)
            .map(|commit| commit.workflows.as_str())
    };
    let known = reached.contains(&commit)
        || reached
            .iter()
            .any(|reached| workflows(reached) == workflows(&commit));
    if token.rights.workflows == Level::Write || known {
        return Ok(());
    }
    let accepted = "contents=write; contents=write,workflows=write".to_owned();
    Err(ApiError::forbidden(token.kind, accepted))
}
