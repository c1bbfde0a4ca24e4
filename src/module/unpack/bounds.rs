//! Readers that count, stop and hash on the way.

use std::cell::Cell;
use std::io::{self, Read};

use super::{MIB, bad};
use crate::domain::DigestHasher;

/// No text compresses better than this; a bomb of zeros reaches 1000.
const MAX_EXPANSION: u64 = 200;

/// Counts what is read.
pub(super) struct Counted<'a, R> {
    pub(super) from: R,
    pub(super) count: &'a Cell<u64>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.count.set(self.count.get().saturating_add(read as u64));
        Ok(read)
    }
}

/// Stops at the limits instead of filling memory or disk.
pub(super) struct Bounded<'a, R> {
    pub(super) from: R,
    pub(super) unpacked: &'a Cell<u64>,
    pub(super) packed: Option<&'a Cell<u64>>,
    pub(super) allowance: &'a Cell<u64>,
    pub(super) total: u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        let unpacked = self.unpacked.get().saturating_add(read as u64);
        self.unpacked.set(unpacked);
        let packed = self.packed.map(Cell::get);
        if unpacked > self.total {
            return Err(bad(format!("is longer than {} bytes", self.total)));
        }
        if unpacked > MIB && packed.is_some_and(|packed| unpacked / MAX_EXPANSION > packed) {
            return Err(bad(format!(
                "expands to more than {MAX_EXPANSION} times its size"
            )));
        }
        let left = self.allowance.get().checked_sub(read as u64);
        self.allowance
            .set(left.ok_or_else(|| bad("spends too much on headers"))?);
        Ok(read)
    }
}

/// Hashes and counts what is read, and remembers whether reading failed.
pub(super) struct Hashed<R> {
    pub(super) from: R,
    pub(super) hasher: DigestHasher,
    pub(super) read: u64,
    pub(super) failed: bool,
}

impl<R> Hashed<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            hasher: DigestHasher::default(),
            read: 0,
            failed: false,
        }
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer).inspect_err(|_| self.failed = true)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.read = self.read.saturating_add(read as u64);
        Ok(read)
    }
}
