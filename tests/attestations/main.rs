//! Bundles that the public-good instance, its staging instance and GitHub signed, and what becomes of them when one thing in them
//! is changed. No server is asked. Then statements are signed anew, at stand-ins.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod command;
mod comparing;
mod mutations;
mod recorded;
mod signing;
