//! Pagination of all lists: `nodes`, `edges`, `pageInfo` and `totalCount`.
//! <https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api>

use super::document::RequestedField;
use super::object::{Connection, Object, Resolved};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The most that `first` and `last` may ask for.
const PAGE_MAX: u64 = 100;

/// The page that `first`, `last`, `after` and `before` ask for.
///
/// # Errors
///
/// More than 100 items are asked for, in the words that GitHub refuses it with.
pub(crate) fn new<'a>(
    type_name: &'static str,
    edge_type: &'static str,
    all: Vec<Object<'a>>,
    field: &RequestedField,
) -> Result<Object<'a>, String> {
    for argument in ["first", "last"] {
        if let Some(asked) = field.number(argument).filter(|asked| *asked > PAGE_MAX) {
            return Err(format!(
                "Requesting {asked} records on the `{}` connection exceeds the `{argument}` \
                 limit of {PAGE_MAX} records.",
                field.name
            ));
        }
    }
    let total = all.len();
    let place = |argument: &str| field.optional_text(argument).and_then(place_of);
    let start = place("after").map_or(0, |place| place + 1);
    let end = place("before").unwrap_or(total).min(total);
    let mut page: Vec<_> = all.into_iter().enumerate().collect();
    page.retain(|(place, _)| (start..end).contains(place));
    let size = |argument: &str| {
        let asked = field.number(argument)?;
        usize::try_from(asked).ok()
    };
    page.truncate(size("first").unwrap_or(usize::MAX));
    if let Some(last) = size("last") {
        page.drain(..page.len().saturating_sub(last));
    }
    Ok(Object::Connection(Box::new(Connection {
        type_name,
        edge_type,
        page,
        total,
    })))
}

pub(crate) fn resolve<'a>(connection: &Connection<'a>, field: &str) -> Option<Resolved<'a>> {
    let objects = connection.page.iter().map(|(_, object)| object.clone());
    Some(match field {
        "nodes" => Resolved::List(objects.collect()),
        "edges" => Resolved::List(
            connection
                .page
                .iter()
                .map(|(place, object)| {
                    Object::Edge(
                        connection.edge_type,
                        cursor(*place),
                        Box::new(object.clone()),
                    )
                })
                .collect(),
        ),
        "totalCount" => json!(connection.total).into(),
        "pageInfo" => Object::Json("PageInfo", page_info(connection)).into(),
        _ => return None,
    })
}

fn page_info(connection: &Connection) -> Value {
    let places = |at: Option<&(usize, Object)>| at.map(|(place, _)| *place);
    let (first, last) = (
        places(connection.page.first()),
        places(connection.page.last()),
    );
    json!({
        "hasPreviousPage": first.is_some_and(|first| first > 0),
        "hasNextPage": last.is_some_and(|last| last + 1 < connection.total),
        "startCursor": first.map(cursor),
        "endCursor": last.map(cursor),
    })
}

/// Opaque to clients.
fn cursor(place: usize) -> String {
    STANDARD.encode(format!("cursor:{place}"))
}

fn place_of(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("cursor:")?.parse().ok()
}
