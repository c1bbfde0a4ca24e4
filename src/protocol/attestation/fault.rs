//! Why an attestation does not count.

use std::fmt;

use crate::domain::{Code, Diagnostic};

/// What is wrong with an attestation. Each fault has an error code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignatureFault {
    /// The bundle holds no signature.
    Unsigned,
    /// It is not a Sigstore bundle v0.3 with one DSSE signature over an in-toto statement, or has fields that the format
    /// does not have.
    BundleUnreadable,
    /// The signature does not belong to the statement and the certificate.
    SignatureInvalid,
    /// The certificate was not issued by an authority of the trusted root, or not logged as it demands.
    CertificateUntrusted,
    /// Nothing proves that it was signed while the certificate was valid.
    CertificateExpired,
    /// A timestamp was altered, is of another signature or of an unknown authority.
    TimestampInvalid,
    /// The entry of the log is missing, was altered, is of another signature or of an unknown log.
    LogEntryInvalid,
    /// Signed by another workflow, or for another repository or commit.
    OtherSigner,
    /// It is about other artifacts.
    OtherSubjects,
    /// Its predicate is of another type or says something else.
    OtherPredicate,
    /// Signed by another run.
    OtherRun,
}

impl SignatureFault {
    pub const ALL: [Self; 11] = [
        Self::Unsigned,
        Self::BundleUnreadable,
        Self::SignatureInvalid,
        Self::CertificateUntrusted,
        Self::CertificateExpired,
        Self::TimestampInvalid,
        Self::LogEntryInvalid,
        Self::OtherSigner,
        Self::OtherSubjects,
        Self::OtherPredicate,
        Self::OtherRun,
    ];

    pub const fn code(self) -> Code {
        match self {
            Self::Unsigned => Code::AttestationUnsigned,
            Self::BundleUnreadable => Code::AttestationUnreadable,
            Self::SignatureInvalid => Code::AttestationSignatureInvalid,
            Self::CertificateUntrusted => Code::AttestationCertificateUntrusted,
            Self::CertificateExpired => Code::AttestationCertificateExpired,
            Self::TimestampInvalid => Code::AttestationTimestampInvalid,
            Self::LogEntryInvalid => Code::AttestationLogEntryInvalid,
            Self::OtherSigner => Code::AttestationOfOtherSigner,
            Self::OtherSubjects => Code::AttestationOfOtherBytes,
            Self::OtherPredicate => Code::AttestationOfOtherContent,
            Self::OtherRun => Code::AttestationOfOtherRun,
        }
    }

    /// What to do about it.
    const fn help(self) -> &'static str {
        match self {
            Self::Unsigned | Self::BundleUnreadable => {
                "sign it anew, as a Sigstore bundle v0.3 with one DSSE signature"
            }
            Self::SignatureInvalid | Self::TimestampInvalid | Self::LogEntryInvalid => {
                "do not trust the artifact: it or its attestation was changed after it was signed; build and sign it anew"
            }
            Self::CertificateUntrusted => {
                "sign with an instance of Sigstore that the trusted root has, or name another root with `trusted-root`"
            }
            Self::CertificateExpired => {
                "sign with a timestamp or a log entry, which prove when it was signed; then it verifies forever"
            }
            Self::OtherSigner => {
                "find out which workflow signed it; if it may, name it as the signer that is wanted"
            }
            Self::OtherSubjects | Self::OtherRun => {
                "attestations are of exactly one build; let this run build, test and sign its own artifacts"
            }
            Self::OtherPredicate => {
                "find out what was signed; the predicate's type and content must be those that are wanted"
            }
        }
    }
}

/// The most characters of what was seen: a few values in full, and no whole file.
const MOST_SEEN: usize = 1_000;

/// An attestation that does not count, and what was seen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{seen}")]
pub struct RefusedAttestation {
    pub fault: SignatureFault,
    /// In one sentence, with the values.
    pub seen: String,
}

impl RefusedAttestation {
    /// Of a long text only the beginning is kept: it may quote what somebody else wrote.
    pub fn new(fault: SignatureFault, seen: impl fmt::Display) -> Self {
        let mut seen = seen.to_string();
        if let Some((end, _)) = seen.char_indices().nth(MOST_SEEN) {
            seen.truncate(end);
            seen.push('…');
        }
        Self { fault, seen }
    }

    /// An error about the attestation `of` something, such as "the attestation of the leg k3s-1.34".
    pub fn diagnostic(&self, of: &str) -> Diagnostic {
        let seen = format!("{of}: {}", self.seen);
        Diagnostic::error(self.fault.code(), seen, self.fault.help())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_bounded() {
        let kept =
            |text: &str| RefusedAttestation::new(SignatureFault::BundleUnreadable, text).seen;
        let longest = "ü".repeat(MOST_SEEN);
        assert_eq!(kept(&longest), longest);
        assert_eq!(kept(&"ü".repeat(200_000)), longest + "…");
    }
}
