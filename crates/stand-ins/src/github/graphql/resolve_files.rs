//! Files and folders at a commit.
//! <https://docs.github.com/en/graphql/reference/objects#tree>

use super::object::Object;
use crate::github::model::GitRepository;
use crate::github::rest::objects::node_id;
use crate::text::stable_hex;
use serde_json::{Value, json};

/// A file, or a folder with what is right in it. Files are the same at every commit; only the content of `.github/workflows` may be
/// named by a commit ([`Commit::workflows`](crate::github::model::Commit::workflows)).
pub(crate) fn file_or_folder<'a>(
    repository: &'a GitRepository,
    commit: &str,
    path: &str,
) -> Option<Object<'a>> {
    if let Some(text) = repository.files.get(path) {
        return Some(Object::Json("Blob", blob(repository, commit, path, text)));
    }
    let prefix = format!("{path}/");
    let files = repository.files.iter();
    let below = files.filter_map(|(file, text)| Some((file, file.strip_prefix(&prefix)?, text)));
    let entries: Vec<Value> = below
        .filter(|(_, name, _)| !name.contains('/'))
        .map(|(file, name, text)| {
            let object = blob(repository, commit, file, text);
            let oid = object.get("oid").cloned();
            json!({ "name": name, "path": file, "type": "blob", "oid": oid, "object": object })
        })
        .collect();
    let workflows = match path {
        ".github/workflows" => repository.commits.get(commit)?.workflows.as_str(),
        _ => "",
    };
    if entries.is_empty() && workflows.is_empty() {
        return None;
    }
    let oid = stable_hex(&format!("tree {path} {workflows} {entries:?}"), 40);
    let mut tree = object(repository, commit, "Tree", &oid);
    crate::fields::set(&mut tree, "entries", entries);
    Some(Object::Json("Tree", tree))
}

fn blob(repository: &GitRepository, commit: &str, path: &str, text: &str) -> Value {
    let oid = stable_hex(&format!("blob {path} {}", text.len()), 40);
    let mut blob = object(repository, commit, "Blob", &oid);
    for (field, value) in [
        ("byteSize", json!(text.len())),
        ("isBinary", json!(false)),
        ("isTruncated", json!(false)),
        ("text", json!(text)),
    ] {
        crate::fields::set(&mut blob, field, value);
    }
    blob
}

/// What all objects of git have.
fn object(repository: &GitRepository, commit: &str, kind: &str, oid: &str) -> Value {
    json!({
        "__typename": kind,
        "id": node_id("B", repository.id),
        "oid": oid,
        "abbreviatedOid": oid.get(..7),
        "commitUrl": format!("/{}/commit/{commit}", repository.full_name()),
    })
}
