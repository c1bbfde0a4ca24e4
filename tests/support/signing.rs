//! A signer whose bundles have the form of Sigstore's, and which no Sigstore is needed for: the "signature" is a digest with a
//! key that is known to everybody. What Sigstore's own signatures take is tested in `tests/attestations`.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use btp_release::domain::{Code, Diagnostic, Digest};
use btp_release::protocol::{
    BUNDLE_MEDIA_TYPE, BundleVerifier, Cause, Clock, GITHUB_ISSUER, NewAttestation,
    RefusedAttestation, STATEMENT_MEDIA_TYPE, SeenAttestation, ServiceError, SignatureFault,
    Signer, SignerIdentity, Subject,
};
use bytes::Bytes;
use serde_json::{Value, json};

use super::process::Outputs;

/// The workflow that has the job, which signs.
pub(crate) fn called_workflow(env: &Outputs) -> &str {
    let mut named = [
        "INPUT_JOB-WORKFLOW",
        "JOB_WORKFLOW_REF",
        "GITHUB_WORKFLOW_REF",
    ]
    .into_iter();
    named
        .find_map(|name| env.get(name))
        .map_or("", String::as_str)
}

/// Signs with the identity that a job's variables give.
pub(crate) struct WorkflowSigner {
    identity: Option<Value>,
    clock: Option<Arc<dyn Clock>>,
}

impl WorkflowSigner {
    pub(crate) fn of(env: &Outputs, clock: Arc<dyn Clock>) -> Self {
        let get = |name: &str| env.get(name).cloned().unwrap_or_default();
        let repository = format!("https://github.com/{}", get("GITHUB_REPOSITORY"));
        let workflow = format!("https://github.com/{}", get("GITHUB_WORKFLOW_REF"));
        let (run, attempt) = (get("GITHUB_RUN_ID"), get("GITHUB_RUN_ATTEMPT"));
        let called = called_workflow(env);
        let identity = json!({
            "issuer": GITHUB_ISSUER,
            "subject": format!("https://github.com/{called}"),
            "workflow": workflow,
            "repository": repository,
            "commit": get("GITHUB_SHA"),
            "run": format!("{repository}/actions/runs/{run}/attempts/{attempt}"),
        });
        let may = env.contains_key("ACTIONS_ID_TOKEN_REQUEST_URL");
        Self {
            identity: may.then_some(identity),
            clock: Some(clock),
        }
    }

    /// Verifies, and signs nothing.
    pub(crate) fn nobody() -> Self {
        Self {
            identity: None,
            clock: None,
        }
    }
}

/// A bundle of this form, by anybody.
pub(crate) fn bundle(identity: &Value, statement: &[u8], signed_at: u64) -> Value {
    let payload = BASE64_STANDARD.encode(statement);
    json!({
        "mediaType": BUNDLE_MEDIA_TYPE,
        "verificationMaterial": {"identity": identity, "signedAt": signed_at},
        "dsseEnvelope": {
            "payload": payload,
            "payloadType": STATEMENT_MEDIA_TYPE,
            "signatures": [{"sig": seal(identity, &payload, signed_at)}],
        },
    })
}

fn seal(identity: &Value, payload: &str, signed_at: u64) -> String {
    Digest::of(format!("{identity} {payload} {signed_at}").as_bytes()).hex()
}

#[async_trait::async_trait]
impl Signer for WorkflowSigner {
    async fn sign(&self, attestation: &NewAttestation) -> Result<Bytes, ServiceError> {
        let Some((identity, clock)) = self.identity.as_ref().zip(self.clock.as_ref()) else {
            let why = Diagnostic::error(Code::SigningImpossible, "no identity token", "grant it");
            return Err(ServiceError::new("sign", Cause::Explained(Box::new(why))));
        };
        let now = clock.wall().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let bundle = bundle(identity, &attestation.statement(), now);
        Ok(bundle.to_string().into())
    }
}

impl BundleVerifier for WorkflowSigner {
    fn verify(&self, bytes: &Bytes) -> Result<SeenAttestation, RefusedAttestation> {
        let refused = |fault, why: &str| RefusedAttestation::new(fault, why);
        let bundle: Value = serde_json::from_slice(bytes)
            .map_err(|_| refused(SignatureFault::BundleUnreadable, "it is no JSON"))?;
        let text = |path: &str| {
            let value = bundle.pointer(path).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        let payload = text("/dsseEnvelope/payload");
        let material = &bundle["verificationMaterial"];
        let (identity, at) = (&material["identity"], material["signedAt"].as_u64());
        let Some(signature) = bundle.pointer("/dsseEnvelope/signatures/0/sig") else {
            return Err(refused(SignatureFault::Unsigned, "it has no signature"));
        };
        if *signature != seal(identity, &payload, at.unwrap_or_default()) {
            let why = "its signature is of something else";
            return Err(refused(SignatureFault::SignatureInvalid, why));
        }
        let statement = BASE64_STANDARD.decode(&payload).unwrap();
        let statement: Value = serde_json::from_slice(&statement).unwrap();
        let subjects = statement["subject"].as_array().unwrap().iter();
        let subjects = subjects.map(|subject| Subject {
            name: subject["name"].as_str().unwrap().to_owned(),
            digest: format!("sha256:{}", subject["digest"]["sha256"].as_str().unwrap())
                .parse()
                .unwrap(),
        });
        let of = |name: &str| identity[name].as_str().map(str::to_owned);
        Ok(SeenAttestation {
            subjects: subjects.collect(),
            other_subjects: vec![],
            predicate_type: statement["predicateType"].as_str().unwrap().to_owned(),
            predicate: statement["predicate"].clone(),
            signer: SignerIdentity {
                issuer: of("issuer").unwrap_or_default(),
                subject: of("subject").unwrap_or_default(),
                build_config_uri: of("workflow"),
                source_repository_uri: of("repository"),
                source_repository_digest: of("commit"),
                run_invocation_uri: of("run"),
                ..SignerIdentity::default()
            },
            signed_at: at.unwrap_or_default(),
            bundle: bytes.clone(),
        })
    }
}
