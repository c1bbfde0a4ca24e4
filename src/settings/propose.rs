//! Parses the arguments of `propose`.

use ocm_module::yaml::YamlEdit;

use super::input_parser::{Choices, InputParser};
use super::{PhaseSettings, Prepared, lines};
use crate::cli::{ProposeArgs, TargetInput};
use crate::domain::{
    BranchName, Code, CommitSha, Diagnostic, RepoSlug, RepositoryPath, Tag, TagFormat, Version,
};
use crate::phases::{LocalChange, MergeGuard, MergeMode, Propose, ProposeOptions, ScalarChange};
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

/// The release that something is proposed for.
struct ProposedRelease {
    repository: RepoSlug,
    version: Version,
    tag: Tag,
    commit: Option<CommitSha>,
}

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

    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared> {
        let release = release(parser, self);
        let kind = Choices::of(&ProposalKind::WORDS);
        let kind = parser.choice("kind", self.kind.as_deref(), &kind);
        let kind = kind.unwrap_or_default();
        let merge = parser.choice("merge", self.merge.as_deref(), &Choices::of(&MERGES));
        let guard = parser.choice("guard", self.guard.as_deref(), &Choices::of(&GUARDS));
        let base = self.base_branch.as_ref();
        let base = base.map(|base| parser.parse::<BranchName, _>("base-branch", Some(base)));
        let files = files(parser, &self.files);
        let body = self.body.as_deref().unwrap_or_default();
        let body = parser.text_or_file("body", body);
        let release = release?;
        let guard = merge_guard(parser, self, guard, &release);
        let title = self.title.as_deref().unwrap_or("Prepare the release {tag}");
        let title = filled(parser, "title", title.trim(), &release);
        let title = title.and_then(|title| line(parser, &title));
        let body = filled(parser, "body", body?.trim(), &release);
        let body = body.and_then(|body| text(parser, body));
        let default = format!("release/{kind}/{{tag}}");
        let head = self.head_branch.as_deref().unwrap_or(&default);
        let head = filled(parser, "head-branch", head.trim(), &release);
        let head = parser.parse("head-branch", head.as_ref());
        let edits = edits(parser, &self.set, &release);
        if self.files.is_empty() && self.set.is_empty() {
            parser.missing(
                "files",
                "name what is to be changed, in `files` (path=path-in-the-repository) or in `set` (file: path.to.value = {version})",
            );
        }
        let base = match base {
            Some(base) => Some(base?),
            None => None,
        };
        let options = ProposeOptions {
            kind,
            tag: release.tag,
            head: head?,
            base,
            title: title?,
            body: body?,
            files,
            edits,
            merge: merge.unwrap_or_default(),
            guard: guard?,
        };
        Some(Prepared::on_github(
            release.repository,
            Propose::new(options),
        ))
    }
}

/// The release as the plan has it or as it was typed.
fn release(parser: &mut InputParser<'_>, args: &ProposeArgs) -> Option<ProposedRelease> {
    let commit = args.commit.as_ref();
    let commit = commit.map(|commit| parser.parse::<CommitSha, _>("commit", Some(commit)));
    if args.plan.plan.is_none() {
        let (repository, tag, version) =
            super::version_of_release(parser, &args.release, &args.common)?;
        return Some(ProposedRelease {
            repository,
            version,
            tag,
            commit: commit.flatten(),
        });
    }
    let wanted = parser.plan(&args.plan, &args.common)?.wanted;
    if let Some(typed) = &args.release.version {
        let typed = TagFormat::read(typed, Some(&wanted.tag_format));
        if !typed.is_ok_and(|(tag, ..)| tag == wanted.tag) {
            parser.refuse(
                Code::InputsExclusive,
                format!(
                    "version is another one than the plan's, which is of {}",
                    wanted.tag
                ),
                "leave `version` out, or give the plan of this version",
            );
        }
    }
    Some(ProposedRelease {
        repository: wanted.repository,
        version: wanted.version,
        tag: wanted.tag,
        commit: Some(commit.flatten().unwrap_or(wanted.commit)),
    })
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
fn edits(
    parser: &mut InputParser<'_>,
    given: &[String],
    release: &ProposedRelease,
) -> Vec<ScalarChange> {
    let mut edits = Vec::new();
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
        if let Some(value) = filled(parser, "set", &edit.value, release) {
            edit.value = value;
            edits.push(ScalarChange { file, edit });
        }
    }
    edits
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
    given: Option<GuardRule>,
    release: &ProposedRelease,
) -> Option<MergeGuard> {
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
