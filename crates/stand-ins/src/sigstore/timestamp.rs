//! The timestamp authority.
//! <https://www.rfc-editor.org/rfc/rfc3161>

use super::certificate::signature_algorithm;
use super::keys::sha256;
use super::state::SigstoreState;
use super::{der, error, keys, pem};
use crate::transport::{HttpRequest, Reply};
use http::Method;
use http::header::CONTENT_TYPE;
use std::io;

const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TIMESTAMP_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE_ATTRIBUTE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
/// What Sigstore's authority names as its policy.
const POLICY: &str = "1.3.6.1.4.1.57264.2";
const BOOLEAN: u8 = 0x01;

pub(crate) fn answer(state: &SigstoreState, request: &HttpRequest, body: &[u8]) -> Reply {
    match (&request.method, request.path.as_str()) {
        (&Method::GET, "/ping" | "/healthz") => Reply::status(200),
        (&Method::GET, "/api/v1/timestamp/certchain") => {
            let chain = [&state.keys.timestamp, &state.keys.timestamp_root];
            let chain = chain.map(|one| pem::encode("CERTIFICATE", &one.certificate));
            Reply::status(200)
                .with(CONTENT_TYPE, "application/pem-certificate-chain")
                .bytes(chain.concat())
        }
        (&Method::POST, "/api/v1/timestamp") => {
            if request.header(CONTENT_TYPE) != Some("application/timestamp-query") {
                return error::answer(415, "unsupported media type");
            }
            let Some(query) = Query::read(body) else {
                return error::invalid("Error parsing timestamp request");
            };
            match respond(state, &query) {
                Ok(answer) => Reply::status(201)
                    .with(CONTENT_TYPE, "application/timestamp-reply")
                    .bytes(answer),
                Err(failure) => error::answer(500, &failure.to_string()),
            }
        }
        _ => error::answer(404, "Not Found"),
    }
}

/// What is asked for.
#[derive(Debug)]
pub(crate) struct Query {
    /// The hash and its algorithm, in DER.
    imprint: Vec<u8>,
    /// In DER.
    nonce: Option<Vec<u8>>,
    certificate: bool,
}

impl Query {
    /// For a message, with the authority's certificate in the answer.
    pub(crate) fn of(message: &[u8]) -> Query {
        Query {
            imprint: der::sequence(&[digest_algorithm(), der::octets(&sha256(message))]),
            nonce: None,
            certificate: true,
        }
    }

    fn read(bytes: &[u8]) -> Option<Query> {
        let parts = der::read(bytes)?.parts()?;
        let [version, imprint, optional @ ..] = parts.as_slice() else {
            return None;
        };
        let [algorithm, hash] = imprint.parts()?.try_into().ok()?;
        let length_fits = matches!(hash.content.len(), 32 | 48 | 64);
        if version.content != [1] || algorithm.tag != der::SEQUENCE || !length_fits {
            return None;
        }
        let nonce = optional.iter().find(|part| part.tag == der::INTEGER);
        let certificate = optional.iter().find(|part| part.tag == BOOLEAN);
        Some(Query {
            imprint: imprint.whole.to_vec(),
            nonce: nonce.map(|nonce| nonce.whole.to_vec()),
            certificate: certificate.is_some_and(|wanted| wanted.content == [0xff]),
        })
    }
}

fn digest_algorithm() -> Vec<u8> {
    der::sequence(&[der::oid(SHA256)])
}

/// A `TimeStampResp`.
pub(crate) fn respond(state: &SigstoreState, query: &Query) -> io::Result<Vec<u8>> {
    let authority = &state.keys.timestamp;
    let info = info(state, query)?;
    let attributes = attributes(&info, &authority.certificate);
    let signature = authority.key.sign(&der::set_of(attributes.clone()))?;
    let mut sorted = attributes;
    sorted.sort();
    let signer = der::sequence(&[
        der::number(1),
        der::sequence(&[authority.issuer.clone(), der::integer(&authority.serial)]),
        digest_algorithm(),
        der::holding(der::context(0), &sorted),
        signature_algorithm(),
        der::octets(&signature),
    ]);
    let content = der::sequence(&[
        der::oid(TIMESTAMP_INFO),
        der::holding(der::context(0), &[der::octets(&info)]),
    ]);
    let mut data = vec![
        der::number(3),
        der::set_of(vec![digest_algorithm()]),
        content,
    ];
    if query.certificate {
        data.push(der::element(der::context(0), &authority.certificate));
    }
    data.push(der::set_of(vec![signer]));
    let token = der::sequence(&[
        der::oid(SIGNED_DATA),
        der::holding(der::context(0), &[der::sequence(&data)]),
    ]);
    let granted = der::sequence(&[der::number(0)]);
    Ok(der::sequence(&[granted, token]))
}

/// `TSTInfo`
fn info(state: &SigstoreState, query: &Query) -> io::Result<Vec<u8>> {
    let mut serial = keys::random::<16>()?;
    serial[0] = serial[0] & 0x7f | 1;
    let mut parts = vec![
        der::number(1),
        der::oid(POLICY),
        query.imprint.clone(),
        der::integer(&serial),
        der::generalized_time(state.shared.clock.unix()),
        // Accurate to a second.
        der::sequence(&[der::number(1)]),
    ];
    parts.extend(query.nonce.clone());
    Ok(der::sequence(&parts))
}

/// The attributes that are signed in place of the content (RFC 5652, 5.3; RFC 5035, 3).
fn attributes(info: &[u8], certificate: &[u8]) -> Vec<Vec<u8>> {
    let attribute =
        |oid: &str, value: Vec<u8>| der::sequence(&[der::oid(oid), der::set_of(vec![value])]);
    // SHA-256 is the usual algorithm, and so it is left out.
    let id = der::sequence(&[der::octets(&sha256(certificate))]);
    vec![
        attribute(CONTENT_TYPE_ATTRIBUTE, der::oid(TIMESTAMP_INFO)),
        attribute(MESSAGE_DIGEST, der::octets(&sha256(info))),
        attribute(SIGNING_CERTIFICATE, der::sequence(&[der::sequence(&[id])])),
    ]
}
