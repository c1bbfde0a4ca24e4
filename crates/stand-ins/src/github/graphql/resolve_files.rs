//! Files and folders at a commit.
//! <https://docs.github.com/en/graphql/reference/objects#tree>

use super::object::Object;
use crate::github::model::GitRepository;
use crate::github::rest::objects::node_id;
use crate::text::stable_hex;
use serde_json::{Value, json};

/// A file, or a folder with what is right in it. A seeded commit may name the content of `.github/workflows` without files
/// ([`Commit::workflows`](crate::github::model::Commit::workflows)).
pub(crate) fn file_or_folder<'a>(
    repository: &'a GitRepository,
    commit: &str,
    path: &str,
) -> Option<Object<'a>> {
    let files = repository.files_at(commit);
    if let Some(file) = files.get(path) {
        return Some(Object::Json("Blob", blob(repository, commit, &file.sha)));
    }
    let prefix = format!("{path}/");
    let all = files.iter();
    let below = all.filter_map(|(path, file)| Some((path, path.strip_prefix(&prefix)?, file)));
    let entries: Vec<Value> = below
        .filter(|(_, name, _)| !name.contains('/'))
        .map(|(path, name, file)| {
            let object = blob(repository, commit, &file.sha);
            json!({ "name": name, "path": path, "type": "blob", "oid": file.sha, "object": object })
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

fn blob(repository: &GitRepository, commit: &str, oid: &str) -> Value {
    let bytes = repository.blob(oid).unwrap_or_default();
    let text = std::str::from_utf8(&bytes).ok();
    let mut blob = object(repository, commit, "Blob", oid);
    for (field, value) in [
        ("byteSize", json!(bytes.len())),
        ("isBinary", json!(text.is_none())),
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
