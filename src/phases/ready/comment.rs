//! The one comment on a pull request: written once, found again by its mark, and edited when its text differs.

use std::time::Duration;

use crate::domain::{Code, Diagnostic, Moment};
use crate::protocol::{Action, Cause, Reader, SeenComment, ServiceError, Step, WaitTime, Waiting};

/// How long after a comment was created another run's is looked for that was created at the same time. GitHub's lists were seen to
/// lag by several seconds.
const SETTLED_AFTER: Duration = Duration::from_secs(10);

/// What is wanted of the comments, and what was sent.
pub(super) struct StickyComment {
    /// The issue or pull request; none if no comment is wanted.
    issue: Option<u64>,
    body: String,
    /// When a comment was created that GitHub may have.
    created: Option<Moment>,
    is_confirmed: bool,
    was_edited: bool,
    refusal: Option<Diagnostic>,
}

impl StickyComment {
    /// The first line of `body` is the mark.
    pub(super) fn new(issue: Option<u64>, body: &str) -> Self {
        Self {
            issue,
            body: body.to_owned(),
            created: None,
            is_confirmed: false,
            was_edited: false,
            refusal: None,
        }
    }

    /// Why there is no comment, if there should be one.
    pub(super) fn refusal(&self) -> Option<&Diagnostic> {
        self.refusal.as_ref()
    }

    /// What has to happen next; `None` once there is one comment with the text, or none is wanted or possible.
    pub(super) async fn step(&mut self, reader: Reader<'_>) -> Result<Option<Step>, ServiceError> {
        let Some(issue) = self.issue.filter(|_| self.refusal.is_none()) else {
            return Ok(None);
        };
        match reader.github.own_comments(issue).await {
            Ok(Some(comments)) => Ok(self.decide(issue, comments, reader.now)),
            Ok(None) => {
                self.give_up("the token sees no such pull request");
                Ok(None)
            }
            Err(error) if matches!(error.cause, Cause::Denied { .. }) => {
                self.give_up(&error.cause.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The oldest comment stays, with the text of whichever run wrote last, and the others are deleted. So two runs that create one at
    /// the same time end with one, whichever of them goes on.
    fn decide(&self, issue: u64, mut comments: Vec<SeenComment>, now: Moment) -> Option<Step> {
        let mark = self.body.lines().next().unwrap_or_default();
        comments.retain(|comment| comment.body.trim_start().starts_with(mark));
        comments.sort_by_key(|comment| comment.id);
        let mut actions = Vec::new();
        match comments.split_first() {
            None if self.is_confirmed => {}
            None => actions.push(Action::CreateComment {
                issue,
                body: self.body.clone(),
            }),
            Some((first, others)) => {
                // Ours was confirmed and is not the one that is seen: it may be seen later.
                let is_hidden = self.is_confirmed && others.is_empty();
                if !self.was_edited && !is_hidden && !is_same(&first.body, &self.body) {
                    actions.push(Action::EditComment {
                        issue,
                        comment: first.id,
                        body: self.body.clone(),
                    });
                }
                actions.extend(others.iter().map(|other| Action::DeleteComment {
                    issue,
                    comment: other.id,
                }));
            }
        }
        if !actions.is_empty() {
            return Some(Step::Act(actions));
        }
        let left = SETTLED_AFTER.checked_sub(now.since(self.created?))?;
        (!left.is_zero()).then(|| {
            Step::Wait(Waiting {
                on: vec![format!(
                    "the comments on #{issue}: whether another run wrote one at the same time is known in a moment"
                )],
                poll_after: left,
                time: WaitTime::Counted,
            })
        })
    }

    /// Takes note of the answer to a request that was sent at this time.
    pub(super) fn answered(
        &mut self,
        action: &Action,
        answer: &Result<(), ServiceError>,
        sent: Moment,
    ) {
        let is_lost = |error: &ServiceError| matches!(error.cause, Cause::Unknown { .. });
        match (action, answer) {
            (Action::CreateComment { .. }, Ok(())) => {
                self.created = Some(sent);
                self.is_confirmed = true;
            }
            (Action::CreateComment { .. }, Err(error)) if is_lost(error) => {
                self.created = Some(sent);
            }
            (Action::EditComment { .. }, Ok(())) => self.was_edited = true,
            _ => {}
        }
    }

    /// Goes on without a comment.
    pub(super) fn give_up(&mut self, why: &str) {
        let issue = self.issue.unwrap_or_default();
        self.refusal = Some(Diagnostic::warning(
            Code::CommentRefused,
            format!("there is no comment on #{issue}: {why}"),
            "give the job `permissions: pull-requests: write`, or leave `comment` out; for a pull request of a fork, no token of a job may write",
        ));
    }
}

/// Whether GitHub would show the same: it may end lines in another way.
fn is_same(there: &str, wanted: &str) -> bool {
    there.trim().lines().eq(wanted.trim().lines())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::CommentId;

    fn comments(all: &[(u64, &str)]) -> Vec<SeenComment> {
        let seen = |(id, body): &(u64, &str)| SeenComment {
            id: CommentId(*id),
            body: (*body).to_owned(),
        };
        all.iter().map(seen).collect()
    }

    fn after(seconds: u64) -> Moment {
        Moment::default().plus(Duration::from_secs(seconds))
    }

    /// The next actions, in short, with the text `<!-- m -->` and `new`.
    fn next(sticky: &StickyComment, seen: &[(u64, &str)], seconds: u64) -> String {
        match sticky.decide(5, comments(seen), after(seconds)) {
            None => "done".into(),
            Some(Step::Wait(waiting)) => format!("wait {}", waiting.poll_after.as_secs()),
            Some(Step::Act(actions)) => {
                let words = actions.iter().map(|action| match action {
                    Action::CreateComment { issue: 5, .. } => "create".to_owned(),
                    Action::EditComment { comment, .. } => format!("edit {comment}"),
                    Action::DeleteComment { comment, .. } => format!("delete {comment}"),
                    other => panic!("{other:?}"),
                });
                words.collect::<Vec<_>>().join(", ")
            }
            Some(other) => panic!("{other:?}"),
        }
    }

    fn sticky() -> StickyComment {
        StickyComment::new(Some(5), "<!-- m -->\nnew")
    }

    const OLD: &str = "<!-- m -->\r\nold";
    const NEW: &str = "\n<!-- m -->\r\nnew\r\n";

    #[test]
    fn comment_is_created_or_edited_and_others_are_left_alone() {
        for (seen, expected) in [
            (&[][..], "create"),
            (&[(1, "<!-- other -->"), (2, "> <!-- m -->")], "create"),
            (&[(2, OLD)], "edit 2"),
            (&[(2, NEW)], "done"),
            (&[(3, NEW), (2, OLD)], "edit 2, delete 3"),
            (&[(4, OLD), (2, NEW), (3, OLD)], "delete 3, delete 4"),
        ] {
            assert_eq!(next(&sticky(), seen, 0), expected, "{seen:?}");
        }
    }

    #[test]
    fn created_comment_is_compared_with_those_of_other_runs_for_a_while() {
        let action = Action::CreateComment {
            issue: 5,
            body: String::new(),
        };
        let mut confirmed = sticky();
        confirmed.answered(&action, &Ok(()), after(1));
        for (seen, seconds, expected) in [
            (&[][..], 1, "wait 10"),
            (&[(2, NEW)], 2, "wait 9"),
            (&[(2, NEW)], 11, "done"),
            (&[], 11, "done"),
            // Another run's, while ours is not visible yet.
            (&[(1, OLD)], 2, "wait 9"),
            (&[(1, OLD), (2, NEW)], 3, "edit 1, delete 2"),
            (&[(1, OLD)], 11, "done"),
        ] {
            assert_eq!(
                next(&confirmed, seen, seconds),
                expected,
                "{seen:?} {seconds}"
            );
        }
        confirmed.answered(
            &Action::EditComment {
                issue: 5,
                comment: CommentId(1),
                body: String::new(),
            },
            &Ok(()),
            after(3),
        );
        let both = [(1, OLD), (2, NEW)];
        assert_eq!(next(&confirmed, &both, 4), "delete 2", "edited once");
        let lost = ServiceError::new(
            "",
            Cause::Unknown {
                detail: String::new(),
            },
        );
        let mut unknown = sticky();
        unknown.answered(&action, &Err(lost), after(1));
        assert_eq!(
            next(&unknown, &[], 2),
            "create",
            "the engine waits before it sends it"
        );
        assert_eq!(next(&unknown, &[(2, NEW)], 3), "wait 8");
    }
}
