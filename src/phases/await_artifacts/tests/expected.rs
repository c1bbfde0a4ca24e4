//! Digests that builders have named.

use super::*;
use crate::release::examples::OTHER;

const IMAGE: &str = "r.example/prod/btp-manager:v1.2.0";

fn expecting(json: &str) -> AwaitOptions {
    AwaitOptions {
        expected: ExpectedDigests::from_json(json, &example()).unwrap(),
        ..options()
    }
}

fn expecting_m() -> AwaitOptions {
    expecting(&format!(r#"{{"{IMAGE}":"{}"}}"#, Digest::of(b"m")))
}

/// The findings of a step.
fn findings(options: &AwaitOptions, seen: &AwaitState) -> Vec<Diagnostic> {
    match decide(&example(), options, &EarlierDigests::new(), seen).step {
        Step::Blocked(findings) => findings,
        other => panic!("{other:?}"),
    }
}

fn refusal(json: &str) -> Vec<Diagnostic> {
    ExpectedDigests::from_json(json, &example()).unwrap_err()
}

#[test]
fn images_are_named_in_several_ways() {
    let digest = Digest::of(b"m");
    let wanted = expecting_m().expected.0["binary-image"].digest;
    assert_eq!(wanted, digest);
    for (key, value) in [
        ("binary-image", digest.to_string()),
        ("r.example/prod/btp-manager", format!(" {digest}\n")),
        (" binary-image ", format!("{IMAGE}@{digest}")),
        (IMAGE, format!("r.example/prod/btp-manager@{digest}")),
    ] {
        let json = serde_json::json!({ key: value }).to_string();
        let expected = ExpectedDigests::from_json(&json, &example()).unwrap();
        assert_eq!(expected.0["binary-image"].digest, digest, "{json}");
        assert_eq!(expected.0.len(), 1, "{json}");
    }
    for nothing in ["", " \n", "{}"] {
        let expected = ExpectedDigests::from_json(nothing, &example()).unwrap();
        assert_eq!(expected, ExpectedDigests::default());
    }
    let both = format!(r#"{{"binary-image":"{digest}","{IMAGE}":"{digest}"}}"#);
    assert_eq!(expecting(&both).expected.0.len(), 1);
}

#[test]
fn a_repository_means_all_of_its_tags() {
    let extra = "r.example/prod/btp-manager:latest";
    let plan = example().with(|wanted| wanted.extra_images = [extra.parse().unwrap()].into());
    let json = format!(r#"{{"r.example/prod/btp-manager":"{}"}}"#, Digest::of(b"m"));
    let expected = ExpectedDigests::from_json(&json, &plan).unwrap();
    let names: Vec<_> = expected.0.keys().map(String::as_str).collect();
    assert_eq!(names, ["binary-image", extra]);
}

#[test]
fn wrong_expectations_are_refused_with_the_readers_values() {
    let (m, n) = (Digest::of(b"m"), Digest::of(b"n"));
    let table = [
        (
            "nonsense".into(),
            Code::ExpectedDigestsUnreadable,
            "nonsense",
        ),
        ("[]".into(), Code::ExpectedDigestsUnreadable, "[]"),
        (
            r#"{"a":1}"#.into(),
            Code::ExpectedDigestsUnreadable,
            r#"{\"a\":1}"#,
        ),
        (
            format!(r#"{{"{IMAGE}":"{}"}}"#, " ".repeat(70_000)),
            Code::ExpectedDigestsUnreadable,
            "more than 65536 bytes",
        ),
        (
            format!(r#"{{"r.example/prod/keda":"{m}"}}"#),
            Code::ExpectedImageUnknown,
            "r.example/prod/keda",
        ),
        (
            format!(r#"{{"r.example/prod/btp-manager:v1.1.0":"{m}"}}"#),
            Code::ExpectedImageUnknown,
            "btp-manager:v1.1.0",
        ),
        (
            format!(r#"{{"template.yaml":"{m}"}}"#),
            Code::ExpectedImageUnknown,
            "template.yaml",
        ),
        (
            format!(r#"{{"{IMAGE}":"sha256:12"}}"#),
            Code::ExpectedDigestInvalid,
            "\"sha256:12\"",
        ),
        (
            format!(r#"{{"{IMAGE}":"r.example/prod/keda@{m}"}}"#),
            Code::ExpectedDigestInvalid,
            "another image",
        ),
        (
            format!(r#"{{"{IMAGE}":"r.example/prod/btp-manager:v1.1.0@{m}"}}"#),
            Code::ExpectedDigestInvalid,
            "another image",
        ),
        (
            format!(r#"{{"{IMAGE}":""}}"#),
            Code::ExpectedDigestInvalid,
            "skipped",
        ),
        (
            format!(r#"{{"{IMAGE}":null}}"#),
            Code::ExpectedDigestInvalid,
            "skipped",
        ),
        (
            format!(r#"{{"{IMAGE}":"{m}","binary-image":"{n}"}}"#),
            Code::ExpectedDigestInvalid,
            "two digests",
        ),
        (
            format!(r#"{{"{IMAGE}":"{m}","{IMAGE}":"{n}"}}"#),
            Code::ExpectedDigestInvalid,
            "two digests",
        ),
    ];
    for (json, code, told) in table {
        let findings = refusal(&json);
        assert_eq!(findings.len(), 1, "{json}: {findings:?}");
        assert_eq!(findings[0].code, code, "{json}");
        assert!(findings[0].seen.contains(told), "{}", findings[0].seen);
    }
    let unknown = refusal(r#"{"keda":"","docker.io/keda":"sha256:"}"#);
    assert_eq!(unknown.len(), 2, "all are told together: {unknown:?}");
    assert!(unknown[0].help.contains(&format!("{IMAGE} (binary-image)")));
    let empty = refusal(&format!(r#"{{"{IMAGE}":""}}"#));
    assert!(empty[0].help.contains("{}"), "{}", empty[0].help);
}

#[test]
fn another_digest_than_the_builders_is_refused_at_once() {
    let (m, n) = (Digest::of(b"m"), Digest::of(b"n"));
    let moved = [
        image(b"n", Contents::default()),
        ImageState::Incomplete {
            digest: n,
            why: "it has no linux/arm64".into(),
        },
    ];
    for image in moved {
        let found = findings(&expecting_m(), &state(vec![], image));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code, Code::ImageUnexpected);
        assert_eq!(found[0].seen, format!("{IMAGE} is {n}"));
        let wanted = format!("{m}, as expected-digests says for {IMAGE}");
        assert_eq!(found[0].wanted.as_deref(), Some(wanted.as_str()));
        assert!(
            found[0].help.contains("build it again"),
            "{}",
            found[0].help
        );
    }
    let index = Contents {
        listed: vec![Digest::of(b"other"), m],
        ..Contents::default()
    };
    let found = findings(&expecting_m(), &state(vec![], image(b"n", index)));
    assert_eq!(found[0].code, Code::ImageUnexpected);
    assert!(
        found[0].help.contains("one platform in the index"),
        "{}",
        found[0].help
    );
}

#[test]
fn an_expected_image_that_is_not_there_yet_is_awaited() {
    let absent = state(assets(), ImageState::Absent);
    let on = lines_with(&expecting_m(), &[absent]);
    assert!(on.contains(&format!("image {IMAGE}: absent")), "{on:?}");
    let done = lines_with(&expecting_m(), &[all_complete(), all_complete()]);
    assert_eq!(done, ["all 3 artifacts of v1.2.0 are ready"]);
}

#[test]
fn an_expected_image_is_ready_whatever_its_labels_unless_they_name_another_commit() {
    let ready = "all 3 artifacts of v1.2.0 are ready";
    let labels = |revision: &str, source: &str| {
        labelled(&format!(
            r#"{{"org.opencontainers.image.version":"8.9","org.opencontainers.image.revision":"{revision}","org.opencontainers.image.source":"{source}"}}"#
        ))
    };
    let ours = "https://github.com/kyma-project/btp-manager";
    let commit = example().wanted.commit;
    for contents in [
        labels(commit.as_str(), ours),
        labels("", ours),
        // Inherited from the base image.
        labels(OTHER, "https://github.com/example/base"),
    ] {
        let mark = Mark {
            leftovers: [Digest::of(b"m")].into(),
            ..example().mark(false)
        };
        let seen = || {
            let mut seen = state(assets(), image(b"m", contents.clone()));
            seen.release.releases[0].body = mark.put("");
            seen
        };
        let unexpected = lines(&[seen(), seen()]);
        assert!(unexpected[0].contains("stale"), "{unexpected:?}");
        assert_eq!(lines_with(&expecting_m(), &[seen(), seen()]), [ready]);
    }
    for source in [ours, ""] {
        let seen = state(assets(), image(b"m", labels(OTHER, source)));
        let found = findings(&expecting_m(), &seen);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].code, Code::ImageOfAnotherBuild);
        assert!(found[0].seen.contains(&format!("its revision is {OTHER}")));
        assert!(found[0].help.contains(commit.as_str()), "{}", found[0].help);
    }
}

#[test]
fn artifacts_say_that_an_image_was_expected() {
    let options = expecting_m();
    let mut earlier = EarlierDigests::new();
    for seen in [all_complete(), all_complete()] {
        let decided = decide(&example(), &options, &earlier, &seen);
        earlier = decided.digests;
        if let Step::Done(report) = decided.step {
            let artifacts = Artifacts::from_json(&report.outputs[0].value).unwrap();
            let Artifact::Image { expected, .. } = &artifacts.0["binary-image"] else {
                panic!("no image")
            };
            assert!(expected);
            return;
        }
    }
    panic!("not done");
}
