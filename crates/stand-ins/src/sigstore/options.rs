//! Options of a Sigstore.

use crate::clock::ServerClock;

/// The host name that a log uses in its checkpoints.
pub(crate) type LogOrigin = String;

/// How a Sigstore behaves.
#[derive(Clone, Debug)]
pub struct SigstoreOptions {
    pub clock: ServerClock,
    /// Whether there is a certificate transparency log, whose timestamp certificates carry.
    pub certificate_log: bool,
    /// The organization in the names of the authorities.
    pub organization: String,
    /// The transparency log's name in its checkpoints. In the trusted root it is the host of the log's URL.
    pub log_origin: LogOrigin,
    /// The address of GitHub's pages, below which certificates name workflows, repositories and runs.
    pub github_url: String,
    /// Ports; 0 takes a free one.
    pub fulcio_port: u16,
    pub timestamp_port: u16,
    pub rekor_port: u16,
}

impl Default for SigstoreOptions {
    fn default() -> SigstoreOptions {
        SigstoreOptions {
            clock: ServerClock::default(),
            certificate_log: true,
            organization: "sigstore.local".to_owned(),
            log_origin: "rekor.sigstore.local".to_owned(),
            github_url: "https://github.com".to_owned(),
            fulcio_port: 0,
            timestamp_port: 0,
            rekor_port: 0,
        }
    }
}
