//! GraphQL: the part of the schema that clients of releases ask for, introspection included.
//! <https://docs.github.com/en/graphql>

mod connection;
mod document;
mod execute;
mod introspection;
mod mutate;
mod nodes;
mod object;
mod resolve;
mod resolve_checks;
mod resolve_compare;
mod resolve_files;
mod resolve_git;
mod resolve_issues;
mod resolve_milestones;
mod resolve_pulls;
mod resolve_releases;
mod resolve_repository;
mod resolve_search;
mod schema;

use super::call::ApiCall;
use super::error::{ApiError, ApiResult};
use super::model::GitHubWorld;
use crate::fields;
use crate::transport::Reply;
use execute::QueryExecution;
use object::{Object, ResolveContext};
use serde_json::{Value, json};

/// Errors come with status 200, in a form of their own.
pub(crate) fn answer(call: &ApiCall, world: &mut GitHubWorld) -> ApiResult {
    if call.token.is_none() {
        return Err(ApiError::new(
            401,
            "This endpoint requires you to be authenticated.",
        ));
    }
    let operation = fields::get(&call.body, "operationName").as_str();
    let read = document::read(
        fields::text(&call.body, "query"),
        operation.filter(|name| !name.is_empty()),
        fields::get(&call.body, "variables"),
    );
    let requested = match read {
        Ok(requested) => requested,
        Err(errors) => {
            let errors: Vec<Value> = errors.iter().map(document::QueryError::view).collect();
            return Ok(Reply::json(200, &json!({ "errors": errors })));
        }
    };
    let data;
    let mut execution;
    if requested.is_mutation {
        let fields = requested.fields.iter();
        let outcomes: Vec<_> = fields
            .map(|field| mutate::carry_out(call, world, field))
            .collect();
        execution = QueryExecution::new(ResolveContext { call, world });
        let mut answers = serde_json::Map::new();
        for (field, outcome) in requested.fields.iter().zip(outcomes) {
            let answer = execution.payload(outcome, field);
            answers.insert(field.alias.clone(), answer);
        }
        data = Value::Object(answers);
    } else {
        let world = call.past.unwrap_or(world);
        execution = QueryExecution::new(ResolveContext { call, world });
        data = execution.object(&Object::Query, &requested.fields);
    }
    let mut body = json!({ "data": data });
    if !execution.errors.is_empty() {
        fields::set(&mut body, "errors", execution.errors);
    }
    Ok(Reply::json(200, &body))
}
