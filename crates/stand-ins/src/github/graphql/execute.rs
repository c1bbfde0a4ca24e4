//! Executes a validated query.
//! <https://spec.graphql.org/October2021/#sec-Execution>

use super::document::RequestedField;
use super::mutate::MutationOutcome;
use super::object::{FieldError, Object, ResolveContext, Resolved};
use super::resolve::resolve;
use super::schema::{GraphQlSchema, base_of};
use serde_json::{Map, Value, json};

/// The data of an answer, and what could not be resolved.
pub(crate) struct QueryExecution<'a> {
    pub(crate) context: ResolveContext<'a>,
    pub(crate) errors: Vec<Value>,
    path: Vec<Value>,
}

impl<'a> QueryExecution<'a> {
    pub(crate) fn new(context: ResolveContext<'a>) -> QueryExecution<'a> {
        QueryExecution {
            context,
            errors: Vec::new(),
            path: Vec::new(),
        }
    }

    /// What an object answers to these fields.
    pub(crate) fn object(&mut self, object: &Object<'a>, fields: &[RequestedField]) -> Value {
        let mut answer = Map::new();
        for field in collect(object.type_name(), fields) {
            self.path.push(json!(field.alias));
            let value = self.field(object, &field);
            self.path.pop();
            answer.insert(field.alias, value);
        }
        Value::Object(answer)
    }

    /// The answer to a mutation, with what it changed as it is now.
    pub(crate) fn payload(
        &mut self,
        outcome: Result<MutationOutcome, FieldError>,
        field: &RequestedField,
    ) -> Value {
        let error = match outcome {
            Ok(outcome) => {
                let repository = self.context.world.find(&outcome.repository);
                let pull = repository.and_then(|found| found.pulls.get(&outcome.number));
                let Some((repository, pull)) = repository.zip(pull) else {
                    return Value::Null;
                };
                let MutationOutcome {
                    payload,
                    number,
                    client,
                    ..
                } = outcome;
                let object = Object::Payload(payload, repository, number, pull, client);
                return self.object(&object, &field.fields);
            }
            Err(error) => error,
        };
        let mut view = error.view();
        crate::fields::set(&mut view, "path", json!([field.alias]));
        self.errors.push(view);
        Value::Null
    }

    fn field(&mut self, object: &Object<'a>, field: &RequestedField) -> Value {
        if field.name == "__typename" {
            return json!(object.type_name());
        }
        match resolve(&self.context, object, field) {
            Ok(Resolved::Value(value)) => {
                let schema = GraphQlSchema::get();
                let definition = schema.field(object.type_name(), &field.name);
                match definition.map(|definition| base_of(&definition.field_type)) {
                    Some(base) if schema.is_composite(base) => self.json(base, &value, field),
                    _ => value,
                }
            }
            Ok(Resolved::Object(inner)) => self.object(&inner, &field.fields),
            Ok(Resolved::List(items)) => items
                .iter()
                .map(|item| self.object(item, &field.fields))
                .collect(),
            Err(error) => {
                let mut error = error.view();
                crate::fields::set(&mut error, "path", self.path.clone());
                self.errors.push(error);
                Value::Null
            }
        }
    }

    /// An object, or a list of objects, that is completely resolved.
    fn json(&mut self, of_type: &'static str, value: &Value, field: &RequestedField) -> Value {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.json(of_type, item, field))
                .collect(),
            Value::Object(_) => {
                // Where the schema names an interface, the value says which of its types it is.
                let named = crate::fields::text(value, "__typename");
                let known = GraphQlSchema::get().types.get_key_value(named);
                let of_type = known.map_or(of_type, |(name, _)| *name);
                if ["User", "Bot"].contains(&of_type) {
                    let login = crate::fields::text(value, "login");
                    return self.object(&Object::actor(login), &field.fields);
                }
                let object = Object::Json(of_type, value.clone());
                self.object(&object, &field.fields)
            }
            other => other.clone(),
        }
    }
}

/// The fields for objects of one type: those of fragments for other types left out, and fields that stand
/// more than once merged.
fn collect(of_type: &str, fields: &[RequestedField]) -> Vec<RequestedField> {
    let schema = GraphQlSchema::get();
    let mut collected: Vec<RequestedField> = Vec::new();
    for field in fields {
        let mut conditions = field.conditions.iter();
        if !conditions.all(|condition| schema.is_a(of_type, condition)) {
            continue;
        }
        match collected.iter_mut().find(|seen| seen.alias == field.alias) {
            Some(seen) => seen.fields.extend(field.fields.iter().cloned()),
            None => collected.push(field.clone()),
        }
    }
    collected
}
