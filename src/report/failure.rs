//! Why a phase ended without success, in a form that a person can act on.

use crate::domain::Exit;
use crate::domain::{Code, Diagnostic};
use crate::engine::Stop;
use crate::protocol::PhaseId;
use crate::protocol::{Cause, ServiceError};

pub struct Failure {
    pub exit: Exit,
    pub findings: Vec<Diagnostic>,
}

impl Failure {
    /// What was typed is wrong; nothing was looked at yet.
    pub fn usage(findings: Vec<Diagnostic>) -> Self {
        Self {
            exit: Exit::Usage,
            findings,
        }
    }

    /// The world is not as it has to be.
    pub fn blocked(findings: Vec<Diagnostic>) -> Self {
        Self {
            exit: Exit::Blocked,
            findings,
        }
    }

    pub fn of(phase: PhaseId, stop: Stop) -> Self {
        let one = |exit, code, why: String, help: String| Self {
            exit,
            findings: vec![Diagnostic::error(code, why, help)],
        };
        let again = || format!("run {phase} again: it goes on where this stopped");
        match stop {
            Stop::Blocked { findings, exit } => Self { exit, findings },
            Stop::TimedOut { on, allowed } => one(
                Exit::Deadline,
                Code::DeadlinePassed,
                format!(
                    "gave up after {} with: {}",
                    humantime::format_duration(allowed),
                    on.join("; ")
                ),
                format!(
                    "look at the builds that should have made it; then {}, or give it more time with `timeout`",
                    again()
                ),
            ),
            Stop::Unsettled { .. } => one(
                Exit::Unavailable,
                Code::NotVisible,
                stop.to_string(),
                format!("the service is lagging far behind: {}", again()),
            ),
            Stop::Cancelled => one(
                Exit::Cancelled,
                Code::Cancelled,
                "interrupted between two actions".into(),
                again(),
            ),
            Stop::Port(error) => Self::of_port(&error, &again()),
        }
    }

    /// `again` is what to do where the service may answer better later.
    pub fn of_port(error: &ServiceError, again: &str) -> Self {
        let (exit, code, help) = match &error.cause {
            Cause::Unknown { .. } => (
                Exit::Unavailable,
                Code::ServiceUnavailable,
                again.to_owned(),
            ),
            Cause::Limited { .. } => (
                Exit::Unavailable,
                Code::ServiceLimited,
                format!("wait until then, and {again}"),
            ),
            Cause::Denied { accepted, .. } => (
                Exit::Denied,
                Code::AccessDenied,
                right_missing(accepted.as_deref()),
            ),
            Cause::Conflict { .. } | Cause::Refused { .. } => (
                Exit::Blocked,
                Code::ServiceRefused,
                "the message is the service's own; asking again would be refused again".into(),
            ),
            Cause::Broken { .. } => (
                Exit::Blocked,
                Code::ContentBroken,
                "nothing of it was used; make it anew, or look who serves it".into(),
            ),
        };
        Self {
            exit,
            findings: vec![Diagnostic::error(code, error.to_string(), help)],
        }
    }
}

/// GitHub's header lists alternatives separated by `;`, each a list such as `contents=write,workflows=write`.
fn right_missing(accepted: Option<&str>) -> String {
    let Some(first) = accepted
        .and_then(|header| header.split(';').next())
        .filter(|f| !f.trim().is_empty())
    else {
        return "reader whether the token (`github-token`) or the registry's credentials (`registry-username`, \
                `registry-password`) are right, and may do this"
            .into();
    };
    let rights = first
        .split(',')
        .map(|right| format!("  {}", right.trim().replace('=', ": ")));
    format!(
        "give the job these rights:\npermissions:\n{}",
        rights.collect::<Vec<_>>().join("\n")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_said_as_yaml() {
        let help = right_missing(Some(
            "contents=write, workflows=write; administration=write",
        ));
        assert_eq!(
            help,
            "give the job these rights:\npermissions:\n  contents: write\n  workflows: write"
        );
        assert!(right_missing(None).contains("registry-username"));
    }
}
