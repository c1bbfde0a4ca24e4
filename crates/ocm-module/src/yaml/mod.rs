//! YAML as the cluster reads it: documents that could as well be JSON.
//!
//! kubectl, Lifecycle Manager, OCM and modulectl read with `sigs.k8s.io/yaml`, and so does this module. Who wants to know
//!
//! | what | finds it in |
//! |---|---|
//! | what `yes`, `0644`, `~` or `2001-12-14` means | `resolve` |
//! | which numbers there are, and what they are in JSON | `number` |
//! | what merge keys (`<<: *base`), aliases and duplicate keys do | `compose` |
//! | what is refused, and the bound on nesting | [`read`], [`MAX_DEPTH`] |
//! | how YAML is written | `emit` |
//! | how one scalar of a file is replaced | `edit` |
//! | what `sigs.k8s.io/yaml` itself makes of hundreds of texts | `fixtures/yaml`, and the program there that records it |
//!
//! Which program reads which of a module's files, and so by which [`Dialect`] it is read here:
//!
//! | file | is read by | dialect |
//! |---|---|---|
//! | the manifest | kubectl, Lifecycle Manager, modulectl | [`Dialect::Kubernetes`] |
//! | the default custom resource | kubectl, Lifecycle Manager, modulectl | [`Dialect::Kubernetes`] |
//! | the component descriptor | OCM, Lifecycle Manager | [`Dialect::Kubernetes`] |
//! | `sec-scanners-config.yaml` | the Kyma CLI (`kyma-project/cli:pkg/module/security_scan.go`) | [`Dialect::Kubernetes`] |
//! | `module-config.yaml` | the Kyma CLI, modulectl (`gopkg.in/yaml.v3`) | [`Dialect::GoStruct`] |
//!
//! Reading keeps the position of every key and item ([`YamlDocument::position`]). It refuses what two readers could
//! understand differently (a key that is there twice) and what costs more than its length (aliases that expand). A byte order
//! mark in front of a document is read over. The syntax is the work of the `granit-parser` crate.
//!
//! Writing gives the bytes of `sigs.k8s.io/yaml`, which digests depend on ([`to_string`]).
//!
//! What differs from `sigs.k8s.io/yaml` on purpose:
//!
//! - A key that is there twice, bytes that are no text (`!!binary`), and U+0085, U+2028 and U+2029 are refused; there, something
//!   of them is lost.
//! - All digits of an integer of 64 bits are kept. modulectl rounds it to a float on the way into the template; kubectl does not.
//! - The key `<<` that is no merge key is written in quotes, so that it does not become one.
//! - What nests deeper than [`MAX_DEPTH`] is refused, as is what aliases blow up.

mod compose;
mod document;
mod edit;
mod emit;
mod json;
mod number;
mod read;
mod resolve;
mod timestamp;

use serde_json::Value;

pub use document::{PathStep, YamlDocument};
pub use edit::{EditError, EditRefusal, YamlEdit, YamlPath, YamlPathError, edit};
pub(crate) use emit::one_line;
pub use emit::to_string;
pub use json::json;
pub(crate) use read::read_as;
pub use read::{each_document, read};
pub(crate) use resolve::flag_of_text;

use crate::Position;

/// How many lists and maps may be inside of each other, whether written so or by aliases. Objects of Kubernetes need some 30;
/// go-yaml and Kubernetes stop at 10,000, for which functions that call themselves would need more stack than a thread has.
/// `serde_json`, by which documents are written and read again, has the same limit.
pub const MAX_DEPTH: usize = 127;

fn too_deep() -> String {
    format!("lists and maps are nested deeper than {MAX_DEPTH}")
}

/// Whose rules decide what a scalar means and which entry wins over a merged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `sigs.k8s.io/yaml`: any value, by the rules of YAML 1.1 as go-yaml v2 has them. A merge key replaces the entries before it.
    Kubernetes,
    /// `gopkg.in/yaml.v3` into a struct of Go, whose texts stay as they are written, `yes`, `0644` and `1_000` among them; `yes`
    /// is a flag where the struct wants one. Entries that are written win over merged ones.
    GoStruct,
}

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
