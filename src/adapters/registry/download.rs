//! A blob as a stream that goes on where it stopped, and that ends well only with the right size and digest.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, Response, StatusCode};

use super::failure::Failure;
use super::retry::Retry;
use super::transport::{Call, Wire, endpoint};
use crate::domain::{Digest, DigestHasher, Repository};
use crate::protocol::{ByteStream, Cause, ServiceError};

/// Connections that one blob may use up, however much each of them brings.
const CONNECTIONS: u32 = 50;

#[derive(Clone, Copy, Debug)]
pub(super) enum Size {
    Exactly(u64),
    AtMost(u64),
}

struct Download {
    wire: Arc<Wire>,
    repository: Repository,
    digest: Digest,
    size: Size,
    /// Bytes handed on, all of which are in the hash: what is handed on is what is checked, however it came together.
    delivered: u64,
    hasher: DigestHasher,
    body: Option<Open>,
    connections: u32,
    /// Cleared for a server that answers a range with another one.
    ranges: bool,
    retry: Retry,
}

struct Open {
    response: Response,
    /// Bytes that were handed on before, from a server that began again.
    skip: u64,
}

pub(super) fn open(
    wire: &Arc<Wire>,
    repository: &Repository,
    digest: Digest,
    size: Size,
) -> ByteStream {
    let download = Download {
        wire: Arc::clone(wire),
        repository: repository.clone(),
        digest,
        size,
        delivered: 0,
        hasher: DigestHasher::default(),
        body: None,
        connections: 0,
        ranges: true,
        retry: Retry::new(&*wire.clock),
    };
    let doing = format!("read the blob {repository}@{digest}");
    Box::pin(stream::try_unfold(download, move |download| {
        let doing = doing.clone();
        async move {
            let next = download.next().await;
            next.map_err(|cause| ServiceError::new(doing, cause))
        }
    }))
}

impl Download {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, Cause> {
        loop {
            if self.body.is_some() && self.is_whole() {
                self.check()?;
                return Ok(None);
            }
            match self.piece().await {
                Ok(Some(piece)) => {
                    self.retry = Retry::new(&*self.wire.clock);
                    return Ok(Some((piece, self)));
                }
                Ok(None) => {}
                Err(failure) => {
                    self.body = None;
                    let wire = Arc::clone(&self.wire);
                    self.retry.after(&*wire.clock, failure).await?;
                }
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.size, Size::Exactly(size) if size == self.delivered)
    }

    /// One step: a connection, or a piece of what it brings.
    async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        let Some(open) = &mut self.body else {
            self.body = Some(self.connect().await?);
            return Ok(None);
        };
        let Some(mut piece) = self.wire.chunk(&mut open.response).await? else {
            return self.ended();
        };
        let skipped = piece
            .len()
            .min(usize::try_from(open.skip).unwrap_or(usize::MAX));
        open.skip -= skipped as u64;
        drop(piece.split_to(skipped));
        if piece.is_empty() {
            return Ok(None);
        }
        self.delivered += piece.len() as u64;
        let (Size::Exactly(most) | Size::AtMost(most)) = self.size;
        if self.delivered > most {
            return Err(Failure::broken(format!("has more than {most} bytes")));
        }
        self.hasher.update(&piece);
        if self.is_whole() {
            self.check()?;
        }
        Ok(Some(piece))
    }

    /// A body that ends early is a cut, even where the server says that all is well.
    fn ended(&mut self) -> Result<Option<Bytes>, Failure> {
        match self.size {
            Size::Exactly(size) => Err(Failure::passing(format!(
                "ended after {} of {size} bytes",
                self.delivered
            ))),
            Size::AtMost(_) => {
                self.size = Size::Exactly(self.delivered);
                Ok(None)
            }
        }
    }

    fn check(&self) -> Result<(), Cause> {
        let seen = self.hasher.clone().finish();
        if seen == self.digest {
            return Ok(());
        }
        Err(Cause::Broken {
            detail: format!("its bytes are {seen}, not {}", self.digest),
        })
    }

    async fn connect(&mut self) -> Result<Open, Failure> {
        self.connections += 1;
        if self.connections > CONNECTIONS {
            return Err(Failure::Lasting(Cause::Unknown {
                detail: format!("broke {CONNECTIONS} connections"),
            }));
        }
        let url = endpoint(&self.repository, &format!("blobs/{}", self.digest))?;
        let mut call = Call::read(Method::GET, &self.repository, url);
        let from = if self.ranges { self.delivered } else { 0 };
        if from > 0 {
            let range = HeaderValue::try_from(format!("bytes={from}-"))
                .map_err(|e| Failure::broken(e.to_string()))?;
            call.headers.insert(RANGE, range);
        }
        let response = self.wire.send(&call).await?;
        match response.status() {
            StatusCode::OK => {
                self.learn_size(content_length(response.headers()))?;
                Ok(Open {
                    response,
                    skip: self.delivered,
                })
            }
            StatusCode::PARTIAL_CONTENT if from > 0 => {
                let (start, total) = content_range(response.headers()).unwrap_or((u64::MAX, None));
                if start != from {
                    self.ranges = false;
                    return Err(Failure::passing(format!(
                        "answered with another range than from byte {from}"
                    )));
                }
                self.learn_size(total)?;
                Ok(Open { response, skip: 0 })
            }
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                self.ranges = false;
                Err(Failure::passing(format!("has no bytes from {from} on")))
            }
            _ => Err(self.wire.refused(&self.repository, response).await),
        }
    }

    /// Compares the announced size with the wanted one before a byte is taken.
    fn learn_size(&mut self, announced: Option<u64>) -> Result<(), Failure> {
        let Some(announced) = announced else {
            return Ok(());
        };
        match self.size {
            Size::Exactly(size) if announced != size => Err(Failure::broken(format!(
                "has {announced} bytes, not {size}"
            ))),
            Size::AtMost(limit) if announced > limit => Err(Failure::broken(format!(
                "has {announced} bytes, more than the {limit} that are allowed"
            ))),
            _ => {
                self.size = Size::Exactly(announced);
                Ok(())
            }
        }
    }
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Start and total of `bytes 5-9/10` (RFC 9110 §14.4).
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}
