//! Parses the arguments: every value is parsed, every default filled in, and all errors are listed together.
//!
//! Each command has a file of its own here; this one holds what they share.

mod api_urls;
mod attest_build;
mod await_artifacts;
mod build_module;
mod check_pods;
mod commit_build;
mod context;
mod discard;
mod download_asset;
mod download_logs;
mod draft;
mod fetch_module;
mod finish_settings;
mod image_settings;
#[cfg(feature = "rehearse")]
mod init;
mod input_parser;
mod inspect_module;
mod local;
mod module_form;
mod notes;
mod plan;
mod plan_input;
mod policy;
mod propose;
mod proposed_release;
mod publish;
mod ready;
mod record_tests;
mod registry_login;
#[cfg(feature = "rehearse")]
mod rehearse;
mod release_content;
mod release_settings;
mod released_module;
mod report;
mod rights;
mod scanned_files;
mod signing;
mod status;
mod step_inputs;
mod target;
mod upload;
mod verify;
mod verify_bundle;
mod version_from;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::cli::{
    ATTESTATIONS, CommonArgs, PhaseArgs, PhasePermissions, ReleaseByVersion, SigningInput,
    TargetInput, TrustInput,
};
use crate::domain::{
    Diagnostic, GitHubCredential, ImageRef, Permission, RepoSlug, Tag, TagFormat, Version,
};
use crate::plan::ReleasePlan;
use crate::protocol::Phase;

pub use check_pods::check_pods;
pub use context::{CheckoutValues, Context, LocalPlaces, Runner, ScreenVariables};
pub use download_asset::download_asset;
pub use download_logs::download_logs;
pub use finish_settings::finish_settings;
pub use image_settings::image_settings;
#[cfg(feature = "rehearse")]
pub use init::{InitSettings, init};
use input_parser::{InputParser, TokenChoice};
pub use inspect_module::{InspectModuleSettings, inspect_module};
pub use local::{ChosenGitHub, ChosenToken, LocalNeeds, choose_github, local_needs};
pub use registry_login::registry_login;
#[cfg(feature = "rehearse")]
pub use rehearse::{
    BuilderBehavior, RehearsalSettings, RehearsedBump, RehearsedMerge, RehearsedModule,
    RehearsedModules, RehearsedProposals, RehearsedRelease, TestResult, rehearse,
};
pub use release_settings::release_settings;
pub use report::{EvidenceSource, ReportSettings, report};
use target::TargetDefaults;
pub use verify_bundle::{VerifyBundleSettings, verify_bundle};

/// A phase that is ready to run, and how to reach the services.
pub struct Settings {
    pub phase: Box<dyn Phase>,
    pub github: GitHubAccess,
    /// Where a change is proposed, if that is another repository or is used as somebody else.
    pub target: Option<GitHubAccess>,
    pub registry: RegistryAccess,
    pub sigstore: SigstoreAccess,
    /// How long the phase may take.
    pub timeout: Duration,
    /// Whether nothing may be changed.
    pub dry_run: bool,
    /// Whether every request is logged.
    pub verbose: bool,
    /// The file that the plan is written to.
    pub plan_file: Option<PathBuf>,
}

impl Settings {
    /// What must not appear in a log: the tokens or the Apps' keys, and the password.
    pub fn secrets(&self) -> Vec<String> {
        let login = self.registry.login.iter();
        let passwords = login.map(|(_, password)| password.expose_secret().to_owned());
        let target = self.target.iter();
        let target = target.flat_map(|target| target.credential.secrets());
        let credentials = self.github.credential.secrets().into_iter().chain(target);
        passwords.chain(credentials).collect()
    }
}

/// Where GitHub's APIs are, and as whom they are used.
pub struct GitHubAccess {
    pub repository: RepoSlug,
    pub api_url: Url,
    pub graphql_url: Url,
    pub credential: GitHubCredential,
}

/// As whom registries are used.
pub struct RegistryAccess {
    /// User and password, or a token in its place.
    pub login: Option<(String, SecretString)>,
    /// Where the login is used: the registries of the release's own images.
    pub hosts: BTreeSet<String>,
    pub docker_config: Option<DockerConfigFile>,
}

/// Where signatures are made, and whose count.
pub struct SigstoreAccess {
    /// The content of the file that is trusted in place of what is compiled in.
    pub trusted_root: Option<String>,
    /// The content of the file that names the services.
    pub signing_config: Option<String>,
    /// The address at which the runner gives an identity token, and the token that it wants for it.
    pub id_token: Option<(SecretString, SecretString)>,
}

/// A `config.json` as `docker login` writes it, not read yet.
pub struct DockerConfigFile {
    pub path: String,
    pub text: String,
}

/// Reads a small text file that an input names.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> std::io::Result<String>;

/// What a command is given besides its arguments.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The runner's or the terminal's variables.
    pub context: &'a Context,
    pub read_file: ReadFile<'a>,
    /// The time at which the command started.
    pub now: SystemTime,
}

impl Environment<'_> {
    /// When the command started, in seconds since 1970.
    fn began(&self) -> u64 {
        let since = self.now.duration_since(SystemTime::UNIX_EPOCH);
        since.unwrap_or_default().as_secs()
    }
}

/// Parses the arguments of a phase. Each phase implements it in the file of its name.
trait PhaseSettings {
    /// The token that the phase uses for GitHub.
    fn token(&self) -> TokenChoice {
        TokenChoice::Job
    }

    /// Whether an input is given with which the phase needs further permissions.
    fn has(&self, _input: &str) -> bool {
        false
    }

    /// Whose signatures the phase believes.
    fn trust(&self) -> Option<&TrustInput> {
        self.signing().map(|signing| &signing.trust)
    }

    /// Where the phase signs.
    fn signing(&self) -> Option<&SigningInput> {
        None
    }

    /// Where the phase proposes a change, if it does.
    fn target(&self) -> Option<&TargetInput> {
        None
    }

    /// What an App needs there, if that is less than the phase needs elsewhere.
    fn target_permissions(&self) -> Option<Vec<Permission>> {
        None
    }

    /// Whether the phase signs where the job lets it, and so stores attestations.
    fn signs(&self) -> bool {
        false
    }

    /// The file that the plan is written to, if one is made.
    fn plan_file(&self, _parser: &mut InputParser<'_>) -> Option<PathBuf> {
        None
    }

    /// The phase itself, or `None` where something is wrong; the parser keeps the reasons.
    fn prepare(&self, parser: &mut InputParser<'_>) -> Option<Prepared>;
}

/// The one place where a subcommand becomes a phase.
fn settings_of(args: &PhaseArgs) -> (&dyn PhaseSettings, &CommonArgs) {
    match args {
        PhaseArgs::Plan(args) => (&**args, &args.common),
        PhaseArgs::Draft(args) => (args, &args.common),
        PhaseArgs::BuildModule(args) => (&**args, &args.common),
        PhaseArgs::Upload(args) => (args, &args.common),
        PhaseArgs::AttestBuild(args) => (&**args, &args.common),
        PhaseArgs::Await(args) => (args, &args.common),
        PhaseArgs::FetchModule(args) => (args, &args.common),
        PhaseArgs::RecordTests(args) => (args, &args.common),
        PhaseArgs::Publish(args) => (args, &args.common),
        PhaseArgs::Propose(args) => (&**args, &args.common),
        PhaseArgs::Ready(args) => (&**args, &args.common),
        PhaseArgs::Status(args) => (&**args, &args.common),
        PhaseArgs::Verify(args) => (args, &args.common),
        PhaseArgs::Discard(args) => (args, &args.common),
    }
}

/// Why a phase does not begin.
#[derive(Debug)]
pub struct NotBegun {
    pub cause: NotBegunCause,
    pub findings: Vec<Diagnostic>,
}

/// What keeps a phase from beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotBegunCause {
    /// The inputs are wrong: everything that is wrong with them.
    Inputs,
    /// The phase `plan` refused the release: its findings.
    PlanRefused,
    /// There is no plan, because a job did not succeed.
    JobFailed,
}

/// Gives the arguments of a phase their meaning.
///
/// # Errors
///
/// Everything that is wrong is listed together, so that it is put right in one go; what an earlier job has said is all that is
/// said.
pub fn phase(args: &PhaseArgs, environment: Environment<'_>) -> Result<Settings, NotBegun> {
    let mut parser = InputParser::new(environment);
    let (args, common) = settings_of(args);
    let login = parser.login(&common.registry);
    let docker_config = parser.docker_config(&common.registry);
    let credential = parser.credential(args.token(), common.app_id.as_ref());
    let urls = parser.urls();
    let prepared = args.prepare(&mut parser);
    let plan_file = args.plan_file(&mut parser);
    let default = prepared.as_ref().map(|p| p.phase.default_timeout());
    let given = common.timeout.as_deref();
    let trust = args.trust();
    let trusted_root = trust.and_then(|input| input.sigstore_trusted_root.as_deref());
    let trusted_root = trusted_root.and_then(|path| parser.file("sigstore-trusted-root", path));
    let signing = args.signing();
    let signing_config = signing.and_then(|input| input.sigstore_signing_config.as_deref());
    let signing_config =
        signing_config.and_then(|path| parser.file("sigstore-signing-config", path));
    let id_token = parser.environment.context.id_token_request.clone();
    let mut target = None;
    if let (Some(input), Some(prepared), Some(urls), Some(credential)) =
        (args.target(), &prepared, &urls, &credential)
    {
        let defaults = TargetDefaults {
            repository: &prepared.targets.repository,
            urls,
            credential,
        };
        target = parser.target(input, &defaults);
    }
    let timeout = parser.duration("timeout", given, default.unwrap_or_default());
    let settings = || {
        let Prepared { phase, targets } = prepared?;
        let (api_url, graphql_url) = urls?;
        let mut credential = credential?;
        let permissions = || PhasePermissions::of(phase.id().as_str(), |input| args.has(input));
        if let Some(GitHubCredential::App(app)) = target.as_mut().map(|it| &mut it.credential) {
            app.permissions = args.target_permissions().unwrap_or_else(permissions);
        }
        if let GitHubCredential::App(app) = &mut credential {
            app.permissions = permissions();
            if args.signs() {
                app.permissions.push(ATTESTATIONS);
            }
        }
        Some(Settings {
            phase,
            github: GitHubAccess {
                repository: targets.repository,
                api_url,
                graphql_url,
                credential,
            },
            target,
            sigstore: SigstoreAccess {
                trusted_root,
                signing_config,
                id_token,
            },
            registry: RegistryAccess {
                login,
                hosts: targets.registries,
                docker_config,
            },
            timeout,
            dry_run: common.dry_run,
            verbose: common.verbose || environment.context.debug,
            plan_file,
        })
    };
    let settings = settings();
    let earlier = parser.earlier.take();
    parser.finish(settings).map_err(|findings| {
        earlier.unwrap_or(NotBegun {
            cause: NotBegunCause::Inputs,
            findings,
        })
    })
}

/// A phase, and the services that it talks to.
struct Prepared {
    phase: Box<dyn Phase>,
    targets: Targets,
}

/// Where the things of a release are.
struct Targets {
    repository: RepoSlug,
    /// The hosts of the release's own images.
    registries: BTreeSet<String>,
}

impl Prepared {
    /// A phase of a planned release.
    fn planned<P: Phase + 'static>(
        plan: ReleasePlan,
        phase: impl FnOnce(ReleasePlan) -> P,
    ) -> Self {
        let images = plan
            .images()
            .map(|(_, image)| image.repository().registry().to_owned());
        let targets = Targets {
            repository: plan.wanted.repository.clone(),
            registries: images.collect(),
        };
        Self {
            phase: Box::new(phase(plan)),
            targets,
        }
    }

    /// A phase that uses the registry of one image.
    fn with_image(repository: RepoSlug, image: &ImageRef, phase: impl Phase + 'static) -> Self {
        Self {
            phase: Box::new(phase),
            targets: Targets {
                repository,
                registries: [image.repository().registry().to_owned()].into(),
            },
        }
    }

    /// A phase that uses the registries of some images.
    fn with_images<'a>(
        repository: RepoSlug,
        images: impl IntoIterator<Item = &'a ImageRef>,
        phase: impl Phase + 'static,
    ) -> Self {
        let hosts = images
            .into_iter()
            .map(|image| image.repository().registry());
        Self {
            phase: Box::new(phase),
            targets: Targets {
                repository,
                registries: hosts.map(str::to_owned).collect(),
            },
        }
    }

    /// A phase that uses no registry's login.
    fn on_github(repository: RepoSlug, phase: impl Phase + 'static) -> Self {
        Self {
            phase: Box::new(phase),
            targets: Targets {
                repository,
                registries: BTreeSet::new(),
            },
        }
    }
}

/// A release by its version, for phases that need no plan.
fn existing_release(
    parser: &mut InputParser<'_>,
    release: &ReleaseByVersion,
    common: &CommonArgs,
) -> Option<(RepoSlug, Tag)> {
    let (repository, tag, _) = version_of_release(parser, release, common)?;
    Some((repository, tag))
}

/// The same, with the version without `v`.
fn version_of_release(
    parser: &mut InputParser<'_>,
    release: &ReleaseByVersion,
    common: &CommonArgs,
) -> Option<(RepoSlug, Tag, Version)> {
    let format: Option<TagFormat> = parser.parse("tag-format", release.tag_format.as_ref());
    let typed = release.version.as_deref().unwrap_or_default();
    let version = parser.take("version", TagFormat::read(typed, format.as_ref()));
    let repository = parser.repository(common);
    let (tag, version, _) = version?;
    Some((repository?, tag, version))
}

/// The lines of a list that is written one item a line, or given several times.
fn lines(list: &[String]) -> impl Iterator<Item = &str> {
    list.iter()
        .flat_map(|text| text.lines())
        .map(str::trim)
        .filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command, PERMISSIONS};

    /// What a phase says about an input that it is given.
    fn given(phase: &str, input: &str) -> (bool, TokenChoice) {
        let takes_value = |arguments: &[&str]| Cli::try_parse_from(arguments).ok();
        let (flag, value) = (format!("--{input}"), format!("--{input}=x"));
        let cli = takes_value(&["btp-release", phase, &value]);
        let cli = cli.or_else(|| takes_value(&["btp-release", phase, &flag]));
        let Some(Command::Phase(args)) = cli.map(|cli| cli.command) else {
            panic!("{phase} does not take {input}");
        };
        let (args, _) = settings_of(&args);
        (args.has(input), args.token())
    }

    #[test]
    fn inputs_on_which_permissions_depend_are_inputs_of_the_phase() {
        for entry in PERMISSIONS {
            for input in entry.with.iter().flat_map(|(inputs, _)| *inputs) {
                let (has, _) = given(entry.phase, input);
                assert!(has, "{}: {input}", entry.phase);
            }
            for input in entry.none_with {
                let (_, token) = given(entry.phase, input);
                assert_eq!(token, TokenChoice::None, "{}: {input}", entry.phase);
            }
        }
    }
}
