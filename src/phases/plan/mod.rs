//! `plan`: reads the existing state, and returns either the complete plan or every reason not to start.

mod next;
mod spelling;
#[cfg(test)]
mod tests;

use async_trait::async_trait;

use crate::domain::{
    AssetName, ChangeOptions, Code, CommitSha, Diagnostic, MAX_ASSETS, Tag, VersionRules,
};
use crate::plan::{BranchGuard, EVIDENCE, LOGS, NotesSource, ReleasePlan, VersionFrom, Wanted};
use crate::protocol::{Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::protocol::{Reader, SeenRepository, ServiceError};
use crate::release::asset_sync::TEMPORARY;
use crate::release::existing_release::{self, Resolution};
use crate::release::other_releases::OtherTags;
use crate::release::policy::{self, SeenForRules};
use crate::release::since_previous::SincePrevious;
use crate::release::view::ReleaseView;
use spelling::{spelling_differs, version_exists};

pub use next::{NextInputs, PlanNext};

/// The inputs of `plan`.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The values that are copied into the plan unchanged.
    pub wanted: Wanted,
    /// The release that the notes start from; `None` leaves it to the order of versions.
    pub previous_tag: Option<Tag>,
    /// The branch to guard.
    pub guard_branch: Option<String>,
    /// What is asked of the changes since the previous release.
    pub changes: ChangeOptions,
    /// What is asked of the version and of the branch that it comes from.
    pub policy: VersionRules,
}

/// [`PhaseId::Plan`]. It reads everything that can refuse a release, and lists all of it together.
pub struct Plan {
    options: PlanOptions,
}

/// The state that a plan depends on.
struct PlanState {
    repository: SeenRepository,
    has_commit: bool,
    release: ReleaseView,
    /// Whether the tag that exists is a lightweight one, where an annotated one is wanted.
    tag_is_lightweight: bool,
    /// What exists of the same version under its tag with the other spelling.
    respelled: Option<(Tag, ReleaseView)>,
    /// The highest release before this one.
    previous: Option<Tag>,
    higher_is_released: bool,
    /// The branch to guard, and its head.
    guard: Option<(String, Option<CommitSha>)>,
    /// `None` where nothing could be read, because the commit is missing.
    since_previous: Option<SincePrevious>,
    /// What the rules for a version ask for; `None` for one that is published already, of which they ask nothing.
    for_rules: Option<SeenForRules>,
}

impl Plan {
    pub fn new(options: PlanOptions) -> Self {
        Self { options }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<PlanState, ServiceError> {
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
        let respelled = match others.respelled() {
            Some(tag) => {
                let view = ReleaseView::tag_and_releases(reader, &tag).await?;
                Some((tag, view))
            }
            None => None,
        };
        let previous = match &self.options.previous_tag {
            Some(given) => Some(given.clone()),
            None => others.previous(github, wanted).await?,
        };
        let repository = github.repository().await?;
        let has_commit = is_known || github.has_commit(&wanted.commit).await?;
        let (changes, branch) = (&self.options.changes, &repository.default_branch);
        let since_previous = match self.missing_previous(reader, &tags).await? {
            Some(missing) => {
                Some(SincePrevious::without_tag(github, changes, wanted, missing).await?)
            }
            None if has_commit => {
                let previous = previous.as_ref();
                Some(SincePrevious::see(github, changes, wanted, previous, branch).await?)
            }
            None => None,
        };
        let for_rules = if release.is_published() {
            None
        } else {
            let commit = has_commit.then_some(&wanted.commit);
            let rules = &self.options.policy;
            Some(SeenForRules::see(github, rules, wanted, &tags, commit, branch).await?)
        };
        Ok(PlanState {
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

#[async_trait]
impl Phase for Plan {
    fn id(&self) -> PhaseId {
        PhaseId::Plan
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        Ok(decide(&self.options, &self.see(reader).await?))
    }

    fn known(&self) -> ReleaseFacts {
        let PlanOptions {
            wanted,
            previous_tag,
            ..
        } = &self.options;
        ReleaseFacts::of_plan(&ReleasePlan::complete(
            wanted.clone(),
            previous_tag.clone(),
            None,
        ))
    }
}

fn decide(options: &PlanOptions, seen: &PlanState) -> Step {
    let wanted = &options.wanted;
    let mut findings = Vec::new();
    let commit = &wanted.commit;
    if !seen.has_commit {
        findings.push(Diagnostic::error(
            Code::CommitMissing,
            format!("{} has no commit {commit}", wanted.repository),
            "push the commit first, or give the full hash of one that exists as `commit`",
        ));
    }
    if seen.repository.may_push == Some(false) {
        findings.push(Diagnostic::error(
            Code::TokenReadOnly,
            format!("the token may not write to {}", wanted.repository),
            "give the job `permissions: contents: write`, or pass a token that may as `github-token`",
        ));
    }
    if let Some((branch, None)) = &seen.guard {
        findings.push(Diagnostic::error(
            Code::BranchMissing,
            format!("{} has no branch {branch} to guard", wanted.repository),
            format!(
                "set `guard-branch` to a branch that exists, such as {}",
                seen.repository.default_branch
            ),
        ));
    }
    if let NotesSource::Text(text) = &wanted.notes {
        let chars = text.chars().count();
        if chars > NotesSource::MAX_CHARS {
            findings.push(Diagnostic::error(
                Code::NotesTooLong,
                format!(
                    "the release notes have {chars} characters, and a release may hold {}",
                    NotesSource::MAX_CHARS
                ),
                "shorten the file and link to the full text, or attach it as an asset",
            ));
        }
    }
    findings.extend(assets(wanted));
    if let Some(since_previous) = &seen.since_previous {
        findings.extend(since_previous.findings(&options.changes, wanted));
    }
    let (broken, forced) = broken_rules(options, seen);
    findings.extend(broken);
    let plan = complete(options, seen);
    if let Resolution::Refuse(finding) =
        existing_release::resolve(&plan, seen.release.tag.as_ref(), &seen.release.releases)
    {
        findings.push(finding);
    }
    findings.extend(version_exists(wanted, seen));
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    let mut report = report(&plan, seen.higher_is_released);
    report.warnings.extend(forced);
    report.warnings.extend(spelling_differs(&plan));
    report.warnings.extend(lightweight(wanted, seen));
    Step::Done(report)
}

/// The rules for a version that it breaks; as warnings, the second ones, where a reason was given.
fn broken_rules(options: &PlanOptions, seen: &PlanState) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
    let Some(for_rules) = &seen.for_rules else {
        return (Vec::new(), Vec::new());
    };
    let (wanted, previous) = (&options.wanted, seen.previous.as_ref());
    let mut broken = for_rules.findings(&options.policy, wanted);
    let since = seen.since_previous.as_ref();
    broken.extend(since.and_then(|since| since.features(&options.changes, wanted, previous)));
    match &wanted.force {
        None => (broken, Vec::new()),
        Some(reason) => {
            let forced = broken
                .into_iter()
                .map(|finding| policy::forced(finding, reason));
            (Vec::new(), forced.collect())
        }
    }
}

/// What GitHub would refuse when the release is nearly done, or what would be mistaken for our own.
fn assets(wanted: &Wanted) -> Vec<Diagnostic> {
    let names = wanted.assets.iter().map(AssetName::as_str);
    let reserved =
        names.filter(|name| [EVIDENCE, LOGS].contains(name) || name.starts_with(TEMPORARY));
    let mut findings: Vec<_> = reserved
        .map(|name| {
            Diagnostic::error(
                Code::AssetNameReserved,
                format!(
                    "the asset {name} has a name that btp-release gives to an asset of its own"
                ),
                format!("give it another name than {EVIDENCE}, {LOGS} and {TEMPORARY}*"),
            )
        })
        .collect();
    let total = wanted.asset_names().len();
    if total > MAX_ASSETS {
        findings.push(Diagnostic::error(
            Code::AssetsTooMany,
            format!(
                "{} would have {total} assets with {EVIDENCE}, which is added when it is published; GitHub takes {MAX_ASSETS}",
                wanted.tag
            ),
            format!("pack some into an archive: `assets` may name {}", MAX_ASSETS - 1),
        ));
    }
    findings
}

fn complete(options: &PlanOptions, seen: &PlanState) -> ReleasePlan {
    let (mut wanted, previous) = (options.wanted.clone(), seen.previous.as_ref());
    let since = seen.since_previous.as_ref();
    let notes = since.and_then(|since| since.notes(&options.changes, &wanted, previous));
    wanted.notes = notes.unwrap_or(wanted.notes);
    let guard = seen.guard.as_ref().and_then(|(branch, head)| {
        Some(BranchGuard {
            branch: branch.clone(),
            head: head.clone()?,
        })
    });
    ReleasePlan::complete(wanted, seen.previous.clone(), guard)
}

fn report(plan: &ReleasePlan, higher_is_released: bool) -> PhaseReport {
    let summary = format!(
        "{} is to be released at {}",
        plan.wanted.tag,
        plan.wanted.commit.short()
    );
    let previous = plan.previous_tag.as_ref().map_or("", Tag::as_str);
    let latest = plan.becomes_latest(higher_is_released);
    let facts = ReleaseFacts {
        latest: Some(latest),
        ..ReleaseFacts::of_plan(plan)
    };
    let mut report = PhaseReport::new(summary)
        .knowing(facts)
        .with("plan", plan.to_json())
        .with("version", &plan.wanted.version)
        .with("tag", &plan.wanted.tag)
        .with("commit", &plan.wanted.commit)
        .with("previous-tag", previous)
        .with("prerelease", plan.wanted.prerelease)
        .with("make-latest", latest);
    report.warnings.extend(no_room_for_logs(&plan.wanted));
    report
}

/// A tag that exists is used as it is: it may have started builders, and nobody can make another one of it without deleting it.
fn lightweight(wanted: &Wanted, seen: &PlanState) -> Option<Diagnostic> {
    let found = || {
        let seen = format!(
            "{} exists as a lightweight tag, and `tag-type` is annotated",
            wanted.tag
        );
        let help = format!(
            "if it has to be annotated, delete the tag and run again: btp-release discard {}, or git push origin :{}",
            wanted.typed(),
            wanted.tag.to_ref()
        );
        Diagnostic::warning(Code::TagLightweight, seen, help)
    };
    seen.tag_is_lightweight.then(found)
}

/// Nobody has asked for the logs yet, so that this is no reason to refuse the plan.
fn no_room_for_logs(wanted: &Wanted) -> Option<Diagnostic> {
    let full = || {
        let seen = format!(
            "{} has {MAX_ASSETS} assets with {EVIDENCE}, as many as GitHub takes: there is no room for {LOGS}",
            wanted.tag
        );
        let help = format!(
            "pack some into an archive, or do not give `logs` to `publish`: beside {LOGS}, `assets` may name {}",
            MAX_ASSETS - 2
        );
        Diagnostic::warning(Code::AssetsTooMany, seen, help)
    };
    (wanted.asset_names().len() == MAX_ASSETS).then(full)
}
