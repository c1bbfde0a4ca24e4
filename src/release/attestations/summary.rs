//! What is signed about a whole release: its evidence, and the verdict as a SLSA verification summary
//! ([specification](https://slsa.dev/spec/v1.2/verification_summary)).

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Found, SigningRun, server};
use crate::domain::{Digest, PROGRAM_VERSION};
use crate::plan::{EVIDENCE, EVIDENCE_PREDICATE, ReleasePlan, Statement};
use crate::protocol::{
    NewAttestation, RefusedAttestation, SeenAttestation, SignatureFault, Subject,
};

/// The type of the verdict's predicate.
pub(crate) const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";

/// Who says that the release may be published.
const VERIFIER: &str = "https://github.com/kyma-project/btp-release-action";
/// What the policy's digest is of.
const POLICY: &str = "https://github.com/kyma-project/btp-release-action/plan/v1";
/// What was verified beside the levels of SLSA, which are not evaluated.
const TESTED: &str = "BTP_RELEASE_TESTED";

/// The artifacts, the logs where they are an asset, and the file of the evidence itself.
pub(crate) fn subjects(evidence: &Statement) -> Vec<Subject> {
    let listed = evidence.subject.iter().filter_map(|subject| {
        Some(Subject {
            name: subject.name.clone(),
            digest: subject.digest()?,
        })
    });
    let own = Subject {
        name: EVIDENCE.to_owned(),
        digest: Digest::of(&evidence.to_bytes()),
    };
    listed.chain([own]).collect()
}

/// The evidence as a statement to sign: the predicate of its file, about the same artifacts and the file.
pub(crate) fn signed_evidence(evidence: &Statement) -> NewAttestation {
    let whole: Value = serde_json::from_slice(&evidence.to_bytes()).unwrap_or_default();
    let predicate = whole.get("predicate").cloned();
    NewAttestation {
        subjects: subjects(evidence),
        predicate_type: EVIDENCE_PREDICATE.to_owned(),
        predicate: predicate.unwrap_or_default(),
    }
}

/// The verdict as a statement to sign. `results` are the signed results of the legs; `at` is in seconds since 1970.
pub(crate) fn verdict(
    evidence: &Statement,
    results: &[&SeenAttestation],
    at: Option<u64>,
) -> NewAttestation {
    let digest = |digest: Digest| json!({"sha256": digest.hex()});
    let file = json!({"uri": EVIDENCE, "digest": digest(Digest::of(&evidence.to_bytes()))});
    let results = results.iter().map(|result| {
        let run = result.signer.run_invocation_uri.as_deref();
        json!({"uri": run.unwrap_or_default(), "digest": digest(Digest::of(&result.bundle))})
    });
    let inputs: Vec<Value> = [file].into_iter().chain(results).collect();
    let plan = &evidence.predicate.plan;
    let mut predicate = json!({
        "verifier": {"id": VERIFIER, "version": {"btp-release": PROGRAM_VERSION}},
        "resourceUri": resource(plan),
        "policy": {"uri": POLICY, "digest": digest(plan.digest())},
        "inputAttestations": inputs,
        "verificationResult": "PASSED",
        "verifiedLevels": ["SLSA_BUILD_LEVEL_UNEVALUATED", TESTED],
        "slsaVersion": "1.2",
    });
    if let (Some(at), Some(fields)) = (at, predicate.as_object_mut()) {
        let at = humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at));
        fields.insert(TIME.to_owned(), at.to_string().into());
    }
    NewAttestation {
        subjects: subjects(evidence),
        predicate_type: SUMMARY.to_owned(),
        predicate,
    }
}

const TIME: &str = "timeVerified";

fn resource(plan: &ReleasePlan) -> String {
    let wanted = &plan.wanted;
    let server = server(wanted);
    format!("{server}/{}/releases/tag/{}", wanted.repository, wanted.tag)
}

/// The attestation among those that were found by which this run has signed the statement already; when it was verified may
/// differ. The oldest, so that every process takes the same.
pub(crate) fn already_signed<'f>(
    wanted: &NewAttestation,
    run: &SigningRun,
    found: &'f [Found],
) -> Option<&'f SeenAttestation> {
    let says = without_time(&wanted.predicate);
    let signed = found.iter().flatten().filter(|seen| {
        without_time(&seen.predicate) == says
            && run
                .differences(seen, &wanted.subjects, &wanted.predicate_type)
                .is_empty()
    });
    signed.min_by_key(|seen| (seen.signed_at, seen.bundle.clone()))
}

fn without_time(predicate: &Value) -> Value {
    let mut predicate = predicate.clone();
    if let Some(fields) = predicate.as_object_mut() {
        fields.remove(TIME);
    }
    predicate
}

/// In what a signed statement differs from the evidence that is published.
pub(crate) fn evidence_differences(
    evidence: &Statement,
    run: &SigningRun,
    seen: &SeenAttestation,
) -> Vec<RefusedAttestation> {
    let wanted = signed_evidence(evidence);
    let mut found = run.differences(seen, &wanted.subjects, EVIDENCE_PREDICATE);
    if seen.predicate != wanted.predicate {
        found.push(RefusedAttestation::new(
            SignatureFault::OtherPredicate,
            format!("it says something else than {EVIDENCE}"),
        ));
    }
    found
}

/// In what a signed statement differs from the verdict on the release that the evidence is of.
pub(crate) fn verdict_differences(
    evidence: &Statement,
    run: &SigningRun,
    seen: &SeenAttestation,
) -> Vec<RefusedAttestation> {
    let wanted = verdict(evidence, &[], None);
    let mut found = run.differences(seen, &wanted.subjects, SUMMARY);
    for field in [
        "/verifier/id",
        "/resourceUri",
        "/policy",
        "/inputAttestations/0",
        "/verificationResult",
        "/verifiedLevels",
    ] {
        let [is, should] = [&seen.predicate, &wanted.predicate].map(|p| p.pointer(field));
        if is != should {
            let shown = |value: Option<&Value>| value.map_or("absent".to_owned(), Value::to_string);
            let why = format!("its {field} is {}, not {}", shown(is), shown(should));
            found.push(RefusedAttestation::new(SignatureFault::OtherPredicate, why));
        }
    }
    found
}
