//! X.509 certificates, and what a certificate transparency log signs of them.
//! <https://www.rfc-editor.org/rfc/rfc5280>, <https://www.rfc-editor.org/rfc/rfc6962>

use super::der;
use super::keys::{self, PublicKey, SigningKey, sha256};
use std::io;
use std::ops::Range;

/// `ecdsa-with-SHA256`
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(crate) const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub(crate) const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
/// The extension with signed certificate timestamps.
const SCT_LIST: &str = "1.3.6.1.4.1.11129.2.4.2";

/// The extension of a log in tiles: where the entry is, which is the first place here.
/// <https://c2sp.org/static-ct-api>
const LEAF_INDEX: [u8; 8] = [0, 0, 5, 0, 0, 0, 0, 0];

pub(crate) fn signature_algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(ECDSA_SHA256)])
}

/// A distinguished name. `gh` finds a root by its organization.
pub(crate) fn name(organization: &str, common: &str) -> Vec<u8> {
    let attribute = |oid: &str, value: &str| {
        der::set_of(vec![der::sequence(&[der::oid(oid), der::utf8(value)])])
    };
    der::sequence(&[
        attribute("2.5.4.10", organization),
        attribute("2.5.4.3", common),
    ])
}

/// Whether those who do not know an extension have to refuse the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Criticality {
    Critical,
    Optional,
}

pub(crate) fn extension(oid: &str, criticality: Criticality, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![der::oid(oid)];
    if criticality == Criticality::Critical {
        parts.push(vec![0x01, 0x01, 0xff]);
    }
    parts.push(der::octets(value));
    der::sequence(&parts)
}

/// For certificates of authorities: they sign certificates.
fn authority_extensions(path_length: Option<u64>, usage: Option<&str>) -> Vec<Vec<u8>> {
    let mut constraints = vec![vec![0x01, 0x01, 0xff]];
    constraints.extend(path_length.map(der::number));
    let mut extensions = vec![
        // keyCertSign and cRLSign
        extension(
            "2.5.29.15",
            Criticality::Critical,
            &[0x03, 0x02, 0x01, 0x06],
        ),
        extension(
            "2.5.29.19",
            Criticality::Critical,
            &der::sequence(&constraints),
        ),
    ];
    extensions.extend(usage.map(|usage| extended_usage(usage, Criticality::Optional)));
    extensions
}

/// `digitalSignature`
pub(crate) fn digital_signature() -> Vec<u8> {
    extension(
        "2.5.29.15",
        Criticality::Critical,
        &[0x03, 0x02, 0x07, 0x80],
    )
}

pub(crate) fn extended_usage(usage: &str, criticality: Criticality) -> Vec<u8> {
    extension("2.5.29.37", criticality, &der::sequence(&[der::oid(usage)]))
}

/// RFC 7093, method 1.
fn key_id(key: &PublicKey) -> Vec<u8> {
    let mut id = sha256(&key.info());
    id.truncate(20);
    id
}

/// What a certificate is to say.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// Empty for a signer: then the subject is in an extension.
    pub(crate) subject: Vec<u8>,
    pub(crate) key: PublicKey,
    /// Seconds since 1970.
    pub(crate) valid: Range<u64>,
    pub(crate) extensions: Vec<Vec<u8>>,
}

/// A key with its certificate.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) key: SigningKey,
    pub(crate) subject: Vec<u8>,
    /// In DER.
    pub(crate) certificate: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    /// Its issuer's name.
    pub(crate) issuer: Vec<u8>,
}

impl Authority {
    /// Certifies itself.
    pub(crate) fn root(subject: Vec<u8>, valid: Range<u64>) -> io::Result<Authority> {
        let key = SigningKey::generate()?;
        let wanted = Certificate {
            subject: subject.clone(),
            key: key.public(),
            valid,
            extensions: authority_extensions(None, None),
        };
        let serial = new_serial()?;
        let body = to_be_signed(&wanted, &serial, &subject, &key.public(), None);
        Ok(Authority {
            certificate: signed(&body, &key)?,
            issuer: subject.clone(),
            key,
            subject,
            serial,
        })
    }

    /// Certifies an authority below this one, for one purpose.
    pub(crate) fn intermediate(
        &self,
        subject: Vec<u8>,
        valid: Range<u64>,
        usage: &str,
    ) -> io::Result<Authority> {
        self.holder(subject, valid, authority_extensions(Some(0), Some(usage)))
    }

    /// Certifies a new key.
    pub(crate) fn holder(
        &self,
        subject: Vec<u8>,
        valid: Range<u64>,
        extensions: Vec<Vec<u8>>,
    ) -> io::Result<Authority> {
        let key = SigningKey::generate()?;
        let wanted = Certificate {
            subject: subject.clone(),
            key: key.public(),
            valid,
            extensions,
        };
        let serial = new_serial()?;
        let body = to_be_signed(&wanted, &serial, &self.subject, &self.key.public(), None);
        Ok(Authority {
            certificate: signed(&body, &self.key)?,
            issuer: self.subject.clone(),
            key,
            subject,
            serial,
        })
    }

    /// A certificate, with the timestamp of a log in it if there is one.
    pub(crate) fn issue(
        &self,
        wanted: &Certificate,
        log: Option<(&SigningKey, u64)>,
    ) -> io::Result<Vec<u8>> {
        let serial = new_serial()?;
        let issuer = self.key.public();
        let body = to_be_signed(wanted, &serial, &self.subject, &issuer, None);
        let Some((log, now)) = log else {
            return signed(&body, &self.key);
        };
        let list = timestamp_list(log, &issuer, &body, now)?;
        let body = to_be_signed(wanted, &serial, &self.subject, &issuer, Some(&list));
        signed(&body, &self.key)
    }
}

fn new_serial() -> io::Result<Vec<u8>> {
    let mut serial = keys::random::<16>()?.to_vec();
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 1;
    }
    Ok(serial)
}

fn to_be_signed(
    wanted: &Certificate,
    serial: &[u8],
    issuer: &[u8],
    issuer_key: &PublicKey,
    timestamps: Option<&[u8]>,
) -> Vec<u8> {
    let mut extensions = wanted.extensions.clone();
    extensions.push(extension(
        "2.5.29.14",
        Criticality::Optional,
        &der::octets(&key_id(&wanted.key)),
    ));
    // A key identifier alone: the context-specific element 0, which holds no others.
    let issuer_id = der::sequence(&[der::element(0x80, &key_id(issuer_key))]);
    extensions.push(extension("2.5.29.35", Criticality::Optional, &issuer_id));
    extensions.extend(
        timestamps.map(|list| extension(SCT_LIST, Criticality::Optional, &der::octets(list))),
    );
    der::sequence(&[
        der::holding(der::context(0), &[der::number(2)]),
        der::integer(serial),
        signature_algorithm(),
        issuer.to_vec(),
        der::sequence(&[der::time(wanted.valid.start), der::time(wanted.valid.end)]),
        wanted.subject.clone(),
        wanted.key.info(),
        der::holding(der::context(3), &[der::sequence(&extensions)]),
    ])
}

fn signed(body: &[u8], key: &SigningKey) -> io::Result<Vec<u8>> {
    let signature = der::bits(&key.sign(body)?);
    Ok(der::sequence(&[
        body.to_vec(),
        signature_algorithm(),
        signature,
    ]))
}

/// RFC 6962, 3.2 and 3.3: a list with the one timestamp of a log, for a certificate that does not have it yet.
fn timestamp_list(
    log: &SigningKey,
    issuer: &PublicKey,
    body: &[u8],
    now: u64,
) -> io::Result<Vec<u8>> {
    let time = (now * 1000).to_be_bytes();
    let length = u32::try_from(body.len()).unwrap_or_default().to_be_bytes();
    let issuer = sha256(&issuer.info());
    let mut message = vec![0, 0];
    message.extend_from_slice(&time);
    message.extend_from_slice(&[0, 1]);
    message.extend_from_slice(&issuer);
    message.extend_from_slice(length.get(1..).unwrap_or_default());
    message.extend_from_slice(body);
    message.extend(prefixed(&LEAF_INDEX));
    let signature = log.sign(&message)?;
    let mut timestamp = vec![0];
    timestamp.extend_from_slice(&sha256(&log.public().info()));
    timestamp.extend_from_slice(&time);
    timestamp.extend(prefixed(&LEAF_INDEX));
    // SHA-256 and ECDSA.
    timestamp.extend_from_slice(&[4, 3]);
    timestamp.extend(prefixed(&signature));
    Ok(prefixed(&prefixed(&timestamp)))
}

/// Bytes with their length in two bytes before them.
fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or_default();
    [&length.to_be_bytes(), bytes].concat()
}

/// The public key of a certificate.
pub(crate) fn key_of(certificate: &[u8]) -> Option<PublicKey> {
    let parts = der::read(certificate)?.parts()?;
    let fields = parts.first()?.parts()?;
    // The version comes first: it is there in every certificate with extensions.
    PublicKey::from_info(fields.get(6)?.whole)
}

/// The public key of a certificate request, if the request is signed with it.
/// <https://www.rfc-editor.org/rfc/rfc2986>
pub(crate) fn key_of_request(request: &[u8]) -> Option<PublicKey> {
    let parts = der::read(request)?.parts()?;
    let [body, _, signature] = parts.as_slice() else {
        return None;
    };
    let key = PublicKey::from_info(body.parts()?.get(2)?.whole)?;
    let signature = signature.content.strip_prefix(&[0])?;
    key.verifies(body.whole, signature).then_some(key)
}
