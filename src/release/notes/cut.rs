//! A plan travels as an output, as an environment variable and, within the results of jobs, once more as JSON in JSON. Linux
//! takes at most 128 KiB for one variable, so that the text in it has to be shorter than what GitHub takes.

/// The bytes of a text within JSON that is a string of JSON again.
pub(super) fn cost(text: &str) -> usize {
    text.chars().map(cost_of).sum()
}

fn cost_of(c: char) -> usize {
    match c {
        '"' | '\\' => 4,
        '\n' | '\t' | '\r' | '\u{8}' | '\u{c}' => 3,
        '\u{0}'..='\u{1f}' => 7,
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
    fn cost_is_the_length_within_json_in_json() {
        let all: String = ('\u{0}'..'\u{80}').collect();
        for text in ["", "plain", "a\"b\\c\nd\te\rf", &all, "äöü €😀"] {
            let empty = serde_json::to_string("\"\"").unwrap();
            let json = serde_json::to_string(&serde_json::to_string(text).unwrap()).unwrap();
            assert_eq!(cost(text), json.len() - empty.len(), "{text:?}");
        }
    }

    #[test]
    fn whole_lines_are_kept() {
        let text = "one\ntwo\nthree\n";
        let end = cut("", 1_000, None, "URL");
        let room = |more: usize| cost(&end) + more;
        for (more, kept) in [
            (0, ""),
            (5, ""),
            (6, "one\n"),
            (12, "one\ntwo\n"),
            (20, text),
        ] {
            assert_eq!(
                cut(text, room(more), None, "URL"),
                format!("{kept}{end}"),
                "{more}"
            );
        }
    }
}
