//! Which texts have to be quoted, because a reader would not take them for texts (`go-yaml/yaml:resolve.go`, v2).

/// Whether a plain scalar with this text would be read as null, boolean, number, timestamp or merge key by YAML 1.1.
pub(super) fn is_ambiguous(text: &str) -> bool {
    is_word(text) || is_number(text) || is_timestamp(text) || is_base60(text)
}

fn is_word(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "", "~", "null", "y", "yes", "on", "true", "n", "no", "off", "false", "<<",
    ];
    const NUMBERS: [&str; 5] = [".nan", ".inf", "+.inf", "-.inf", ".NaN"];
    // As small, Capital or CAPITAL letters; `nULL` is a text.
    let cased = |word: &str| {
        let mut capital = word.to_owned();
        if let Some(first) = capital.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        text == word || text == capital || text == word.to_uppercase()
    };
    let dotted = |word: &str| {
        let capital = word.replace(".i", ".I");
        text == word || text == capital || text == word.to_uppercase()
    };
    WORDS.into_iter().any(cased) || NUMBERS.into_iter().any(dotted)
}

fn is_number(text: &str) -> bool {
    let Some(first) = text.bytes().next() else {
        return false;
    };
    if first == b'.' {
        return text.parse::<f64>().is_ok();
    }
    if !matches!(first, b'0'..=b'9' | b'+' | b'-') {
        return false;
    }
    let plain = text.replace('_', "");
    is_radix(&plain) || is_decimal(&plain)
}

/// `0x…`, `0o…`, `0b…` of at most 64 bits.
fn is_radix(plain: &str) -> bool {
    let lower = plain.trim_start_matches(['+', '-']).to_ascii_lowercase();
    let signs = plain.len() - lower.len();
    [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .any(|(prefix, radix)| {
            let digits = lower
                .strip_prefix(prefix)
                .filter(|digits| !digits.starts_with('+'));
            signs <= 1 && digits.is_some_and(|digits| u64::from_str_radix(digits, *radix).is_ok())
        })
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, which takes integers too.
///
/// go-yaml v2 leaves `1.` and `1e3` unquoted, which YAML 1.2 reads as numbers. They are quoted here: to be read correctly is
/// more important than equal bytes.
fn is_decimal(plain: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty())
}

/// `2006-1-2`, and with a time after `T`, `t` or a space.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = text.split_at(text.find(['T', 't', ' ']).unwrap_or(text.len()));
    let number = |text: &str, lengths: &[usize], low: u32, high: u32| {
        lengths.contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_digit())
            && text.parse::<u32>().is_ok_and(|n| (low..=high).contains(&n))
    };
    let mut parts = date.split('-');
    let mut next = || parts.next().unwrap_or_default();
    number(next(), &[4], 0, 9999)
        && number(next(), &[1, 2], 1, 12)
        && number(next(), &[1, 2], 1, 31)
        && parts.next().is_none()
        && (time.is_empty() || is_time(time))
}

/// `T15:4:5.999Z`, `T15:4:5+07:00` or ` 15:4:5`.
fn is_time(text: &str) -> bool {
    let zoned = !text.starts_with(' ');
    let text = text.get(1..).unwrap_or_default();
    let zone = text.find(['Z', '+', '-']);
    let (clock, zone) = text.split_at(zone.unwrap_or(text.len()));
    let zone_fine = match zone.strip_prefix(['+', '-']) {
        Some(offset) => zoned && offset.len() == 5 && offset.split(':').all(|part| part.len() == 2),
        None => zone == if zoned { "Z" } else { "" },
    };
    let whole = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let number =
        |part: &str| matches!(part.len(), 1 | 2) && part.parse::<u8>().is_ok_and(|n| n < 60);
    zone_fine && whole.split(':').count() == 3 && whole.split(':').all(number)
}

/// `190:20:30`, which YAML 1.1 reads in base 60: `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`.
fn is_base60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let Some((first, rest)) = whole.split_once(':') else {
        return false;
    };
    let sixtieth = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten @ b'0'..=b'5', one] => ten.is_ascii_digit() && one.is_ascii_digit(),
        _ => false,
    };
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.split(':').all(sixtieth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ambiguous_scalars_are_recognised() {
        for text in [
            "",
            "~",
            "null",
            "Null",
            "NULL",
            "y",
            "N",
            "yes",
            "On",
            "OFF",
            "true",
            "False",
            "<<",
            ".inf",
            "-.Inf",
            "+.INF",
            ".nan",
            ".NaN",
            ".NAN",
            "0",
            "1",
            "-1",
            "+1",
            "1_000",
            "0123",
            "089",
            "0x1F",
            "0b101",
            "-0b1",
            "0o17",
            "1.2",
            ".5",
            "-.5",
            "1e+3",
            "1e3",
            "1.",
            "1.e5",
            "1e+999",
            "1.5E-7",
            "12e+05",
            "2022-01-01",
            "2022-1-1",
            "2001-12-14T21:59:43.10-05:00",
            "2001-12-14 21:59:43",
            "2022-01-01T00:00:00Z",
            "190:20:30",
            "1:20",
            "-1:59.5",
            "18446744073709551615",
            "1111111111111111111111111111111111111111",
        ] {
            assert!(is_ambiguous(text), "{text}");
        }
        for text in [
            "a",
            "nULL",
            "tRue",
            "1.2.0",
            "v1",
            "0.5.0",
            "1.1.1-e2e-test",
            "0x",
            "0xg",
            "-",
            "+",
            ".",
            "..",
            "4e4b9d47cb655ca23e5c706462485ff7605e8d71",
            "2022-13-01",
            "2022-01-32",
            "2022-01",
            "2022-01-01-01",
            "20222-01-01",
            "1:60",
            "a:1",
            "1:2:",
            "localhost:5000",
            "sha256:12",
            "1__x",
            "--1",
            "+-0x1",
            "10.0.0.1",
            "0x10000000000000000",
            "2022-01-01Tx",
        ] {
            assert!(!is_ambiguous(text), "{text}");
        }
    }
}
