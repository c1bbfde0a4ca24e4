//! What is signed about the release as referrers of its images: the evidence, the verdict and the results of the tests.

use std::collections::{BTreeMap, BTreeSet};

use super::{Candidate, Publish, PublishState, candidate};
use crate::domain::{Code, Diagnostic, ImageRepository};
use crate::plan::{ReferrersMode, ReleasePlan};
use crate::protocol::{Action, AfterRefusal, Cause, Reader, ServiceError};
use crate::release::attestations::referrers::{ReferredImage, Tried, images, see};

/// What this process knows of registries that take referrers.
#[derive(Debug, Default)]
pub(super) struct ReferrerPushes {
    tried: Tried,
    /// Whether registries were asked if they let this job push.
    asked: bool,
    /// The repositories that refuse referrers, with what their registries say.
    refused: BTreeMap<ImageRepository, String>,
}

/// What was read of the referrers of the release's images.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenReferrerPushes {
    images: Vec<ReferredImage>,
    refused: BTreeMap<ImageRepository, String>,
}

#[cfg(test)]
impl SeenReferrerPushes {
    pub(super) fn refuse(&mut self, to: ImageRepository, why: String) {
        self.refused.insert(to, why);
    }
}

impl ReferrerPushes {
    pub(super) fn answered(&mut self, action: &Action) {
        if matches!(action, Action::PushBlobs { .. }) {
            self.tried = Tried::Before;
        }
    }

    /// What follows from a push that was refused; only referrers are pushed by this phase.
    pub(super) fn refused(
        &mut self,
        plan: &ReleasePlan,
        to: &ImageRepository,
        refusal: &ServiceError,
    ) -> AfterRefusal {
        match (plan.wanted.referrers, refused_with(refusal)) {
            (Some(ReferrersMode::Prefer), Some(why)) => {
                self.refused.insert(to.clone(), why);
                AfterRefusal::Continue
            }
            (Some(ReferrersMode::Require), Some(why)) => {
                AfterRefusal::Blocked(refused_referrers(ReferrersMode::Require, to, &why))
            }
            _ => AfterRefusal::Stop,
        }
    }
}

impl Publish {
    /// Asks the registries whether this job may push, once in a process: before anything is written, since a release that must have
    /// referrers is not published without.
    pub(super) async fn ask_for_pushes(&mut self, reader: Reader<'_>) -> Result<(), ServiceError> {
        let must = self.plan.wanted.referrers == Some(ReferrersMode::Require);
        if !must || self.referrers.asked {
            return Ok(());
        }
        let images = images(&self.inputs.artifacts);
        let repositories: BTreeSet<_> = images.iter().map(|image| &image.repository).collect();
        for repository in repositories {
            if let Some(why) = reader.registry.push_refusal(repository).await? {
                self.referrers.refused.insert(repository.clone(), why);
            }
        }
        self.referrers.asked = true;
        Ok(())
    }

    /// Reads the referrers that the images have, once everything is signed that becomes one.
    pub(super) async fn see_referrers(
        &mut self,
        reader: Reader<'_>,
        seen: &mut PublishState,
    ) -> Result<(), ServiceError> {
        let Some(mode) = self.plan.wanted.referrers else {
            return Ok(());
        };
        let mut found = Vec::new();
        if let Ok(ours) = candidate(&self.plan, &self.inputs, seen) {
            let signed = ours.signed_statements();
            let images = images(&self.inputs.artifacts).into_iter();
            for image in images.filter(|_| !signed.is_empty()) {
                let pushes = &mut self.referrers;
                if pushes.refused.contains_key(&image.repository) {
                    continue;
                }
                match (mode, see(reader, image, &signed, pushes.tried).await) {
                    (_, Ok(one)) => found.push(one),
                    (ReferrersMode::Prefer, Err(error)) => {
                        let why = refused_with(&error).ok_or(error)?;
                        pushes.refused.insert(image.repository.clone(), why);
                    }
                    (ReferrersMode::Require, Err(error)) => return Err(error),
                }
            }
        }
        seen.signed.referrers = SeenReferrerPushes {
            images: found,
            refused: self.referrers.refused.clone(),
        };
        Ok(())
    }
}

impl Candidate<'_> {
    /// Why a draft whose images must have referrers cannot have them.
    pub(super) fn cannot_refer(&self) -> Vec<Diagnostic> {
        match self.plan.wanted.referrers {
            Some(mode @ ReferrersMode::Require) => self.refused_referrers(mode),
            _ => vec![],
        }
    }

    /// What does not stop a release whose referrers are optional.
    pub(super) fn unreferred(&self) -> Vec<Diagnostic> {
        let found = match self.plan.wanted.referrers {
            Some(mode @ ReferrersMode::Prefer) => self.refused_referrers(mode),
            _ => vec![],
        };
        let warning = |found: Diagnostic| Diagnostic::warning(found.code, found.seen, found.help);
        found.into_iter().map(warning).collect()
    }

    fn refused_referrers(&self, mode: ReferrersMode) -> Vec<Diagnostic> {
        let refused = self.seen.signed.referrers.refused.iter();
        refused
            .map(|(to, why)| refused_referrers(mode, to, why))
            .collect()
    }

    /// What is still to be pushed until the images have their referrers.
    pub(super) fn missing_referrers(&self) -> Vec<Action> {
        let images = self.seen.signed.referrers.images.iter();
        images.flat_map(ReferredImage::missing).collect()
    }
}

/// What a registry says that refuses for good; an answer that is not known is no refusal.
fn refused_with(error: &ServiceError) -> Option<String> {
    match &error.cause {
        Cause::Denied {
            status, message, ..
        }
        | Cause::Refused {
            status, message, ..
        } => Some(format!("{status} {message}")),
        _ => None,
    }
}

fn refused_referrers(mode: ReferrersMode, to: &ImageRepository, why: &str) -> Diagnostic {
    let instead = match mode {
        ReferrersMode::Require => "`referrers: prefer`, which publishes without them",
        ReferrersMode::Prefer => "`referrers: off`",
    };
    Diagnostic::error(
        Code::ReferrerRefused,
        format!("{to} takes no referrers from this job: {why}"),
        format!(
            "let the job that publishes push to {to}: for ghcr.io with `permissions: packages: write`, elsewhere with \
             `registry-username` and `registry-password`, or `registry-config`; or set {instead}"
        ),
    )
}
