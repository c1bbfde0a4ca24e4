//! Publishing a release: the tag it makes, the rules it meets, which release is the latest.
//! <https://docs.github.com/en/rest/releases/releases>

use super::release_body::MakeLatest;
use super::rules;
use crate::fields;
use crate::github::call::ApiCall;
use crate::github::error::ApiError;
use crate::github::event::GitHubEvent;
use crate::github::model::{GitRepository, Level, Sha, StoredRelease};
use serde_json::{Value, json};

pub(crate) const RESERVED: &str = "tag_name was used by an immutable release";

/// A target is a branch or a full SHA, and is ignored once the tag exists. If the target's workflow files
/// differ from the default branch, creating the tag requires the permission to change them.
pub(crate) fn check_target(
    call: &ApiCall,
    repository: &GitRepository,
    release: &StoredRelease,
) -> Result<(), ApiError> {
    if repository.tag_commit(&release.tag_name).is_some() {
        return Ok(());
    }
    let commit = target(repository, release)?;
    let workflows = |sha: &Sha| {
        repository
            .commits
            .get(sha)
            .map(|commit| commit.workflows.clone())
    };
    let tip = repository.branch_tip(&repository.default_branch);
    match &call.token {
        Some(token)
            if token.rights.workflows < Level::Write
                && tip.as_ref().and_then(workflows) != workflows(&commit) =>
        {
            let accepted = "contents=write; contents=write,workflows=write".to_owned();
            Err(ApiError::forbidden(token.kind, accepted))
        }
        _ => Ok(()),
    }
}

fn target(repository: &GitRepository, release: &StoredRelease) -> Result<Sha, ApiError> {
    let name = &release.target_commitish;
    let full = || repository.commits.contains_key(name).then(|| name.clone());
    // Clients send `refs/heads/main` as well: https://github.com/release-drafter/release-drafter/pull/1648
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    let found = repository.branch_tip(branch).or_else(full);
    found.ok_or_else(|| ApiError::field("Release", "invalid", "target_commitish"))
}

pub(crate) fn check_unique(
    repository: &GitRepository,
    release: &StoredRelease,
) -> Result<(), ApiError> {
    let mut others = repository.releases.values();
    if others
        .any(|other| !other.draft && other.id != release.id && other.tag_name == release.tag_name)
    {
        return Err(ApiError::field("Release", "already_exists", "tag_name"));
    }
    Ok(())
}

/// Publishing makes the tag where it is missing.
pub(crate) fn ensure_tag(
    call: &ApiCall,
    repository: &mut GitRepository,
    release: &StoredRelease,
) -> Result<Sha, ApiError> {
    if let Some(commit) = repository.tag_commit(&release.tag_name) {
        return Ok(commit);
    }
    check_target(call, repository, release)?;
    let commit = target(repository, release)?;
    let name = format!("refs/tags/{}", release.tag_name);
    if let Err(violation) = rules::may_create(call, repository, &name) {
        return Err(ApiError::validation(rule_errors(
            repository, release, &violation,
        )));
    }
    repository.refs.insert(name, commit.clone());
    rules::tag_created(call, repository, &release.tag_name, &commit);
    Ok(commit)
}

/// Refused tags come in this form through the releases API.
fn rule_errors(repository: &GitRepository, release: &StoredRelease, violation: &str) -> Vec<Value> {
    let custom =
        |message: &str| json!({"resource": "Release", "code": "custom", "message": message});
    let mut pre_receive = custom(&format!("pre_receive {violation}"));
    fields::set(&mut pre_receive, "field", "pre_receive");
    let mut errors = vec![pre_receive];
    if repository.reserved_tags.contains(&release.tag_name) {
        let mut reserved = custom(RESERVED);
        fields::set(&mut reserved, "field", "tag_name");
        errors.push(reserved);
    }
    errors.push(custom("Published releases must have a valid tag"));
    errors
}

pub(crate) fn publish(
    call: &ApiCall,
    repository: &mut GitRepository,
    release: &mut StoredRelease,
    make_latest: Option<MakeLatest>,
) -> Result<(), ApiError> {
    check_unique(repository, release)?;
    if repository.reserved_tags.contains(&release.tag_name) {
        let name = format!("refs/tags/{}", release.tag_name);
        let violation = rules::may_create(call, repository, &name)
            .err()
            .unwrap_or_default();
        return Err(ApiError::validation(rule_errors(
            repository, release, &violation,
        )));
    }
    let commit = ensure_tag(call, repository, release)?;
    release.draft = false;
    release.published_at = Some(call.now());
    release.immutable = repository.immutable_releases;
    // The date of the commit, not of the publishing.
    release.created_at = repository
        .commits
        .get(&commit)
        .map_or(release.created_at, |commit| commit.date);
    pin(repository, release, make_latest.or(Some(MakeLatest::True)));
    if let Some(token) = &call.token {
        call.emit(GitHubEvent::ReleasePublished {
            repository: repository.full_name(),
            release: release.id,
            tag: release.tag_name.clone(),
            by: token.kind,
        });
    }
    Ok(())
}

pub(crate) fn pin(
    repository: &mut GitRepository,
    release: &StoredRelease,
    make_latest: Option<MakeLatest>,
) {
    match make_latest {
        Some(MakeLatest::True) if !release.prerelease => repository.latest = Some(release.id),
        Some(MakeLatest::False) if repository.latest == Some(release.id) => {
            repository.latest = None;
        }
        Some(MakeLatest::Legacy) => repository.latest = None,
        _ => {}
    }
}
