//! A stream of bytes for a thread that reads: handed over in buffers of one size, which are used again and again.

use std::io::{self, BufRead, Read};

use bytes::Buf as _;
use futures_util::TryStreamExt as _;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::protocol::{ByteStream, ServiceError};

/// The size of a buffer. Small pieces are put together: waking the thread for each takes longer than reading it.
const BUFFER: usize = 256 << 10;
/// One is filled, one is read, and one waits.
const BUFFERS: usize = 3;

enum Piece {
    Bytes(Vec<u8>),
    /// The stream has ended well.
    End,
}

/// Where the pieces go.
pub(super) struct PieceSender {
    filled: Sender<Piece>,
    emptied: Receiver<Vec<u8>>,
    /// How many buffers there are.
    buffers: usize,
}

/// Where the pieces come from. Reading blocks the thread until one is there, and fails if the sender is dropped before the
/// end.
pub(super) struct PieceReader {
    filled: Receiver<Piece>,
    emptied: Sender<Vec<u8>>,
    current: Vec<u8>,
    /// How much of the current buffer was read.
    read: usize,
    ended: bool,
}

/// Two ends.
pub(super) fn pieces() -> (PieceSender, PieceReader) {
    let (fill, filled) = channel(BUFFERS);
    let (empty, emptied) = channel(BUFFERS);
    let sender = PieceSender {
        filled: fill,
        emptied,
        buffers: 0,
    };
    let reader = PieceReader {
        filled,
        emptied: empty,
        current: Vec::new(),
        read: 0,
        ended: false,
    };
    (sender, reader)
}

impl PieceSender {
    /// Hands over all of a stream, unless the reader is dropped before. Why it was dropped is the reader's to say.
    pub(super) async fn send_all(mut self, mut bytes: ByteStream) -> Result<(), ServiceError> {
        let mut buffer = Vec::new();
        while let Some(mut piece) = bytes.try_next().await? {
            while piece.has_remaining() {
                if buffer.capacity() == 0 {
                    match self.buffer().await {
                        Some(empty) => buffer = empty,
                        None => return Ok(()),
                    }
                }
                let fits = piece.len().min(BUFFER.saturating_sub(buffer.len()));
                buffer.extend_from_slice(&piece.split_to(fits));
                if buffer.len() >= BUFFER && self.send(std::mem::take(&mut buffer)).await.is_none()
                {
                    return Ok(());
                }
            }
        }
        if buffer.is_empty() || self.send(buffer).await.is_some() {
            let _ = self.filled.send(Piece::End).await;
        }
        Ok(())
    }

    /// `None` if the reader is gone.
    async fn send(&self, buffer: Vec<u8>) -> Option<()> {
        self.filled.send(Piece::Bytes(buffer)).await.ok()
    }

    /// An empty buffer; `None` if the reader is gone.
    async fn buffer(&mut self) -> Option<Vec<u8>> {
        if self.buffers < BUFFERS && self.emptied.is_empty() {
            self.buffers += 1;
            return Some(Vec::with_capacity(BUFFER));
        }
        self.emptied.recv().await
    }
}

impl PieceReader {
    fn unread(&self) -> &[u8] {
        self.current.get(self.read..).unwrap_or_default()
    }
}

impl BufRead for PieceReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.unread().is_empty() && !self.ended {
            match self.filled.blocking_recv() {
                Some(Piece::Bytes(piece)) => {
                    self.current = piece;
                    self.read = 0;
                }
                Some(Piece::End) => self.ended = true,
                None => return Err(io::Error::other("it did not come to its end")),
            }
        }
        Ok(self.unread())
    }

    fn consume(&mut self, amount: usize) {
        self.read = self.read.saturating_add(amount);
        if self.unread().is_empty() && self.current.capacity() > 0 {
            let mut empty = std::mem::take(&mut self.current);
            empty.clear();
            // There is room for all buffers. At the end nobody needs it any more.
            let _ = self.emptied.try_send(empty);
        }
    }
}

impl Read for PieceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut piece = self.fill_buf()?;
        let read = piece.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
