//! The text of a release, rendered from what was changed. The same changes always give the same text.

mod categories;
mod commits;
mod cut;
pub(crate) mod markdown;

use std::collections::BTreeSet;

use crate::domain::{NotesPart, Tag};
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
}

/// The parts in their order and the text after them, each after an empty line, short enough for a plan.
pub(crate) fn compose(parts: &[NotesPart], append: Option<&str>, input: &NotesInput<'_>) -> String {
    let rendered = parts.iter().map(|part| match part {
        NotesPart::Generate => input.generated.to_owned(),
        NotesPart::Categories => categories::render(input),
        NotesPart::Commits => commits::render(input),
        NotesPart::Text(text) => text.clone(),
    });
    let mut text = join(rendered);
    let append = append.unwrap_or_default();
    let room = cut::MOST.saturating_sub(cut::cost(append));
    if cut::cost(&text) > room {
        text = cut::cut(&text, room, &full_changelog(input));
    }
    join([text, append.to_owned()])
}

/// Whether a text takes so much of a plan that nothing else would fit.
pub(crate) fn is_too_long(text: &str) -> bool {
    cut::cost(text) > cut::MOST / 2
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
