//! Both servers on one clock, with a client that signs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::{Client, Response};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use stand_ins::oidc::Job;
use stand_ins::{OidcOptions, OidcServer, ServerClock, SigstoreOptions, SigstoreServer};

pub(crate) const SECRET: &str = "runner-secret";

/// Before the point of a P-256 key in a `SubjectPublicKeyInfo`.
const P256_HEAD: &[u8] =
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";

pub(crate) struct Rig {
    pub(crate) issuer: OidcServer,
    pub(crate) sigstore: SigstoreServer,
    pub(crate) clock: ServerClock,
    pub(crate) http: Client,
    pub(crate) request_url: String,
}

pub(crate) struct Key(EcdsaKeyPair);

impl Key {
    pub(crate) fn new() -> Key {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Key(EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&SystemRandom::new(), message).unwrap();
        signature.as_ref().to_vec()
    }

    /// `SubjectPublicKeyInfo`
    pub(crate) fn info(&self) -> Vec<u8> {
        [P256_HEAD, self.0.public_key().as_ref()].concat()
    }

    pub(crate) fn pem(&self) -> String {
        format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            STANDARD.encode(self.info())
        )
    }
}

pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) async fn json_of(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

impl Rig {
    pub(crate) async fn start(job: Job) -> Rig {
        let clock = ServerClock::manual();
        let options = OidcOptions {
            clock: clock.clone(),
            ..OidcOptions::default()
        };
        let issuer = OidcServer::start(options).await.unwrap();
        let options = SigstoreOptions {
            clock: clock.clone(),
            ..SigstoreOptions::default()
        };
        let sigstore = SigstoreServer::start(vec![issuer.trusted()], options)
            .await
            .unwrap();
        // In a build of the whole workspace reqwest has TLS; an error means that the provider is there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Rig {
            request_url: issuer.job(SECRET, job),
            issuer,
            sigstore,
            clock,
            http: Client::builder().no_proxy().build().unwrap(),
        }
    }

    pub(crate) async fn token(&self, audience: &str) -> (u16, Value) {
        let url = format!("{}&audience={audience}", self.request_url);
        json_of(self.http.get(url).bearer_auth(SECRET).send().await.unwrap()).await
    }

    pub(crate) async fn certify(&self, token: &str, key: &Key, proof: &[u8]) -> (u16, Value) {
        let body = json!({
            "credentials": { "oidcIdentityToken": token },
            "publicKeyRequest": {
                "publicKey": { "algorithm": "ECDSA", "content": key.pem() },
                "proofOfPossession": STANDARD.encode(proof),
            },
        });
        self.certify_with(&body).await
    }

    pub(crate) async fn certify_with(&self, body: &Value) -> (u16, Value) {
        let url = format!("{}/api/v2/signingCert", self.sigstore.fulcio_url());
        json_of(self.http.post(url).json(body).send().await.unwrap()).await
    }

    pub(crate) async fn log_entry(&self, body: &Value) -> reqwest::Result<Response> {
        let url = format!("{}/api/v2/log/entries", self.sigstore.rekor_url());
        self.http.post(url).json(body).send().await
    }
}
