//! What a dry run would change of the files of a repository, as a unified difference
//! (<https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html>).

use std::time::Duration;

use similar::TextDiff;

use crate::protocol::{Action, FileChange, PullRequestAction};

/// How long two files are compared: after that, the difference may be longer than it has to be.
const LIMIT: Duration = Duration::from_millis(500);
/// The most lines of a difference that are shown.
const MOST_LINES: usize = 200;
/// The most characters of a line that are shown.
const MOST_OF_LINE: usize = 400;

/// The difference of each file that would be proposed, with its path.
pub(super) fn differences(actions: &[Action]) -> Vec<(&str, String)> {
    let files = actions.iter().flat_map(|action| match action {
        Action::PullRequest(PullRequestAction::Push(revision)) => revision.files.as_slice(),
        _ => &[],
    });
    files
        .map(|file| (file.path.as_str(), difference(file)))
        .collect()
}

fn difference(file: &FileChange) -> String {
    let before = file.before.as_deref().unwrap_or_default();
    let (Some(before), Some(after)) = (text(before), text(&file.bytes)) else {
        return format!(
            "no text: {} bytes in place of {}\n",
            file.bytes.len(),
            before.len()
        );
    };
    let diff = TextDiff::configure()
        .timeout(LIMIT)
        .diff_lines(before, after);
    let path = file.path.as_str();
    let old = match file.before {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    let diff = diff
        .unified_diff()
        .header(&old, &format!("b/{path}"))
        .to_string();
    let lines = diff.split_inclusive('\n').count();
    let shown = diff.split_inclusive('\n').take(MOST_LINES + 1);
    let shown: String = shown.map(shortened).collect();
    if let Some(more) = lines.checked_sub(MOST_LINES + 1).filter(|more| *more > 0) {
        return format!("{shown}… {more} more lines\n");
    }
    shown
}

/// The text of a file, unless it is none: git takes what has a zero byte for no text.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// A line with its end, without what is too much of it.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(MOST_OF_LINE) {
        Some((end, _)) if line.trim_end().len() > end => {
            let more = line.trim_end().get(end..).unwrap_or_default();
            let more = more.chars().count();
            let line = line.get(..end).unwrap_or_default();
            format!("{line}… {more} more characters\n")
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::EntryMode;

    fn of(before: Option<Bytes>, after: &[u8]) -> String {
        difference(&FileChange {
            path: "a/b.yaml".parse().unwrap(),
            bytes: Bytes::copy_from_slice(after),
            mode: EntryMode::File,
            before,
        })
    }

    #[test]
    fn difference_is_unified() {
        assert_eq!(
            of(Some(Bytes::from_static(b"a: 1\nb: 2\n")), b"a: 1\nb: 3\n"),
            "--- a/a/b.yaml\n+++ b/a/b.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
        );
        assert_eq!(
            of(None, b"a: 1\n"),
            "--- /dev/null\n+++ b/a/b.yaml\n@@ -0,0 +1 @@\n+a: 1\n"
        );
    }

    #[test]
    fn other_bytes_are_counted_and_long_differences_cut() {
        for other in [&[0xff][..], b"a\0b"] {
            let no_text = format!("no text: 2 bytes in place of {}\n", other.len());
            assert_eq!(of(Some(Bytes::copy_from_slice(other)), b"ab"), no_text);
        }
        let long = of(None, "x\n".repeat(1000).as_bytes());
        assert_eq!(long.lines().count(), MOST_LINES + 2);
        assert!(long.ends_with("\n… 802 more lines\n"), "{long}");
    }

    #[test]
    fn long_lines_are_cut_and_say_so() {
        // With the sign before the line, and in characters.
        let fits = "ä".repeat(MOST_OF_LINE - 1);
        for (line, expected) in [
            (fits.clone(), format!("+{fits}\n")),
            (format!("{fits}öü"), format!("+{fits}… 2 more characters\n")),
        ] {
            let shown = of(None, format!("{line}\n").as_bytes());
            assert!(shown.ends_with(&format!("@@\n{expected}")), "{shown}");
        }
    }
}
