//! What `plan` asks of the changes since the previous release: it reads them once, for the text, the labels and the milestone.

use std::collections::BTreeSet;

use crate::domain::{ChangeOptions, Code, Diagnostic, LabelRule, MilestoneRule, NotesPart, Tag};
use crate::plan::{NotesSource, Wanted};
use crate::protocol::{Cause, GitHubReader, SeenMilestone, ServiceError};
use crate::release::changes::{
    Changes, ReleaseConfig, check_features, check_labels, check_milestone, labels_unchecked,
};
use crate::release::notes::{ComposedNotes, NotesInput, compose, is_too_long};

/// Whether notes are asked for that only `draft` needs otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    Nothing,
    /// GitHub's own, to see whether they fit into the body of a release.
    Generated,
}

/// What was read, as far as the options ask for it.
#[derive(Debug, Default)]
pub(crate) struct SincePrevious {
    changes: Changes,
    config: ReleaseConfig,
    /// What is wrong with the previous tag or with `.github/release.yml`.
    unusable: Option<Diagnostic>,
    known: BTreeSet<String>,
    generated: String,
    milestones: Vec<SeenMilestone>,
}

impl SincePrevious {
    pub(crate) async fn see(
        github: &dyn GitHubReader,
        options: &ChangeOptions,
        wanted: &Wanted,
        previous: Option<&Tag>,
        default_branch: &str,
        measure: Measure,
    ) -> Result<Self, ServiceError> {
        let mut since = Self {
            milestones: milestones(github, options, wanted).await?,
            ..Self::default()
        };
        if options.need_changes() {
            let Some(seen) = github.changes(previous, &wanted.commit).await? else {
                since.unusable = previous.map(|previous| no_tag(previous, wanted));
                return Ok(since);
            };
            match ReleaseConfig::read(seen.config.as_deref()) {
                Ok(config) => since.config = config,
                Err(finding) => since.unusable = Some(finding),
            }
            since.changes = Changes::of(seen, wanted.commit.as_str(), default_branch);
            let firsts = since.changes.first_pulls();
            if !options.notes.is_empty() && !firsts.is_empty() {
                since.known = github.contributors(&firsts).await?;
            }
        }
        if since.unusable.is_none() {
            let is_part = options.notes.contains(&NotesPart::Generate);
            let is_measured =
                measure == Measure::Generated && wanted.notes == NotesSource::Generated;
            if is_part || is_measured {
                let notes = github.notes(&wanted.tag, &wanted.commit, previous).await;
                since.generated = match notes {
                    // Whoever drafts may have another token.
                    Err(refused) if !is_part && is_refused(&refused) => String::new(),
                    answered => answered?.body,
                };
            }
        }
        Ok(since)
    }

    /// Where the previous release that was named has no tag, so that there is nothing to compare with.
    pub(crate) async fn without_tag(
        github: &dyn GitHubReader,
        options: &ChangeOptions,
        wanted: &Wanted,
        previous: &Tag,
    ) -> Result<Self, ServiceError> {
        Ok(Self {
            milestones: milestones(github, options, wanted).await?,
            unusable: Some(no_tag(previous, wanted)),
            ..Self::default()
        })
    }

    /// The pull requests that need more than a new patch number, where the version raises no other.
    pub(crate) fn features(
        &self,
        options: &ChangeOptions,
        wanted: &Wanted,
        previous: Option<&Tag>,
    ) -> Option<Diagnostic> {
        check_features(&self.changes, options, wanted, previous)
    }

    /// Every reason not to release.
    pub(crate) fn findings(&self, options: &ChangeOptions, wanted: &Wanted) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        if options.append.as_deref().is_some_and(is_too_long) {
            findings.push(Diagnostic::error(
                Code::NotesTooLong,
                "the text of notes-append is longer than 30,000 bytes",
                "shorten it and link to the full text, or attach it as an asset",
            ));
        }
        match (&self.unusable, options.labels) {
            (Some(finding), _) => findings.push(finding.clone()),
            (None, LabelRule::Any) => {}
            (None, LabelRule::OneOfCategories) => {
                findings.extend(check_labels(&self.changes, &self.config, &options.page));
            }
        }
        findings.extend(check_milestone(
            options.milestone,
            &self.milestones,
            wanted,
            &options.page,
        ));
        findings
    }

    /// What was asked for, and could not be checked as a whole.
    pub(crate) fn unchecked(&self, options: &ChangeOptions) -> Option<Diagnostic> {
        match options.labels {
            LabelRule::OneOfCategories => labels_unchecked(&self.changes),
            LabelRule::Any => None,
        }
    }

    /// The text of the release. `room` is what it may take of the plan, in bytes of JSON in JSON.
    pub(crate) fn notes(
        &self,
        options: &ChangeOptions,
        wanted: &Wanted,
        previous: Option<&Tag>,
        room: usize,
    ) -> ComposedNotes {
        let input = NotesInput {
            changes: &self.changes,
            config: &self.config,
            known: &self.known,
            generated: &self.generated,
            tag: &wanted.tag,
            previous,
            page: &options.page,
            room,
        };
        match &wanted.notes {
            _ if !options.notes.is_empty() || options.append.is_some() => {
                compose(&options.notes, options.append.as_deref(), &input)
            }
            NotesSource::Generated => ComposedNotes::generated(&self.generated),
            NotesSource::Text(text) => ComposedNotes::of_file(text, &input),
        }
    }
}

fn is_refused(error: &ServiceError) -> bool {
    matches!(error.cause, Cause::Denied { .. } | Cause::Refused { .. })
}

async fn milestones(
    github: &dyn GitHubReader,
    options: &ChangeOptions,
    wanted: &Wanted,
) -> Result<Vec<SeenMilestone>, ServiceError> {
    match options.milestone {
        MilestoneRule::Ignore => Ok(Vec::new()),
        MilestoneRule::Exists | MilestoneRule::Closed => {
            github.milestones(&wanted.version.to_string()).await
        }
    }
}

fn no_tag(previous: &Tag, wanted: &Wanted) -> Diagnostic {
    Diagnostic::error(
        Code::PreviousTagMissing,
        format!(
            "{} has no tag {previous} to compare with",
            wanted.repository
        ),
        "give a tag that exists as `previous-tag`, or leave it out: then it is the highest release below this one",
    )
}
