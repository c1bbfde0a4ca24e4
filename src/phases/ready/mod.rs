//! `ready`: which versions could be released from a branch now, what is in the way, and what was changed since the last release.
//!
//! Each version is judged by the phase `plan` itself, with the inputs that `plan` would have.

mod comment;
mod markdown;
mod readiness;
mod shared_reads;
mod text;
mod versions;

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::domain::{Code, CommitSha, Diagnostic, Moment, RepoSlug, Severity, Tag, TagFormat};
use crate::plan::{NotesSource, OnExisting, TagWhen, Verdict, VersionFrom, Wanted};
use crate::protocol::{
    Action, AfterRefusal, Cause, Phase, PhaseAnswer, PhaseId, PhaseReport, Reader, RequiredCheck,
    SeenCheck, SeenRepository, ServiceError, Step,
};
use crate::release::changes::Changes;
use comment::StickyComment;
use readiness::{Judged, Readiness, SeenForReadiness, SeenHead};
use shared_reads::SharedReads;
use versions::PossibleVersion;

/// The inputs of `ready`.
pub struct ReadyOptions {
    pub repository: RepoSlug,
    /// The repository's page, without a slash at its end.
    pub page: String,
    /// The branch that is to be released; the default branch if none is given.
    pub branch: Option<String>,
    /// `None` leaves it to the last release.
    pub tag_format: Option<TagFormat>,
    /// The release that the changes are counted from; `None` leaves it to the order of versions.
    pub previous_tag: Option<Tag>,
    /// The checks that the head of the branch must have passed; none are all.
    pub checks: Vec<RequiredCheck>,
    /// The workflow's run that this is part of, whose own checks are still running.
    pub run: Option<u64>,
    /// The pull request to comment on.
    pub comment: Option<u64>,
    pub not_ready: NotReady,
    pub form: AnswerForm,
}

/// What follows where nothing can be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReady {
    /// It is said.
    Report,
    /// The command fails as well.
    Fail,
}

/// How the answer is shown on a terminal and in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerForm {
    Text,
    Json,
}

/// Makes the phase that plans a version.
pub type PlanOf = Box<dyn Fn(Wanted) -> Box<dyn Phase> + Send + Sync>;

/// [`PhaseId::Ready`]. It answers once, and then sees to its comment.
pub struct Ready {
    options: ReadyOptions,
    plan: PlanOf,
    answered: Option<(Readiness, StickyComment)>,
}

impl Ready {
    /// `plan` makes the phase that judges a version.
    pub fn new(options: ReadyOptions, plan: PlanOf) -> Self {
        Self {
            options,
            plan,
            answered: None,
        }
    }

    /// All that is asked of GitHub, or why nothing can be said.
    async fn see(
        &self,
        reader: Reader<'_>,
    ) -> Result<Result<SeenForReadiness, Diagnostic>, ServiceError> {
        let shared = SharedReads::new(reader.github);
        let reader = Reader {
            github: &shared,
            ..reader
        };
        let (options, github) = (&self.options, reader.github);
        let repository = github.repository().await?;
        let branch = options.branch.as_ref();
        let branch = branch.unwrap_or(&repository.default_branch).clone();
        let Some(commit) = github.branch(&branch).await? else {
            return Ok(Err(no_branch(&branch, &repository)));
        };
        let line = options.tag_format.as_ref().map_or("", TagFormat::line);
        let tags = github.tags(line).await?;
        let format = options.tag_format.as_ref();
        let line = versions::line_of_branch(&branch, &repository.default_branch);
        let found = versions::see(github, &tags, format, line).await?;
        let first = found
            .candidates
            .first()
            .map(|first| self.wanted(first, &commit));
        let previous = match (&options.previous_tag, first) {
            (Some(given), _) => Some(given.clone()),
            (None, Some(wanted)) => versions::previous(github, &wanted, &tags).await?,
            (None, None) => None,
        };
        let mut not_known = Vec::new();
        let changes = github.changes(previous.as_ref(), &commit).await;
        let changes = known(changes, &mut not_known, CHANGES)?.flatten();
        let changes =
            changes.map(|seen| Changes::of(seen, commit.as_str(), &repository.default_branch));
        let checks = known(github.checks(&commit).await, &mut not_known, CHECKS)?;
        let mut versions = Vec::new();
        for candidate in found.candidates {
            let plan = (self.plan)(self.wanted(&candidate, &commit));
            versions.push(judge(candidate, plan, reader, &mut not_known).await?);
        }
        Ok(Ok(SeenForReadiness {
            head: SeenHead { branch, commit },
            last_release: found.last,
            previous,
            changes,
            checks: checks.map(|checks| self.of_others(checks)),
            versions,
            may_push: repository.may_push,
            not_known,
        }))
    }

    /// A release of a version as `plan` would want it, without anything that is built for it.
    fn wanted(&self, candidate: &PossibleVersion, commit: &CommitSha) -> Wanted {
        Wanted {
            repository: self.options.repository.clone(),
            version: candidate.version.clone(),
            tag: candidate.tag.clone(),
            tag_format: candidate.tag_format.clone(),
            commit: commit.clone(),
            run: self.options.run.unwrap_or_default().to_string(),
            prerelease: candidate.version.is_prerelease(),
            make_latest: None,
            on_existing: OnExisting::Resume,
            replace_published: None,
            force: None,
            tag_message: None,
            version_from: VersionFrom::default(),
            notes: NotesSource::Generated,
            assets: BTreeSet::new(),
            binary_image: None,
            module: None,
            extra_images: BTreeSet::new(),
            tag_when: TagWhen::default(),
            signing: None,
            require_attestations: vec![],
            referrers: None,
            full_notes: None,
        }
    }

    /// The checks without those of this run, which are not over, and without the verdicts that releases record.
    fn of_others(&self, mut checks: Vec<SeenCheck>) -> Vec<SeenCheck> {
        let run = self.options.run.map(|run| format!("/actions/runs/{run}"));
        let is_own = |url: &str| {
            let rest = run.as_deref().and_then(|run| url.split_once(run));
            rest.is_some_and(|(_, rest)| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        checks.retain(|check| {
            !check.url.as_deref().is_some_and(is_own) && Verdict::leg(&check.name).is_none()
        });
        checks
    }

    /// The answer, which the command fails for only where that is asked for.
    fn report(&self, readiness: &Readiness, comment: &StickyComment) -> PhaseReport {
        let options = &self.options;
        let json = readiness.to_json(&options.page);
        let found = readiness.in_the_way().into_iter();
        let found = found.chain(&readiness.not_known);
        let refusals = found.filter(|_| options.not_ready == NotReady::Fail);
        let refusals = refusals.map(|finding| Diagnostic {
            severity: Severity::Error,
            ..finding.clone()
        });
        let text = match options.form {
            AnswerForm::Text => text::render(readiness),
            AnswerForm::Json => json.clone() + "\n",
        };
        let report = PhaseReport::new(readiness.summary());
        let previous = readiness.previous.as_ref().map_or("", Tag::as_str);
        PhaseReport {
            warnings: comment.refusal().cloned().into_iter().collect(),
            answer: Some(Box::new(PhaseAnswer {
                text,
                markdown: markdown::render(readiness, &options.page),
                refusals: refusals.collect(),
            })),
            ..report
                .with("state", readiness.state())
                .with("readiness", json)
                .with("previous-tag", previous)
        }
    }
}

/// What is read for the answer and needs a permission of its own: what it is, and the permissions.
type NeedsPermission = (&'static str, &'static str);

const CHANGES: NeedsPermission = (
    "what was changed since the last release",
    "pull-requests: read",
);
const CHECKS: NeedsPermission = (
    "the checks at the head of the branch",
    "checks: read, statuses: read and actions: read",
);
const PLAN: NeedsPermission = (
    "whether pull requests and milestones are in order",
    "pull-requests: read and issues: read",
);

/// What was read; `None` where the token may not, which is taken down.
fn known<T>(
    read: Result<T, ServiceError>,
    not_known: &mut Vec<Diagnostic>,
    (what, permissions): NeedsPermission,
) -> Result<Option<T>, ServiceError> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(ServiceError {
            cause: Cause::Denied { status, .. },
            ..
        }) if status != 401 => {
            let finding = Diagnostic::warning(
                Code::AccessDenied,
                format!("the token may not read {what}"),
                format!("give the job the permissions {permissions}"),
            );
            if !not_known.contains(&finding) {
                not_known.push(finding);
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What `plan` says of a version.
async fn judge(
    candidate: PossibleVersion,
    mut plan: Box<dyn Phase>,
    reader: Reader<'_>,
    not_known: &mut Vec<Diagnostic>,
) -> Result<Judged, ServiceError> {
    let (findings, warnings) = match known(plan.step(reader).await, not_known, PLAN)? {
        Some(Step::Blocked(findings)) => (findings, Vec::new()),
        Some(Step::Done(report)) => (Vec::new(), report.warnings),
        // `plan` asks for nothing and awaits nothing.
        Some(Step::Act(_) | Step::Wait(_)) | None => (Vec::new(), Vec::new()),
    };
    Ok(Judged {
        candidate,
        findings,
        warnings,
    })
}

fn no_branch(branch: &str, repository: &SeenRepository) -> Diagnostic {
    Diagnostic::error(
        Code::BranchMissing,
        format!("{} has no branch {branch}", repository.slug),
        format!(
            "set `branch` to a branch that exists, such as {}",
            repository.default_branch
        ),
    )
}

#[async_trait]
impl Phase for Ready {
    fn id(&self) -> PhaseId {
        PhaseId::Ready
    }

    /// The answer is given once, so that a comment that was sent is never followed by another one with another text.
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let (readiness, mut comment) = match self.answered.take() {
            Some(answered) => answered,
            None => match self.see(reader).await? {
                Err(finding) => return Ok(Step::Blocked(vec![finding])),
                Ok(seen) => {
                    let readiness = Readiness::of(seen, &self.options);
                    let body = markdown::comment(&readiness, &self.options.page);
                    (readiness, StickyComment::new(self.options.comment, &body))
                }
            },
        };
        let step = match comment.step(reader).await? {
            Some(step) => step,
            None => Step::Done(self.report(&readiness, &comment)),
        };
        self.answered = Some((readiness, comment));
        Ok(step)
    }

    fn answered(&mut self, action: &Action, answer: &Result<(), ServiceError>, sent: Moment) {
        if let Some((_, comment)) = &mut self.answered {
            comment.answered(action, answer, sent);
        }
    }

    /// The answer is there without the comment, such as in a run for a pull request of a fork, whose token may only read.
    fn refused(&mut self, _action: &Action, refusal: &ServiceError) -> AfterRefusal {
        match (&mut self.answered, &refusal.cause) {
            (Some((_, comment)), Cause::Denied { .. } | Cause::Refused { .. }) => {
                comment.give_up(&refusal.cause.to_string());
                AfterRefusal::Continue
            }
            _ => AfterRefusal::Stop,
        }
    }
}
