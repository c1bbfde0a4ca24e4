//! Parses the arguments of `propose`.

use ocm_module::yaml::YamlEdit;

use super::input_parser::{Choices, InputParser};
use super::proposed_release::{ProposedRelease, proposed_release};
use super::released_module::{only_for_modules, released_module};
use super::scanned_files::scanned_files;
use super::{PhaseSettings, Prepared, Targets, lines};
use crate::cli::{ProposeArgs, TargetInput, TrustInput};
use crate::domain::{BranchName, ChannelName, Code, Diagnostic, RepoSlug, RepositoryPath};
use crate::phases::{
    LocalChange, MergeGuard, MergeMode, ModuleGoal, Propose, ProposeOptions, ReleasedModule,
    ScalarChange,
};
use crate::plan::ProposalKind;

const MERGES: [(&str, MergeMode); 4] = [
    ("none", MergeMode::None),
    ("wait", MergeMode::Wait),
    ("squash", MergeMode::Squash),
    ("auto", MergeMode::Auto),
];
/// The most files of a proposal: each is a request of its own, and a reviewer reads them.
const MOST_FILES: usize = 100;
/// GitHub takes no longer title.
const LONGEST_TITLE: usize = 256;
/// GitHub takes 65,536 characters, with our mark.
const LONGEST_BODY: usize = 60_000;

/// The word of `guard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GuardRule {
    OnlyOurs,
    Anything,
}

const GUARDS: [(&str, GuardRule); 2] = [
    ("only-ours", GuardRule::OnlyOurs),
    ("anything", GuardRule::Anything),
];

impl PhaseSettings for ProposeArgs {
    fn has(&self, input: &str) -> bool {
        match input {
            "merge" => self
                .merge
                .as_deref()
                .is_some_and(|word| word.trim() != "none"),
            _ => false,
        }
    }

    fn target(&self) -> Option<&TargetInput> {
        Some(&self.target)
    }

    fn trust(&self) -> Option<&TrustInput> {
        Some(&self.trust)
    }

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let release = proposed_release(parser, self);
        let kind = Choices::of(&ProposalKind::WORDS);
        let kind = match &self.kind {
            Some(word) => parser.choice("kind", Some(word), &kind),
            None => Some(ProposalKind::default()),
        };
        let merge = parser.choice("merge", self.merge.as_deref(), &Choices::of(&MERGES));
        let guard = parser.choice("guard", self.guard.as_deref(), &Choices::of(&GUARDS));
        let base = self.base_branch.as_ref();
        let base = base.map(|base| parser.parse::<BranchName, _>("base-branch", Some(base)));
        let files = files(parser, &self.files);
        let body = self.body.as_deref().unwrap_or_default();
        let body = parser.text_or_file_inside("body", body);
        let (release, kind) = (release?, kind?);
        let module = match kind {
            ProposalKind::Bump => {
                only_for_modules(parser, self);
                None
            }
            ProposalKind::Submission | ProposalKind::Promotion => {
                Some(released_module(parser, self, kind, &release, &files)?)
            }
        };
        let guard = merge_guard(parser, self, (kind, guard), &release);
        let defaults = module
            .as_ref()
            .map_or_else(Defaults::of_bump, Defaults::of_module);
        let title = self.title.as_deref().unwrap_or(&defaults.title);
        let title = filled(parser, "title", title.trim(), &release);
        let title = title.and_then(|title| line(parser, &title));
        let body = match (body?.trim(), &module) {
            ("", Some(_)) => {
                let page = parser.repository_url(&release.repository);
                format!("{page}/releases/tag/{}", release.tag)
            }
            (body, _) => body.to_owned(),
        };
        let body = filled(parser, "body", &body, &release);
        let body = body.and_then(|body| text(parser, body));
        let head = self.head_branch.as_deref().unwrap_or(&defaults.head);
        let head = filled(parser, "head-branch", head.trim(), &release);
        let head = parser.parse("head-branch", head.as_ref());
        let edits = edits(parser, &self.set, &release);
        let scanned = match module {
            None => scanned_files(parser, &self.scanned, &release, &files),
            Some(_) => Vec::new(),
        };
        if module.is_none() && !self.names_a_change() {
            parser.missing(
                "files",
                "name what is to be changed, in `files` (path=path-in-the-repository), in `set` (file: path.to.value = {version}), in `security-config` or in `component-config`",
            );
        }
        let base = match base {
            Some(base) => Some(base?),
            None => None,
        };
        let files = if module.is_none() { files } else { Vec::new() };
        let options = ProposeOptions {
            kind,
            channel: defaults.channel,
            tag: release.tag,
            head: head?,
            base,
            title: title?,
            body: body?,
            files,
            scanned,
            edits,
            merge: merge.unwrap_or_default(),
            guard: guard?,
        };
        let mut registries = release.registries;
        let own = module.as_ref().and_then(|module| module.registry.as_ref());
        registries.extend(own.map(|registry| registry.registry().to_owned()));
        let phase = match module {
            None => Propose::new(options),
            Some(module) => Propose::of_release(options, module),
        };
        Some(Prepared {
            phase: Box::new(phase),
            targets: Targets {
                repository: release.repository,
                registries,
            },
        })
    }
}

impl ProposeArgs {
    /// Whether anything is given that a bump changes; an empty line is nothing.
    fn names_a_change(&self) -> bool {
        let mut typed = lines(&self.files).chain(lines(&self.set));
        typed.next().is_some() || self.scanned.given().iter().any(|(_, is_given)| *is_given)
    }
}

/// What follows from the kind of a proposal.
struct Defaults {
    title: String,
    head: String,
    channel: Option<ChannelName>,
}

impl Defaults {
    fn of_bump() -> Self {
        Self {
            title: "Prepare the release {tag}".to_owned(),
            head: "release/bump/{tag}".to_owned(),
            channel: None,
        }
    }

    fn of_module(module: &ReleasedModule) -> Self {
        let name = module.name.short();
        match &module.goal {
            ModuleGoal::Submitted { .. } | ModuleGoal::Copied(_) => Self {
                title: format!("Submit {name} {{version}}"),
                head: "release/submission/{tag}".to_owned(),
                channel: None,
            },
            ModuleGoal::InChannel { channel, .. } => Self {
                title: format!("Promote {name} {{version}} to {channel}"),
                head: format!("release/promotion/{channel}/{{tag}}"),
                channel: Some(channel.clone()),
            },
        }
    }
}

/// `path=path-in-the-repository`, or a path that is the same in both.
fn files(parser: &mut InputParser<'_>, given: &[String]) -> Vec<LocalChange> {
    let mut files: Vec<LocalChange> = Vec::new();
    for line in lines(given) {
        let (from, to) = line.split_once('=').unwrap_or((line, line));
        let from = parser.path("files", Some(&from.trim().to_owned()));
        let to: Option<RepositoryPath> = parser.parse("files", Some(&to.trim().to_owned()));
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        if files.iter().any(|known| known.to == to) {
            parser.refuse(
                Code::InputsExclusive,
                format!("files names {to} in the repository twice"),
                "name each file of the repository once",
            );
            continue;
        }
        files.push(LocalChange { from, to });
    }
    if files.len() > MOST_FILES {
        parser.refuse(
            Code::TextInvalid,
            format!(
                "files names {} files, and one pull request changes at most {MOST_FILES}",
                files.len()
            ),
            "propose fewer files, or several changes with a `head-branch` each",
        );
    }
    files
}

/// `file: path = value`.
pub(super) fn edits(
    parser: &mut InputParser<'_>,
    given: &[String],
    release: &ProposedRelease,
) -> Vec<ScalarChange> {
    let mut edits: Vec<ScalarChange> = Vec::new();
    for line in lines(given) {
        let Some((file, edit)) = line.split_once(": ") else {
            let why = "does not name a file with a colon and a space after it";
            parser.take::<(), _>("set", Err(edit_invalid(line, why)));
            continue;
        };
        let file: Option<RepositoryPath> = parser.parse("set", Some(&file.to_owned()));
        let read = edit.trim().parse::<YamlEdit>();
        let read = read.map_err(|error| {
            let why = format!(
                "cannot be read at character {}: {}",
                error.column, error.message
            );
            edit_invalid(edit, &why)
        });
        let read = parser.take("set", read);
        let (Some(file), Some(mut edit)) = (file, read) else {
            continue;
        };
        let Some(value) = filled(parser, "set", &edit.value, release) else {
            continue;
        };
        edit.value = value;
        if let Some(unknown) = placeholder(&edit.value) {
            let why =
                format!("has {unknown}, which is none of {{version}}, {{tag}} and {{commit}}");
            parser.take::<(), _>("set", Err(edit_invalid(line, &why)));
            continue;
        }
        let is_same = |known: &ScalarChange| known.file == file && known.edit.path == edit.path;
        if edits.iter().any(is_same) {
            parser.refuse(
                Code::InputsExclusive,
                format!("set names the same value of {file} twice: {line}"),
                "name each value once",
            );
            continue;
        }
        edits.push(ScalarChange { file, edit });
    }
    edits
}

/// A word in braces, such as one that is misspelt.
fn placeholder(text: &str) -> Option<&str> {
    let starts = text.match_indices('{').map(|(start, _)| &text[start..]);
    let words = starts.filter_map(|rest| Some(&rest[..=rest.find('}')?]));
    let mut words = words.filter(|word| {
        let inner = word.trim_matches(['{', '}']);
        !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphabetic() || c == '-')
    });
    words.next()
}

fn edit_invalid(line: &str, why: &str) -> Diagnostic {
    Diagnostic::value(
        Code::EditInvalid,
        "edit",
        line,
        why,
        "write it as FILE: PATH = VALUE, such as config/kustomization.yaml: images[name=controller].newTag = {version}",
    )
}

/// A text with the values of the release in it.
fn filled(
    parser: &mut InputParser<'_>,
    input: &str,
    text: &str,
    release: &ProposedRelease,
) -> Option<String> {
    let commit = match &release.commit {
        Some(commit) => commit.as_str(),
        None if text.contains("{commit}") => {
            let help = format!(
                "`{input}` has {{commit}} in it: give the commit that the release begins from"
            );
            parser.missing("commit", &help);
            return None;
        }
        None => "",
    };
    let text = text.replace("{version}", &release.version.to_string());
    let text = text.replace("{tag}", release.tag.as_str());
    Some(text.replace("{commit}", commit))
}

fn line(parser: &mut InputParser<'_>, title: &str) -> Option<String> {
    let why = if title.is_empty() {
        "is empty"
    } else if title.chars().any(char::is_control) {
        "has a line end or another control character"
    } else if title.chars().count() > LONGEST_TITLE {
        "is longer than 256 characters"
    } else {
        return Some(title.to_owned());
    };
    let help = "give one line of at most 256 characters";
    let refused = Diagnostic::value(Code::TextInvalid, "title", title, why, help);
    parser.take("title", Err(refused))
}

fn text(parser: &mut InputParser<'_>, body: String) -> Option<String> {
    if body.chars().count() <= LONGEST_BODY {
        return Some(body);
    }
    parser.refuse(
        Code::TextInvalid,
        format!(
            "body has more than {LONGEST_BODY} characters, and GitHub takes 65536 with our mark"
        ),
        "give a shorter text, and link what does not fit",
    );
    None
}

/// Nothing else may be merged where it is known what the release begins from, unless that is asked for.
fn merge_guard(
    parser: &mut InputParser<'_>,
    args: &ProposeArgs,
    (kind, given): (ProposalKind, Option<GuardRule>),
    release: &ProposedRelease,
) -> Option<MergeGuard> {
    if kind != ProposalKind::Bump {
        if given == Some(GuardRule::OnlyOurs) {
            parser.refuse(
                Code::InputsExclusive,
                format!("guard is only-ours, and the release that a {kind} is of is published"),
                "leave `guard` out: what is merged now does not become part of the release",
            );
        }
        return Some(MergeGuard::Anything);
    }
    let target = args.target.target_repository.as_deref();
    let target: Option<RepoSlug> = target.and_then(|text| text.trim().parse().ok());
    let is_elsewhere = args.target.target_api_url.is_some()
        || target.is_some_and(|target| !target.is_same(&release.repository));
    match (given, &release.commit) {
        (Some(GuardRule::OnlyOurs), _) if is_elsewhere => {
            parser.refuse(
                Code::InputsExclusive,
                "guard is only-ours, and the pull request is opened in another repository than the one that is released".into(),
                "leave `guard` out: what is merged in another repository does not become part of the release",
            );
            None
        }
        (Some(GuardRule::OnlyOurs), None) => {
            let help = "with `guard: only-ours`, give the commit that the release begins from, such as commit: ${{ github.sha }}";
            parser.missing("commit", help);
            None
        }
        (Some(GuardRule::OnlyOurs) | None, Some(commit)) if !is_elsewhere => {
            Some(MergeGuard::OnlyOurs(commit.clone()))
        }
        _ => Some(MergeGuard::Anything),
    }
}
