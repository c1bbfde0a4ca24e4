//! A small Sigstore and GitHub's issuer in this process, for jobs that sign as the binary does.

use std::sync::Arc;

use btp_release::adapters::http::Http;
use btp_release::adapters::sigstore::{
    IdTokenRequest, SigningServices, SigstoreSettings, SigstoreSigner, TrustedRoot, verify,
};
use btp_release::protocol::{
    BundleVerifier, Clock, NewAttestation, RefusedAttestation, SeenAttestation, ServiceError,
    Signer,
};
use bytes::Bytes;
use stand_ins::ServerClock;
use stand_ins::oidc::{Job, OidcOptions, OidcServer};
use stand_ins::sigstore::{SigstoreOptions, SigstoreServer};

use super::process::Outputs;
use super::signing::called_workflow;

const SECRET: &str = "runner-secret";

pub(crate) struct Sigstore {
    pub(crate) oidc: OidcServer,
    pub(crate) server: SigstoreServer,
}

impl Sigstore {
    pub(crate) async fn start(clock: &ServerClock) -> Self {
        let options = OidcOptions {
            clock: clock.clone(),
            ..OidcOptions::default()
        };
        let oidc = OidcServer::start(options).await.unwrap();
        let options = SigstoreOptions {
            clock: clock.clone(),
            ..SigstoreOptions::default()
        };
        let server = SigstoreServer::start(vec![oidc.trusted()], options);
        let server = server.await.unwrap();
        Self { oidc, server }
    }

    /// What a job with these variables signs with.
    pub(crate) fn job(&self, env: &Outputs, http: &Http, clock: &Arc<dyn Clock>) -> SigningJob {
        let get = |name: &str| env.get(name).map(String::as_str).unwrap_or_default();
        let workflow = get("GITHUB_WORKFLOW_REF").split('@').next().unwrap();
        let repository = get("GITHUB_REPOSITORY");
        let workflow = workflow.strip_prefix(&format!("{repository}/")).unwrap();
        let job = Job::new(repository, workflow, get("GITHUB_REF"), get("GITHUB_SHA"));
        let number = |name: &str| get(name).parse().unwrap();
        let job = job.in_run(number("GITHUB_RUN_ID"), number("GITHUB_RUN_ATTEMPT"));
        let job = job.called(called_workflow(env), get("GITHUB_SHA"));
        let root = self.server.trusted_root().to_string();
        let root = TrustedRoot::parse(root.as_bytes()).unwrap();
        let services = self.server.signing_config().to_string();
        let settings = SigstoreSettings {
            services: SigningServices::of_configuration(&services).unwrap(),
            root: root.clone(),
            id_token: Some(IdTokenRequest {
                url: self.oidc.job(SECRET, job).into(),
                token: SECRET.to_owned().into(),
            }),
            mask: None,
        };
        SigningJob {
            root,
            signer: SigstoreSigner::new(settings, http.clone(), Arc::clone(clock)),
        }
    }
}

/// Signs as the binary does, and believes the same Sigstore.
pub(crate) struct SigningJob {
    root: TrustedRoot,
    signer: SigstoreSigner,
}

impl BundleVerifier for SigningJob {
    fn verify(&self, bundle: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        verify(bundle, &self.root)
    }
}

#[async_trait::async_trait]
impl Signer for SigningJob {
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError> {
        self.signer.sign(attestation).await
    }
}
