//! A blob as a stream that continues where a connection broke, and that ends in an error unless size and digest are right.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_RANGE, HeaderMap, HeaderValue, RANGE};
use reqwest::{Method, Response, StatusCode};

use super::client::RegistryClient;
use super::expected::SentAhead;
use super::failure::RequestFailure;
use super::request::{RegistryRequest, content_length, endpoint};
use super::retry::Attempts;
use crate::domain::{Digest, DigestHasher, ImageRepository};
use crate::protocol::{ByteStream, Cause, ServiceError};

/// The most connections for one blob, however much each of them brings.
const CONNECTIONS: u32 = 50;

/// The known size of a blob, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) enum BlobSize {
    Exactly(u64),
    AtMost(u64),
}

struct Download {
    client: Arc<RegistryClient>,
    repository: ImageRepository,
    digest: Digest,
    size: BlobSize,
    /// Bytes handed on, over all connections. The hash is of exactly these.
    delivered: u64,
    hasher: DigestHasher,
    body: Option<OpenBody>,
    /// The first request, if it was sent before.
    sent_ahead: Option<SentAhead>,
    connections: u32,
    /// Cleared for a server that answers a range with another one.
    ranges: bool,
    attempts: Attempts,
}

struct OpenBody {
    response: Response,
    /// Bytes that were handed on before, where a server ignored the range and started over.
    skip: u64,
}

pub(super) fn open(
    client: &Arc<RegistryClient>,
    repository: &ImageRepository,
    digest: Digest,
    size: BlobSize,
    sent_ahead: Option<SentAhead>,
) -> ByteStream {
    let download = Download {
        client: Arc::clone(client),
        repository: repository.clone(),
        digest,
        size,
        delivered: 0,
        hasher: DigestHasher::default(),
        body: None,
        sent_ahead,
        connections: 0,
        ranges: true,
        attempts: Attempts::new(client.clock()),
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
                    // Progress starts the count of attempts anew.
                    self.attempts = Attempts::new(self.client.clock());
                    return Ok(Some((piece, self)));
                }
                Ok(None) => {}
                Err(failure) => {
                    self.body = None;
                    let client = Arc::clone(&self.client);
                    self.attempts.wait(client.clock(), failure).await?;
                }
            }
        }
    }

    fn is_whole(&self) -> bool {
        matches!(self.size, BlobSize::Exactly(size) if size == self.delivered)
    }

    /// One step: opens a connection, or takes the next piece from it.
    async fn piece(&mut self) -> Result<Option<Bytes>, RequestFailure> {
        let Some(open) = &mut self.body else {
            self.body = Some(self.connect().await?);
            return Ok(None);
        };
        let Some(mut piece) = self.client.transport.chunk(&mut open.response).await? else {
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
        let (BlobSize::Exactly(most) | BlobSize::AtMost(most)) = self.size;
        if self.delivered > most {
            return Err(RequestFailure::broken(format!(
                "has more than {most} bytes"
            )));
        }
        self.hasher.update(&piece);
        if self.is_whole() {
            self.check()?;
        }
        Ok(Some(piece))
    }

    /// A body that ends early is a broken connection, even where the server ends it properly.
    fn ended(&mut self) -> Result<Option<Bytes>, RequestFailure> {
        match self.size {
            BlobSize::Exactly(size) => Err(RequestFailure::passing(format!(
                "ended after {} of {size} bytes",
                self.delivered
            ))),
            BlobSize::AtMost(_) => {
                self.size = BlobSize::Exactly(self.delivered);
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

    async fn connect(&mut self) -> Result<OpenBody, RequestFailure> {
        self.connections += 1;
        if self.connections > CONNECTIONS {
            return Err(RequestFailure::Lasting(Cause::Unknown {
                detail: format!("broke {CONNECTIONS} connections"),
            }));
        }
        let url = endpoint(&self.repository, &format!("blobs/{}", self.digest))?;
        let mut request = RegistryRequest::read(Method::GET, &self.repository, url);
        let from = if self.ranges { self.delivered } else { 0 };
        if from > 0 {
            let range = HeaderValue::try_from(format!("bytes={from}-"))
                .map_err(|e| RequestFailure::broken(e.to_string()))?;
            request.headers.insert(RANGE, range);
        }
        let sent_ahead = match self.sent_ahead.take() {
            Some(sent) => sent.answer().await,
            None => None,
        };
        let response = match sent_ahead {
            Some(answer) => answer?,
            None => self.client.send(&request).await?,
        };
        match response.status() {
            StatusCode::OK => {
                self.expect_size(content_length(response.headers()))?;
                Ok(OpenBody {
                    response,
                    skip: self.delivered,
                })
            }
            StatusCode::PARTIAL_CONTENT if from > 0 => {
                let (start, total) = content_range(response.headers()).unwrap_or((u64::MAX, None));
                if start != from {
                    self.ranges = false;
                    return Err(RequestFailure::passing(format!(
                        "answered with another range than from byte {from}"
                    )));
                }
                self.expect_size(total)?;
                Ok(OpenBody { response, skip: 0 })
            }
            StatusCode::RANGE_NOT_SATISFIABLE if from > 0 => {
                self.ranges = false;
                Err(RequestFailure::passing(format!(
                    "has no bytes from {from} on"
                )))
            }
            _ => Err(self.client.refused(&self.repository, response).await),
        }
    }

    /// Compares the announced size with the wanted one before a byte is taken.
    fn expect_size(&mut self, announced: Option<u64>) -> Result<(), RequestFailure> {
        let Some(announced) = announced else {
            return Ok(());
        };
        match self.size {
            BlobSize::Exactly(size) if announced != size => Err(RequestFailure::broken(format!(
                "has {announced} bytes, not {size}"
            ))),
            BlobSize::AtMost(limit) if announced > limit => Err(RequestFailure::broken(format!(
                "has {announced} bytes, more than the {limit} that are allowed"
            ))),
            _ => {
                self.size = BlobSize::Exactly(announced);
                Ok(())
            }
        }
    }
}

/// Start and total of `bytes 5-9/10` (RFC 9110 §14.4).
fn content_range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()))
}
