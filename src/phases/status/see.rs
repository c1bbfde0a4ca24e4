//! What a look reads. What the token or a registry's credentials may not read is not known, and nothing fails because of it.

use std::collections::BTreeMap;

use super::answer::ExpectedFrom;
use super::submission::{NoSubmission, SeenModuleFiles};
use super::{ExpectedRelease, Status, StatusMode, StatusOptions};
use crate::domain::{Code, CommitSha, ComponentName, Diagnostic, LockOwner, SeenLock};
use crate::plan::{Artifacts, EVIDENCE, LOGS, MAX_EVIDENCE, Mark, ReleasePlan, Statement, Wanted};
use crate::protocol::{Cause, Reader, SeenAsset, SeenRelease, ServiceError, Step};
use crate::release::asset_sync::TEMPORARY;
use crate::release::image_reader::ImageQuery;
use crate::release::view::{ReleaseView, ViewReader};

/// The state of a release.
#[derive(Default)]
pub(super) struct StatusSeen {
    pub(super) release: ReleaseView,
    /// Of the only release of the tag, if that is ours.
    pub(super) mark: Option<Mark>,
    pub(super) evidence: Option<Statement>,
    /// What the only release of the tag needs.
    pub(super) plan: Option<(ReleasePlan, ExpectedFrom)>,
    pub(super) lock: Option<SeenLock>,
    /// Whether the run of the lock's owner has ended, if known.
    pub(super) owner_ended: Option<bool>,
    /// Whether no release proves nothing, because the token may not see drafts.
    pub(super) drafts_are_hidden: bool,
    /// Why the state of an image is not known, by its name among the artifacts.
    pub(super) unread_images: BTreeMap<String, String>,
    pub(super) verified: Option<SeenVerified>,
    /// What the repository of all modules has.
    pub(super) submission: Option<(SeenModuleFiles, ComponentName)>,
    pub(super) not_known: Vec<Diagnostic>,
}

/// What `verify` says of a published release.
pub(super) struct SeenVerified {
    /// If it is as it was published.
    pub(super) summary: Option<String>,
    /// The artifacts of the evidence, if all are as they were published.
    pub(super) artifacts: Artifacts,
    pub(super) findings: Vec<Diagnostic>,
}

const CHECKS: &str = "the checks and statuses of the release's commit";

impl Status {
    pub(super) async fn see(&mut self, reader: Reader<'_>) -> Result<StatusSeen, ServiceError> {
        let options = &self.options;
        let watched = self.looked && options.mode == StatusMode::Watch;
        let mut seen = StatusSeen::default();
        let mut view = self.cache.view(reader, &options.tag);
        view.known_release().await?;
        let github = reader.github;
        let at = if watched {
            github.watched_tag(&options.tag).await?
        } else {
            github.tag(&options.tag).await?
        };
        // GitHub hides drafts from who may not write, so that no release proves nothing then.
        seen.drafts_are_hidden =
            view.so_far().releases.is_empty() && github.repository().await?.may_push == Some(false);
        if !seen.drafts_are_hidden {
            seen.lock = if watched {
                github.watched_lock(&options.tag).await?
            } else {
                github.lock(&options.tag).await?
            };
            seen.owner_ended = owner_ended(reader, seen.lock.as_ref()).await?;
        }
        let one = match view.so_far().releases.as_slice() {
            [one] => Some(one.clone()),
            _ => None,
        };
        if let Some(release) = one {
            see_release(
                reader,
                options,
                &mut view,
                &mut seen,
                (&release, at.as_ref()),
            )
            .await?;
            if !release.draft {
                let verify = (self.judges.verify)();
                see_verified(reader, verify, &mut seen).await;
            }
        }
        see_submission(reader, options, &mut seen).await;
        seen.release = view.finish();
        seen.release.tag = at;
        Ok(seen)
    }
}

/// What the only release has, and what it needs.
async fn see_release(
    reader: Reader<'_>,
    options: &StatusOptions,
    view: &mut ViewReader<'_>,
    seen: &mut StatusSeen,
    (release, at): (&SeenRelease, Option<&CommitSha>),
) -> Result<(), ServiceError> {
    seen.mark = Mark::find(&release.body);
    if seen.mark.is_some() {
        let evidence = view.so_far().evidence().cloned();
        if let Some(asset) = evidence {
            let bytes = reader.github.read_asset(&asset, MAX_EVIDENCE).await?;
            seen.evidence = Statement::from_bytes(&bytes).ok();
        }
    }
    let (plan, from) = expected(options, seen, release, at);
    if let (true, Some(mark)) = (release.draft, &seen.mark) {
        let commit = mark.commit.clone();
        let is_planned = |asset: &SeenAsset| {
            let mut names = plan.wanted.assets.iter();
            names.any(|name| name.as_str() == asset.name)
        };
        see_images(options, &plan, view, &mut seen.unread_images).await;
        view.digests(is_planned).await?;
        view.asset_texts(&plan).await?;
        let checks = if options.builders.is_empty() && options.checks.is_empty() {
            view.statuses(&commit).await
        } else {
            view.checks(&commit).await
        };
        match checks {
            Err(error) if is_denied(&error) => seen.not_known.push(not_known(CHECKS, &error)),
            other => other?,
        }
    }
    seen.plan = Some((plan, from));
    Ok(())
}

/// The images, all at once; where that fails, one by one, so that it is known which.
async fn see_images(
    options: &StatusOptions,
    plan: &ReleasePlan,
    view: &mut ViewReader<'_>,
    unread: &mut BTreeMap<String, String>,
) {
    let queries: Vec<_> = plan
        .images()
        .map(|(name, image)| ImageQuery {
            name,
            image,
            platforms: options.platforms.clone(),
        })
        .collect();
    if view.images(queries.clone()).await.is_ok() {
        return;
    }
    for query in queries {
        let name = query.name.clone();
        if let Err(error) = view.images([query]).await {
            unread.insert(name, error.to_string());
        }
    }
}

/// Whether the version is submitted, and where it is promoted to.
async fn see_submission(reader: Reader<'_>, options: &StatusOptions, seen: &mut StatusSeen) {
    let Some(files) = &options.module_files else {
        return;
    };
    let planned = seen.plan.as_ref().map(|(plan, _)| &plan.wanted);
    let planned = planned.and_then(|wanted| wanted.module.as_ref());
    let component = options
        .component
        .as_ref()
        .or(planned.map(|module| &module.name));
    let Some(component) = component.cloned() else {
        seen.not_known.push(Diagnostic::warning(
            Code::ComponentUnknown,
            "whether the version is submitted: nothing names its component",
            "give its name as `module-name`",
        ));
        return;
    };
    let release = (&options.version, &options.tag);
    match SeenModuleFiles::see(reader.target, files, &component, release).await {
        Ok(found) => seen.submission = Some((found, component)),
        Err(NoSubmission::Finding(finding)) => seen.not_known.push(finding),
        Err(NoSubmission::Service(error)) => {
            let what = "whether the version is submitted, and in which channels it is";
            seen.not_known.push(Diagnostic::warning(
                Code::AccessDenied,
                format!("{what}: {error}"),
                "give a token for the repository of all modules that may read its contents",
            ));
        }
    }
}

async fn see_verified(
    reader: Reader<'_>,
    mut verify: Box<dyn crate::protocol::Phase>,
    seen: &mut StatusSeen,
) {
    seen.verified = match verify.step(reader).await {
        Ok(Step::Done(report)) => Some(SeenVerified {
            summary: Some(report.summary),
            artifacts: report.facts.artifacts,
            findings: Vec::new(),
        }),
        Ok(Step::Blocked(findings)) => Some(SeenVerified {
            summary: None,
            artifacts: Artifacts::default(),
            findings,
        }),
        // `verify` asks for nothing and awaits nothing.
        Ok(Step::Act(_) | Step::Wait(_)) => None,
        Err(error) => {
            let what = "whether it is as it was published";
            seen.not_known.push(not_known(what, &error));
            None
        }
    };
}

async fn owner_ended(
    reader: Reader<'_>,
    lock: Option<&SeenLock>,
) -> Result<Option<bool>, ServiceError> {
    let owner = lock.and_then(|seen| Some(&seen.lock.as_ref()?.owner));
    match owner {
        Some(LockOwner {
            repository: Some(repository),
            run: Some(run),
            attempt,
            ..
        }) => reader.github.run_is_over(repository, *run, *attempt).await,
        _ => Ok(None),
    }
}

/// What the release needs: as the plan says, as was typed, as its evidence says, or else what it has.
fn expected(
    options: &StatusOptions,
    seen: &StatusSeen,
    release: &SeenRelease,
    at: Option<&CommitSha>,
) -> (ReleasePlan, ExpectedFrom) {
    let typed = match &options.expected {
        ExpectedRelease::Plan(plan) => return ((**plan).clone(), ExpectedFrom::Plan),
        ExpectedRelease::Typed(wanted) => wanted,
    };
    let mark = seen.mark.as_ref();
    let mut wanted = Wanted {
        commit: mark
            .map(|mark| &mark.commit)
            .or(at)
            .unwrap_or(&typed.commit)
            .clone(),
        run: mark.map_or_else(String::new, |mark| mark.run.clone()),
        tag_when: mark.map(|mark| mark.tag_when).unwrap_or_default(),
        ..(**typed).clone()
    };
    let is_typed = !wanted.assets.is_empty()
        || wanted.binary_image.is_some()
        || wanted.module.is_some()
        || !wanted.extra_images.is_empty();
    let from = match &seen.evidence {
        _ if is_typed => ExpectedFrom::Inputs,
        Some(evidence) => return (evidence.predicate.plan.clone(), ExpectedFrom::Evidence),
        None => {
            let is_own = |name: &str| name == EVIDENCE || name == LOGS;
            let names = release.assets.iter().map(|asset| asset.name.as_str());
            let names = names.filter(|name| !is_own(name) && !name.starts_with(TEMPORARY));
            wanted.assets = names.filter_map(|name| name.parse().ok()).collect();
            ExpectedFrom::Release
        }
    };
    (ReleasePlan::complete(wanted, None, None), from)
}

/// A token that is refused as a whole is an error; one that lacks a permission is not.
fn is_denied(error: &ServiceError) -> bool {
    matches!(&error.cause, Cause::Denied { status, .. } if *status != 401)
}

fn not_known(what: &str, error: &ServiceError) -> Diagnostic {
    let (code, help) = match &error.cause {
        Cause::Denied { .. } => (
            Code::AccessDenied,
            "give the job the permissions statuses: read, checks: read and actions: read, and credentials for the registry where its images are private",
        ),
        _ => (Code::ServiceUnavailable, "run status again"),
    };
    Diagnostic::warning(code, format!("{what}: {error}"), help)
}
