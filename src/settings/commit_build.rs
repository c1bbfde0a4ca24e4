//! The input `commit-build`: what is built from a commit, in place of a release.

use ocm_module::build::ModuleForm;

use super::input_parser::InputParser;
use super::plan::{MODULE_NEEDS, ModuleNaming, Names, example_version, module};
use crate::cli::BuildModuleArgs;
use crate::domain::{Code, CommitSha, Diagnostic, RepoSlug, Tag, Version, commit_version};
use crate::phases::{ModuleSource, ModuleTarget};

/// A commit, with the names of what is built from it.
pub(super) struct CommitBuild {
    commit: CommitSha,
    pub(super) version: Version,
    /// In place of a release's tag, which a commit does not have: the version.
    pub(super) tag: Tag,
}

impl CommitBuild {
    pub(super) fn read(parser: &mut InputParser<'_>, typed: Option<&String>) -> Option<Self> {
        let commit = parser.commit(typed)?;
        let version = parser.take("commit", commit_version(&commit))?;
        let tag = parser.take("commit", version.to_string().parse())?;
        Some(Self {
            commit,
            version,
            tag,
        })
    }

    fn names(&self) -> Names<'_> {
        Names {
            tag: &self.tag,
            version: &self.version,
        }
    }
}

/// The module that is built from a commit, and the repository of the commit.
pub(super) fn module_of_commit(
    parser: &mut InputParser<'_>,
    args: &BuildModuleArgs,
    form: Option<ModuleForm>,
) -> Option<(RepoSlug, ModuleTarget)> {
    let repository = parser.repository(&args.common);
    let build = CommitBuild::read(parser, args.commit.as_ref());
    // Without a commit, the names are still checked, with an example of a version.
    let example = example_version();
    let example = example.as_ref();
    let names = build.as_ref().map(CommitBuild::names);
    let names = names.or_else(|| example.map(|(tag, version, _)| Names { tag, version }))?;
    let manager = args.binary_image.as_deref();
    let manager = manager.and_then(|text| parser.take("binary-image", names.image(text)));
    let inputs = ModuleNaming {
        names: &args.module,
        form,
        tag: None,
    };
    if args.module.module_name.is_none() && args.module.module_registry.is_none() {
        parser.missing("module-name", MODULE_NEEDS);
    }
    let named = module(parser, &inputs, &names)?;
    let (repository, build) = (repository?, build?);
    let source = ModuleSource {
        repository_url: parser.repository_url(&repository),
        commit: build.commit,
        // A commit may be on several branches.
        reference: None,
    };
    let target = ModuleTarget::new(&named, build.version, source, manager);
    Some((repository, parser.take("module-registry", target)?))
}

/// Records that an input of a release was given beside `commit-build`.
pub(super) fn refuse_release(parser: &mut InputParser<'_>, input: &str) {
    let help = format!(
        "leave out `{input}` to build the commit alone, or `commit-build` to build the release"
    );
    let excluded = Diagnostic::error(
        Code::InputsExclusive,
        "and commit-build exclude each other",
        help,
    );
    parser.take::<(), _>(input, Err(excluded));
}

/// Records what was given of the inputs that only `commit-build` takes, as a plan has its own values for them.
pub(super) fn refuse_inputs_of_commits(parser: &mut InputParser<'_>, args: &BuildModuleArgs) {
    let given = [
        ("commit", &args.commit),
        ("binary-image", &args.binary_image),
        ("module-name", &args.module.module_name),
        ("module-registry", &args.module.module_registry),
    ];
    for (input, _) in given.into_iter().filter(|(_, value)| value.is_some()) {
        let settled = Diagnostic::error(
            Code::InputsExclusive,
            "and plan exclude each other: the plan names the commit and the images of its release",
            format!(
                "leave out `{input}`, or `plan` to build a commit without a release by `commit-build`"
            ),
        );
        parser.take::<(), _>(input, Err(settled));
    }
}
