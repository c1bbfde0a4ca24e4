//! Keys that sign: P-256 for certificates, timestamps and statements, Ed25519 for the log.

use super::der;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    UnparsedPublicKey,
};
use std::io;

pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

pub(crate) fn random<const LENGTH: usize>() -> io::Result<[u8; LENGTH]> {
    let mut bytes = [0; LENGTH];
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn failed(error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("a key cannot be used: {error}"))
}

/// A P-256 key pair.
#[derive(Debug)]
pub(crate) struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    pub(crate) fn generate() -> io::Result<SigningKey> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).map_err(failed)?;
        let pair =
            EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).map_err(failed)?;
        Ok(SigningKey(pair))
    }

    /// ECDSA over the message's SHA-256, in DER.
    pub(crate) fn sign(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(failed)?;
        Ok(signature.as_ref().to_vec())
    }

    pub(crate) fn public(&self) -> PublicKey {
        PublicKey(self.0.public_key().as_ref().to_vec())
    }
}

/// A P-256 public key: a point that is not compressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey(Vec<u8>);

impl PublicKey {
    /// From a `SubjectPublicKeyInfo`; `None` for a key of any other kind.
    pub(crate) fn from_info(info: &[u8]) -> Option<PublicKey> {
        let parts = der::read(info)?.parts()?;
        let [_, point] = parts.as_slice() else {
            return None;
        };
        let point = point.content.strip_prefix(&[0])?;
        let key = PublicKey(point.to_vec());
        (point.len() == 65 && key.info() == info).then_some(key)
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn info(&self) -> Vec<u8> {
        let algorithm = [
            der::oid("1.2.840.10045.2.1"),
            der::oid("1.2.840.10045.3.1.7"),
        ];
        der::sequence(&[der::sequence(&algorithm), der::bits(&self.0)])
    }

    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0);
        key.verify(message, signature).is_ok()
    }

    /// The same for a message of which only the SHA-256 is known.
    pub(crate) fn verifies_digest(&self, digest: &[u8], signature: &[u8]) -> bool {
        use p256::ecdsa::signature::hazmat::PrehashVerifier;
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&self.0).ok();
        let signature = p256::ecdsa::DerSignature::from_bytes(signature).ok();
        key.zip(signature)
            .is_some_and(|(key, signature)| key.verify_prehash(digest, &signature).is_ok())
    }
}

/// An Ed25519 key pair.
#[derive(Debug)]
pub(crate) struct LogKey(Ed25519KeyPair);

impl LogKey {
    pub(crate) fn generate() -> io::Result<LogKey> {
        let seed = random::<32>()?;
        Ed25519KeyPair::from_seed_unchecked(&seed)
            .map(LogKey)
            .map_err(failed)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }

    pub(crate) fn public(&self) -> Vec<u8> {
        self.0.public_key().as_ref().to_vec()
    }

    /// `SubjectPublicKeyInfo` in DER.
    pub(crate) fn info(&self) -> Vec<u8> {
        let algorithm = der::sequence(&[der::oid("1.3.101.112")]);
        der::sequence(&[algorithm, der::bits(&self.public())])
    }
}
