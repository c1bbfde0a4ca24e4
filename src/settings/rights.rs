//! The inputs of `plan` about rights, rules, workflows and images.

use super::input_parser::{Choices, InputParser};
use crate::cli::PlanArgs;
use crate::domain::{ExistingImage, PreflightCheck, ReleaseToken, RepoSlug, RightsOptions};

const CHECKS: [(&str, PreflightCheck); 4] = [
    ("github", PreflightCheck::GitHub),
    ("pull", PreflightCheck::Pull),
    ("push", PreflightCheck::Push),
    ("attest", PreflightCheck::Attest),
];

const EXISTING_IMAGES: [(&str, ExistingImage); 3] = [
    ("ignore", ExistingImage::Ignore),
    ("warn", ExistingImage::Warn),
    ("fail", ExistingImage::Fail),
];

/// What is looked at; `repository` is the one that is released.
pub(super) fn rights(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    repository: Option<&RepoSlug>,
) -> RightsOptions {
    let words = args.preflight.iter();
    let words = words.flat_map(|text| text.split(|c: char| c.is_whitespace() || c == ','));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let checks = words
        .into_iter()
        .filter_map(|word| parser.choice("preflight", Some(word), &Choices::of(&CHECKS)))
        .collect();
    let existing_image = parser.choice(
        "existing-image",
        args.existing_image.as_deref(),
        &Choices::of(&EXISTING_IMAGES),
    );
    let context = parser.environment.context;
    RightsOptions {
        checks,
        existing_image: existing_image.unwrap_or_default(),
        token: if context.uses_own_token() && !args.has_release_token {
            ReleaseToken::OfWorkflowRun
        } else {
            ReleaseToken::Other
        },
        workflow: context
            .workflow_ref
            .as_deref()
            .and_then(|workflow| file_of(workflow, repository?)),
        id_token: context.id_token(),
    }
}

/// `release.yaml` of `owner/name/.github/workflows/release.yaml@refs/heads/main`, if it is of this repository.
fn file_of(workflow: &str, repository: &RepoSlug) -> Option<String> {
    let (path, _) = workflow.split_once('@')?;
    let (slug, file) = path.split_once("/.github/workflows/")?;
    slug.eq_ignore_ascii_case(&repository.to_string())
        .then(|| file.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_of_another_repository_is_none_of_the_release() {
        let of = |workflow: &str| file_of(workflow, &"kyma-project/btp-manager".parse().unwrap());
        assert_eq!(
            of("Kyma-Project/btp-manager/.github/workflows/release.yaml@refs/heads/main")
                .as_deref(),
            Some("release.yaml")
        );
        assert_eq!(
            of("a/b/.github/workflows/release.yaml@refs/heads/main"),
            None
        );
        assert_eq!(of("kyma-project/btp-manager"), None);
    }
}
