//! The copies of signed statements among the assets, and what they are copies of.

use std::collections::BTreeMap;

use super::*;
use crate::plan::tests::example;
use crate::plan::{Predicate, SigningMode};
use crate::protocol::SignatureFault;
use crate::release::attestations::examples::{job, signed, signing};
use crate::release::attestations::summary::{signed_evidence, verdict};
use crate::release::examples::our_draft;

fn statement(mode: SigningMode) -> Statement {
    let signing = Signing { mode, ..signing() };
    Statement::new(Predicate {
        plan: example().with(|wanted| wanted.signing = Some(signing)),
        artifacts: Artifacts::default(),
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
    type Gone = fn(&mut PublishedSignatures);
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
