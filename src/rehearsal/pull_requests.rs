//! Pull requests as the end of the output shows them: whether each is merged, and which lines it changes.

use std::io::{self, Write};

use similar::TextDiff;
use stand_ins::github::{GitRepository, Pull};

use crate::domain::RepositoryPath;

/// Unchanged lines that are shown around a change.
const CONTEXT: usize = 1;

/// Prints the pull requests that release a tag, of those kinds, with what they change in the files.
pub(super) fn print(
    repository: &GitRepository,
    (kinds, tag): (&[&str], &str),
    files: &[&RepositoryPath],
    out: &mut dyn Write,
) -> io::Result<()> {
    for (number, pull) in &repository.pulls {
        let kind = pull.head.strip_prefix("release/").unwrap_or_default();
        let is_of_kind = kinds.iter().any(|prefix| kind.starts_with(prefix));
        if !is_of_kind || !pull.head.ends_with(&format!("/{tag}")) {
            continue;
        }
        let state = match (&pull.merge_commit, &pull.merged_by) {
            (Some(commit), Some(login)) => format!("merged by {login} as {commit}"),
            _ => pull.state.clone(),
        };
        let name = repository.full_name();
        writeln!(out, "\n{name}#{number} {}\n  {state}", pull.title)?;
        for file in files {
            print_change(repository, pull, file.as_str(), out)?;
        }
    }
    Ok(())
}

/// Prints the lines of a file that differ before and after, if any do.
fn print_change(
    repository: &GitRepository,
    pull: &Pull,
    path: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let after = pull.merge_commit.as_ref().unwrap_or(&pull.head_sha);
    let commit = repository.commits.get(after);
    let before = commit.and_then(|commit| commit.parents.first());
    let [before, after] = [before, Some(after)].map(|commit| {
        let bytes = commit.and_then(|commit| repository.file_at(commit, path));
        String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    });
    let lines = TextDiff::from_lines(&before, &after);
    let groups = lines.grouped_ops(CONTEXT);
    if !groups.is_empty() {
        writeln!(out, "  {path}")?;
    }
    for change in groups
        .iter()
        .flatten()
        .flat_map(|op| lines.iter_changes(op))
    {
        write!(out, "    {}{}", change.tag(), change.value())?;
        if change.missing_newline() {
            writeln!(out)?;
        }
    }
    Ok(())
}
