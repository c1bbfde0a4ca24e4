//! The signatures of a release: those of the legs and of images, which have to be there, and those of the evidence and of the
//! verdict, which are made here.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::referrers::SeenReferrerPushes;
use super::{Candidate, Legs, Publish, PublishInputs, PublishState, candidate};
use crate::domain::{Code, Diagnostic, Digest, IdToken};
use crate::plan::{
    REQUESTS, ReleasePlan, SIGNED_EVIDENCE, SIGNED_VERDICT, Signing, SigningMode, Verdict,
};
use crate::protocol::{
    Action, AssetState, LocalFile, NewAttestation, Reader, SeenAttestation, ServiceError,
};
use crate::release::asset_sync::room;
use crate::release::attestations::leg::{SignedResult, TEST_RESULT, result_of, signed_result};
use crate::release::attestations::required::{AttestedImage, look_for};
use crate::release::attestations::summary::{SUMMARY, already_signed, signed_evidence, verdict};
use crate::release::attestations::{Found, OR_NO_RIGHT, SigningRun, first_digest};

/// The files that hold what becomes an asset.
const FILES: [&str; 3] = [REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT];

const BUILD_ATTESTS: &str =
    "look at the build that pushed the image: it has to attest it; then run `publish` again";

/// What was found of signatures. All of it is empty where nothing is signed.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenSignatures {
    /// The signed results of tests of these artifacts.
    pub(super) legs: Vec<Found>,
    /// The attestations that the plan requires of images.
    pub(super) images: Vec<AttestedImage>,
    /// The signed evidence and verdicts about exactly this evidence.
    pub(super) evidence: Vec<Found>,
    pub(super) verdicts: Vec<Found>,
    /// Those of [`FILES`] that were written already.
    pub(super) files: BTreeMap<&'static str, LocalFile>,
    pub(super) referrers: SeenReferrerPushes,
}

/// The statements that this job signs.
struct OwnSignatures<'s> {
    evidence: NewAttestation,
    verdict: NewAttestation,
    /// Where they are signed already.
    of_evidence: Option<&'s SeenAttestation>,
    of_verdict: Option<&'s SeenAttestation>,
    /// The signed results of the legs that count.
    results: Vec<&'s SeenAttestation>,
}

impl Publish {
    /// Reads the signatures that a draft needs before it is published.
    pub(super) async fn see_signed(
        &mut self,
        reader: Reader<'_>,
        seen: &mut PublishState,
    ) -> Result<(), ServiceError> {
        let wanted = &self.plan.wanted;
        if seen.release.is_published() {
            return Ok(());
        }
        let images = &seen.release.images;
        let digest_of = |name: &str| images.get(name)?.digest();
        seen.signed.images = look_for(reader, &self.plan, digest_of).await?;
        if wanted.signing.is_none() {
            return Ok(());
        }
        if self.inputs.legs != Legs::None
            && let Some(digest) = first_digest(&self.inputs.artifacts)
        {
            seen.signed.legs = reader.attestations(digest, TEST_RESULT).await?;
        }
        self.ask_for_pushes(reader).await?;
        self.see_own_signatures(reader, seen).await
    }

    /// Reads what this phase makes itself: its files, what is signed about the evidence once the draft has
    /// that, and the referrers once that is signed.
    pub(super) async fn see_own_signatures(
        &mut self,
        reader: Reader<'_>,
        seen: &mut PublishState,
    ) -> Result<(), ServiceError> {
        if self.plan.wanted.signing.is_none() {
            return Ok(());
        }
        for name in FILES {
            if let Some(file) = reader.files.file(Path::new(name)).await? {
                seen.signed.files.insert(name, file);
            }
        }
        let uploaded = seen.release.evidence();
        let uploaded = uploaded.and_then(|asset| seen.release.digest(asset));
        let made = candidate(&self.plan, &self.inputs, seen).map(|ours| ours.final_statement().0);
        if let Ok(evidence) = made
            && uploaded == Some(Digest::of(&evidence.to_bytes()))
        {
            let NewAttestation {
                subjects,
                predicate_type,
                ..
            } = signed_evidence(&evidence);
            // The file's own digest: nothing else is ever signed about it.
            if let Some(file) = subjects.last() {
                seen.signed.evidence = reader.attestations(file.digest, &predicate_type).await?;
                seen.signed.verdicts = reader.attestations(file.digest, SUMMARY).await?;
            }
        }
        self.see_referrers(reader, seen).await
    }
}

impl Candidate<'_> {
    fn signing(&self) -> Option<&Signing> {
        self.plan.wanted.signing.as_ref()
    }

    /// Whether this job signs.
    fn signs(&self) -> bool {
        self.signing().is_some() && self.inputs.id_token == IdToken::Granted
    }

    /// Why a draft whose release must be signed cannot be.
    pub(super) fn cannot_sign(&self) -> Option<Diagnostic> {
        let must = self.signing().is_some_and(Signing::is_required);
        let cannot = || {
            Diagnostic::error(
                Code::SigningImpossible,
                "the release has to be signed, and this job may not ask for an identity token",
                "give the job `permissions: id-token: write` and `attestations: write`",
            )
        };
        (must && !self.signs()).then(cannot)
    }

    /// Each leg that counts and was not signed as it must be.
    pub(super) fn signed_legs(&self) -> Vec<Diagnostic> {
        let legs = self.leg_names();
        let results = legs
            .iter()
            .filter_map(|leg| Some((leg, self.signed_result(leg)?)));
        results
            .flat_map(|(leg, result)| self.objections(leg, result))
            .collect()
    }

    /// What does not stop a release whose signatures are optional.
    pub(super) fn unsigned(&self) -> Vec<Diagnostic> {
        if self.signing().is_none_or(Signing::is_required) {
            return vec![];
        }
        let warning =
            |seen: String, help: &str| Diagnostic::warning(Code::AttestationMissing, seen, help);
        let legs = self.leg_names();
        let unsigned = legs
            .iter()
            .filter(|leg| self.signed_result(leg) == Some(SignedResult::Missing));
        let mut warnings: Vec<_> = unsigned
            .map(|leg| {
                warning(
                    format!("the result of the leg {leg} of the tests is not signed, and counts by its status"),
                    "give its job `permissions: id-token: write` and `attestations: write`",
                )
            })
            .collect();
        if !self.signs() {
            warnings.push(warning(
                format!(
                    "the release {} is not signed: this job may not ask for an identity token",
                    self.plan.wanted.tag
                ),
                "give the job `permissions: id-token: write` and `attestations: write`",
            ));
        }
        warnings
    }

    /// The legs that have to be signed: those that are named, or those whose verdicts count.
    fn leg_names(&self) -> Vec<String> {
        let checks = self.seen.release.checks.iter();
        match &self.inputs.legs {
            Legs::None => vec![],
            Legs::Named(legs) => legs.iter().cloned().collect(),
            Legs::Count(_) => checks
                .filter(|check| {
                    let said = check.description.as_deref().and_then(Verdict::read);
                    said.is_some_and(|said| said.run == self.plan.wanted.run)
                })
                .filter_map(|check| Verdict::leg(&check.name).map(str::to_owned))
                .collect(),
        }
    }

    /// What is signed of a leg of a draft, where anything has to be.
    fn signed_result(&self, leg: &str) -> Option<SignedResult> {
        let run = SigningRun::planned(self.plan)?;
        let (artifacts, found) = (&self.inputs.artifacts, &self.seen.signed.legs);
        let result = || signed_result(self.plan, &run, artifacts, leg, found);
        (self.release.draft && !artifacts.0.is_empty()).then(result)
    }

    fn objections(&self, leg: &str, result: SignedResult) -> Vec<Diagnostic> {
        let of = format!("the signed result of the leg {leg} of the tests");
        match result {
            SignedResult::Passed => vec![],
            SignedResult::Missing => match self.signing().map(|signing| signing.mode) {
                Some(SigningMode::Require) => vec![Diagnostic::error(
                    Code::AttestationMissing,
                    format!("the leg {leg} of the tests has no signed result for these artifacts"),
                    format!(
                        "run it again; each leg ends with the phase `record-tests`, in a job with `permissions: id-token: write` and `attestations: write`; {OR_NO_RIGHT}"
                    ),
                )],
                _ => vec![],
            },
            SignedResult::Failed(result) => vec![Diagnostic::error(
                Code::VerdictFailed,
                format!("{of} is {result}"),
                "look at its log, repair it, and run it again",
            )],
            SignedResult::Contradicts => vec![Diagnostic::error(
                Code::AttestationContradicts,
                format!("{of} is both PASSED and something else, in one attempt of the run"),
                "find out which steps signed it, and run the leg again: the newest attempt counts",
            )],
            SignedResult::Refused(faults) => {
                faults.iter().map(|fault| fault.diagnostic(&of)).collect()
            }
        }
    }

    /// Each attestation that the plan requires of an image and that is missing or does not count.
    pub(super) fn attested_images(&self) -> Vec<Diagnostic> {
        let images = self.seen.signed.images.iter();
        images
            .flat_map(|image| image.objections(BUILD_ATTESTS))
            .collect()
    }

    /// What is still to be done until the draft has the answers of GitHub as an asset. Those that an earlier process left stay.
    pub(super) fn missing_requests(&self) -> Vec<Action> {
        let mut assets = self.release.assets.iter();
        let is_there =
            assets.any(|asset| asset.name == REQUESTS && asset.state == AssetState::Uploaded);
        if self.signing().is_none() || is_there {
            return vec![];
        }
        let answers = self.seen.first.answers.iter();
        let answers: Vec<_> = answers
            .map(|answer| {
                json!({"request": answer.request, "status": answer.status, "id": answer.id})
            })
            .collect();
        let text = json!({"schema": "btp-release-requests/1", "requests": answers});
        self.missing_files(vec![(REQUESTS, format!("{text:#}\n").into_bytes())])
    }

    /// What this job signs, and what of it is signed already.
    fn own_signatures(&self) -> Option<OwnSignatures<'_>> {
        let run = SigningRun::planned(self.plan).filter(|_| self.signs())?;
        let (statement, _) = self.final_statement();
        let (artifacts, found) = (&self.inputs.artifacts, &self.seen.signed.legs);
        let legs = self.leg_names();
        let results = legs
            .iter()
            .filter_map(|leg| result_of(self.plan, &run, artifacts, leg, found));
        let results: Vec<&SeenAttestation> = results.collect();
        let evidence = signed_evidence(&statement);
        let verdict = verdict(&statement, &results, self.inputs.began);
        let signed = &self.seen.signed;
        Some(OwnSignatures {
            of_evidence: already_signed(&evidence, &run, &signed.evidence),
            of_verdict: already_signed(&verdict, &run, &signed.verdicts),
            evidence,
            verdict,
            results,
        })
    }

    /// The signed evidence, the signed verdict and the signed results that it is based on; empty until the first two are there.
    pub(super) fn signed_statements(&self) -> Vec<&SeenAttestation> {
        let own = self.own_signatures();
        let all = own.and_then(|own| {
            let ours = [own.of_evidence?, own.of_verdict?];
            Some(ours.into_iter().chain(own.results).collect())
        });
        all.unwrap_or_default()
    }

    /// What is still to be done until evidence and verdict are signed, at GitHub and as assets.
    pub(super) fn missing_signatures(&self) -> Vec<Action> {
        let Some(own) = self.own_signatures() else {
            return vec![];
        };
        let bytes = |seen: &SeenAttestation| seen.bundle.to_vec();
        match (own.of_evidence, own.of_verdict) {
            (Some(evidence), Some(verdict)) => self.missing_files(vec![
                (SIGNED_EVIDENCE, bytes(evidence)),
                (SIGNED_VERDICT, bytes(verdict)),
            ]),
            (of_evidence, of_verdict) => {
                let evidence = of_evidence.is_none().then_some(own.evidence);
                let verdict = of_verdict.is_none().then_some(own.verdict);
                let missing = evidence.into_iter().chain(verdict);
                missing.map(Action::Attest).collect()
            }
        }
    }

    /// What is still to be done until the draft has these bytes as assets. All files are written before any is uploaded: only
    /// then their full paths are known.
    fn missing_files(&self, files: Vec<(&'static str, Vec<u8>)>) -> Vec<Action> {
        let mut room = room(self.release, self.plan.wanted.asset_names());
        let (mut writes, mut uploads) = (vec![], vec![]);
        for (name, bytes) in files {
            let written = self.seen.signed.files.get(name);
            let (write, upload) = self.generated(name, bytes, written, &mut room);
            if write.is_some() {
                writes.extend(write);
            } else {
                uploads.extend(upload);
            }
        }
        if writes.is_empty() { uploads } else { writes }
    }

    /// Why a published release is not signed as it must be.
    pub(super) fn published_unsigned(&self) -> Option<Diagnostic> {
        let must = self.signing().is_some_and(Signing::is_required);
        let names = |name: &&str| !self.release.assets.iter().any(|asset| asset.name == **name);
        let missing: Vec<_> = [SIGNED_EVIDENCE, SIGNED_VERDICT]
            .into_iter()
            .filter(names)
            .collect();
        let finding = || {
            Diagnostic::error(
                Code::PublishedDiffers,
                format!(
                    "{} is published without {}",
                    self.plan.wanted.tag,
                    missing.join(" and ")
                ),
                format!(
                    "look at {} for who published it, and release {}",
                    self.release.url,
                    self.plan.wanted.next_version()
                ),
            )
        };
        (must && !missing.is_empty()).then(finding)
    }
}

/// Whether nothing is in the way but signatures that GitHub does not show.
pub(super) fn only_unsigned(findings: &[Diagnostic]) -> bool {
    let mut findings = findings.iter();
    findings.all(|finding| finding.code == Code::AttestationMissing)
}

/// What is not signed of a draft, where signatures are optional.
pub(super) fn unsigned(
    plan: &ReleasePlan,
    inputs: &PublishInputs,
    seen: &PublishState,
) -> Vec<Diagnostic> {
    let candidate = candidate(plan, inputs, seen);
    candidate.map_or_else(
        |_| vec![],
        |candidate| {
            let unsigned = candidate.unsigned().into_iter();
            unsigned.chain(candidate.unreferred()).collect()
        },
    )
}
