//! Introspection: `__schema` and `__type`, by which clients find out what a server supports.
//! <https://spec.graphql.org/October2021/#sec-Introspection>

use super::object::{Object, Resolved};
use super::schema::{GraphQlSchema, SchemaText, name_of};
use graphql_parser::schema::{Field, InputValue, Type, TypeDefinition};
use serde_json::{Value, json};

pub(crate) fn schema() -> Object<'static> {
    let types = GraphQlSchema::get().types.values();
    Object::Json(
        "__Schema",
        json!({
            "queryType": named("Query"),
            "mutationType": named("Mutation"),
            "subscriptionType": null,
            "types": types.map(full).collect::<Vec<_>>(),
        }),
    )
}

/// A type by its name, or `null`.
pub(crate) fn of_type<'a>(name: &str) -> Resolved<'a> {
    let found = GraphQlSchema::get().types.get(name);
    Resolved::maybe(found.map(|found| Object::Json("__Type", full(found))))
}

fn kind(of_type: Option<&TypeDefinition<'static, SchemaText>>) -> SchemaText {
    match of_type {
        Some(TypeDefinition::Object(_)) => "OBJECT",
        Some(TypeDefinition::Interface(_)) => "INTERFACE",
        Some(TypeDefinition::Union(_)) => "UNION",
        Some(TypeDefinition::Enum(_)) => "ENUM",
        Some(TypeDefinition::InputObject(_)) => "INPUT_OBJECT",
        Some(TypeDefinition::Scalar(_)) | None => "SCALAR",
    }
}

/// A type by name and kind, as a reference from another type.
fn named(name: &str) -> Value {
    let found = GraphQlSchema::get().types.get(name);
    json!({ "kind": kind(found), "name": name, "ofType": null })
}

fn used(of_type: &Type<'static, SchemaText>) -> Value {
    let wrapped = |kind: &str, inner| json!({ "kind": kind, "name": null, "ofType": used(inner) });
    match of_type {
        Type::NamedType(name) => named(name),
        Type::ListType(inner) => wrapped("LIST", inner),
        Type::NonNullType(inner) => wrapped("NON_NULL", inner),
    }
}

fn full(of_type: &TypeDefinition<'static, SchemaText>) -> Value {
    let name = name_of(of_type);
    let schema = GraphQlSchema::get();
    let list = |names: &[SchemaText]| names.iter().map(|name| named(name)).collect::<Value>();
    let fields = schema.fields(name);
    let (fields, interfaces) = match of_type {
        TypeDefinition::Object(object) => (
            fields.iter().map(field).collect(),
            list(&object.implements_interfaces),
        ),
        TypeDefinition::Interface(_) => (fields.iter().map(field).collect(), list(&[])),
        _ => (Value::Null, Value::Null),
    };
    let possible = match of_type {
        TypeDefinition::Union(union) => list(&union.types),
        TypeDefinition::Interface(_) => {
            let names = schema.types.keys().copied();
            let objects = names.filter(|object| *object != name && schema.is_a(object, name));
            list(&objects.collect::<Vec<_>>())
        }
        _ => Value::Null,
    };
    let values = match of_type {
        TypeDefinition::Enum(words) => words
            .values
            .iter()
            .map(|word| json!({ "name": word.name, "description": null, "isDeprecated": false, "deprecationReason": null }))
            .collect(),
        _ => Value::Null,
    };
    let inputs = match of_type {
        TypeDefinition::InputObject(input) => input.fields.iter().map(argument).collect(),
        _ => Value::Null,
    };
    json!({
        "kind": kind(Some(of_type)),
        "name": name,
        "description": null,
        "fields": fields,
        "interfaces": interfaces,
        "possibleTypes": possible,
        "enumValues": values,
        "inputFields": inputs,
        "ofType": null,
    })
}

fn field(field: &Field<'static, SchemaText>) -> Value {
    json!({
        "name": field.name,
        "description": null,
        "args": field.arguments.iter().map(argument).collect::<Vec<_>>(),
        "type": used(&field.field_type),
        "isDeprecated": false,
        "deprecationReason": null,
    })
}

fn argument(argument: &InputValue<'static, SchemaText>) -> Value {
    json!({
        "name": argument.name,
        "description": null,
        "type": used(&argument.value_type),
        "defaultValue": argument.default_value.as_ref().map(ToString::to_string),
    })
}
