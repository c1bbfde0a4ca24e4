//! Times, sizes and digests as people read them.

use std::time::{Duration, SystemTime};

use humantime::format_rfc3339_seconds;

/// The last second that can be written, of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// The day and the time of a moment in UTC, which is in seconds since 1970: `2026-11-26` and `12:06:50`.
pub(super) fn moment(seconds: u64) -> (String, String) {
    let since = Duration::from_secs(seconds.min(LAST_SECOND));
    let text = format_rfc3339_seconds(SystemTime::UNIX_EPOCH + since).to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    (day.to_owned(), time.trim_end_matches('Z').to_owned())
}

/// A moment of RFC 3339 in seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let time = humantime::parse_rfc3339(text).ok()?;
    Some(time.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

/// A time such as `3m 20s`.
pub(super) fn took(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

/// A size such as `48.3 MiB`, as the log and the job summary have it.
pub(super) fn size(bytes: u64) -> String {
    let (mut tenths, mut name) = (bytes.saturating_mul(10), None);
    for unit in ["KiB", "MiB", "GiB", "TiB"] {
        if tenths < 10 * 1024 {
            break;
        }
        (tenths, name) = (tenths / 1024, Some(unit));
    }
    match name {
        None => count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
        Some(unit) => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

/// A number of things: `1 asset`, `2 assets`.
pub(super) fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// A name in at most so many columns, without its middle if it has more: its end is often a version.
pub(super) fn short(name: &str, most: usize) -> String {
    let columns = |c: char| if c < '\u{1100}' { 1 } else { 2 };
    if name.chars().map(columns).sum::<usize>() <= most {
        return name.to_owned();
    }
    let fits = |room: usize| {
        move |left: &mut usize, c: char| {
            *left += columns(c);
            (*left <= room).then_some(c)
        }
    };
    let end = most / 3;
    let first = name.chars().scan(0, fits(most.saturating_sub(end + 1)));
    let last: Vec<char> = name.chars().rev().scan(0, fits(end)).collect();
    first.chain(['…']).chain(last.into_iter().rev()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_of_utc_and_never_fail() {
        let noon = ("2026-11-26".to_owned(), "12:00:00".to_owned());
        assert_eq!(moment(1_795_694_400), noon);
        assert_eq!(seconds("2026-11-26T12:00:00Z"), Some(1_795_694_400));
        assert_eq!(moment(u64::MAX).0, "9999-12-31");
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "1960-01-01T00:00:00Z",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (1_023, "1023 bytes"),
            (1_620, "1.5 KiB"),
            (48 << 20, "48.0 MiB"),
            (5 << 40, "5.0 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn names_keep_their_ends() {
        assert_eq!(short("template.yaml", 13), "template.yaml");
        assert_eq!(short("a-very-long-name-1.2.0", 12), "a-very-….2.0");
        assert_eq!(short("äöüäöü", 4), "äö…ü");
        assert_eq!(short("発行の名前", 7), "発行…前");
    }
}
