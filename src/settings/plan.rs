//! Parses the arguments of `plan`, which define the whole release.

use std::path::PathBuf;

use super::input_parser::{Choices, InputParser};
use super::notes::notes;
use super::policy::{bounded, existing_branch, reason, version_rules};
use super::release_content::{assets, image_inputs};
use super::rights::rights;
use super::signing::{referrers, required_attestations, signing};
use super::version_from::{VersionInput, version_from};
use super::{PhaseSettings, Prepared, lines};
use crate::cli::PlanArgs;
use crate::domain::{Code, NamedVersion};
use crate::phases::{NextInputs, Plan, PlanNext, PlanOptions};
use crate::plan::{Names, OnExisting, TagWhen, VersionFrom, WantedInputs};

impl PhaseSettings for PlanArgs {
    fn has(&self, input: &str) -> bool {
        match input {
            "notes" => !self.notes.is_empty(),
            "validate-labels" => self.validate_labels,
            "milestone" => self.milestone.is_some(),
            "feature-labels" => !self.rules.feature_labels.is_empty(),
            _ => false,
        }
    }

    fn plan_file(&self, parser: &mut InputParser<'_>) -> Option<PathBuf> {
        match parser.environment.context.runner {
            Some(_) => parser.path("output", self.output.as_ref()),
            // A person may keep it anywhere.
            None => self.output.as_ref().map(PathBuf::from),
        }
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let image_inputs = image_inputs(parser, &self.artifacts);
        let (version_from, version) = version_from(parser, self, &image_inputs);
        // Before the version is known, and without one, images are checked with an example of it.
        let example = match &version {
            Some(VersionInput::Known(release)) => Some(release.clone()),
            Some(VersionInput::Unknown(unknown)) => unknown.example(),
            None => example_version(),
        };
        let is_unknown = matches!(version, Some(VersionInput::Unknown(_)));
        let names = example.as_ref().map(Names::of);
        let repository = parser.repository(&self.common);
        let commit = parser.commit(self.commit.as_ref());
        let images = names.map(|names| image_inputs.named(names, &mut parser.findings));
        let on_existing = on_existing(parser, self);
        let tag_when = tag_when(parser, "tag-when", self.tag_when.as_deref()).unwrap_or_default();
        check_tag_when(parser, version_from, tag_when);
        let tag_message = tag_message(parser, self);
        let assets = assets(parser, &self.artifacts);
        let prerelease = parser.auto("prerelease", self.prerelease.as_deref());
        let make_latest = parser.auto("make-latest", self.make_latest.as_deref());
        let previous_tag = parser.parse("previous-tag", self.previous_tag.as_ref());
        let notes = notes(parser, self, names.filter(|_| !is_unknown));
        let policy = version_rules(parser, &self.rules);
        let guard_branch = existing_branch(parser, "guard-branch", self.guard_branch.as_deref());
        let force = reason(parser, "force", self.force.as_deref());
        let replace_published = reason(
            parser,
            "replace-published",
            self.replace_published.as_deref(),
        );
        let rights = rights(parser, self, repository.as_ref());
        let signing = signing(parser, self);
        let referrers = referrers(parser, self, signing.as_ref());
        let require_attestations = required_attestations(parser, self);
        let images = images?;
        let version = version?;
        let repository = repository?;
        let mut notes = notes?;
        notes.changes.page = parser.repository_url(&repository);
        notes.changes.feature_labels = lines(&self.rules.feature_labels)
            .map(str::to_owned)
            .collect();
        let inputs = WantedInputs {
            repository: repository.clone(),
            commit: commit?,
            run: parser.run_id(),
            prerelease,
            make_latest,
            on_existing,
            replace_published,
            notes: notes.source,
            assets,
            images: image_inputs,
            tag_when,
            tag_message,
            version_from,
            force,
            signing,
            require_attestations,
            referrers,
        };
        let all_images: Vec<_> = images.all().cloned().collect();
        let changes = notes.changes;
        let options = move |wanted| PlanOptions {
            wanted,
            previous_tag: previous_tag.clone(),
            guard_branch: guard_branch.clone(),
            changes: changes.clone(),
            policy: policy.clone(),
            rights: rights.clone(),
        };
        Some(match version {
            VersionInput::Known(release) => {
                let wanted = inputs.of_version(release, images);
                Prepared::with_images(repository, &all_images, Plan::new(options(wanted)))
            }
            VersionInput::Unknown(unknown) => {
                let inputs = NextInputs {
                    unknown,
                    wanted: inputs,
                    notes_file: notes.file,
                    options: Box::new(options),
                };
                Prepared::with_images(repository, &all_images, PlanNext::new(inputs))
            }
        })
    }
}

fn on_existing(parser: &mut InputParser<'_>, args: &PlanArgs) -> OnExisting {
    let on_existing = parser
        .parse("on-existing", args.on_existing.as_ref())
        .unwrap_or_default();
    if args.replace_published.is_some() && on_existing != OnExisting::Replace {
        parser.missing(
            "on-existing",
            "a reason for replacing a published release (`replace-published`) needs `on-existing: replace`",
        );
    }
    on_existing
}

pub(super) fn tag_when(
    parser: &mut InputParser<'_>,
    input: &str,
    text: Option<&str>,
) -> Option<TagWhen> {
    let words = [("draft", TagWhen::Draft), ("publish", TagWhen::Publish)];
    parser.choice(input, text, &Choices::of(&words))
}

pub(super) fn example_version() -> Option<NamedVersion> {
    NamedVersion::typed("v0.0.0", None).ok()
}

/// That the time at which the tag is created is not asked for where the release is of a tag that exists.
fn check_tag_when(parser: &mut InputParser<'_>, version_from: VersionFrom, tag_when: TagWhen) {
    if (version_from, tag_when) == (VersionFrom::Ref, TagWhen::Publish) {
        parser.refuse(
            Code::InputsExclusive,
            "version-from is ref, which is for a tag that exists, and tag-when is publish".into(),
            "leave `tag-when` out",
        );
    }
}

/// The most characters of the message of a tag, which the plan has as well.
const MOST_OF_TAG_MESSAGE: usize = 10_000;

/// The message of an annotated tag.
fn tag_message(parser: &mut InputParser<'_>, args: &PlanArgs) -> Option<String> {
    let words = [("lightweight", false), ("annotated", true)];
    let kind = parser.choice("tag-type", args.tag_type.as_deref(), &Choices::of(&words));
    if kind == Some(true) {
        let typed = args.tag_message.as_deref();
        let message = typed.filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or("{tag}");
        return bounded(parser, "tag-message", message, MOST_OF_TAG_MESSAGE);
    }
    if args.tag_message.is_some() {
        parser.missing(
            "tag-type",
            "only an annotated tag has a message: set `tag-type: annotated`, or leave `tag-message` out",
        );
    }
    None
}
