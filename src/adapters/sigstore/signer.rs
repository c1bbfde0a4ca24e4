//! Signs statements with the identity of the running workflow.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use sigstore_verify::types::pae;

use super::endpoints::SigningServices;
use super::identity_token::{IdTokenRequest, identity_token};
use super::rekor::{SignedStatement, log_entry};
use super::requests::{Failed, POLICY, Requests};
use super::roots::TrustedRoot;
use super::services::{certificate, timestamp};
use super::signing_key::EphemeralKey;
use super::verify::verify;
use crate::adapters::http::{Http, Random, Retry};
use crate::protocol::{
    BUNDLE_MEDIA_TYPE, Cause, Clock, NewAttestation, STATEMENT_MEDIA_TYPE, SecretMask,
    ServiceError, Signer,
};

/// What a signer signs with.
#[derive(Clone, Debug)]
pub struct SigstoreSettings {
    pub services: SigningServices,
    /// Must hold the authorities and logs of the services: each bundle is verified before it is given away.
    pub root: TrustedRoot,
    /// `None` where the runner gives the job no identity; then every signing fails and says why.
    pub id_token: Option<IdTokenRequest>,
    /// Hides the tokens in the log.
    pub mask: Option<Arc<dyn SecretMask>>,
}

/// Signs with certificates of Fulcio: a new key, token and certificate for each statement.
pub struct SigstoreSigner {
    settings: SigstoreSettings,
    requests: Requests,
}

/// A bundle, in the order in which others write it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewBundle<'a> {
    media_type: &'a str,
    verification_material: NewMaterial,
    dsse_envelope: NewEnvelope<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMaterial {
    certificate: RawBytes,
    tlog_entries: Vec<Value>,
    timestamp_verification_data: NewTimestamps,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RawBytes {
    raw_bytes: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewTimestamps {
    rfc3161_timestamps: [NewTimestamp; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewTimestamp {
    signed_timestamp: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewEnvelope<'a> {
    payload: String,
    payload_type: &'a str,
    signatures: [NewSignature; 1],
}

#[derive(Serialize)]
struct NewSignature {
    sig: String,
}

impl SigstoreSigner {
    pub fn new(settings: SigstoreSettings, http: Http, clock: Arc<dyn Clock>) -> Self {
        let requests = Requests { http, clock };
        Self { settings, requests }
    }

    async fn bundle(&self, attestation: &NewAttestation) -> Result<Bytes, Cause> {
        let SigstoreSettings { services, root, .. } = &self.settings;
        let (id_token, mask) = (self.settings.id_token.as_ref(), self.settings.mask.as_ref());
        let identity = identity_token(&self.requests, id_token, mask).await?;
        let key = EphemeralKey::generate()?;
        let leaf = certificate(&self.requests, &services.certificates, &identity, &key).await?;
        let payload = attestation.statement();
        let mut retry = Retry::new(POLICY, self.requests.clock.now(), Random::unseeded());
        let bundle = loop {
            match self.signed(&payload, &key, &leaf).await {
                Ok(bundle) => break bundle,
                Err(failed) => self.requests.wait(&mut retry, failed).await?,
            }
        };
        let seen = verify(&bundle, root).map_err(|refused| Cause::Broken {
            detail: format!("what the services made does not verify: {refused}"),
        })?;
        tracing::info!("signed as {} ({})", seen.signer.subject, seen.signer.issuer);
        Ok(bundle)
    }

    /// A new signature over the statement, with timestamp and log entry. A log entry whose answer was lost cannot be asked for, so
    /// that another attempt signs anew.
    async fn signed(
        &self,
        payload: &[u8],
        key: &EphemeralKey,
        certificate: &[u8],
    ) -> Result<Bytes, Failed> {
        let services = &self.settings.services;
        let message = pae(STATEMENT_MEDIA_TYPE, payload);
        let signature = key.sign(&message).map_err(Failed::lasting)?;
        let stamped = timestamp(&self.requests, &services.timestamps, &signature);
        let stamped = stamped.await.map_err(Failed::lasting)?;
        let statement = SignedStatement {
            payload,
            message: &message,
            signature: &signature,
            certificate,
        };
        let mut entries = Vec::new();
        if let Some(log) = &services.log {
            let entry = log_entry(&self.requests, log, &statement).await;
            entries.push(entry.map_err(signed_anew)?);
        }
        let bundle = NewBundle {
            media_type: BUNDLE_MEDIA_TYPE,
            verification_material: NewMaterial {
                certificate: RawBytes {
                    raw_bytes: STANDARD.encode(certificate),
                },
                tlog_entries: entries,
                timestamp_verification_data: NewTimestamps {
                    rfc3161_timestamps: [NewTimestamp {
                        signed_timestamp: STANDARD.encode(stamped),
                    }],
                },
            },
            dsse_envelope: NewEnvelope {
                payload: STANDARD.encode(payload),
                payload_type: STATEMENT_MEDIA_TYPE,
                signatures: [NewSignature {
                    sig: STANDARD.encode(&signature),
                }],
            },
        };
        let bytes = serde_json::to_vec(&bundle).map_err(|error| {
            let detail = format!("the bundle cannot be written: {error}");
            Failed::lasting(Cause::Broken { detail })
        })?;
        Ok(bytes.into())
    }
}

/// The log has this signature already, from a request whose answer was lost on the way; another one it takes.
fn signed_anew(failed: Failed) -> Failed {
    Failed {
        passing: failed.passing || matches!(failed.cause, Cause::Conflict { .. }),
        ..failed
    }
}

#[async_trait]
impl Signer for SigstoreSigner {
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError> {
        let signed = self.bundle(attestation).await;
        signed.map_err(|cause| {
            let about = attestation.subjects.first();
            let name = about.map_or("nothing", |subject| subject.name.as_str());
            let more = match attestation.subjects.len() {
                0 | 1 => String::new(),
                all => format!(" and {} more", all - 1),
            };
            ServiceError::new(format!("sign a statement about {name}{more}"), cause)
        })
    }
}
