//! What counts, one altered fact at a time.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::json;

use super::examples::{REPOSITORY, job, signed, signing};
use super::leg::{SignedResult, TEST_RESULT, TestedLeg, result_of, signed_result};
use super::required::{Attested, judge};
use super::summary::{already_signed, verdict};
use super::*;
use crate::plan::tests::example;
use crate::plan::{Predicate, RequiredAttestation, Statement};
use crate::protocol::NewAttestation;

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";
const BUILDER: &str = "https://github.com/kyma-project/test-infra/.github/workflows/image-builder.yml@refs/heads/main";
const LEG: &str = "k3s-1.31";

type Alter = fn(&mut SeenAttestation);

fn image() -> Digest {
    Digest::of(b"m")
}

fn required() -> RequiredAttestation {
    RequiredAttestation {
        image: "binary-image".into(),
        predicate: PROVENANCE.into(),
        signer: BUILDER.parse().unwrap(),
    }
}

/// Provenance as the builder signs it: in a run of the module's repository, at the release's commit.
fn provenance() -> SeenAttestation {
    let statement = NewAttestation {
        subjects: vec![Subject {
            name: "r.example/prod/btp-manager".into(),
            digest: image(),
        }],
        predicate_type: PROVENANCE.into(),
        predicate: json!({}),
    };
    let mut signer = job(1);
    signer.subject = BUILDER.into();
    signed(&statement, signer)
}

fn attested(found: &[Found]) -> Attested {
    judge(&example().wanted, &required(), image(), found)
}

/// The faults, where the attestation is refused.
fn faults(attested: &Attested) -> Vec<SignatureFault> {
    match attested {
        Attested::Refused(faults) => faults.iter().map(|one| one.fault).collect(),
        Attested::Yes | Attested::Missing => vec![],
    }
}

#[test]
fn each_altered_fact_of_a_required_attestation_is_refused() {
    use SignatureFault::{OtherPredicate, OtherSigner, OtherSubjects};
    assert_eq!(attested(&[]), Attested::Missing);
    assert_eq!(attested(&[Ok(provenance())]), Attested::Yes);
    let altered: [(&str, SignatureFault, Alter); 11] = [
        ("for another commit", OtherSigner, |a| {
            a.signer.source_repository_digest = Some("0".repeat(40))
        }),
        ("for no commit that it names", OtherSigner, |a| {
            a.signer.source_repository_digest = None
        }),
        ("for another repository", OtherSigner, |a| {
            a.signer.source_repository_uri = Some("https://github.com/mallory/btp-manager".into())
        }),
        ("for no repository that it names", OtherSigner, |a| {
            a.signer.source_repository_uri = None
        }),
        ("by another workflow", OtherSigner, |a| {
            a.signer.subject = BUILDER.replace("image-builder", "other")
        }),
        ("by the workflow of another branch", OtherSigner, |a| {
            a.signer.subject = BUILDER.replace("main", "main2")
        }),
        ("by nobody that it names", OtherSigner, |a| {
            a.signer.subject.clear()
        }),
        ("for another issuer's identity", OtherSigner, |a| {
            a.signer.issuer = "https://accounts.example".into()
        }),
        ("about another image", OtherSubjects, |a| {
            a.subjects[0].digest = Digest::of(b"others")
        }),
        ("about nothing", OtherSubjects, |a| a.subjects.clear()),
        ("of another type", OtherPredicate, |a| {
            a.predicate_type = TEST_RESULT.into()
        }),
    ];
    for (fact, fault, alter) in altered {
        let mut seen = provenance();
        alter(&mut seen);
        assert_eq!(faults(&attested(&[Ok(seen.clone())])), [fault], "{fact}");
        // Whoever may write attestations could add it, before or after one that counts.
        for found in [
            [Ok(seen.clone()), Ok(provenance())],
            [Ok(provenance()), Ok(seen.clone())],
        ] {
            assert_eq!(attested(&found), Attested::Yes, "{fact}");
        }
    }
    for fault in SignatureFault::ALL {
        let refused = Err(RefusedAttestation::new(fault, "it is so"));
        assert_eq!(faults(&attested(std::slice::from_ref(&refused))), [fault]);
        assert_eq!(attested(&[refused, Ok(provenance())]), Attested::Yes);
    }
}

/// A builder may sign several images by one statement, and on the server that it is on the repository has another address.
#[test]
fn required_attestation_may_be_about_more_and_on_another_server() {
    let mut more = provenance();
    more.subjects.insert(
        0,
        Subject {
            name: "other".into(),
            digest: Digest::of(b"other"),
        },
    );
    assert_eq!(attested(&[Ok(more)]), Attested::Yes);
    let of_server = |server: &str| {
        let signer = BUILDER.replace("https://github.com", "https://ghe.example");
        let mut seen = provenance();
        seen.signer.subject = signer.clone();
        let repository = REPOSITORY.replace("https://github.com", server);
        seen.signer.source_repository_uri = Some(repository);
        let required = RequiredAttestation {
            signer: signer.parse().unwrap(),
            ..required()
        };
        judge(&example().wanted, &required, image(), &[Ok(seen)])
    };
    assert_eq!(of_server("https://ghe.example"), Attested::Yes);
    let other = of_server("https://github.com");
    assert_eq!(faults(&other), [SignatureFault::OtherSigner]);
}

/// The run of the plan releases the commit that it has merged, and its jobs sign for the one that it was started for.
#[test]
fn required_attestation_may_be_for_the_commit_of_the_very_run() {
    let own = "5".repeat(40);
    let released = |signing: Option<Signing>| example().with(|wanted| wanted.signing = signing);
    let of_run = Signing {
        commit: own.parse().unwrap(),
        ..signing()
    };
    let attested = |plan: &ReleasePlan, alter: Alter| {
        let mut seen = provenance();
        seen.signer.source_repository_digest = Some("5".repeat(40));
        alter(&mut seen);
        judge(&plan.wanted, &required(), image(), &[Ok(seen)])
    };
    let plan = released(Some(of_run));
    assert_eq!(attested(&plan, |_| {}), Attested::Yes);
    let refused = [
        attested(&released(None), |_| {}),
        attested(&released(Some(signing())), |_| {}),
        attested(&plan, |a| {
            a.signer.run_invocation_uri = Some(format!("{REPOSITORY}/actions/runs/18/attempts/1"))
        }),
        attested(&plan, |a| a.signer.run_invocation_uri = None),
        attested(&plan, |a| {
            a.signer.subject = BUILDER.replace("main", "other")
        }),
    ];
    for (nth, refused) in refused.iter().enumerate() {
        let faults = faults(refused);
        assert!(faults.contains(&SignatureFault::OtherSigner), "{nth}");
    }
}

fn plan() -> ReleasePlan {
    example().with(|wanted| wanted.signing = Some(signing()))
}

fn artifacts() -> Artifacts {
    let image = plan().wanted.binary_image.unwrap();
    let digest = self::image();
    let pinned = Artifact::Image {
        digest,
        image: image.repository().pinned(digest),
        tagged: image,
        platforms: vec![],
        size: 0,
        waited: 0,
        expected: false,
        ready_at: None,
    };
    let asset = Artifact::Asset {
        digest: Digest::of(b"t"),
        size: 1,
        waited: 0,
        ready_at: None,
    };
    let all: BTreeMap<String, Artifact> = [
        ("binary-image".to_owned(), pinned),
        ("template.yaml".to_owned(), asset),
    ]
    .into();
    Artifacts::from(all)
}

/// The statement names what the tests ran with, and its subjects as people know them.
#[test]
fn signed_result_names_plan_run_leg_and_artifacts() {
    let (plan, artifacts) = (plan(), artifacts());
    let configuration = BTreeMap::from([("k3s".to_owned(), "v1.31".to_owned())]);
    let leg = TestedLeg {
        plan: &plan,
        artifacts: &artifacts,
        leg: LEG,
        passed: true,
        url: None,
        configuration: &configuration,
    };
    let NewAttestation {
        subjects,
        predicate,
        ..
    } = leg.statement();
    let names: Vec<_> = subjects.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(
        names,
        ["r.example/prod/btp-manager:v1.2.0", "template.yaml"]
    );
    assert_eq!(
        predicate["configuration"],
        json!([
            {
                "name": "plan",
                "digest": {"sha256": plan.digest().hex()},
                "annotations": {"leg": LEG, "run": "17"},
            },
            {
                "name": "source",
                "uri": format!("git+{REPOSITORY}@refs/tags/v1.2.0"),
                "digest": {"gitCommit": plan.wanted.commit.as_str()},
            },
            {"name": "k3s", "content": "djEuMzE=", "mediaType": "text/plain"},
        ])
    );
}

/// The signed result of the leg of this plan.
fn result(plan: &ReleasePlan, attempt: u64) -> SeenAttestation {
    let leg = TestedLeg {
        plan,
        artifacts: &artifacts(),
        leg: LEG,
        passed: true,
        url: None,
        configuration: &BTreeMap::new(),
    };
    signed(&leg.statement(), job(attempt))
}

/// GitHub does not tell upper and lower case of owners and repositories apart, and certificates write them as a person did.
#[test]
fn workflow_of_the_run_is_compared_without_regard_to_case_and_must_be_named() {
    let (plan, artifacts) = (plan(), artifacts());
    let run = SigningRun::planned(&plan).unwrap();
    let of = |workflow: Option<String>| {
        let mut seen = result(&plan, 1);
        seen.signer.build_config_uri = workflow;
        signed_result(&plan, &run, &artifacts, LEG, &[Ok(seen)])
    };
    let workflow = signing().workflow;
    let other_case = workflow.replace("kyma-project", "Kyma-Project");
    assert_eq!(of(Some(other_case)), SignedResult::Passed);
    assert!(matches!(of(None), SignedResult::Refused(_)));
}

/// Two processes that look at the same attestations take the same one, whatever order GitHub lists them in.
#[test]
fn oldest_of_several_equal_attestations_is_taken() {
    let (plan, artifacts) = (plan(), artifacts());
    let run = SigningRun::planned(&plan).unwrap();
    let at = |signed_at: u64, of: &SeenAttestation| SeenAttestation {
        signed_at,
        bundle: Bytes::from(format!("{signed_at}")),
        ..of.clone()
    };
    let leg = result(&plan, 1);
    let statement = Statement::new(Predicate {
        plan: plan.clone(),
        artifacts: artifacts.clone(),
        jobs: BTreeMap::new(),
        verdicts: vec![],
        checks: vec![],
        builders: vec![],
        drafted_at: String::new(),
        publisher: String::new(),
        requests: vec![],
    });
    let wanted = verdict(&statement, &[], None);
    let made = signed(&wanted, job(1));
    for times in [[1, 2], [2, 1]] {
        let legs = times.map(|time| Ok(at(time, &leg)));
        let taken = result_of(&plan, &run, &artifacts, LEG, &legs).unwrap();
        assert_eq!(taken.signed_at, 1);
        let verdicts = times.map(|time| Ok(at(time, &made)));
        let taken = already_signed(&wanted, &run, &verdicts).unwrap();
        assert_eq!(taken.signed_at, 1);
    }
}

/// A run again signs nothing twice, and takes nobody else's statement for its own.
#[test]
fn result_is_signed_already_only_by_this_attempt_of_this_run() {
    let (plan, artifacts) = (plan(), artifacts());
    let run = SigningRun::planned(&plan).unwrap();
    let leg = TestedLeg {
        plan: &plan,
        artifacts: &artifacts,
        leg: LEG,
        passed: true,
        url: None,
        configuration: &BTreeMap::new(),
    };
    let is_signed = |seen: SeenAttestation| leg.is_signed(&run, 1, &[Ok(seen)]);
    assert!(is_signed(result(&plan, 1)));
    assert!(!is_signed(result(&plan, 2)));
    let others: [Alter; 4] = [
        |a| a.signer.source_repository_uri = Some("https://github.com/mallory/x".into()),
        |a| a.signer.build_config_uri = None,
        |a| a.subjects[0].digest = Digest::of(b"others"),
        |a| a.predicate["result"] = json!("FAILED"),
    ];
    for alter in others {
        let mut seen = result(&plan, 1);
        alter(&mut seen);
        assert!(!is_signed(seen));
    }
}
