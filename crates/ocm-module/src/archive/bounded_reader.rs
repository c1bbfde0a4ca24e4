//! Readers that count, stop at limits, and hash.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use flate2::bufread::MultiGzDecoder;

use super::{ArchiveLimits, MIB, invalid_data, is_gzip};
use crate::values::DigestHasher;

/// How many times its size an archive may expand to. No text compresses that well; zeros reach 1000.
const MAX_EXPANSION: u64 = 200;

/// Counts what is read.
struct CountingReader<R> {
    from: R,
    count: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.count.set(self.count.get().saturating_add(read as u64));
        Ok(read)
    }
}

impl<R: BufRead> BufRead for CountingReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.count
            .set(self.count.get().saturating_add(amount as u64));
        self.from.consume(amount);
    }
}

/// An archive's bytes, decompressed where they are compressed; it stops at the limits instead of filling memory or disk.
pub(super) struct BoundedReader<'a> {
    from: Box<dyn Read + 'a>,
    /// Bytes read of a compressed archive; none if it is not compressed.
    compressed: Option<Rc<Cell<u64>>>,
    /// Bytes handed on.
    decompressed: u64,
    /// Bytes that may be handed on in all.
    max_total: u64,
}

impl<'a> BoundedReader<'a> {
    /// The first piece of the archive has to hold at least two bytes, if there are as many.
    pub(super) fn open(archive: impl BufRead + 'a, limits: &ArchiveLimits) -> io::Result<Self> {
        let count = Rc::new(Cell::new(0));
        let mut input = CountingReader {
            from: archive,
            count: Rc::clone(&count),
        };
        let first = input.fill_buf()?;
        if first.is_empty() {
            return Err(invalid_data("is empty"));
        }
        let gzip = is_gzip(first);
        Ok(Self {
            from: if gzip {
                Box::new(MultiGzDecoder::new(input))
            } else {
                Box::new(input)
            },
            compressed: gzip.then_some(count),
            decompressed: 0,
            max_total: limits.total_bytes,
        })
    }
}

impl Read for BoundedReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.decompressed = self.decompressed.saturating_add(read as u64);
        if self.decompressed > self.max_total {
            return Err(invalid_data(format!(
                "is longer than {} bytes",
                self.max_total
            )));
        }
        let compressed = self.compressed.as_ref().map(|count| count.get());
        if self.decompressed > MIB
            && compressed.is_some_and(|count| self.decompressed / MAX_EXPANSION > count)
        {
            return Err(invalid_data(format!(
                "expands to more than {MAX_EXPANSION} times its size"
            )));
        }
        Ok(read)
    }
}

/// Hashes and counts what is read, and remembers whether reading failed.
pub(super) struct HashingReader<R> {
    pub(super) from: R,
    pub(super) hasher: DigestHasher,
    pub(super) read: u64,
    pub(super) failed: bool,
}

impl<R> HashingReader<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            hasher: DigestHasher::default(),
            read: 0,
            failed: false,
        }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer).inspect_err(|_| self.failed = true)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.read = self.read.saturating_add(read as u64);
        Ok(read)
    }
}
