//! What an attestation must say: a correct signature proves who said it, and nothing else.

use serde_json::Value;

use super::{RefusedAttestation, SeenAttestation, SignatureFault, Subject, WantedSigner};
use crate::domain::Digest;

/// Which artifacts an attestation may be about besides those that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectRule {
    /// Any. Builders sign several artifacts by one statement.
    Among,
    /// None.
    Exactly,
}

/// What an attestation must say in order to count.
#[derive(Clone, Debug)]
pub struct WantedAttestation<'a> {
    pub subjects: &'a [Subject],
    pub rule: SubjectRule,
    pub predicate_type: &'a str,
    /// Exactly; `None` where only its type matters.
    pub predicate: Option<&'a Value>,
    pub signer: &'a WantedSigner,
    /// The address of the run, `https://github.com/owner/name/actions/runs/1`: any attempt of it, unless it ends in
    /// `/attempts/1`. `None` where any run may have signed.
    pub run: Option<&'a str>,
}

impl WantedAttestation<'_> {
    /// Everything in which the attestation differs, in the order of [`SignatureFault`]; empty where it counts.
    ///
    /// Subjects are compared by digest. Names are not compared: registries and builders name the same bytes differently.
    pub fn compare(&self, seen: &SeenAttestation) -> Vec<RefusedAttestation> {
        let mut found = Vec::new();
        let mut refuse = |fault, text: String| found.push(RefusedAttestation::new(fault, text));
        for difference in self.signer.differences(&seen.signer) {
            refuse(SignatureFault::OtherSigner, difference);
        }
        if let Some(difference) = self.subject_difference(seen) {
            refuse(SignatureFault::OtherSubjects, difference);
        }
        if seen.predicate_type != self.predicate_type {
            let (seen, wanted) = (&seen.predicate_type, self.predicate_type);
            refuse(
                SignatureFault::OtherPredicate,
                format!("its predicate is of the type {seen}, not {wanted}"),
            );
        } else if self
            .predicate
            .is_some_and(|wanted| *wanted != seen.predicate)
        {
            refuse(
                SignatureFault::OtherPredicate,
                "its predicate says something else than what was to be signed".to_owned(),
            );
        }
        if let Some(wanted) = self.run {
            let seen = seen.signer.run_invocation_uri.as_deref();
            if !seen.is_some_and(|seen| is_of_run(seen, wanted)) {
                let seen = seen.unwrap_or("no run that it names");
                refuse(
                    SignatureFault::OtherRun,
                    format!("it was signed by {seen}, not by {wanted}"),
                );
            }
        }
        found
    }

    fn subject_difference(&self, seen: &SeenAttestation) -> Option<String> {
        let has = |all: &[Subject], digest: Digest| all.iter().any(|one| one.digest == digest);
        let missing = self
            .subjects
            .iter()
            .find(|s| !has(&seen.subjects, s.digest));
        if let Some(Subject { name, digest }) = missing {
            let named = seen.subjects.iter().find(|subject| subject.name == *name);
            let instead = named.map_or_else(String::new, |s| format!(" but {}", s.digest));
            return Some(format!("it is not about {name} with {digest}{instead}"));
        }
        if self.subjects.is_empty() {
            return Some("no artifact was named that it should be about".to_owned());
        }
        if self.rule == SubjectRule::Among {
            return None;
        }
        if let Some(other) = seen.other_subjects.first() {
            return Some(format!("it is also about {}", other.name));
        }
        let other = seen
            .subjects
            .iter()
            .find(|s| !has(self.subjects, s.digest))?;
        Some(format!(
            "it is also about {} with {}",
            other.name, other.digest
        ))
    }
}

/// Whether the address of an attempt is one of the run.
fn is_of_run(seen: &str, wanted: &str) -> bool {
    let rest = seen.strip_prefix(wanted);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("/attempts/"))
}
