//! What was found out about the signatures of a published release.

use crate::domain::Diagnostic;
use crate::protocol::RefusedAttestation;

/// What is wrong with signatures, and what is only worth a warning.
#[derive(Default)]
pub(super) struct Signatures {
    pub(super) refused: Vec<Diagnostic>,
    pub(super) warnings: Vec<Diagnostic>,
    /// What was verified, in words; empty if nothing.
    pub(super) verified: Vec<String>,
}

impl Signatures {
    pub(super) fn refuse(&mut self, of: &str, faults: &[RefusedAttestation]) {
        let faults = faults.iter().map(|fault| fault.diagnostic(of));
        self.refused.extend(faults);
    }
}
