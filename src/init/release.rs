//! Which release a repository gets: who builds, and which inputs fit.

use super::calls::{UNPINNED, granted, named_secret, ours, publishing_secrets, secrets_of};
use super::choices::{ReleaseFiles, WhoBuilds, has_module, release_files, who_builds};
use super::document::{JobInput, NewJob, NewWorkflow};
use super::explain::{explain_builders, explain_files, explain_module};
use super::facts::{ReleaseBranches, RepositoryFacts, SeenTags, TagBuilder};
use super::image_builds::ImageBuild;
use super::jobs::between_halves;
use super::makefile::Makefile;
use super::module::{RENDERED, RenderedBy};
use super::names::last_part;
use super::summary::InitSummary;
use super::test_commands::{e2e_tests, hold_back, unit_tests};

/// Decides, and says in the summary what was guessed and what is left to do.
pub(super) fn workflow(facts: &RepositoryFacts<'_>, summary: &mut InitSummary) -> NewWorkflow {
    let who = who_builds(facts);
    let has_module = has_module(facts, &who);
    let files = release_files(facts, has_module);
    explain_builders(facts, &who, summary);
    explain_module(facts, has_module, summary);
    let mut inputs = start_inputs(facts, &who);
    inputs.extend(image_inputs(facts, &who, summary));
    inputs.extend(module_inputs(facts, has_module));
    inputs.extend(rule_inputs(facts, &who));
    if let Some(files) = &files {
        explain_files(facts, files, has_module, summary);
    }
    let jobs = if let WhoBuilds::ImageBuilder(builds) = who {
        if let Some(files) = &files {
            let why = "the files of the release, which job `assets` uploads";
            inputs.push(JobInput::lines("files", files.files.clone(), why));
        }
        between_halves(facts, inputs, (builds, files.as_ref()), summary)
    } else {
        inputs.extend(file_inputs(files));
        inputs.extend(test_inputs(facts, summary));
        inputs.extend(hold_back(facts, &[]));
        summary.tests_stay_behind(facts);
        vec![single_call(facts, inputs, &who)]
    };
    NewWorkflow {
        header: header(facts),
        example: facts.rules.example.clone(),
        has_queue: jobs.len() > 1,
        jobs,
    }
}

fn header(facts: &RepositoryFacts<'_>) -> Vec<String> {
    let mut lines = vec![
        "Releases this repository: plan and draft, then builds and tests, then publication.".to_owned(),
        "Written by `btp-release init` from the files that were here. It is yours: change what does not fit.".to_owned(),
    ];
    lines.push("`@v1` moves with the releases of btp-release-action; pin the hash of a release if your rules ask for it.".to_owned());
    if !facts.replaced.is_empty() {
        let files: Vec<&str> = facts.replaced.iter().map(|file| last_part(file)).collect();
        lines.push(format!("It takes the place of {}.", files.join(", ")));
    }
    lines
}

fn start_inputs(facts: &RepositoryFacts<'_>, who: &WhoBuilds<'_>) -> Vec<JobInput> {
    let mut inputs = vec![JobInput::own(
        "version",
        "${{ inputs.version }}",
        "as it was typed: the tag and the release are called exactly so",
    )];
    let why = "the next patch, minor or major: no gap, and no version twice";
    inputs.push(JobInput::own("version-policy", "increment", why));
    if let Some(folder) = &facts.folder {
        inputs.push(JobInput::text(
            "directory",
            folder,
            "the module's folder: every command runs in it",
        ));
        let prefix = last_part(folder);
        let v = if facts.rules.example.starts_with('v') {
            "v"
        } else {
            ""
        };
        if facts.rules.tags == SeenTags::Prefixed {
            let format = format!("{prefix}/{v}{{version}}");
            inputs.push(JobInput::text(
                "tag-format",
                format,
                "the tags of this folder",
            ));
        }
    }
    let (word, why) = match who {
        WhoBuilds::ImageBuilder(_) => (
            "caller",
            "the images are built by jobs of this workflow, below",
        ),
        WhoBuilds::Tag(_) => ("tag", "the tag starts the workflow that builds"),
        WhoBuilds::Called | WhoBuilds::Nobody => {
            ("called", "the builds are jobs of the called workflow")
        }
    };
    inputs.push(JobInput::own("builders", word, why));
    if let WhoBuilds::Tag(builder) = who {
        let why = "when this workflow fails, the wait for what it builds ends";
        inputs.push(JobInput::text("builder-checks", &builder.name, why));
    }
    inputs
}

fn image_inputs(
    facts: &RepositoryFacts<'_>,
    who: &WhoBuilds<'_>,
    summary: &mut InitSummary,
) -> Vec<JobInput> {
    let mut inputs = Vec::new();
    let own = facts.makefile.as_ref().and_then(Makefile::image);
    match who {
        WhoBuilds::ImageBuilder(builds) => {
            let mut builds = builds.iter();
            if let Some(first) = builds.next() {
                let why = "the manager's image, which job `build` pushes";
                inputs.push(JobInput::text("binary-image", first.image(), why));
            }
            let further: Vec<String> = builds.map(extra_image).collect();
            if !further.is_empty() {
                let why = "further images, which are awaited and checked as well";
                inputs.push(JobInput::lines("extra-images", further, why));
            }
        }
        WhoBuilds::Tag(TagBuilder {
            image: Some(image), ..
        }) => {
            inputs.push(JobInput::text(
                "binary-image",
                image,
                "the image that the tag's workflow pushes",
            ));
        }
        WhoBuilds::Tag(TagBuilder {
            image: None, file, ..
        }) => match own {
            Some(image) => {
                summary.guess(format!("the image is `{image}`, as the Makefile has it: `{file}` does not write its name out"));
                inputs.push(JobInput::text(
                    "binary-image",
                    image,
                    "the image of the Makefile",
                ));
            }
            None => summary.task(format!(
                "add `binary-image: REGISTRY/PATH`: what `{file}` pushes is known only to its run"
            )),
        },
        WhoBuilds::Called => {
            if let Some(image) = own.filter(|image| !image.starts_with("ghcr.io/")) {
                summary.guess(format!("the image is `{image}`, as the Makefile has it; without `binary-image` it goes to ghcr.io"));
                let push =
                    "the secrets REGISTRY_USERNAME and REGISTRY_PASSWORD: they push the image";
                summary.set(push.to_owned());
                inputs.push(JobInput::text(
                    "binary-image",
                    image,
                    "the image of the Makefile",
                ));
            }
            if let Some(dockerfile) = facts
                .dockerfile
                .as_ref()
                .filter(|path| *path != "Dockerfile")
            {
                inputs.push(JobInput::text("dockerfile", dockerfile, "below the folder"));
            }
        }
        WhoBuilds::Nobody => {
            inputs.push(JobInput::own(
                "binary-image",
                "none",
                "no Dockerfile was found",
            ));
        }
    }
    inputs
}

/// An image that is not the manager's, with its tag where that is not the release's.
fn extra_image(build: &ImageBuild) -> String {
    match build.suffix.as_str() {
        "" => build.image(),
        suffix => format!("{}:{{version}}{suffix}", build.image()),
    }
}

fn module_inputs(facts: &RepositoryFacts<'_>, has_module: bool) -> Vec<JobInput> {
    if !has_module {
        return vec![JobInput::flag(
            "module",
            false,
            "this release has no module image",
        )];
    }
    let module = &facts.module;
    let makefile = facts.makefile.clone().unwrap_or_default();
    let mut inputs = Vec::new();
    if let Some(rendered_by) = &module.rendered_by {
        let why = "writes the manifest; IMAGE and VERSION are in its environment";
        inputs.push(JobInput::text(
            "render-command",
            rendered_by.command(&makefile),
            why,
        ));
    }
    let by_target = match &module.rendered_by {
        Some(RenderedBy::Target(target)) => makefile.output_of(target),
        _ => None,
    };
    let of_config = module
        .config
        .as_ref()
        .and_then(|(_, config)| config.manifest.as_deref());
    if let Some(manifest) = by_target.or(of_config).filter(|path| *path != RENDERED) {
        inputs.push(JobInput::text(
            "manifest",
            manifest,
            "the file that it writes",
        ));
    }
    let has_own_cr = module
        .config
        .as_ref()
        .is_some_and(|(_, config)| config.has_default_cr);
    if let Some(default_cr) = module.default_cr.as_ref().filter(|_| !has_own_cr) {
        inputs.push(JobInput::text(
            "default-cr",
            default_cr,
            "the default custom resource of the module",
        ));
    }
    if let Some((path, _)) = &module.config {
        inputs.push(JobInput::text(
            "module-config",
            path,
            "name, links and labels of the module",
        ));
    }
    if let Some(security) = &module.security {
        inputs.push(JobInput::text(
            "security-config",
            security,
            "what the security scanners read",
        ));
    }
    inputs
}

fn rule_inputs(facts: &RepositoryFacts<'_>, who: &WhoBuilds<'_>) -> Vec<JobInput> {
    let rules = &facts.rules;
    let mut inputs = Vec::new();
    let minors = "release-{major}.{minor}".to_owned();
    if rules.release_branches == ReleaseBranches::Only {
        let why = "the commit has to be on the branch of its minor";
        inputs.push(JobInput::lines("branch-pattern", vec![minors], why));
    } else if rules.release_branches == ReleaseBranches::Too {
        let why = "the commit has to be on one of these";
        let lines = vec![rules.default_branch.clone(), minors];
        inputs.push(JobInput::lines("branch-pattern", lines, why));
    }
    let why = "nothing may be merged onto it until the release is published";
    if rules.release_branches == ReleaseBranches::None {
        inputs.push(JobInput::text("guard-branch", &rules.default_branch, why));
    } else {
        inputs.push(JobInput::own("guard-branch", "${{ github.ref_name }}", why));
    }
    if rules.checks_labels {
        let why = "each pull request has exactly one label of .github/release.yml";
        inputs.push(JobInput::flag("validate-labels", true, why));
        if let Some(label) = rules.feature_label {
            let why = "pull requests with it need a new minor version";
            inputs.push(JobInput::own("feature-labels", label, why));
        }
    }
    if rules.has_notes_files {
        let why = "docs/release-notes/VERSION.md, then the notes of GitHub";
        inputs.push(JobInput::own("notes", "file generate", why));
    }
    if !matches!(who, WhoBuilds::Tag(_)) {
        let why = "right before publication: a run that fails leaves no tag";
        inputs.push(JobInput::own("tag-when", "publish", why));
    }
    inputs
}

fn file_inputs(files: Option<ReleaseFiles>) -> Vec<JobInput> {
    let Some(ReleaseFiles { command, files }) = files else {
        return Vec::new();
    };
    let why = "makes the files; IMAGE, VERSION, TAG and COMMIT are in its environment";
    let command = command.map(|command| JobInput::text("assets-command", command, why));
    let files = JobInput::lines(
        "files",
        files,
        "the files of the release, from the root of the repository",
    );
    command.into_iter().chain([files]).collect()
}

fn test_inputs(facts: &RepositoryFacts<'_>, summary: &mut InitSummary) -> Vec<JobInput> {
    let (unit, e2e) = (unit_tests(facts), e2e_tests(facts));
    summary.tests(&unit, &e2e);
    vec![
        JobInput::text("unit-test-command", unit.command, unit.why),
        JobInput::text("e2e-command", e2e.command, e2e.why),
    ]
}

/// The only job: it calls the whole release.
fn single_call(facts: &RepositoryFacts<'_>, with: Vec<JobInput>, who: &WhoBuilds<'_>) -> NewJob {
    let rights = [
        "actions: read",
        "attestations: write",
        "checks: read",
        "contents: write",
        "id-token: write",
        "issues: read",
        "packages: write",
        "pull-requests: read",
        "statuses: write",
    ];
    let mut secrets = publishing_secrets(facts);
    let has_app = facts.tokens.app.is_some();
    let is_tag = matches!(who, WhoBuilds::Tag(_));
    if is_tag && !has_app {
        let secret = facts.tokens.publish.clone();
        let why = "makes the tag: one that the job's own token makes starts no workflow";
        secrets.push(named_secret(
            "RELEASE_TOKEN",
            secret.as_deref().unwrap_or("RELEASE_TOKEN"),
            why,
        ));
    }
    let needs_login = |input: &JobInput| input.name == "binary-image" && !input.is_own();
    if matches!(who, WhoBuilds::Called) && with.iter().any(needs_login) {
        secrets.push(named_secret(
            "REGISTRY_USERNAME",
            "REGISTRY_USERNAME",
            "pushes the image",
        ));
        secrets.push(named_secret(
            "REGISTRY_PASSWORD",
            "REGISTRY_PASSWORD",
            "likewise",
        ));
    }
    NewJob {
        id: "release".to_owned(),
        why: "plan, draft, builds, tests and publication".to_owned(),
        permissions: granted(&rights),
        rights_why: "all that is asked for".to_owned(),
        uses: ours("create-release.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        secrets: secrets_of(secrets),
        ..NewJob::default()
    }
}
