//! Readers that count, stop and hash on the way.

use std::cell::Cell;
use std::io::{self, BufRead as _, BufReader, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::{GZIP, Limits, MAX_HEADERS, MIB, bad};
use crate::values::DigestHasher;

/// No text compresses better than this; a bomb of zeros reaches 1000.
const MAX_EXPANSION: u64 = 200;

/// Counts what is read.
struct Counted<R> {
    from: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.count.set(self.count.get().saturating_add(read as u64));
        Ok(read)
    }
}

/// An archive's bytes, decompressed where they are compressed; it stops at the limits instead of filling memory or disk.
pub(super) struct Plain<'a> {
    from: Box<dyn Read + 'a>,
    /// Of a compressed archive, how much of it was read.
    packed: Option<Rc<Cell<u64>>>,
    unpacked: u64,
    allowance: Rc<Cell<u64>>,
    total: u64,
}

impl<'a> Plain<'a> {
    pub(super) fn open(archive: impl Read + 'a, limits: &Limits) -> io::Result<Self> {
        let count = Rc::new(Cell::new(0));
        let mut input = BufReader::new(Counted {
            from: archive,
            count: Rc::clone(&count),
        });
        let first = input.fill_buf()?;
        if first.is_empty() {
            return Err(bad("is empty"));
        }
        let gzip = first.starts_with(&GZIP);
        Ok(Self {
            from: if gzip {
                Box::new(MultiGzDecoder::new(input))
            } else {
                Box::new(input)
            },
            packed: gzip.then_some(count),
            unpacked: 0,
            allowance: Rc::new(Cell::new(MAX_HEADERS)),
            total: limits.total_bytes,
        })
    }

    /// How much may be read from now on.
    pub(super) fn allow(&self, bytes: u64) {
        self.allowance.set(bytes);
    }

    /// The same for whoever has the reader no more.
    pub(super) fn allowance(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.allowance)
    }
}

impl Read for Plain<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.unpacked = self.unpacked.saturating_add(read as u64);
        let packed = self.packed.as_ref().map(|packed| packed.get());
        if self.unpacked > self.total {
            return Err(bad(format!("is longer than {} bytes", self.total)));
        }
        if self.unpacked > MIB
            && packed.is_some_and(|packed| self.unpacked / MAX_EXPANSION > packed)
        {
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
