//! A plan travels as an output, as an environment variable and, within the results of jobs, once more as JSON in JSON. Linux
//! takes at most 128 KiB for one variable, so that the text in it has to be shorter than what GitHub takes.

/// The most that a text may cost.
pub(super) const MOST: usize = 60_000;

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

/// The lines that fit, and where everything is listed.
pub(super) fn cut(text: &str, room: usize, all: &str) -> String {
    let end = format!(
        "\n*These notes were longer than a plan can hold, and were cut here: {all} lists all changes.*\n"
    );
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
        let end = cut("", 1_000, "URL");
        let room = |more: usize| cost(&end) + more;
        for (more, kept) in [
            (0, ""),
            (4, ""),
            (5, "one\n"),
            (10, "one\ntwo\n"),
            (17, text),
        ] {
            assert_eq!(
                cut(text, room(more), "URL"),
                format!("{kept}{end}"),
                "{more}"
            );
        }
    }
}
