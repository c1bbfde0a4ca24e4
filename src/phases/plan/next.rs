//! `plan` of a version that the tags of the repository tell: it is found first, and then planned like any other.

use std::path::Path;

use async_trait::async_trait;

use super::{Plan, PlanOptions};
use crate::domain::{Code, Diagnostic, NotesPart, Place, UnknownVersion};
use crate::plan::{Names, NotesSource, Wanted, WantedInputs};
use crate::protocol::{Phase, PhaseId, Preview, ReleaseFacts, Step};
use crate::protocol::{Reader, ServiceError};
use crate::release::next_version::{CandidateOrder, next_version};

/// The most bytes of the file with the notes.
const LARGEST_NOTES: u64 = 1_000_000;

/// The inputs of `plan` without the version.
pub struct NextInputs {
    pub unknown: UnknownVersion,
    pub wanted: WantedInputs,
    /// The path of the file with the notes, with `{version}` and `{tag}` in it, where its text is to be in the release's.
    pub notes_file: Option<String>,
    /// The options for a release with its version.
    pub options: Box<dyn Fn(Wanted) -> PlanOptions + Send + Sync>,
}

/// [`PhaseId::Plan`] of a version that is not known yet.
pub struct PlanNext {
    inputs: NextInputs,
    /// Once the version is known.
    plan: Option<Plan>,
}

impl PlanNext {
    pub fn new(inputs: NextInputs) -> Self {
        Self { inputs, plan: None }
    }
}

impl NextInputs {
    async fn find(
        &self,
        reader: Reader<'_>,
    ) -> Result<Result<PlanOptions, Vec<Diagnostic>>, ServiceError> {
        let order = match self.wanted.force {
            Some(_) => CandidateOrder::Forced,
            None => CandidateOrder::Checked,
        };
        let found = next_version(reader.github, &self.unknown, &self.wanted.commit, order).await?;
        let release = match found {
            Ok(release) => release,
            Err(finding) => return Ok(Err(vec![finding])),
        };
        let path = self.notes_file.as_deref();
        let path = path.map(|path| Names::of(&release).fill(path));
        let wanted = match self.wanted.clone().named(release) {
            Ok(wanted) => wanted,
            Err(findings) => return Ok(Err(findings)),
        };
        let mut options = (self.options)(wanted);
        if let Some(path) = path {
            match reader.files.read(Path::new(&path), LARGEST_NOTES).await? {
                Some(bytes) => put_notes(&String::from_utf8_lossy(&bytes), &mut options),
                None => return Ok(Err(vec![no_notes(&path)])),
            }
        }
        Ok(Ok(options))
    }
}

/// Puts the text of the file in its place.
fn put_notes(text: &str, options: &mut PlanOptions) {
    let parts = &mut options.changes.notes;
    let part = parts.iter_mut().find_map(|part| match part {
        NotesPart::Text(part) => Some(part),
        _ => None,
    });
    match part {
        Some(part) => text.clone_into(part),
        None => options.wanted.notes = NotesSource::Text(text.to_owned()),
    }
}

fn no_notes(path: &str) -> Diagnostic {
    let missing = Diagnostic::value(
        Code::FileUnreadable,
        "file",
        path,
        "does not exist",
        "add the notes of this version, or name another file as `notes-file`",
    );
    Diagnostic {
        place: Some(Place::Input("notes-file".into())),
        ..missing
    }
}

#[async_trait]
impl Phase for PlanNext {
    fn id(&self) -> PhaseId {
        PhaseId::Plan
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        if let Some(plan) = &mut self.plan {
            return plan.step(reader).await;
        }
        match self.inputs.find(reader).await? {
            Ok(options) => self.plan.insert(Plan::new(options)).step(reader).await,
            Err(findings) => Ok(Step::Blocked(findings)),
        }
    }

    async fn explain(&mut self, reader: Reader<'_>, preview: &mut Option<Box<Preview>>) {
        if let Some(plan) = &mut self.plan {
            plan.explain(reader, preview).await;
        }
    }

    fn known(&self) -> ReleaseFacts {
        self.plan.as_ref().map(Phase::known).unwrap_or_default()
    }
}
