//! The images that workflows of a repository build today.

use std::collections::BTreeSet;

use serde_json::Value;

use super::existing::{ExistingWorkflow, TextPart, called, steps, text_of};
use super::names::{is_plain_path, last_part, plain_path};

/// The reusable workflow that may push to Kyma's registry.
const IMAGE_BUILDER: &str = "kyma-project/test-infra/.github/workflows/image-builder.yml@";
/// Where it pushes what is not of a pull request.
pub(super) const PRODUCTION: &str = "europe-docker.pkg.dev/kyma-project/prod/";
/// How many workflows may call each other.
const DEEPEST: usize = 4;
/// What builds an image in a step.
const BUILDING: [&str; 6] = [
    "docker build ",
    "docker buildx build",
    "docker-push",
    "docker-buildx",
    "ko build",
    "image-push",
];

/// A call of the image builder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageBuild {
    /// Its path below [`PRODUCTION`].
    pub(super) name: String,
    pub(super) dockerfile: Option<String>,
    pub(super) context: Option<String>,
    pub(super) platforms: Option<String>,
    /// Lines whose meaning is known.
    pub(super) build_args: Vec<Vec<TextPart>>,
    /// Whether build arguments were left out, since nobody outside of the workflow knows what they mean.
    pub(super) lost_args: bool,
    /// What follows the version in the image's tag.
    pub(super) suffix: String,
}

impl ImageBuild {
    pub(super) fn image(&self) -> String {
        format!("{PRODUCTION}{}", self.name)
    }
}

/// The calls of the image builder in a workflow and in those that it calls, each image once. The second list has the ids of jobs whose
/// image has no plain name.
pub(super) fn image_builds(
    all: &[ExistingWorkflow<'_>],
    workflow: &ExistingWorkflow<'_>,
) -> (Vec<ImageBuild>, Vec<String>) {
    let mut found = FoundBuilds::default();
    found.add(all, workflow, 0);
    (found.builds, found.unnamed)
}

#[derive(Default)]
struct FoundBuilds {
    builds: Vec<ImageBuild>,
    unnamed: Vec<String>,
    seen: BTreeSet<String>,
}

impl FoundBuilds {
    fn add(&mut self, all: &[ExistingWorkflow<'_>], workflow: &ExistingWorkflow<'_>, depth: usize) {
        if depth > DEEPEST || !self.seen.insert(workflow.file.to_owned()) {
            return;
        }
        for (id, job) in workflow.jobs() {
            let used = text_of(job, "uses").unwrap_or_default();
            if used.starts_with(IMAGE_BUILDER) {
                match build(workflow, job) {
                    Some(build) if !self.builds.iter().any(|one| is_same(one, &build)) => {
                        self.builds.push(build);
                    }
                    Some(_) => {}
                    None => self.unnamed.push(id.to_owned()),
                }
            } else if let Some(next) = called(all, job) {
                self.add(all, next, depth + 1);
            }
        }
    }
}

fn is_same(one: &ImageBuild, other: &ImageBuild) -> bool {
    one.name == other.name && one.suffix == other.suffix
}

fn build(workflow: &ExistingWorkflow<'_>, job: &Value) -> Option<ImageBuild> {
    let with = job.get("with")?;
    let name = plain_path(text_of(with, "name")?)?;
    let path = |key: &str| {
        let path = text_of(with, key)?;
        if path == "." {
            return Some(path.to_owned());
        }
        plain_path(path).map(str::to_owned)
    };
    let given = text_of(with, "build-args").unwrap_or_default();
    let lines = given.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines.map(|line| workflow.parts(line)).collect();
    let platforms = text_of(with, "platforms").unwrap_or_default();
    let is_platform = |part: &str| is_plain_path(part) && part.contains('/');
    Some(ImageBuild {
        name: name.to_owned(),
        dockerfile: path("dockerfile"),
        context: path("context"),
        platforms: platforms
            .split([',', '\n'])
            .all(|part| is_platform(part.trim()))
            .then(|| platforms.trim().replace('\n', ",")),
        lost_args: lines.iter().any(Option::is_none),
        build_args: lines.into_iter().flatten().collect(),
        suffix: suffix(workflow, text_of(with, "tags").unwrap_or_default()),
    })
}

/// What stands behind the version where that is the beginning of the only tag.
fn suffix(workflow: &ExistingWorkflow<'_>, tags: &str) -> String {
    match workflow.parts(tags.trim()).as_deref() {
        Some([TextPart::Version, TextPart::Literal(rest)])
            if rest.starts_with('-')
                && is_plain_path(&format!("a{rest}"))
                && !rest.contains('/') =>
        {
            rest.clone()
        }
        _ => String::new(),
    }
}

/// Puts the image of the module's manager first: the one that is called as the repository, without a suffix, or as a manager or an operator
/// is.
pub(super) fn manager_first(builds: &mut [ImageBuild], repository: &str) {
    builds.sort_by_key(|build| {
        let name = last_part(&build.name);
        let is_manager = ["manager", "operator"]
            .iter()
            .any(|word| name.contains(word));
        let rank = match () {
            () if name == repository => 0,
            () if is_manager => 1,
            () => 2,
        };
        (!build.suffix.is_empty(), rank)
    });
}

/// Whether steps of a workflow, or workflows that it calls, build an image.
pub(super) fn builds_image(all: &[ExistingWorkflow<'_>], workflow: &ExistingWorkflow<'_>) -> bool {
    let (builds, unnamed) = image_builds(all, workflow);
    let builds_in_step = |step: &Value| {
        let uses = text_of(step, "uses").unwrap_or_default();
        let run = text_of(step, "run").unwrap_or_default();
        uses.starts_with("docker/build-push-action@")
            || BUILDING.iter().any(|word| run.contains(word))
    };
    !builds.is_empty()
        || !unnamed.is_empty()
        || workflow
            .jobs()
            .any(|(_, job)| steps(job).any(builds_in_step))
}

/// The image that a step pushes, without its tag, if its name is written out.
pub(super) fn pushed_image(workflow: &ExistingWorkflow<'_>) -> Option<String> {
    let all_steps = workflow.jobs().flat_map(|(_, job)| steps(job));
    let tags = all_steps.filter_map(|step| {
        let uses = text_of(step, "uses")?;
        let is_build = uses.starts_with("docker/build-push-action@");
        is_build
            .then(|| text_of(step.get("with")?, "tags"))
            .flatten()
    });
    let lines = tags.flat_map(|tags| tags.split(['\n', ',']));
    let mut images = lines.filter_map(|line| match workflow.parts(line.trim())?.as_slice() {
        parts @ [.., TextPart::Version | TextPart::Expression(_)] => {
            let before: Option<String> = parts
                .iter()
                .take(parts.len() - 1)
                .map(|part| match part {
                    TextPart::Literal(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            let image = before?.strip_suffix(':')?.to_owned();
            (plain_path(&image).is_some() && image.contains('/')).then_some(image)
        }
        _ => None,
    });
    images.next()
}

#[cfg(test)]
mod tests {
    use super::super::existing::read;
    use super::*;
    use crate::domain::RepositoryFiles;

    fn builds(files: &RepositoryFiles) -> (Vec<ImageBuild>, Vec<String>) {
        let (all, _) = read(files);
        image_builds(&all, &all[0])
    }

    #[test]
    fn builds_are_found_through_called_workflows_each_once() {
        let mut files = RepositoryFiles::default();
        let mut add = |name: &str, text: &str| {
            files.add(format!(".github/workflows/{name}"), Some(text.to_owned()));
        };
        let builder = format!("{IMAGE_BUILDER}main");
        add(
            "a.yaml",
            &format!(
                "on: {{workflow_dispatch: {{inputs: {{version: }}}}}}\njobs:\n  one: {{uses: ./.github/workflows/b.yaml}}\n  \
                 two: {{uses: {builder}, with: {{name: x/y-manager, tags: '${{{{ inputs.version }}}}-exp', dockerfile: ./Dockerfile, \
                 build-args: \"A=${{{{ inputs.version }}}}\\nB=${{{{ needs.z.outputs.q }}}}\"}}}}\n  odd: {{uses: {builder}, with: {{name: '$(id)'}}}}\n"
            ),
        );
        add(
            "b.yaml",
            &format!(
                "jobs:\n  three: {{uses: {builder}, with: {{name: main, platforms: linux/amd64}}}}\n  twin: {{uses: {builder}, with: {{name: main}}}}\n  \
                 back: {{uses: ./.github/workflows/a.yaml}}\n"
            ),
        );
        let (mut found, unnamed) = builds(&files);
        assert_eq!(unnamed, ["odd"]);
        manager_first(&mut found, "main");
        let short: Vec<_> = found
            .iter()
            .map(|build| (build.name.as_str(), build.suffix.as_str()))
            .collect();
        assert_eq!(short, [("main", ""), ("x/y-manager", "-exp")]);
        assert_eq!(found[0].platforms.as_deref(), Some("linux/amd64"));
        assert_eq!(found[1].dockerfile.as_deref(), Some("Dockerfile"));
        assert!(found[1].lost_args && found[1].build_args.len() == 1);
    }
}
