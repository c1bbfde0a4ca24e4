//! What is decided for each state of an image and of what is signed about it.

use serde_json::json;

use super::*;
use crate::plan::SigningMode;
use crate::plan::tests::example;
use crate::protocol::{SeenAttestation, SignerIdentity};
use crate::release::attestations::examples::{REPOSITORY, job, signed, signing};

const BUILDER: &str = "https://github.com/kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@refs/tags/v1";

fn digest(of: &str) -> Digest {
    Digest::of(of.as_bytes())
}

fn planned(mode: SigningMode) -> ReleasePlan {
    example().with(|wanted| wanted.signing = Some(Signing { mode, ..signing() }))
}

fn build() -> BuildToAttest {
    BuildToAttest {
        image: example().wanted.binary_image.unwrap(),
        digest: Some(digest("index")),
        origin: BuildOrigin::ThisRun,
        parameters: Map::from_iter([("dockerfile".to_owned(), json!("Dockerfile"))]),
        builder: BUILDER.to_owned(),
        run: "17".to_owned(),
        attempt: 1,
        sbom: None,
        id_token: IdToken::Granted,
    }
}

fn phase(mode: SigningMode, alter: impl FnOnce(&mut BuildToAttest)) -> AttestBuild {
    let mut build = build();
    alter(&mut build);
    AttestBuild::new(planned(mode), build)
}

/// The image as it was built, with nothing signed.
fn pushed() -> SeenBuild {
    SeenBuild {
        digest: Some(digest("index")),
        again: Some(digest("index")),
        platforms: Ok(vec![digest("amd64"), digest("arm64")]),
        ..SeenBuild::nothing()
    }
}

fn bill(text: &str) -> Result<Sbom, String> {
    Sbom::parse(text.as_bytes())
}

const SPDX: &str = r#"{"SPDXID": "SPDXRef-DOCUMENT", "spdxVersion": "SPDX-2.3"}"#;

fn statements(step: Step) -> Vec<NewAttestation> {
    let Step::Act(actions) = step else {
        panic!("{step:?}")
    };
    let statement = |action| match action {
        Action::Attest(statement) => statement,
        other => panic!("{other:?}"),
    };
    actions.into_iter().map(statement).collect()
}

fn only(step: Step) -> NewAttestation {
    let [one] = <[_; 1]>::try_from(statements(step)).unwrap();
    one
}

fn codes(step: &Step) -> Vec<Code> {
    match step {
        Step::Blocked(findings) => findings.iter().map(|finding| finding.code).collect(),
        other => panic!("{other:?}"),
    }
}

/// The summary and the warnings of a phase that is done.
fn done(step: Step) -> (String, Vec<Code>) {
    let Step::Done(report) = step else {
        panic!("{step:?}")
    };
    let warnings = report.warnings.iter().map(|one| one.code).collect();
    (report.summary, warnings)
}

/// The called workflow in an attempt of the run.
fn builder(attempt: u64) -> SignerIdentity {
    SignerIdentity {
        subject: BUILDER.to_owned(),
        ..job(attempt)
    }
}

fn with_provenance(seen: SeenAttestation) -> SeenBuild {
    SeenBuild {
        provenance: vec![Ok(seen)],
        ..pushed()
    }
}

#[test]
fn provenance_is_about_the_index_and_each_platform() {
    let phase = phase(SigningMode::Require, |_| {});
    let statement = only(phase.decide(&pushed()));
    let image = phase.build.image.to_string();
    let repository = phase.build.image.repository();
    let names: Vec<_> = statement.subjects.iter().map(|one| &*one.name).collect();
    let of = |platform| repository.pinned(digest(platform)).to_string();
    assert_eq!(names, [image, of("amd64"), of("arm64")]);
    let digests: Vec<_> = statement.subjects.iter().map(|one| one.digest).collect();
    assert_eq!(digests, ["index", "amd64", "arm64"].map(digest));
}

#[test]
fn provenance_says_what_was_built_from_what_by_whom() {
    let phase = phase(SigningMode::Require, |build| build.attempt = 2);
    let NewAttestation {
        predicate,
        predicate_type,
        ..
    } = only(phase.decide(&pushed()));
    assert_eq!(predicate_type, "https://slsa.dev/provenance/v1");
    let wanted = &phase.plan.wanted;
    let source = format!("git+{REPOSITORY}@{}", wanted.commit);
    let definition = &predicate["buildDefinition"];
    assert_eq!(
        definition["externalParameters"],
        json!({
            "image": phase.build.image,
            "inputs": {"dockerfile": "Dockerfile"},
            "source": source,
            "workflow": signing().workflow,
        })
    );
    assert_eq!(
        definition["resolvedDependencies"],
        json!([{"uri": source, "digest": {"gitCommit": wanted.commit}}])
    );
    assert_eq!(
        predicate["runDetails"],
        json!({
            "builder": {"id": BUILDER},
            "metadata": {"invocationId": format!("{REPOSITORY}/actions/runs/17/attempts/2")},
        })
    );
}

#[test]
fn what_this_run_has_signed_is_not_signed_again() {
    let phase = phase(SigningMode::Require, |build| {
        build.sbom = Some("sbom.json".into())
    });
    let with_bill = || SeenBuild {
        sbom: Some(bill(SPDX)),
        ..pushed()
    };
    let [provenance, sbom] = <[_; 2]>::try_from(statements(phase.decide(&with_bill()))).unwrap();
    assert_eq!(sbom.subjects, provenance.subjects);
    // A later attempt in which only this job runs again finds what the first one has signed.
    let half = SeenBuild {
        provenance: vec![Ok(signed(&provenance, builder(1)))],
        ..with_bill()
    };
    assert_eq!(only(phase.decide(&half)), sbom);
    let whole = SeenBuild {
        signed_sbom: vec![Ok(signed(&sbom, builder(2)))],
        ..half
    };
    let (summary, warnings) = done(phase.decide(&whole));
    assert!(
        summary.contains("https://spdx.dev/Document/v2.3"),
        "{summary}"
    );
    assert_eq!(warnings, []);
}

#[test]
fn statement_of_another_run_attempt_or_content_is_not_this_ones() {
    let phase = phase(SigningMode::Require, |_| {});
    let ours = only(phase.decide(&pushed()));
    let mut other_run = builder(1);
    other_run.run_invocation_uri = Some(format!("{REPOSITORY}/actions/runs/16/attempts/1"));
    let mut other_workflow = builder(1);
    other_workflow.build_config_uri = Some(format!("{REPOSITORY}/.github/workflows/x.yml@x"));
    let mut other_content = ours.clone();
    other_content.predicate["buildDefinition"]["externalParameters"]["inputs"] = json!({});
    let mut fewer = ours.clone();
    fewer.subjects.pop();
    for other in [
        signed(&ours, other_run),
        signed(&ours, other_workflow),
        signed(&other_content, builder(1)),
        signed(&fewer, builder(1)),
    ] {
        assert_eq!(only(phase.decide(&with_provenance(other))), ours);
    }
}

#[test]
fn provenance_names_the_workflow_that_signs() {
    let phase = phase(SigningMode::Require, |_| {});
    let ours = only(phase.decide(&pushed()));
    let by_caller = with_provenance(signed(&ours, job(1)));
    let refused = phase.decide(&by_caller);
    assert_eq!(codes(&refused), [Code::AttestationOfOtherSigner]);
}

#[test]
fn other_bytes_than_those_that_were_built_are_not_attested() {
    let built = phase(SigningMode::Prefer, |_| {});
    let by_tag = phase(SigningMode::Prefer, |build| build.digest = None);
    let moved = || SeenBuild {
        again: Some(digest("other")),
        ..pushed()
    };
    let other = || SeenBuild {
        digest: Some(digest("other")),
        again: Some(digest("other")),
        ..pushed()
    };
    assert_eq!(codes(&built.decide(&other())), [Code::ImageUnexpected]);
    assert_eq!(codes(&built.decide(&moved())), [Code::ImageDiffers]);
    assert_eq!(codes(&by_tag.decide(&moved())), [Code::ImageDiffers]);
    let gone = SeenBuild {
        again: None,
        ..pushed()
    };
    assert_eq!(codes(&by_tag.decide(&gone)), [Code::ImageDiffers]);
    assert!(matches!(by_tag.decide(&other()), Step::Act(_)));
    let later = AttestBuild {
        first: Some(digest("index")),
        ..by_tag
    };
    assert_eq!(codes(&later.decide(&other())), [Code::ImageDiffers]);
    assert!(matches!(later.decide(&pushed()), Step::Act(_)));
}

#[test]
fn image_that_is_not_there_is_waited_for() {
    let step = phase(SigningMode::Require, |_| {}).decide(&SeenBuild::nothing());
    assert!(matches!(step, Step::Wait(_)), "{step:?}");
}

#[test]
fn image_or_bill_of_materials_that_cannot_be_read_is_refused() {
    let phase = phase(SigningMode::Prefer, |build| {
        build.sbom = Some("sbom.json".into())
    });
    let unreadable = SeenBuild {
        platforms: Err("lists no image".into()),
        ..pushed()
    };
    assert_eq!(codes(&phase.decide(&unreadable)), [Code::ImageIncomplete]);
    let no_bill = SeenBuild {
        sbom: Some(bill("{}")),
        ..pushed()
    };
    assert_eq!(codes(&phase.decide(&no_bill)), [Code::SbomInvalid]);
}

#[test]
fn job_without_an_identity_token_is_refused_or_warns() {
    for id_token in [IdToken::Missing, IdToken::Unknown] {
        let required = phase(SigningMode::Require, |build| build.id_token = id_token);
        let step = required.decide(&pushed());
        assert_eq!(codes(&step), [Code::SigningImpossible]);
        let preferred = phase(SigningMode::Prefer, |build| build.id_token = id_token);
        let (summary, warnings) = done(preferred.decide(&pushed()));
        assert!(summary.starts_with("nothing is signed"), "{summary}");
        assert_eq!(warnings, [Code::SigningImpossible]);
    }
}

#[test]
fn nothing_is_signed_without_a_plan_that_wants_it() {
    let phase = AttestBuild::new(example(), build());
    let (summary, warnings) = done(phase.decide(&SeenBuild::nothing()));
    assert!(summary.contains("the plan has no `signing`"), "{summary}");
    assert_eq!(warnings, []);
}

/// The provenance that another run of the builder, from another of its refs, has signed.
fn of_earlier_run() -> SeenAttestation {
    let ours = only(phase(SigningMode::Require, |_| {}).decide(&pushed()));
    let signer = SignerIdentity {
        subject: BUILDER.replace("/tags/v1", "/heads/main"),
        run_invocation_uri: Some(format!("{REPOSITORY}/actions/runs/9/attempts/3")),
        ..job(1)
    };
    signed(&ours, signer)
}

#[test]
fn image_of_an_earlier_run_needs_the_provenance_of_that_run() {
    let earlier = |mode| phase(mode, |build| build.origin = BuildOrigin::EarlierRun);
    let required = earlier(SigningMode::Require);
    let (summary, warnings) = done(required.decide(&with_provenance(of_earlier_run())));
    assert!(summary.contains("/actions/runs/9/attempts/3"), "{summary}");
    assert_eq!(warnings, []);
    let altered: [fn(&mut SeenAttestation); 6] = [
        |seen| seen.subjects.remove(0).digest = digest("other"),
        |seen| {
            seen.signer.subject = format!("{REPOSITORY}/.github/workflows/x.yml@refs/heads/main")
        },
        |seen| seen.signer.source_repository_uri = Some("https://github.com/mallory/x".into()),
        |seen| seen.signer.issuer = "https://issuer.example".into(),
        |seen| {
            let source = &mut seen.predicate["buildDefinition"]["resolvedDependencies"][0];
            source["digest"]["gitCommit"] = "0".repeat(40).into();
        },
        |seen| {
            let source = &mut seen.predicate["buildDefinition"]["resolvedDependencies"][0];
            source["uri"] = format!("git+{REPOSITORY}-fork@x").into();
        },
    ];
    let altered = altered.map(|alter| {
        let mut seen = of_earlier_run();
        alter(&mut seen);
        with_provenance(seen)
    });
    for state in altered.into_iter().chain([pushed()]) {
        let refused = codes(&required.decide(&state));
        assert_eq!(
            refused,
            [Code::AttestationMissing],
            "{:?}",
            state.provenance
        );
        let (_, warnings) = done(earlier(SigningMode::Prefer).decide(&state));
        assert_eq!(warnings, [Code::AttestationMissing]);
    }
}

#[test]
fn platforms_are_the_images_of_an_index() {
    let entry = |of: &str, architecture: &str| {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": digest(of),
            "size": 3,
            "platform": {"os": if architecture == "unknown" { "unknown" } else { "linux" }, "architecture": architecture},
        })
    };
    let index = |entries: &[Value]| {
        let index = json!({"schemaVersion": 2, "manifests": entries});
        platforms(index.to_string().as_bytes())
    };
    let attestation = entry("attestation", "unknown");
    let mut listed = vec![digest("a"), digest("b")];
    listed.sort();
    let entries = [
        entry("b", "arm64"),
        attestation.clone(),
        entry("a", "amd64"),
    ];
    assert_eq!(index(&entries), Ok(listed));
    assert!(index(&[attestation]).is_err());
    let many: Vec<Value> = (0..=MOST_MANIFESTS)
        .map(|nth| entry(&nth.to_string(), "amd64"))
        .collect();
    assert!(index(&many).is_err());
    assert!(index(&many[1..]).is_ok());
    assert!(platforms(b"{}").is_err());
    let one = json!({
        "schemaVersion": 2,
        "config": {"mediaType": "x/y", "digest": digest("c"), "size": 1},
        "layers": [],
    });
    assert_eq!(platforms(one.to_string().as_bytes()), Ok(vec![]));
}
