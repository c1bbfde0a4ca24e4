//! Requests for blobs that are sent before anyone reads them, so that the time of their way is not waited for twice.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::{Method, Response};
use tokio::task::{JoinError, JoinHandle};

use super::client::RegistryClient;
use super::failure::RequestFailure;
use super::request::{RegistryRequest, endpoint};
use crate::domain::{Digest, ImageRepository};

/// The most requests that are sent ahead: each has a connection of its own, whose body waits in the operating system.
const MOST: usize = 4;

type Answer = Result<Response, RequestFailure>;

/// The requests that were sent ahead.
#[derive(Default)]
pub(super) struct ExpectedBlobs(Mutex<HashMap<(ImageRepository, Digest), SentAhead>>);

/// A request that is given up when this is dropped.
pub(super) struct SentAhead(JoinHandle<Answer>);

impl SentAhead {
    /// `None` if it was not sent after all.
    pub(super) async fn answer(mut self) -> Option<Answer> {
        let answer: Result<Answer, JoinError> = (&mut self.0).await;
        answer.ok()
    }
}

impl Drop for SentAhead {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl ExpectedBlobs {
    /// From now on exactly these are expected: the requests for others are given up.
    pub(super) fn set(
        &self,
        client: &Arc<RegistryClient>,
        repository: &ImageRepository,
        digests: &[Digest],
    ) {
        let mut sent = self.sent();
        sent.retain(|(at, digest), _| at == repository && digests.contains(digest));
        for digest in digests.iter().take(MOST) {
            sent.entry((repository.clone(), *digest))
                .or_insert_with(|| {
                    let (client, repository) = (Arc::clone(client), repository.clone());
                    let digest = *digest;
                    SentAhead(tokio::spawn(async move {
                        client.get_blob(&repository, digest).await
                    }))
                });
        }
    }

    /// The request that was sent ahead for a blob, once.
    pub(super) fn take(&self, repository: &ImageRepository, digest: Digest) -> Option<SentAhead> {
        self.sent().remove(&(repository.clone(), digest))
    }

    fn sent(&self) -> MutexGuard<'_, HashMap<(ImageRepository, Digest), SentAhead>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegistryClient {
    async fn get_blob(&self, repository: &ImageRepository, digest: Digest) -> Answer {
        let url = endpoint(repository, &format!("blobs/{digest}"))?;
        let request = RegistryRequest::read(Method::GET, repository, url);
        self.send(&request).await
    }
}
