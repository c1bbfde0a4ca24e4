//! Replaces one scalar of a YAML file, byte for byte: comments, order, quotes and line ends stay as they are.
//!
//! ```
//! use ocm_module::yaml::{YamlEdit, edit};
//!
//! let file = b"images:\n  - name: controller   # the manager\n    newTag: '1.1.0'\n";
//! let change: YamlEdit = "images[name=controller].newTag = 1.2.0".parse()?;
//! let edited = edit(file, &change.path, &change.value)?;
//! assert_eq!(
//!     String::from_utf8_lossy(&edited),
//!     "images:\n  - name: controller   # the manager\n    newTag: '1.2.0'\n"
//! );
//!
//! let image: YamlEdit = "spec.containers[name=manager].image:tag = 1.2.0".parse()?;
//! let refused = edit(b"spec:\n  containers: []\n", &image.path, &image.value).unwrap_err();
//! assert_eq!(refused.position.unwrap().to_string(), "2:3");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What the new value becomes:
//!
//! | the old value is | the new one is |
//! |---|---|
//! | a text in single or double quotes | a text in the same quotes; in double ones where single ones cannot hold it |
//! | a text without quotes | a text without quotes where it is read as the same text (`1.2.0`), else in quotes (`"1.10"`, `"yes"`) |
//! | a number | a number that is written as JSON would write it; anything else is refused |
//! | a flag | `true` or `false`; anything else is refused |
//! | `null` or `~` | a text |
//! | nothing, a block (<code>\|</code>, `>`), or has a tag other than `!!str` | refused |
//!
//! What a scalar means is decided by the rules of `sigs.k8s.io/yaml`. Before an edited file is handed out, it is read again:
//! all of its values but this one are as they were. An edit that a merge key or an alias would carry elsewhere, or hide, is
//! refused.

mod error;
mod find;
mod image;
mod path;
mod scalar;
mod syntax;

use serde_json::Value;

pub use error::{EditError, EditRefusal};
pub use path::{YamlEdit, YamlPath, YamlPathError};

use super::{PathStep, YamlDocument, read};
use find::EditTarget;
use path::ScalarPart;

/// The file with another value at a path. Where the value is there already, the same bytes.
///
/// # Errors
///
/// An [`EditError`] with line and column if the file is not YAML, if the path leads to no scalar or to more than one, or if the
/// scalar cannot be replaced without changing anything else.
pub fn edit(bytes: &[u8], path: &YamlPath, value: &str) -> Result<Vec<u8>, EditError> {
    let text = std::str::from_utf8(bytes).map_err(|error| EditError::not_text(bytes, error))?;
    let documents = read(text).map_err(EditError::unreadable)?;
    let target = find::target(text, &documents, path)?;
    // A merge key behind it may replace what is written.
    let read = documents.get(target.document);
    let read = read.and_then(|document| value_at(&document.value, &target.path));
    if read != target.scalar.resolved.clone().into_value().ok().as_ref() {
        return Err(EditError::shared(path).at(target.at));
    }
    let old = target.scalar.text_value().unwrap_or_default();
    let new = match path.part {
        ScalarPart::Whole => value.to_owned(),
        ScalarPart::Tag => image::with_tag(&old, value).map_err(|refused| refused.at(target.at))?,
    };
    if target.scalar.text_value().as_deref() == Some(&*new) {
        return Ok(bytes.to_vec());
    }
    let written =
        scalar::replacement(&target.scalar, &new).map_err(|refused| refused.at(target.at))?;
    let (Some(before), Some(after)) = (
        text.get(..target.scalar.bytes.start),
        text.get(target.scalar.bytes.end..),
    ) else {
        return Err(EditError::shared(path).at(target.at));
    };
    let edited = [before, &written.text, after].concat();
    if !changes_only(documents, &edited, &target, written.value) {
        return Err(EditError::shared(path).at(target.at));
    }
    Ok(edited.into_bytes())
}

/// Whether the edited text means what the documents mean, but for the new value.
fn changes_only(
    mut documents: Vec<YamlDocument>,
    edited: &str,
    target: &EditTarget,
    value: Value,
) -> bool {
    let Ok(read_again) = read(edited) else {
        return false;
    };
    let root = documents.get_mut(target.document);
    let Some(place) = root.and_then(|root| place(&mut root.value, &target.path)) else {
        return false;
    };
    *place = value;
    let before = documents.iter().map(|document| &document.value);
    before.eq(read_again.iter().map(|document| &document.value))
}

fn value_at<'v>(value: &'v Value, path: &[PathStep]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get(key),
        PathStep::Index(index) => value.get(index),
    })
}

fn place<'v>(value: &'v mut Value, path: &[PathStep]) -> Option<&'v mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        PathStep::Key(key) => value.get_mut(key),
        PathStep::Index(index) => value.get_mut(index),
    })
}

#[cfg(test)]
mod tests;
