//! `plan`: reads the existing state, and returns either the complete plan or every reason not to start.

use async_trait::async_trait;

use crate::domain::{AssetName, Code, CommitSha, Diagnostic, MAX_ASSETS, Spelling, Tag};
use crate::plan::{BranchGuard, EVIDENCE, LOGS, NotesSource, ReleasePlan, Wanted};
use crate::protocol::{Facts, Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{Reader, SeenRepository, ServiceError};
use crate::release::asset_sync::TEMPORARY;
use crate::release::existing_release::{self, Resolution};
use crate::release::other_releases::{OtherTags, other_spelling};
use crate::release::view::ReleaseView;

/// The inputs of `plan`.
#[derive(Clone, Debug)]
pub struct PlanOptions {
    /// The values that are copied into the plan unchanged.
    pub wanted: Wanted,
    /// The release that the notes start from; `None` leaves it to the order of versions.
    pub previous_tag: Option<Tag>,
    /// The branch to guard.
    pub guard_branch: Option<String>,
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
    /// What exists of the same version under its tag with the other spelling.
    respelled: Option<(Tag, ReleaseView)>,
    /// The highest release before this one.
    previous: Option<Tag>,
    higher_is_released: bool,
    /// The branch to guard, and its head.
    guard: Option<(String, Option<CommitSha>)>,
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
        let respelled = match others.respelled() {
            Some(tag) => {
                let view = ReleaseView::tag_and_releases(reader, &tag).await?;
                Some((tag, view))
            }
            None => None,
        };
        let previous = match &self.options.previous_tag {
            Some(given) => Some(given.clone()),
            None => others.previous(github).await?,
        };
        Ok(PlanState {
            repository: github.repository().await?,
            has_commit: is_known || github.has_commit(&wanted.commit).await?,
            higher_is_released: others.higher_is_released(github).await?,
            release,
            respelled,
            previous,
            guard,
        })
    }

    /// The releases of the wanted tag, and its commit. Where neither a release nor the list of tags shows the tag, it is taken as
    /// absent: the list may lag behind, and then `draft` finds out before it writes.
    async fn release(
        &self,
        reader: Reader<'_>,
        tags: &[String],
    ) -> Result<ReleaseView, ServiceError> {
        let tag = &self.options.wanted.tag;
        let releases = reader.github.releases(tag).await?;
        let is_listed = tags.iter().any(|listed| listed == tag.as_str());
        let tag = if is_listed || !releases.is_empty() {
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

    fn known(&self) -> Facts {
        let PlanOptions {
            wanted,
            previous_tag,
            ..
        } = &self.options;
        Facts::of_plan(&ReleasePlan::complete(
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
    let plan = complete(wanted, seen);
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
    report.warnings.extend(spelling_differs(&plan));
    Step::Done(report)
}

/// `v1.2.0` and `1.2.0` are one version, which is released once. A tag alone of the other spelling does not matter if it names
/// this commit, nor does anything that came after this release was published.
fn version_exists(wanted: &Wanted, seen: &PlanState) -> Option<Diagnostic> {
    let (tag, other) = seen.respelled.as_ref()?;
    let next = format!("release another version, such as {}", wanted.next_version());
    let (what, help) = match (other.releases.first(), &other.tag) {
        _ if seen.release.is_published() => return None,
        (Some(release), _) => {
            let spelling = wanted.tag_format.spelling().other();
            (
                format!("a {} release ({})", release.kind(), release.url),
                format!(
                    "to continue that one, {}; otherwise {next}",
                    respell(wanted, spelling)
                ),
            )
        }
        (None, Some(at)) if *at != wanted.commit => (
            format!("a tag at {}", at.short()),
            format!(
                "delete that tag if it is a mistake (git push origin :{}), or {next}",
                tag.to_ref()
            ),
        ),
        (None, _) => return None,
    };
    let seen = format!("{} exists as {tag}, which has {what}", wanted.version);
    Some(Diagnostic::error(Code::VersionExists, seen, help))
}

fn spelling_differs(plan: &ReleasePlan) -> Option<Diagnostic> {
    let (wanted, previous) = (&plan.wanted, plan.previous_tag.as_ref()?);
    let spelling = other_spelling(wanted, previous)?;
    let seen = format!(
        "{} is {}, and {previous}, the release before, is {spelling}",
        wanted.tag,
        spelling.other()
    );
    let help = format!("if that is a slip, {}", respell(wanted, spelling));
    Some(Diagnostic::warning(Code::SpellingDiffers, seen, help))
}

/// What to type for the same version with another spelling.
fn respell(wanted: &Wanted, spelling: Spelling) -> String {
    let format = wanted.tag_format.spelled(spelling);
    let typed = format.typed(&wanted.version);
    if wanted.tag_format.typed(&wanted.version) == wanted.tag.as_str() {
        format!("type {typed} (with a `tag-format`: {format})")
    } else {
        format!("set `tag-format: {format}`")
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

fn complete(wanted: &Wanted, seen: &PlanState) -> ReleasePlan {
    let guard = seen.guard.as_ref().and_then(|(branch, head)| {
        Some(BranchGuard {
            branch: branch.clone(),
            head: head.clone()?,
        })
    });
    ReleasePlan::complete(wanted.clone(), seen.previous.clone(), guard)
}

fn report(plan: &ReleasePlan, higher_is_released: bool) -> PhaseReport {
    let summary = format!(
        "{} is to be released at {}",
        plan.wanted.tag,
        plan.wanted.commit.short()
    );
    let previous = plan.previous_tag.as_ref().map_or("", Tag::as_str);
    let latest = plan.becomes_latest(higher_is_released);
    let facts = Facts {
        latest: Some(latest),
        ..Facts::of_plan(plan)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Severity, TagFormat};
    use crate::plan::OnExisting;
    use crate::plan::tests::{example, example_wanted};
    use crate::release::examples::{foreign_draft, other, our_draft, published};

    fn seen() -> PlanState {
        PlanState {
            repository: SeenRepository {
                slug: example_wanted().repository,
                default_branch: "main".into(),
                private: false,
                may_push: Some(true),
            },
            has_commit: true,
            release: ReleaseView::default(),
            respelled: None,
            previous: None,
            higher_is_released: false,
            guard: None,
        }
    }

    fn options() -> PlanOptions {
        PlanOptions {
            wanted: example_wanted(),
            previous_tag: None,
            guard_branch: None,
        }
    }

    fn plan(options: &PlanOptions, seen: &PlanState) -> ReleasePlan {
        match decide(options, seen) {
            Step::Done(report) => ReleasePlan::from_json(&report.outputs[0].value, None).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn previous_tag_and_latest_follow_from_the_other_releases() {
        let seen = PlanState {
            previous: Some("v1.1.10".parse().unwrap()),
            higher_is_released: true,
            ..seen()
        };
        let Step::Done(report) = decide(&options(), &seen) else {
            panic!("refused")
        };
        let output = |name: &str| {
            let found = report.outputs.iter().find(|output| output.name == name);
            found.unwrap().value.as_str()
        };
        assert_eq!(output("previous-tag"), "v1.1.10");
        assert_eq!(output("make-latest"), "false");
        let plan = plan(&options(), &seen);
        assert_eq!(plan.previous_tag.unwrap().as_str(), "v1.1.10");
    }

    /// The plan of this version and format, where this is the release before and this exists in the other spelling.
    fn spelled(
        typed: &str,
        format: Option<&str>,
        previous: Option<&str>,
        respelled: Option<(&str, ReleaseView)>,
    ) -> Step {
        let format = format.map(|format| format.parse().unwrap());
        let (tag, version, tag_format) = TagFormat::read(typed, format.as_ref()).unwrap();
        let wanted = Wanted {
            tag,
            version,
            tag_format,
            ..example_wanted()
        };
        let options = PlanOptions {
            wanted,
            ..options()
        };
        let seen = PlanState {
            previous: previous.map(|tag| tag.parse().unwrap()),
            respelled: respelled.map(|(tag, view)| (tag.parse().unwrap(), view)),
            ..seen()
        };
        decide(&options, &seen)
    }

    #[test]
    fn other_spelling_than_the_release_before_is_a_warning() {
        let warned = |typed, format, previous| {
            let Step::Done(report) = spelled(typed, format, Some(previous), None) else {
                panic!("refused")
            };
            let told = |warning: &Diagnostic| {
                assert_eq!(warning.severity, Severity::Warning);
                format!("{}: {} / {}", warning.code, warning.seen, warning.help)
            };
            report.warnings.iter().map(told).collect::<Vec<_>>()
        };
        assert_eq!(warned("1.2.0", None, "1.1.0"), [""; 0]);
        assert_eq!(warned("v1.2.0", None, "v1.1.0"), [""; 0]);
        assert_eq!(
            warned("1.2.0", Some("api/v{version}"), "api/v1.1.0"),
            [""; 0]
        );
        assert_eq!(warned("1.2.0", Some("api/v{version}"), "v1.1.0"), [""; 0]);
        assert_eq!(
            warned("1.2.0", None, "v1.1.0"),
            [
                "spelling-differs: 1.2.0 is without `v`, and v1.1.0, the release before, is with `v` / \
                 if that is a slip, type v1.2.0 (with a `tag-format`: v{version})"
            ]
        );
        assert_eq!(
            warned("v1.2.0", Some("api/{version}"), "api/v1.1.0"),
            [
                "spelling-differs: api/1.2.0 is without `v`, and api/v1.1.0, the release before, is with `v` / \
                 if that is a slip, set `tag-format: api/v{version}`"
            ]
        );
    }

    #[test]
    fn version_that_exists_in_the_other_spelling_is_refused() {
        let view = |tag: Option<CommitSha>, releases| ReleaseView {
            tag,
            releases,
            ..ReleaseView::default()
        };
        let here = || Some(example_wanted().commit);
        let told = |typed, other: &'static str, view| match spelled(
            typed,
            None,
            None,
            Some((other, view)),
        ) {
            Step::Done(_) => "planned".to_owned(),
            Step::Blocked(findings) => {
                let [one] = findings.as_slice() else {
                    panic!("{findings:?}")
                };
                format!("{}: {} / {}", one.code, one.seen, one.help)
            }
            other => panic!("{other:?}"),
        };
        let url = "https://github.example/r/releases/tag/untagged-1";
        assert_eq!(
            told(
                "1.2.0",
                "v1.2.0",
                view(here(), vec![published(our_draft(&example()))])
            ),
            format!(
                "version-exists: 1.2.0 exists as v1.2.0, which has a published release ({url}) / to continue that one, \
                 type v1.2.0 (with a `tag-format`: v{{version}}); otherwise release another version, such as 1.2.1"
            )
        );
        assert_eq!(
            told(
                "v1.2.0",
                "1.2.0",
                view(here(), vec![foreign_draft(&example())])
            ),
            format!(
                "version-exists: 1.2.0 exists as 1.2.0, which has a draft release ({url}) / to continue that one, \
                 type 1.2.0 (with a `tag-format`: {{version}}); otherwise release another version, such as v1.2.1"
            )
        );
        assert_eq!(
            told("1.2.0", "v1.2.0", view(Some(other()), vec![])),
            "version-exists: 1.2.0 exists as v1.2.0, which has a tag at 0000000 / delete that tag if it is a mistake \
             (git push origin :refs/tags/v1.2.0), or release another version, such as 1.2.1"
        );
        assert_eq!(told("1.2.0", "v1.2.0", view(here(), vec![])), "planned");
    }

    #[test]
    fn all_reasons_are_listed_together() {
        let wanted = Wanted {
            on_existing: OnExisting::Fail,
            notes: NotesSource::Text("x".repeat(NotesSource::MAX_CHARS + 1)),
            ..example_wanted()
        };
        let options = PlanOptions {
            wanted,
            guard_branch: Some("release-1.2".into()),
            ..options()
        };
        let mut seen = PlanState {
            has_commit: false,
            release: ReleaseView {
                releases: vec![foreign_draft(&example())],
                ..ReleaseView::default()
            },
            guard: Some(("release-1.2".into(), None)),
            ..seen()
        };
        seen.repository.may_push = Some(false);
        let Step::Blocked(findings) = decide(&options, &seen) else {
            panic!("not refused")
        };
        let codes: Vec<_> = findings.iter().map(|f| f.code).collect();
        let all = [
            Code::CommitMissing,
            Code::TokenReadOnly,
            Code::BranchMissing,
            Code::NotesTooLong,
            Code::ReleaseExists,
        ];
        assert_eq!(codes, all);
    }

    #[test]
    fn evidence_is_the_thousandth_asset() {
        let with = |names: Vec<String>| {
            let assets = names.iter().map(|name| name.parse().unwrap()).collect();
            let wanted = Wanted {
                assets,
                ..example_wanted()
            };
            let options = PlanOptions {
                wanted,
                ..options()
            };
            match decide(&options, &seen()) {
                Step::Done(_) => vec![],
                Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
                other => panic!("{other:?}"),
            }
        };
        let many = |count| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>();
        assert_eq!(with(many(999)), []);
        assert_eq!(with(many(1_000)), [Code::AssetsTooMany]);
        let warned = |count| {
            let named = many(count).into_iter().map(|name| name.parse().unwrap());
            let assets = named.collect();
            no_room_for_logs(&Wanted {
                assets,
                ..example_wanted()
            })
        };
        assert!(warned(998).is_none());
        assert_eq!(warned(999).unwrap().code, Code::AssetsTooMany);
        for reserved in [EVIDENCE, LOGS, "btp-release-new.template.yaml"] {
            assert_eq!(with(vec![reserved.into()]), [Code::AssetNameReserved]);
        }
    }

    #[test]
    fn guard_records_the_head_of_the_branch() {
        let options = PlanOptions {
            guard_branch: Some("main".into()),
            ..options()
        };
        let seen = PlanState {
            guard: Some(("main".into(), Some(other()))),
            ..seen()
        };
        assert_eq!(plan(&options, &seen).guard.unwrap().head, other());
    }
}
