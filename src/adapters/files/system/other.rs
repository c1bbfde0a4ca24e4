//! Windows: files belong to whoever runs this, and folders say who may read what is in them.

use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// Files stay with whoever made them: no container of this action runs here.
#[derive(Clone, Copy, Debug)]
pub(in crate::adapters::files) struct NoOwner;

impl NoOwner {
    pub(in crate::adapters::files) fn of(_: &Metadata) -> Self {
        Self
    }

    pub(in crate::adapters::files) fn apply_to(self, _: &Path) {}
}

/// There are no modes: a file has the rights of its folder.
pub(in crate::adapters::files) fn set_mode(_: &Path, _: u32) -> io::Result<()> {
    Ok(())
}

/// There is no such right.
pub(in crate::adapters::files) fn is_executable(_: &Metadata) -> bool {
    false
}

/// What changes when a file is written to or replaced; none of it, where that happens twice within one tick of the clock and leaves the
/// size as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::adapters::files) struct SizeAndTimes {
    size: u64,
    created: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl SizeAndTimes {
    pub(in crate::adapters::files) fn of(seen: &Metadata) -> Self {
        Self {
            size: seen.len(),
            created: seen.created().ok(),
            modified: seen.modified().ok(),
        }
    }
}
