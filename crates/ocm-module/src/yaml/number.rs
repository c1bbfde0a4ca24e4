//! Numbers as Go reads and writes them: which texts are numbers to go-yaml, what they are in JSON, and as the key of a map.

use serde_json::{Number, Value};

/// A number that was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum GoNumber {
    /// A whole number that fits into 64 bits with a sign.
    Signed(i64),
    /// A larger one that fits into 64 bits without a sign.
    Unsigned(u64),
    /// Any other, infinity and NaN included.
    Float(f64),
}

impl GoNumber {
    /// Reads `0644` and `0o17` (octal), `0x1F`, `0b101`, `1_000`, `.5` and `1e3`; nothing if the text is not a number.
    ///
    /// `08` is no octal number, and so it is the decimal 8. Numbers in base 60 (`190:20:30`) are texts. Source:
    /// `go-yaml/yaml:resolve.go`, v2, with `ParseInt`, `ParseUint` and `ParseFloat` of Go's `strconv`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.bytes().next()? {
            b'.' => point_first(text).map(Self::Float),
            b'0'..=b'9' | b'+' | b'-' => {
                let plain = text.replace('_', "");
                whole(&plain).or_else(|| float(&plain).map(Self::Float))
            }
            _ => None,
        }
    }

    /// In JSON; nothing for infinity and NaN.
    pub(super) fn to_value(self) -> Option<Value> {
        match self {
            Self::Signed(number) => Some(number.into()),
            Self::Unsigned(number) => Some(number.into()),
            Self::Float(number) => float_value(number),
        }
    }

    /// As the key of a map, by `sigs.k8s.io/yaml:yaml.go`, which formats floats with 32 bits and has no keys of 64 bits without
    /// a sign.
    pub(super) fn to_key(self) -> Option<String> {
        match self {
            Self::Signed(number) => Some(number.to_string()),
            Self::Unsigned(_) => None,
            #[expect(
                clippy::cast_possible_truncation,
                reason = "Go rounds such a key to 32 bits"
            )]
            Self::Float(number) => Some(match number as f32 {
                infinite if infinite.is_infinite() && infinite > 0.0 => ".inf".into(),
                infinite if infinite.is_infinite() => "-.inf".into(),
                nan if nan.is_nan() => ".nan".into(),
                finite => shortest(finite),
            }),
        }
    }
}

/// A float in JSON as Go writes it: `1.0` is `1`, and `1e17` is `100000000000000000`, which everybody reads as an integer.
/// Nothing for infinity and NaN.
pub(super) fn float_value(float: f64) -> Option<Value> {
    if float.fract() == 0.0 {
        // The shortest digits, then zeros: those of the nearest float, and not all digits of its exact value.
        let digits = float.to_string();
        if let Ok(number) = digits.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = digits.parse::<u64>() {
            return Some(number.into());
        }
    }
    Number::from_f64(float).map(Value::Number)
}

/// As Go's `strconv.FormatFloat(f, 'g', -1, 64)`.
pub(super) fn float_text(float: f64) -> String {
    shortest(float)
}

/// The fewest digits that are read as the same float, of which the even ones where two notations are as near. In scientific
/// notation for exponents below -4 and from 6 on, which is the precision that Go assumes where it is given none.
fn shortest<F: std::fmt::LowerExp + std::fmt::Display>(float: F) -> String {
    let any_shortest = format!("{float:e}");
    let digits = any_shortest.bytes().take_while(|byte| *byte != b'e');
    let decimals = digits.filter(u8::is_ascii_digit).count().saturating_sub(1);
    let scientific = format!("{float:.decimals$e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => float.to_string(),
    }
}

/// `ParseInt` and `ParseUint` with base 0, and binary numbers whose sign stands behind `0b`, which go-yaml reads itself.
fn whole(plain: &str) -> Option<GoNumber> {
    let (sign, digits) = split_sign(plain);
    let magnitude = magnitude(digits);
    let signed = magnitude.and_then(|magnitude| with_sign(sign, magnitude));
    match (signed, magnitude) {
        (Some(signed), _) => Some(GoNumber::Signed(signed)),
        // Only a number without a sign may have all 64 bits.
        (None, Some(magnitude)) if sign.is_empty() => Some(GoNumber::Unsigned(magnitude)),
        (None, Some(_)) => None,
        (None, None) => {
            let (sign, digits) = split_sign(plain.strip_prefix("0b")?);
            let magnitude = radix(digits, 2).filter(|_| !digits.is_empty())?;
            with_sign(sign, magnitude).map(GoNumber::Signed)
        }
    }
}

fn split_sign(text: &str) -> (&str, &str) {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    (text.strip_suffix(digits).unwrap_or_default(), digits)
}

fn with_sign(sign: &str, magnitude: u64) -> Option<i64> {
    match sign {
        "-" => 0_i64.checked_sub_unsigned(magnitude),
        _ => i64::try_from(magnitude).ok(),
    }
}

/// The digits behind a prefix: `0x`, `0o` or `0b`, or a zero for octal.
fn magnitude(digits: &str) -> Option<u64> {
    let prefixed = [
        ("0x", 16),
        ("0X", 16),
        ("0o", 8),
        ("0O", 8),
        ("0b", 2),
        ("0B", 2),
    ]
    .into_iter()
    .find_map(|(prefix, base)| Some((digits.strip_prefix(prefix)?, base)));
    match prefixed {
        Some((digits, base)) => radix(digits, base).filter(|_| !digits.is_empty()),
        None => match digits.strip_prefix('0') {
            Some("") => Some(0),
            Some(octal) => radix(octal, 8),
            None => radix(digits, 10),
        },
    }
}

fn radix(digits: &str, base: u32) -> Option<u64> {
    // Rust would take a sign.
    let only_digits = digits.chars().all(|c| c.is_digit(base));
    u64::from_str_radix(digits, base)
        .ok()
        .filter(|_| only_digits)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, unless it is too large for 64 bits.
fn float(plain: &str) -> Option<f64> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let matches = is_digits(whole)
        && is_digits(fraction)
        && is_digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty());
    let parsed: Option<f64> = plain.parse().ok().filter(|_| matches);
    parsed.filter(|float| float.is_finite())
}

/// `.5`, in which underscores may stand between digits, unlike everywhere else, where they may stand anywhere.
fn point_first(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let is_digit = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_digit)
    };
    let mut underscores = text.match_indices('_').map(|(at, _)| at);
    let between = underscores.all(|at| is_digit(at.checked_sub(1)) && is_digit(at.checked_add(1)));
    float(&text.replace('_', "")).filter(|_| between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_by_go() {
        for (float, text) in [
            (1e5, "100000"),
            (1e6, "1e+06"),
            (123_456_789.25, "1.2345678925e+08"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-1.5, "-1.5"),
            (1e100, "1e+100"),
        ] {
            assert_eq!(float_text(float), text);
        }
    }

    #[test]
    fn whole_floats_become_integers_with_the_digits_of_go() {
        for (float, text) in [
            (-0.0, "0"),
            (1e3, "1000"),
            (1e17, "100000000000000000"),
            (1.234_567_890_123_456_7e19, "12345678901234567000"),
            (1.5, "1.5"),
            (1e20, "1e+20"),
        ] {
            assert_eq!(
                float_value(float).map(|value| value.to_string()),
                Some(text.into())
            );
        }
        assert_eq!(float_value(f64::NAN), None);
        assert_eq!(float_value(f64::INFINITY), None);
    }
}
