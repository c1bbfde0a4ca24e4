//! A page in Markdown that GitHub takes.

/// The runner drops a step's summary of more than 1 MiB
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits>).
const MAX_BYTES: usize = 1024 * 1024;

/// What stands in place of a part that does not fit in.
const LEFT_OUT: &str = "_More does not fit in here: the log has all of it._\n\n";

/// A page that grows by parts. A part that would make it too long is left out, and those that follow; the page says so.
pub(super) struct SummaryPage {
    text: String,
    is_full: bool,
}

impl SummaryPage {
    /// A page with a title. All summaries of a job are one page, so that each begins with a heading of the same level.
    pub(super) fn new(title: &str) -> Self {
        Self {
            text: format!("## {title}\n\n"),
            is_full: false,
        }
    }

    /// Adds a paragraph, a table or the like. An empty one adds nothing.
    pub(super) fn add(&mut self, part: &str) {
        let part = part.trim_end();
        if self.is_full || part.is_empty() {
            return;
        }
        let all = self.text.len() + part.len() + 2;
        self.is_full = all + LEFT_OUT.len() > MAX_BYTES;
        let part = if self.is_full { LEFT_OUT } else { part };
        self.text.push_str(part.trim_end());
        self.text.push_str("\n\n");
    }

    /// Adds a part below a heading; nothing if the part is empty.
    pub(super) fn section(&mut self, heading: &str, part: &str) {
        if !part.trim().is_empty() {
            self.add(&format!("### {heading}\n\n{part}"));
        }
    }

    /// Adds a part that is folded until somebody clicks on its name; nothing if the part is empty.
    pub(super) fn folded(&mut self, name: &str, part: &str) {
        if !part.trim().is_empty() {
            self.add(&format!(
                "<details><summary>{name}</summary>\n\n{part}\n</details>"
            ));
        }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// A table of rows of cells, which are Markdown; nothing without rows. An alignment is such as `---:`.
pub(super) fn table<const N: usize>(
    head: [(&str, &str); N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut rows = rows.into_iter().peekable();
    if rows.peek().is_none() {
        return String::new();
    }
    let line = |cells: [String; N]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(head.map(|(name, _)| name.to_owned()));
    text.push_str(&line(head.map(|(_, alignment)| alignment.to_owned())));
    text.extend(rows.map(line));
    text
}

/// A number of things: `1 file`, `2 files`.
pub(super) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A number and its unit in one line, also in a narrow column.
pub(super) fn unbroken(text: &str) -> String {
    text.replace(' ', "&nbsp;")
}

/// A time such as `3m 20s`.
pub(super) fn time(seconds: u64) -> String {
    humantime::format_duration(std::time::Duration::from_secs(seconds)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_is_never_longer_than_github_takes() {
        let mut page = SummaryPage::new("title");
        page.add(&"x".repeat(MAX_BYTES / 2));
        page.add(&"y".repeat(MAX_BYTES / 2));
        page.add("z");
        let text = page.finish();
        assert!(text.len() <= MAX_BYTES);
        assert!(text.ends_with(LEFT_OUT));
        assert!(!text.contains('y') && !text.contains('z'));
    }

    #[test]
    fn empty_parts_add_nothing() {
        let mut page = SummaryPage::new("title");
        page.add("");
        page.section("a", "");
        page.folded("b", "\n");
        page.add(&table([("c", "---")], []));
        assert_eq!(page.finish(), "## title\n\n");
    }
}
