//! Says what happens, in the reader's terms: log lines, annotations, the job summary.

mod commands;
mod failure;
mod story;
mod summary;

pub use failure::Failure;
pub use story::{Dialect, Story};
pub use summary::summary;
