//! Whom to believe: the certificates and keys of instances of Sigstore.
//!
//! Those of the public-good instance and of GitHub are compiled in, as `sigstore-trust-root` ships them; a new version of that crate
//! brings new ones. A root that is given by file or input takes their place, without a new version of this program.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use sigstore_verify::Verifier;
use sigstore_verify::crypto::WEBPKI_VERIFICATION_ALGS;
use sigstore_verify::trust_root::{
    SIGSTORE_GITHUB_TRUSTED_ROOT, SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot as RootFile,
};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::provider;
use crate::adapters::http::excerpt;
use crate::domain::{Code, Diagnostic};

/// The largest trusted root that is read, in bytes; GitHub's has 32 KB.
const MOST_BYTES: usize = 4 << 20;

/// `id-kp-codeSigning`, as the content of a DER object identifier.
const CODE_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x03];

/// One instance: its authorities and its logs.
pub(super) struct Instance {
    pub(super) verifier: Verifier,
    pub(super) logs: Vec<KnownLog>,
    /// Whether certificates must be in a log of certificates.
    pub(super) logs_certificates: bool,
    /// The authorities that issue certificates.
    anchors: Vec<TrustAnchor<'static>>,
}

/// A log of signatures.
pub(super) struct KnownLog {
    pub(super) key_id: Vec<u8>,
    pub(super) host: String,
}

/// The instances that are believed. Clones share them.
#[derive(Clone)]
pub struct TrustedRoot {
    instances: Arc<Vec<Instance>>,
}

impl TrustedRoot {
    /// The public-good instance, which signs for public repositories.
    ///
    /// # Errors
    ///
    /// Never, unless the copy that is compiled in is broken.
    pub fn public_good() -> Result<Self, Diagnostic> {
        Self::parse(SIGSTORE_PRODUCTION_TRUSTED_ROOT.as_bytes())
    }

    /// The instance of GitHub, which signs for private repositories and for immutable releases.
    ///
    /// # Errors
    ///
    /// Never, unless the copy that is compiled in is broken.
    pub fn github() -> Result<Self, Diagnostic> {
        Self::parse(SIGSTORE_GITHUB_TRUSTED_ROOT.as_bytes())
    }

    /// Both of them, as `gh attestation verify` has them.
    ///
    /// # Errors
    ///
    /// Never, unless a copy that is compiled in is broken.
    pub fn embedded() -> Result<Self, Diagnostic> {
        let both = [
            SIGSTORE_PRODUCTION_TRUSTED_ROOT,
            SIGSTORE_GITHUB_TRUSTED_ROOT,
        ];
        let instances = both.into_iter().map(Instance::parse);
        Ok(Self::of(instances.collect::<Result<_, _>>()?))
    }

    /// The content of a file `trusted_root.json`, or several of them, each on a line, as `gh attestation trusted-root` writes them.
    ///
    /// # Errors
    ///
    /// Where it is neither, or a key or a certificate in it cannot be used.
    pub fn parse(json: &[u8]) -> Result<Self, Diagnostic> {
        if json.len() > MOST_BYTES {
            return Err(invalid(format!("it has more than {MOST_BYTES} bytes")));
        }
        let text = std::str::from_utf8(json).map_err(invalid)?;
        if let Ok(one) = Instance::parse(text) {
            return Ok(Self::of(vec![one]));
        }
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        let instances = if lines.len() > 1
            && lines
                .iter()
                .all(|line| line.starts_with('{') && line.trim_end().ends_with('}'))
        {
            lines
                .into_iter()
                .map(Instance::parse)
                .collect::<Result<_, _>>()?
        } else {
            vec![Instance::parse(text)?]
        };
        Ok(Self::of(instances))
    }

    fn of(instances: Vec<Instance>) -> Self {
        Self {
            instances: Arc::new(instances),
        }
    }

    /// The instance with the authority that issued the certificate. Instances may have authorities of the same name, so that the
    /// signature decides; at which time it was used is not judged here.
    ///
    /// # Errors
    ///
    /// With what the last instance says, where none has it.
    pub(super) fn issuer_of(
        &self,
        certificate: &[u8],
        not_before: u64,
    ) -> Result<&Instance, webpki::Error> {
        let certificate = CertificateDer::from(certificate);
        let parsed = EndEntityCert::try_from(&certificate)?;
        let time = UnixTime::since_unix_epoch(Duration::from_secs(not_before));
        let mut refused = webpki::Error::UnknownIssuer;
        for instance in self.instances.iter() {
            let usage = KeyUsage::required(CODE_SIGNING);
            let all = WEBPKI_VERIFICATION_ALGS;
            match parsed.verify_for_usage(all, &instance.anchors, &[], time, usage, None, None) {
                Ok(_) => return Ok(instance),
                Err(error) => refused = error,
            }
        }
        Err(refused)
    }
}

impl fmt::Debug for TrustedRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let instances = self.instances.len();
        f.debug_struct("TrustedRoot")
            .field("instances", &instances)
            .finish_non_exhaustive()
    }
}

impl Instance {
    fn parse(json: &str) -> Result<Self, Diagnostic> {
        provider::install();
        let root = RootFile::from_json(json).map_err(invalid)?;
        let Some((_, version)) = root.media_type.split_once("trustedroot") else {
            let seen = format!("its media type is {:?}", root.media_type);
            return Err(invalid(seen));
        };
        if !matches!(
            version,
            "+json;version=0.1" | "+json;version=0.2" | ".v0.2+json"
        ) {
            return Err(invalid(format!("its version {version:?} is unknown here")));
        }
        let verifier = Verifier::new(&root).map_err(invalid)?;
        let chains = root
            .certificate_authorities
            .iter()
            .flat_map(|ca| &ca.cert_chain.certificates);
        let mut anchors = Vec::new();
        for certificate in chains {
            let der = CertificateDer::from(certificate.raw_bytes.as_bytes());
            let anchor = anchor_from_trusted_cert(&der).map_err(invalid)?;
            anchors.push(anchor.to_owned());
        }
        let logs = root.tlogs.iter().map(|log| KnownLog {
            key_id: log.log_id.key_id.as_bytes().to_vec(),
            host: host_of(&log.base_url),
        });
        Ok(Self {
            verifier,
            logs: logs.collect(),
            logs_certificates: !root.ctlogs.is_empty(),
            anchors,
        })
    }
}

/// The host of a log's address, with its port if it has one.
fn host_of(address: &str) -> String {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default().to_owned()
}

fn invalid(why: impl fmt::Display) -> Diagnostic {
    Diagnostic::error(
        Code::TrustedRootInvalid,
        format!(
            "the trusted root cannot be used: {}",
            excerpt(&why.to_string())
        ),
        "give the content of a `trusted_root.json`, such as `gh attestation trusted-root` writes",
    )
}
