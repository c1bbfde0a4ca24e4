//! What is going to be released.

use std::fmt::Write as _;

use super::page::{SummaryPage, count, table};
use super::text::{block, bounded, code, link};
use crate::domain::CommitSha;
use crate::plan::{
    Awaited, MODULE_IMAGE, NotesSource, OnExisting, ReleasePlan, SECOND_MODULE_IMAGE,
};
use crate::protocol::ReleaseFacts;

/// How many rows the table of artifacts has.
const MOST_ROWS: usize = 50;
/// How many characters of the notes are shown.
const NOTES: usize = 4_000;

/// Every part of a plan.
pub(super) fn add(page: &mut SummaryPage, facts: &ReleaseFacts, plan: &ReleasePlan) {
    page.add(&release(facts, plan));
    let awaited = plan.awaited();
    let rows = awaited.iter().take(MOST_ROWS).map(|one| row(plan, one));
    let mut all = table([("what", "---"), ("name", "---")], rows);
    if awaited.len() > MOST_ROWS {
        let more = awaited.len() - MOST_ROWS;
        let _ = writeln!(all, "\n… and {}.", count(more, "more artifact"));
    }
    page.section("Built and awaited", &all);
    page.section("Asked for before it is published", &asked_for(facts, plan));
    notes(page, facts, plan);
}

fn release(facts: &ReleaseFacts, plan: &ReleasePlan) -> String {
    let wanted = &plan.wanted;
    let repository = repository(facts, plan);
    let previous = match &plan.previous_tag {
        Some(tag) => Some(link(
            &code(tag.as_str()),
            &format!("{repository}/releases/tag/{tag}"),
        )),
        // Where the plan was refused, neither of both is known.
        None => facts.latest.map(|_| "none: it is the first".to_owned()),
    };
    let yes = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    let mut rows = vec![
        ("version", code(&wanted.version.to_string())),
        ("tag", code(wanted.tag.as_str())),
        ("commit", commit(facts, plan, &wanted.commit)),
    ];
    rows.extend(previous.map(|previous| ("previous release", previous)));
    rows.extend(facts.latest.map(|latest| ("becomes latest", yes(latest))));
    rows.push(("prerelease", yes(wanted.prerelease)));
    let existing = match wanted.on_existing {
        OnExisting::Resume => None,
        OnExisting::Fail => Some("is refused"),
        OnExisting::Replace => Some("is deleted, and made anew"),
    };
    rows.extend(existing.map(|what| ("a draft that exists", what.to_owned())));
    let rows = rows
        .into_iter()
        .map(|(what, value)| [what.to_owned(), format!("**{value}**")]);
    table([("release", "---"), ("", "---")], rows)
}

/// An artifact, and what it is.
fn row(plan: &ReleasePlan, awaited: &Awaited) -> [String; 2] {
    match awaited {
        Awaited::Asset(name) => ["asset".to_owned(), code(name.as_str())],
        Awaited::Image {
            name,
            image: tagged,
        } => {
            let form = plan.wanted.module.as_ref().map(|module| module.form);
            let what = match (name.as_str(), form) {
                (MODULE_IMAGE | SECOND_MODULE_IMAGE, Some(form)) => {
                    format!("module image {}", code(&form.to_string()))
                }
                ("binary-image", _) => "image of the manager".to_owned(),
                _ => "image".to_owned(),
            };
            // Nobody has pushed it yet, so that a link would lead nowhere.
            [what, code(&tagged.to_string())]
        }
    }
}

fn asked_for(facts: &ReleaseFacts, plan: &ReleasePlan) -> String {
    let mut text = "- every job that the publishing job needs, every leg of the tests and every required check has succeeded\n\
                    - the tests ran with exactly the bytes that are published\n"
        .to_owned();
    if let Some(guard) = &plan.guard {
        let (branch, head) = (code(&guard.branch), commit(facts, plan, &guard.head));
        let _ = writeln!(text, "- the branch {branch} is still at {head}");
    }
    text
}

fn notes(page: &mut SummaryPage, facts: &ReleaseFacts, plan: &ReleasePlan) {
    match &plan.wanted.notes {
        NotesSource::Text(text) => {
            let shown = block("markdown", &bounded(text, NOTES));
            let length = text.chars().count();
            let cut = if length > NOTES {
                format!(", the first {NOTES} of {length} characters")
            } else {
                String::new()
            };
            page.folded(&format!("Release notes{cut}"), &shown);
        }
        NotesSource::Generated => {
            let since = plan.previous_tag.as_ref().map(|previous| {
                let changes = format!(
                    "{}/compare/{previous}...{}",
                    repository(facts, plan),
                    plan.wanted.commit
                );
                let since = format!("the changes since {}", code(previous.as_str()));
                format!(" from {}", link(&since, &changes))
            });
            let since = since.unwrap_or_default();
            page.add(&format!("GitHub generates the release notes{since}."));
        }
    }
}

/// The page of the repository.
pub(super) fn repository(facts: &ReleaseFacts, plan: &ReleasePlan) -> String {
    format!("{}/{}", facts.server(), plan.wanted.repository)
}

/// A commit by its first digits, with a link to it.
pub(super) fn commit(facts: &ReleaseFacts, plan: &ReleasePlan, commit: &CommitSha) -> String {
    link(
        &code(commit.short()),
        &format!("{}/commit/{commit}", repository(facts, plan)),
    )
}
