//! The plan of a release, and what is published of it: mark, artifacts, verdicts, evidence.
//!
//! All of these are read by later versions of this program; `docs/compatibility.md` says what may change in them.

mod artifacts;
mod evidence;
mod full_notes;
mod image_inputs;
mod json_text;
mod mark;
mod proposal;
mod release_plan;
mod signing;
#[cfg(test)]
pub(crate) mod tests;
mod verdict;
mod wanted;
mod wanted_inputs;

pub use artifacts::{Artifact, Artifacts};
pub use evidence::{
    AnsweredRequest, EVIDENCE, EVIDENCE_PREDICATE, LOGS, MAX_EVIDENCE, Predicate, REPORT, Record,
    Statement,
};
pub use full_notes::{FULL_NOTES, FullNotes};
pub use image_inputs::{ImageInputs, Images, MODULE_NEEDS, ModuleImageInputs, Names};
pub use json_text::JsonObject;
pub use mark::Mark;
pub use proposal::{Proposal, ProposalKind, ProposalMark};
pub use release_plan::{Awaited, BranchGuard, ReleasePlan};
pub use signing::{
    REQUESTS, ReferrersMode, RequiredAttestation, SIGNED_EVIDENCE, SIGNED_VERDICT, Signing,
    SigningMode,
};
pub use verdict::Verdict;
pub use wanted::{
    MODULE_IMAGE, ModulePlan, NotesSource, OnExisting, SECOND_MODULE_IMAGE, TagWhen, VersionFrom,
    Wanted,
};
pub use wanted_inputs::WantedInputs;
