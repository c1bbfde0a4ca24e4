//! Versions that are not typed: of the tag that the workflow runs on, the next patch of a release branch, the next release
//! candidate. Whole releases with each of them, with tags of every format and of both kinds.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod formats;
mod next;
mod pushed_tag;
mod release;
#[path = "../support/mod.rs"]
mod support;
