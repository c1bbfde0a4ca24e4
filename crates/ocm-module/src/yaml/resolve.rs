//! What a scalar means: null, a boolean, a number or a text.
//!
//! The rules are those of `sigs.k8s.io/yaml` (v1.6.0, with `go.yaml.in/yaml/v2:resolve.go` and `decode.go`), by which kubectl,
//! Lifecycle Manager, OCM and modulectl read manifests, custom resources and descriptors. They are YAML 1.1 with changes:
//! `yes`, `no`, `on`, `off`, `y` and `n` are booleans, `0644` is octal, and `190:20:30` is a text. The table
//! `fixtures/yaml/scalars.json` was recorded from that library; `tests` compares each of its rows with what is decided here.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;

use super::Dialect;
use super::number::GoNumber;
use super::timestamp::is_timestamp;

/// How a scalar is written, as far as its meaning depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Notation<'a> {
    /// Without quotes, and without a tag.
    Plain,
    /// In quotes or as a block, or with a tag of the file's own, such as `!vault`.
    Quoted,
    /// With a tag of YAML itself, such as `int` for `!!int`.
    Tagged(Cow<'a, str>),
}

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Meaning {
    Null,
    Bool(bool),
    Number(GoNumber),
    /// A text in JSON.
    Timestamp,
    Text,
}

/// A scalar that was resolved.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scalar {
    pub(super) meaning: Meaning,
    /// As written, or what `!!binary` encodes.
    pub(super) text: String,
}

impl Scalar {
    /// The scalar that is written as `text`, or why it is none.
    pub(super) fn resolve(
        text: String,
        notation: Notation<'_>,
        dialect: Dialect,
    ) -> Result<Self, String> {
        let meaning = match notation {
            Notation::Plain => plain(&text, dialect),
            Notation::Quoted => Meaning::Text,
            Notation::Tagged(tag) => match &*tag {
                "binary" => return binary(&text).map(Self::text),
                "null" | "bool" | "int" | "float" | "timestamp" => tagged(&text, &tag)?,
                // `!!str`; other types of YAML, such as `!!set`, are types of maps and lists.
                _ => Meaning::Text,
            },
        };
        Ok(Self { meaning, text })
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            meaning: Meaning::Text,
            text: text.into(),
        }
    }

    /// The value in JSON, or why it has none.
    pub(super) fn into_value(self) -> Result<Value, String> {
        match self.meaning {
            Meaning::Null => Ok(Value::Null),
            Meaning::Bool(flag) => Ok(flag.into()),
            Meaning::Number(number) => number
                .to_value()
                .ok_or_else(|| format!("JSON has no such number as {}", self.text)),
            Meaning::Timestamp | Meaning::Text => Ok(self.text.into()),
        }
    }

    /// The key of a map that it is: JSON's keys are texts, and so `1` and `yes` become `"1"` and `"true"`.
    pub(super) fn into_key(self) -> Result<String, String> {
        match self.meaning {
            Meaning::Null => {
                Err("a key is missing: write \"null\" in quotes if that is its name".into())
            }
            Meaning::Bool(flag) => Ok(flag.to_string()),
            Meaning::Number(number) => number.to_key().ok_or_else(|| {
                let number = excerpt(&self.text);
                format!("{number} is too large a number for a key: write it in quotes")
            }),
            Meaning::Timestamp | Meaning::Text => Ok(self.text),
        }
    }
}

/// The meaning of a scalar without quotes.
pub(super) fn plain(text: &str, dialect: Dialect) -> Meaning {
    match dialect {
        Dialect::GoStruct if is_kept_as_written(text) => Meaning::Text,
        _ if is_timestamp(text) => Meaning::Timestamp,
        _ => word_or_number(text),
    }
}

fn word_or_number(text: &str) -> Meaning {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Meaning::Null,
        "true" | "True" | "TRUE" => Meaning::Bool(true),
        "false" | "False" | "FALSE" => Meaning::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Meaning::Number(GoNumber::Float(f64::NAN)),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            Meaning::Number(GoNumber::Float(f64::INFINITY))
        }
        "-.inf" | "-.Inf" | "-.INF" => Meaning::Number(GoNumber::Float(f64::NEG_INFINITY)),
        _ => match (yes_or_no(text), GoNumber::parse(text)) {
            (Some(flag), _) => Meaning::Bool(flag),
            (None, Some(number)) => Meaning::Number(number),
            (None, None) => Meaning::Text,
        },
    }
}

/// The booleans that YAML 1.2 no longer has.
fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// The flag that a text of [`Dialect::GoStruct`] is where a flag is wanted (`gopkg.in/yaml.v3:decode.go`, `reflect.Bool`).
pub(crate) fn flag_of_text(text: &str) -> Option<bool> {
    match text {
        "True" | "TRUE" => Some(true),
        "False" | "FALSE" => Some(false),
        _ => yes_or_no(text),
    }
}

/// Whether a text must not be resolved, because another text could be written again for it: `0644`, and words that are flags
/// only where a flag is wanted.
fn is_kept_as_written(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let octal = digits.len() > 1
        && digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit());
    flag_of_text(text).is_some() || octal || text.contains('_')
}

/// The beginning of a text, for a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}

fn tagged(text: &str, tag: &str) -> Result<Meaning, String> {
    let found = if tag == "timestamp" && is_timestamp(text) {
        Meaning::Timestamp
    } else {
        word_or_number(text)
    };
    match (tag, found) {
        ("null", Meaning::Null)
        | ("bool", Meaning::Bool(_))
        | ("float", Meaning::Number(GoNumber::Float(_)))
        | ("int", Meaning::Number(GoNumber::Signed(_) | GoNumber::Unsigned(_)))
        | ("timestamp", Meaning::Timestamp) => Ok(found),
        #[expect(clippy::cast_precision_loss, reason = "the file asks for a float")]
        ("float", Meaning::Number(GoNumber::Signed(whole))) => {
            Ok(Meaning::Number(GoNumber::Float(whole as f64)))
        }
        _ => Err(format!("{:?} is not of the type !!{tag}", excerpt(text))),
    }
}

/// Base64 with padding, in which line breaks are read over, as Go's `base64.StdEncoding` does.
fn binary(text: &str) -> Result<String, String> {
    let config = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let bytes = engine
        .decode(text.replace(['\r', '\n'], ""))
        .map_err(|_| "what is tagged !!binary is not base64".to_owned())?;
    String::from_utf8(bytes)
        .map_err(|_| "what is tagged !!binary is not a text, and JSON has no bytes".to_owned())
}
