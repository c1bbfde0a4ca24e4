//! The input `commit-build`: what is built from a commit, in place of a release.

use ocm_module::values::ModuleForm;

use super::input_parser::InputParser;
use super::plan::example_version;
use crate::cli::BuildModuleArgs;
use crate::domain::{Code, CommitSha, Diagnostic, RepoSlug, Tag, Version, commit_version};
use crate::phases::{ModuleSource, ModuleTarget};
use crate::plan::{MODULE_NEEDS, ModuleImageInputs, Names};

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
    if args.plan.plan.is_some() {
        refuse_release(parser, "plan");
    }
    // Only a release waits until its images are complete.
    if args.pin_images {
        refuse_release(parser, "pin-images");
    }
    let repository = parser.repository(&args.common);
    let build = CommitBuild::read(parser, args.commit.as_ref());
    // Without a commit, the names are still checked, with an example of a version.
    let example = example_version();
    let names = build.as_ref().map(CommitBuild::names);
    let names = names.or(example.as_ref().map(Names::of))?;
    let manager = args.binary_image.as_deref();
    let manager = manager.and_then(|text| parser.take("binary-image", names.image(text)));
    let inputs = ModuleImageInputs {
        name: args.module.module_name.clone(),
        registry: args.module.module_registry.clone(),
        form,
        tag: None,
    };
    if args.module.module_name.is_none() && args.module.module_registry.is_none() {
        parser.missing("module-name", MODULE_NEEDS);
    }
    let planned = inputs.named(names, &mut parser.findings)?;
    let (repository, build) = (repository?, build?);
    let source = ModuleSource {
        repository_url: parser.repository_url(&repository),
        commit: build.commit,
        // A commit may be on several branches.
        reference: None,
    };
    let target = ModuleTarget::new(&planned, build.version, source, manager);
    Some((repository, parser.take("module-registry", target)?))
}

/// Records that an input of a release was given beside `commit-build`.
pub(super) fn refuse_release(parser: &mut InputParser<'_>, input: &str) {
    let help = format!(
        "leave out `{input}` to build the commit alone, or `commit-build` to build the release"
    );
    let excluded = Diagnostic::error(
        Code::InputsExclusive,
        format!("{input} and commit-build exclude each other"),
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
            format!(
                "{input} and plan exclude each other: the plan names the commit and the images of its release"
            ),
            format!(
                "leave out `{input}`, or `plan` to build a commit without a release by `commit-build`"
            ),
        );
        parser.take::<(), _>(input, Err(settled));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::SystemTime;

    use clap::Parser as _;

    use super::super::{Context, Environment, Settings, phase};
    use crate::cli::{Cli, Command};
    use crate::domain::Code;

    const COMMIT: &str = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
    const NAMED: [&str; 2] = [
        "--module-name=kyma-project.io/module/btp-operator",
        "--module-registry=r.example/prod",
    ];

    /// `build-module` with these arguments, in a workflow run without a token.
    fn settings(arguments: &[&str], sha: &str) -> Result<Settings, Vec<Code>> {
        let line = [&["btp-release", "build-module"], arguments].concat();
        let Command::Phase(args) = Cli::try_parse_from(line).unwrap().command else {
            panic!()
        };
        let env = [
            ("GITHUB_SHA", sha),
            ("GITHUB_REPOSITORY", "kyma-project/btp-manager"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let environment = Environment {
            context: &Context::read(&BTreeMap::from(env)),
            read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            now: SystemTime::UNIX_EPOCH,
        };
        let codes = |not: super::super::NotBegun| not.findings.iter().map(|f| f.code).collect();
        phase(&args, environment).map_err(codes)
    }

    #[test]
    fn commit_is_built_without_a_plan_and_without_a_token() {
        let more = ["--commit-build", "--binary-image=r.example/prod/manager"];
        let settings = settings(&[&NAMED[..], &more].concat(), COMMIT).unwrap();
        assert_eq!(settings.registry.hosts, ["r.example".to_owned()].into());
        assert_eq!(
            settings.github.repository.to_string(),
            "kyma-project/btp-manager"
        );
        assert!(settings.secrets().iter().all(String::is_empty));
    }

    #[test]
    fn inputs_of_a_release_and_of_a_commit_exclude_each_other() {
        let of_commit = ["--commit-build", NAMED[0], NAMED[1]];
        let refused = |more: &[&str]| {
            let all = [&of_commit[..], more].concat();
            settings(&all, COMMIT).err().unwrap_or_default()
        };
        assert_eq!(refused(&["--plan={}"]), [Code::InputsExclusive]);
        let mount = refused(&["--mount-from=other.example/prod"]);
        assert_eq!(mount, [Code::MountElsewhere]);
        let style = refused(&["--module-form=modulectl-3", "--descriptor-style=kyma-cli-2"]);
        assert_eq!(style, [Code::ModuleImageDiffers]);
        let form = refused(&["--module-form=helm"]);
        assert_eq!(form, [Code::ChoiceInvalid]);

        let with_plan = |input: &str| {
            let plan = crate::plan::tests::example().to_json();
            let plan = format!("--plan={plan}");
            // It needs no token, and the example has no module.
            let found = settings(&[&plan, "--no-push", input], COMMIT);
            found.err().unwrap_or_default()
        };
        for input in [
            NAMED[0],
            NAMED[1],
            "--binary-image=r.example/x",
            "--commit=x",
        ] {
            let found = with_plan(input);
            assert_eq!(found.first(), Some(&Code::InputsExclusive), "{input}");
        }
    }

    #[test]
    fn all_that_a_commit_build_lacks_is_listed_together() {
        let found = |arguments: &[&str], sha| settings(arguments, sha).err().unwrap();
        let missing = Code::InputMissing;
        assert_eq!(found(&["--no-push"], COMMIT), [missing]);
        assert_eq!(found(&["--commit-build"], COMMIT), [missing]);
        assert_eq!(found(&["--commit-build", NAMED[0]], COMMIT), [missing]);
        let codes = found(
            &["--commit-build", "--binary-image=x", NAMED[1]],
            "refs/heads/main",
        );
        let text: Vec<_> = codes.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["commit-invalid", "image-invalid", "input-missing"]);
    }
}
