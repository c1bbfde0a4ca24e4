//! Stands where nothing can be signed or verified.

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::{Code, Diagnostic};
use crate::protocol::{
    BundleVerifier, Cause, NewAttestation, RefusedAttestation, SeenAttestation, ServiceError,
    SignatureFault, Signer,
};

/// Signs nothing, and trusts no signature.
pub(super) struct Unsigned;

impl BundleVerifier for Unsigned {
    fn verify(&self, _: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        let why = "this program trusts no authority";
        Err(RefusedAttestation::new(
            SignatureFault::CertificateUntrusted,
            why,
        ))
    }
}

#[async_trait]
impl Signer for Unsigned {
    async fn sign(&self, _: &NewAttestation) -> Result<Bytes, ServiceError> {
        let why = Diagnostic::error(
            Code::SigningImpossible,
            "this program cannot sign",
            "leave `signing` out",
        );
        Err(ServiceError::new("sign", Cause::Explained(Box::new(why))))
    }
}
