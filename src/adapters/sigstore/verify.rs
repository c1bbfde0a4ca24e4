//! Whether a bundle holds what it says: signature, certificate, log entry and timestamp.

use bytes::Bytes;
use sigstore_verify::crypto::{CertificateInfo, parse_certificate_info, verify_signature};
use sigstore_verify::error::CertificateError;
use sigstore_verify::types::{Artifact, Bundle, DerCertificate, Sha256Hash, SignatureBytes, pae};
use sigstore_verify::{Error, TimestampError, VerificationPolicy, VerificationResult};

use super::form::{BundleJson, Signed, unreadable};
use super::log_entry::check_entries;
use super::roots::{Instance, TrustedRoot};
use super::statement::ReadStatement;
use crate::protocol::{
    RefusedAttestation, STATEMENT_MEDIA_TYPE, SeenAttestation, SignatureFault, SignerIdentity,
};

/// Verifies a bundle. Nothing is asked of any server; the clock of this machine only refuses log entries from the future.
///
/// What the statement says is not judged: that is [`crate::protocol::WantedAttestation::compare`].
///
/// # Errors
///
/// With the first fault of: form, signature, log entry (its fields), timestamp, certificate, log entry (its proof).
pub fn verify(bundle: &Bytes, root: &TrustedRoot) -> Result<SeenAttestation, RefusedAttestation> {
    let form = BundleJson::read(bundle)?;
    let signed = form.signed()?;
    let statement = ReadStatement::read(&signed.payload)?;
    let certificate = check_signature(&signed)?;
    let not_before = u64::try_from(certificate.not_before.as_second()).unwrap_or_default();
    let instance = root.issuer_of(&signed.certificate, not_before);
    let instance = instance.map_err(|why| {
        untrusted(format!(
            "no authority of the trusted root issued its certificate: {why}"
        ))
    })?;
    check_entries(form.log_entries(), &instance.logs)?;
    if !form.has_time() {
        let seen =
            "it has no timestamp and no time of a log, so that nothing proves when it was signed";
        return Err(RefusedAttestation::new(
            SignatureFault::CertificateExpired,
            seen,
        ));
    }
    let text = std::str::from_utf8(bundle).map_err(unreadable)?;
    let parsed = Bundle::from_json(text).map_err(unreadable)?;
    let result = verify_with(instance, &parsed, &statement)?;
    Ok(seen(bundle.clone(), statement, &certificate, &result))
}

/// Whether the key of the certificate signed the statement. It comes first, so that a changed statement is called just that,
/// although timestamp and log entry do not belong to it, either.
fn check_signature(signed: &Signed) -> Result<CertificateInfo, RefusedAttestation> {
    let certificate = DerCertificate::new(signed.certificate.clone());
    let certificate = parse_certificate_info(&certificate)
        .map_err(|error| untrusted(format!("its certificate cannot be read: {error}")))?;
    if certificate.identity.is_none() {
        return Err(untrusted(
            "its certificate does not say whom it was issued to",
        ));
    }
    let message = pae(STATEMENT_MEDIA_TYPE, &signed.payload);
    let signature = SignatureBytes::new(signed.signature.clone());
    let scheme = certificate.key_algorithm.default_signing_scheme();
    let verified = verify_signature(&certificate.public_key, &message, &signature, scheme);
    verified.map_err(|_| {
        let seen = "its signature is not that of its certificate over its statement";
        RefusedAttestation::new(SignatureFault::SignatureInvalid, seen)
    })?;
    Ok(certificate)
}

fn verify_with(
    instance: &Instance,
    bundle: &Bundle,
    statement: &ReadStatement,
) -> Result<VerificationResult, RefusedAttestation> {
    let mut policy = VerificationPolicy::any_identity();
    if instance.logs.is_empty() {
        policy = policy.skip_tlog_unsafe();
    }
    if !instance.logs_certificates {
        policy = policy.skip_sct();
    }
    let artifact = artifact_of(statement)?;
    instance
        .verifier
        .verify(artifact, bundle, &policy)
        .map_err(|error| refused(&error))
}

/// `sigstore-verify` wants to know one artifact that the statement is about. Any will do: the caller compares all of them.
fn artifact_of(statement: &ReadStatement) -> Result<Artifact<'static>, RefusedAttestation> {
    let subject = statement.subjects.first();
    let subject =
        subject.ok_or_else(|| unreadable("none of its subjects has a digest by SHA-256"))?;
    let hash = Sha256Hash::from_hex(&subject.digest.hex()).map_err(unreadable)?;
    Ok(hash.into())
}

fn refused(error: &Error) -> RefusedAttestation {
    let fault = match error {
        Error::SignatureInvalid(_) => SignatureFault::SignatureInvalid,
        Error::Certificate(error) if is_about_time(error) => SignatureFault::CertificateExpired,
        Error::Certificate(_) => SignatureFault::CertificateUntrusted,
        // The artifact is one of the statement's own: only the log entry can be about another.
        Error::TransparencyLog(_) | Error::ArtifactMismatch(_) => SignatureFault::LogEntryInvalid,
        Error::Timestamp(TimestampError::NoVerifiedTimestamp(_)) => {
            SignatureFault::CertificateExpired
        }
        Error::Timestamp(_) => SignatureFault::TimestampInvalid,
        _ => SignatureFault::BundleUnreadable,
    };
    RefusedAttestation::new(fault, error)
}

/// Whether the certificate was not valid when it was used; `webpki` says so within the error about the chain.
fn is_about_time(error: &CertificateError) -> bool {
    match error {
        CertificateError::Expired { .. } | CertificateError::NotYetValid { .. } => true,
        CertificateError::ChainInvalid(why) => {
            why.contains("CertExpired") || why.contains("CertNotValidYet")
        }
        _ => false,
    }
}

fn seen(
    bundle: Bytes,
    statement: ReadStatement,
    certificate: &CertificateInfo,
    result: &VerificationResult,
) -> SeenAttestation {
    let times = result.verified_timestamps().iter();
    let signed_at = times.map(|time| time.as_second()).min().unwrap_or_default();
    SeenAttestation {
        subjects: statement.subjects,
        other_subjects: statement.other_subjects,
        predicate_type: statement.predicate_type,
        predicate: statement.predicate,
        signer: identity(certificate),
        signed_at: u64::try_from(signed_at).unwrap_or_default(),
        bundle,
    }
}

fn identity(certificate: &CertificateInfo) -> SignerIdentity {
    let claims = certificate.ci_claims.clone();
    let subject = certificate.identity.as_ref();
    SignerIdentity {
        issuer: certificate.issuer.clone().unwrap_or_default(),
        subject: subject.map_or_else(String::new, |subject| subject.as_str().to_owned()),
        build_signer_uri: claims.build_signer_uri,
        build_config_uri: claims.build_config_uri,
        source_repository_uri: claims.source_repository_uri,
        source_repository_digest: claims.source_repository_digest,
        source_repository_ref: claims.source_repository_ref,
        run_invocation_uri: claims.run_invocation_uri,
        runner_environment: claims.runner_environment,
    }
}

fn untrusted(seen: impl std::fmt::Display) -> RefusedAttestation {
    RefusedAttestation::new(SignatureFault::CertificateUntrusted, seen)
}
