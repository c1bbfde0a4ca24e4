//! Which texts are timestamps to go-yaml (`go-yaml/yaml:resolve.go`, v2, `parseTimestamp`).
//!
//! A timestamp is a text in JSON. It matters only where a text is written, since it needs quotes, and for the tag `!!timestamp`.

/// `2006-1-2`, `2006-1-2 15:4:5.9`, or `2006-1-2T15:4:5.9Z` with `T` or `t`, and `Z` or an offset such as `+07:00`.
///
/// Numbers may have one digit, fractions any number of them after a point or a comma, as Go's `time.Parse` reads them.
pub(super) fn is_timestamp(text: &str) -> bool {
    let Some(rest) = date(text) else {
        return false;
    };
    let zoned = || time(rest.strip_prefix(['T', 't'])?).and_then(zone);
    let local = || {
        time(
            rest.starts_with(' ')
                .then(|| rest.trim_start_matches(' '))?,
        )
    };
    rest.is_empty() || zoned() == Some("") || local() == Some("")
}

/// The text behind a date that exists.
fn date(text: &str) -> Option<&str> {
    let (year, rest) = text.split_at_checked(4)?;
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let (month, rest) = number(rest.strip_prefix('-')?)?;
    let (day, rest) = number(rest.strip_prefix('-')?)?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=days).contains(&day).then_some(rest)
}

/// The text behind `15:4:5` and a fraction.
fn time(text: &str) -> Option<&str> {
    let (hour, rest) = number(text)?;
    let (minute, rest) = number(rest.strip_prefix(':')?)?;
    let (second, rest) = number(rest.strip_prefix(':')?)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = rest.strip_prefix(['.', ',']);
    match fraction.map(|digits| digits.trim_start_matches(|c: char| c.is_ascii_digit())) {
        Some(behind) if fraction != Some(behind) => Some(behind),
        _ => Some(rest),
    }
}

/// The text behind `Z`, or behind an offset of two digits each for hours and minutes.
fn zone(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some(rest);
    }
    let (offset, rest) = text.strip_prefix(['+', '-'])?.split_at_checked(5)?;
    let (hours, minutes) = offset.split_once(':')?;
    let two_digits = |text: &str| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|_| digits)
    };
    (two_digits(hours)? <= 24 && two_digits(minutes)? <= 60).then_some(rest)
}

/// One or two digits, and the text behind them.
fn number(text: &str) -> Option<(u32, &str)> {
    let digits = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_those_of_go() {
        for text in [
            "2022-01-01",
            "2022-1-1",
            "2020-02-29",
            "2000-2-29",
            "0000-1-1",
            "2001-12-14T21:59:43.10-05:00",
            "2001-12-14t1:2:3Z",
            "2001-12-14T21:59:43,5Z",
            "2001-12-14T21:59:43+24:60",
            "2001-12-14 21:59:43",
            "2001-12-14   1:2:3.123456789012",
        ] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in [
            "",
            "2022",
            "2022-01",
            "2022-13-01",
            "2022-00-01",
            "2022-01-32",
            "2022-02-29",
            "1900-2-29",
            "2022-04-31",
            "2022-01-01-01",
            "2022-001-1",
            "20222-01-01",
            "+022-01-01",
            "2022-01-01 ",
            "2022-01-01T",
            "2022-01-01Tx",
            "2022-01-01T1:2:3",
            "2022-01-01T24:0:0Z",
            "2022-01-01T1:60:0Z",
            "2022-01-01T1:2:60Z",
            "2022-01-01T1:2:3.Z",
            "2022-01-01T1:2:3z",
            "2022-01-01T1:2:3+7:00",
            "2022-01-01T1:2:3+0700",
            "2022-01-01T1:2:3+25:00",
            "2022-01-01T1:2:3+00:61",
            "2022-01-01T1:2:3Z ",
            "2022-01-01 1:2:3Z",
            "2001-12-14 21:59:43.10 -5",
            "é022-01-01",
        ] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
