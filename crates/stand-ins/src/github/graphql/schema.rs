//! The schema, parsed once from `schema.graphql`: for validation and for introspection.
//! <https://spec.graphql.org/October2021/#sec-Type-System>

use graphql_parser::schema::{
    Definition, Document, Field, InputValue, Type, TypeDefinition, parse_schema,
};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// How the parser keeps names of the schema.
pub(crate) type SchemaText = &'static str;

const SOURCE: &str = include_str!("schema.graphql");

/// What every schema has, introspection included.
const BUILT_IN: &str = "
scalar Boolean
scalar Float
scalar ID
scalar Int
scalar String
enum __TypeKind { ENUM INPUT_OBJECT INTERFACE LIST NON_NULL OBJECT SCALAR UNION }
type __Schema { queryType: __Type! mutationType: __Type subscriptionType: __Type types: [__Type!]! }
type __Type {
  description: String
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  fields(includeDeprecated: Boolean = false): [__Field!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!]
  interfaces: [__Type!]
  kind: __TypeKind!
  name: String
  ofType: __Type
  possibleTypes: [__Type!]
}
type __Field {
  args: [__InputValue!]!
  deprecationReason: String
  description: String
  isDeprecated: Boolean!
  name: String!
  type: __Type!
}
type __InputValue { defaultValue: String description: String name: String! type: __Type! }
type __EnumValue { deprecationReason: String description: String isDeprecated: Boolean! name: String! }
extend type Query { __schema: __Schema! __type(name: String!): __Type }
";

static SCHEMA: LazyLock<GraphQlSchema> = LazyLock::new(GraphQlSchema::read);

/// All types by name.
#[derive(Debug, Default)]
pub(crate) struct GraphQlSchema {
    pub(crate) types: BTreeMap<SchemaText, TypeDefinition<'static, SchemaText>>,
    /// What may be asked of the query's root besides its own fields: `__schema` and `__type`.
    introspection: Vec<Field<'static, SchemaText>>,
}

impl GraphQlSchema {
    pub(crate) fn get() -> &'static GraphQlSchema {
        &SCHEMA
    }

    fn read() -> GraphQlSchema {
        let mut schema = GraphQlSchema::default();
        for source in [BUILT_IN, SOURCE] {
            // A unit test holds that both can be read.
            let document: Document<'static, SchemaText> =
                parse_schema(source).unwrap_or_else(|_| Document {
                    definitions: Vec::new(),
                });
            for definition in document.definitions {
                match definition {
                    Definition::TypeDefinition(of_type) => {
                        schema.types.insert(name_of(&of_type), of_type);
                    }
                    Definition::TypeExtension(graphql_parser::schema::TypeExtension::Object(
                        extension,
                    )) => schema.introspection.extend(extension.fields),
                    _ => {}
                }
            }
        }
        schema
    }

    /// The field of an object or interface type.
    pub(crate) fn field(&self, of_type: &str, name: &str) -> Option<&Field<'static, SchemaText>> {
        let mut fields = self.fields(of_type).iter();
        let own = fields.find(|field| field.name == name);
        own.or_else(|| {
            let mut more = self.introspection.iter();
            more.find(|field| of_type == "Query" && field.name == name)
        })
    }

    /// The fields of an object or interface type; other types have none.
    pub(crate) fn fields(&self, of_type: &str) -> &[Field<'static, SchemaText>] {
        match self.types.get(of_type) {
            Some(TypeDefinition::Object(object)) => &object.fields,
            Some(TypeDefinition::Interface(interface)) => &interface.fields,
            _ => &[],
        }
    }

    /// The fields of an input type; other types have none.
    pub(crate) fn inputs(&self, of_type: &str) -> &[InputValue<'static, SchemaText>] {
        match self.types.get(of_type) {
            Some(TypeDefinition::InputObject(input)) => &input.fields,
            _ => &[],
        }
    }

    /// Whether values of a type have fields of their own.
    pub(crate) fn is_composite(&self, of_type: &str) -> bool {
        matches!(
            self.types.get(of_type),
            Some(
                TypeDefinition::Object(_) | TypeDefinition::Interface(_) | TypeDefinition::Union(_)
            )
        )
    }

    /// Whether an object type is, implements, or is one of the other.
    pub(crate) fn is_a(&self, object: &str, other: &str) -> bool {
        object == other
            || match self.types.get(other) {
                Some(TypeDefinition::Union(union)) => union.types.contains(&object),
                Some(TypeDefinition::Interface(_)) => match self.types.get(object) {
                    Some(TypeDefinition::Object(object)) => {
                        object.implements_interfaces.contains(&other)
                    }
                    _ => false,
                },
                _ => false,
            }
    }
}

pub(crate) fn name_of(of_type: &TypeDefinition<'static, SchemaText>) -> SchemaText {
    match of_type {
        TypeDefinition::Scalar(it) => it.name,
        TypeDefinition::Object(it) => it.name,
        TypeDefinition::Interface(it) => it.name,
        TypeDefinition::Union(it) => it.name,
        TypeDefinition::Enum(it) => it.name,
        TypeDefinition::InputObject(it) => it.name,
    }
}

/// The named type within lists and non-null types.
pub(crate) fn base_of(of_type: &Type<'static, SchemaText>) -> SchemaText {
    match of_type {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base_of(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_is_complete() {
        parse_schema::<SchemaText>(BUILT_IN).unwrap();
        parse_schema::<SchemaText>(SOURCE).unwrap();
        let schema = GraphQlSchema::get();
        for name in schema.types.keys() {
            for field in schema.fields(name) {
                let wanted = base_of(&field.field_type);
                assert!(schema.types.contains_key(wanted), "{name}.{}", field.name);
                for argument in &field.arguments {
                    let wanted = base_of(&argument.value_type);
                    assert!(schema.types.contains_key(wanted), "{name}.{}", field.name);
                }
            }
        }
    }
}
