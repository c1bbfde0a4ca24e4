//! A draft that passed every check and is left for a person to publish.

use super::Candidate;
use crate::domain::{Code, Diagnostic};
use crate::plan::TagWhen;
use crate::protocol::{Action, PhaseReport, Step};

impl Candidate<'_> {
    /// Done once the draft has its final text. `body` is that text.
    pub(super) fn left_as_draft(&self, body: String) -> Step {
        if same_text(&self.release.body, &body) {
            return Step::Done(self.ready());
        }
        Step::Act(vec![Action::EditDraft {
            release: self.release.id,
            tag: self.plan.wanted.tag.clone(),
            body,
        }])
    }

    /// Whether a person's click would tag another commit: GitHub creates a tag that is missing from the draft's target.
    pub(super) fn other_target(&self) -> Option<Diagnostic> {
        let wanted = &self.plan.wanted;
        let differs =
            self.seen.release.tag.is_none() && self.release.target != wanted.commit.as_str();
        let finding = || {
            Diagnostic::error(
                Code::TargetDiffers,
                format!(
                    "the draft {} has the target {}, which GitHub would tag",
                    wanted.tag, self.release.target
                ),
                format!(
                    "run `publish` without `leave-draft`, which creates the tag itself; or choose the commit as the target on {}",
                    self.release.url
                ),
            )
            .wanted(wanted.commit.to_string())
        };
        differs.then(finding)
    }

    /// What a person still has to do. The page of a draft suggests *latest*, and so each choice is named.
    fn ready(&self) -> PhaseReport {
        let (wanted, url) = (&self.plan.wanted, &self.release.url);
        let choose = if wanted.prerelease {
            "with \"Set as a pre-release\""
        } else if self.plan.becomes_latest(self.seen.higher_is_released) {
            "with \"Set as the latest release\""
        } else {
            "without \"Set as the latest release\" and \"Set as a pre-release\""
        };
        let tag = match (&self.seen.release.tag, wanted.tag_when) {
            (None, TagWhen::Publish) => {
                let kind = wanted
                    .tag_message
                    .as_ref()
                    .map_or("tag", |_| "tag, a lightweight one,");
                format!(
                    "; GitHub then creates the {kind} at {}",
                    wanted.commit.short()
                )
            }
            _ => String::new(),
        };
        let summary = format!(
            "{} is ready: publish it at {url}, {choose}, and change nothing else{tag}",
            wanted.tag
        );
        PhaseReport::new(summary)
            .with("release-url", url)
            .with("state", "ready")
            .with("artifacts", self.inputs.artifacts.to_json())
    }
}

/// A text that was edited on GitHub's page comes back with other line ends.
fn same_text(one: &str, other: &str) -> bool {
    one.trim_end().lines().eq(other.trim_end().lines())
}
