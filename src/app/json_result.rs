//! The one JSON object on standard output that `--json` asks for.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Write as _, stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::protocol::PhaseId;
use crate::report::{Failure, PhaseResult, ResultKind};
use crate::settings::Context;

/// The command whose result is wanted as JSON, if it is. Clones share whether it was printed.
#[derive(Clone)]
pub(super) struct JsonResult {
    command: Option<String>,
    printed: Arc<AtomicBool>,
}

impl JsonResult {
    /// Reads the arguments or, where there are none, the inputs of a step: what is wrong with them is told in the same form.
    pub(super) fn asked_for(arguments: &[String], env: &BTreeMap<String, String>) -> Self {
        let typed = || {
            let options = arguments.iter().take_while(|one| *one != "--");
            let json = options.into_iter().any(|one| one == "--json");
            arguments.get(1).filter(|_| json).cloned()
        };
        let of_step = || {
            let json = env.get("INPUT_JSON")?.trim().eq_ignore_ascii_case("true");
            env.get("INPUT_PHASE").filter(|_| json).cloned()
        };
        let command = match arguments {
            [] | [_] => of_step(),
            _ => typed(),
        };
        let is_phase = |name: &String| PhaseId::ALL.iter().any(|id| id.as_str() == name);
        Self {
            command: command.filter(is_phase),
            printed: Arc::default(),
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.command.is_some()
    }

    /// Takes note of an answer that has a form of its own.
    pub(super) fn answered(&self) {
        self.printed.store(true, Ordering::SeqCst);
    }

    /// Prints the object, unless one was printed before.
    pub(super) fn print(&self, result: &PhaseResult, context: &Context) -> io::Result<()> {
        if !self.is_wanted() || self.printed.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        let json = printable(result.to_json().unwrap_or_default(), context);
        match stdout().write_all(json.as_bytes()) {
            // Whoever reads it has had enough of it.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    }

    /// Prints that a command failed before it was a phase.
    pub(super) fn failed(&self, failure: &Failure, context: &Context) {
        // The failure itself is told on standard error.
        let _ = self.print(&self.failure(failure), context);
    }

    pub(super) fn failure(&self, failure: &Failure) -> PhaseResult {
        let command = self.command.as_deref().unwrap_or_default();
        let exit = failure.exit().code();
        PhaseResult::new(command, ResultKind::Failed, exit).with_findings(failure.diagnostics())
    }
}

/// The same JSON, of which a runner takes nothing for a command.
pub(super) fn printable(json: String, context: &Context) -> String {
    match context.runner {
        // The runner takes this for the beginning of a command, anywhere in a line. It can only be in a string.
        Some(_) => json.replace("##[", "#\\u0023["),
        None => json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_asked_for_by_an_option_or_by_an_input_of_a_phase() {
        let asked = |arguments: &[&str], env: &[(&str, &str)]| {
            let arguments: Vec<_> = arguments.iter().map(|&one| one.to_owned()).collect();
            let env = env
                .iter()
                .map(|&(name, value)| (name.to_owned(), value.to_owned()));
            JsonResult::asked_for(&arguments, &env.collect()).command
        };
        let draft = Some("draft".to_owned());
        assert_eq!(asked(&["btp-release", "draft", "--json"], &[]), draft);
        assert_eq!(asked(&["btp-release", "draft", "--", "--json"], &[]), None);
        assert_eq!(
            asked(&["btp-release", "inspect-module", "--json"], &[]),
            None
        );
        assert_eq!(asked(&["btp-release", "--json"], &[]), None);
        let step = [("INPUT_PHASE", "draft"), ("INPUT_JSON", "true")];
        assert_eq!(asked(&["btp-release"], &step), draft);
        assert_eq!(asked(&["btp-release"], &step[..1]), None);
    }
}
