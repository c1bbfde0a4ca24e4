//! What may keep a release from being made, seen before anything is written: rights of the token, rules for tags, the repository's
//! workflows, and the registry.
//!
//! What GitHub does not tell beforehand is not guessed: whether another job's token may write, and whether a tag's name is reserved.

mod images;
mod remedies;
mod tag_rules;
#[cfg(test)]
mod tests;
mod workflow_files;

use serde_json::{Map, Value};

pub(crate) use remedies::with_yaml;
pub use remedies::{MISCONFIGURATIONS, Misconfiguration};
pub(crate) use tag_rules::refused_tag;

use crate::domain::{Code, Diagnostic, ExistingImage, IdToken, PreflightCheck, RightsOptions};
use crate::plan::{ReleasePlan, Wanted};
use crate::protocol::{Reader, SeenRepository, SeenTagRuleset, SeenWorkflows, ServiceError};
use images::SeenImage;
use tag_rules::TagRules;

/// How far the release is, which decides what is worth a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReleaseProgress {
    /// Nothing of the release exists that is continued.
    pub(crate) begins: bool,
    pub(crate) has_tag: bool,
}

/// What was seen, as far as the options ask for it.
#[derive(Debug, Default)]
pub(crate) struct SeenRights {
    progress: ReleaseProgress,
    may_push: Option<bool>,
    /// `None` where nothing was asked of GitHub.
    github: Option<GitHubRights>,
    images: Vec<SeenImage>,
}

#[derive(Debug, Default)]
struct GitHubRights {
    /// `None` where they cannot be read.
    rulesets: Option<Vec<SeenTagRuleset>>,
    workflows: SeenWorkflows,
    immutable: Option<bool>,
}

impl SeenRights {
    pub(crate) async fn see(
        reader: Reader<'_>,
        options: &RightsOptions,
        wanted: &Wanted,
        repository: &SeenRepository,
        progress: ReleaseProgress,
    ) -> Result<Self, ServiceError> {
        let mut rights = Self {
            progress,
            may_push: repository.may_push,
            ..Self::default()
        };
        if options.has(PreflightCheck::GitHub) {
            let github = reader.github;
            let branch = &repository.default_branch;
            rights.github = Some(GitHubRights {
                rulesets: if progress.has_tag {
                    Some(Vec::new())
                } else {
                    github.tag_rulesets().await?
                },
                workflows: github.workflows(&wanted.commit, branch).await?,
                immutable: github.immutable_releases().await?,
            });
        }
        let asks_registry = options.has(PreflightCheck::Pull)
            || options.has(PreflightCheck::Push)
            || progress.begins && options.existing_image != ExistingImage::Ignore;
        if asks_registry {
            let plan = ReleasePlan::complete(wanted.clone(), None, None);
            for (_, image) in plan.images() {
                let begins = progress.begins;
                let seen = SeenImage::see(reader.registry, options, image, begins).await?;
                rights.images.push(seen);
            }
        }
        Ok(rights)
    }

    /// Everything that is wrong: errors where the release could not be made, and warnings.
    pub(crate) fn findings(&self, options: &RightsOptions, wanted: &Wanted) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        if let Some(github) = &self.github {
            let rules = tag_rules::rules_for(github.rulesets.as_deref(), wanted);
            findings.extend(tag_rules::finding(&rules, wanted, options.token));
            findings.extend(workflow_files::findings(&github.workflows, options, wanted));
        }
        let existing = options.existing_image;
        for image in &self.images {
            let found = image.findings(existing, self.progress.begins, wanted);
            // Tags of one repository have the same rights.
            for one in found {
                if !findings.contains(&one) {
                    findings.push(one);
                }
            }
        }
        if options.has(PreflightCheck::Attest) && options.id_token == IdToken::Missing {
            let help = "give these permissions to the job that attests, and to the one that plans, which only looks:";
            findings.push(Diagnostic::error(
                Code::IdTokenMissing,
                "the job may not ask GitHub for an identity token, which attesting takes",
                with_yaml(Code::IdTokenMissing, help),
            ));
        }
        findings
    }

    /// What is known, as JSON: one word for each thing that was asked about. `None` where nothing was asked.
    pub(crate) fn told(&self, options: &RightsOptions, wanted: &Wanted) -> Option<String> {
        if options.checks.is_empty() {
            return None;
        }
        let mut told = Map::new();
        let mut tell = |name: &str, word: &str| told.insert(name.to_owned(), Value::from(word));
        let known = |known: Option<bool>, (yes, no): (&'static str, &'static str)| match known {
            Some(true) => yes,
            Some(false) => no,
            None => "unknown",
        };
        tell("contents", known(self.may_push, ("write", "read")));
        if let Some(github) = &self.github {
            let (rules, _) = tag_rules::rules_for(github.rulesets.as_deref(), wanted);
            tell(
                "tag-creation",
                match rules {
                    TagRules::Allow => "allowed",
                    TagRules::Restrict => "restricted",
                    TagRules::Unknown => "unknown",
                },
            );
            tell("immutable-releases", known(github.immutable, ("on", "off")));
            let same = Some(github.workflows.as_on_default_branch);
            tell("workflows", known(same, ("same", "differ")));
        }
        if options.has(PreflightCheck::Pull) && !self.images.is_empty() {
            let all = |fits: &dyn Fn(&SeenImage) -> bool| Some(self.images.iter().all(fits));
            let pulled = all(&|image| !matches!(image.pulled, Some(Err(_))));
            tell("pull", known(pulled, ("allowed", "denied")));
            let public = all(&|image| image.is_public == Some(true));
            tell("anonymous-pull", known(public, ("allowed", "denied")));
        }
        if options.has(PreflightCheck::Push) && !self.images.is_empty() {
            let pushed = self.images.iter().all(|image| image.push_refusal.is_none());
            tell("push", known(Some(pushed), ("allowed", "denied")));
        }
        if options.has(PreflightCheck::Attest) {
            let id_token = match options.id_token {
                IdToken::Granted => "write",
                IdToken::Missing => "none",
                IdToken::Unknown => "unknown",
            };
            tell("id-token", id_token);
        }
        Some(Value::Object(told).to_string())
    }
}
