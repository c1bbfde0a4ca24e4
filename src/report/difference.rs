//! What a dry run would change of the files of a repository, as a unified difference
//! (<https://www.gnu.org/software/diffutils/manual/html_node/Detailed-Unified.html>).

use std::time::Duration;

use similar::TextDiff;

use crate::protocol::{Action, FileChange, PullRequestAction};

/// How long two files are compared: after that, the difference may be longer than it has to be.
const LIMIT: Duration = Duration::from_millis(500);
/// The most lines of a difference that are shown.
const MOST_LINES: usize = 200;

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
    let texts = (
        std::str::from_utf8(before),
        std::str::from_utf8(&file.bytes),
    );
    let (Ok(before), Ok(after)) = texts else {
        return format!("{} bytes in place of {}\n", file.bytes.len(), before.len());
    };
    let diff = TextDiff::configure()
        .timeout(LIMIT)
        .diff_lines(before, after);
    let path = file.path.as_str();
    let old = match file.before {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    let text = diff
        .unified_diff()
        .header(&old, &format!("b/{path}"))
        .to_string();
    match text.match_indices('\n').nth(MOST_LINES) {
        None => text,
        Some((end, _)) => {
            let more = text.lines().count() - MOST_LINES - 1;
            format!(
                "{}\n… {more} more lines\n",
                text.get(..end).unwrap_or_default()
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::domain::EntryMode;

    fn of(before: Option<&'static [u8]>, after: &[u8]) -> String {
        difference(&FileChange {
            path: "a/b.yaml".parse().unwrap(),
            bytes: Bytes::copy_from_slice(after),
            mode: EntryMode::File,
            before: before.map(Bytes::from_static),
        })
    }

    #[test]
    fn difference_is_unified() {
        assert_eq!(
            of(Some(b"a: 1\nb: 2\n"), b"a: 1\nb: 3\n"),
            "--- a/a/b.yaml\n+++ b/a/b.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n"
        );
        assert_eq!(
            of(None, b"a: 1\n"),
            "--- /dev/null\n+++ b/a/b.yaml\n@@ -0,0 +1 @@\n+a: 1\n"
        );
    }

    #[test]
    fn other_bytes_are_counted_and_long_differences_cut() {
        assert_eq!(of(Some(&[0xff]), b"ab"), "2 bytes in place of 1\n");
        let long = of(None, "x\n".repeat(1000).as_bytes());
        assert_eq!(long.lines().count(), MOST_LINES + 2);
        assert!(long.ends_with("\n… 802 more lines\n"), "{long}");
    }
}
