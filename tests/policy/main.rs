//! The version policy of `plan` and its choice of the previous release, by the binary as a process, on histories shaped like
//! those of the Kyma modules. Beside them stands what the scripts of the modules made of the same.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod branches;
mod features;
mod order;
mod previous;
mod repository;
mod requests;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
mod versions;
