//! The answer as lines for a terminal.

use super::answer::{ExpectedFrom, LegEntry, LockEntry, StatusAnswer};
use super::state::ReleaseState;
use crate::domain::Finding;
use crate::protocol::{Emphasis, ViewLine};

/// How many characters of a digest are shown.
const SHORT_DIGEST: usize = "sha256:".len() + 12;

/// Everything in the answer, one thing a line. None of them changes only because time passes.
pub(super) fn lines(answer: &StatusAnswer) -> Vec<ViewLine> {
    let mut page = StatusPage(Vec::new());
    page.say(
        Emphasis::None,
        format!("{}: {}", answer.repository, answer.summary),
    );
    page.release(answer);
    page.artifacts(answer);
    page.checks(
        "Builders",
        answer
            .builders
            .iter()
            .map(|it| (&it.name, &it.state, &it.url)),
    );
    page.checks(
        "Checks",
        answer
            .checks
            .iter()
            .map(|it| (&it.name, &it.state, &it.url)),
    );
    page.legs(answer);
    page.missing(answer);
    page.findings("In the way", Emphasis::Error, &answer.findings);
    if let Some(verified) = &answer.verified {
        page.head("Verified");
        let emphasis = if verified.as_published {
            Emphasis::None
        } else {
            Emphasis::Error
        };
        page.say(emphasis, format!("  {}", verified.summary));
        page.list(Emphasis::Error, &verified.findings);
    }
    page.submission(answer);
    page.findings("Not known", Emphasis::Warning, &answer.not_known);
    page.0
}

struct StatusPage(Vec<ViewLine>);

impl StatusPage {
    fn say(&mut self, emphasis: Emphasis, text: String) {
        self.0.push(ViewLine { text, emphasis });
    }

    /// The heading of a part.
    fn head(&mut self, title: &str) {
        self.say(Emphasis::None, String::new());
        self.say(Emphasis::None, format!("{title}:"));
    }

    fn submission(&mut self, answer: &StatusAnswer) {
        let Some(of) = &answer.submission else {
            return;
        };
        self.head(&format!("In {}", of.repository));
        let submitted = match of.submitted {
            Some(true) => "submitted",
            Some(false) => "not submitted",
            None => "not known",
        };
        self.say(Emphasis::None, format!("  {submitted}: {}", of.file));
        for channel in of.channels.iter().flatten() {
            let emphasis = if channel.has_version {
                Emphasis::None
            } else {
                Emphasis::Less
            };
            let line = format!("  channel {}: {}", channel.name, channel.version);
            self.say(emphasis, line);
        }
    }

    fn release(&mut self, answer: &StatusAnswer) {
        if let Some(release) = &answer.release {
            self.say(Emphasis::Less, format!("  page   {}", release.url));
            let by = match (&release.run, &release.commit) {
                (Some(run), Some(commit)) => format!(" by run {run}, for {commit}"),
                _ => String::new(),
            };
            let frozen = if release.immutable { ", immutable" } else { "" };
            let made = format!("  made   {}{by}{frozen}", release.created_at);
            self.say(Emphasis::Less, made);
        }
        if let Some(lock) = &answer.lock {
            self.say(
                Emphasis::Warning,
                format!("  lock   {}", lock_in_words(lock)),
            );
        }
    }

    fn artifacts(&mut self, answer: &StatusAnswer) {
        if !answer.artifacts.is_empty() {
            self.head(match answer.expected_from {
                ExpectedFrom::Plan => "Artifacts of the plan",
                ExpectedFrom::Inputs => "Artifacts that were named",
                ExpectedFrom::Evidence => "Artifacts of the evidence",
                ExpectedFrom::Release => "Assets that are there",
            });
        }
        for artifact in &answer.artifacts {
            let name = artifact.image.as_ref().unwrap_or(&artifact.name);
            let digest = artifact.digest.as_deref();
            let digest = digest.and_then(|digest| digest.get(..SHORT_DIGEST));
            let more = match (digest, &artifact.why) {
                (Some(digest), _) => format!(" ({digest})"),
                (None, Some(why)) => format!(": {why}"),
                (None, None) => String::new(),
            };
            let emphasis = match artifact.state {
                "ready" => Emphasis::None,
                "absent" => Emphasis::Less,
                "stale" => Emphasis::Error,
                _ => Emphasis::Warning,
            };
            self.say(emphasis, format!("  {:<10} {name}{more}", artifact.state));
        }
        if answer.expected_from == ExpectedFrom::Release && answer.state == ReleaseState::Draft {
            let note = "  what else the release needs is not known: give --plan FILE, or --assets, --binary-image and so on as `plan` has them";
            self.say(Emphasis::Less, note.to_owned());
        }
    }

    /// Names, states and pages.
    fn checks<'a>(
        &mut self,
        title: &str,
        checks: impl Iterator<Item = (&'a String, &'a String, &'a Option<String>)>,
    ) {
        for (nth, (name, state, url)) in checks.enumerate() {
            if nth == 0 {
                self.head(title);
            }
            let url = url
                .as_deref()
                .map_or(String::new(), |url| format!(", {url}"));
            self.say(of_state(state), format!("  {state:<10} {name}{url}"));
        }
    }

    fn legs(&mut self, answer: &StatusAnswer) {
        if !answer.legs.is_empty() {
            self.head("Tests");
        }
        for leg in &answer.legs {
            let state = &leg.state;
            let tested = tested(leg, answer.artifacts_digest.as_deref());
            let url = leg
                .url
                .as_deref()
                .map_or(String::new(), |url| format!(", {url}"));
            self.say(
                of_state(state),
                format!("  {state:<10} {}{tested}{url}", leg.name),
            );
        }
    }

    fn missing(&mut self, answer: &StatusAnswer) {
        if !answer.missing.is_empty() {
            self.head("Missing");
        }
        for missing in &answer.missing {
            self.say(Emphasis::None, format!("  {}", missing.line()));
            for line in missing.from.lines() {
                self.say(Emphasis::Less, format!("    from {line}"));
            }
        }
    }

    fn findings(&mut self, title: &str, emphasis: Emphasis, findings: &[Finding]) {
        if !findings.is_empty() {
            self.head(title);
            self.list(emphasis, findings);
        }
    }

    fn list(&mut self, emphasis: Emphasis, findings: &[Finding]) {
        for finding in findings {
            self.say(emphasis, format!("  {}", finding.headline()));
            for line in finding.details() {
                self.say(Emphasis::Less, format!("    {line}"));
            }
        }
    }
}

fn of_state(state: &str) -> Emphasis {
    match state {
        "success" => Emphasis::None,
        "failure" => Emphasis::Error,
        "pending" => Emphasis::Warning,
        _ => Emphasis::Less,
    }
}

/// Of which artifacts and in which run.
fn tested(leg: &LegEntry, of_all: Option<&str>) -> String {
    let (Some(run), Some(artifacts)) = (&leg.run, leg.artifacts.as_deref()) else {
        return String::new();
    };
    let which = match of_all {
        Some(now) if now == artifacts => "these artifacts".to_owned(),
        Some(_) => "other artifacts".to_owned(),
        None => format!(
            "artifacts {}",
            artifacts.get(..SHORT_DIGEST).unwrap_or(artifacts)
        ),
    };
    format!(", {which}, run {run}")
}

fn lock_in_words(lock: &LockEntry) -> String {
    let Some(owner) = &lock.owner else {
        return "held, and does not say by whom".to_owned();
    };
    let since = lock.since.as_deref();
    let since = since.map_or(String::new(), |since| format!(" since {since}"));
    let alive = match lock.alive {
        Some(true) => "which is running",
        Some(false) => "which has ended: the next run takes the lock over",
        None => "of which it is not known whether it is running",
    };
    format!("held by {owner}{since}, {alive}")
}
