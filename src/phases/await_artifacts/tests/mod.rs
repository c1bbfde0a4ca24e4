//! The states of artifacts and builders, in tables.

mod approvals;
mod expected;

use super::*;
use crate::domain::Code;
use crate::domain::ModuleForm;
use crate::plan::tests::example;
use crate::plan::{ModulePlan, SECOND_MODULE_IMAGE};
use crate::protocol::{AssetId, AssetState, SeenCheck};
use crate::protocol::{CheckState, CheckTimes, SeenAsset};
use crate::release::examples::{asset, foreign_draft, our_draft};
use crate::release::image_check::Contents;
use crate::release::image_reader::ImageState;

fn options() -> AwaitOptions {
    AwaitOptions {
        poll_interval: Duration::from_secs(10),
        platforms: vec![],
        builders: vec!["post-*-build".parse().unwrap()],
        builder_start_timeout: Duration::from_mins(2),
        expected: ExpectedDigests::default(),
        approval: None,
        began: 1_000,
    }
}

fn labelled(json: &str) -> Contents {
    Contents {
        labels: serde_json::from_str(json).unwrap(),
        ..Contents::default()
    }
}

fn state(assets: Vec<SeenAsset>, image: ImageState) -> AwaitState {
    AwaitState {
        release: ReleaseView {
            releases: vec![SeenRelease {
                assets,
                ..our_draft(&example())
            }],
            images: [("binary-image".to_owned(), image)].into(),
            checks: vec![check("post-image-build", CheckState::Pending)],
            ..ReleaseView::default()
        },
        waited: Duration::from_secs(30),
        approval: ApprovalState::NotAwaited,
        uncounted: Duration::ZERO,
        attested: vec![],
    }
}

fn image(bytes: &[u8], contents: Contents) -> ImageState {
    ImageState::Complete {
        digest: Digest::of(bytes),
        contents: contents.into(),
    }
}

fn assets() -> Vec<SeenAsset> {
    vec![
        asset(1, "template.yaml", b"t"),
        asset(2, "rendered.yaml", b"r"),
    ]
}

fn all_complete() -> AwaitState {
    state(assets(), image(b"m", Contents::default()))
}

fn check(name: &str, state: CheckState) -> SeenCheck {
    SeenCheck {
        name: name.into(),
        state,
        description: None,
        url: Some("https://github.example/run".into()),
        times: CheckTimes::default(),
    }
}

/// The result of the last of several steps.
fn lines(steps: &[AwaitState]) -> Vec<String> {
    lines_with(&options(), steps)
}

fn lines_with(options: &AwaitOptions, steps: &[AwaitState]) -> Vec<String> {
    let mut earlier = EarlierDigests::new();
    let mut lines = vec![];
    for seen in steps {
        let decided = decide(&example(), options, &earlier, seen);
        earlier = decided.digests;
        lines = match decided.step {
            Step::Wait(waiting) => waiting.on,
            Step::Done(report) => vec![report.summary],
            Step::Blocked(findings) => findings.iter().map(|f| f.code.to_string()).collect(),
            Step::Act(actions) => panic!("{actions:?}"),
        };
    }
    lines
}

#[test]
fn artifact_is_ready_when_two_steps_find_the_same_digest() {
    assert_eq!(
        lines(&[all_complete()]).len(),
        4,
        "all three were found once; the builder is the fourth line"
    );
    assert_eq!(
        lines(&[all_complete(), all_complete()]),
        ["all 3 artifacts of v1.2.0 are ready"]
    );
    let moved = state(assets(), image(b"other", Contents::default()));
    let on = lines(&[all_complete(), moved]);
    assert!(
        on[0].starts_with("image r.example/prod/btp-manager:v1.2.0: "),
        "{on:?}"
    );
}

#[test]
fn incomplete_artifacts_are_not_ready() {
    let unfinished = SeenAsset {
        state: AssetState::Unfinished,
        ..asset(1, "template.yaml", b"t")
    };
    let without_digest = SeenAsset {
        digest: None,
        ..asset(2, "rendered.yaml", b"r")
    };
    let seen = || {
        state(
            vec![unfinished.clone(), without_digest.clone()],
            ImageState::Incomplete {
                digest: Digest::of(b"m"),
                why: "it has no linux/arm64".into(),
            },
        )
    };
    assert_eq!(
        lines(&[seen(), seen()]),
        [
            "asset rendered.yaml: incomplete, GitHub has not told its digest yet",
            "asset template.yaml: incomplete, its upload is not finished",
            "image r.example/prod/btp-manager:v1.2.0: incomplete, it has no linux/arm64",
            "builder post-image-build: pending",
        ]
    );
    let hashed = || {
        let mut seen = state(
            vec![asset(1, "template.yaml", b"t"), without_digest.clone()],
            image(b"m", Contents::default()),
        );
        seen.release.hashed = [(AssetId(2), Digest::of(b"r"))].into();
        seen
    };
    assert_eq!(
        lines(&[hashed(), hashed()]).len(),
        1,
        "a digest that is found out counts"
    );
}

#[test]
fn image_of_another_build_is_stale() {
    let commit = example().wanted.commit;
    let stale = |contents: Contents| {
        let seen = || state(assets(), image(b"m", contents.clone()));
        lines(&[seen(), seen()]).join("\n")
    };
    let revision = |sha: &str| {
        labelled(&format!(
            r#"{{"org.opencontainers.image.revision":"{sha}"}}"#
        ))
    };
    assert!(stale(revision("0000000")).contains("stale, its revision is 0000000 (wanted: 4e4b9d4"));
    assert!(!stale(revision(commit.as_str())).contains("stale"));
    let version = |v: &str| {
        stale(labelled(&format!(
            r#"{{"org.opencontainers.image.version":"{v}"}}"#
        )))
    };
    assert!(version("1.1.0").contains("stale, its version is 1.1.0"));
    assert!(!version("v1.2.0").contains("stale") && !version("1.2.0").contains("stale"));
    let source = |s: &str| {
        stale(labelled(&format!(
            r#"{{"org.opencontainers.image.source":"{s}"}}"#
        )))
    };
    assert!(source("https://github.com/kyma-project/keda-manager").contains("stale, its source"));
    assert!(!source("https://github.com/Kyma-project/btp-manager.git").contains("stale"));
}

#[test]
fn image_from_before_the_draft_is_stale_unless_it_proves_its_commit() {
    let leftover = |contents: Contents| {
        let plan = example();
        let mark = Mark {
            leftovers: [Digest::of(b"m")].into(),
            ..plan.mark(false)
        };
        let seen = || {
            let mut seen = state(assets(), image(b"m", contents.clone()));
            seen.release.releases[0].body = mark.put("");
            seen
        };
        lines(&[seen(), seen()]).join("\n")
    };
    assert!(
        leftover(Contents::default()).contains("stale, "),
        "the tag of a failed attempt is never taken"
    );
    let same_commit = format!(
        r#"{{"org.opencontainers.image.revision":"{}"}}"#,
        example().wanted.commit
    );
    assert_eq!(
        leftover(labelled(&same_commit)),
        "all 3 artifacts of v1.2.0 are ready",
        "the same bytes, built again"
    );
}

#[test]
fn failed_or_missing_builder_ends_the_wait() {
    let with = |builders: Vec<SeenCheck>, waited: u64| {
        let mut seen = state(vec![], ImageState::Absent);
        seen.release.checks = builders;
        seen.waited = Duration::from_secs(waited);
        lines(&[seen])
    };
    assert_eq!(
        with(vec![check("post-image-build", CheckState::Failure)], 0),
        [Code::BuilderFailed.as_str()]
    );
    assert_eq!(
        with(vec![check("post-image-build", CheckState::Skipped)], 0),
        [Code::BuilderFailed.as_str()]
    );
    assert_eq!(
        with(vec![check("lint", CheckState::Failure)], 119)
            .last()
            .unwrap(),
        "builder post-*-build: not started"
    );
    assert_eq!(with(vec![], 120), [Code::BuilderNeverStarted.as_str()]);
    let done = || {
        let mut seen = all_complete();
        seen.release.checks = vec![check("post-image-build", CheckState::Failure)];
        seen
    };
    assert_eq!(
        lines(&[done(), done()]).len(),
        1,
        "artifacts that are ready count, whatever a builder reports"
    );
}

#[test]
fn manifest_with_another_binary_image_is_stale() {
    let rendered = |image: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: m}}\nspec: {{containers: [{{name: m, image: {image}}}]}}\n"
        );
        let mut seen = all_complete();
        seen.release.asset_texts = [(AssetId(2), text.into())].into();
        seen
    };
    let good = || rendered("r.example/prod/btp-manager:v1.2.0");
    assert_eq!(
        lines(&[good(), good()]),
        ["all 3 artifacts of v1.2.0 are ready"]
    );
    let old = || rendered("r.example/prod/btp-manager:v1.1.0");
    assert_eq!(
        lines(&[old(), old()])[0],
        "asset rendered.yaml: stale, it runs r.example/prod/btp-manager:v1.1.0 (wanted: r.example/prod/btp-manager:v1.2.0)"
    );
}

#[test]
fn foreign_draft_ends_the_wait() {
    let mut seen = all_complete();
    seen.release.releases = vec![foreign_draft(&example())];
    assert_eq!(lines(&[seen]), [Code::DraftForeign.as_str()]);
}

/// Both tags are awaited, and they have to be one image.
#[test]
fn tags_of_both_forms_have_to_name_one_image() {
    let name = "kyma-project.io/module/btp-operator";
    let tagged = |tag: &str| {
        let image = format!("r.example/component-descriptors/{name}:{tag}");
        Some(image.parse().unwrap())
    };
    let plan = example().with(|wanted| {
        wanted.assets.clear();
        wanted.binary_image = None;
        wanted.module = Some(ModulePlan {
            name: name.parse().unwrap(),
            image: tagged("1.2.0").unwrap(),
            form: ModuleForm::Both,
            second_image: tagged("v1.2.0"),
        });
    });
    let on = |first: &[u8], second: &[u8]| {
        let mut seen = all_complete();
        seen.release.images.clear();
        for (name, bytes) in [("module-image", first), (SECOND_MODULE_IMAGE, second)] {
            let state = image(bytes, Contents::default());
            seen.release.images.insert(name.into(), state);
        }
        let decided = decide(&plan, &options(), &EarlierDigests::new(), &seen);
        let Step::Wait(waiting) = decided.step else {
            panic!()
        };
        waiting.on
    };
    let waiting = on(b"a", b"a");
    assert!(waiting[0].contains(":1.2.0: ") && waiting[1].contains(":v1.2.0: "));
    assert!(
        waiting[1].ends_with("to be confirmed once more"),
        "{waiting:?}"
    );
    let waiting = on(b"a", b"b");
    let differs = "incomplete, it is ";
    assert!(waiting[1].contains(differs), "{waiting:?}");
    assert!(waiting[1].contains("as module-image"), "{waiting:?}");
}

/// An image is awaited together with its attestation, and one that is wrong is refused.
#[test]
fn image_is_not_ready_without_its_attestation() {
    use crate::plan::RequiredAttestation;
    use crate::protocol::{RefusedAttestation, SignatureFault};
    use crate::release::attestations::required::{Attested, AttestedImage};
    let seen = |attested| AwaitState {
        attested: vec![AttestedImage {
            required: RequiredAttestation {
                image: "binary-image".into(),
                predicate: "https://slsa.dev/provenance/v1".into(),
                signer: "https://github.com/kyma-project/test-infra/*"
                    .parse()
                    .unwrap(),
            },
            digest: Digest::of(b"m"),
            attested,
        }],
        ..all_complete()
    };
    let image: ImageRef = example().wanted.binary_image.unwrap();
    let state = |attested| {
        let mark = example().mark(false);
        let seen = seen(attested);
        let named = ("binary-image", &image);
        image_state(&example(), &options(), &mark, &seen, named)
    };
    assert!(matches!(state(Attested::Yes), Ok(ArtifactState::Ready(_))));
    let late = state(Attested::Missing).unwrap();
    let told = told("image x", &late);
    assert_eq!(
        told,
        "image x: unattested, the attestation https://slsa.dev/provenance/v1 of binary-image by \
         https://github.com/kyma-project/test-infra/* is not there yet"
    );
    let fault = RefusedAttestation::new(SignatureFault::OtherSigner, "it is so");
    let refused = state(Attested::Refused(vec![fault]));
    assert_eq!(refused.unwrap_err()[0].code, Code::AttestationOfOtherSigner);
}
