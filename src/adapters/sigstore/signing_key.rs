//! A key for one signature, which never leaves this process and is forgotten with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};

use crate::protocol::Cause;

/// What stands before the point of a P-256 key in a `SubjectPublicKeyInfo`
/// ([RFC 5480](https://www.rfc-editor.org/rfc/rfc5480)).
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// A key on P-256, which signs with SHA-256.
pub(super) struct EphemeralKey {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl EphemeralKey {
    pub(super) fn generate() -> Result<Self, Cause> {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &random).ok();
        let pair =
            pair.and_then(|key| EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).ok());
        let pair = pair.ok_or_else(no_random_numbers)?;
        Ok(Self { pair, random })
    }

    /// An ASN.1 signature; another one each time.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Cause> {
        let signature = self.pair.sign(&self.random, message);
        let signature = signature.map_err(|_| no_random_numbers())?;
        Ok(signature.as_ref().to_vec())
    }

    /// The public key as PEM.
    pub(super) fn public_pem(&self) -> String {
        let key = [P256.as_slice(), self.pair.public_key().as_ref()].concat();
        pem("PUBLIC KEY", &key)
    }
}

fn no_random_numbers() -> Cause {
    Cause::Unknown {
        detail: "the system gives no random numbers for a key".into(),
    }
}

/// PEM, in lines of 64 characters.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut lines = format!("-----BEGIN {label}-----\n");
    for (nth, character) in text.chars().enumerate() {
        if nth > 0 && nth % 64 == 0 {
            lines.push('\n');
        }
        lines.push(character);
    }
    lines + &format!("\n-----END {label}-----\n")
}

/// The bytes of the first certificate of a PEM.
pub(super) fn certificate_of_pem(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (text, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let text: String = text.split_whitespace().collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    #[test]
    fn signature_verifies_with_the_key_of_the_pem() {
        let key = EphemeralKey::generate().unwrap();
        let text = key.public_pem();
        assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        let body: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(body).unwrap();
        let point = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &der[P256.len()..]);
        let signature = key.sign(b"statement").unwrap();
        point.verify(b"statement", &signature).unwrap();
        assert!(point.verify(b"another", &signature).is_err());
        assert_ne!(signature, key.sign(b"statement").unwrap());
    }

    #[test]
    fn certificate_is_read_from_pem() {
        let text = pem("CERTIFICATE", &[7; 100]);
        assert_eq!(certificate_of_pem(&text), Some(vec![7; 100]));
        assert_eq!(certificate_of_pem("-----BEGIN CERTIFICATE-----"), None);
    }
}
