//! What a phase leaves when it is interrupted.

use crate::engine::Event;
use crate::protocol::{Action, Cause, Effect};

/// The most changes that are listed one by one.
const MOST: usize = 10;

/// The changes of a phase so far.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangesSoFar {
    /// Whether a phase has started that may change something.
    writes: bool,
    done: Vec<String>,
    /// Sent, without a clear answer.
    unknown: Vec<String>,
    /// The lock that is held.
    lock: Option<String>,
}

impl ChangesSoFar {
    pub(super) fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { phase, .. } => self.writes = phase.effect() == Effect::Writes,
            Event::Acted { action, answer, .. } => match (action, answer.map(|e| &e.cause)) {
                (Action::TakeLock(request), None | Some(Cause::Unknown { .. })) => {
                    self.lock = Some(request.lock.tag.to_string());
                }
                (Action::ReleaseLock { .. }, None) => self.lock = None,
                (action, _) if action.is_lock() => {}
                (action, None) => self.done.push(action.to_string()),
                (action, Some(Cause::Unknown { .. })) => self.unknown.push(action.to_string()),
                (_, Some(_)) => {}
            },
            _ => {}
        }
    }

    /// One line for each change, and for each that may have been made.
    pub(super) fn lines(&self) -> Vec<String> {
        if !self.writes {
            return vec![];
        }
        let mut lines: Vec<_> = self
            .done
            .iter()
            .take(MOST)
            .map(|action| format!("done: {action}"))
            .collect();
        if let Some(more @ 1..) = self.done.len().checked_sub(MOST) {
            lines.push(format!("done: {more} more changes"));
        }
        let unknown = self.unknown.iter();
        lines.extend(unknown.map(|action| format!("not known whether done: {action}")));
        let lock = self.lock.iter();
        lines.extend(
            lock.map(|tag| format!("left: the lock of {tag}, which the next run takes over")),
        );
        if lines.is_empty() {
            lines.push("nothing was changed".into());
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{Deadline, Moment};
    use crate::protocol::{PhaseId, ServiceError};

    fn seen(phase: PhaseId, acted: &[(&Action, Option<&ServiceError>)]) -> Vec<String> {
        let mut changes = ChangesSoFar::default();
        let deadline = Deadline::after(Moment::default(), Duration::from_secs(1));
        changes.see(&Event::Started { phase, deadline });
        for (action, answer) in acted {
            changes.see(&Event::Acted {
                phase,
                action,
                now: Moment::default(),
                answer: *answer,
            });
        }
        changes.lines()
    }

    #[test]
    fn changes_are_listed_as_far_as_known() {
        let tag: crate::domain::Tag = "v1.2.0".parse().unwrap();
        let commit = "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap();
        let delete = Action::DeleteTag {
            tag: tag.clone(),
            commit,
        };
        let release = Action::ReleaseLock { tag };
        assert_eq!(seen(PhaseId::Status, &[]), [""; 0]);
        assert_eq!(seen(PhaseId::Draft, &[]), ["nothing was changed"]);
        let done = "done: delete the tag v1.2.0 at 4e4b9d4";
        assert_eq!(
            seen(PhaseId::Draft, &[(&delete, None), (&release, None)]),
            [done]
        );
        let lost = ServiceError::new(
            "delete the tag",
            Cause::Unknown {
                detail: "cut off".into(),
            },
        );
        assert_eq!(
            seen(PhaseId::Draft, &[(&delete, Some(&lost))]),
            ["not known whether done: delete the tag v1.2.0 at 4e4b9d4"]
        );
        let many = vec![(&delete, None); 12];
        let lines = seen(PhaseId::Draft, &many);
        assert_eq!(lines.len(), 11);
        assert_eq!(lines.last().unwrap(), "done: 2 more changes");
    }
}
