//! A workflow as a value, and as a text with a comment for each line.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Longer lines have their comment above them.
const WIDTH: usize = 120;
/// What a person reads before the workflow is begun.
const TRIGGER: &str = "on: # a person starts it, and types the version\n  workflow_dispatch:\n    inputs:\n      version:\n        description: ";

/// The workflow that is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NewWorkflow {
    /// Comments at the top.
    pub(super) header: Vec<String>,
    /// A version, as this repository writes it.
    pub(super) example: String,
    /// Whether a second run has to wait: a single call waits by itself.
    pub(super) has_queue: bool,
    pub(super) jobs: Vec<NewJob>,
}

/// A job that calls a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NewJob {
    pub(super) id: String,
    pub(super) why: String,
    pub(super) needs: Vec<String>,
    /// Whether it runs when a job before it failed.
    pub(super) is_always: bool,
    pub(super) permissions: BTreeMap<String, String>,
    pub(super) rights_why: String,
    pub(super) uses: String,
    pub(super) uses_why: String,
    pub(super) with: Vec<JobInput>,
    pub(super) secrets: JobSecrets,
}

/// An input of a called workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JobInput {
    pub(super) name: String,
    pub(super) value: InputValue,
    pub(super) why: String,
}

/// What an input is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum InputValue {
    Flag(bool),
    /// A word or an expression of ours, which YAML reads as a text.
    Own(&'static str),
    /// A number, as it was read.
    Number(serde_json::Number),
    /// Whatever was found: always in quotes.
    Text(String),
    /// Plain texts, one a line.
    Lines(Vec<String>),
}

/// The secrets of a called workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum JobSecrets {
    #[default]
    None,
    Inherited(String),
    Named(Vec<NamedSecret>),
}

/// A secret that is passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamedSecret {
    /// As the called workflow knows it.
    pub(super) name: String,
    /// As the repository has it.
    pub(super) secret: String,
    pub(super) why: String,
}

impl JobInput {
    pub(super) fn own(name: &str, value: &'static str, why: impl Into<String>) -> Self {
        Self::new(name, InputValue::Own(value), why)
    }

    pub(super) fn text(name: &str, value: impl Into<String>, why: impl Into<String>) -> Self {
        Self::new(name, InputValue::Text(value.into()), why)
    }

    pub(super) fn lines(name: &str, lines: Vec<String>, why: impl Into<String>) -> Self {
        let value = match <[String; 1]>::try_from(lines) {
            Ok([only]) => InputValue::Text(only),
            Err(lines) => InputValue::Lines(lines),
        };
        Self::new(name, value, why)
    }

    /// A boolean or a number, if the text is one; otherwise the text.
    pub(super) fn typed(name: &str, text: String, why: impl Into<String>) -> Self {
        let value = match serde_json::from_str(&text) {
            Ok(serde_json::Value::Bool(flag)) => InputValue::Flag(flag),
            Ok(serde_json::Value::Number(number)) => InputValue::Number(number),
            _ => InputValue::Text(text),
        };
        Self::new(name, value, why)
    }

    pub(super) fn flag(name: &str, value: bool, why: impl Into<String>) -> Self {
        Self::new(name, InputValue::Flag(value), why)
    }

    /// Whether the value is a word of ours.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.value, InputValue::Own(_))
    }

    fn new(name: &str, value: InputValue, why: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            value,
            why: why.into(),
        }
    }
}

impl NewWorkflow {
    /// The text of the file.
    pub(super) fn to_yaml(&self) -> String {
        let mut text = YamlText::default();
        for line in &self.header {
            text.push(&format!("# {}", one_line(line)));
        }
        text.push("name: Create a release");
        text.push("run-name: Create release ${{ inputs.version }}");
        text.push(&format!(
            "{TRIGGER}{}\n        required: true\n        type: string",
            quoted(&format!("Version, such as {}", self.example))
        ));
        text.push("permissions: {} # each job names its own");
        if self.has_queue {
            text.push("concurrency: # one release at a time; further ones wait");
            text.push("  group: create-release-${{ github.repository }}");
            text.push("  cancel-in-progress: false\n  queue: max");
        }
        text.push("jobs:");
        for job in &self.jobs {
            job.write(&mut text);
        }
        text.0
    }
}

impl NewJob {
    fn write(&self, text: &mut YamlText) {
        text.line(2, &format!("{}:", self.id), &self.why);
        match self.needs.as_slice() {
            [] => {}
            [only] => text.line(4, &format!("needs: {only}"), ""),
            needs => text.line(4, &format!("needs: [{}]", needs.join(", ")), ""),
        }
        if self.is_always {
            text.line(
                4,
                "if: always()",
                "so that it says why a release is refused",
            );
        }
        let permissions = self.permissions.iter();
        let permissions: Vec<String> = permissions
            .map(|(name, level)| format!("{name}: {level}"))
            .collect();
        let permissions = format!("permissions: {{ {} }}", permissions.join(", "));
        text.line(4, &permissions, &self.rights_why);
        text.line_with_end(4, &format!("uses: {}", self.uses), &self.uses_why);
        if !self.with.is_empty() {
            text.line(4, "with:", "");
        }
        for input in &self.with {
            input.write(text);
        }
        match &self.secrets {
            JobSecrets::None => {}
            JobSecrets::Inherited(why) => text.line_with_end(4, "secrets: inherit", why),
            JobSecrets::Named(secrets) => {
                text.line(4, "secrets:", "");
                for NamedSecret { name, secret, why } in secrets {
                    text.line(6, &format!("{name}: ${{{{ secrets.{secret} }}}}"), why);
                }
            }
        }
    }
}

impl JobInput {
    fn write(&self, text: &mut YamlText) {
        let Self { name, value, why } = self;
        let value = match value {
            InputValue::Flag(flag) => flag.to_string(),
            InputValue::Own(own) => (*own).to_owned(),
            InputValue::Number(number) => number.to_string(),
            InputValue::Text(found) => quoted(found),
            InputValue::Lines(lines) => {
                text.line(6, &format!("{name}: |"), why);
                for line in lines {
                    text.line(8, &one_line(line), "");
                }
                return;
            }
        };
        text.line(6, &format!("{name}: {value}"), why);
    }
}

#[derive(Default)]
struct YamlText(String);

impl YamlText {
    fn push(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    /// A line, and its comment behind it or, where that gets too long, above it.
    fn line(&mut self, indent: usize, line: &str, why: &str) {
        let (space, why) = (" ".repeat(indent), one_line(why));
        if why.is_empty() {
            self.push(&format!("{space}{line}"));
        } else if indent + line.len() + why.len() + 3 <= WIDTH {
            self.push(&format!("{space}{line} # {why}"));
        } else {
            self.push(&format!("{space}# {why}"));
            self.push(&format!("{space}{line}"));
        }
    }

    /// The same, with the comment always behind it: a linter reads it there.
    fn line_with_end(&mut self, indent: usize, line: &str, why: &str) {
        let why = one_line(why);
        let end = if why.is_empty() {
            String::new()
        } else {
            format!(" # {why}")
        };
        self.push(&format!("{}{line}{end}", " ".repeat(indent)));
    }
}

/// A text without line ends and other characters that a comment cannot have.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A text in double quotes, which YAML 1.1 and 1.2 read as the same. All but ASCII is escaped.
pub(super) fn quoted(text: &str) -> String {
    let mut all = String::from('"');
    for c in text.chars() {
        match c {
            '"' => all.push_str("\\\""),
            '\\' => all.push_str("\\\\"),
            '\n' => all.push_str("\\n"),
            ' '..='~' => all.push(c),
            other => {
                let _ = write!(all, "\\U{:08x}", u32::from(other));
            }
        }
    }
    all.push('"');
    all
}

#[cfg(test)]
mod tests {
    use ocm_module::yaml;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn texts_in_quotes_are_read_as_the_same() {
        for text in [
            "plain",
            "a: b # c",
            "\"'\\",
            "two\nlines",
            "- x",
            "yes",
            "0644",
            "é\u{85}\u{2028}🦀\u{7f}\t",
            "",
            "{{ }}",
            "*a",
            "&a",
            "!!x",
            "%",
        ] {
            let read = yaml::document(&format!("a: {}", quoted(text))).unwrap();
            assert_eq!(read, json!({ "a": text }), "{text:?}");
        }
    }

    #[test]
    fn a_workflow_is_read_as_it_was_meant() {
        let job = NewJob {
            id: "start".to_owned(),
            why: "first".to_owned(),
            needs: vec!["a".to_owned(), "b".to_owned()],
            is_always: true,
            permissions: [("contents".to_owned(), "read".to_owned())].into(),
            uses: "a/b@v1".to_owned(),
            with: vec![
                JobInput::text("one", "x # y", "why\nnot: here"),
                JobInput::lines(
                    "two",
                    vec!["a".to_owned(), "b".to_owned()],
                    "long ".repeat(40),
                ),
                JobInput::lines("three", vec!["c".to_owned()], ""),
                JobInput::flag("four", false, ""),
            ],
            secrets: JobSecrets::Named(vec![NamedSecret {
                name: "A".to_owned(),
                secret: "B".to_owned(),
                why: String::new(),
            }]),
            ..NewJob::default()
        };
        let workflow = NewWorkflow {
            header: vec!["several\nlines: x".to_owned()],
            example: "1.2.0".to_owned(),
            has_queue: true,
            jobs: vec![job],
        };
        let read = yaml::document(&workflow.to_yaml()).unwrap();
        let job = &read["jobs"]["start"];
        assert_eq!(job["needs"], json!(["a", "b"]));
        assert_eq!(
            job["with"],
            json!({ "one": "x # y", "two": "a\nb\n", "three": "c", "four": false })
        );
        assert_eq!(job["secrets"], json!({ "A": "${{ secrets.B }}" }));
        assert_eq!(read["permissions"], Value::Object(serde_json::Map::new()));
    }
}
