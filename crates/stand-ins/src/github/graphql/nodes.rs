//! Lists and users inside of what is resolved at once.

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

/// A user or a bot, whose other fields follow from the login.
pub(crate) fn actor(login: &str) -> Value {
    let is_bot = login.ends_with("[bot]");
    json!({ "__typename": if is_bot { "Bot" } else { "User" }, "login": login })
}
