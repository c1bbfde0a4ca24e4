//! What a registry lets these credentials do, and what it lets anyone do.

use reqwest::Method;

use super::Registries;
use super::client::RegistryClient;
use super::failure::RequestFailure;
use super::request::{RegistryRequest, RepositoryAccess};
use super::retry::retried;
use crate::domain::{ImageRef, ImageRepository};
use crate::protocol::Cause;

impl Registries {
    pub(super) async fn may_be_pulled_by_anyone(&self, image: &ImageRef) -> Result<bool, Cause> {
        let anyone = self.client.without_credentials();
        match retried(anyone.clock(), || anyone.resolve(image)).await {
            Ok(_) => Ok(true),
            Err(Cause::Denied { .. }) => Ok(false),
            Err(cause) => Err(cause),
        }
    }

    pub(super) async fn refusal_of_push(
        &self,
        to: &ImageRepository,
    ) -> Result<Option<String>, Cause> {
        let client = &*self.client;
        match retried(client.clock(), || client.begin_and_cancel_upload(to)).await {
            Ok(()) => Ok(None),
            // Google's Artifact Registry answers 404 where there is no such repository.
            Err(Cause::Denied { message, .. } | Cause::Refused { message, .. }) => {
                Ok(Some(message))
            }
            Err(cause) => Err(cause),
        }
    }
}

impl RegistryClient {
    /// Only the beginning of an upload tells on every registry whether these credentials may push: Docker Hub gives tokens for what they do
    /// not allow. go-containerregistry does the same (`remote.CheckPushPermission`), also in that the outcome of cancelling does not
    /// matter: an upload without bytes ends by itself, and no repository comes into being by it.
    async fn begin_and_cancel_upload(&self, to: &ImageRepository) -> Result<(), RequestFailure> {
        let session = self.start_upload(to).await?;
        let mut cancel = RegistryRequest::write(Method::DELETE, to, session, None);
        cancel.access = RepositoryAccess::Delete;
        match self.send(&cancel).await {
            Ok(answer) => tracing::debug!(status = answer.status().as_u16(), "upload cancelled"),
            Err(failure) => tracing::debug!("upload not cancelled: {}", failure.detail()),
        }
        Ok(())
    }
}
