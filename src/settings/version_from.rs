//! The inputs of `plan` that give the version: typed, of the tag or the branch that the workflow runs on, or of the tags that exist.

use super::input_parser::{Choices, InputParser};
use super::lines;
use crate::cli::PlanArgs;
use crate::domain::{
    CandidateForm, Code, Diagnostic, FormatCode, InputFindings, NamedVersion, NextVersion,
    TagFormat, UnknownVersion, minor_of_branch,
};
use crate::plan::{ImageInputs, Names, VersionFrom};

/// The name of release branches where `branch-pattern` gives none.
const RELEASE_BRANCH: &str = "release-{major}.{minor}";

const WORDS: [(&str, VersionFrom); 4] = [
    ("input", VersionFrom::Input),
    ("ref", VersionFrom::Ref),
    ("branch-next-patch", VersionFrom::BranchNextPatch),
    ("next-rc", VersionFrom::NextRc),
];

/// The version, or how it is found in the repository.
pub(super) enum VersionInput {
    Known(NamedVersion),
    Unknown(UnknownVersion),
}

/// The version, and where it comes from; `None` where something is wrong.
pub(super) fn version_from(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    images: &ImageInputs,
) -> (VersionFrom, Option<VersionInput>) {
    let words = Choices::of(&WORDS);
    let from = parser.choice("version-from", args.version_from.as_deref(), &words);
    let from = from.unwrap_or_default();
    let format: Option<TagFormat> = parser.parse("tag-format", args.tag_format.as_ref());
    let format = format.as_ref();
    let version = match from {
        VersionFrom::Input => {
            let text = args.version.as_deref().unwrap_or_default();
            let typed = parser.take("version", NamedVersion::typed(text, format));
            typed.map(VersionInput::Known)
        }
        VersionFrom::Ref => of_tag(parser, args, format).map(VersionInput::Known),
        VersionFrom::BranchNextPatch => next_patch(parser, args, format).map(VersionInput::Unknown),
        VersionFrom::NextRc => {
            next_candidate(parser, args, format, images).map(VersionInput::Unknown)
        }
    };
    (from, version)
}

/// A version was typed that is none, which has been reported.
struct Reported;

/// The version that was typed beside another source.
fn typed(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    format: Option<&TagFormat>,
) -> Result<Option<NamedVersion>, Reported> {
    let Some(text) = &args.version else {
        return Ok(None);
    };
    let typed = parser.take("version", NamedVersion::typed(text, format));
    typed.map(Some).ok_or(Reported)
}

fn of_tag(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    format: Option<&TagFormat>,
) -> Option<NamedVersion> {
    let typed = typed(parser, args, format);
    let reference = parser.environment.context.reference.clone();
    let tag = reference
        .as_deref()
        .and_then(|it| it.strip_prefix("refs/tags/"));
    let Some(tag) = tag else {
        let help = "start the workflow by pushing a tag (on: push: tags), or choose the tag in \"Run workflow\"; \
                    otherwise leave `version-from` out and type a version";
        refuse_ref(parser, reference.as_deref(), "a tag", help);
        return None;
    };
    let tag = parser.take("GITHUB_REF", tag.parse())?;
    let release = parser.take("GITHUB_REF", NamedVersion::of_tag(tag, format))?;
    let typed = typed.ok()?.map(|typed| typed.version);
    let source = "the tag that the workflow runs on";
    parser.take("version", release.unless_other(source, typed.as_ref()))
}

fn next_patch(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    format: Option<&TagFormat>,
) -> Option<UnknownVersion> {
    let typed = typed(parser, args, format);
    let reference = parser.environment.context.reference.clone();
    let branch = reference
        .as_deref()
        .and_then(|it| it.strip_prefix("refs/heads/"));
    let mut patterns: Vec<_> = lines(&args.rules.branch_pattern).collect();
    if patterns.is_empty() {
        patterns.push(RELEASE_BRANCH);
    }
    let mut minors = patterns.iter();
    let minor = branch.and_then(|branch| minors.find_map(|it| minor_of_branch(branch, it)));
    let Some((major, minor)) = minor else {
        let help = format!(
            "choose a branch such as {} in \"Run workflow\", or leave `version-from` out and type a version",
            patterns.join(" or ")
        );
        refuse_ref(parser, reference.as_deref(), "a release branch", &help);
        return None;
    };
    let typed = typed.ok()?;
    Some(UnknownVersion {
        next: NextVersion::PatchOf { major, minor },
        format: format
            .cloned()
            .or(typed.as_ref().map(|typed| typed.format.clone())),
        typed: typed.map(|typed| typed.version),
    })
}

fn next_candidate(
    parser: &mut InputParser<'_>,
    args: &PlanArgs,
    format: Option<&TagFormat>,
    images: &ImageInputs,
) -> Option<UnknownVersion> {
    let Some(typed) = typed(parser, args, format).ok()? else {
        let help = "`version-from: next-rc` counts the release candidates of a version: type it, such as 1.3.0";
        parser.missing("version", help);
        return None;
    };
    let version = typed.version;
    if version.is_prerelease() {
        let next = typed.format.typed(&version.next_patch());
        let invalid = Diagnostic::value(
            Code::Format(FormatCode::VersionInvalid),
            "version",
            version.to_string(),
            "has a pre-release part, which `version-from: next-rc` adds itself",
            format!("type {next}, or leave `version-from` out"),
        );
        return parser.take("version", Err(invalid));
    }
    let unknown = |form| UnknownVersion {
        next: NextVersion::CandidateOf {
            version: version.clone(),
            form,
        },
        format: Some(typed.format.clone()),
        typed: None,
    };
    let mut findings = InputFindings::default();
    if let Some(release) = unknown(Some(CandidateForm::Dotted)).example() {
        images.named(Names::of(&release), &mut findings);
    }
    // Lifecycle Manager takes no version with a dot in its pre-release part.
    let dotted = Code::Format(FormatCode::VersionPrereleaseDotted);
    let found = findings.or(Some(())).err().unwrap_or_default();
    let needs_joined = found.iter().any(|finding| finding.code == dotted);
    Some(unknown(needs_joined.then_some(CandidateForm::Joined)))
}

fn refuse_ref(parser: &mut InputParser<'_>, seen: Option<&str>, wanted: &str, help: &str) {
    let seen = match seen {
        Some(reference) => {
            format!("the workflow runs on {reference}, which is not {wanted} with a version")
        }
        None => "GITHUB_REF, the branch or tag that the workflow runs on, is not set".to_owned(),
    };
    let code = Code::RefUnusable;
    let refused = Diagnostic::error(code, seen, help);
    parser.take::<(), _>("version-from", Err(refused));
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use clap::Parser as _;

    use super::super::{Context, Environment, phase};
    use crate::cli::{Cli, Command};

    /// What is wrong with these arguments of `plan`, on this branch or tag.
    fn refused(reference: &str, arguments: &str) -> Vec<String> {
        let line = format!("btp-release plan {arguments}");
        let Command::Phase(args) = Cli::try_parse_from(line.split(' ')).unwrap().command else {
            panic!()
        };
        let env = [
            ("GITHUB_REF", reference),
            ("GITHUB_SHA", "4e4b9d47cb655ca23e5c706462485ff7605e8d71"),
            ("GITHUB_REPOSITORY", "kyma-project/btp-manager"),
            ("GITHUB_TOKEN", "ghs_1"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment {
            context: &Context::read(&BTreeMap::from(env)),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            now: SystemTime::UNIX_EPOCH,
        };
        match phase(&args, environment) {
            Ok(_) => vec![],
            Err(not) => not
                .findings
                .iter()
                .map(|found| format!("{}: {}", found.code, found.seen))
                .collect(),
        }
    }

    const TAG: &str = "refs/tags/api/v1.2.0";
    const BRANCH: &str = "refs/heads/release-1.2";

    #[test]
    fn version_is_typed_or_comes_from_one_source() {
        for (reference, arguments) in [
            (BRANCH, "1.2.0"),
            (BRANCH, "v1.2.0 --version-from=input"),
            (TAG, "--version-from=ref"),
            (TAG, "1.2.0 --version-from=ref"),
            (TAG, "v1.2.0 --version-from=ref --tag-format=api/v{version}"),
            (BRANCH, "--version-from=branch-next-patch"),
            (
                "refs/heads/r1/2",
                "--version-from=branch-next-patch --branch-pattern=main --branch-pattern=r{major}/{minor}",
            ),
            (BRANCH, "1.2.3 --version-from=branch-next-patch"),
            (BRANCH, "1.3.0 --version-from=next-rc"),
            (BRANCH, "1.3.0 --tag-type=annotated --tag-message=x"),
            (BRANCH, "1.3.0 --tag-type=lightweight"),
            (BRANCH, "--version-from=branch-next-patch --notes=file"),
        ] {
            assert_eq!(refused(reference, arguments), [""; 0], "{arguments}");
        }
    }

    #[test]
    fn what_names_no_version_is_refused() {
        for (reference, arguments, why) in [
            (BRANCH, "", "version-invalid: version \"\" is empty"),
            (
                BRANCH,
                "1.2.0 --version-from=tag",
                "choice-invalid: choice \"tag\" is none of input, ref, branch-next-patch, next-rc",
            ),
            (
                BRANCH,
                "--version-from=ref",
                "ref-unusable: the workflow runs on refs/heads/release-1.2, which is not a tag with a version",
            ),
            (
                "",
                "--version-from=ref",
                "ref-unusable: GITHUB_REF, the branch or tag that the workflow runs on, is not set",
            ),
            (
                "refs/tags/nightly",
                "--version-from=ref",
                "version-invalid: version \"nightly\" is not a semantic version: unexpected character 'n' while parsing major version number",
            ),
            (
                "refs/tags/v1.2",
                "--version-from=ref",
                "version-invalid: version \"v1.2\" is not a semantic version: unexpected end of input while parsing minor version number",
            ),
            (
                TAG,
                "--version-from=ref --tag-format=v{version}",
                "tag-format-invalid: tag \"api/v1.2.0\" is not made by the tag format v{version}",
            ),
            (
                TAG,
                "1.2.1 --version-from=ref",
                "version-differs: version 1.2.1 was typed, and the tag that the workflow runs on is 1.2.0",
            ),
            (
                TAG,
                "1.2.0 --version-from=ref --tag-when=publish",
                "inputs-exclusive: version-from is ref, which is for a tag that exists, and tag-when is publish",
            ),
            (
                BRANCH,
                "--version-from=branch-next-patch --branch-pattern=r{major}/{minor}",
                "ref-unusable: the workflow runs on refs/heads/release-1.2, which is not a release branch with a version",
            ),
            (
                "refs/heads/main",
                "--version-from=branch-next-patch",
                "ref-unusable: the workflow runs on refs/heads/main, which is not a release branch with a version",
            ),
            (
                "refs/pull/7/merge",
                "--version-from=branch-next-patch",
                "ref-unusable: the workflow runs on refs/pull/7/merge, which is not a release branch with a version",
            ),
            (
                BRANCH,
                "--version-from=next-rc",
                "input-missing: version is missing",
            ),
            (
                BRANCH,
                "v1.3.0-rc1 --version-from=next-rc",
                "version-invalid: version \"1.3.0-rc1\" has a pre-release part, which `version-from: next-rc` adds itself",
            ),
            (
                BRANCH,
                "1.3 --version-from=next-rc",
                "version-invalid: version \"1.3\" is not a semantic version: unexpected end of input while parsing minor version number",
            ),
            (
                BRANCH,
                "1.3.0 --tag-message=x",
                "input-missing: tag-type is missing",
            ),
            (
                BRANCH,
                "1.3.0 --tag-type=signed",
                "choice-invalid: choice \"signed\" is none of lightweight, annotated",
            ),
        ] {
            assert_eq!(
                refused(reference, arguments),
                [why],
                "{reference} {arguments}"
            );
        }
    }

    #[test]
    fn texts_are_limited_and_without_control_characters() {
        let long = |chars: usize| "x".repeat(chars);
        let long_branch = format!(
            "branch-invalid: branch \"{}\" (and 99500 more characters) is no name of a branch",
            long(500)
        );
        for (arguments, why) in [
            (format!("1.3.0 --force={}", long(1_000)), None),
            (
                format!("1.3.0 --force={}", long(1_001)),
                Some("text-invalid: has 1001 characters, and may have 1000"),
            ),
            (
                format!("1.3.0 --tag-type=annotated --tag-message={}", long(10_000)),
                None,
            ),
            (
                format!("1.3.0 --tag-type=annotated --tag-message={}", long(60_000)),
                Some("text-invalid: has 60000 characters, and may have 10000"),
            ),
            (
                "1.3.0 --tag-type=annotated --tag-message=a\tb\r\nc".to_owned(),
                None,
            ),
            (
                "1.3.0 --tag-type=annotated --tag-message=a\u{1b}[2J".to_owned(),
                Some("text-invalid: contains the control character U+001B"),
            ),
            (format!("1.3.0 --guard-branch=release-{}", long(247)), None),
            ("1.3.0 --guard-branch=feature#1/é".to_owned(), None),
            (
                "1.3.0 --guard-branch=release-*".to_owned(),
                Some("branch-invalid: branch \"release-*\" is no name of a branch"),
            ),
            (
                format!("1.3.0 --guard-branch={}", long(100_000)),
                Some(long_branch.as_str()),
            ),
            (
                "1.3.0 --force=a\u{7}".to_owned(),
                Some("text-invalid: contains the control character U+0007"),
            ),
        ] {
            let found = refused(BRANCH, &arguments);
            assert_eq!(found, why.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn module_of_a_wrong_name_has_candidates_without_a_dot() {
        let found = refused(
            BRANCH,
            "1.3.0 --version-from=next-rc --module-name=x --module-registry=r.example/prod",
        );
        assert!(found.iter().all(|it| !it.contains("dotted")), "{found:?}");
    }

    #[test]
    fn names_are_checked_before_the_version_is_known() {
        let found = refused(
            BRANCH,
            "--version-from=branch-next-patch --binary-image=r.example/X:{tag} --module-name=x --assets=a?b",
        );
        let codes: Vec<_> = found.iter().filter_map(|it| it.split(':').next()).collect();
        assert_eq!(
            codes,
            ["image-invalid", "input-missing", "asset-name-invalid"]
        );
    }
}
