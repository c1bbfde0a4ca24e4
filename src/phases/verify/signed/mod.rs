//! The signatures of a published release: of its evidence, of the verdict, of the results of its tests, and GitHub's own.

#[cfg(test)]
mod tests;

use super::VerifyState;
use super::referrers::{self, PublishedReferrers, WantedReferrers};
use super::signatures::Signatures;
use crate::domain::{Code, Diagnostic, Digest};
use crate::plan::{
    Artifact, Artifacts, EVIDENCE_PREDICATE, LOGS, REPORT, ReleasePlan, SIGNED_EVIDENCE,
    SIGNED_VERDICT, Signing, Statement, Verdict,
};
use crate::protocol::{
    AssetState, Reader, RefusedAttestation, SeenAttestation, SeenRelease, ServiceError, Subject,
};
use crate::release::attestations::leg::{SignedResult, TEST_RESULT, signed_result};
use crate::release::attestations::required::{AttestedImage, look_for};
use crate::release::attestations::summary::{SUMMARY, evidence_differences, verdict_differences};
use crate::release::attestations::{Found, OR_NO_RIGHT, SigningRun, first_digest};
use crate::release::view::ReleaseView;

/// The most bytes of a bundle that are read.
const MAX_BUNDLE: u64 = 16 * 1024 * 1024;

/// What GitHub's API calls the type of its own attestation of an immutable release.
const RELEASE: &str = "release";
/// What the type itself begins with.
const RELEASE_PREDICATE: &str = "https://in-toto.io/attestation/release/";
/// The identity that GitHub signs it with.
const GITHUB_RELEASES: &str = "https://dotcom.releases.github.com";

/// What was found of signatures.
#[derive(Default)]
pub(super) struct PublishedSignatures {
    evidence: CopiedSignature,
    verdict: CopiedSignature,
    legs: Vec<Found>,
    images: Vec<AttestedImage>,
    /// GitHub's own attestations of an immutable release.
    github: Vec<Found>,
    referrers: Vec<PublishedReferrers>,
}

/// A statement that is stored at GitHub, with a copy among the assets.
#[derive(Default)]
struct CopiedSignature {
    asset: Option<Found>,
    stored: Vec<Found>,
}

/// Reads the signatures of a release with this evidence.
pub(super) async fn see(
    reader: Reader<'_>,
    release: &ReleaseView,
    statement: &Statement,
) -> Result<PublishedSignatures, ServiceError> {
    let wanted = &statement.predicate.plan.wanted;
    let artifacts = tested(statement);
    let digest_of = |name: &str| artifacts.0.get(name).map(Artifact::digest);
    let mut seen = PublishedSignatures {
        images: look_for(reader, &statement.predicate.plan, digest_of).await?,
        ..PublishedSignatures::default()
    };
    if wanted.signing.is_some() {
        let about = Digest::of(&statement.to_bytes());
        seen.evidence = CopiedSignature {
            asset: bundle(reader, release, SIGNED_EVIDENCE).await?,
            stored: reader.attestations(about, EVIDENCE_PREDICATE).await?,
        };
        seen.verdict = CopiedSignature {
            asset: bundle(reader, release, SIGNED_VERDICT).await?,
            stored: reader.attestations(about, SUMMARY).await?,
        };
        if wanted.referrers.is_some() {
            seen.referrers = referrers::see(reader, &artifacts).await?;
        }
        if let Some(digest) = first_digest(&artifacts) {
            seen.legs = reader.attestations(digest, TEST_RESULT).await?;
        }
        let is_immutable = release.releases.iter().any(|release| release.immutable);
        let asset = release.evidence().and_then(|asset| release.digest(asset));
        if let Some(asset) = asset.filter(|_| is_immutable) {
            seen.github = reader.attestations(asset, RELEASE).await?;
        }
    }
    Ok(seen)
}

async fn bundle(
    reader: Reader<'_>,
    release: &ReleaseView,
    name: &str,
) -> Result<Option<Found>, ServiceError> {
    let mut assets = release.assets();
    let asset = assets.find(|asset| asset.name == name && asset.state == AssetState::Uploaded);
    Ok(match asset {
        Some(asset) => {
            let bytes = reader.github.read_asset(asset, MAX_BUNDLE).await?;
            Some(reader.verifier.verify(&bytes))
        }
        None => None,
    })
}

/// The artifacts as they were tested, without the logs and the report.
fn tested(statement: &Statement) -> Artifacts {
    let mut artifacts = statement.predicate.artifacts.clone();
    artifacts.0.remove(LOGS);
    artifacts.0.remove(REPORT);
    artifacts
}

/// What the signatures of a release are worth.
pub(super) fn judge(
    state: &VerifyState,
    release: &SeenRelease,
    statement: &Statement,
) -> Signatures {
    let plan = &statement.predicate.plan;
    let mut signatures = Signatures::default();
    for image in &state.signed.images {
        signatures.image(image);
    }
    let Some((signing, run)) = plan.wanted.signing.as_ref().zip(SigningRun::planned(plan)) else {
        return signatures;
    };
    let signed = &state.signed;
    let evidence = |seen: &SeenAttestation| evidence_differences(statement, &run, seen);
    signatures.copied(signing, SIGNED_EVIDENCE, &signed.evidence, evidence);
    let verdict = |seen: &SeenAttestation| verdict_differences(statement, &run, seen);
    signatures.copied(signing, SIGNED_VERDICT, &signed.verdict, verdict);
    let artifacts = tested(statement);
    let legs = legs(plan, &artifacts, statement);
    for leg in &legs {
        let result = signed_result(plan, &run, &artifacts, leg, &signed.legs);
        signatures.leg(signing, leg, result);
    }
    if let Some(mode) = plan.wanted.referrers {
        let wanted = WantedReferrers {
            mode,
            statement,
            artifacts: &artifacts,
            run: &run,
            legs: &legs,
        };
        for image in &signed.referrers {
            wanted.judge(image, &mut signatures);
        }
    }
    if release.immutable {
        signatures.of_github(&signed.github, state, release);
    }
    signatures
}

/// The legs whose verdicts the release was published with.
fn legs<'s>(plan: &ReleasePlan, artifacts: &Artifacts, statement: &'s Statement) -> Vec<&'s str> {
    let verdict = Verdict {
        run: plan.wanted.run.clone(),
        artifacts: artifacts.digest(),
    };
    let records = statement.predicate.verdicts.iter();
    let counted = records.filter(|record| {
        let said = record.description.as_deref().and_then(Verdict::read);
        said.as_ref() == Some(&verdict) && record.state == "success"
    });
    counted
        .filter_map(|record| Verdict::leg(&record.name))
        .collect()
}

impl Signatures {
    fn missing(&mut self, signing: &Signing, seen: String) {
        let help = format!(
            "find out who deleted it, or whether the job that should have signed it could: nothing proves now what was signed; {OR_NO_RIGHT}"
        );
        if signing.is_required() {
            let missing = Diagnostic::error(Code::AttestationMissing, seen, help);
            self.refused.push(missing);
        } else {
            let missing = Diagnostic::warning(Code::AttestationMissing, seen, help);
            self.warnings.push(missing);
        }
    }

    fn copied(
        &mut self,
        signing: &Signing,
        name: &str,
        found: &CopiedSignature,
        differences: impl Fn(&SeenAttestation) -> Vec<RefusedAttestation>,
    ) {
        match &found.asset {
            None => self.missing(signing, format!("the release has no {name}")),
            Some(Err(fault)) => self.refuse(name, std::slice::from_ref(fault)),
            Some(Ok(seen)) => {
                let refused = differences(seen);
                self.refuse(name, &refused);
                if refused.is_empty() {
                    self.verified.push(name.to_owned());
                    let mut stored = found.stored.iter().flatten();
                    if !stored.any(|seen| differences(seen).is_empty()) {
                        self.warnings.push(not_stored(name));
                    }
                }
            }
        }
    }

    fn leg(&mut self, signing: &Signing, leg: &str, result: SignedResult) {
        let of = format!("the signed result of the leg {leg} of the tests");
        match result {
            SignedResult::Passed => self.verified.push(format!("the leg {leg}")),
            SignedResult::Missing => self.missing(signing, format!("GitHub does not have {of}")),
            SignedResult::Refused(faults) => self.refuse(&of, &faults),
            SignedResult::Failed(_) | SignedResult::Contradicts => {
                let differs = Diagnostic::error(
                    Code::EvidenceDiffers,
                    format!("{of} is not PASSED, or not only"),
                    "find out who signed it after the release was published",
                );
                self.refused.push(differs);
            }
        }
    }

    fn image(&mut self, image: &AttestedImage) {
        let help = "find out who deleted it: the release was published with it";
        let objections = image.objections(help);
        if objections.is_empty() {
            self.verified.push(image.what());
        }
        self.refused.extend(objections);
    }

    /// GitHub signs an immutable release itself, some time after it was published. One that cannot be verified is only told: which
    /// authority signs it is GitHub's own matter.
    fn of_github(&mut self, found: &[Found], state: &VerifyState, release: &SeenRelease) {
        let of = "GitHub's own attestation of the release";
        let is_githubs = |seen: &&SeenAttestation| {
            seen.signer.subject == GITHUB_RELEASES
                && seen.predicate_type.starts_with(RELEASE_PREDICATE)
        };
        let mut verified = found.iter().flatten().filter(is_githubs);
        if let Some(seen) = verified.next() {
            let differing = release.assets.iter().filter_map(|asset| {
                let digest = state.release.digest(asset)?;
                let is_named = names(&seen.subjects, &asset.name, digest);
                (!is_named).then_some(&asset.name)
            });
            let differing: Vec<_> = differing.map(String::as_str).collect();
            if differing.is_empty() {
                self.verified.push(of.to_owned());
            } else {
                let differs = Diagnostic::error(
                    Code::EvidenceDiffers,
                    format!("{of} does not name {} as it is", differing.join(", ")),
                    "find out who changed it; nobody should have",
                );
                self.refused.push(differs);
            }
        } else if let Some(Err(fault)) = found.iter().find(|one| one.is_err()) {
            let told = fault.diagnostic(of);
            let told = Diagnostic::warning(told.code, told.seen, told.help);
            self.warnings.push(told);
        }
    }
}

/// The asset proves the same, so that nothing is lost but the way to find it.
fn not_stored(name: &str) -> Diagnostic {
    Diagnostic::warning(
        Code::AttestationMissing,
        format!(
            "the release has {name}, and GitHub no longer shows the attestation that it is a copy of"
        ),
        format!(
            "find out who deleted it; until then give `gh attestation verify` the asset with `--bundle`; {OR_NO_RIGHT}"
        ),
    )
}

fn names(subjects: &[Subject], name: &str, digest: Digest) -> bool {
    let mut subjects = subjects.iter();
    subjects.any(|subject| subject.name == name && subject.digest == digest)
}
