//! The copies of signed statements among the assets, and what they are copies of.

use std::collections::BTreeMap;

use super::*;
use crate::plan::tests::example;
use crate::plan::{Predicate, Record, RequiredAttestation, SigningMode};
use crate::protocol::SignatureFault;
use crate::release::attestations::examples::{job, signed, signing};
use crate::release::attestations::leg::TestedLeg;
use crate::release::attestations::required::Attested;
use crate::release::attestations::summary::{signed_evidence, verdict};
use crate::release::examples::{self, our_draft};

type Gone = fn(&mut PublishedSignatures);
type Alter = fn(&mut SeenAttestation);

fn asset(bytes: &[u8]) -> Artifact {
    Artifact::Asset {
        digest: Digest::of(bytes),
        size: 1,
        waited: 0,
        ready_at: None,
    }
}

fn statement(mode: SigningMode) -> Statement {
    let signing = Signing { mode, ..signing() };
    Statement::new(Predicate {
        plan: example().with(|wanted| wanted.signing = Some(signing)),
        artifacts: BTreeMap::from([("template.yaml".to_owned(), asset(b"t"))]).into(),
        jobs: BTreeMap::new(),
        verdicts: vec![],
        checks: vec![],
        builders: vec![],
        drafted_at: String::new(),
        publisher: String::new(),
        requests: vec![],
    })
}

/// Evidence and verdict as `publish` leaves them: at GitHub and as assets.
fn published(statement: &Statement) -> PublishedSignatures {
    let copied = |attestation| CopiedSignature {
        asset: Some(Ok(signed(&attestation, job(1)))),
        stored: vec![Ok(signed(&attestation, job(1)))],
    };
    PublishedSignatures {
        evidence: copied(signed_evidence(statement)),
        verdict: copied(verdict(statement, &[], None)),
        ..PublishedSignatures::default()
    }
}

fn judged(statement: &Statement, signed: PublishedSignatures) -> Signatures {
    let release = our_draft(&statement.predicate.plan);
    let state = VerifyState {
        release: ReleaseView::default(),
        evidence: None,
        signed,
    };
    judge(&state, &release, statement)
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<Code> {
    diagnostics.iter().map(|one| one.code).collect()
}

#[test]
fn attestation_that_github_no_longer_shows_is_a_warning_where_its_copy_is_there() {
    let statement = statement(SigningMode::Require);
    let whole = judged(&statement, published(&statement));
    assert_eq!(whole.verified, [SIGNED_EVIDENCE, SIGNED_VERDICT]);
    assert!(whole.refused.is_empty() && whole.warnings.is_empty());
    let gone: [(&str, Gone); 5] = [
        (SIGNED_EVIDENCE, |s| s.evidence.stored.clear()),
        (SIGNED_VERDICT, |s| s.verdict.stored.clear()),
        (SIGNED_VERDICT, |s| {
            let fault = SignatureFault::SignatureInvalid;
            s.verdict.stored = vec![Err(RefusedAttestation::new(fault, "it is so"))];
        }),
        (SIGNED_VERDICT, |s| {
            s.verdict.stored.clone_from(&s.evidence.stored);
        }),
        (SIGNED_VERDICT, |s| {
            let Some(Ok(seen)) = s.verdict.stored.first_mut() else {
                panic!("nothing is stored")
            };
            seen.signer.source_repository_uri = Some("https://github.com/mallory/x".into());
        }),
    ];
    for (name, alter) in gone {
        let mut altered = published(&statement);
        alter(&mut altered);
        let judged = judged(&statement, altered);
        assert_eq!(judged.verified, [SIGNED_EVIDENCE, SIGNED_VERDICT]);
        assert!(judged.refused.is_empty(), "{:?}", judged.refused);
        assert_eq!(codes(&judged.warnings), [Code::AttestationMissing]);
        let warning = &judged.warnings[0];
        assert!(warning.seen.contains(name), "{warning:?}");
        assert!(warning.help.contains("attestations: read"), "{warning:?}");
    }
}

#[test]
fn copy_that_is_missing_is_refused_where_signatures_are_required() {
    for (mode, refused, warned) in [(SigningMode::Require, 1, 0), (SigningMode::Prefer, 0, 1)] {
        let statement = statement(mode);
        let mut without = published(&statement);
        without.evidence.asset = None;
        let judged = judged(&statement, without);
        let found = (judged.refused.len(), judged.warnings.len());
        assert_eq!(found, (refused, warned));
        let all = judged.refused.iter().chain(&judged.warnings);
        assert!(all.clone().all(|one| one.code == Code::AttestationMissing));
        assert_eq!(judged.verified, [SIGNED_VERDICT]);
    }
}

#[test]
fn copy_that_does_not_count_is_refused_whatever_github_has() {
    let statement = statement(SigningMode::Prefer);
    let mut other = published(&statement);
    other.evidence.asset = other.verdict.asset.take();
    let fault = SignatureFault::LogEntryInvalid;
    other.verdict.asset = Some(Err(RefusedAttestation::new(fault, "it is so")));
    let judged = judged(&statement, other);
    let codes = codes(&judged.refused);
    assert!(
        codes.contains(&Code::AttestationOfOtherContent),
        "{codes:?}"
    );
    assert!(
        codes.contains(&Code::AttestationLogEntryInvalid),
        "{codes:?}"
    );
    assert!(judged.verified.is_empty() && judged.warnings.is_empty());
}

const LEG: &str = "k3s-1.31";

/// With statuses as they were when the release was published.
fn statement_with(verdicts: &[(&str, &str, &str)]) -> Statement {
    let statement = statement(SigningMode::Require);
    let artifacts = tested(&statement).digest();
    let record = |(leg, run, state): &(&str, &str, &str)| {
        let verdict = Verdict {
            run: (*run).to_owned(),
            artifacts,
        };
        Record {
            name: Verdict::context(leg),
            state: (*state).to_owned(),
            description: Some(verdict.to_string()),
            url: None,
            began: None,
            ended: None,
        }
    };
    let verdicts = verdicts.iter().map(record).collect();
    Statement::new(Predicate {
        verdicts,
        ..statement.predicate
    })
}

/// The result of the leg, signed in an attempt of the run of the release.
fn result(statement: &Statement, passed: bool, attempt: u64) -> SeenAttestation {
    let leg = TestedLeg {
        plan: &statement.predicate.plan,
        artifacts: &tested(statement),
        leg: LEG,
        passed,
        url: None,
        configuration: &BTreeMap::new(),
    };
    signed(&leg.statement(), job(attempt))
}

fn judged_with(statement: &Statement, legs: Vec<Found>) -> Signatures {
    let legs = PublishedSignatures {
        legs,
        ..published(statement)
    };
    judged(statement, legs)
}

#[test]
fn only_the_legs_that_the_release_was_published_with_must_be_signed() {
    for verdict in [
        (LEG, "17", "failure"),
        (LEG, "16", "success"),
        ("lint", "16", "success"),
    ] {
        let statement = statement_with(&[verdict]);
        let judged = judged_with(&statement, vec![]);
        assert!(judged.refused.is_empty(), "{:?}", judged.refused);
    }
    let statement = statement_with(&[(LEG, "17", "success"), ("other", "17", "failure")]);
    let missing = judged_with(&statement, vec![]);
    assert_eq!(codes(&missing.refused), [Code::AttestationMissing]);
    let whole = judged_with(&statement, vec![Ok(result(&statement, true, 1))]);
    assert!(whole.refused.is_empty(), "{:?}", whole.refused);
    let verified = [SIGNED_EVIDENCE, SIGNED_VERDICT, "the leg k3s-1.31"];
    assert_eq!(whole.verified, verified);
}

/// Logs and report are made after the tests, so that no result names them.
#[test]
fn results_are_about_what_was_tested() {
    let before = statement_with(&[(LEG, "17", "success")]);
    let signed = result(&before, true, 1);
    let mut predicate = before.predicate.clone();
    for name in [LOGS, REPORT] {
        let later = asset(name.as_bytes());
        predicate.artifacts.0.insert(name.to_owned(), later);
    }
    let after = Statement::new(predicate);
    let judged = judged_with(&after, vec![Ok(signed)]);
    assert!(judged.refused.is_empty(), "{:?}", judged.refused);
    let verified = judged.verified.last().map(String::as_str);
    assert_eq!(verified, Some("the leg k3s-1.31"));
}

#[test]
fn each_other_state_of_a_signed_result_is_refused() {
    let statement = statement_with(&[(LEG, "17", "success")]);
    let passed = |attempt| Ok(result(&statement, true, attempt));
    let failed = |attempt| Ok(result(&statement, false, attempt));
    let fault = SignatureFault::TimestampInvalid;
    let broken = || Err(RefusedAttestation::new(fault, "it is so"));
    for (legs, expected) in [
        (vec![passed(1)], vec![]),
        (vec![broken(), passed(1)], vec![]),
        (vec![failed(1), passed(2)], vec![]),
        (vec![], vec![Code::AttestationMissing]),
        (vec![broken()], vec![Code::AttestationTimestampInvalid]),
        (vec![passed(1), failed(2)], vec![Code::EvidenceDiffers]),
        (vec![passed(1), failed(1)], vec![Code::EvidenceDiffers]),
    ] {
        let judged = judged_with(&statement, legs);
        assert_eq!(codes(&judged.refused), expected);
    }
}

#[test]
fn image_that_lost_its_required_attestation_is_refused() {
    let statement = statement(SigningMode::Require);
    let fault = SignatureFault::OtherSigner;
    let refused = Attested::Refused(vec![RefusedAttestation::new(fault, "it is so")]);
    for (attested, expected) in [
        (Attested::Yes, vec![]),
        (Attested::Missing, vec![Code::AttestationMissing]),
        (refused, vec![Code::AttestationOfOtherSigner]),
    ] {
        let image = AttestedImage {
            required: RequiredAttestation {
                image: "binary-image".into(),
                predicate: "https://slsa.dev/provenance/v1".into(),
                signer: "https://github.com/kyma-project/*".parse().unwrap(),
            },
            digest: Digest::of(b"m"),
            attested,
        };
        let what = image.what();
        let signatures = PublishedSignatures {
            images: vec![image],
            ..published(&statement)
        };
        let judged = judged(&statement, signatures);
        assert_eq!(codes(&judged.refused), expected);
        assert_eq!(judged.verified.contains(&what), expected.is_empty());
    }
}

/// GitHub's own attestation names each asset by its name; which authority signs it is GitHub's own matter, so that one that cannot be
/// verified is a warning.
#[test]
fn githubs_attestation_must_name_each_asset_as_it_is() {
    let statement = statement(SigningMode::Require);
    let release = SeenRelease {
        immutable: true,
        assets: vec![examples::asset(1, "template.yaml", b"t")],
        ..our_draft(&statement.predicate.plan)
    };
    let genuine = || {
        let mut seen = signed(&signed_evidence(&statement), job(1));
        seen.signer.subject = GITHUB_RELEASES.to_owned();
        seen.predicate_type = format!("{RELEASE_PREDICATE}v0.2");
        seen
    };
    let differs = Some(Code::EvidenceDiffers);
    let fault = SignatureFault::CertificateUntrusted;
    let untrusted = RefusedAttestation::new(fault, "it is so");
    let altered: [(Alter, bool, Option<Code>); 5] = [
        (|_| {}, true, None),
        (
            |a| a.subjects[0].name = "rendered.yaml".into(),
            false,
            differs,
        ),
        (|a| a.subjects[0].digest = Digest::of(b"u"), false, differs),
        (
            |a| a.signer.subject = "https://example.com".into(),
            false,
            None,
        ),
        (
            |a| a.predicate_type = "https://example.com".into(),
            false,
            None,
        ),
    ];
    let judged = |github: Vec<Found>| {
        let signed = PublishedSignatures {
            github,
            ..published(&statement)
        };
        let state = VerifyState {
            release: ReleaseView::default(),
            evidence: None,
            signed,
        };
        judge(&state, &release, &statement)
    };
    for (alter, is_verified, refused) in altered {
        let mut seen = genuine();
        alter(&mut seen);
        let judged = judged(vec![Ok(seen)]);
        assert_eq!(judged.verified.len(), 2 + usize::from(is_verified));
        assert_eq!(codes(&judged.refused), Vec::from_iter(refused));
        assert!(judged.warnings.is_empty());
    }
    let told = judged(vec![Err(untrusted)]);
    assert!(told.refused.is_empty());
    assert_eq!(codes(&told.warnings), [fault.code()]);
}
