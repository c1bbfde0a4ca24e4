//! One line for each commit, in the form of the release pipelines of 2023.

use super::{NotesInput, first_contributions, full_changelog, markdown};

pub(super) fn render(input: &NotesInput<'_>) -> String {
    let mut text = String::new();
    if !input.changes.commits.is_empty() {
        text.push_str("## What has changed\n");
    }
    for commit in &input.changes.commits {
        text.push_str("* ");
        text.push_str(&markdown::line(&commit.subject));
        for (nth, author) in commit.authors.iter().enumerate() {
            text.push_str(if nth == 0 { " by " } else { ", " });
            text.push_str(&markdown::author(author.login.as_deref(), &author.name));
        }
        text.push('\n');
    }
    if !input.changes.is_complete {
        text.push_str("* older commits\n");
    }
    let mut is_first = true;
    for (login, number) in first_contributions(input) {
        if is_first {
            text.push_str("\n## New contributors\n");
            is_first = false;
        }
        for part in [
            "* @",
            &login,
            " made first contribution in #",
            &number.to_string(),
            "\n",
        ] {
            text.push_str(part);
        }
    }
    text.push_str("\n**Full changelog**: ");
    text.push_str(&full_changelog(input));
    text
}
