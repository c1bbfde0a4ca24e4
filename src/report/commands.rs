//! Workflow commands, escaped as the runner reads them
//! (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use crate::domain::{Place, Severity};

/// Opens a group of lines, which the runner shows folded.
pub(super) fn group(title: &str) -> String {
    format!("::group::{}", data(title))
}

pub(super) const END_GROUP: &str = "::endgroup::";

/// An annotation of a severity. The runner shows at most 4,096 characters of it, at the line of the file that the place
/// names.
pub(super) fn annotation(
    severity: Severity,
    place: Option<&Place>,
    title: &str,
    message: &str,
) -> String {
    let kind = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let place = match place {
        Some(Place::File(file, None)) => format!("file={},", property(file)),
        Some(Place::File(file, Some(position))) => {
            let (line, column) = (position.line, position.column);
            format!("file={},line={line},col={column},", property(file))
        }
        Some(Place::Input(_)) | None => String::new(),
    };
    let message: String = message.chars().take(4_000).collect();
    let (title, message) = (property(title), data(&message));
    format!("::{kind} {place}title={title}::{message}")
}

/// Hides a line of a secret in everything that follows.
pub(super) fn mask(secret: &str) -> String {
    format!("::add-mask::{}", data(secret))
}

/// Text that may come from outside. The runner takes `::` at the start of a line and `##[` anywhere in it for commands, so such
/// text is printed while commands are stopped, until a line with a random token. To the runner a carriage return ends a line, too.
pub(super) fn plain(line: &str) -> String {
    if !line.contains("##[")
        && !line
            .split(['\n', '\r'])
            .any(|l| l.trim_start().starts_with("::"))
    {
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
    fn values_of_commands_are_escaped() {
        assert_eq!(
            annotation(Severity::Error, None, "a: b, c", "50%\nnext"),
            "::error title=a%3A b%2C c::50%25%0Anext"
        );
        let file = Place::File("a,b.yaml".into(), None);
        assert_eq!(
            annotation(Severity::Warning, Some(&file), "a", "b"),
            "::warning file=a%2Cb.yaml,title=a::b"
        );
        assert_eq!(group("x\n::error::y"), "::group::x%0A::error::y");
        assert_eq!(mask("a%b"), "::add-mask::a%25b");
    }

    #[test]
    fn plain_stops_commands_for_lines_that_look_like_one() {
        assert_eq!(plain("draft: a::b"), "draft: a::b");
        for text in [
            "::set-env name=x::y",
            "notes: ##[add-mask]x",
            "a\n ::error::b",
            "a\r::error::b",
        ] {
            let printed = plain(text);
            let lines: Vec<_> = printed.lines().collect();
            let token = lines[0].strip_prefix("::stop-commands::").unwrap();
            assert_eq!(*lines.last().unwrap(), format!("::{token}::"));
        }
    }
}
