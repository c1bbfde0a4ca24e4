//! What to do, with YAML and commands as blocks that can be copied.

use super::text::{block, prose};

/// A part of a help.
#[derive(Debug, PartialEq)]
enum Part<'a> {
    Sentence(&'a str),
    Yaml(String),
    Command(&'a str),
}

/// The commands that helps name at the beginning of a line.
const COMMANDS: [&str; 6] = ["git", "gh", "btp-release", "docker", "curl", "skopeo"];

/// The text of a help as Markdown.
pub(super) fn help(text: &str) -> String {
    let mut markdown = String::new();
    let mut arrow = "👉 ";
    for part in parts(text) {
        match part {
            Part::Sentence(sentence) => {
                markdown.push_str(arrow);
                markdown.push_str(&prose(sentence));
                markdown.push_str("\n\n");
                arrow = "";
            }
            Part::Yaml(yaml) => markdown.push_str(&(block("yaml", &yaml) + "\n")),
            Part::Command(command) => markdown.push_str(&(block("sh", command) + "\n")),
        }
    }
    markdown
}

fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for (nth, line) in text.lines().enumerate() {
        let is_yaml = nth > 0 && is_yaml(line);
        match parts.last_mut() {
            Some(Part::Yaml(yaml)) if is_yaml => {
                yaml.push('\n');
                yaml.push_str(line);
            }
            _ if is_yaml => parts.push(Part::Yaml(line.to_owned())),
            _ if is_command(line) => parts.push(Part::Command(line.trim())),
            _ => parts.extend(with_expression(line)),
        }
    }
    parts
}

/// Whether a line below the first is one of YAML: indented, an item of a list, or a key.
fn is_yaml(line: &str) -> bool {
    let key = line.split_once(':').map_or("", |(key, _)| key);
    let is_key = !key.is_empty() && key.chars().all(is_key_character);
    line.starts_with("  ") || line.starts_with("- ") || is_key
}

fn is_key_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn is_command(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let program = words.next().unwrap_or_default();
    COMMANDS.contains(&program) && words.next().is_some()
}

/// A line of prose that names a key with an expression of workflows, such as `plan: ${{ needs.plan.outputs.plan }}`: what
/// comes before it, the key as YAML, and what comes after it.
fn with_expression(line: &str) -> Vec<Part<'_>> {
    let found = || {
        let (before, rest) = line.split_once("${{")?;
        let (expression, after) = rest.split_once("}}")?;
        let key = before.strip_suffix(": ")?;
        let begin = key
            .rfind(|c| !is_key_character(c))
            .map_or(0, |before| before + 1);
        let (sentence, key) = key.split_at_checked(begin)?;
        // Between backticks it is part of the sentence.
        if key.is_empty() || line.contains('`') && sentence.matches('`').count() % 2 == 1 {
            return None;
        }
        let after = after.trim_start_matches([',', ';', ' ']);
        Some((sentence, format!("{key}: ${{{{{expression}}}}}"), after))
    };
    match found() {
        None => vec![Part::Sentence(line)],
        Some((before, yaml, after)) => [
            (!before.is_empty()).then_some(Part::Sentence(before.trim_end())),
            Some(Part::Yaml(yaml)),
            (!after.is_empty()).then_some(Part::Sentence(after)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_commands_are_parts_of_their_own() {
        let yaml = |text: &str| Part::Yaml(text.to_owned());
        for (text, expected) in [
            (
                "give the job these rights:\npermissions:\n  contents: write",
                vec![
                    Part::Sentence("give the job these rights:"),
                    yaml("permissions:\n  contents: write"),
                ],
            ),
            (
                "write needs: ${{ toJSON(needs) }}, or `none` if there are no tests",
                vec![
                    Part::Sentence("write"),
                    yaml("needs: ${{ toJSON(needs) }}"),
                    Part::Sentence("or `none` if there are no tests"),
                ],
            ),
            (
                "name it, such as k3s-${{ matrix.k3s }}",
                vec![Part::Sentence("name it, such as k3s-${{ matrix.k3s }}")],
            ),
            (
                "write `a: ${{ b }}`",
                vec![Part::Sentence("write `a: ${{ b }}`")],
            ),
            (
                "delete the tag:\ngit push origin :refs/tags/v1",
                vec![
                    Part::Sentence("delete the tag:"),
                    Part::Command("git push origin :refs/tags/v1"),
                ],
            ),
            (
                "push it\nagain",
                vec![Part::Sentence("push it"), Part::Sentence("again")],
            ),
        ] {
            assert_eq!(parts(text), expected, "{text}");
        }
    }
}
