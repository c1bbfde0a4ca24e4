//! Why a command ended without success, in a form that a person can act on.

use std::fmt;
use std::time::Duration;

use crate::domain::{Code, Diagnostic, Exit, FormatCode};
use crate::engine::Stop;
use crate::protocol::{Cause, PhaseId, ServiceError};

/// Why a command failed: all errors, and the exit code of the process.
#[derive(Debug)]
pub struct Failure {
    title: &'static str,
    exit: Exit,
    diagnostics: Vec<Diagnostic>,
}

impl Failure {
    /// The first error's code determines the exit code. `title` names the phase or the command.
    pub fn new(title: &'static str, diagnostics: Vec<Diagnostic>) -> Self {
        let first = diagnostics.iter().find(|diagnostic| diagnostic.is_error());
        Self {
            title,
            exit: first.map_or(Exit::Bug, |error| error.code.exit()),
            diagnostics,
        }
    }

    /// Something in the repository, the registry or a file prevents the operation. A code may be about an input
    /// elsewhere; here the value is not from an input of the command.
    pub fn refused(title: &'static str, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            title,
            exit: Exit::Blocked,
            diagnostics,
        }
    }

    /// The phase `plan` refused the release, as a later phase says again.
    pub fn refused_by_plan(diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            exit: Exit::Preflight,
            ..Self::refused(PhaseId::Plan.as_str(), diagnostics)
        }
    }

    /// A phase that was refused or interrupted, or ran out of time. `plan` and `ready` have an exit code of their own for a
    /// refusal, which says that no release was started.
    pub fn of_phase(phase: PhaseId, stop: Stop) -> Self {
        let title = phase.as_str();
        let one = |code, seen: String, help: String| {
            Self::new(title, vec![Diagnostic::error(code, seen, help)])
        };
        let again = format!("run {phase} again: it continues where this stopped");
        match stop {
            Stop::Blocked { findings } if phase == PhaseId::Plan => Self::refused_by_plan(findings),
            Stop::Blocked { findings } if phase == PhaseId::Ready => Self {
                exit: Exit::Preflight,
                ..Self::refused(title, findings)
            },
            Stop::Blocked { findings } => Self::refused(title, findings),
            Stop::TimedOut { on, allowed } => one(
                Code::DeadlinePassed,
                format!(
                    "gave up after {}, waiting for:\n  {}",
                    humantime::format_duration(allowed),
                    on.join("\n  ")
                ),
                format!(
                    "{}; then {again}, or give it more time with `timeout`",
                    match phase {
                        PhaseId::Propose => "see to what it waits for",
                        _ => "check the builds that make these",
                    }
                ),
            ),
            Stop::TooSlow { requests, allowed } => {
                let seen = no_end(allowed, &requests);
                let help =
                    format!("{again}; give it more time with `timeout` if the service is slow");
                one(Code::DeadlinePassed, seen, help)
            }
            Stop::NotVisible { was_confirmed, .. } => one(
                Code::NotVisible,
                stop.to_string(),
                if was_confirmed {
                    format!("the service shows changes very late: {again}")
                } else {
                    format!("the service did not answer, or its answers were lost: {again}")
                },
            ),
            Stop::Cancelled => one(Code::Cancelled, "interrupted".into(), again),
            Stop::Service(error) => Self::of_service(title, &error, &again),
        }
    }

    /// A command that was ended by a signal.
    pub fn interrupted(title: &'static str) -> Self {
        let diagnostic = Diagnostic::error(Code::Cancelled, "interrupted", "run it again");
        Self::new(title, vec![diagnostic])
    }

    /// A command that did not end in time, with the requests that had no complete answer by then.
    pub fn too_slow(title: &'static str, allowed: Duration, requests: &[String]) -> Self {
        let help = "run it again; if that does not help, look at what it reads";
        let diagnostic = Diagnostic::error(Code::DeadlinePassed, no_end(allowed, requests), help);
        Self::new(title, vec![diagnostic])
    }

    /// A request that failed for good; `again` is what to do where the service may answer better later.
    pub fn of_service(title: &'static str, error: &ServiceError, again: &str) -> Self {
        let (code, help) = match &error.cause {
            Cause::Unknown { .. } => (Code::ServiceUnavailable, again.to_owned()),
            Cause::Limited { .. } => (
                Code::ServiceLimited,
                format!("wait until then, and {again}"),
            ),
            Cause::Denied {
                status,
                accepted,
                help,
                ..
            } => (
                Code::AccessDenied,
                denied(*status, accepted.as_deref(), help),
            ),
            Cause::Refused {
                status: 300..=399, ..
            } => (
                Code::ServiceRefused,
                "something in between, such as a login page, answers in its place: check the address, HTTPS_PROXY and NO_PROXY".into(),
            ),
            Cause::Refused { status: 404, .. } => (
                Code::ServiceRefused,
                "check the name of the registry and of the repository, and that the registry's credentials (`registry-username`, \
                 `registry-password`, or `registry-config`) may see it: 404 may mean either"
                    .into(),
            ),
            Cause::Conflict { .. } | Cause::Refused { .. } => (
                Code::ServiceRefused,
                "the message is the service's own; the same request would be refused again".into(),
            ),
            Cause::Broken { .. } => (
                Code::ContentBroken,
                "nothing of it was used; create it again, or check which server answers".into(),
            ),
            Cause::Explained(diagnostic) => (diagnostic.code, diagnostic.help.clone()),
            Cause::Archive { .. } => (
                Code::Format(FormatCode::ArchiveInvalid),
                "nothing of it was used: look at it with `tar tvf`, and build the module image again".into(),
            ),
        };
        Self::new(
            title,
            vec![Diagnostic::error(code, error.to_string(), help)],
        )
    }

    /// The phase or the command.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// What the process ends with.
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Errors and warnings, in the order in which they are shown.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title)?;
        for diagnostic in &self.diagnostics {
            write!(f, ": {diagnostic}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// That time was over before the end, and which requests had no complete answer then.
fn no_end(allowed: Duration, requests: &[String]) -> String {
    let allowed = humantime::format_duration(allowed);
    match requests {
        [] => format!("gave up after {allowed}, before all was read and checked"),
        requests => format!(
            "gave up after {allowed}, without a complete answer to:\n  {}",
            requests.join("\n  ")
        ),
    }
}

/// What to check, and the right that is missing where the service names it: 404 may mean that, too.
fn denied(status: u16, accepted: Option<&str>, help: &str) -> String {
    match (status, missing_right(accepted)) {
        (401, _) | (_, None) => help.to_owned(),
        (404, Some(right)) => format!("{help}\n{right}"),
        (_, Some(right)) => right,
    }
}

/// GitHub's header lists alternatives separated by `;`, each a list such as `contents=write,workflows=write`.
fn missing_right(accepted: Option<&str>) -> Option<String> {
    let first = accepted?.split(';').next()?;
    if first.trim().is_empty() {
        return None;
    }
    let rights = first
        .split(',')
        .map(|right| format!("  {}", right.trim().replace('=', ": ")));
    Some(format!(
        "give the job these rights, or the GitHub App whose token it uses:\npermissions:\n{}",
        rights.collect::<Vec<_>>().join("\n")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_rights_are_shown_as_yaml() {
        let accepted = Some("contents=write, workflows=write; administration=write");
        let right = "give the job these rights, or the GitHub App whose token it uses:\npermissions:\n  contents: write\n  workflows: write";
        assert_eq!(denied(403, accepted, "check x"), right);
        assert_eq!(
            denied(404, accepted, "check x"),
            format!("check x\n{right}")
        );
        assert_eq!(denied(401, accepted, "check x"), "check x");
        for nothing in [None, Some(" "), Some("")] {
            assert_eq!(denied(403, nothing, "check x"), "check x");
        }
    }

    #[test]
    fn exit_is_that_of_the_first_error() {
        let warning = Diagnostic::warning(Code::LockRefused, "", "");
        let denied = Diagnostic::error(Code::AccessDenied, "", "");
        let failure = Failure::new("draft", vec![warning, denied]);
        assert_eq!(failure.exit(), Exit::Denied);
    }

    #[test]
    fn refusal_ends_plan_with_a_code_of_its_own() {
        let exit = |phase| {
            let stop = Stop::Blocked {
                findings: vec![Diagnostic::error(Code::TagElsewhere, "", "")],
            };
            Failure::of_phase(phase, stop).exit()
        };
        assert_eq!(exit(PhaseId::Plan), Exit::Preflight);
        assert_eq!(exit(PhaseId::Draft), Exit::Blocked);
    }
}
