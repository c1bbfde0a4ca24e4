//! The text of a release, rendered from what was changed. The same changes always give the same text.

mod categories;
mod commits;
mod cut;
pub(crate) mod markdown;

use std::collections::BTreeSet;

use crate::domain::{NotesPart, Tag};
use crate::plan::{FULL_NOTES, FullNotes, NotesSource};
use crate::release::changes::{Changes, ReleaseConfig};

/// What a text is made of.
pub(crate) struct NotesInput<'a> {
    pub(crate) changes: &'a Changes,
    pub(crate) config: &'a ReleaseConfig,
    /// The accounts with a pull request that was merged before their first one here.
    pub(crate) known: &'a BTreeSet<String>,
    /// GitHub's own notes, if they are a part.
    pub(crate) generated: &'a str,
    pub(crate) tag: &'a Tag,
    pub(crate) previous: Option<&'a Tag>,
    /// The repository's page.
    pub(crate) page: &'a str,
    /// What the text may take of the plan, in bytes of JSON in JSON.
    pub(crate) room: usize,
}

/// The text of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ComposedNotes {
    /// For the release's body.
    pub(crate) source: NotesSource,
    /// The whole text, where the body has only its beginning.
    pub(crate) full: Option<FullNotes>,
    /// Whether the body has only the beginning.
    pub(crate) is_cut: bool,
}

impl ComposedNotes {
    /// A text that the body may hold.
    fn whole(text: String) -> Self {
        Self {
            source: NotesSource::Text(text),
            full: None,
            is_cut: false,
        }
    }

    /// GitHub's own notes, which `draft` asks for once more. It cuts what a body cannot hold.
    pub(crate) fn generated(seen: &str) -> Self {
        let is_cut = seen.chars().count() > NotesSource::MAX_CHARS;
        Self {
            source: NotesSource::Generated,
            full: is_cut.then(|| FullNotes::of(seen)).flatten(),
            is_cut,
        }
    }

    /// A file that is all of the text.
    pub(crate) fn of_file(text: &str, input: &NotesInput<'_>) -> Self {
        let fits = text.chars().count() <= NotesSource::MAX_CHARS && cut::cost(text) <= input.room;
        let whole = || Self::whole(text.to_owned());
        if fits {
            return whole();
        }
        let cut = compose(&[NotesPart::Text(text.to_owned())], None, input);
        // Without an asset that has all of it, nothing of a text that somebody wrote is left out.
        if cut.full.is_some() { cut } else { whole() }
    }
}

/// The parts in their order and the text after them, each after an empty line, short enough for a plan.
pub(crate) fn compose(
    parts: &[NotesPart],
    append: Option<&str>,
    input: &NotesInput<'_>,
) -> ComposedNotes {
    let rendered = parts.iter().map(|part| match part {
        NotesPart::Generate => input.generated.to_owned(),
        NotesPart::Categories => categories::render(input),
        NotesPart::Commits => commits::render(input),
        NotesPart::Text(text) => text.clone(),
    });
    let text = join(rendered);
    let append = append.unwrap_or_default();
    let with_append = |text: String| join([text, append.to_owned()]);
    let room = input.room.saturating_sub(cut::cost(append));
    if cut::cost(&text) <= room {
        return ComposedNotes::whole(with_append(text));
    }
    let full = FullNotes::of(&with_append(text.clone()));
    let full = full.filter(|full| full.cost() + LEAST_OF_NOTES <= room);
    let carried = full.as_ref().map_or(0, FullNotes::cost);
    let room = room.saturating_sub(carried).max(LEAST_OF_NOTES);
    let asset = full.as_ref().map(|_| FULL_NOTES);
    let text = cut::cut(&text, room, asset, &full_changelog(input));
    ComposedNotes {
        full,
        is_cut: true,
        ..ComposedNotes::whole(with_append(text))
    }
}

/// What the text in a body has at least of a plan, in bytes of JSON in JSON, however much the whole text takes.
pub(crate) const LEAST_OF_NOTES: usize = 15_000;

/// The most bytes of JSON in JSON that the text after the notes may take, which is never cut.
const MOST_APPENDED: usize = 30_000;

/// Whether the text after the notes takes so much of a plan that nothing else would fit.
pub(crate) fn is_too_long(text: &str) -> bool {
    cut::cost(text) > MOST_APPENDED
}

fn join(texts: impl IntoIterator<Item = String>) -> String {
    let mut joined = String::new();
    for text in texts {
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        if !joined.is_empty() {
            joined.push_str("\n\n");
        }
        joined.push_str(text);
    }
    if !joined.is_empty() {
        joined.push('\n');
    }
    joined
}

/// The page with everything since the previous release. It is shown once the tag exists.
fn full_changelog(input: &NotesInput<'_>) -> String {
    let NotesInput {
        page,
        tag,
        previous,
        ..
    } = input;
    match previous {
        Some(previous) => format!("{page}/compare/{previous}...{tag}"),
        None => format!("{page}/commits/{tag}"),
    }
}

/// The pull requests by which people contributed for the first time, with their authors.
fn first_contributions<'a>(input: &'a NotesInput<'_>) -> impl Iterator<Item = (String, u64)> + 'a {
    let firsts = input.changes.first_pulls().into_iter();
    firsts
        .filter(|(login, _)| !input.known.contains(login))
        .filter_map(|(login, _)| {
            let mut pulls = input.changes.pulls.iter();
            let first = pulls.find(|pull| pull.login.as_ref() == Some(&login))?;
            (!input.config.leaves_out(first)).then_some((login, first.number))
        })
}
