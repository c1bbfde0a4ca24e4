//! Connects this process to Sigstore: who signs for it, and whom it believes.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{App, usage};
use crate::adapters::github::GitHub;
use crate::adapters::http::Http;
use crate::adapters::sigstore::{
    IdTokenRequest, SigningServices, SigstoreSettings, SigstoreSigner, TrustedRoot, verify,
};
use crate::domain::Diagnostic;
use crate::protocol::{
    BundleVerifier, Clock, GitHubReader as _, NewAttestation, RefusedAttestation, SeenAttestation,
    ServiceError, Signer,
};
use crate::report::Failure;
use crate::settings::SigstoreAccess;

/// Believes the instances of the trusted root.
pub(super) struct Verifier(TrustedRoot);

impl BundleVerifier for Verifier {
    fn verify(&self, bundle: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        verify(bundle, &self.0)
    }
}

/// Signs for public repositories with the public-good instance, and for private ones with GitHub's own, which publishes nothing; with
/// other services for both, where they are given.
pub(super) struct RepositorySigner<'a> {
    github: &'a GitHub,
    public: SigstoreSigner,
    private: SigstoreSigner,
}

#[async_trait]
impl Signer for RepositorySigner<'_> {
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError> {
        if self.github.repository().await?.private {
            self.private.sign(attestation).await
        } else {
            self.public.sign(attestation).await
        }
    }
}

impl App<'_> {
    pub(super) fn connect_sigstore<'a>(
        &self,
        access: &SigstoreAccess,
        github: &'a GitHub,
        http: &Http,
    ) -> Result<(Verifier, RepositorySigner<'a>), Failure> {
        let root = match &access.trusted_root {
            Some(json) => TrustedRoot::parse(json.as_bytes()),
            None => TrustedRoot::embedded(),
        };
        let root = root.map_err(|diagnostic| usage(vec![diagnostic]))?;
        let id_token = access.id_token.as_ref();
        let id_token = id_token.map(|(url, token)| IdTokenRequest {
            url: url.clone(),
            token: token.clone(),
        });
        let signer = |usual: fn() -> Result<SigningServices, Diagnostic>| {
            let services = match &access.signing_config {
                Some(json) => SigningServices::of_configuration(json),
                None => usual(),
            };
            let settings = SigstoreSettings {
                services: services.map_err(|diagnostic| usage(vec![diagnostic]))?,
                root: root.clone(),
                id_token: id_token.clone(),
                mask: Some(self.log.clone()),
            };
            let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
            Ok::<_, Failure>(SigstoreSigner::new(settings, http.clone(), clock))
        };
        let signer = RepositorySigner {
            github,
            public: signer(SigningServices::public_good)?,
            private: signer(SigningServices::github)?,
        };
        Ok((Verifier(root), signer))
    }
}
