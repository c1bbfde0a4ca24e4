//! A release that is already published: done, if its public state is as it was planned and tested.

use super::{Candidate, EVIDENCE, PublishToken, facts};
use crate::domain::{Code, Diagnostic};
use crate::protocol::{PhaseReport, Reader, ServiceError, Step};
use crate::release::view::ReleaseView;

impl Candidate<'_> {
    pub(super) fn published(&self) -> Step {
        let findings = self.published_differences();
        if findings.is_empty() {
            Step::Done(self.report())
        } else {
            Step::Blocked(findings)
        }
    }

    fn is_latest(&self) -> bool {
        self.seen.latest.as_deref() == Some(self.plan.wanted.tag.as_str())
    }

    fn published_differences(&self) -> Vec<Diagnostic> {
        let Self {
            plan,
            seen,
            release,
            ..
        } = *self;
        let mut findings = self.differences_from_tested();
        let planned_latest = plan.becomes_latest(seen.higher_is_released);
        findings.extend(self.flag_differs(
            "prerelease",
            release.prerelease,
            plan.wanted.prerelease,
        ));
        // A release that was published before the setting was turned off stays immutable, which is accepted.
        if seen.immutable == Some(true) {
            findings.extend(self.flag_differs("immutable", release.immutable, true));
        }
        findings.extend(self.flag_differs("latest", self.is_latest(), planned_latest));
        if !release.assets.iter().any(|asset| asset.name == EVIDENCE) {
            let missing = format!(
                "{} is published without {EVIDENCE}: somebody else published it, without these checks",
                plan.wanted.tag
            );
            let help = format!(
                "look at {} for who did, and release {}",
                release.url,
                plan.wanted.next_version()
            );
            findings.push(Diagnostic::error(Code::PublishedDiffers, missing, help));
        }
        findings.extend(self.published_unsigned());
        findings.extend(seen.hidden.iter().map(|name| {
            let why = format!(
                "{} is published, and its asset {name} cannot be downloaded",
                plan.wanted.tag
            );
            let help = format!(
                "GitHub may need a moment: run this again; else look at {}",
                release.url
            );
            Diagnostic::error(Code::AssetHidden, why, help)
        }));
        findings
    }

    fn flag_differs(&self, what: &str, now: bool, planned: bool) -> Option<Diagnostic> {
        let difference = || {
            Diagnostic::error(
                Code::PublishedDiffers,
                format!("{} is published with {what} = {now}", self.plan.wanted.tag),
                format!("correct it on {}", self.release.url),
            )
        };
        (now != planned).then(|| difference().wanted(format!("{what} = {planned}")))
    }

    fn report(&self) -> PhaseReport {
        let limits = match self.inputs.token {
            PublishToken::OfWorkflowRun => {
                " by the run's own token, which starts no workflow `on: release`: a GitHub App (`app-id`) or `publish-token` would"
            }
            PublishToken::Other => "",
        };
        let summary = format!(
            "{} is published at {}{limits}",
            self.plan.wanted.tag,
            self.plan.wanted.commit.short()
        );
        PhaseReport::new(summary)
            .knowing(facts::seen(self.plan, self.inputs, self.seen))
            .with("release-url", &self.release.url)
            .with("state", "published")
            .with("is-latest", self.is_latest())
            .with("is-immutable", self.release.immutable)
            .with("artifacts", self.inputs.artifacts.to_json())
    }
}

/// An asset of a published release that cannot be downloaded without credentials. GitHub shows or hides all of a release, so one
/// is asked for. Those of a private repository never can be.
pub(super) async fn hidden_asset(
    reader: Reader<'_>,
    release: &ReleaseView,
) -> Result<Option<String>, ServiceError> {
    let mut published = release.releases.iter().filter(|release| !release.draft);
    let asset = published.find_map(|release| release.assets.last());
    let Some(asset) = asset else {
        return Ok(None);
    };
    let is_fine = reader.github.is_public(&asset.download_url).await?
        || reader.github.repository().await?.private;
    Ok((!is_fine).then(|| asset.name.clone()))
}
