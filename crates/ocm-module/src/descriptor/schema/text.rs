//! The patterns of texts in OCM's schemas.

/// `^[a-z0-9]([-_+a-z0-9]*[a-z0-9])?$`, at least two characters.
pub(super) fn is_element_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() >= 2
        && name.starts_with(plain)
        && name.ends_with(plain)
        && name
            .chars()
            .all(|c| plain(c) || matches!(c, '-' | '_' | '+'))
}

/// `^v[0-9]+$`
pub(super) fn is_label_version(version: &str) -> bool {
    let digits = version.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit())
}

/// `^[a-z][a-z0-9/_-]+$`
pub(super) fn is_merge_algorithm(name: &str) -> bool {
    let more = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "/_-".contains(c);
    name.len() >= 2 && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(more)
}

/// The schema's `relaxedSemver`: a `v` may come first, minor and patch may be missing. Numbers may be of any length.
pub(super) fn is_relaxed_version(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let (version, build) = match version.split_once('+') {
        Some((version, build)) => (version, Some(build)),
        None => (version, None),
    };
    let (numbers, prerelease) = match version.split_once('-') {
        Some((numbers, prerelease)) => (numbers, Some(prerelease)),
        None => (version, None),
    };
    let is_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let has_leading_zero = |part: &str| is_digits(part) && part.len() > 1 && part.starts_with('0');
    let is_word = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let is_number = |part: &str| !part.is_empty() && is_digits(part) && !has_leading_zero(part);
    numbers.split('.').count() <= 3
        && numbers.split('.').all(is_number)
        && prerelease.is_none_or(|text| {
            text.split('.')
                .all(|part| is_word(part) && !has_leading_zero(part))
        })
        && build.is_none_or(|text| text.split('.').all(is_word))
}

/// A time as Go's `time.Parse` reads the form of RFC 3339 (`YYYY-MM-DDTHH:MM:SSZ`): a fraction of a second may follow, and the hour
/// may have one digit. There are no leap seconds, and an offset has at most 24 hours.
pub(super) fn is_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once('T') else {
        return false;
    };
    is_date(date) && is_time_of_day(time)
}

fn is_date(date: &str) -> bool {
    let parts: Vec<_> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (
        digits(year, 4..=4),
        digits(month, 2..=2),
        digits(day, 2..=2),
    ) else {
        return false;
    };
    let is_leap_year = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year => 29,
        2 => 28,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day)
}

fn is_time_of_day(text: &str) -> bool {
    let Some(at) = text.find(['Z', '+', '-']) else {
        return false;
    };
    let (time, offset) = text.split_at(at);
    let (time, fraction) = match time.split_once(['.', ',']) {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let parts: Vec<_> = time.split(':').collect();
    let [hour, minute, second] = parts.as_slice() else {
        return false;
    };
    let below = |part: Option<u32>, limit: u32| part.is_some_and(|part| part < limit);
    below(digits(hour, 1..=2), 24)
        && below(digits(minute, 2..=2), 60)
        && below(digits(second, 2..=2), 60)
        && fraction.is_none_or(|f| !f.is_empty() && f.chars().all(|c| c.is_ascii_digit()))
        && is_offset(offset)
}

fn is_offset(offset: &str) -> bool {
    let Some(numbers) = offset.strip_prefix(['+', '-']) else {
        return offset == "Z";
    };
    let Some((hours, minutes)) = numbers.split_once(':') else {
        return false;
    };
    digits(hours, 2..=2).is_some_and(|hours| hours <= 24)
        && digits(minutes, 2..=2).is_some_and(|minutes| minutes <= 60)
}

/// A number of so many digits.
fn digits(text: &str, count: std::ops::RangeInclusive<usize>) -> Option<u32> {
    let is_plain = count.contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relaxed_versions_by_the_schema() {
        for (version, fine) in [
            ("v1", true),
            ("1.2", true),
            ("v1.2.3-rc.1+b", true),
            ("0.0.1-PR-1", true),
            ("99999999999999999999.0.0", true),
            ("1.2.3-01", false),
            ("1.2.3+01", true),
            ("1.2.3.4", false),
            ("01.2.3", false),
            ("latest", false),
            ("vv1", false),
            ("1.2.3-", false),
            ("1.2.3+a+b", false),
            ("", false),
            ("v", false),
        ] {
            assert_eq!(is_relaxed_version(version), fine, "{version}");
        }
    }

    #[test]
    fn times_in_the_form_of_rfc_3339() {
        for (time, fine) in [
            ("2024-01-02T03:04:05Z", true),
            ("2024-02-29T23:59:59.123456789+02:00", true),
            ("2023-02-29T03:04:05Z", false),
            ("2100-02-29T03:04:05Z", false),
            ("2024-04-31T03:04:05Z", false),
            ("2024-00-01T03:04:05Z", false),
            ("2024-01-02T24:04:05Z", false),
            ("2024-01-02T03:04:05.Z", false),
            ("2024-01-02T03:04:05", false),
            ("2024-01-02T03:04Z", false),
            ("2024-01-02T03:04:05+0200", false),
            ("2024-01-02T03:04:05ZZ", false),
            ("2024-1-02T03:04:05Z", false),
            ("+024-01-02T03:04:05Z", false),
        ] {
            assert_eq!(is_time(time), fine, "{time}");
        }
    }
}
