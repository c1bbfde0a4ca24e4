//! Connects this process to Sigstore: who signs for it, and whom it believes.

use std::sync::{Arc, OnceLock};

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
    BundleVerifier, Cause, Clock, GitHubReader as _, NewAttestation, RefusedAttestation,
    SecretMask, SeenAttestation, ServiceError, SignatureFault, Signer,
};
use crate::report::Failure;
use crate::settings::SigstoreAccess;

/// Believes the instances of a trusted root. The one that is compiled in is read only once a bundle is verified: most phases verify none.
pub(super) struct Verifier {
    given: Option<TrustedRoot>,
    embedded: OnceLock<Result<TrustedRoot, Diagnostic>>,
}

impl Verifier {
    fn root(&self) -> Result<&TrustedRoot, &Diagnostic> {
        match &self.given {
            Some(root) => Ok(root),
            None => self.embedded.get_or_init(TrustedRoot::embedded).as_ref(),
        }
    }
}

impl BundleVerifier for Verifier {
    fn verify(&self, bundle: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        let untrusted = |why: &Diagnostic| {
            RefusedAttestation::new(SignatureFault::CertificateUntrusted, why.to_string())
        };
        verify(bundle, self.root().map_err(untrusted)?)
    }
}

/// Signs for public repositories with the public-good instance, and for private ones with GitHub's own, which publishes nothing; with
/// other services for both, where they are given.
pub(super) struct RepositorySigner<'a> {
    github: &'a GitHub,
    services: Option<SigningServices>,
    root: Option<TrustedRoot>,
    id_token: Option<IdTokenRequest>,
    mask: Arc<dyn SecretMask>,
    http: Http,
    clock: Arc<dyn Clock>,
}

impl RepositorySigner<'_> {
    fn signer(&self, private: bool) -> Result<SigstoreSigner, Diagnostic> {
        let services = match &self.services {
            Some(given) => given.clone(),
            None if private => SigningServices::github()?,
            None => SigningServices::public_good()?,
        };
        let root = match &self.root {
            Some(given) => given.clone(),
            None => TrustedRoot::embedded()?,
        };
        let settings = SigstoreSettings {
            services,
            root,
            id_token: self.id_token.clone(),
            mask: Some(Arc::clone(&self.mask)),
        };
        let (http, clock) = (self.http.clone(), Arc::clone(&self.clock));
        Ok(SigstoreSigner::new(settings, http, clock))
    }
}

#[async_trait]
impl Signer for RepositorySigner<'_> {
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError> {
        let private = self.github.repository().await?.private;
        let signer = self.signer(private).map_err(|diagnostic| {
            ServiceError::new("sign a statement", Cause::Explained(Box::new(diagnostic)))
        })?;
        signer.sign(attestation).await
    }
}

impl App<'_> {
    /// Files that were given are read here, so that what is wrong with them is told before anything is sent.
    pub(super) fn connect_sigstore<'a>(
        &self,
        access: &SigstoreAccess,
        github: &'a GitHub,
        http: &Http,
    ) -> Result<(Verifier, RepositorySigner<'a>), Failure> {
        let wrong = |diagnostic| usage(vec![diagnostic]);
        let root = access.trusted_root.as_deref().map(str::as_bytes);
        let root = root.map(TrustedRoot::parse).transpose().map_err(wrong)?;
        let services = access.signing_config.as_deref();
        let services = services.map(SigningServices::of_configuration);
        let services = services.transpose().map_err(wrong)?;
        let id_token = access.id_token.as_ref();
        let signer = RepositorySigner {
            github,
            services,
            root: root.clone(),
            id_token: id_token.map(|(url, token)| IdTokenRequest {
                url: url.clone(),
                token: token.clone(),
            }),
            mask: self.log.clone(),
            http: http.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
        };
        let verifier = Verifier {
            given: root,
            embedded: OnceLock::new(),
        };
        Ok((verifier, signer))
    }
}
