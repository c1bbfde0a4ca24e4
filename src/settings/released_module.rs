//! The inputs of `propose` for a released version of a module: its submission, and its promotion to a channel.

use super::input_parser::InputParser;
use super::lines;
use super::proposed_release::ProposedRelease;
use crate::cli::{ModuleFilesInput, ProposeArgs};
use crate::domain::{ChannelName, Code, ComponentName, ModuleFiles};
use crate::phases::{LocalChange, ModuleGoal, ReleasedModule, Verify};
use crate::plan::ProposalKind;

impl ModuleFilesInput {
    /// The paths, still without module and version.
    pub(super) fn files(&self) -> ModuleFiles {
        let (submission, releases) = (&self.submission_file, &self.releases_file);
        ModuleFiles::new(submission.as_deref(), releases.as_deref())
    }
}

/// What a submission or a promotion is of.
pub(super) fn released_module(
    parser: &mut InputParser<'_>,
    args: &ProposeArgs,
    kind: ProposalKind,
    release: &ProposedRelease,
    files: &[LocalChange],
) -> Option<ReleasedModule> {
    refuse_given(parser, kind, "set", lines(&args.set).next().is_some());
    for (input, is_given) in args.scanned.given() {
        refuse_given(parser, kind, input, is_given);
    }
    let name = component_name(parser, args, release);
    let registry = args.module.module_registry.as_ref();
    let registry = registry.map(|registry| parser.parse("module-registry", Some(registry)));
    let config = args.module_config.as_ref();
    let config = config.map(|config| parser.path("module-config", Some(config)));
    let name = name?;
    let paths = args.module_files.files();
    let file = paths.submission(&name, (&release.version, &release.tag));
    let file = parser.take("submission-file", file);
    let goal = match kind {
        ProposalKind::Promotion => {
            refuse_given(parser, kind, "files", lines(&args.files).next().is_some());
            if args.channel.is_none() {
                parser.missing(
                    "channel",
                    "name the channel that is to have the version, such as fast",
                );
            }
            let channel: Option<ChannelName> = parser.parse("channel", args.channel.as_ref());
            let releases = parser.take("releases-file", paths.releases(&name));
            let channel = channel?;
            ModuleGoal::InChannel {
                after: channels_before(parser, &args.channel_order, &channel)?,
                channel,
                releases: releases?,
                submission: file?,
                config: match config {
                    Some(config) => Some(config?),
                    None => None,
                },
            }
        }
        ProposalKind::Submission | ProposalKind::Bump => {
            refuse_given(parser, kind, "channel", args.channel.is_some());
            let has_order = lines(&args.channel_order).next().is_some();
            refuse_given(parser, kind, "channel-order", has_order);
            refuse_given(
                parser,
                kind,
                "releases-file",
                args.module_files.releases_file.is_some(),
            );
            match (config, lines(&args.files).next().is_none()) {
                (Some(_), false) => {
                    parser.refuse(
                        Code::InputsExclusive,
                        "module-config and files are given, and each is a submission of its own"
                            .into(),
                        "leave one of `module-config` and `files` out",
                    );
                    return None;
                }
                (None, true) => {
                    parser.missing("module-config", "give the path of the module's configuration, from which the submission takes all but version and tag; or, in `files`, assets of the release and where they are to be");
                    return None;
                }
                (None, false) => ModuleGoal::Copied(files.to_vec()),
                (Some(config), true) => ModuleGoal::Submitted {
                    config: config?,
                    file: file?,
                },
            }
        }
    };
    let tag = release.tag.clone();
    Some(ReleasedModule {
        name,
        version: release.version.clone(),
        tag: tag.clone(),
        registry: match registry {
            Some(registry) => Some(registry?),
            None => None,
        },
        goal,
        published: Box::new(move || Box::new(Verify::new(tag.clone()))),
    })
}

/// The component, as it was typed or as the plan has it.
fn component_name(
    parser: &mut InputParser<'_>,
    args: &ProposeArgs,
    release: &ProposedRelease,
) -> Option<ComponentName> {
    let typed = args.module.module_name.as_ref();
    let typed = typed.map(|name| parser.parse::<ComponentName, _>("module-name", Some(name)));
    match (typed, &release.component) {
        (Some(typed), Some(planned)) if typed.as_ref().is_some_and(|typed| typed != planned) => {
            parser.refuse(
                Code::InputsExclusive,
                format!(
                    "module-name is another one than the plan's, which is {}",
                    planned.as_str()
                ),
                "leave `module-name` out, or give the plan of this module",
            );
            None
        }
        (Some(typed), _) => typed,
        (None, Some(planned)) => Some(planned.clone()),
        (None, None) => {
            let help = "the component is no part of a plan here: give its name, such as kyma-project.io/module/btp-operator";
            parser.missing("module-name", help);
            None
        }
    }
}

/// The channels that get the version before this one. An order without this channel would say nothing, and may be a misspelling.
fn channels_before(
    parser: &mut InputParser<'_>,
    order: &[String],
    channel: &ChannelName,
) -> Option<Vec<ChannelName>> {
    let words = lines(order).flat_map(|line| line.split([',', ' ']));
    let words = words.filter(|word| !word.is_empty());
    let order: Option<Vec<ChannelName>> = words
        .map(|word| parser.take("channel-order", word.parse::<ChannelName>()))
        .collect();
    let mut order = order?;
    match order.iter().position(|listed| listed == channel) {
        Some(at) => order.truncate(at),
        None if order.is_empty() => {}
        None => {
            parser.refuse(
                Code::InputsExclusive,
                format!("the channel {channel} is not in channel-order"),
                format!("write {channel} in `channel-order`, behind the channels that it follows"),
            );
            return None;
        }
    }
    Some(order)
}

/// Refuses what only a submission or a promotion takes.
pub(super) fn only_for_modules(parser: &mut InputParser<'_>, args: &ProposeArgs) {
    for (input, is_given) in [
        ("module-name", args.module.module_name.is_some()),
        ("module-registry", args.module.module_registry.is_some()),
        ("module-config", args.module_config.is_some()),
        ("channel", args.channel.is_some()),
        ("channel-order", lines(&args.channel_order).next().is_some()),
        (
            "submission-file",
            args.module_files.submission_file.is_some(),
        ),
        ("releases-file", args.module_files.releases_file.is_some()),
    ] {
        refuse_given(parser, ProposalKind::Bump, input, is_given);
    }
}

fn refuse_given(parser: &mut InputParser<'_>, kind: ProposalKind, input: &str, is_given: bool) {
    if is_given {
        parser.refuse(
            Code::InputsExclusive,
            format!("{input} is given, and a {kind} has no use for it"),
            format!("leave `{input}` out, or give another `kind`"),
        );
    }
}
