//! What is found wrong with images, and how all of it is told.

use super::*;
use crate::domain::{Digest, ReleaseToken};
use crate::plan::tests::example_wanted;
use crate::protocol::SeenManifest;

fn image(pulled: Option<Result<bool, String>>) -> SeenImage {
    let manifest = SeenManifest {
        digest: Digest::of(b"image"),
        media_type: String::new(),
        size: None,
    };
    SeenImage {
        image: example_wanted().binary_image.unwrap(),
        pulled: pulled.map(|pulled| pulled.map(|is_there| is_there.then_some(manifest))),
        unchecked: None,
        is_public: None,
        push_refusal: None,
    }
}

fn rights(image: SeenImage, begins: bool) -> SeenRights {
    SeenRights {
        progress: ReleaseProgress {
            begins,
            has_tag: false,
        },
        images: vec![image.clone(), image],
        ..SeenRights::default()
    }
}

#[test]
fn image_that_is_there_is_refused_only_when_a_release_begins() {
    let of = |existing_image, is_there, begins| {
        let options = RightsOptions {
            existing_image,
            ..RightsOptions::default()
        };
        let rights = rights(image(Some(Ok(is_there))), begins);
        let findings = rights.findings(&options, &example_wanted());
        let told = |one: &Diagnostic| (one.code.as_str(), one.is_error());
        findings.iter().map(told).collect::<Vec<_>>()
    };
    let none = [("", true); 0];
    assert_eq!(
        of(ExistingImage::Fail, true, true),
        [("image-exists", true)]
    );
    assert_eq!(
        of(ExistingImage::Warn, true, true),
        [("image-exists", false)]
    );
    assert_eq!(of(ExistingImage::Ignore, true, true), none);
    assert_eq!(of(ExistingImage::Fail, true, false), none);
    assert_eq!(of(ExistingImage::Fail, false, true), none);
}

#[test]
fn denied_images_are_errors_and_private_ones_warnings() {
    let options = RightsOptions::default();
    let of = |image| {
        let findings = rights(image, true).findings(&options, &example_wanted());
        let told = |one: &Diagnostic| (one.code.as_str(), one.is_error());
        findings.iter().map(told).collect::<Vec<_>>()
    };
    let denied = [("registry-denied", true)];
    assert_eq!(of(image(Some(Err("no".into())))), denied);
    let no_push = SeenImage {
        push_refusal: Some("no".into()),
        ..image(None)
    };
    assert_eq!(of(no_push), denied);
    let private = SeenImage {
        is_public: Some(false),
        ..image(Some(Ok(true)))
    };
    assert_eq!(of(private), [("image-private", false)]);
}

#[test]
fn missing_identity_token_is_refused_only_where_it_is_asked_for() {
    let of = |checks: &[PreflightCheck], id_token| {
        let options = RightsOptions {
            checks: checks.to_vec(),
            id_token,
            ..RightsOptions::default()
        };
        let findings = SeenRights::default().findings(&options, &example_wanted());
        findings
            .iter()
            .any(|one| one.code == Code::IdTokenMissing && one.is_error())
    };
    assert!(of(&[PreflightCheck::Attest], IdToken::Missing));
    assert!(!of(&[PreflightCheck::Attest], IdToken::Granted));
    assert!(!of(&[PreflightCheck::Attest], IdToken::Unknown));
    assert!(!of(&[], IdToken::Missing));
}

#[test]
fn everything_that_was_asked_is_told() {
    use PreflightCheck::{Attest, GitHub, Pull, Push};
    let mut options = RightsOptions {
        checks: vec![GitHub, Pull, Push, Attest],
        token: ReleaseToken::OfWorkflowRun,
        id_token: IdToken::Granted,
        ..RightsOptions::default()
    };
    let rights = SeenRights {
        may_push: Some(true),
        github: Some(GitHubRights {
            rulesets: Some(vec![]),
            immutable: None,
            ..GitHubRights::default()
        }),
        ..rights(image(Some(Ok(false))), true)
    };
    assert_eq!(
        rights.told(&options, &example_wanted()).unwrap(),
        r#"{"anonymous-pull":"denied","contents":"write","id-token":"write","immutable-releases":"unknown","pull":"allowed","push":"allowed","tag-creation":"allowed","workflows":"differ"}"#
    );
    options.checks.clear();
    assert_eq!(rights.told(&options, &example_wanted()), None);
}

#[test]
fn every_misconfiguration_has_a_code_of_its_own() {
    let mut codes: Vec<_> = MISCONFIGURATIONS
        .iter()
        .map(|one| one.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), MISCONFIGURATIONS.len());
}
