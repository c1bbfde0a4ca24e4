//! Merged pull requests by category, in the form of GitHub's generated notes.

use super::{NotesInput, first_contributions, full_changelog, markdown};
use crate::protocol::SeenPull;

/// Where GitHub puts what fits no category.
const OTHER: &str = "Other Changes";

pub(super) fn render(input: &NotesInput<'_>) -> String {
    let config = input.config;
    let listed: Vec<_> = input
        .changes
        .pulls
        .iter()
        .filter(|pull| !config.leaves_out(pull))
        .map(|pull| (config.category_of(pull), pull))
        .collect();
    let mut text = String::new();
    if !listed.is_empty() {
        text.push_str("## What's Changed\n");
        if config.categories.is_empty() {
            for (_, pull) in &listed {
                line(&mut text, pull, input.page);
            }
        } else {
            let titles = config
                .categories
                .iter()
                .map(|category| category.title.as_str());
            let places = titles
                .enumerate()
                .map(|(place, title)| (Some(place), title));
            for (place, title) in places.chain([(None, OTHER)]) {
                let mut of_place = listed.iter().filter(|(of, _)| *of == place).peekable();
                if of_place.peek().is_some() {
                    text.push_str("### ");
                    text.push_str(&markdown::line(title));
                    text.push('\n');
                }
                for (_, pull) in of_place {
                    line(&mut text, pull, input.page);
                }
            }
        }
        text.push('\n');
    }
    if !input.changes.is_complete {
        text.push_str("*Older pull requests than those of the newest commits are not listed.*\n\n");
    }
    let mut is_first = true;
    for (login, number) in first_contributions(input) {
        if is_first {
            text.push_str("## New Contributors\n");
            is_first = false;
        }
        let page = page_of(input.page, number);
        for part in [
            "* @",
            &login,
            " made their first contribution in ",
            &page,
            "\n",
        ] {
            text.push_str(part);
        }
    }
    if !is_first {
        text.push('\n');
    }
    text.push_str("**Full Changelog**: ");
    text.push_str(&full_changelog(input));
    text
}

fn line(text: &mut String, pull: &SeenPull, page: &str) {
    let title = markdown::line(&pull.title);
    let author = markdown::author(pull.login.as_deref(), "ghost");
    let page = page_of(page, pull.number);
    for part in ["* ", &title, " by ", &author, " in ", &page, "\n"] {
        text.push_str(part);
    }
}

fn page_of(repository: &str, pull: u64) -> String {
    format!("{repository}/pull/{pull}")
}
