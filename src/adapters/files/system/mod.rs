//! What only some systems tell of a file: its owner, its mode, and whether it was written to.

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use other::{NoOwner as Owner, SizeAndTimes as FileState, is_executable, set_mode};
#[cfg(unix)]
pub(super) use unix::{FileState, Owner, is_executable, set_mode};
