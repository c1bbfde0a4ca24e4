//! The jobs between the two halves of a release: builds by the image builder, files, and the repository's own tests.

use super::calls::{UNPINNED, granted, ours, publishing_secrets, secrets_of};
use super::carried::{CarriedInput, CarriedSecrets, CarriedTest};
use super::choices::ReleaseFiles;
use super::document::{JobInput, JobSecrets, NamedSecret, NewJob};
use super::existing::TextPart;
use super::facts::{ReleaseBranches, RepositoryFacts};
use super::image_builds::ImageBuild;
use super::names::last_part;
use super::summary::InitSummary;
use super::test_commands::{e2e_tests, hold_back, unit_tests};

const IMAGE_BUILDER: &str = "kyma-project/test-infra/.github/workflows/image-builder.yml@main";
/// The registry trusts the builder at this reference only.
const BUILDER_WHY: &str = "zizmor: ignore[unpinned-uses] the registry trusts it only at main";
/// A called workflow of the same repository is of the commit that is released.
const OWN_WHY: &str = "zizmor: ignore[self-repository]";
const INHERIT_WHY: &str = "zizmor: ignore[secrets-inherit] as today: name those that it needs";
const PLAN: &str = "${{ needs.start.outputs.plan }}";
const PLAN_WHY: &str = "what `start` worked out";
const BY_DIGEST: &str = "${{ needs.start.outputs.image }}@${{ needs.build.outputs.digest }}";
const DIGESTS: &str = "'{\"binary-image\": \"${{ needs.build.outputs.digest }}\"}'";
const START: &str = "start";
const FINISH: &str = "finish";

/// All jobs, `start` first and `finish` last.
pub(super) fn between_halves(
    facts: &RepositoryFacts<'_>,
    inputs: Vec<JobInput>,
    (builds, files): (&[ImageBuild], Option<&ReleaseFiles>),
    summary: &mut InitSummary,
) -> Vec<NewJob> {
    let mut jobs = vec![start(facts, inputs)];
    for build in builds {
        let id = build_id(build, &jobs);
        jobs.push(build_job(id, build));
    }
    let ids = |jobs: &[NewJob]| jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>();
    let with_builds = ids(&jobs);
    jobs.extend(files.map(|files| assets(facts, files)));
    let image = builds.first().map(ImageBuild::image).unwrap_or_default();
    let tests = &facts.jobs.tests;
    let has = |words: &[&str]| {
        tests.iter().any(|test| {
            words
                .iter()
                .any(|word| test.id.contains(word) || test.file.contains(word))
        })
    };
    let (unit, e2e) = (unit_tests(facts), e2e_tests(facts));
    if !has(&["unit"]) && unit.exists {
        jobs.push(own_unit_tests(
            facts,
            unit.command.clone(),
            unit.why.clone(),
        ));
    }
    for test in tests {
        let id = test_id(test, &jobs);
        jobs.push(carried(id, test, (&image, &with_builds), summary));
    }
    if !has(&["e2e", "integration"]) && e2e.exists {
        jobs.push(own_e2e_tests(
            facts,
            e2e.command.clone(),
            e2e.why.clone(),
            &with_builds,
        ));
    }
    let mut no_tests = Vec::new();
    if !has(&["e2e", "integration"]) && !e2e.exists {
        no_tests.push("E2E tests");
        summary.task("add your E2E tests as a job between `start` and `finish`, and its name to `needs` of `finish`: none were found that can be called".to_owned());
    }
    if !has(&["unit"]) && !unit.exists {
        no_tests.push("unit tests");
        summary.task("add your unit tests likewise: none were found".to_owned());
    }
    summary.tests_stay_behind(facts);
    let needs = ids(&jobs);
    jobs.push(finish(facts, needs, &no_tests));
    jobs
}

fn start(facts: &RepositoryFacts<'_>, with: Vec<JobInput>) -> NewJob {
    let why = if facts.rules.release_branches == ReleaseBranches::Only {
        "the plan and the draft; started on the branch of the minor, such as release-1.2"
    } else {
        "the plan and the draft"
    };
    NewJob {
        id: START.to_owned(),
        why: why.to_owned(),
        permissions: granted(&[
            "contents: write",
            "issues: read",
            "packages: read",
            "pull-requests: read",
        ]),
        rights_why: "the draft, and what is there already".to_owned(),
        uses: ours("start-release.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        ..NewJob::default()
    }
}

/// `build` for the manager's image, and a name of its own for each other one.
fn build_id(build: &ImageBuild, jobs: &[NewJob]) -> String {
    if jobs.len() == 1 {
        return "build".to_owned();
    }
    let name = format!("build-{}{}", last_part(&build.name), build.suffix);
    unique(&name, jobs)
}

fn test_id(test: &CarriedTest, jobs: &[NewJob]) -> String {
    unique(&test.id, jobs)
}

/// An id that GitHub accepts and no other job has.
fn unique(name: &str, jobs: &[NewJob]) -> String {
    let mut id: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    if !id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        id = format!("job-{id}");
    }
    while id == FINISH || jobs.iter().any(|job| job.id == id) {
        id.push_str("-2");
    }
    id
}

fn build_job(id: String, build: &ImageBuild) -> NewJob {
    let mut with = vec![JobInput::text(
        "name",
        &build.name,
        "below europe-docker.pkg.dev/kyma-project/prod",
    )];
    if let Some(dockerfile) = &build.dockerfile {
        with.push(JobInput::text("dockerfile", dockerfile, "as today"));
    }
    if let Some(context) = build.context.as_ref().filter(|context| *context != ".") {
        with.push(JobInput::text("context", context, "as today"));
    }
    if let Some(platforms) = build.platforms.as_ref().filter(|list| !list.is_empty()) {
        with.push(JobInput::text("platforms", platforms, "as today"));
    }
    if !build.build_args.is_empty() {
        let version = "${{ needs.start.outputs.version }}";
        let lines = build.build_args.iter().map(|parts| joined(parts, version));
        let lines: Vec<String> = lines.collect();
        with.push(JobInput::text("build-args", lines.join("\n"), "as today"));
    }
    let (tag, why) = match build.suffix.as_str() {
        "" => (
            "${{ needs.start.outputs.tag }}".to_owned(),
            "the release's own tag",
        ),
        suffix => (
            format!("${{{{ needs.start.outputs.version }}}}{suffix}"),
            "as `extra-images` names it",
        ),
    };
    with.push(JobInput::text("tags", tag, why));
    NewJob {
        id,
        why: "builds the commit that this run was started for".to_owned(),
        needs: vec![START.to_owned()],
        permissions: granted(&["contents: read", "id-token: write"]),
        rights_why: "the image builder is told who runs it".to_owned(),
        uses: IMAGE_BUILDER.to_owned(),
        uses_why: BUILDER_WHY.to_owned(),
        with,
        ..NewJob::default()
    }
}

fn assets(facts: &RepositoryFacts<'_>, files: &ReleaseFiles) -> NewJob {
    let mut with = vec![JobInput::own("plan", PLAN, PLAN_WHY)];
    with.extend(directory(facts));
    if let Some(command) = &files.command {
        let why = "makes the files; IMAGE, VERSION, TAG and COMMIT are in its environment";
        with.push(JobInput::text("assets-command", command, why));
    }
    with.push(JobInput::lines(
        "files",
        files.files.clone(),
        "the same as in `start`",
    ));
    NewJob {
        id: "assets".to_owned(),
        why: "the files of the release".to_owned(),
        needs: vec![START.to_owned()],
        permissions: granted(&["contents: write"]),
        rights_why: "the draft's files".to_owned(),
        uses: ours("upload-assets.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        ..NewJob::default()
    }
}

fn directory(facts: &RepositoryFacts<'_>) -> Option<JobInput> {
    let folder = facts.folder.as_ref()?;
    Some(JobInput::text("directory", folder, "the module's folder"))
}

fn own_unit_tests(facts: &RepositoryFacts<'_>, command: String, why: String) -> NewJob {
    let commit = "${{ needs.start.outputs.commit }}";
    let mut with = vec![JobInput::own(
        "commit",
        commit,
        "what is released is what is tested",
    )];
    with.extend(directory(facts));
    with.push(JobInput::text("command", command, why));
    NewJob {
        id: "unit-tests".to_owned(),
        why: "the repository's unit tests".to_owned(),
        needs: vec![START.to_owned()],
        permissions: granted(&["contents: read"]),
        uses: ours("run-unit-tests.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        ..NewJob::default()
    }
}

fn own_e2e_tests(
    facts: &RepositoryFacts<'_>,
    command: String,
    why: String,
    needs: &[String],
) -> NewJob {
    let rights = [
        "actions: read",
        "attestations: write",
        "checks: read",
        "contents: write",
        "id-token: write",
        "packages: read",
        "statuses: write",
    ];
    let mut with = vec![JobInput::own("plan", PLAN, PLAN_WHY)];
    with.extend(directory(facts));
    with.push(JobInput::text("command", command, why));
    with.push(JobInput::own(
        "expected-digests",
        DIGESTS,
        "another image under the tag is refused",
    ));
    NewJob {
        id: "e2e-tests".to_owned(),
        why: "on the two newest minors of k3s".to_owned(),
        needs: needs.to_vec(),
        permissions: granted(&rights),
        rights_why:
            "the draft, the images, and a verdict at the commit, which a job of its own signs"
                .to_owned(),
        uses: ours("run-e2e-tests.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        ..NewJob::default()
    }
}

/// A test of today, with what the release knows in place of what today's workflow knew.
fn carried(
    id: String,
    test: &CarriedTest,
    (image, with_builds): (&str, &[String]),
    summary: &mut InitSummary,
) -> NewJob {
    let tag = "${{ needs.start.outputs.tag }}";
    let with: Vec<JobInput> = test
        .inputs
        .iter()
        .map(
            |CarriedInput {
                 name,
                 parts,
                 is_typed,
             }| {
                let given = joined(parts, tag);
                if given == format!("{image}:{tag}") {
                    let why = "by digest: what is tested is what is published";
                    return JobInput::text(name, BY_DIGEST, why);
                }
                if *is_typed {
                    return JobInput::typed(name, given, "as today");
                }
                JobInput::text(name, given, "as today")
            },
        )
        .collect();
    if test.rights_unknown {
        summary.guess(format!(
            "`{}` needs `contents: read` for the jobs that name no permissions",
            test.file
        ));
    }
    let needs = if with.is_empty() {
        vec![START.to_owned()]
    } else {
        with_builds.to_vec()
    };
    let secrets = match &test.secrets {
        CarriedSecrets::None => JobSecrets::None,
        CarriedSecrets::Inherited => JobSecrets::Inherited(INHERIT_WHY.to_owned()),
        CarriedSecrets::Named(names) => {
            let passed = names.iter().map(|(name, secret)| NamedSecret {
                name: name.clone(),
                secret: secret.clone(),
                why: String::new(),
            });
            secrets_of(passed.collect())
        }
    };
    NewJob {
        id,
        why: "as today".to_owned(),
        needs,
        permissions: test.permissions.clone(),
        rights_why: "all that its jobs ask for".to_owned(),
        uses: format!("./{}", test.file),
        uses_why: OWN_WHY.to_owned(),
        with,
        secrets,
        ..NewJob::default()
    }
}

/// A text with expressions again.
fn joined(parts: &[TextPart], version: &str) -> String {
    let texts = parts.iter().map(|part| match part {
        TextPart::Literal(text) => text.clone(),
        TextPart::Version => version.to_owned(),
        TextPart::Expression(expression) => format!("${{{{ {expression} }}}}"),
    });
    texts.collect()
}

fn finish(facts: &RepositoryFacts<'_>, needs: Vec<String>, no_tests: &[&str]) -> NewJob {
    let rights = [
        "actions: read",
        "attestations: write",
        "checks: read",
        "contents: write",
        "id-token: write",
        "packages: read",
        "statuses: read",
    ];
    let mut with = vec![
        JobInput::own(
            "needs",
            "${{ toJSON(needs) }}",
            "every job that is named there has to succeed",
        ),
        JobInput::own(
            "expected-digests",
            DIGESTS,
            "another image under the tag is refused",
        ),
    ];
    with.extend(hold_back(facts, no_tests));
    if let Some(environment) = &facts.tokens.environment {
        let why = "as today: its reviewers approve; a rejection leaves the draft";
        with.push(JobInput::text("environment", environment, why));
    }
    NewJob {
        id: FINISH.to_owned(),
        why: "every gate, then the tag and the publication".to_owned(),
        needs,
        is_always: true,
        permissions: granted(&rights),
        rights_why: "all that is asked for".to_owned(),
        uses: ours("finish-release.yaml"),
        uses_why: UNPINNED.to_owned(),
        with,
        secrets: secrets_of(publishing_secrets(facts)),
    }
}
