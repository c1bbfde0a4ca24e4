//! What was typed, given its meaning: every value parsed, every default filled in, and all that is wrong said at once.

mod check_pods;
mod context;
mod download_asset;
mod image_settings;
mod input_parser;
mod inspection;
mod planning;
mod registry_login;
mod release_settings;
mod step_inputs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cli::{
    AwaitArgs, BuildModuleArgs, BuildersInput, CommonArgs, DraftArgs, FetchModuleArgs, PhaseArgs,
    PublishArgs, RecordTestsArgs, UploadArgs,
};
use crate::domain::NamePattern;
use crate::domain::{AssetName, JobResults, PinnedImage, RepoSlug, Repository, Tag, TagFormat};
use crate::domain::{Code, Diagnostic};
use crate::phases::{
    Await, AwaitOptions, BuildModule, BuildOptions, Discard, Draft, FetchModule, Legs, Publish,
    PublishInputs, RecordTests, RequiredCheck, Upload, Verify,
};
use crate::plan::{Artifact, ReleasePlan, Verdict};
use crate::protocol::CheckState;
use crate::protocol::Phase;
use ocm_module::build::DescriptorStyle;
use ocm_module::template::TemplateForm;

pub use check_pods::check_pods;
pub use context::{Context, Runner};
pub use download_asset::download_asset;
pub use image_settings::image_settings;
use input_parser::InputParser;
pub use inspection::{Inspection, inspection};
pub use registry_login::registry_login;
pub use release_settings::release_settings;

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

/// Reads a small text file of the parser's.
pub type ReadFile<'a> = &'a dyn Fn(&std::path::Path) -> std::io::Result<String>;

/// Everything that is wrong is listed together, so that it is put right in one go.
pub fn resolve(
    args: &PhaseArgs,
    context: &Context,
    now: SystemTime,
    read_file: ReadFile<'_>,
) -> Result<Settings, Vec<Diagnostic>> {
    let mut parser = InputParser::new(context, read_file);
    let default = match args {
        PhaseArgs::Await(_) => AWAIT_TIMEOUT,
        _ => USUAL_TIMEOUT,
    };
    let common = args.common();
    let timeout = parser.duration("timeout", common.timeout.as_deref(), default);
    let (dry_run, verbose) = (common.dry_run, common.verbose || context.debug);
    let login = parser.login(&common.registry);
    let docker_config = parser.docker_config(&common.registry);
    let token = parser.token(matches!(args, PhaseArgs::Publish(_)));
    let urls = parser.urls();
    let owner = parser.lock_owner();
    let ready = match args {
        PhaseArgs::Plan(args) => planning::plan(&mut parser, args, now),
        PhaseArgs::Draft(args) => draft(&mut parser, args),
        PhaseArgs::BuildModule(args) => build_module(&mut parser, args),
        PhaseArgs::Upload(args) => upload(&mut parser, args),
        PhaseArgs::Await(args) => await_artifacts(&mut parser, args),
        PhaseArgs::FetchModule(args) => fetch_module(&mut parser, args),
        PhaseArgs::RecordTests(args) => record_tests(&mut parser, args),
        PhaseArgs::Publish(args) => publish(&mut parser, args),
        PhaseArgs::Verify(args) => released(
            &mut parser,
            args.version.as_ref(),
            args.tag_format.as_ref(),
            &args.common,
            |tag| Box::new(Verify::new(tag)),
        ),
        PhaseArgs::Discard(args) => released(
            &mut parser,
            args.version.as_ref(),
            args.tag_format.as_ref(),
            &args.common,
            |tag| Box::new(Discard::new(tag, owner)),
        ),
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
    parser.finish(settings())
}

const USUAL_TIMEOUT: Duration = Duration::from_mins(5);
const AWAIT_TIMEOUT: Duration = Duration::from_mins(20);
const AWAIT_INTERVAL: Duration = Duration::from_secs(10);
const BUILDER_STARTS: Duration = Duration::from_mins(3);

fn draft(parser: &mut InputParser<'_>, args: &DraftArgs) -> Option<Ready> {
    let plan = parser.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(Draft::new(plan, parser.lock_owner())),
        reached,
    })
}

fn build_module(parser: &mut InputParser<'_>, args: &BuildModuleArgs) -> Option<Ready> {
    let styles = [
        ("2023", DescriptorStyle::Cli2023),
        ("local-blob", DescriptorStyle::LocalBlob),
    ];
    let style = parser
        .choice(
            "descriptor-style",
            args.descriptor_style.as_deref(),
            &styles,
        )
        .unwrap_or_default();
    let forms = [
        ("v1beta1", TemplateForm::V1Beta1),
        ("v1beta2", TemplateForm::V1Beta2),
        ("of-config", TemplateForm::OfConfig),
        ("today", TemplateForm::Today),
    ];
    let template = parser.choice("template-form", args.template_form.as_deref(), &forms);
    if template == Some(TemplateForm::OfConfig) && args.module_config.is_none() {
        let help = "the template form `of-config` repeats the labels, annotations and state checks of this file";
        parser.missing("module-config", help);
    }
    let mount_from = parser.parse("mount-from", args.mount_from.as_ref());
    let plan = parser.plan(&args.plan, &args.common)?;
    let mount_from = mount_from.and_then(|from| mountable(parser, &plan, from));
    let path = |path: &Option<String>| path.as_ref().map(PathBuf::from);
    let server = parser
        .context
        .server_url
        .as_deref()
        .unwrap_or("https://github.com");
    let recipe = BuildOptions {
        style,
        template: template.unwrap_or(match style {
            DescriptorStyle::Cli2023 => TemplateForm::V1Beta2,
            DescriptorStyle::LocalBlob => TemplateForm::Today,
        }),
        channel: args.channel.clone(),
        manifest: path(&args.manifest),
        default_cr: path(&args.default_cr),
        config: path(&args.module_config),
        security: path(&args.security_config),
        output: path(&args.output_dir).unwrap_or_else(|| "module-release".into()),
        ctf: path(&args.ctf),
        push: !args.no_push,
        mount_from,
        repository_url: format!("{}/{}", server.trim_end_matches('/'), plan.repository),
    };
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(BuildModule::new(plan, recipe)),
        reached,
    })
}

/// Registries mount only what they have themselves.
fn mountable(
    parser: &mut InputParser<'_>,
    plan: &ReleasePlan,
    from: Repository,
) -> Option<Repository> {
    let planned = plan.module.as_ref()?.image.repository().registry();
    let elsewhere = Diagnostic::value(
        Code::MountElsewhere,
        "mount-from",
        from.to_string(),
        format!("is not in {planned}, where the module image goes"),
        format!("name a repository of {planned}, or leave it out"),
    );
    let same = from.registry() == planned;
    parser.take("mount-from", if same { Ok(from) } else { Err(elsewhere) })
}

fn upload(parser: &mut InputParser<'_>, args: &UploadArgs) -> Option<Ready> {
    let mut files: BTreeMap<AssetName, PathBuf> = BTreeMap::new();
    for line in lines(&args.files) {
        let (path, name) = match line.rsplit_once('=') {
            Some((path, name)) => (path, name),
            None => (line, line.rsplit('/').next().unwrap_or(line)),
        };
        if let Some(name) = parser.take("files", name.parse()) {
            files.insert(name, PathBuf::from(path));
        }
    }
    if args.files.is_empty() {
        parser.missing("files", "name the files to upload, one a line");
    }
    let plan = parser.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    Some(Ready {
        phase: Box::new(Upload::new(plan, files)),
        reached,
    })
}

fn await_artifacts(parser: &mut InputParser<'_>, args: &AwaitArgs) -> Option<Ready> {
    let every = parser.duration(
        "await-interval",
        args.await_interval.as_deref(),
        AWAIT_INTERVAL,
    );
    let start_within = parser.duration(
        "builder-start-timeout",
        args.builder_start_timeout.as_deref(),
        BUILDER_STARTS,
    );
    let builders = builders(parser, &args.builders);
    let platforms = lines(&args.image_platforms).map(str::to_owned).collect();
    let plan = parser.plan(&args.plan, &args.common)?;
    let reached = Reached::by(&plan);
    let watch = AwaitOptions {
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

fn fetch_module(parser: &mut InputParser<'_>, args: &FetchModuleArgs) -> Option<Ready> {
    let folder = args.module_dir.clone().unwrap_or_else(|| "module".into());
    let given: Option<PinnedImage> = parser.parse("module-image", args.module_image.as_ref());
    let awaited = parser.artifacts(&args.artifacts);
    let plan = parser.plan(&args.plan, &args.common)?;
    let image = given.or_else(|| match awaited?.0.remove("module-image") {
        Some(Artifact::Image { image, .. }) => Some(image),
        _ => None,
    });
    let Some(image) = image else {
        parser.missing(
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

fn builders(parser: &mut InputParser<'_>, args: &BuildersInput) -> Vec<NamePattern> {
    lines(&args.builder_checks)
        .filter_map(|name| parser.take("builder-checks", name.parse()))
        .collect()
}

fn publish(parser: &mut InputParser<'_>, args: &PublishArgs) -> Option<Ready> {
    let artifacts = parser.artifacts(&args.artifacts);
    let jobs = match args.needs.as_deref() {
        Some("none") => None,
        Some(text) => {
            let text = parser.text_or_file("needs", text);
            text.and_then(|text| parser.take("needs", JobResults::from_json(&text)))
        }
        None => {
            parser.missing(
                "needs",
                "write needs: ${{ toJSON(needs) }}, or `none` where no test is asked for",
            );
            None
        }
    };
    let legs = legs(&args.test_legs);
    let checks = lines(&args.required_checks)
        .filter_map(|line| required_check(parser, line))
        .collect();
    let optional = lines(&args.optional_jobs).map(str::to_owned).collect();
    let builders = builders(parser, &args.builders);
    let plan = parser.plan(&args.plan, &args.common)?;
    // Without them the gate refuses, and lists what it misses beside everything else that stands in the way.
    let artifacts = artifacts.unwrap_or_default();
    let reached = Reached::by(&plan);
    let tested = PublishInputs {
        artifacts,
        jobs,
        optional,
        legs,
        checks,
        builders,
        own_token: parser.context.uses_own_token(),
    };
    Some(Ready {
        phase: Box::new(Publish::new(plan, tested, parser.lock_owner())),
        reached,
    })
}

fn record_tests(parser: &mut InputParser<'_>, args: &RecordTestsArgs) -> Option<Ready> {
    let results = [("success", true), ("failure", false)];
    let passed = parser.choice("result", args.result.as_deref(), &results);
    let leg = args.leg.clone();
    if leg.is_none() {
        parser.missing(
            "leg",
            "name the leg of the tests, such as k3s-${{ matrix.k3s }}",
        );
    }
    let artifacts = parser.artifacts(&args.artifacts);
    if args.artifacts.artifacts.is_none() {
        parser.missing(
            "artifacts",
            "pass the output of the phase `await` that these tests took",
        );
    }
    let plan = parser.plan(&args.plan, &args.common)?;
    let verdict = Verdict {
        run: plan.run.clone(),
        artifacts: artifacts?.digest(),
    };
    let url = parser.run_url();
    let reached = Reached::by(&plan);
    let phase = RecordTests::new(plan, leg?, passed.unwrap_or(true), verdict, url);
    Some(Ready {
        phase: Box::new(phase),
        reached,
    })
}

/// One number, or names.
fn legs(given: &[String]) -> Legs {
    let names: BTreeSet<String> = lines(given).map(str::to_owned).collect();
    match names.first().map(|only| only.parse()) {
        None => Legs::None,
        Some(Ok(count)) if names.len() == 1 => Legs::Count(count),
        Some(_) => Legs::Named(names),
    }
}

/// `name`, or `name=neutral,skipped`.
fn required_check(parser: &mut InputParser<'_>, line: &str) -> Option<RequiredCheck> {
    let (name, also) = line.rsplit_once('=').unwrap_or((line, ""));
    let states = [
        ("neutral", CheckState::Neutral),
        ("skipped", CheckState::Skipped),
    ];
    let also = also.split(',').filter(|word| !word.trim().is_empty());
    let also = also
        .filter_map(|word| parser.choice("required-checks", Some(word), &states))
        .collect();
    let name = parser.take("required-checks", name.trim().parse())?;
    Some(RequiredCheck { name, also })
}

/// A phase about one release that needs no plan.
fn released(
    parser: &mut InputParser<'_>,
    typed: Option<&String>,
    format: Option<&String>,
    common: &CommonArgs,
    phase: impl FnOnce(Tag) -> Box<dyn Phase>,
) -> Option<Ready> {
    let format: Option<TagFormat> = parser.parse("tag-format", format);
    let typed = typed.map_or("", String::as_str);
    let version = parser.take("version", TagFormat::read(typed, format.as_ref()));
    let repository = parser.repository(common);
    let (tag, _, _) = version?;
    Some(Ready {
        phase: phase(tag),
        reached: Reached::github(repository?),
    })
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
