//! What `plan` makes of the changes since the previous release: the text, the labels and the milestone, on histories shaped like
//! those of the Kyma modules, served in pages of a hundred. Beside them stands what the scripts of the modules made of the same.
//!
//! `UPDATE_NOTES=1 cargo test --test changes` writes the texts in `golden/`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

mod history;
mod interrupted;
mod labels;
mod long_notes;
mod milestones;
mod notes;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
