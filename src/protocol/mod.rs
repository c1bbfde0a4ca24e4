//! What a phase is, and the interfaces to GitHub, registries and files that it needs: reading and writing are kept apart.

mod action;
mod attestation;
mod changes;
mod clock;
mod facts;
mod observed;
mod phase;
mod pull_requests;
mod reader;
mod referrers;
mod rights;
mod run_logs;
mod service_error;
mod step_output;
mod writer;

pub use action::{Action, LayerFile, LockRequest};
pub use attestation::{
    BUNDLE_MEDIA_TYPE, GITHUB_ISSUER, NewAttestation, OtherSubject, RefusedAttestation,
    STATEMENT_MEDIA_TYPE, STATEMENT_TYPE, SeenAttestation, SignatureFault, Signer, SignerIdentity,
    Subject, SubjectRule, WantedAttestation, WantedSigner,
};
pub use changes::{SeenAuthor, SeenChanges, SeenCommit, SeenMilestone, SeenPull};
pub use clock::{Clock, Interrupt, PendingRequests, SecretMask};
pub use facts::{CheckRole, KnownCheck, Preview, ReleaseFacts, SeenArtifact};
pub use observed::{
    AssetId, AssetState, CheckState, CheckTimes, CommentId, CountedReleases, LayerHolds, LocalFile,
    Notes, ReleaseId, ReleaseKind, RequiredCheck, SeenAnswer, SeenAsset, SeenCheck, SeenComment,
    SeenLayer, SeenManifest, SeenRelease, SeenRepository,
};
pub use phase::{
    AfterRefusal, Effect, Emphasis, Output, Phase, PhaseAnswer, PhaseId, PhaseReport, PhaseView,
    Step, ViewLine, WaitTime, Waiting,
};
pub use pull_requests::{
    FileChange, MOST_CHECKS, MergeStatus, Mergeable, NewMerge, NewPullRequest, NewRevision, NodeId,
    PullRequestAction, PullRequestReader, PullRequestState, PullRequestWriter, QueuePlace,
    ReviewState, SeenMergeState, SeenProposal, SeenPullCheck, SeenRevision, SeenTarget,
};
pub use reader::{
    BundleVerifier, ByteStream, FilesReader, GitHubReader, MOST_ANSWERS, Reader, RegistryReader,
};
pub use referrers::{
    LARGEST_REFERRED_BUNDLE, MOST_REFERRERS, ReferrersList, SeenReferrers, referrers_tag,
};
pub use rights::{SeenTagRuleset, SeenWorkflows};
pub use run_logs::{JobLog, LogArchive, LogArchives, RunReader, SeenJob, StoredLog};
pub use service_error::{Cause, ServiceError};
pub use step_output::StepOutput;
pub use writer::{
    ArchiveContent, Blob, BlobSource, FilesWriter, GitHubWriter, LockClaim, NewDraft, NewLock,
    NewStatus, NewTag, Publication, RegistryWriter, StatusState, Writer,
};
