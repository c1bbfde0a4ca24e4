//! What a repository is, as far as its files and its checkout say.

use std::collections::BTreeSet;

use super::assets::{FoundAssets, commands_of, found_in};
use super::carried::{TodaysJobs, secret_of};
use super::existing::{ExistingWorkflow, read, steps, text_of, texts};
use super::image_builds::{ImageBuild, builds_image, image_builds, manager_first, pushed_image};
use super::makefile::Makefile;
use super::module::FoundModule;
use super::names::{folder_of, is_plain_name, is_plain_path, last_part, listed};
use super::{GitFacts, LookedAt};
use crate::domain::{Code, Diagnostic, RepositoryFiles, Version};

/// How deep in the repository a module's folder may lie.
const DEEPEST_MODULE: usize = 3;
/// What makes a folder something that can be released.
const RELEASABLE: [&str; 7] = [
    "Makefile",
    "go.mod",
    "module-config.yaml",
    "module_config.yaml",
    "Chart.yaml",
    "Cargo.toml",
    "package.json",
];
/// The names of the default branch, the more likely one first.
const DEFAULT_BRANCHES: [&str; 2] = ["main", "master"];
/// The label of pull requests that need a new minor version.
const FEATURE_LABEL: &str = "kind/feature";

/// Everything that the decisions are made from.
pub(super) struct RepositoryFacts<'f> {
    /// The folder of the module, where it is not the top folder.
    pub(super) folder: Option<String>,
    pub(super) dockerfile: Option<String>,
    pub(super) other_dockerfiles: Vec<String>,
    pub(super) has_go: bool,
    pub(super) makefile: Option<Makefile>,
    pub(super) module: FoundModule,
    pub(super) unreadable: Vec<&'f str>,
    /// Workflows that release today.
    pub(super) replaced: Vec<&'f str>,
    /// What a person types or chooses for them beside the version.
    pub(super) left_inputs: BTreeSet<String>,
    pub(super) calls_us: Vec<&'f str>,
    pub(super) builds: FoundBuilders,
    pub(super) jobs: TodaysJobs,
    pub(super) assets: FoundAssets,
    pub(super) rules: RepositoryRules,
    pub(super) tokens: ReleaseTokens,
    /// Files of the module, by their paths in its folder.
    pub(super) files: RepositoryFiles,
}

/// Who builds images today.
#[derive(Debug, Default)]
pub(super) struct FoundBuilders {
    /// Calls of the image builder, the manager's first.
    pub(super) calls: Vec<ImageBuild>,
    /// Whether these are in workflows that do not release.
    pub(super) are_elsewhere: bool,
    /// Jobs that call it with a name that only a run knows.
    pub(super) unnamed: Vec<String>,
    pub(super) by_tag: Option<TagBuilder>,
}

/// A workflow that the tag starts, and that builds.
#[derive(Debug)]
pub(super) struct TagBuilder {
    pub(super) file: String,
    /// As GitHub shows it; without one it is called after its file.
    pub(super) name: String,
    pub(super) image: Option<String>,
}

/// What is required of a release today.
#[derive(Debug, Default)]
pub(super) struct RepositoryRules {
    pub(super) default_branch: String,
    pub(super) branch_is_guessed: bool,
    pub(super) release_branches: ReleaseBranches,
    pub(super) checks_labels: bool,
    pub(super) feature_label: Option<&'static str>,
    pub(super) has_notes_files: bool,
    /// The next version, as the tags have it.
    pub(super) example: String,
    pub(super) tags: SeenTags,
}

/// Whether there are branches such as `release-1.2`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ReleaseBranches {
    #[default]
    None,
    /// Beside the default branch.
    Too,
    /// Every release has to come from one.
    Only,
}

/// The tags of versions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SeenTags {
    #[default]
    None,
    Plain,
    /// They begin with the name of the module's folder.
    Prefixed,
}

/// With whose token releases are made today.
#[derive(Debug, Default)]
pub(super) struct ReleaseTokens {
    /// The secrets with the id and the private key of a GitHub App.
    pub(super) app: Option<(String, String)>,
    /// The secret with a token that publishes.
    pub(super) publish: Option<String>,
    /// The environment that publishing runs in.
    pub(super) environment: Option<String>,
    /// Workflows that a published release starts.
    pub(super) started_by_release: Vec<String>,
}

impl<'f> RepositoryFacts<'f> {
    /// # Errors
    ///
    /// If there is nothing to release, or the module's folder is unclear.
    pub(super) fn read(looked_at: &LookedAt<'f>) -> Result<Self, Diagnostic> {
        let (workflows, unreadable) = read(looked_at.files);
        let folder = module_folder(looked_at, &workflows)?;
        let files = match &folder {
            Some(folder) => looked_at.files.below(folder),
            None => looked_at.files.clone(),
        };
        let makefile = files.text("Makefile").map(Makefile::parse);
        let known = makefile.clone().unwrap_or_default();
        let repository = looked_at.git.repository.as_ref();
        let name = repository.map_or_else(|| looked_at.name.to_owned(), ToString::to_string);
        let short_name = last_part(&name).to_ascii_lowercase();
        let releasing = |workflow: &&ExistingWorkflow<'_>| workflow.makes_releases();
        let replaced: Vec<_> = workflows.iter().filter(releasing).collect();
        let commands: Vec<String> = replaced
            .iter()
            .flat_map(|workflow| commands_of(workflow, looked_at.files))
            .collect();
        let mut jobs = TodaysJobs::default();
        for workflow in &replaced {
            jobs.add(&workflows, workflow);
        }
        let (dockerfile, other_dockerfiles) = dockerfiles(&files);
        let calls_us = workflows.iter().filter(|one| one.calls_this_project());
        Ok(Self {
            dockerfile,
            other_dockerfiles,
            has_go: files.has("go.mod"),
            module: FoundModule::read(&files, &known),
            unreadable,
            builds: builders(&workflows, &replaced, &short_name),
            assets: found_in(&commands, &known),
            rules: rules(looked_at, folder.as_deref(), (&workflows, &commands)),
            tokens: tokens(&workflows, &replaced),
            left_inputs: replaced
                .iter()
                .flat_map(|workflow| workflow.other_inputs())
                .map(str::to_owned)
                .collect(),
            replaced: replaced.iter().map(|workflow| workflow.file).collect(),
            calls_us: calls_us.map(|workflow| workflow.file).collect(),
            folder,
            makefile,
            jobs,
            files,
        })
    }
}

impl RepositoryFacts<'_> {
    /// The path of a file of the module, from the root of the repository.
    pub(super) fn in_repository(&self, path: &str) -> String {
        match &self.folder {
            Some(folder) => format!("{folder}/{path}"),
            None => path.to_owned(),
        }
    }
}

/// The folder that was named, or the one that has what is built; `None` for the top folder.
fn module_folder(
    looked_at: &LookedAt<'_>,
    workflows: &[ExistingWorkflow<'_>],
) -> Result<Option<String>, Diagnostic> {
    let files = looked_at.files;
    if let Some(folder) = looked_at.folder {
        let has_files = files
            .paths()
            .any(|path| path.starts_with(&format!("{folder}/")));
        if is_plain_path(folder) && has_files {
            return Ok(Some(folder.to_owned()));
        }
        let seen =
            format!("the folder {folder:?} has no files, or a name that no workflow should have");
        let help =
            "name a folder of the repository whose name has letters, digits, `.`, `_` and `-` only";
        return Err(Diagnostic::error(Code::FolderUnclear, seen, help));
    }
    let top = RELEASABLE.iter().any(|name| files.has(name)) || files.has("Dockerfile");
    let builds = |workflow: &ExistingWorkflow<'_>| {
        workflow.makes_releases() || builds_image(workflows, workflow)
    };
    if top || workflows.iter().any(builds) {
        return Ok(None);
    }
    let folders: BTreeSet<&str> = files
        .paths()
        .filter(|path| last_part(path) == "Dockerfile")
        .map(folder_of)
        .filter(|folder| is_plain_path(folder) && folder.split('/').count() <= DEEPEST_MODULE)
        .collect();
    let mut found = folders.iter();
    match (found.next(), found.next()) {
        (None, _) => {
            let seen = "there is neither a Dockerfile nor a Makefile, a module-config.yaml, or a workflow that builds or releases";
            let help = "start init in the folder of a module's repository; examples/module of btp-release-action is one to copy";
            Err(Diagnostic::error(Code::NothingToRelease, seen, help))
        }
        (Some(only), None) => Ok(Some((*only).to_owned())),
        _ => {
            let seen = format!("several folders have a Dockerfile: {}", listed(folders));
            let help = "name the one of the module: --directory FOLDER; each gets a workflow of its own, with --output FILE";
            Err(Diagnostic::error(Code::FolderUnclear, seen, help))
        }
    }
}

/// The Dockerfile of the manager, and all others.
fn dockerfiles(files: &RepositoryFiles) -> (Option<String>, Vec<String>) {
    let is_one = |path: &&str| {
        let name = last_part(path);
        (name == "Dockerfile" || name.starts_with("Dockerfile.") || name.ends_with(".Dockerfile"))
            && is_plain_path(path)
            && path.split('/').count() <= DEEPEST_MODULE + 1
    };
    let mut found: Vec<&str> = files.paths().filter(is_one).collect();
    let rank = |path: &str| {
        let is_manager = ["manager", "operator"]
            .iter()
            .any(|word| path.contains(word));
        match () {
            () if path == "Dockerfile" => 0,
            () if is_manager => 1,
            () => 2,
        }
    };
    found.sort_by_key(|path| (rank(path), path.split('/').count(), *path));
    let mut found = found.into_iter().map(str::to_owned);
    (found.next(), found.collect())
}

fn builders(
    workflows: &[ExistingWorkflow<'_>],
    replaced: &[&ExistingWorkflow<'_>],
    short_name: &str,
) -> FoundBuilders {
    let mut found = FoundBuilders::default();
    let mut add = |workflow: &ExistingWorkflow<'_>| {
        let (calls, unnamed) = image_builds(workflows, workflow);
        for call in calls {
            let is_known = |one: &ImageBuild| one.name == call.name && one.suffix == call.suffix;
            if !found.calls.iter().any(is_known) {
                found.calls.push(call);
            }
        }
        found.unnamed.extend(unnamed);
    };
    replaced.iter().copied().for_each(&mut add);
    let is_replaced =
        |workflow: &ExistingWorkflow<'_>| replaced.iter().any(|one| one.file == workflow.file);
    let by_tag = workflows.iter().find(|workflow| {
        workflow.starts_by_tag()
            && !is_replaced(workflow)
            && !workflow.calls_this_project()
            && builds_image(workflows, workflow)
    });
    if found.calls.is_empty() && by_tag.is_none() {
        let mut others: Vec<_> = workflows
            .iter()
            .filter(|one| !one.calls_this_project())
            .collect();
        // A workflow for pull requests may give its image another name.
        others.sort_by_key(|workflow| workflow.starts_by_pull_request());
        let mut add = |workflow: &ExistingWorkflow<'_>| {
            let (calls, _) = image_builds(workflows, workflow);
            for call in calls {
                if !found.calls.iter().any(|one| one.name == call.name) {
                    found.calls.push(call);
                }
            }
        };
        others.into_iter().for_each(&mut add);
        found.are_elsewhere = !found.calls.is_empty();
    }
    manager_first(&mut found.calls, short_name);
    found.by_tag = by_tag.map(|workflow| {
        let (mut calls, _) = image_builds(workflows, workflow);
        manager_first(&mut calls, short_name);
        TagBuilder {
            file: workflow.file.to_owned(),
            name: workflow.name().unwrap_or(workflow.file).to_owned(),
            image: calls
                .first()
                .map(ImageBuild::image)
                .or_else(|| pushed_image(workflow)),
        }
    });
    found
}

fn rules(
    looked_at: &LookedAt<'_>,
    folder: Option<&str>,
    (workflows, commands): (&[ExistingWorkflow<'_>], &[String]),
) -> RepositoryRules {
    let GitFacts {
        default_branch,
        branch,
        remote_branches,
        tags,
        ..
    } = looked_at.git;
    let known = default_branch.clone().filter(|name| is_plain_name(name));
    let of_usual = DEFAULT_BRANCHES
        .into_iter()
        .find(|name| remote_branches.contains(*name) || branch.as_deref() == Some(*name));
    let minor = |branch: &String| {
        let numbers = branch
            .strip_prefix("release-")
            .and_then(|rest| rest.split_once('.'));
        numbers.is_some_and(|(major, minor)| {
            [major, minor]
                .iter()
                .all(|part| part.parse::<u32>().is_ok())
        })
    };
    let checks_branch = commands.iter().any(|run| {
        let run = run.replace(['{', '}', '"', ' '], "").to_ascii_lowercase();
        run.contains("release-$major.$minor")
    });
    let config = looked_at.files.text(".github/release.yml");
    let labels = workflows.iter().any(|workflow| {
        let text = workflow.text().to_ascii_lowercase();
        text.contains("label_validator")
            || text.contains("label-validator")
            || text.contains("validate labels")
    });
    let notes = |path: &str| {
        let version = path
            .strip_prefix("docs/release-notes/")
            .and_then(|name| name.strip_suffix(".md"));
        version.is_some_and(|version| version.trim_start_matches('v').parse::<Version>().is_ok())
    };
    let prefix = folder.map(|folder| format!("{}/", last_part(folder)));
    let prefixed = |prefix: &String| tags.iter().any(|tag| tag.starts_with(prefix.as_str()));
    let has_prefixed_tags = prefix.as_ref().is_some_and(prefixed);
    let prefix = prefix.filter(|_| has_prefixed_tags).unwrap_or_default();
    let (example, has_tags) = next_version(tags.iter().filter_map(|tag| tag.strip_prefix(&prefix)));
    let release_branches = match () {
        () if checks_branch => ReleaseBranches::Only,
        () if remote_branches.iter().any(minor) => ReleaseBranches::Too,
        () => ReleaseBranches::None,
    };
    RepositoryRules {
        branch_is_guessed: known.is_none(),
        default_branch: known.unwrap_or_else(|| of_usual.unwrap_or("main").to_owned()),
        release_branches,
        checks_labels: labels && config.is_some(),
        feature_label: config
            .filter(|config| config.contains(FEATURE_LABEL))
            .map(|_| FEATURE_LABEL),
        has_notes_files: looked_at.files.paths().any(notes)
            || commands
                .iter()
                .any(|run| run.contains("docs/release-notes/")),
        example,
        tags: match (has_tags, has_prefixed_tags) {
            (false, _) => SeenTags::None,
            (true, true) => SeenTags::Prefixed,
            (true, false) => SeenTags::Plain,
        },
    }
}

/// The patch after the highest version, written as its tag is.
fn next_version<'t>(tags: impl Iterator<Item = &'t str>) -> (String, bool) {
    let versions = tags.filter_map(|tag| {
        let version: semver::Version = tag.trim_start_matches('v').parse().ok()?;
        version
            .pre
            .is_empty()
            .then_some((version, tag.starts_with('v')))
    });
    match versions.max_by(|one, other| one.0.cmp(&other.0)) {
        Some((highest, has_v)) => {
            let v = if has_v { "v" } else { "" };
            let patch = highest.patch.saturating_add(1);
            (
                format!("{v}{}.{}.{patch}", highest.major, highest.minor),
                true,
            )
        }
        None => ("1.0.0".to_owned(), false),
    }
}

fn tokens(workflows: &[ExistingWorkflow<'_>], replaced: &[&ExistingWorkflow<'_>]) -> ReleaseTokens {
    let mut tokens = ReleaseTokens::default();
    for (id, job) in replaced.iter().flat_map(|workflow| workflow.jobs()) {
        if id.contains("publish") {
            let environment = job.get("environment");
            let name = environment.and_then(|one| one.as_str().or_else(|| text_of(one, "name")));
            tokens.environment = tokens
                .environment
                .take()
                .or(name.filter(|name| is_plain_name(name)).map(str::to_owned));
        }
        for step in steps(job) {
            let uses = text_of(step, "uses").unwrap_or_default();
            let run = text_of(step, "run").unwrap_or_default().replace('_', "-");
            if uses.starts_with("actions/create-github-app-token@") {
                let with = texts(step.get("with"));
                let secret = |key: &str| secret_of(with.get(key)?).map(str::to_owned);
                let id = secret("client-id").or_else(|| secret("app-id"));
                tokens.app = tokens.app.take().or(id.zip(secret("private-key")));
            }
            if ["release edit", "publish-release"]
                .iter()
                .any(|word| run.contains(word))
            {
                let env = texts(step.get("env"));
                let secret = |key: &str| secret_of(env.get(key)?);
                let token = secret("GH_TOKEN").or_else(|| secret("GITHUB_TOKEN"));
                let own = token.filter(|name| *name != "GITHUB_TOKEN");
                tokens.publish = tokens.publish.take().or(own.map(str::to_owned));
            }
        }
    }
    let started = workflows.iter().filter(|one| one.starts_by_release());
    tokens.started_by_release = started.map(|one| one.file.to_owned()).collect();
    tokens
}
