//! What stands between the documents of a file. kubectl and Lifecycle Manager take a file apart at the lines that begin with
//! `---` (`k8s.io/apimachinery:pkg/util/yaml/decoder.go`, `YAMLReader`), and read of each part the first document alone.

use super::RawManifest;
use crate::{Diagnostic, FormatCode, Position};

impl RawManifest {
    /// Where YAML has other documents than kubectl and Lifecycle Manager read.
    pub(super) fn check_separators(&self) -> Vec<Diagnostic> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        let mut found = Vec::new();
        let mut separators = Vec::new();
        let mut is_behind_other_lines = false;
        for (nth, line) in text.split('\n').enumerate() {
            let line = line.trim_end();
            match line.strip_prefix("---").map(str::trim_start) {
                Some("") => separators.push(nth + 1),
                Some(rest) if rest.starts_with('#') => separators.push(nth + 1),
                Some(_) => found.push(self.unread(
                    nth + 1,
                    "neither kubectl nor Lifecycle Manager reads a file with a line that goes on behind `---`",
                    "begin a new line behind `---`",
                )),
                None if line.starts_with('%') && !is_behind_other_lines => found.push(self.unread(
                    nth + 1,
                    "neither kubectl nor Lifecycle Manager reads a file that begins with a directive of YAML",
                    "take the line out",
                )),
                None => is_behind_other_lines |= !line.is_empty() && !line.starts_with('#'),
            }
        }
        let lines = &self.facts.lines;
        for (before, line) in lines.iter().zip(lines.iter().skip(1)) {
            let next = separators.partition_point(|separator| separator <= before);
            if separators.get(next).is_none_or(|next| next >= line) && found.is_empty() {
                found.push(self.unread(
                    *line,
                    "a document begins here without a line `---`, so that kubectl and Lifecycle Manager do not read it",
                    "write `---` in a line of its own in front of it",
                ));
            }
        }
        found
    }

    fn unread(&self, line: usize, seen: &str, help: &str) -> Diagnostic {
        let position = Position { line, column: 1 };
        self.at(
            position,
            Diagnostic::error(FormatCode::ManifestUnreadable, seen, help),
        )
    }
}
