//! What a scalar means: null, a boolean, a number or a text, by the core schema of YAML 1.2.

use serde_json::{Number, Value};

/// How a scalar is written, as far as its meaning depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation<'a> {
    /// Without quotes, and without one of the tags below.
    Plain,
    /// In quotes or as a block.
    Quoted,
    /// With a tag of the YAML core schema, such as `int` for `!!int`. Unknown tags, such as `!vault`, are ignored.
    Tagged(&'a str),
}

/// The value of a scalar, or why it has none in JSON.
pub(super) fn resolve(text: &str, notation: Notation<'_>) -> Result<Value, String> {
    let value = match notation {
        Notation::Plain => plain(text)?,
        Notation::Quoted | Notation::Tagged("str" | "seq" | "map") => None,
        Notation::Tagged(tag) => match (tag, plain(text)?) {
            ("null", Some(Value::Null)) => Some(Value::Null),
            ("bool", Some(flag @ Value::Bool(_))) => Some(flag),
            ("float", Some(number @ Value::Number(_))) => Some(number),
            ("int", Some(Value::Number(number))) if !number.is_f64() => Some(number.into()),
            _ => return Err(format!("{text:?} is not of the type !!{tag}")),
        },
    };
    Ok(value.unwrap_or_else(|| Value::from(text)))
}

/// The meaning of a scalar without quotes; nothing if it is a text.
fn plain(text: &str) -> Result<Option<Value>, String> {
    let value = match text {
        "" | "~" | "null" | "Null" | "NULL" => Some(Value::Null),
        "true" | "True" | "TRUE" => Some(Value::Bool(true)),
        "false" | "False" | "FALSE" => Some(Value::Bool(false)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF"
        | ".nan" | ".NaN" | ".NAN" => return Err("JSON has no such number".to_owned()),
        _ => integer(text).or_else(|| float(text)),
    };
    Ok(value)
}

/// Decimal digits, `0x`, `0o` or `0b`, with a sign or without, of at most 64 bits. `0123` is a text.
fn integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, radix)));
    let (digits, radix) = prefixed.unwrap_or((digits, 10));
    if digits.starts_with(['+', '-']) || radix == 10 && has_leading_zero(digits) {
        return None;
    }
    if negative {
        let signed = format!("-{digits}");
        i64::from_str_radix(&signed, radix).ok().map(Value::from)
    } else {
        u64::from_str_radix(digits, radix).ok().map(Value::from)
    }
}

fn float(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    // `infinity` and `nan` are words to Rust only.
    let starts_as_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !starts_as_number || has_leading_zero(unsigned) {
        return None;
    }
    let parsed: f64 = text.parse().ok()?;
    parsed.is_finite().then(|| number(parsed)).flatten()
}

fn has_leading_zero(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A float in JSON notation: `1.0` is `1`, as in Go. `None` for infinity and NaN.
pub(super) fn number(value: f64) -> Option<Value> {
    /// All whole numbers up to this one are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return format!("{value:.0}").parse::<i64>().ok().map(Value::from);
    }
    Number::from_f64(value).map(Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_by_the_core_schema() {
        for (text, expected) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("NULL", json!(null)),
            ("nULL", json!("nULL")),
            ("True", json!(true)),
            ("FALSE", json!(false)),
            ("yes", json!("yes")),
            ("on", json!("on")),
            ("0", json!(0)),
            ("-0", json!(0)),
            ("+1", json!(1)),
            ("-7", json!(-7)),
            ("0x1F", json!(31)),
            ("-0x1f", json!(-31)),
            ("0o17", json!(15)),
            ("0b101", json!(5)),
            ("0123", json!("0123")),
            ("-0123", json!("-0123")),
            ("0x", json!("0x")),
            ("0x-1", json!("0x-1")),
            ("+-1", json!("+-1")),
            ("--1", json!("--1")),
            ("18446744073709551615", json!(u64::MAX)),
            ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1)),
            ("1e3", json!(1000)),
            ("01.5", json!(1.5)),
            ("1e999", json!("1e999")),
            ("inf", json!("inf")),
            ("nan", json!("nan")),
            ("-infinity", json!("-infinity")),
            ("1_000", json!("1_000")),
            ("1.2.0", json!("1.2.0")),
            ("2022-01-01", json!("2022-01-01")),
        ] {
            assert_eq!(resolve(text, Notation::Plain).unwrap(), expected, "{text}");
            assert_eq!(resolve(text, Notation::Quoted).unwrap(), json!(text));
        }
        for text in [".inf", "-.Inf", ".NaN"] {
            assert!(resolve(text, Notation::Plain).is_err(), "{text}");
            assert_eq!(resolve(text, Notation::Quoted).unwrap(), json!(text));
        }
    }

    #[test]
    fn tags_decide_the_type() {
        for (tag, text, expected) in [
            ("str", "1", Some(json!("1"))),
            ("str", "~", Some(json!("~"))),
            ("str", ".nan", Some(json!(".nan"))),
            ("int", "1", Some(json!(1))),
            ("int", "1.5", None),
            ("float", "1", Some(json!(1))),
            ("bool", "true", Some(json!(true))),
            ("bool", "yes", None),
            ("null", "", Some(json!(null))),
            ("null", "x", None),
        ] {
            let found = resolve(text, Notation::Tagged(tag)).ok();
            assert_eq!(found, expected, "!!{tag} {text}");
        }
    }
}
