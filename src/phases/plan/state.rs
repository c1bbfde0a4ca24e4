//! What `plan` reads.

use super::Plan;
use super::attached_notes::AttachedNotes;
use crate::domain::{CommitSha, LongNotes, Tag};
use crate::plan::{ReleasePlan, VersionFrom};
use crate::protocol::{Reader, SeenRepository, ServiceError};
use crate::release::existing_release::{self, Resolution};
use crate::release::other_releases::OtherTags;
use crate::release::policy::SeenForRules;
use crate::release::rights::{ReleaseProgress, SeenRights};
use crate::release::since_previous::{Measure, SincePrevious};
use crate::release::view::ReleaseView;

/// The state that a plan depends on.
pub(super) struct PlanState {
    pub(super) repository: SeenRepository,
    pub(super) has_commit: bool,
    pub(super) release: ReleaseView,
    /// Whether the tag that exists is a lightweight one, where an annotated one is wanted.
    pub(super) tag_is_lightweight: bool,
    /// What exists of the same version under its tag with the other spelling.
    pub(super) respelled: Option<(Tag, ReleaseView)>,
    /// The highest release before this one.
    pub(super) previous: Option<Tag>,
    pub(super) higher_is_released: bool,
    /// The branch to guard, and its head.
    pub(super) guard: Option<(String, Option<CommitSha>)>,
    /// `None` where nothing could be read, because the commit is missing.
    pub(super) since_previous: Option<SincePrevious>,
    /// What the rules for a version ask for; `None` for one that is published and stays, of which they ask nothing.
    pub(super) for_rules: Option<SeenForRules>,
    pub(super) rights: SeenRights,
    pub(super) attached: AttachedNotes,
}

impl Plan {
    pub(super) async fn see(&self, reader: Reader<'_>) -> Result<PlanState, ServiceError> {
        let wanted = &self.options.wanted;
        let guard = match &self.options.guard_branch {
            Some(branch) => Some((branch.clone(), reader.github.branch(branch).await?)),
            None => None,
        };
        let github = reader.github;
        let (others, tags) = OtherTags::list(github, wanted).await?;
        let release = self.release(reader, &tags).await?;
        let head = guard.as_ref().and_then(|(_, head)| head.as_ref());
        // What a reference points at exists.
        let is_known = [head, release.tag.as_ref()].contains(&Some(&wanted.commit));
        let tag_is_lightweight = wanted.tag_message.is_some()
            && release.tag.is_some()
            && !github.is_annotated(&wanted.tag).await?;
        let respelled = respelled(reader, &others).await?;
        let previous = match &self.options.previous_tag {
            Some(given) => Some(given.clone()),
            None => others.previous(github, wanted).await?,
        };
        let repository = github.repository().await?;
        let has_commit = is_known || github.has_commit(&wanted.commit).await?;
        let (changes, branch) = (&self.options.changes, &repository.default_branch);
        let progress = self.progress(&release);
        let attached = AttachedNotes::see(reader, &release, progress).await?;
        let may_ask = repository.may_push != Some(false);
        let measure = match (changes.long_notes, &attached) {
            (LongNotes::Attach, AttachedNotes::ToBeMade) if may_ask => Measure::Generated,
            _ => Measure::Nothing,
        };
        let since_previous = match self.missing_previous(reader, &tags).await? {
            Some(missing) => {
                Some(SincePrevious::without_tag(github, changes, wanted, missing).await?)
            }
            None if has_commit => {
                let previous = previous.as_ref();
                Some(SincePrevious::see(github, changes, wanted, previous, branch, measure).await?)
            }
            None => None,
        };
        let commit = has_commit.then_some(&wanted.commit);
        let for_rules = if release.is_published() && !progress.begins {
            None
        } else {
            let rules = &self.options.policy;
            // One that is replaced has its place in the order of versions already.
            let others: &[String] = if release.is_published() { &[] } else { &tags };
            Some(SeenForRules::see(github, rules, wanted, others, commit, branch).await?)
        };
        let rights = if has_commit {
            let options = &self.options.rights;
            SeenRights::see(reader, options, wanted, &repository, progress).await?
        } else {
            SeenRights::default()
        };
        Ok(PlanState {
            rights,
            attached,
            repository,
            has_commit,
            since_previous,
            for_rules,
            higher_is_released: others.higher_is_released(github).await?,
            release,
            tag_is_lightweight,
            respelled,
            previous,
            guard,
        })
    }

    /// The tag that was given as the previous release's, if there is no such tag. It may be of another format.
    async fn missing_previous(
        &self,
        reader: Reader<'_>,
        tags: &[String],
    ) -> Result<Option<&Tag>, ServiceError> {
        let given = self.options.previous_tag.as_ref();
        let unlisted = given.filter(|given| !tags.iter().any(|tag| tag == given.as_str()));
        match unlisted {
            Some(given) if reader.github.tag(given).await?.is_none() => Ok(Some(given)),
            _ => Ok(None),
        }
    }

    fn progress(&self, release: &ReleaseView) -> ReleaseProgress {
        let plan = ReleasePlan::complete(self.options.wanted.clone(), None, None);
        let course = existing_release::resolve(&plan, release.tag.as_ref(), &release.releases);
        ReleaseProgress {
            begins: matches!(course, Resolution::Create | Resolution::Replace(..)),
            has_tag: release.tag.is_some(),
        }
    }

    /// The releases of the wanted tag, and its commit. Where neither a release nor the list of tags shows the tag, it is taken as
    /// absent: the list may lag behind, and then `draft` finds out before it writes. A tag that somebody has just pushed has to be
    /// there.
    async fn release(
        &self,
        reader: Reader<'_>,
        tags: &[String],
    ) -> Result<ReleaseView, ServiceError> {
        let wanted = &self.options.wanted;
        let tag = &wanted.tag;
        let releases = reader.github.releases(tag).await?;
        let is_listed = tags.iter().any(|listed| listed == tag.as_str());
        let is_given = wanted.version_from == VersionFrom::Ref;
        let tag = if is_listed || is_given || !releases.is_empty() {
            reader.github.tag(tag).await?
        } else {
            None
        };
        Ok(ReleaseView {
            tag,
            releases,
            ..ReleaseView::default()
        })
    }
}

/// What exists of the same version under its tag with the other spelling.
async fn respelled(
    reader: Reader<'_>,
    others: &OtherTags,
) -> Result<Option<(Tag, ReleaseView)>, ServiceError> {
    let Some(tag) = others.respelled() else {
        return Ok(None);
    };
    let view = ReleaseView::tag_and_releases(reader, &tag).await?;
    Ok(Some((tag, view)))
}
