//! Lists and users inside of what is resolved at once.

use crate::github::rest::objects::{id_of, node_id};
use serde_json::{Value, json};

/// A list that is one page.
pub(crate) fn list(nodes: impl Iterator<Item = Value>) -> Value {
    let nodes: Vec<Value> = nodes.collect();
    json!({
        "totalCount": nodes.len(),
        "nodes": nodes,
        "pageInfo": { "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null },
    })
}

/// A login without more, as JSON.
pub(crate) fn actor(login: &str) -> Value {
    let plain = login.trim_end_matches("[bot]");
    let kind = if plain == login { "User" } else { "Bot" };
    json!({ "__typename": kind, "id": node_id("U", id_of(login)), "login": plain, "name": null })
}
