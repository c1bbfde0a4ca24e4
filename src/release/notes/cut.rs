//! A plan travels as an output, as an environment variable and, within the results of jobs, once more as JSON in JSON. Linux
//! takes at most 128 KiB for one variable, so that the text in it has to be shorter than what GitHub takes.

/// The most that a text may cost, together with the whole text where that is carried as well.
pub(super) const MOST: usize = 60_000;
/// What a text may cost at least, however much the whole text takes.
pub(super) const LEAST: usize = 15_000;
/// The most that a file may cost whose text is all of the notes: there is nothing else in the plan that is long.
pub(super) const MOST_OF_FILE: usize = 100_000;

/// The bytes of a text within JSON.
pub(super) fn cost(text: &str) -> usize {
    text.chars().map(cost_of).sum()
}

fn cost_of(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\t' | '\r' => 2,
        '\u{0}'..='\u{1f}' => 6,
        c => c.len_utf8(),
    }
}

/// The lines that fit, and where the rest is. `asset` is the one with the whole text, `all` the page with all changes.
pub(super) fn cut(text: &str, room: usize, asset: Option<&str>, all: &str) -> String {
    let whole = match asset {
        Some(asset) => format!("the asset {asset} has all of them, and {all} lists all changes"),
        None => format!("{all} lists all changes"),
    };
    let end =
        format!("\n*These notes were longer than a plan can hold, and were cut here: {whole}.*\n");
    let room = room.saturating_sub(cost(&end));
    let mut kept = 0;
    let mut used = 0;
    for line in text.split_inclusive('\n') {
        used += cost(line);
        if used > room {
            break;
        }
        kept += line.len();
    }
    let mut text = text.get(..kept).unwrap_or_default().to_owned();
    text.push_str(&end);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_is_the_length_within_json() {
        for text in ["", "plain", "a\"b\\c\nd\te\rf", "\u{1}\u{1f}", "äöü €😀"] {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(cost(text), json.len() - 2, "{text:?}");
        }
    }

    #[test]
    fn whole_lines_are_kept() {
        let text = "one\ntwo\nthree\n";
        let end = cut("", 1_000, None, "URL");
        let room = |more: usize| cost(&end) + more;
        for (more, kept) in [
            (0, ""),
            (4, ""),
            (5, "one\n"),
            (10, "one\ntwo\n"),
            (17, text),
        ] {
            assert_eq!(
                cut(text, room(more), None, "URL"),
                format!("{kept}{end}"),
                "{more}"
            );
        }
    }
}
