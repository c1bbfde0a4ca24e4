//! Reports the progress and the result: log lines, annotations, the job summary.
//!
//! A [`Diagnostic`](crate::domain::Diagnostic) has one form in all three: its place and what was seen, then what was
//! wanted, then the help.

mod asset_progress;
mod commands;
mod cost;
mod details;
mod difference;
mod failure;
mod left;
mod live;
mod log;
mod preview;
mod result;
mod screen;
mod summary;

pub use cost::RequestCost;
pub use failure::Failure;
pub use live::Now;
pub use log::{ConsoleLog, LogFormat};
pub use preview::{foreseen, next_after_plan, preview};
pub use result::{PhaseResult, ResultKind};
pub use screen::{Screen, printable};
pub use summary::{failure_summary, summary};
