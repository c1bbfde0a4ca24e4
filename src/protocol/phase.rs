//! What a phase is: it reads, and says what is missing; it never writes.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::{Action, Reader, ServiceError};
use crate::domain::Diagnostic;

/// A phase's name: the `phase` input, the subcommand and the title of its log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PhaseId {
    /// Checks the version, the repository and the rights, and works everything out. Writes nothing.
    Plan,
    /// Creates the draft release, then the tag, which starts the builders.
    Draft,
    /// Makes and pushes the module image, and writes the files of the release.
    BuildModule,
    /// Brings files into the draft, by content.
    Upload,
    /// Waits for the assets and images, and finds out their digests.
    Await,
    /// Unpacks the module image, by digest, into a folder.
    FetchModule,
    /// Records how a leg of the tests ended, for exactly the artifacts that it tested.
    RecordTests,
    /// Reads every promise again, and publishes with one request.
    Publish,
    /// Checks a published release against its evidence and the world.
    Verify,
    /// Deletes our own draft and tag.
    Discard,
}

impl PhaseId {
    /// In the order of a release.
    pub const ALL: [Self; 10] = [
        Self::Plan,
        Self::Draft,
        Self::BuildModule,
        Self::Upload,
        Self::Await,
        Self::FetchModule,
        Self::RecordTests,
        Self::Publish,
        Self::Verify,
        Self::Discard,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Draft => "draft",
            Self::BuildModule => "build-module",
            Self::Upload => "upload",
            Self::Await => "await",
            Self::FetchModule => "fetch-module",
            Self::RecordTests => "record-tests",
            Self::Publish => "publish",
            Self::Verify => "verify",
            Self::Discard => "discard",
        }
    }
}

impl fmt::Display for PhaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One resumable part of the pipeline.
#[async_trait]
pub trait Phase: Send {
    fn id(&self) -> PhaseId;

    /// Looks, and says what is missing. A phase may remember what it saw in order to tell a change, never in place of
    /// looking.
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError>;

    /// Whether the phase goes on without an action that was refused for good.
    fn continues_after_refusal(&mut self, _action: &Action, _refusal: &ServiceError) -> bool {
        false
    }

    /// What a refusal means, where the phase knows more than the service says.
    fn explain(&self, _action: &Action, _refusal: &ServiceError) -> Option<Diagnostic> {
        None
    }

    /// What must not outlive the phase. Asked for when it has ended, however that was.
    async fn leave(&mut self, _look: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        Ok(vec![])
    }
}

/// What a phase says after a look.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// All that the phase promises is so.
    Done(PhaseReport),
    /// These are missing. They are carried out in order, and then looked at again.
    Act(Vec<Action>),
    /// Someone else's turn.
    Wait(Waiting),
    /// The world contradicts the plan; everything found is listed.
    Blocked(Vec<Diagnostic>),
}

/// What is so, once a phase is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseReport {
    /// A sentence without its full stop: "v1.2.0 is a draft at 4e4b9d4".
    pub so: String,
    pub outputs: Vec<Output>,
    /// What does not stand in the way, and should be known.
    pub warnings: Vec<Diagnostic>,
}

impl PhaseReport {
    pub fn new(so: impl Into<String>) -> Self {
        Self {
            so: so.into(),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.outputs.push(Output {
            name,
            value: value.to_string(),
        });
        self
    }
}

/// An output of the step, for later steps and jobs. A hint only: whoever takes it looks again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub name: &'static str,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What is awaited, and how each of them stands: one line for each.
    pub on: Vec<String>,
    /// The longest pause between two looks.
    pub every: Duration,
}
