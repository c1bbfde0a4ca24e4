//! `status`: where a release stands right now, what is missing, and who is expected to bring it.

mod answer;
mod artifacts;
mod decide;
mod missing;
mod see;
mod state;
mod submission;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{
    ComponentName, Diagnostic, ModuleFiles, Moment, NamePattern, RepoSlug, Tag, Version,
};
use crate::plan::{ReleasePlan, Verdict, Wanted};
use crate::protocol::{
    Phase, PhaseId, PhaseReport, PhaseView, Reader, ReleaseFacts, RequiredCheck, SeenCheck,
    ServiceError, Step, WaitTime, Waiting,
};
use crate::release::view::{ReleaseCache, Trust};
use answer::StatusAnswer;
use see::StatusSeen;
use state::ReleaseState;

/// The longest pause while there is no release: only a query of GraphQL finds one, and each counts.
const POLL_ABSENT: Duration = Duration::from_secs(30);
/// How long GitHub may take until everything of a published release is visible everywhere.
const VISIBLE_AFTER: Duration = Duration::from_secs(15);
/// The time limit of a watch, which is the longest that `timeout` may be.
const LONGEST_WATCH: Duration = Duration::from_hours(6);

/// The inputs of `status`.
pub struct StatusOptions {
    pub repository: RepoSlug,
    pub tag: Tag,
    pub version: Version,
    pub expected: ExpectedRelease,
    /// The expected platforms of container images; if empty, those that the images have.
    pub platforms: Vec<String>,
    /// Checks that make the artifacts.
    pub builders: Vec<NamePattern>,
    /// The checks that the commit must have passed.
    pub checks: Vec<RequiredCheck>,
    /// The legs of the tests that must have recorded a verdict, as far as they are named.
    pub legs: BTreeSet<String>,
    pub form: StatusForm,
    pub mode: StatusMode,
    /// The longest pause between two looks.
    pub poll_interval: Duration,
    /// Of the repository of all modules, where that is to be read.
    pub module_files: Option<ModuleFiles>,
    /// The component, where neither plan nor evidence names it.
    pub component: Option<ComponentName>,
}

/// From which it follows what the release needs.
pub enum ExpectedRelease {
    Plan(Box<ReleasePlan>),
    /// The artifacts that were typed, which may be none; commit and run follow from the draft.
    Typed(Box<Wanted>),
}

/// How the answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusForm {
    Text,
    Json,
}

/// When it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusMode {
    Once,
    /// Once the release is published.
    Watch,
}

/// Makes the phase that checks a published release.
pub type VerifyOf = Box<dyn Fn() -> Box<dyn Phase> + Send + Sync>;
/// What `publish` would say of the legs of the tests, for the artifacts and the run of a verdict.
pub type LegsJudge = Box<dyn Fn(&[SeenCheck], &Verdict) -> Vec<Diagnostic> + Send + Sync>;

/// What other phases decide.
pub struct StatusJudges {
    pub verify: VerifyOf,
    pub legs: LegsJudge,
}

/// [`PhaseId::Status`]. It never fails because of the state that it finds.
pub struct Status {
    options: StatusOptions,
    judges: StatusJudges,
    cache: ReleaseCache,
    /// Whether it has looked before.
    looked: bool,
    /// When the release was first seen to be published.
    published_since: Option<Moment>,
    view: Option<PhaseView>,
    known: ReleaseFacts,
}

impl Status {
    /// The status of a release, with what other phases decide of it.
    pub fn new(options: StatusOptions, judges: StatusJudges) -> Self {
        Self {
            known: ReleaseFacts::of_tag(&options.tag),
            options,
            judges,
            cache: ReleaseCache::new(Trust::EarlierSteps),
            looked: false,
            published_since: None,
            view: None,
        }
    }

    fn shown(&self, answer: &StatusAnswer) -> PhaseView {
        match self.options.form {
            StatusForm::Text => PhaseView::Lines(text::lines(answer)),
            StatusForm::Json => PhaseView::Json(answer.to_json()),
        }
    }

    /// Whether there is nothing more to see. Right after the publication, GitHub may show some of it late.
    fn is_over(&mut self, answer: &StatusAnswer, now: Moment) -> bool {
        if self.options.mode == StatusMode::Once {
            return true;
        }
        match answer.state {
            ReleaseState::Published => {
                let since = *self.published_since.get_or_insert(now);
                let differs = answer.verified.as_ref().is_some_and(|it| !it.as_published);
                !differs || now.since(since) >= VISIBLE_AFTER
            }
            ReleaseState::ForeignPublished => true,
            _ => false,
        }
    }

    fn waiting(&self, answer: &StatusAnswer) -> Waiting {
        let missing = answer.missing.iter();
        let on: Vec<_> = missing.map(missing::MissingEntry::line).collect();
        let is_absent = answer.release.is_none();
        Waiting {
            on: if on.is_empty() {
                vec![answer.summary.clone()]
            } else {
                on
            },
            poll_after: if is_absent {
                self.options.poll_interval.max(POLL_ABSENT)
            } else {
                self.options.poll_interval
            },
            time: WaitTime::Counted,
        }
    }

    /// The outputs and the sentence, with what the job summary shows beside them.
    fn report(&self, seen: &StatusSeen) -> PhaseReport {
        let tag = &self.options.tag;
        if seen.drafts_are_hidden {
            return state::unknown(tag);
        }
        let mut report = state::report(tag, &seen.release, seen.lock.as_ref());
        decide::add_facts(&mut report.facts, &self.options, seen);
        report
    }
}

#[async_trait]
impl Phase for Status {
    fn id(&self) -> PhaseId {
        PhaseId::Status
    }

    fn default_timeout(&self) -> Duration {
        match self.options.mode {
            StatusMode::Once => self.id().default_timeout(),
            StatusMode::Watch => LONGEST_WATCH,
        }
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        self.looked = true;
        let report = self.report(&seen);
        let answer = decide::answer(&self.options, &self.judges.legs, &seen, &report.summary);
        self.known = (*report.facts).clone();
        self.view = Some(self.shown(&answer));
        if self.is_over(&answer, reader.now) {
            Ok(Step::Done(report))
        } else {
            Ok(Step::Wait(self.waiting(&answer)))
        }
    }

    fn view(&self) -> Option<&PhaseView> {
        self.view.as_ref()
    }

    fn known(&self) -> ReleaseFacts {
        self.known.clone()
    }
}
