//! The result of one leg of the tests as a signed statement
//! ([test result predicate](https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md)).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Found, SigningRun, server, subjects};
use crate::plan::{Artifacts, ReleasePlan};
use crate::protocol::{NewAttestation, RefusedAttestation, SeenAttestation, SignatureFault};

/// The type of the predicate.
pub(crate) const TEST_RESULT: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The tests that a leg ran, and how they ended.
#[derive(Clone, Debug)]
pub(crate) struct TestedLeg<'a> {
    pub(crate) plan: &'a ReleasePlan,
    pub(crate) artifacts: &'a Artifacts,
    pub(crate) leg: &'a str,
    pub(crate) passed: bool,
    /// The page of the run.
    pub(crate) url: Option<&'a str>,
    /// What the tests ran with, such as `k3s` and its version.
    pub(crate) configuration: &'a BTreeMap<String, String>,
}

impl TestedLeg<'_> {
    /// The statement to sign. It names plan and leg in its configuration, so that it says nothing about another release.
    pub(crate) fn statement(&self) -> NewAttestation {
        let wanted = &self.plan.wanted;
        let plan = json!({
            "name": "plan",
            "digest": {"sha256": self.plan.digest().hex()},
            "annotations": {"leg": self.leg, "run": wanted.run},
        });
        let source = json!({
            "name": "source",
            "uri": format!("git+{}/{}@{}", server(wanted), wanted.repository, wanted.tag.to_ref()),
            "digest": {"gitCommit": wanted.commit.as_str()},
        });
        let given = self.configuration.iter().map(|(name, value)| {
            json!({
                "name": name,
                "content": BASE64_STANDARD.encode(value),
                "mediaType": "text/plain",
            })
        });
        let configuration: Vec<Value> = [plan, source].into_iter().chain(given).collect();
        let (passed, failed) = if self.passed {
            (vec![self.leg], vec![])
        } else {
            (vec![], vec![self.leg])
        };
        let mut predicate = json!({
            "result": if self.passed { PASSED } else { FAILED },
            "configuration": configuration,
            "passedTests": passed,
            "warnedTests": [],
            "failedTests": failed,
        });
        if let (Some(url), Some(fields)) = (self.url, predicate.as_object_mut()) {
            fields.insert("url".to_owned(), url.into());
        }
        NewAttestation {
            subjects: subjects(self.artifacts),
            predicate_type: TEST_RESULT.to_owned(),
            predicate,
        }
    }

    /// Whether this attempt of the run has signed the statement already.
    pub(crate) fn is_signed(&self, run: &SigningRun, attempt: u64, found: &[Found]) -> bool {
        let NewAttestation {
            subjects,
            predicate,
            ..
        } = self.statement();
        let run = run.of_tests();
        found.iter().flatten().any(|seen| {
            seen.predicate == predicate
                && run.attempt(seen) == attempt
                && run.differences(seen, &subjects, TEST_RESULT).is_empty()
        })
    }
}

const PASSED: &str = "PASSED";
const FAILED: &str = "FAILED";

/// What the signed statements say of a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SignedResult {
    Passed,
    /// It was signed that it did not pass; with what was said.
    Failed(String),
    /// There is no statement about it.
    Missing,
    /// One attempt of the run signed different results.
    Contradicts,
    /// There are statements, and none counts.
    Refused(Vec<RefusedAttestation>),
}

/// What the statements that were found say of a leg of this plan, with exactly these artifacts. Those of the newest attempt of
/// the run count, and those that do not count are passed over while there is one that does.
pub(crate) fn signed_result(
    plan: &ReleasePlan,
    run: &SigningRun,
    artifacts: &Artifacts,
    leg: &str,
    found: &[Found],
) -> SignedResult {
    let Counted { newest, refused } = counted(plan, run, artifacts, leg, found);
    let mut results: Vec<_> = newest.into_iter().map(|(_, result)| result).collect();
    results.sort();
    results.dedup();
    match results.as_slice() {
        [] if refused.is_empty() => SignedResult::Missing,
        [] => SignedResult::Refused(refused),
        [one] if one == PASSED => SignedResult::Passed,
        [one] => SignedResult::Failed(one.clone()),
        _ => SignedResult::Contradicts,
    }
}

/// The attestation by which a leg counts: the oldest one of the newest attempt.
pub(crate) fn result_of<'f>(
    plan: &ReleasePlan,
    run: &SigningRun,
    artifacts: &Artifacts,
    leg: &str,
    found: &'f [Found],
) -> Option<&'f SeenAttestation> {
    let newest = counted(plan, run, artifacts, leg, found).newest.into_iter();
    let newest = newest.map(|(seen, _)| seen);
    newest.min_by_key(|seen| (seen.signed_at, seen.bundle.clone()))
}

/// The statements about a leg that count, with their results, and why others do not.
struct Counted<'f> {
    newest: Vec<(&'f SeenAttestation, String)>,
    refused: Vec<RefusedAttestation>,
}

fn counted<'f>(
    plan: &ReleasePlan,
    run: &SigningRun,
    artifacts: &Artifacts,
    leg: &str,
    found: &'f [Found],
) -> Counted<'f> {
    let run = run.of_tests();
    let subjects = subjects(artifacts);
    let mut refused = Vec::new();
    let mut by_attempt: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for one in found {
        let seen = match one {
            Ok(seen) => seen,
            Err(fault) => {
                refused.push(fault.clone());
                continue;
            }
        };
        // One that names another leg says nothing of this one.
        if leg_of(seen).is_some_and(|other| other != leg) {
            continue;
        }
        let differences = run.differences(seen, &subjects, TEST_RESULT);
        match said(seen, plan, leg) {
            Ok(result) if differences.is_empty() => {
                let of_attempt = by_attempt.entry(run.attempt(seen)).or_default();
                of_attempt.push((seen, result));
            }
            said => refused.extend(differences.into_iter().chain(said.err())),
        }
    }
    let newest = by_attempt.pop_last().map(|(_, newest)| newest);
    Counted {
        newest: newest.unwrap_or_default(),
        refused,
    }
}

/// The leg that a statement is about.
fn leg_of(seen: &SeenAttestation) -> Option<&str> {
    let leg = seen.predicate.pointer("/configuration/0/annotations/leg");
    leg.and_then(Value::as_str)
}

/// The result that a statement gives for a leg of this plan.
fn said(
    seen: &SeenAttestation,
    plan: &ReleasePlan,
    leg: &str,
) -> Result<String, RefusedAttestation> {
    let other = |why: String| RefusedAttestation::new(SignatureFault::OtherPredicate, why);
    let predicate = &seen.predicate;
    let text = |path: &str| predicate.pointer(path).and_then(Value::as_str);
    if leg_of(seen) != Some(leg) {
        return Err(other(
            "it does not say which leg of the tests it is about".into(),
        ));
    }
    let digest = text("/configuration/0/digest/sha256").unwrap_or("none");
    if digest != plan.digest().hex() {
        return Err(other(format!(
            "it is about the plan sha256:{digest}, not about {}",
            plan.digest()
        )));
    }
    let commit = text("/configuration/1/digest/gitCommit").unwrap_or("none");
    if commit != plan.wanted.commit.as_str() {
        return Err(other(format!(
            "it is about the commit {commit}, not about {}",
            plan.wanted.commit
        )));
    }
    let names = |list: &str| predicate.pointer(list).and_then(Value::as_array);
    let only = |list: Option<&Vec<Value>>| list.is_some_and(|list| *list == [Value::from(leg)]);
    let none = |list: Option<&Vec<Value>>| list.is_none_or(Vec::is_empty);
    let (passed, failed) = (names("/passedTests"), names("/failedTests"));
    match text("/result") {
        Some(PASSED) if only(passed) && none(failed) => Ok(PASSED.to_owned()),
        Some(PASSED) => Err(other(
            "its result is PASSED, and its lists of tests say something else".into(),
        )),
        Some(result) => Ok(result.to_owned()),
        None => Err(other("it has no result".into())),
    }
}
