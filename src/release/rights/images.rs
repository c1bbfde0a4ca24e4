//! What the registry tells of the images before the release begins.

use super::remedies::with_yaml;
use crate::domain::{Code, Diagnostic, ExistingImage, ImageRef, PreflightCheck, RightsOptions};
use crate::plan::Wanted;
use crate::protocol::{Cause, RegistryReader, SeenManifest, ServiceError};

/// An image of the plan, as far as it was asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SeenImage {
    pub(super) image: ImageRef,
    /// What its tag resolves to, or why these credentials may not know.
    pub(super) pulled: Option<Result<Option<SeenManifest>, String>>,
    /// Why it is not known whether the image is there, where that is only to be warned of.
    pub(super) unchecked: Option<String>,
    pub(super) is_public: Option<bool>,
    pub(super) push_refusal: Option<String>,
}

impl SeenImage {
    pub(super) async fn see(
        registry: &dyn RegistryReader,
        options: &RightsOptions,
        image: ImageRef,
        begins: bool,
    ) -> Result<Self, ServiceError> {
        let pulls = options.has(PreflightCheck::Pull);
        let mut seen = Self {
            image,
            pulled: None,
            unchecked: None,
            is_public: None,
            push_refusal: None,
        };
        if pulls || begins && options.existing_image != ExistingImage::Ignore {
            match registry.resolve(&seen.image).await {
                Err(error) if !pulls && options.existing_image == ExistingImage::Warn => {
                    seen.unchecked = Some(error.cause.to_string());
                }
                Err(ServiceError {
                    cause: Cause::Denied { message, .. },
                    ..
                }) => seen.pulled = Some(Err(message)),
                answered => seen.pulled = Some(Ok(answered?)),
            }
        }
        if pulls && matches!(seen.pulled, Some(Ok(_))) {
            seen.is_public = Some(registry.anyone_may_pull(&seen.image).await?);
        }
        if options.has(PreflightCheck::Push) {
            seen.push_refusal = registry.push_refusal(seen.image.repository()).await?;
        }
        Ok(seen)
    }

    pub(super) fn findings(
        &self,
        existing: ExistingImage,
        begins: bool,
        wanted: &Wanted,
    ) -> Vec<Diagnostic> {
        let image = &self.image;
        let mut findings = Vec::new();
        match &self.pulled {
            Some(Err(message)) => findings.push(denied(format!(
                "{} cannot be pulled: {message}",
                image.repository()
            ))),
            Some(Ok(Some(manifest))) if begins => {
                let seen = format!("{image} is there already, as {}", manifest.digest);
                let help = format!(
                    "release another version, such as {}, or delete the image if it is a mistake; its builder would replace it",
                    wanted.next_version()
                );
                match existing {
                    ExistingImage::Ignore => {}
                    ExistingImage::Warn => {
                        findings.push(Diagnostic::warning(Code::ImageExists, seen, help));
                    }
                    ExistingImage::Fail => {
                        findings.push(Diagnostic::error(Code::ImageExists, seen, help));
                    }
                }
            }
            _ => {}
        }
        if let Some(why) = &self.unchecked {
            findings.push(Diagnostic::warning(
                Code::ImageUnchecked,
                format!("whether {image} is there already is not known: {why}"),
                "look for it yourself if that matters, or set `existing-image: fail`, which goes on only where the registry answers",
            ));
        }
        if let Some(message) = &self.push_refusal {
            findings.push(denied(format!(
                "{} cannot be pushed to: {message}",
                image.repository()
            )));
        }
        if self.is_public == Some(false) {
            findings.push(private(image));
        }
        findings
    }
}

fn denied(seen: String) -> Diagnostic {
    let help = "for ghcr.io give the job this permission, and add the repository under *Manage Actions access* of the package; for another registry give `registry-username` and `registry-password`:";
    Diagnostic::error(
        Code::RegistryDenied,
        seen,
        with_yaml(Code::RegistryDenied, help),
    )
}

/// New packages are private
/// (<https://docs.github.com/en/packages/learn-github-packages/configuring-a-packages-access-control-and-visibility>), and their visibility
/// is no part of any API.
fn private(image: &ImageRef) -> Diagnostic {
    let repository = image.repository();
    Diagnostic::warning(
        Code::ImagePrivate,
        format!(
            "{repository} cannot be pulled without credentials: it is private, or does not exist yet"
        ),
        "once it was pushed, make it public (on GitHub: Package settings, Change visibility; a new package is private), or give every cluster a secret to pull with",
    )
}
