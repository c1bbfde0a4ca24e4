//! The phases in order. Each reads GitHub, registries and files, and returns the missing changes; none can write.
//!
//! In every file the same three parts: the state that the phase depends on, `see`, which reads it, and a pure `decide`.

mod attest_build;
mod await_artifacts;
mod build_module;
mod discard;
mod draft;
mod fetch_module;
mod plan;
mod propose;
mod publish;
mod ready;
mod record_tests;
mod status;
mod upload;
mod verify;

pub use attest_build::{AttestBuild, BuildOrigin, BuildToAttest};
pub use await_artifacts::{Await, AwaitOptions, AwaitedApproval, ExpectedDigests};
pub use build_module::{
    AdditionalOptions, BuildForms, BuildModule, BuildOptions, ModuleSource, ModuleTarget,
    ReleaseMetaInput,
};
pub use discard::{Adopt, AdoptOptions, Discard};
pub use draft::Draft;
pub use fetch_module::FetchModule;
pub use plan::{NextInputs, Plan, PlanNext, PlanOptions};
pub use propose::{
    LocalChange, MergeGuard, MergeMode, ModuleGoal, Propose, ProposeOptions, PublishedCheck,
    ReleasedModule, ScalarChange, ScannedFile, ScannedFormat,
};
pub use publish::{Finish, Legs, Publish, PublishInputs, PublishToken, leg_findings};
pub use ready::{AnswerForm, NotReady, PlanOf, Ready, ReadyOptions};
pub use record_tests::{FinishedLeg, FinishedLegs, LegResult, RecordTests, ResultSigner, SignLegs};
pub use status::{
    ExpectedRelease, LegsJudge, Status, StatusForm, StatusJudges, StatusMode, StatusOptions,
    VerifyOf,
};
pub use upload::Upload;
pub use verify::Verify;
