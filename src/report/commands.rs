//! Workflow commands, escaped as the runner reads them
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

pub(super) fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

pub(super) const END_GROUP: &str = "::endgroup::";

/// An annotation, `error` or `warning`; the runner shows at most 4,096 characters of it.
pub(super) fn annotation(kind: &str, title: &str, message: &str) -> String {
    let message: String = message.chars().take(4_000).collect();
    format!("::{kind} title={}::{}", property(title), data(&message))
}

pub(super) fn mask(secret: &str) -> String {
    format!("::add-mask::{}", data(secret))
}

/// A line that may hold text from outside. The runner takes `::` at the start of a line and `##[` anywhere in it for
/// commands; such a line is printed while commands are stopped.
pub(super) fn plain(line: &str) -> String {
    if !line.contains("##[") && !line.lines().any(|l| l.trim_start().starts_with("::")) {
        return line.to_owned();
    }
    let token = format!("{:016x}", RandomState::new().build_hasher().finish());
    format!("::stop-commands::{token}\n{line}\n::{token}::")
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_escaped() {
        assert_eq!(
            annotation("error", "a: b, c", "50%\nnext"),
            "::error title=a%3A b%2C c::50%25%0Anext"
        );
        assert_eq!(group("x\n::error::y"), "::group::x%0A::error::y");
        assert_eq!(mask("a%b"), "::add-mask::a%25b");
    }

    #[test]
    fn text_from_outside_is_no_command() {
        assert_eq!(plain("draft: a::b"), "draft: a::b");
        for text in [
            "::set-env name=x::y",
            "notes: ##[add-mask]x",
            "a\n ::error::b",
        ] {
            let printed = plain(text);
            let lines: Vec<_> = printed.lines().collect();
            let token = lines[0].strip_prefix("::stop-commands::").unwrap();
            assert_eq!(*lines.last().unwrap(), format!("::{token}::"));
        }
    }
}
