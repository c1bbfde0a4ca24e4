//! Text helpers that the standard library lacks: dates, percent-encoding, globs, ref names, stable hex ids.

use sha2::{Digest, Sha256};

/// `2026-01-01T00:00:00Z`, as in every body.
pub(crate) fn rfc3339(unix: u64) -> String {
    let (year, month, day) = civil(unix / 86_400);
    let (hour, minute, second) = of_day(unix);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// Seconds since 1970 of a date such as `2026-01-01T00:00:00Z` or `2026-01-01T01:00:00+01:00`.
pub(crate) fn parse_rfc3339(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let marks = [(4, '-'), (7, '-'), (10, 'T'), (13, ':'), (16, ':')];
    let is_marked = marks
        .iter()
        .all(|(at, mark)| text.chars().nth(*at) == Some(*mark));
    let in_range = (1970..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_marked || !in_range {
        return None;
    }
    // Years are counted from March, as in `civil`.
    let (of_year, of_month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * of_month + 2) / 5 + day - 1;
    let days = of_year * 365 + of_year / 4 - of_year / 100 + of_year / 400 + day_of_year;
    let local = days.checked_sub(719_468)? * 86_400 + hour * 3600 + minute * 60 + second;
    let rest = text.get(19..)?;
    let zone = rest.find(['Z', '+', '-']).and_then(|at| rest.get(at..))?;
    let offset = |sign: &str| {
        let (hours, minutes) = zone.strip_prefix(sign)?.split_once(':')?;
        Some(hours.parse::<u64>().ok()? * 3600 + minutes.parse::<u64>().ok()? * 60)
    };
    match zone.chars().next()? {
        'Z' => Some(local),
        '+' => local.checked_sub(offset("+")?),
        _ => Some(local + offset("-")?),
    }
}

/// `Thu, 01 Jan 2026 00:00:00 GMT`, as in the header `Date`.
pub(crate) fn http_date(unix: u64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let days = unix / 86_400;
    let (year, month, day) = civil(days);
    let (hour, minute, second) = of_day(unix);
    let name = |names: &[&'static str], at: u64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at).copied())
            .unwrap_or_default()
    };
    let (weekday, month) = (name(&DAYS, days % 7), name(&MONTHS, month - 1));
    format!("{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
}

fn of_day(unix: u64) -> (u64, u64, u64) {
    (unix / 3600 % 24, unix / 60 % 60, unix % 60)
}

/// Year, month and day of a day counted from 1970-01-01 in the Gregorian calendar.
/// Years are counted from March, so that the leap day is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// As many hex digits as wanted (at most 64) that follow from `content` alone.
pub(crate) fn stable_hex(content: &str, digits: usize) -> String {
    let mut name = hex(&Sha256::digest(content));
    name.truncate(digits);
    name
}

pub(crate) fn is_sha(text: &str) -> bool {
    text.len() == 40
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Whether git takes that name for a ref: <https://git-scm.com/docs/git-check-ref-format>, for what stands below `refs/tags/`.
pub(crate) fn is_ref_name(name: &str) -> bool {
    let bad = |c: char| c.is_ascii_control() || " ~^:?*[\\".contains(c);
    !name.is_empty()
        && !name.contains(bad)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && name.split('/').all(|part| {
            let lock = part.rsplit_once('.').is_some_and(|(_, end)| end == "lock");
            !part.is_empty() && !part.starts_with('.') && !lock
        })
}

/// Decodes percent signs; bytes that are not UTF-8 are replaced.
pub(crate) fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let escaped = (byte == b'%')
            .then(|| Some(nibble(ahead.next()?)? * 16 + nibble(ahead.next()?)?))
            .flatten();
        if escaped.is_some() {
            bytes = ahead;
        }
        decoded.push(escaped.unwrap_or(byte));
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// Escapes the characters that are not allowed in a path segment; `/` is kept.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(byte.into());
        } else {
            encoded.push('%');
            encoded.push_str(&hex(&[byte]).to_uppercase());
        }
    }
    encoded
}

/// Name and value pairs of a query, decoded.
pub(crate) fn query_pairs(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (
                percent_decode(name),
                percent_decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

/// `*` matches any text; a pattern without it matches anywhere in the text.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return text.contains(pattern);
    };
    text.strip_prefix(head)
        .is_some_and(|rest| glob_tail(tail, rest))
}

fn glob_tail(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => text.ends_with(pattern),
        Some((part, tail)) => text
            .find(part)
            .is_some_and(|at| glob_tail(tail, text.get(at + part.len()..).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_gregorian_calendar() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        for date in [0, 951_782_400, 1_767_225_599, 1_772_409_601] {
            assert_eq!(parse_rfc3339(&rfc3339(date)), Some(date));
        }
        let east = parse_rfc3339("2026-01-01T01:30:00.5+01:30");
        assert_eq!(east, Some(1_767_225_600));
        assert_eq!(parse_rfc3339("2025-12-31T23:00:00-01:00"), east);
        assert_eq!(parse_rfc3339("yesterday"), None);
        assert_eq!(http_date(1_767_225_600), "Thu, 01 Jan 2026 00:00:00 GMT");
    }

    #[test]
    fn a_glob_matches_whole_and_a_plain_pattern_anywhere() {
        assert!(glob("*/releases", "/repos/o/r/releases"));
        assert!(!glob("*/releases", "/repos/o/r/releases/1"));
        assert!(glob(
            "/repos/*/releases/*/assets",
            "/repos/o/r/releases/1/assets"
        ));
        assert!(glob("releases", "/repos/o/r/releases/1"));
    }

    #[test]
    fn percent_signs_round_trip() {
        assert_eq!(percent_decode("a%2Fb%zz"), "a/b%zz");
        assert_eq!(percent_decode(&percent_encode("ü +")), "ü +");
    }
}
