//! What is going to happen, for a person: on the terminal after `plan`, and in the log of a dry run.

use std::fmt::Write as _;

use super::cost::RequestCost;
use super::screen::{Paint, Screen, printable};
use crate::domain::{CommitSha, Tag};
use crate::plan::{Awaited, Mark, NotesSource, ReleasePlan, TagWhen};
use crate::protocol::{Action, Preview, ReleaseFacts, SeenArtifact};

/// How many lines of the notes are shown.
const NOTES_LINES: usize = 6;
/// How many artifacts are shown.
const MOST_ARTIFACTS: usize = 30;
/// The column in which values begin.
const VALUES: usize = 14;
/// The longest line of the notes where the screen has no width.
const LONGEST: usize = 120;

/// What a plan leads to, a fact a line; empty where there is no plan. `actions` are what a dry run would do.
pub fn preview(facts: &ReleaseFacts, actions: &[Action], screen: Screen) -> String {
    let Some(plan) = &facts.plan else {
        return String::new();
    };
    let page = PlanPreview {
        plan,
        facts,
        seen: facts.preview.as_deref(),
        actions,
        screen,
    };
    page.text()
}

/// What to type after a plan was made. `file` is where it was written to.
pub fn next_after_plan(facts: &ReleaseFacts, file: Option<&str>) -> String {
    if facts.plan.is_none() {
        return String::new();
    }
    match file {
        Some(file) => format!("Next: btp-release draft --plan {file}\n"),
        None => "Next: run it again with --output plan.json, then\n  btp-release draft --plan plan.json\n".into(),
    }
}

struct PlanPreview<'a> {
    plan: &'a ReleasePlan,
    facts: &'a ReleaseFacts,
    seen: Option<&'a Preview>,
    actions: &'a [Action],
    screen: Screen,
}

impl PlanPreview<'_> {
    fn text(&self) -> String {
        let wanted = &self.plan.wanted;
        let title = format!("{} of {}", wanted.tag, wanted.repository);
        let mut text = format!("{}\n", self.screen.painted(&title, Paint::Strong));
        self.row(&mut text, "version", &self.version());
        self.row(&mut text, "commit", &self.commit());
        self.row(&mut text, "tag", &self.tag());
        self.row(&mut text, "previous", &self.previous());
        self.row(&mut text, "latest", &self.latest());
        if let Some(existing) = self.seen.and_then(|seen| seen.existing.as_deref()) {
            self.row(&mut text, "existing", existing);
        }
        self.notes(&mut text);
        self.artifacts(&mut text);
        if let Some(seen) = self.seen {
            self.row(&mut text, "checked", &seen.checked.join(", "));
            if let Some(rights) = seen.rights.as_deref().map(rights) {
                self.row(&mut text, "rights", &rights);
            }
        }
        self.row(&mut text, "publish", &self.asked_for());
        let cost = RequestCost::of(self.plan).told();
        self.row(&mut text, "requests", &cost);
        for unknown in self.seen.iter().flat_map(|seen| &seen.unknown) {
            self.row(&mut text, "not known", unknown);
        }
        text
    }

    /// One fact. A long one is broken, and goes on below its value.
    fn row(&self, text: &mut String, name: &str, value: &str) {
        let value = printable(value).replace('\n', " ");
        let line = format!("  {name:<width$}{value}", width = VALUES - 2);
        let line = self.screen.wrapped_help(&line);
        // Painted once the line is broken: colours have no width.
        let name = format!("  {name}");
        let rest = line.strip_prefix(&name).unwrap_or_default();
        let _ = writeln!(text, "{}{rest}", self.screen.painted(&name, Paint::Dim));
    }

    /// A line below the value of a fact.
    fn below(&self, text: &mut String, line: &str) {
        let line = format!("{:VALUES$}{}", "", printable(line));
        let _ = writeln!(text, "{}", self.screen.wrapped_help(&line));
    }

    fn version(&self) -> String {
        let wanted = &self.plan.wanted;
        let mut told = wanted.version.to_string();
        if let Some(seen) = self.seen {
            let _ = write!(told, ", {}", seen.follows);
        }
        if wanted.prerelease {
            told.push_str("; shown as a prerelease");
        }
        told
    }

    fn commit(&self) -> String {
        let commit = self.plan.wanted.commit.short();
        match self.seen.and_then(|seen| seen.subject.as_deref()) {
            Some(subject) => format!("{commit} {subject}"),
            None => commit.to_owned(),
        }
    }

    fn tag(&self) -> String {
        let wanted = &self.plan.wanted;
        if self.seen.is_some_and(|seen| seen.tag_exists) {
            return format!("{}, which exists, and is used as it is", wanted.tag);
        }
        let kind = match &wanted.tag_message {
            None => "lightweight".to_owned(),
            Some(message) => format!("annotated ({message})"),
        };
        let when = match wanted.tag_when {
            TagWhen::Draft => "created right after the draft, and starts builders",
            TagWhen::Publish => "created right before the release is published",
        };
        format!("{}, {kind}, {when}", wanted.tag)
    }

    fn previous(&self) -> String {
        let tag = self.plan.previous_tag.as_ref().map(Tag::to_string);
        tag.unwrap_or_else(|| "none: it is the first release".to_owned())
    }

    fn latest(&self) -> String {
        let wanted = &self.plan.wanted;
        let told = match (wanted.prerelease, wanted.make_latest, self.facts.latest) {
            (true, ..) => "no: it is a prerelease",
            (_, Some(true), _) => "yes, as make-latest says",
            (_, Some(false), _) => "no, as make-latest says",
            (_, None, Some(true)) => "yes: no published version is higher",
            (_, None, Some(false)) => "no: a higher version is published",
            (_, None, None) => "yes, if no published version is higher by then",
        };
        told.to_owned()
    }

    fn notes(&self, text: &mut String) {
        let drafted = self.actions.iter().find_map(drafted_notes);
        let generated = self.seen.and_then(|seen| seen.notes.clone());
        let (notes, from) = match &self.plan.wanted.notes {
            NotesSource::Text(notes) => (Some(notes.clone()), String::new()),
            NotesSource::Generated => {
                let since = self.plan.previous_tag.as_ref();
                let since = since.map(|tag| format!(" since {tag}"));
                let from = format!(
                    "generated by GitHub from the changes{}",
                    since.unwrap_or_default()
                );
                (drafted.or(generated), from)
            }
        };
        let Some(notes) = notes else {
            return self.row(text, "notes", &from);
        };
        let lines: Vec<_> = notes.trim_end().lines().collect();
        let shown = lines.iter().filter(|line| !line.trim().is_empty());
        let shown: Vec<_> = shown.take(NOTES_LINES).collect();
        let count = match lines.len() {
            0 => "none".to_owned(),
            1 => "1 line".to_owned(),
            many => format!("{many} lines"),
        };
        let told = [from, count].into_iter().filter(|part| !part.is_empty());
        self.row(text, "notes", &told.collect::<Vec<_>>().join(", "));
        let width = self.screen.width.unwrap_or(LONGEST).max(VALUES * 2);
        for line in shown {
            let line = cut(&printable(line), width.saturating_sub(VALUES + 2));
            let bar = self.screen.painted("│", Paint::Dim);
            let _ = writeln!(text, "{:VALUES$}{bar} {line}", "");
        }
        let filled = lines.iter().filter(|line| !line.trim().is_empty()).count();
        if filled > NOTES_LINES {
            let more = filled - NOTES_LINES;
            let line = self.screen.painted(&format!("… {more} more"), Paint::Dim);
            let _ = writeln!(text, "{:VALUES$}{line}", "");
        }
    }

    fn artifacts(&self, text: &mut String) {
        let awaited = self.plan.awaited();
        if awaited.is_empty() {
            return self.row(text, "artifacts", "none");
        }
        self.row(text, "artifacts", &awaited.len().to_string());
        for one in awaited.iter().take(MOST_ARTIFACTS) {
            let (kind, name) = match one {
                Awaited::Asset(name) => ("asset", name.to_string()),
                Awaited::Image { image, .. } => ("image", image.to_string()),
            };
            let state = self.seen.and_then(|seen| seen.artifacts.get(one.name()));
            let state = state.map(there).unwrap_or_default();
            self.below(text, &format!("{kind}  {name}{state}"));
        }
        if awaited.len() > MOST_ARTIFACTS {
            let more = awaited.len() - MOST_ARTIFACTS;
            self.below(text, &format!("… {more} more"));
        }
    }

    fn asked_for(&self) -> String {
        let told = "once every job, leg of the tests and required check has succeeded, with the same bytes";
        match &self.plan.guard {
            None => told.to_owned(),
            Some(guard) => {
                let head = CommitSha::short(&guard.head);
                format!("{told}, and {} is still at {head}", guard.branch)
            }
        }
    }
}

/// The notes in the draft that a dry run would create.
fn drafted_notes(action: &Action) -> Option<String> {
    match action {
        Action::CreateDraft(draft) => Some(Mark::strip(&draft.body).to_owned()),
        _ => None,
    }
}

/// What there is of an artifact.
fn there(seen: &SeenArtifact) -> String {
    match seen {
        SeenArtifact::Absent => ": not there yet".to_owned(),
        SeenArtifact::There { digest, size } => {
            let digest = digest.map(|digest| format!(", {}", digest.short()));
            let size = size.map(|size| format!(", {size} bytes"));
            let (digest, size) = (digest.unwrap_or_default(), size.unwrap_or_default());
            format!(": there already{digest}{size}")
        }
        SeenArtifact::Unknown(why) => format!(": not known: {why}"),
    }
}

/// The words of the output `rights`, such as `contents: write`.
fn rights(json: &str) -> String {
    let told: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let words = told.as_object().into_iter().flatten();
    let words = words.map(|(name, word)| format!("{name}: {}", word.as_str().unwrap_or_default()));
    words.collect::<Vec<_>>().join(", ")
}

fn cut(line: &str, most: usize) -> String {
    if line.chars().count() <= most {
        return line.to_owned();
    }
    let kept: String = line.chars().take(most.saturating_sub(1)).collect();
    kept + "…"
}

/// What a dry run would do, and what would follow, as sentences.
pub fn foreseen(actions: &[Action], later: &[String]) -> Vec<String> {
    let later = later.iter().map(|line| format!("then {line}"));
    actions.iter().map(Action::to_string).chain(later).collect()
}
