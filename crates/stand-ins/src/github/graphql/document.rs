//! Parses a query, fills in variables, fragments and directives, and validates it against the schema.
//! <https://spec.graphql.org/October2021/#sec-Validation>

use super::schema::{GraphQlSchema, base_of};
use crate::fields;
use graphql_parser::query::{
    Definition, Directive, Document, FragmentDefinition, OperationDefinition, Selection,
    SelectionSet, Type, TypeCondition, VariableDefinition, parse_query,
};
use graphql_parser::{Pos, query};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The largest nesting of fragments: larger than clients need, and an end for cyclic fragments.
const DEPTH_MAX: usize = 30;

/// A field that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct RequestedField {
    /// The name in the answer.
    pub(crate) alias: String,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    /// The types of the enclosing fragments: the field applies only to objects of all these types.
    pub(crate) conditions: Vec<String>,
    pub(crate) fields: Vec<RequestedField>,
    position: Pos,
}

impl RequestedField {
    pub(crate) fn text(&self, argument: &str) -> &str {
        self.optional_text(argument).unwrap_or_default()
    }

    pub(crate) fn optional_text(&self, argument: &str) -> Option<&str> {
        self.arguments.get(argument)?.as_str()
    }

    pub(crate) fn number(&self, argument: &str) -> Option<u64> {
        self.arguments.get(argument)?.as_u64()
    }

    /// The words of a list argument; `None`: not given.
    pub(crate) fn words(&self, argument: &str) -> Option<Vec<&str>> {
        words(self.arguments.get(argument)?)
    }
}

pub(crate) fn words(list: &Value) -> Option<Vec<&str>> {
    let words = list.as_array()?.iter();
    Some(words.filter_map(Value::as_str).collect())
}

/// Why a query is not carried out at all: one of `errors` in the answer.
#[derive(Debug)]
pub(crate) struct QueryError {
    message: String,
    position: Option<Pos>,
    extensions: Value,
}

impl QueryError {
    fn new(message: impl Into<String>) -> QueryError {
        QueryError {
            message: message.into(),
            position: None,
            extensions: Value::Null,
        }
    }

    fn at(position: Pos, code: &str, message: String) -> QueryError {
        QueryError {
            message,
            position: Some(position),
            extensions: json!({ "code": code }),
        }
    }

    pub(crate) fn view(&self) -> Value {
        let mut view = json!({ "message": self.message });
        if let Some(at) = self.position {
            let place = json!([{ "line": at.line, "column": at.column }]);
            fields::set(&mut view, "locations", place);
        }
        if self.extensions.is_object() {
            fields::set(&mut view, "extensions", self.extensions.clone());
        }
        view
    }
}

/// What is to be carried out.
#[derive(Debug)]
pub(crate) struct RequestedOperation {
    pub(crate) is_mutation: bool,
    /// The fields of the outermost selection.
    pub(crate) fields: Vec<RequestedField>,
}

pub(crate) fn read(
    query: &str,
    operation: Option<&str>,
    variables: &Value,
) -> Result<RequestedOperation, Vec<QueryError>> {
    let parsed: Document<'_, String> = parse_query(query)
        .map_err(|error| vec![QueryError::new(format!("Parse error: {error}"))])?;
    let one = |error: QueryError| vec![error];
    let (is_mutation, selections, definitions) = chosen(&parsed, operation).map_err(one)?;
    let mut reader = SelectionReader {
        fragments: BTreeMap::new(),
        variables: variables_of(definitions, variables)?,
    };
    for definition in &parsed.definitions {
        if let Definition::Fragment(fragment) = definition {
            reader.fragments.insert(fragment.name.as_str(), fragment);
        }
    }
    let fields = reader.flatten(selections, &[], 0).map_err(one)?;
    let mut errors = Vec::new();
    let root = if is_mutation { "Mutation" } else { "Query" };
    check(&fields, root, &mut errors);
    if is_mutation {
        for field in &fields {
            check_input(field, &mut errors);
        }
    }
    if errors.is_empty() {
        Ok(RequestedOperation {
            is_mutation,
            fields,
        })
    } else {
        Err(errors)
    }
}

/// Whether it is a mutation, its selection and its variables.
type ChosenOperation<'q> = (
    bool,
    &'q SelectionSet<'q, String>,
    &'q [VariableDefinition<'q, String>],
);

/// The operation of that name, or the only one.
fn chosen<'q>(
    document: &'q Document<'q, String>,
    wanted: Option<&str>,
) -> Result<ChosenOperation<'q>, QueryError> {
    let mut found = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Operation(OperationDefinition::SelectionSet(selections)) => {
                found.push((None, (false, selections, &[][..])));
            }
            Definition::Operation(OperationDefinition::Query(query)) => found.push((
                query.name.as_deref(),
                (
                    false,
                    &query.selection_set,
                    query.variable_definitions.as_slice(),
                ),
            )),
            Definition::Operation(OperationDefinition::Mutation(mutation)) => found.push((
                mutation.name.as_deref(),
                (
                    true,
                    &mutation.selection_set,
                    mutation.variable_definitions.as_slice(),
                ),
            )),
            Definition::Operation(_) => {
                return Err(QueryError::new("Only queries and mutations are served."));
            }
            Definition::Fragment(_) => {}
        }
    }
    let by_name =
        |(name, _): &&(Option<&str>, ChosenOperation<'q>)| wanted.is_none_or(|_| *name == wanted);
    let mut matching = found.iter().filter(by_name);
    match (matching.next(), matching.next()) {
        (Some((_, operation)), None) => Ok(*operation),
        (None, _) => Err(QueryError::new(format!(
            "No operation named {:?}",
            wanted.unwrap_or_default()
        ))),
        (Some(_), Some(_)) => Err(QueryError::new("An operation name is required")),
    }
}

/// The given value, or else the default; a non-null variable is required.
fn variables_of(
    definitions: &[VariableDefinition<'_, String>],
    sent: &Value,
) -> Result<Map<String, Value>, Vec<QueryError>> {
    let (mut values, mut errors) = (Map::new(), Vec::new());
    for definition in definitions {
        let sent = sent.get(&definition.name).cloned();
        let default = || {
            let default = definition.default_value.as_ref()?;
            value(default, &Map::new())
        };
        match sent.or_else(default) {
            Some(value) if fits(&value, &definition.var_type) => {
                values.insert(definition.name.clone(), value);
            }
            None | Some(Value::Null) if !matches!(definition.var_type, Type::NonNullType(_)) => {}
            _ => {
                errors.push(QueryError::at(
                    definition.position,
                    "variableRequired",
                    format!(
                        "Variable ${} of type {} was provided invalid value",
                        definition.name, definition.var_type
                    ),
                ));
            }
        }
    }
    if errors.is_empty() {
        Ok(values)
    } else {
        Err(errors)
    }
}

/// Whether a value is one of that type, as far as the type is built in; a single value may stand for a list.
fn fits(value: &Value, of_type: &Type<'_, String>) -> bool {
    match (of_type, value) {
        (_, Value::Null) => false,
        (Type::ListType(inner), Value::Array(items)) => items.iter().all(|item| fits(item, inner)),
        (Type::NonNullType(inner) | Type::ListType(inner), _) => fits(value, inner),
        (Type::NamedType(name), _) => match name.as_str() {
            "Boolean" => value.is_boolean(),
            "Float" => value.is_number(),
            "ID" => value.is_string() || value.is_i64(),
            "Int" => value.is_i64(),
            "String" => value.is_string(),
            _ => true,
        },
    }
}

/// `None`: a variable that was not given.
fn value(of: &query::Value<'_, String>, variables: &Map<String, Value>) -> Option<Value> {
    Some(match of {
        query::Value::Variable(name) => variables.get(name)?.clone(),
        query::Value::Int(number) => json!(number.as_i64()),
        query::Value::Float(number) => json!(number),
        query::Value::String(text) => json!(text),
        query::Value::Boolean(flag) => json!(flag),
        query::Value::Null => Value::Null,
        query::Value::Enum(word) => json!(word),
        query::Value::List(list) => list
            .iter()
            .filter_map(|item| value(item, variables))
            .collect(),
        query::Value::Object(object) => Value::Object(arguments(object, variables)),
    })
}

fn arguments<'v, 'q: 'v>(
    pairs: impl IntoIterator<Item = (&'v String, &'v query::Value<'q, String>)>,
    variables: &Map<String, Value>,
) -> Map<String, Value> {
    pairs
        .into_iter()
        .filter_map(|(name, of)| Some((name.clone(), value(of, variables)?)))
        .collect()
}

struct SelectionReader<'q> {
    fragments: BTreeMap<&'q str, &'q FragmentDefinition<'q, String>>,
    variables: Map<String, Value>,
}

impl<'q> SelectionReader<'q> {
    /// Fields in order, those of fragments among them.
    fn flatten(
        &self,
        set: &'q SelectionSet<'q, String>,
        conditions: &[String],
        depth: usize,
    ) -> Result<Vec<RequestedField>, QueryError> {
        if depth > DEPTH_MAX {
            return Err(QueryError::new(
                "Fragments contain an infinite loop, or too many levels",
            ));
        }
        let mut fields = Vec::new();
        for selection in &set.items {
            match selection {
                Selection::Field(field) if self.included(&field.directives) => {
                    let pairs = field.arguments.iter().map(|(name, of)| (name, of));
                    fields.push(RequestedField {
                        alias: field.alias.clone().unwrap_or_else(|| field.name.clone()),
                        name: field.name.clone(),
                        arguments: arguments(pairs, &self.variables),
                        conditions: conditions.to_vec(),
                        fields: self.flatten(&field.selection_set, &[], depth + 1)?,
                        position: field.position,
                    });
                }
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let inner = within(conditions, fragment.type_condition.as_ref());
                    fields.extend(self.flatten(&fragment.selection_set, &inner, depth + 1)?);
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    let name = spread.fragment_name.as_str();
                    let fragment = self.fragments.get(name).ok_or_else(|| {
                        let message = format!("Fragment {name} was used, but not defined");
                        QueryError::at(spread.position, "useAndDefineFragment", message)
                    })?;
                    let inner = within(conditions, Some(&fragment.type_condition));
                    fields.extend(self.flatten(&fragment.selection_set, &inner, depth + 1)?);
                }
                _ => {}
            }
        }
        Ok(fields)
    }

    /// `@include(if:)` and `@skip(if:)`.
    fn included(&self, directives: &[Directive<'q, String>]) -> bool {
        directives.iter().all(|directive| {
            let given = directive.arguments.iter().find(|(name, _)| name == "if");
            let given = given.and_then(|(_, of)| value(of, &self.variables));
            match directive.name.as_str() {
                "include" => given != Some(json!(false)),
                "skip" => given != Some(json!(true)),
                _ => true,
            }
        })
    }
}

fn within(outer: &[String], condition: Option<&TypeCondition<'_, String>>) -> Vec<String> {
    let mut conditions = outer.to_vec();
    if let Some(TypeCondition::On(name)) = condition {
        conditions.push(name.clone());
    }
    conditions
}

/// The input of a mutation has the fields of its type, and those that are required.
fn check_input(field: &RequestedField, errors: &mut Vec<QueryError>) {
    let schema = GraphQlSchema::get();
    let definition = schema.field("Mutation", &field.name);
    let arguments = definition.iter().flat_map(|field| &field.arguments);
    for argument in arguments {
        let of_type = base_of(&argument.value_type);
        let known = schema.inputs(of_type);
        let sent = field.arguments.get(argument.name);
        let sent = sent.and_then(Value::as_object).cloned().unwrap_or_default();
        for name in sent.keys() {
            if !known.iter().any(|known| known.name == name) {
                let message = format!("InputObject '{of_type}' doesn't accept argument '{name}'");
                errors.push(QueryError::at(
                    field.position,
                    "argumentNotAccepted",
                    message,
                ));
            }
        }
        for wanted in known {
            let required = matches!(wanted.value_type, Type::NonNullType(_));
            let given = sent.get(wanted.name).is_some_and(|value| !value.is_null());
            if required && !given {
                let message = format!(
                    "Argument '{}' on InputObject '{of_type}' is required. Expected type {}",
                    wanted.name, wanted.value_type
                );
                errors.push(QueryError::at(
                    field.position,
                    "missingRequiredInputObjectAttribute",
                    message,
                ));
            }
        }
    }
}

/// Every field is one of its type, takes the arguments given, and has a selection where it needs one.
fn check(fields: &[RequestedField], of_type: &str, errors: &mut Vec<QueryError>) {
    let schema = GraphQlSchema::get();
    for field in fields {
        let of_type = field.conditions.last().map_or(of_type, String::as_str);
        let RequestedField { name, position, .. } = field;
        if !schema.types.contains_key(of_type) {
            let message = format!("No such type {of_type}, so it can't be a fragment condition");
            errors.push(QueryError::at(*position, "undefinedType", message));
            continue;
        }
        if name == "__typename" {
            continue;
        }
        let Some(definition) = schema.field(of_type, name) else {
            let message = format!("Field '{name}' doesn't exist on type '{of_type}'");
            errors.push(QueryError::at(*position, "undefinedField", message));
            continue;
        };
        let base = base_of(&definition.field_type);
        for argument in field.arguments.keys() {
            let mut known = definition.arguments.iter();
            if !known.any(|known| known.name == argument) {
                let message = format!("Field '{name}' doesn't accept argument '{argument}'");
                errors.push(QueryError::at(*position, "argumentNotAccepted", message));
            }
        }
        for wanted in &definition.arguments {
            let required = matches!(wanted.value_type, Type::NonNullType(_));
            if required && !field.arguments.contains_key(wanted.name) {
                let message = format!(
                    "Field '{name}' is missing required arguments: {}",
                    wanted.name
                );
                errors.push(QueryError::at(
                    *position,
                    "missingRequiredArguments",
                    message,
                ));
            }
        }
        match (schema.is_composite(base), field.fields.is_empty()) {
            (true, true) => {
                let message = format!(
                    "Field must have selections (field '{name}' returns {base} but has no \
                     selections. Did you mean '{name} {{ ... }}'?)"
                );
                errors.push(QueryError::at(*position, "selectionMismatch", message));
            }
            (false, false) => {
                let message =
                    format!("Selections can't be made on scalars (field '{name}' returns {base})");
                errors.push(QueryError::at(*position, "selectionMismatch", message));
            }
            _ => check(&field.fields, base, errors),
        }
    }
}
