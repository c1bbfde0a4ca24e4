//! A correct signature over something else does not count.

use btp_release::domain::SignerPattern;
use btp_release::protocol::SignatureFault::{self, *};
use btp_release::protocol::{
    GITHUB_ISSUER, SeenAttestation, Subject, SubjectRule, WantedAttestation, WantedSigner,
};
use serde_json::{Value, json};

use crate::recorded::{PUBLIC, verified};

/// Makes one thing other than the bundle says.
type Change = fn(&mut Wanted);

struct Wanted {
    subjects: Vec<Subject>,
    rule: SubjectRule,
    predicate_type: String,
    predicate: Option<Value>,
    signer: WantedSigner,
    run: Option<String>,
}

impl Wanted {
    /// Exactly what the bundle says.
    fn of(seen: &SeenAttestation) -> Self {
        let signer = &seen.signer;
        let run = signer.run_invocation_uri.clone().unwrap();
        Self {
            subjects: seen.subjects.clone(),
            rule: SubjectRule::Exactly,
            predicate_type: seen.predicate_type.clone(),
            predicate: Some(seen.predicate.clone()),
            signer: WantedSigner {
                issuer: GITHUB_ISSUER.into(),
                workflow: Some(signer.subject.parse().unwrap()),
                repository: signer.source_repository_uri.clone(),
                commit: Some(
                    signer
                        .source_repository_digest
                        .as_ref()
                        .unwrap()
                        .parse()
                        .unwrap(),
                ),
            },
            run: Some(run.split_once("/attempts/").unwrap().0.to_owned()),
        }
    }

    fn faults(&self, seen: &SeenAttestation) -> Vec<SignatureFault> {
        let wanted = WantedAttestation {
            subjects: &self.subjects,
            rule: self.rule,
            predicate_type: &self.predicate_type,
            predicate: self.predicate.as_ref(),
            signer: &self.signer,
            run: self.run.as_deref(),
        };
        let refused = wanted.compare(seen);
        refused.into_iter().map(|refused| refused.fault).collect()
    }
}

fn other_digest() -> Subject {
    Subject {
        name: "a.txt".into(),
        digest: format!("sha256:{}", "1".repeat(64)).parse().unwrap(),
    }
}

#[test]
fn each_difference_has_its_fault() {
    let seen = verified(PUBLIC).unwrap();
    assert_eq!(Wanted::of(&seen).faults(&seen), []);
    let changes: [(SignatureFault, Change); 14] = [
        (OtherSubjects, |w| w.subjects = vec![other_digest()]),
        (OtherSubjects, |w| w.subjects.push(other_digest())),
        (OtherSubjects, |w| w.subjects.clear()),
        (OtherPredicate, |w| {
            w.predicate_type = "https://slsa.dev/provenance/v2".into()
        }),
        (OtherPredicate, |w| w.predicate = Some(json!({}))),
        (OtherSigner, |w| {
            w.signer.issuer = "https://token.example.com".into()
        }),
        (OtherSigner, |w| {
            w.signer.repository = Some("https://github.com/loosebazooka/other".into())
        }),
        (OtherSigner, |w| {
            w.signer.commit = Some("0".repeat(40).parse().unwrap())
        }),
        (OtherSigner, |w| {
            let other = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/other.yaml@*";
            w.signer.workflow = Some(other.parse::<SignerPattern>().unwrap());
        }),
        (OtherSigner, |w| {
            let other = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/tags/*";
            w.signer.workflow = Some(other.parse::<SignerPattern>().unwrap());
        }),
        (OtherRun, |w| {
            w.run = w.run.take().map(|run| format!("{run}0"))
        }),
        (OtherRun, |w| {
            w.run = w.run.take().map(|run| run[..run.len() - 1].to_owned())
        }),
        (OtherRun, |w| {
            w.run = w.run.take().map(|run| format!("{run}/attempts/9"))
        }),
        (OtherRun, |w| {
            w.run = w
                .run
                .take()
                .map(|run| run.replace("sigstore-conformance", "other"))
        }),
    ];
    for (nth, (fault, change)) in changes.into_iter().enumerate() {
        let mut wanted = Wanted::of(&seen);
        change(&mut wanted);
        assert_eq!(wanted.faults(&seen), [fault], "change {nth}");
    }
}

#[test]
fn all_differences_are_named() {
    let seen = verified(PUBLIC).unwrap();
    let mut wanted = Wanted::of(&seen);
    wanted.subjects = vec![other_digest()];
    wanted.predicate_type = "x".into();
    wanted.signer.issuer = "x".into();
    wanted.run = Some("x".into());
    let faults = wanted.faults(&seen);
    assert_eq!(
        faults,
        [OtherSigner, OtherSubjects, OtherPredicate, OtherRun]
    );
}

#[test]
fn subjects_beside_those_wanted_are_a_choice() {
    let mut seen = verified(PUBLIC).unwrap();
    let mut wanted = Wanted::of(&seen);
    seen.subjects.push(other_digest());
    assert_eq!(wanted.faults(&seen), [OtherSubjects]);
    wanted.rule = SubjectRule::Among;
    assert_eq!(wanted.faults(&seen), []);
    wanted.run = None;
    wanted.predicate = None;
    assert_eq!(wanted.faults(&seen), []);
}

#[test]
fn every_fault_has_a_code_of_its_own() {
    let codes = SignatureFault::ALL.map(SignatureFault::code);
    let unique = std::collections::BTreeSet::from(codes);
    assert_eq!(unique.len(), SignatureFault::ALL.len());
}
