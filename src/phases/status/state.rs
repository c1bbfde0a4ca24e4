//! The state of a release as the output `state` names it, and the sentence that says it.

use std::fmt;

use serde::Serialize;

use crate::domain::{Code, Diagnostic, SeenLock, Tag};
use crate::plan::{Mark, TagWhen};
use crate::protocol::{PhaseReport, ReleaseFacts, SeenRelease};
use crate::release::view::ReleaseView;

/// The state of a release, as the output `state` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ReleaseState {
    Absent,
    TagOnly,
    Draft,
    ForeignDraft,
    Published,
    ForeignPublished,
    Several,
    /// There is no published release, and the token may not see drafts.
    Unknown,
}

impl ReleaseState {
    pub(super) fn of(release: &ReleaseView) -> Self {
        match (release.releases.as_slice(), &release.tag) {
            ([], None) => Self::Absent,
            ([], Some(_)) => Self::TagOnly,
            ([one], _) => match (one.draft, Mark::find(&one.body).is_some()) {
                (true, true) => Self::Draft,
                (true, false) => Self::ForeignDraft,
                (false, true) => Self::Published,
                (false, false) => Self::ForeignPublished,
            },
            _ => Self::Several,
        }
    }
}

impl fmt::Display for ReleaseState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "absent",
            Self::TagOnly => "tag-only",
            Self::Draft => "draft",
            Self::ForeignDraft => "foreign-draft",
            Self::Published => "published",
            Self::ForeignPublished => "foreign-published",
            Self::Several => "several",
            Self::Unknown => "unknown",
        })
    }
}

/// The report for a token that would not see a draft.
pub(super) fn unknown(tag: &Tag) -> PhaseReport {
    let summary = format!("{tag} has no published release, and this token cannot see drafts");
    let mut report = PhaseReport::new(&summary)
        .knowing(ReleaseFacts::of_tag(tag))
        .with("state", ReleaseState::Unknown)
        .with("release-url", "");
    let help = "give the job `permissions: contents: write`, or use a token that may write";
    report
        .warnings
        .push(Diagnostic::warning(Code::DraftMissing, summary, help));
    report
}

/// The report for what was read.
pub(super) fn report(tag: &Tag, release: &ReleaseView, lock: Option<&SeenLock>) -> PhaseReport {
    let state = ReleaseState::of(release);
    let at = match &release.tag {
        Some(commit) => format!("its tag is at {}", commit.short()),
        None if tag_comes_later(release) => "publishing creates its tag".into(),
        None => "it has no tag".into(),
    };
    let what = match (state, release.releases.as_slice()) {
        (ReleaseState::Absent, _) => "has no release".to_owned(),
        (ReleaseState::TagOnly, _) => "has no release yet".to_owned(),
        (ReleaseState::Draft, [one]) => format!("is a draft with {}", assets(one)),
        (ReleaseState::Published, [one]) => format!("is published with {}", assets(one)),
        (ReleaseState::ForeignDraft, [one]) => {
            format!(
                "is a draft that btp-release did not make, with {}",
                assets(one)
            )
        }
        (ReleaseState::ForeignPublished, [one]) => {
            format!("is published, and not by btp-release, with {}", assets(one))
        }
        (_, several) => format!("has {} releases", several.len()),
    };
    let lock = match lock.map(|seen| &seen.lock) {
        None => String::new(),
        Some(Some(lock)) => format!("; its lock is held by {}", lock.owner),
        Some(None) => "; its lock does not name its owner".into(),
    };
    let url = release.releases.first().map_or("", |one| one.url.as_str());
    let mut facts = ReleaseFacts::of_tag(tag);
    if let [one] = release.releases.as_slice() {
        facts = facts.with_release(one);
    }
    PhaseReport::new(format!("{tag} {what}; {at}{lock}"))
        .knowing(facts)
        .with("state", state)
        .with("release-url", url)
}

/// Whether it is a draft of a release with `tag-when: publish`.
pub(super) fn tag_comes_later(release: &ReleaseView) -> bool {
    let mut drafts = release.releases.iter().filter(|release| release.draft);
    let mark = drafts.find_map(|draft| Mark::find(&draft.body));
    mark.is_some_and(|mark| mark.tag_when == TagWhen::Publish)
}

fn assets(release: &SeenRelease) -> String {
    match release.assets.len() {
        1 => "1 asset".into(),
        count => format!("{count} assets"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Lock, LockOwner};
    use crate::plan::tests::example;
    use crate::release::examples::{asset, foreign_draft, our_draft, published};

    #[test]
    fn every_state_of_a_release_is_named() {
        let plan = example();
        let with_asset = || SeenRelease {
            assets: vec![asset(1, "template.yaml", b"t")],
            ..our_draft(&plan)
        };
        let commit = || Some(plan.wanted.commit.clone());
        for (tag, releases, state, summary) in [
            (
                None,
                vec![],
                "absent",
                "v1.2.0 has no release; it has no tag",
            ),
            (
                commit(),
                vec![],
                "tag-only",
                "v1.2.0 has no release yet; its tag is at 4e4b9d4",
            ),
            (
                None,
                vec![with_asset()],
                "draft",
                "v1.2.0 is a draft with 1 asset; it has no tag",
            ),
            (
                commit(),
                vec![published(with_asset())],
                "published",
                "v1.2.0 is published with 1 asset; its tag is at 4e4b9d4",
            ),
            (
                commit(),
                vec![foreign_draft(&plan)],
                "foreign-draft",
                "v1.2.0 is a draft that btp-release did not make, with 0 assets; its tag is at 4e4b9d4",
            ),
            (
                commit(),
                vec![published(foreign_draft(&plan))],
                "foreign-published",
                "v1.2.0 is published, and not by btp-release, with 0 assets; its tag is at 4e4b9d4",
            ),
            (
                None,
                vec![our_draft(
                    &plan.with(|wanted| wanted.tag_when = TagWhen::Publish),
                )],
                "draft",
                "v1.2.0 is a draft with 0 assets; publishing creates its tag",
            ),
            (
                None,
                vec![our_draft(&plan), foreign_draft(&plan)],
                "several",
                "v1.2.0 has 2 releases; it has no tag",
            ),
        ] {
            let view = ReleaseView {
                tag,
                releases,
                ..ReleaseView::default()
            };
            let report = report(&plan.wanted.tag, &view, None);
            assert_eq!(report.summary, summary);
            assert_eq!(report.outputs[0].value, state);
        }
    }

    #[test]
    fn no_release_is_unknown_where_drafts_are_hidden() {
        let report = unknown(&example().wanted.tag);
        assert_eq!(report.outputs[0].value, "unknown");
        assert_eq!(report.warnings[0].code, Code::DraftMissing);
    }

    #[test]
    fn the_owner_of_a_lock_is_named() {
        let seen = |lock| SeenLock {
            lock,
            age: Duration::ZERO,
            commit: None,
        };
        let lock = Lock {
            owner: LockOwner {
                repository: Some("kyma-project/btp-manager".parse().unwrap()),
                run: Some(17),
                attempt: 2,
                process: "p".into(),
            },
            since: 0,
            taken_over: false,
        };
        let tag = example().wanted.tag;
        let summary = |seen| report(&tag, &ReleaseView::default(), Some(&seen)).summary;
        let held = summary(seen(Some(lock)));
        let owner = "its lock is held by run 17 of kyma-project/btp-manager (attempt 2)";
        assert!(held.ends_with(owner), "{held}");
        assert!(summary(seen(None)).ends_with("its lock does not name its owner"));
    }
}
