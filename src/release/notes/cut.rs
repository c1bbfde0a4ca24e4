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
