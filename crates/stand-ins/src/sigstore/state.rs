//! What the parts of a Sigstore share: keys, certificates, the log's entries.

use super::certificate::{
    Authority, CODE_SIGNING, Criticality, TIME_STAMPING, digital_signature, extended_usage, name,
};
use super::keys::{LogKey, SigningKey};
use super::options::{LogOrigin, SigstoreOptions};
use crate::oidc::TrustedIssuer;
use crate::server::Shared;
use std::io;
use std::sync::Mutex;

/// 2025-01-01T00:00:00Z: since when the authorities and logs are trusted.
pub(crate) const SINCE: u64 = 1_735_689_600;
/// 2045-01-01T00:00:00Z
const UNTIL: u64 = 2_366_841_600;

#[derive(Debug)]
pub(crate) struct SigstoreState {
    pub(crate) shared: Shared,
    pub(crate) issuers: Vec<TrustedIssuer>,
    /// Whether certificates carry a timestamp of the certificate transparency log.
    pub(crate) certificate_log: bool,
    /// The transparency log's name in its checkpoints.
    pub(crate) origin: LogOrigin,
    /// The address of GitHub's pages, as in [`SigstoreOptions`].
    pub(crate) github: String,
    pub(crate) keys: SigstoreKeys,
    /// What entries are stored as, in order.
    pub(crate) entries: Mutex<Vec<String>>,
    pub(crate) urls: SigstoreUrls,
}

/// Base URLs.
#[derive(Debug)]
pub(crate) struct SigstoreUrls {
    pub(crate) fulcio: String,
    pub(crate) timestamp: String,
    pub(crate) rekor: String,
}

#[derive(Debug)]
pub(crate) struct SigstoreKeys {
    pub(crate) fulcio_root: Authority,
    pub(crate) fulcio: Authority,
    pub(crate) timestamp_root: Authority,
    pub(crate) timestamp: Authority,
    pub(crate) certificate_log: SigningKey,
    pub(crate) log: LogKey,
}

impl SigstoreKeys {
    pub(crate) fn generate(options: &SigstoreOptions) -> io::Result<SigstoreKeys> {
        let named = |common: &str| name(&options.organization, common);
        let valid = SINCE..UNTIL;
        let fulcio_root = Authority::root(named("fulcio-root"), valid.clone())?;
        let fulcio =
            fulcio_root.intermediate(named("fulcio-intermediate"), valid.clone(), CODE_SIGNING)?;
        let timestamp_root = Authority::root(named("timestamp-root"), valid.clone())?;
        let extensions = vec![
            digital_signature(),
            extended_usage(TIME_STAMPING, Criticality::Critical),
        ];
        let timestamp = timestamp_root.holder(named("timestamp"), valid, extensions)?;
        Ok(SigstoreKeys {
            fulcio_root,
            fulcio,
            timestamp_root,
            timestamp,
            certificate_log: SigningKey::generate()?,
            log: LogKey::generate()?,
        })
    }
}
