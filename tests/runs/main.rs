//! What a release knows of its own workflow run, over sockets: the approvals that the run waits for, and the logs of its jobs.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod approvals;
mod download;
mod publish;
#[path = "../resume/release.rs"]
mod release;
#[path = "../support/mod.rs"]
mod support;
