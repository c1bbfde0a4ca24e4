//! `plan`: reads what there is, and either works everything out or lists every reason not to start.

use async_trait::async_trait;

use crate::domain::{Code, Diagnostic};
use crate::domain::{CommitSha, Tag};
use crate::plan::{BranchGuard, NotesSource, ReleasePlan, Wanted};
use crate::protocol::{Phase, PhaseId, PhaseReport, Step};
use crate::protocol::{Reader, SeenRelease, SeenRepository, ServiceError};
use crate::release::existing_release::{self, Resolution};

pub struct Plan {
    wanted: Wanted,
}

struct Seen {
    repository: SeenRepository,
    has_commit: bool,
    tag: Option<CommitSha>,
    releases: Vec<SeenRelease>,
    published: Vec<String>,
    guard: Option<(String, Option<CommitSha>)>,
}

impl Plan {
    pub fn new(wanted: Wanted) -> Self {
        Self { wanted }
    }

    async fn see(&self, reader: Reader<'_>) -> Result<Seen, ServiceError> {
        let wanted = &self.wanted;
        let guard = match &wanted.guard_branch {
            Some(branch) => Some((branch.clone(), reader.github.branch(branch).await?)),
            None => None,
        };
        Ok(Seen {
            repository: reader.github.repository().await?,
            has_commit: reader.github.has_commit(&wanted.commit).await?,
            tag: reader.github.tag(&wanted.tag).await?,
            releases: reader.github.releases(&wanted.tag).await?,
            published: reader.github.published_tags().await?,
            guard,
        })
    }
}

#[async_trait]
impl Phase for Plan {
    fn id(&self) -> PhaseId {
        PhaseId::Plan
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        Ok(decide(&self.wanted, &self.see(reader).await?))
    }
}

fn decide(wanted: &Wanted, seen: &Seen) -> Step {
    let mut findings = Vec::new();
    let commit = &wanted.commit;
    if !seen.has_commit {
        findings.push(Diagnostic::error(
            Code::CommitMissing,
            format!("{} has no commit {commit}", wanted.repository),
            "push the commit first, or give the full hash of one that is there as `commit`",
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
                "shorten the file and link to the whole, or attach it as an asset",
            ));
        }
    }
    let plan = draw(wanted, seen);
    if let Resolution::Refuse(finding) =
        existing_release::resolve(&plan, seen.tag.as_ref(), &seen.releases)
    {
        findings.push(finding);
    }
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    Step::Done(evidence(&plan, &seen.published))
}

fn draw(wanted: &Wanted, seen: &Seen) -> ReleasePlan {
    let guard = seen.guard.as_ref().and_then(|(branch, head)| {
        Some(BranchGuard {
            branch: branch.clone(),
            head: head.clone()?,
        })
    });
    let previous = wanted
        .previous_tag
        .clone()
        .or_else(|| previous_tag(wanted, &seen.published));
    ReleasePlan::draw(wanted.clone(), previous, guard)
}

fn evidence(plan: &ReleasePlan, published: &[String]) -> PhaseReport {
    let so = format!("{} is to be released at {}", plan.tag, plan.commit.short());
    let previous = plan.previous_tag.as_ref().map_or("", Tag::as_str);
    PhaseReport::new(so)
        .with("plan", plan.to_json())
        .with("version", &plan.version)
        .with("tag", &plan.tag)
        .with("commit", &plan.commit)
        .with("previous-tag", previous)
        .with("prerelease", plan.prerelease)
        .with("make-latest", plan.becomes_latest(published))
}

/// The highest release before this one, by the order of versions, within the same tag format. Neither the newest nor the
/// nearest in history: both are wrong for a patch of an older line.
fn previous_tag(wanted: &Wanted, published: &[String]) -> Option<Tag> {
    let format = &wanted.tag_format;
    published
        .iter()
        .filter_map(|tag| Some((format.version(tag)?, tag)))
        .filter(|(version, _)| *version < wanted.version)
        .max()
        .and_then(|(_, tag)| tag.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::OnExisting;
    use crate::plan::tests::{example, example_wanted};
    use crate::release::examples::{foreign_draft, other};

    fn seen() -> Seen {
        Seen {
            repository: SeenRepository {
                slug: example_wanted().repository,
                default_branch: "main".into(),
                private: false,
                may_push: Some(true),
            },
            has_commit: true,
            tag: None,
            releases: vec![],
            published: [
                "v1.0.0",
                "v1.10.0-rc1",
                "v1.1.9",
                "v2.0.0",
                "1.1.10",
                "v1.1.10",
                "junk",
            ]
            .map(Into::into)
            .into(),
            guard: None,
        }
    }

    fn plan(wanted: &Wanted, seen: &Seen) -> ReleasePlan {
        match decide(wanted, seen) {
            Step::Done(evidence) => {
                ReleasePlan::from_json(&evidence.outputs[0].value, None).unwrap()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn neighbours_are_found_by_the_order_of_versions() {
        let plan_of = |published: &[&str]| {
            let published = published.iter().map(|&t| t.into()).collect();
            plan(
                &example_wanted(),
                &Seen {
                    published,
                    ..seen()
                },
            )
        };
        let all = plan(&example_wanted(), &seen());
        assert_eq!(
            all.previous_tag.unwrap().as_str(),
            "v1.1.10",
            "not the newest, not of another format"
        );
        assert_eq!(plan_of(&[]).previous_tag, None);
    }

    #[test]
    fn every_reason_is_listed() {
        let wanted = Wanted {
            on_existing: OnExisting::Fail,
            guard_branch: Some("release-1.2".into()),
            notes: NotesSource::Text("x".repeat(NotesSource::MAX_CHARS + 1)),
            ..example_wanted()
        };
        let mut seen = Seen {
            has_commit: false,
            releases: vec![foreign_draft(&example())],
            guard: Some(("release-1.2".into(), None)),
            ..seen()
        };
        seen.repository.may_push = Some(false);
        let Step::Blocked(findings) = decide(&wanted, &seen) else {
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
    fn the_guard_remembers_the_head() {
        let wanted = Wanted {
            guard_branch: Some("main".into()),
            ..example_wanted()
        };
        let seen = Seen {
            guard: Some(("main".into(), Some(other()))),
            ..seen()
        };
        assert_eq!(plan(&wanted, &seen).guard.unwrap().head, other());
    }
}
