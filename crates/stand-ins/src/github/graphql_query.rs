//! As much of the GraphQL language as clients of releases use: one operation, variables, arguments,
//! aliases, nested selections. No fragments, no directives.
//! <https://spec.graphql.org/October2021/>

use crate::fields;
use serde_json::{Map, Value};

/// A field that was asked for.
#[derive(Debug)]
pub(crate) struct Field {
    /// The name in the answer.
    pub(crate) alias: String,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Value>,
    pub(crate) fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Name(String),
    Variable(String),
    Literal(Value),
    Mark(char),
}

/// The fields of the query's outermost selection, with variables filled in.
pub(crate) fn parse(query: &str, variables: &Value) -> Result<Vec<Field>, String> {
    let mut parser = Parser {
        tokens: tokens(query)?,
        at: 0,
        variables,
    };
    if parser.peek() != Some(&Token::Mark('{')) {
        let operation = parser.name()?;
        if operation != "query" {
            return Err(format!("operation {operation:?} is not supported"));
        }
        // A name and declarations of variables may stand here; the values say enough.
        while parser
            .peek()
            .is_some_and(|token| *token != Token::Mark('{'))
        {
            parser.next();
        }
    }
    parser.selection()
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    variables: &'a Value,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn skip(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.skip(mark) {
            Ok(())
        } else {
            Err(format!("expected {mark:?}, got {:?}", self.peek()))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            other => Err(format!("expected a name, got {other:?}")),
        }
    }

    fn selection(&mut self) -> Result<Vec<Field>, String> {
        self.expect('{')?;
        let mut fields = Vec::new();
        while !self.skip('}') {
            let mut name = self.name()?;
            let alias = name.clone();
            if self.skip(':') {
                name = self.name()?;
            }
            let mut arguments = Map::new();
            if self.skip('(') {
                while !self.skip(')') {
                    let argument = self.name()?;
                    self.expect(':')?;
                    arguments.insert(argument, self.value()?);
                }
            }
            let inner = self.peek() == Some(&Token::Mark('{'));
            let inner = if inner { self.selection()? } else { Vec::new() };
            fields.push(Field {
                alias,
                name,
                arguments,
                fields: inner,
            });
        }
        Ok(fields)
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.next() {
            Some(Token::Literal(value)) => Ok(value),
            Some(Token::Variable(name)) => Ok(fields::get(self.variables, &name).clone()),
            Some(Token::Name(name)) => Ok(match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(name),
            }),
            Some(Token::Mark('{')) => {
                let mut object = Map::new();
                while !self.skip('}') {
                    let name = self.name()?;
                    self.expect(':')?;
                    object.insert(name, self.value()?);
                }
                Ok(Value::Object(object))
            }
            other => Err(format!("expected a value, got {other:?}")),
        }
    }
}

fn tokens(query: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let word = |text: &str| {
            text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .unwrap_or(text.len())
        };
        let length = match first {
            _ if first.is_whitespace() || first == ',' => first.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
                let text = values
                    .next()
                    .and_then(Result::ok)
                    .ok_or("a string does not end")?;
                tokens.push(Token::Literal(Value::String(text)));
                values.byte_offset()
            }
            '$' => {
                let name = rest.get(1..).unwrap_or_default();
                let length = word(name);
                tokens.push(Token::Variable(
                    name.get(..length).unwrap_or_default().to_owned(),
                ));
                1 + length
            }
            _ if first.is_ascii_digit() || first == '-' => {
                let end = rest
                    .find(|c: char| !c.is_ascii_digit() && c != '-')
                    .unwrap_or(rest.len());
                let number = rest
                    .get(..end)
                    .and_then(|number| number.parse::<i64>().ok());
                tokens.push(Token::Literal(number.ok_or("not a number")?.into()));
                end
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                let length = word(rest);
                tokens.push(Token::Name(
                    rest.get(..length).unwrap_or_default().to_owned(),
                ));
                length
            }
            _ => {
                tokens.push(Token::Mark(first));
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(tokens)
}
