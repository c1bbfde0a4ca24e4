//! Parses the arguments of `status`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::input_parser::InputParser;
use super::publish::{legs, required_check};
use super::release_content::{assets, image_inputs};
use super::{PhaseSettings, Prepared, Targets, lines};
use crate::cli::{READ_CONTENTS, StatusArgs, TargetInput, TrustInput};
use crate::domain::{Code, NamedVersion, Permission, TagFormat};
use crate::phases::{
    ExpectedRelease, Legs, Status, StatusForm, StatusJudges, StatusMode, StatusOptions, Verify,
    leg_findings,
};
use crate::plan::{
    Names, NotesSource, OnExisting, ReleasePlan, TagWhen, VersionFrom, Wanted, WantedInputs,
};

const INTERVAL: Duration = Duration::from_secs(10);
/// In place of the commit of a release that is not known yet.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

impl PhaseSettings for StatusArgs {
    fn has(&self, input: &str) -> bool {
        match input {
            "required-checks" => !self.required_checks.is_empty(),
            "builder-checks" => !self.builders.builder_checks.is_empty(),
            "test-legs" => !self.test_legs.is_empty(),
            _ => false,
        }
    }

    fn trust(&self) -> Option<&TrustInput> {
        Some(&self.trust)
    }

    fn target(&self) -> Option<&TargetInput> {
        Some(&self.target)
    }

    fn target_permissions(&self) -> Option<Vec<Permission>> {
        Some(vec![READ_CONTENTS])
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let expected = if self.plan.plan.is_some() {
            planned(parser, self).map(|plan| ExpectedRelease::Plan(Box::new(plan)))
        } else {
            typed(parser, self).map(|wanted| ExpectedRelease::Typed(Box::new(wanted)))
        };
        let legs = legs(&self.test_legs);
        let poll_interval =
            parser.duration("await-interval", self.await_interval.as_deref(), INTERVAL);
        let builders = parser.builders(&self.builders);
        let checks = lines(&self.required_checks)
            .filter_map(|line| required_check(parser, line))
            .collect();
        let component = names_component(self).then_some(&self.artifacts.module.module_name);
        let component = component.and_then(Option::as_ref);
        let component = component.map(|name| parser.parse("module-name", Some(name)));
        let component = match component {
            Some(component) => Some(component?),
            None => None,
        };
        let expected = expected?;
        let (wanted, registries) = match &expected {
            ExpectedRelease::Plan(plan) => (&plan.wanted, registries(plan)),
            ExpectedRelease::Typed(wanted) => {
                let plan = ReleasePlan::complete((**wanted).clone(), None, None);
                (&**wanted, registries(&plan))
            }
        };
        let (repository, tag) = (wanted.repository.clone(), wanted.tag.clone());
        let verified = tag.clone();
        let options = StatusOptions {
            repository: repository.clone(),
            tag,
            version: wanted.version.clone(),
            expected,
            platforms: lines(&self.image_platforms).map(str::to_owned).collect(),
            builders,
            checks,
            legs: match &legs {
                Legs::Named(names) => names.clone(),
                Legs::None | Legs::Count(_) => BTreeSet::new(),
            },
            form: if self.common.json {
                StatusForm::Json
            } else {
                StatusForm::Text
            },
            mode: if self.watch {
                StatusMode::Watch
            } else {
                StatusMode::Once
            },
            poll_interval,
            module_files: reads_modules(self).then(|| self.module_files.files()),
            component,
        };
        let judges = StatusJudges {
            verify: Box::new(move || Box::new(Verify::new(verified.clone()))),
            legs: Box::new(move |checks, verdict| leg_findings(&legs, checks, verdict)),
        };
        Some(Prepared {
            phase: Box::new(Status::new(options, judges)),
            targets: Targets {
                repository,
                registries,
            },
        })
    }
}

/// Whether the repository of all modules is named.
fn reads_modules(args: &StatusArgs) -> bool {
    args.target.target_repository.is_some()
}

/// Whether `module-name` only says whose files are read there: a module image of the release has a registry as well.
fn names_component(args: &StatusArgs) -> bool {
    let no_registry = args.artifacts.module.module_registry.is_none();
    reads_modules(args) && no_registry && args.plan.plan.is_none()
}

/// The hosts of the images.
fn registries(plan: &ReleasePlan) -> BTreeSet<String> {
    let images = plan.images();
    images
        .map(|(_, image)| image.repository().registry().to_owned())
        .collect()
}

/// The plan, of which the version that was typed has to be.
fn planned(parser: &mut InputParser<'_>, args: &StatusArgs) -> Option<ReleasePlan> {
    let plan = parser.plan(&args.plan, &args.common)?;
    if let Some(typed) = &args.release.version {
        let format: Option<TagFormat> =
            parser.parse("tag-format", args.release.tag_format.as_ref());
        let format = format.unwrap_or_else(|| plan.wanted.tag_format.clone());
        let named = NamedVersion::typed(typed, Some(&format));
        let is_same = named.is_ok_and(|named| named.tag == plan.wanted.tag);
        if !is_same && typed.trim() != plan.wanted.tag.as_str() {
            parser.refuse(
                Code::InputsExclusive,
                format!("version is {typed}, and the plan is of {}", plan.wanted.tag),
                "leave `version` out, or give the plan of this version",
            );
            return None;
        }
    }
    let content = &args.artifacts;
    let typed = [
        ("assets", !content.assets.is_empty()),
        ("binary-image", content.binary_image.is_some()),
        ("extra-images", !content.extra_images.is_empty()),
        ("module-name", content.module.module_name.is_some()),
        ("module-registry", content.module.module_registry.is_some()),
        ("module-form", content.module_form.is_some()),
        ("module-tag", content.module_tag.is_some()),
    ];
    for (input, is_given) in typed {
        if is_given {
            parser.refuse(
                Code::InputsExclusive,
                format!("{input} is given beside a plan, which has it"),
                format!("leave `{input}` or `plan` out"),
            );
        }
    }
    Some(plan)
}

/// The release of a version with the artifacts that were typed, which may be none. Its commit and its run are those of the draft.
fn typed(parser: &mut InputParser<'_>, args: &StatusArgs) -> Option<Wanted> {
    let format: Option<TagFormat> = parser.parse("tag-format", args.release.tag_format.as_ref());
    let typed = args.release.version.as_deref().unwrap_or_default();
    let named = parser.take("version", NamedVersion::typed(typed, format.as_ref()));
    let repository = parser.repository(&args.common);
    let mut images = image_inputs(parser, &args.artifacts);
    if names_component(args) {
        images.module.name = None;
    }
    let assets = assets(parser, &args.artifacts);
    let named = named?;
    let all = images.named(Names::of(&named), &mut parser.findings);
    let inputs = WantedInputs {
        repository: repository?,
        commit: NO_COMMIT.parse().ok()?,
        run: String::new(),
        prerelease: None,
        make_latest: None,
        on_existing: OnExisting::Resume,
        replace_published: None,
        notes: NotesSource::Generated,
        assets,
        images,
        tag_when: TagWhen::default(),
        tag_message: None,
        version_from: VersionFrom::default(),
        force: None,
        signing: None,
        require_attestations: vec![],
        referrers: None,
    };
    Some(inputs.of_version(named, all))
}
