//! The approval of a deployment that this run may wait for: meanwhile nobody can build, so that the time does not count.

use std::time::Duration;

use crate::domain::{Code, Diagnostic, Moment, RepoSlug};
use crate::protocol::{Cause, Reader, ServiceError, WaitTime};

/// How long an answer of GitHub is believed.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// An environment whose protection rules jobs of a run may have to wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedApproval {
    /// GitHub does not distinguish capitals in the names of environments.
    pub environment: String,
    /// The repository of the run, which need not be the one that is released.
    pub repository: RepoSlug,
    pub run: u64,
}

/// What is known of the approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum ApprovalState {
    #[default]
    NotAwaited,
    /// Of this environment.
    Awaited(String),
    /// The token may not know, as GitHub says here. All time counts.
    Unreadable(String),
}

/// Asks for the approval, and adds up the time in which it was awaited.
#[derive(Default)]
pub(super) struct Approvals {
    of: Option<AwaitedApproval>,
    state: ApprovalState,
    asked: Option<Moment>,
    /// When it was last seen to be awaited.
    since: Option<Moment>,
    uncounted: Duration,
}

impl Approvals {
    pub(super) fn of(of: Option<AwaitedApproval>) -> Self {
        Self {
            of,
            ..Self::default()
        }
    }

    /// What is known now, and the time so far that does not count.
    pub(super) async fn see(
        &mut self,
        reader: Reader<'_>,
    ) -> Result<(ApprovalState, Duration), ServiceError> {
        let now = reader.now;
        if let Some(since) = self.since {
            self.uncounted += now.since(since);
        }
        let is_fresh = |asked: Moment| now.since(asked) < ASK_EVERY;
        let is_final = matches!(self.state, ApprovalState::Unreadable(_));
        if let Some(of) = &self.of
            && !is_final
            && !self.asked.is_some_and(is_fresh)
        {
            self.state = of.ask(reader).await?;
            self.asked = Some(now);
        }
        let awaited = matches!(self.state, ApprovalState::Awaited(_));
        self.since = awaited.then_some(now);
        Ok((self.state.clone(), self.uncounted))
    }
}

impl AwaitedApproval {
    async fn ask(&self, reader: Reader<'_>) -> Result<ApprovalState, ServiceError> {
        let pending = reader
            .github
            .pending_environments(&self.repository, self.run);
        let environment = self.environment.to_lowercase();
        match pending.await {
            Ok(pending)
                if pending
                    .iter()
                    .any(|name| name.to_lowercase() == environment) =>
            {
                Ok(ApprovalState::Awaited(self.environment.clone()))
            }
            Ok(_) => Ok(ApprovalState::NotAwaited),
            Err(error) if matches!(error.cause, Cause::Denied { .. }) => {
                Ok(ApprovalState::Unreadable(error.to_string()))
            }
            Err(error) => Err(error),
        }
    }
}

impl ApprovalState {
    pub(super) fn time(&self) -> WaitTime {
        match self {
            Self::Awaited(_) => WaitTime::Uncounted,
            Self::NotAwaited | Self::Unreadable(_) => WaitTime::Counted,
        }
    }

    /// The line for the wait.
    pub(super) fn line(&self) -> Option<String> {
        match self {
            Self::NotAwaited => None,
            Self::Awaited(environment) => Some(format!(
                "an approval of environment {environment}: awaited, not counted"
            )),
            Self::Unreadable(why) => Some(format!("approvals: all time counts, {why}")),
        }
    }

    pub(super) fn warning(&self) -> Option<Diagnostic> {
        let Self::Unreadable(why) = self else {
            return None;
        };
        Some(Diagnostic::warning(
            Code::ApprovalsUnreadable,
            format!("the time of approvals was counted: {why}"),
            "give the job this right, or leave `environment` out of this step:\npermissions:\n  actions: read",
        ))
    }
}
