//! The referrers of the images of a published release: what was signed about it, as those who pull an image find it.

use super::signatures::Signatures;
use crate::domain::{Code, Diagnostic, PinnedImage};
use crate::plan::{Artifacts, EVIDENCE_PREDICATE, ReferrersMode, Statement};
use crate::protocol::{Reader, RefusedAttestation, SeenAttestation, ServiceError};
use crate::release::attestations::leg::{SignedResult, TEST_RESULT, signed_result};
use crate::release::attestations::referrers::{ReferredStatement, images, read};
use crate::release::attestations::summary::{SUMMARY, evidence_differences, verdict_differences};
use crate::release::attestations::{Found, SigningRun};

/// What the referrers of an image hold.
pub(super) struct PublishedReferrers {
    image: PinnedImage,
    statements: Vec<ReferredStatement>,
}

/// Reads the referrers of all images.
pub(super) async fn see(
    reader: Reader<'_>,
    artifacts: &Artifacts,
) -> Result<Vec<PublishedReferrers>, ServiceError> {
    let mut all = Vec::new();
    for image in images(artifacts) {
        all.push(PublishedReferrers {
            image: image.clone(),
            statements: read(reader, image).await?,
        });
    }
    Ok(all)
}

/// What every image has to have as referrers.
pub(super) struct WantedReferrers<'a> {
    pub(super) mode: ReferrersMode,
    pub(super) statement: &'a Statement,
    /// As they were tested.
    pub(super) artifacts: &'a Artifacts,
    pub(super) run: &'a SigningRun,
    pub(super) legs: &'a [&'a str],
}

impl WantedReferrers<'_> {
    /// One of each kind that counts is enough: whoever may push could add others, and those of a run that died stay. One that
    /// cannot be verified is told.
    pub(super) fn judge(&self, seen: &PublishedReferrers, signatures: &mut Signatures) {
        let PublishedReferrers { image, statements } = seen;
        let before = signatures.refused.len() + signatures.warnings.len();
        let evidence =
            |seen: &SeenAttestation| evidence_differences(self.statement, self.run, seen);
        self.one(
            seen,
            "the signed evidence",
            EVIDENCE_PREDICATE,
            evidence,
            signatures,
        );
        let verdict = |seen: &SeenAttestation| verdict_differences(self.statement, self.run, seen);
        self.one(seen, "the signed verdict", SUMMARY, verdict, signatures);
        let results = statements.iter().filter(|one| one.claims(TEST_RESULT));
        let results: Vec<Found> = results.map(|one| one.found.clone()).collect();
        for leg in self.legs {
            let what = format!("the signed result of the leg {leg} of the tests");
            let plan = &self.statement.predicate.plan;
            match signed_result(plan, self.run, self.artifacts, leg, &results) {
                SignedResult::Passed => {}
                SignedResult::Missing => self.missing(seen, &what, signatures),
                SignedResult::Refused(faults) => {
                    signatures.refuse(&of(image, &what), &faults);
                }
                SignedResult::Failed(_) | SignedResult::Contradicts => {
                    let differs = Diagnostic::error(
                        Code::EvidenceDiffers,
                        format!("{} is not PASSED, or not only", of(image, &what)),
                        "find out who signed it after the release was published",
                    );
                    signatures.refused.push(differs);
                }
            }
        }
        if signatures.refused.len() + signatures.warnings.len() == before {
            signatures
                .verified
                .push(format!("the referrers of {image}"));
        }
        if signatures.refused.is_empty() {
            let unverified = statements.iter().filter_map(|one| one.found.as_ref().err());
            let told = unverified.map(|fault| {
                let told = fault.diagnostic(&format!("a referrer of {image} does not count"));
                Diagnostic::warning(told.code, told.seen, told.help)
            });
            signatures.warnings.extend(told);
        }
    }

    fn one(
        &self,
        seen: &PublishedReferrers,
        what: &str,
        predicate_type: &str,
        differences: impl Fn(&SeenAttestation) -> Vec<RefusedAttestation>,
        signatures: &mut Signatures,
    ) {
        let mut refused = Vec::new();
        for one in &seen.statements {
            if !one.claims(predicate_type) {
                continue;
            }
            let found = match &one.found {
                Ok(seen) => differences(seen),
                Err(fault) => vec![fault.clone()],
            };
            if found.is_empty() {
                return;
            }
            refused.extend(found);
        }
        if refused.is_empty() {
            self.missing(seen, what, signatures);
        } else {
            signatures.refuse(&of(&seen.image, what), &refused);
        }
    }

    /// One that cannot be read may be what is missing.
    fn missing(&self, seen: &PublishedReferrers, what: &str, signatures: &mut Signatures) {
        let PublishedReferrers { image, statements } = seen;
        let unreadable = statements.iter().find_map(ReferredStatement::unreadable);
        let mut seen = format!("{image} has no referrer with {what}");
        if let Some(fault) = unreadable {
            seen = format!("{seen}, and one that cannot be read: {fault}");
        }
        let help = "find out who deleted it, or whether it was lost when the image was copied; \
                    GitHub and the release still have what was signed";
        match self.mode {
            ReferrersMode::Require => {
                let missing = Diagnostic::error(Code::ReferrerMissing, seen, help);
                signatures.refused.push(missing);
            }
            ReferrersMode::Prefer => {
                let missing = Diagnostic::warning(Code::ReferrerMissing, seen, help);
                signatures.warnings.push(missing);
            }
        }
    }
}

fn of(image: &PinnedImage, what: &str) -> String {
    format!("{what} among the referrers of {image}")
}
