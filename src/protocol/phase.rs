//! What a phase is: it reads, and returns the missing changes; it never writes.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::{Action, Preview, Reader, ReleaseFacts, ServiceError};
use crate::domain::{Diagnostic, Moment};

/// Whether a phase may change anything: on GitHub, in a registry or in the working folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    ReadsOnly,
    Writes,
}

/// All that is fixed for each phase, in the order of a release: one line is one phase.
macro_rules! phases {
    ($($variant:ident $name:literal $effect:ident $minutes:literal min, $about:literal)+) => {
        /// A phase's name: the `phase` input, the subcommand and the title of its log lines.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum PhaseId {
            $(#[doc = $about] $variant,)+
        }

        impl PhaseId {
            /// In the order of a release.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What it does, in one sentence.
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => $about,)+
                }
            }

            /// Whether it may change anything.
            pub const fn effect(self) -> Effect {
                match self {
                    $(Self::$variant => Effect::$effect,)+
                }
            }

            /// The usual time limit of the phase; [`Phase::default_timeout`] may be longer.
            pub const fn default_timeout(self) -> Duration {
                match self {
                    $(Self::$variant => Duration::from_mins($minutes),)+
                }
            }
        }
    };
}

phases! {
    Plan "plan" ReadsOnly 5 min, "Checks the version, the repository and the rights, and works everything out. Writes nothing."
    Draft "draft" Writes 5 min, "Creates the draft release, then the tag, which starts the builders."
    BuildModule "build-module" Writes 5 min, "Makes and pushes the module image, and writes the files of the release."
    Upload "upload" Writes 5 min, "Uploads files to the draft, unless it has the same bytes already."
    AttestBuild "attest-build" Writes 5 min, "Signs how an image was built: its provenance and, where the build wrote one, its bill of materials."
    Await "await" ReadsOnly 20 min, "Waits for the assets and images, and finds out their digests."
    FetchModule "fetch-module" Writes 5 min, "Unpacks the module image, by digest, into a folder."
    RecordTests "record-tests" Writes 5 min, "Records how a leg of the tests ended, for exactly the artifacts that it tested."
    Publish "publish" Writes 5 min, "Reads every promise again, and publishes with one request."
    Propose "propose" Writes 5 min, "Opens one pull request with the change that a release needs, and sees it merged."
    Ready "ready" ReadsOnly 5 min, "Says which versions could be released now, and what is in the way. Writes nothing but the comment that it is asked for."
    Status "status" ReadsOnly 5 min, "Shows where a release stands, what is missing, and who holds its lock."
    Verify "verify" ReadsOnly 5 min, "Checks a published release against its evidence, GitHub and the registries."
    Discard "discard" Writes 5 min, "Deletes our own draft and tag."
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

    /// The time limit of the phase unless one is given.
    fn default_timeout(&self) -> Duration {
        self.id().default_timeout()
    }

    /// Reads, and says what is missing. A phase may remember what it read in order to notice a change, and what is named by
    /// a digest; everything else is read again each time.
    ///
    /// # Errors
    ///
    /// The service's answer, if it proves neither presence nor absence.
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError>;

    /// Takes note of the answer to one of its actions, which was sent at this time. What a successful answer proves need not
    /// be read again.
    fn answered(&mut self, _action: &Action, _answer: &Result<(), ServiceError>, _sent: Moment) {}

    /// Decides what follows when one of its actions was refused permanently.
    fn refused(&mut self, _action: &Action, _refusal: &ServiceError) -> AfterRefusal {
        AfterRefusal::Stop
    }

    /// What the phase shows: while it waits, in place of the lines of the log, and at its end.
    fn view(&self) -> Option<&PhaseView> {
        None
    }

    /// What is known of the release so far, for the summary of a phase that does not end well.
    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::default()
    }

    /// Reads what a person wants to know beside the phase's result, after it has ended well. It may be dropped half-way, since nothing is
    /// decided from it: what was read by then is in `preview`.
    async fn explain(&mut self, _reader: Reader<'_>, _preview: &mut Option<Box<Preview>>) {}

    /// What would follow the changes of a dry run once they are seen: sentences, as those of an [`Action`].
    fn later(&self, _foreseen: &[Action]) -> Vec<String> {
        vec![]
    }

    /// The objects that must not remain after the phase. Requested after its end, also after a failure.
    ///
    /// # Errors
    ///
    /// As [`Phase::step`]; the engine asks again a few times.
    async fn clean_up(&mut self, _reader: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        Ok(vec![])
    }
}

/// The reaction to an action that was refused permanently.
#[derive(Debug, PartialEq)]
pub enum AfterRefusal {
    /// The phase fails with the service's own message.
    Stop,
    /// The phase fails with a more precise message than the service's.
    Blocked(Diagnostic),
    /// The action was not essential: the phase reads again, and continues without it.
    Continue,
}

/// The result of a phase's read.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// The wanted state is reached.
    Done(PhaseReport),
    /// These are missing. They are carried out in order, and then everything is read again.
    Act(Vec<Action>),
    /// Another process has to act first.
    Wait(Waiting),
    /// The observed state contradicts the plan; all findings are listed.
    Blocked(Vec<Diagnostic>),
}

/// The final state that a phase reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseReport {
    /// A sentence without its full stop: "v1.2.0 is a draft at 4e4b9d4".
    pub summary: String,
    pub outputs: Vec<Output>,
    /// What the job summary shows.
    pub facts: Box<ReleaseFacts>,
    /// Problems that did not stop the phase.
    pub warnings: Vec<Diagnostic>,
    /// What a phase answers that was asked a question.
    pub answer: Option<Box<PhaseAnswer>>,
}

/// An answer for people, beside the outputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhaseAnswer {
    /// Lines for standard output on a terminal, in place of the outputs, and for the log of a step.
    pub text: String,
    /// For the job summary, in Markdown, without a heading of the first two levels.
    pub markdown: String,
    /// What the command fails for, though the phase has done all that it was to do.
    pub refusals: Vec<Diagnostic>,
}

/// What a phase shows that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhaseView {
    /// For people. A terminal shows all lines anew in the same place; elsewhere those are printed that were not there before.
    Lines(Vec<ViewLine>),
    /// One object in one line, for standard output, where it takes the place of the outputs.
    Json(String),
}

/// A line of a [`PhaseView`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewLine {
    pub text: String,
    pub emphasis: Emphasis,
}

/// How a line is set off where there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emphasis {
    None,
    /// Less important than the rest.
    Less,
    Warning,
    Error,
}

impl PhaseReport {
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// The same with what is known of the release.
    #[must_use]
    pub fn knowing(mut self, facts: ReleaseFacts) -> Self {
        self.facts = Box::new(facts);
        self
    }

    /// The same with one more output.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.outputs.push(Output {
            name,
            value: value.to_string(),
        });
        self
    }
}

/// An output of the step, for later steps and jobs. It is only a hint: consumers read the state again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    pub name: &'static str,
    pub value: String,
}

/// The objects that a phase waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The awaited objects with their states, one line each.
    pub on: Vec<String>,
    /// The longest pause before it is read again.
    pub poll_after: Duration,
    pub time: WaitTime,
}

/// Whether the time of a wait counts against the phase's deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitTime {
    #[default]
    Counted,
    /// A person has to decide, such as to approve a deployment. The engine limits the sum of such waits.
    Uncounted,
}
