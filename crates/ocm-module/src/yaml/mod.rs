//! YAML as Kubernetes means it: documents that could as well be JSON.
//!
//! Reading keeps the position of every key and item ([`YamlDocument::position`]). It refuses what two readers could
//! understand differently (a key that is there twice) and what costs more than its length (aliases that expand). The
//! syntax is the work of the `granit-parser` crate; what a value without quotes means is decided in one function, `resolve`.
//!
//! Writing gives the bytes of `sigs.k8s.io/yaml`, which digests depend on ([`to_string`]).

mod ambiguous;
mod emit;
mod json;
mod read;
mod resolve;
mod spans;

use serde_json::Value;

pub use emit::to_string;
pub use json::json;
pub use read::{PathStep, YamlDocument, read};
pub use spans::ScalarSpans;

use crate::Position;

/// Why a text is not YAML, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    /// A sentence without its full stop.
    pub message: String,
    /// Where reading stopped, where one place can be named.
    pub position: Option<Position>,
}

/// The values of a stream's documents; empty ones (between two `---`) are `Value::Null`.
///
/// # Errors
///
/// If the text is not YAML, cannot be JSON, or is refused as the module says.
pub fn documents(text: &str) -> Result<Vec<Value>, YamlError> {
    let documents = read(text)?.into_iter();
    Ok(documents.map(|document| document.value).collect())
}

/// The value of the only document of a text; `Value::Null` if there is none.
///
/// # Errors
///
/// As [`documents`], and for more than one document.
pub fn document(text: &str) -> Result<Value, YamlError> {
    only(read(text)?).map(|document| document.map_or(Value::Null, |document| document.value))
}

/// The only document, if there is any.
pub(crate) fn only(mut documents: Vec<YamlDocument>) -> Result<Option<YamlDocument>, YamlError> {
    match documents.len() {
        0 | 1 => Ok(documents.pop()),
        more => Err(YamlError {
            message: format!("holds {more} documents instead of one"),
            position: None,
        }),
    }
}

#[cfg(test)]
mod tests;
