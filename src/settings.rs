//! What was typed, given its meaning: every value parsed, every default filled in, and all that is wrong said at once.

mod context;
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cli::{
    AwaitArgs, BuildModuleArgs, DiscardArgs, DraftArgs, FetchModuleArgs, PhaseArgs, PlanArgs,
    PublishArgs, UploadArgs,
};
use crate::domain::{
    AssetName, ImageRef, Invalid, JobResults, PinnedImage, RepoSlug, Repository, Tag, TagFormat,
    Version,
};
use crate::module::build::DescriptorStyle;
use crate::module::template::TemplateForm;
use crate::phases::{
    Await, BuildModule, Discard, Draft, FetchModule, Finding, Phase, Plan, Publish, Recipe, Tested,
    Upload, Watch,
};
use crate::plan::{Artifact, ModulePlan, NotesSource, ReleasePlan, Wanted};

pub use context::{Context, Runner};
use reader::Reader;

/// A phase that is ready to run, and how to reach the services.
pub struct Settings {
    pub phase: Box<dyn Phase>,
    pub github: GitHubAccess,
    pub registry: RegistryAccess,
    pub timeout: Duration,
    pub dry_run: bool,
    pub verbose: bool,
}

impl Settings {
    /// What must not appear in a log.
    pub fn secrets(&self) -> Vec<&str> {
        let password = self
            .registry
            .login
            .as_ref()
            .map(|(_, password)| password.expose_secret());
        password
            .into_iter()
            .chain([self.github.token.expose_secret()])
            .collect()
    }
}

pub struct GitHubAccess {
    pub repository: RepoSlug,
    pub api_url: Url,
    pub graphql_url: Url,
    pub token: SecretString,
}

pub struct RegistryAccess {
    /// User and password, or a token in its place.
    pub login: Option<(String, SecretString)>,
    /// Where the login is used: the registries of the release's own images.
    pub hosts: BTreeSet<String>,
    /// The text of a docker `config.json`.
    pub docker_config: Option<String>,
}

/// Reads a small text file of the reader's.
pub type ReadFile<'a> = &'a dyn Fn(&std::path::Path) -> std::io::Result<String>;

/// Everything that is wrong is listed together, so that it is put right in one go.
pub fn resolve(
    args: &PhaseArgs,
    context: &Context,
    now: SystemTime,
    read_file: ReadFile<'_>,
) -> Result<Settings, Vec<Finding>> {
    let mut reader = Reader::new(context, read_file);
    let default = match args {
        PhaseArgs::Await(_) => AWAIT_TIMEOUT,
        _ => USUAL_TIMEOUT,
    };
    let common = args.common();
    let timeout = reader.duration("timeout", common.timeout.as_deref(), default);
    let (dry_run, verbose) = (common.dry_run, common.verbose || context.debug);
    let login = reader.login(common);
    let docker_config = reader.docker_config(common);
    let token = reader.token();
    let urls = reader.urls();
    let ready = match args {
        PhaseArgs::Plan(args) => plan(&mut reader, args, now),
        PhaseArgs::Draft(args) => draft(&mut reader, args),
        PhaseArgs::BuildModule(args) => build_module(&mut reader, args),
        PhaseArgs::Upload(args) => upload(&mut reader, args),
        PhaseArgs::Await(args) => await_artifacts(&mut reader, args),
        PhaseArgs::FetchModule(args) => fetch_module(&mut reader, args),
        PhaseArgs::Publish(args) => publish(&mut reader, args),
        PhaseArgs::Discard(args) => discard(&mut reader, args),
    };
    let settings = || {
        let Ready { phase, reached } = ready?;
        let (api_url, graphql_url) = urls?;
        Some(Settings {
            phase,
            github: GitHubAccess {
                repository: reached.repository,
                api_url,
                graphql_url,
                token: token?,
            },
            registry: RegistryAccess {
                login,
                hosts: reached.registries,
                docker_config,
            },
            timeout,
            dry_run,
            verbose,
        })
    };
    reader.finish(settings())
}

const USUAL_TIMEOUT: Duration = Duration::from_mins(5);
const AWAIT_TIMEOUT: Duration = Duration::from_mins(20);
const AWAIT_INTERVAL: Duration = Duration::from_secs(10);
const BUILDER_STARTS: Duration = Duration::from_mins(3);

fn plan(reader: &mut Reader<'_>, args: &PlanArgs, now: SystemTime) -> Option<Ready> {
    let format: Option<TagFormat> = reader.parse("tag-format", args.tag_format.as_ref());
    let typed = args.version.as_deref().unwrap_or_default();
    let version = reader.take("version", TagFormat::read(typed, format.as_ref()));
    let repository = reader.repository(&args.common);
    let commit = reader.commit(args.commit.as_ref());
    let names = version
        .as_ref()
        .map(|(tag, version, _)| Names { tag, version });
    let mut image = |input: &'static str, text: &str| {
        names
            .as_ref()
            .and_then(|names| reader.take(input, names.image(text)))
    };
    let binary_image = args
        .binary_image
        .as_deref()
        .and_then(|text| image("binary-image", text));
    let extra_images = lines(&args.extra_images)
        .filter_map(|text| image("extra-images", text))
        .collect();
    let module = names.as_ref().and_then(|names| module(reader, args, names));
    let on_existing = reader
        .parse("on-existing", args.on_existing.as_ref())
        .unwrap_or_default();
    let assets = lines(&args.assets)
        .filter_map(|name| reader.take("assets", name.parse()))
        .collect();
    let prerelease = reader.auto("prerelease", args.prerelease.as_deref());
    let make_latest = reader.auto("make-latest", args.make_latest.as_deref());
    let previous_tag = reader.parse("previous-tag", args.previous_tag.as_ref());
    let notes = match &args.notes_file {
        Some(path) => NotesSource::Text(reader.file("notes-file", path)?),
        None => NotesSource::Generated,
    };
    let run = reader.context.run_id.clone().unwrap_or_else(|| {
        let seconds = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        format!("local-{seconds}")
    });
    let (tag, version, tag_format) = version?;
    let repository = repository?;
    let wanted = Wanted {
        repository: repository.clone(),
        prerelease: prerelease.unwrap_or(version.is_prerelease()),
        version,
        tag,
        tag_format,
        commit: commit?,
        run,
        make_latest,
        previous_tag,
        on_existing,
        guard_branch: args.guard_branch.clone(),
        notes,
        assets,
        binary_image,
        module,
        extra_images,
    };
    let phase = Box::new(Plan::new(wanted));
    Some(Ready {
        phase,
        reached: Reached::github(repository),
    })
}

fn module(reader: &mut Reader<'_>, args: &PlanArgs, names: &Names<'_>) -> Option<ModulePlan> {
    match (&args.module_name, &args.module_registry) {
        (None, None) => None,
        (Some(name), Some(registry)) => {
            let name = reader.take("module-name", name.parse());
            let registry: Option<Repository> = reader.take("module-registry", registry.parse());
            let tag = names.fill(args.module_tag.as_deref().unwrap_or("v{version}"));
            let tag = reader.take("module-tag", tag.parse());
            let name: crate::domain::ComponentName = name?;
            let path = format!("component-descriptors/{name}");
            let image = registry?.join(&path)?.tagged(tag?);
            Some(ModulePlan { name, image })
        }
        (name, _) => {
            let missing = if name.is_none() {
                "module-name"
            } else {
                "module-registry"
            };
            reader.missing(
                missing,
                "a module image takes both `module-name` and `module-registry`",
            );
            None
        }
    }
}

fn draft(reader: &mut Reader<'_>, args: &DraftArgs) -> Option<Ready> {
    let plan = reader.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(Draft::new(plan)),
        reached,
    })
}

fn build_module(reader: &mut Reader<'_>, args: &BuildModuleArgs) -> Option<Ready> {
    let styles = [
        ("2023", DescriptorStyle::Cli2023),
        ("local-blob", DescriptorStyle::LocalBlob),
    ];
    let style = reader
        .choice(
            "descriptor-style",
            args.descriptor_style.as_deref(),
            &styles,
        )
        .unwrap_or_default();
    let forms = [
        ("v1beta1", TemplateForm::V1Beta1),
        ("v1beta2", TemplateForm::V1Beta2),
        ("today", TemplateForm::Today),
    ];
    let template = reader.choice("template-form", args.template_form.as_deref(), &forms);
    let plan = reader.plan(&args.plan, &args.common)?;
    let path = |path: &Option<String>| path.as_ref().map(PathBuf::from);
    let server = reader
        .context
        .server_url
        .as_deref()
        .unwrap_or("https://github.com");
    let recipe = Recipe {
        style,
        template: template.unwrap_or(match style {
            DescriptorStyle::Cli2023 => TemplateForm::V1Beta2,
            DescriptorStyle::LocalBlob => TemplateForm::Today,
        }),
        channel: args.channel.clone().unwrap_or_else(|| "regular".into()),
        manifest: path(&args.manifest),
        default_cr: path(&args.default_cr),
        config: path(&args.module_config),
        security: path(&args.security_config),
        output: path(&args.output_dir).unwrap_or_else(|| "module-release".into()),
        repository_url: format!("{}/{}", server.trim_end_matches('/'), plan.repository),
    };
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(BuildModule::new(plan, recipe)),
        reached,
    })
}

fn upload(reader: &mut Reader<'_>, args: &UploadArgs) -> Option<Ready> {
    let mut files: BTreeMap<AssetName, PathBuf> = BTreeMap::new();
    for line in lines(&args.files) {
        let (path, name) = match line.rsplit_once('=') {
            Some((path, name)) => (path, name),
            None => (line, line.rsplit('/').next().unwrap_or(line)),
        };
        if let Some(name) = reader.take("files", name.parse()) {
            files.insert(name, PathBuf::from(path));
        }
    }
    if args.files.is_empty() {
        reader.missing("files", "name the files to upload, one a line");
    }
    let plan = reader.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(Upload::new(plan, files)),
        reached,
    })
}

fn await_artifacts(reader: &mut Reader<'_>, args: &AwaitArgs) -> Option<Ready> {
    let every = reader.duration(
        "await-interval",
        args.await_interval.as_deref(),
        AWAIT_INTERVAL,
    );
    let start_within = reader.duration(
        "builder-start-timeout",
        args.builder_start_timeout.as_deref(),
        BUILDER_STARTS,
    );
    let builders = lines(&args.builder_checks)
        .filter_map(|name| reader.take("builder-checks", name.parse()))
        .collect();
    let platforms = lines(&args.image_platforms).map(str::to_owned).collect();
    let plan = reader.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    let watch = Watch {
        every,
        platforms,
        builders,
        start_within,
    };
    Some(Ready {
        phase: Box::new(Await::new(plan, watch)),
        reached,
    })
}

fn fetch_module(reader: &mut Reader<'_>, args: &FetchModuleArgs) -> Option<Ready> {
    let folder = args.module_dir.clone().unwrap_or_else(|| "module".into());
    let given: Option<PinnedImage> = reader.parse("module-image", args.module_image.as_ref());
    let awaited = reader.artifacts(&args.artifacts);
    let plan = reader.plan(&args.plan, &args.common)?;
    let image = given.or_else(|| match awaited?.0.remove("module-image") {
        Some(Artifact::Image { image, .. }) => Some(image),
        _ => None,
    });
    let Some(image) = image else {
        reader.missing(
            "artifacts",
            "pass the output of the phase `await` on (artifacts: ${{ needs.await.outputs.artifacts }}), which names a \
             module image if the plan does; or give one by digest as `module-image`",
        );
        return None;
    };
    let reached = Reached::by(&plan);
    let phase = Box::new(FetchModule::new(plan, image, PathBuf::from(folder)));
    Some(Ready { phase, reached })
}

fn publish(reader: &mut Reader<'_>, args: &PublishArgs) -> Option<Ready> {
    let artifacts = reader.artifacts(&args.artifacts);
    let jobs = match args.needs.as_deref() {
        Some("none") => None,
        Some(text) => {
            let text = reader.text_or_file("needs", text);
            text.and_then(|text| reader.take("needs", JobResults::from_json(&text)))
        }
        None => {
            reader.missing(
                "needs",
                "write needs: ${{ toJSON(needs) }}, or `none` where no test is asked for",
            );
            None
        }
    };
    let optional = lines(&args.optional_jobs).map(str::to_owned).collect();
    let plan = reader.plan(&args.plan, &args.common)?;
    // Without them the gate refuses, and lists what it misses beside everything else that stands in the way.
    let artifacts = artifacts.unwrap_or_default();
    let reached = Reached::by(&plan);
    let tested = Tested {
        artifacts,
        jobs,
        optional,
    };
    Some(Ready {
        phase: Box::new(Publish::new(plan, tested)),
        reached,
    })
}

fn discard(reader: &mut Reader<'_>, args: &DiscardArgs) -> Option<Ready> {
    let format: Option<TagFormat> = reader.parse("tag-format", args.tag_format.as_ref());
    let typed = args.version.as_deref().unwrap_or_default();
    let version = reader.take("version", TagFormat::read(typed, format.as_ref()));
    let repository = reader.repository(&args.common);
    let (tag, _, _) = version?;
    Some(Ready {
        phase: Box::new(Discard::new(tag)),
        reached: Reached::github(repository?),
    })
}

/// What `{tag}` and `{version}` stand for.
struct Names<'a> {
    tag: &'a Tag,
    version: &'a Version,
}

impl Names<'_> {
    fn fill(&self, text: &str) -> String {
        text.replace("{version}", &self.version.to_string())
            .replace("{tag}", self.tag.as_str())
    }

    /// An image; without a tag of its own it has the release's.
    fn image(&self, text: &str) -> Result<ImageRef, Invalid> {
        let text = self.fill(text);
        match text.parse::<Repository>() {
            Ok(repository) => Ok(repository.tagged(self.tag.as_str().parse()?)),
            Err(_) => text.parse(),
        }
    }
}

/// The lines of a list that is written one item a line, or given several times.
fn lines(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter()
        .flat_map(|text| text.lines())
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

/// A phase, and what it has to reach.
struct Ready {
    phase: Box<dyn Phase>,
    reached: Reached,
}

/// Where a release's things are.
struct Reached {
    repository: RepoSlug,
    registries: BTreeSet<String>,
}

impl Reached {
    fn by(plan: &ReleasePlan) -> Self {
        let images = plan
            .images()
            .map(|(_, image)| image.repository().registry().to_owned());
        Self {
            repository: plan.repository.clone(),
            registries: images.collect(),
        }
    }

    fn github(repository: RepoSlug) -> Self {
        Self {
            repository,
            registries: BTreeSet::new(),
        }
    }
}
