//! One exchange with a server, ended when the server stays silent for too long.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use super::answered::Answered;
use super::failure::{Refusal, RequestFailure};
use crate::adapters::http::{Http, UploadProgress};
use crate::protocol::Clock;

/// The longest silence of a registry: before it answers, or between two parts of a body.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest silence during an upload, which a registry hashes and moves before it answers.
const UPLOAD_SILENCE: Duration = Duration::from_mins(5);
/// The most bytes that are read of the body of a refusal.
const ERROR_BODY: u64 = 16 << 10;

pub(super) struct Transport {
    pub(super) http: Http,
    pub(super) clock: Arc<dyn Clock>,
}

impl Transport {
    /// Waits for the head of an answer, but not through a silence that is too long. Silence does not count as long as the
    /// `progress` of an upload grows.
    pub(super) async fn exchange(
        &self,
        sending: impl Future<Output = Result<Response, reqwest::Error>>,
        progress: Option<&UploadProgress>,
    ) -> Result<Response, RequestFailure> {
        let allowed = if progress.is_some() {
            UPLOAD_SILENCE
        } else {
            SILENCE
        };
        let sent = || progress.map_or(0, UploadProgress::bytes);
        tokio::pin!(sending);
        loop {
            let before = sent();
            tokio::select! {
                answer = &mut sending => return answer.map_err(|e| RequestFailure::transport(&self.http, &e)),
                () = self.silence(allowed) => {}
            }
            if sent() == before {
                return Err(silent(allowed));
            }
        }
    }

    /// The next part of a body; `None` at its end.
    pub(super) async fn chunk(
        &self,
        response: &mut Response,
    ) -> Result<Option<Bytes>, RequestFailure> {
        tokio::select! {
            chunk = response.chunk() => chunk.map_err(|e| RequestFailure::transport(&self.http, &e)),
            () = self.silence(SILENCE) => Err(silent(SILENCE)),
        }
    }

    /// A whole body; refused beyond `limit` bytes.
    pub(super) async fn body(
        &self,
        mut response: Response,
        limit: u64,
    ) -> Result<Bytes, RequestFailure> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk(&mut response).await? {
            if (body.len() + chunk.len()) as u64 > limit {
                return Err(RequestFailure::broken(format!("larger than {limit} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// An answer that refuses the request, with its message as far as it can be read.
    pub(super) async fn refusal(&self, response: Response) -> Refusal {
        let (status, answered) = (response.status(), Answered::of(&response));
        let body = self.body(response, ERROR_BODY).await.unwrap_or_default();
        let body = answered.hidden(body);
        Refusal::new(status, &answered, &body, self.clock.wall())
    }

    async fn silence(&self, allowed: Duration) {
        self.clock.passed(self.clock.now().plus(allowed)).await;
    }
}

fn silent(allowed: Duration) -> RequestFailure {
    RequestFailure::passing(format!("silent for {} s", allowed.as_secs()))
}
