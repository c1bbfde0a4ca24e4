//! The GitHub adapter over sockets: against the stand-in, whose state and log are checked, and against servers that
//! behave as the stand-in does not.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod app_tokens;
mod assets;
mod attestations;
mod changes;
mod hostile;
mod reader;
#[path = "../support/mod.rs"]
mod support;
mod transient_errors;
mod writer;
