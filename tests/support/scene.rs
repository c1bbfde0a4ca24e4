//! One GitHub, one registry and one clock for everything, which advances only when a task waits; and a whole release on
//! them, phase by phase, with inputs and outputs passed as a runner does.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use btp_release::adapters::files::Files;
use btp_release::adapters::github::rate_limit::RateLimitPolicy;
use btp_release::adapters::github::{GitHub, GitHubSettings};
use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::cli::{Cli, Command, arguments_of_step};
use btp_release::domain::{Deadline, Digest, ImageRef, ImageRepository, PinnedImage};
use btp_release::engine::{Engine, Outcome, Stop};
use btp_release::protocol::{
    Blob, BundleVerifier, ByteStream, Clock, Reader, RegistryReader, RegistryWriter, SeenManifest,
    ServiceError, Signer, Writer,
};
use btp_release::settings::{self, Context, Environment, GitHubAccess};
use bytes::Bytes;
use clap::Parser as _;
use stand_ins::github::{GitHubWorld, GitRepository, Level, Rights, StoredApp, StoredRun, Token};
use stand_ins::{Options, RateLimits, RegistryOptions};

pub(crate) use super::clock::SharedClock;
use super::clock::{NoRequests, Silent, Uninterrupted};
pub(crate) use super::process::Outputs;
use super::signing::WorkflowSigner;
use super::sigstore::Sigstore;

pub(crate) const REPOSITORY: &str = "kyma-project/btp-manager";
pub(crate) const TOKEN: &str = "gh-token";
/// An App with its private key.
pub(crate) const APP: &str = "12345";
pub(crate) const APP_KEY: &str = include_str!("app/private-key.pem");
pub(crate) const TAG: &str = "v1.2.0";
/// The values of `tag-when`.
pub(crate) const EARLY: &str = "draft";
pub(crate) const LATE: &str = "publish";
/// Values of `signing`.
pub(crate) const OFF: &str = "off";
pub(crate) const REQUIRE: &str = "require";
pub(crate) const PREFER: &str = "prefer";
/// The values of `tag-type`.
pub(crate) const LIGHTWEIGHT: &str = "lightweight";
pub(crate) const ANNOTATED: &str = "annotated";
pub(crate) const ASSETS: &str = "template.yaml\ntemplate_control_plane.yaml\nrendered.yaml";

/// A run of a workflow, as `GITHUB_RUN_ID` and `GITHUB_RUN_ATTEMPT` name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) attempt: u32,
}

pub(crate) struct Scene {
    pub(crate) github: Arc<stand_ins::GitHubServer>,
    pub(crate) registry: stand_ins::RegistryServer,
    /// The host in the names of images; the registry listens at another address where this is not its own.
    pub(crate) registry_host: String,
    pub(crate) clock: stand_ins::ServerClock,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) http: Http,
    pub(crate) acts_as: ActsAs,
    /// The input `tag-when` of `plan`.
    pub(crate) tag_when: &'static str,
    /// The input `tag-type` of `plan`.
    pub(crate) tag_type: &'static str,
    /// The branch or tag that the workflow runs on.
    pub(crate) reference: String,
    /// The input `leave-draft` of `publish`.
    pub(crate) leave_draft: &'static str,
    /// The input `report` of `publish`.
    pub(crate) report: &'static str,
    /// The input `signing` of `plan`; unless it is [`OFF`], jobs may ask for an identity token.
    pub(crate) signing: &'static str,
    /// What jobs sign with; without it, with a [`WorkflowSigner`].
    pub(crate) sigstore: Option<Sigstore>,
}

/// What the steps are given to authenticate with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ActsAs {
    /// [`TOKEN`].
    #[default]
    Job,
    /// The token, which must not be used, and the App [`APP`].
    App,
}

impl Scene {
    pub(crate) async fn start(choose: impl FnOnce(&mut Options)) -> Self {
        let clock = stand_ins::ServerClock::manual();
        Self::at(clock, choose).await
    }

    pub(crate) async fn at(
        clock: stand_ins::ServerClock,
        choose: impl FnOnce(&mut Options),
    ) -> Self {
        let mut options = Options {
            clock: clock.clone(),
            limits: RateLimits::none(),
            ..Options::default()
        };
        choose(&mut options);
        let registry = RegistryOptions {
            clock: clock.clone(),
            ..RegistryOptions::default()
        };
        let registry = stand_ins::RegistryServer::start(registry).await.unwrap();
        let scene = Self {
            github: Arc::new(
                stand_ins::GitHubServer::start(world(), options)
                    .await
                    .unwrap(),
            ),
            registry_host: registry.host(),
            registry,
            clock,
            folder: in_memory(),
            http: Http::new(&HttpSettings::default()).unwrap(),
            acts_as: ActsAs::default(),
            tag_when: EARLY,
            tag_type: LIGHTWEIGHT,
            reference: "refs/heads/main".into(),
            leave_draft: "false",
            report: "false",
            signing: OFF,
            sigstore: None,
        };
        scene.reset().await;
        scene
    }

    /// The same with another time for the tag.
    pub(crate) fn tagging(self, tag_when: &'static str) -> Self {
        Self { tag_when, ..self }
    }

    /// The same with another kind of tag.
    pub(crate) fn of_type(self, tag_type: &'static str) -> Self {
        Self { tag_type, ..self }
    }

    /// The same with signatures.
    pub(crate) fn signing(self, signing: &'static str) -> Self {
        Self { signing, ..self }
    }

    /// The same with a person who is to publish.
    pub(crate) fn leaving_the_draft(self) -> Self {
        Self {
            leave_draft: "true",
            ..self
        }
    }

    /// The same with or without a report among the assets.
    pub(crate) fn reporting(self, report: &'static str) -> Self {
        Self { report, ..self }
    }

    /// Restores the state before the release, and clears everything that is held in memory. The servers stay, since the
    /// registry's address is part of what is released.
    pub(crate) async fn reset(&self) {
        *self.github.world() = world();
        self.seen_by_all().await;
        self.registry.store().repositories.clear();
        self.forget();
        self.clear_workspace();
    }

    pub(crate) fn forget(&self) {
        self.github.log().clear();
        self.registry.log().clear();
        self.github.faults().clear();
        self.registry.faults().clear();
    }

    pub(crate) fn empty_folder(&self) {
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                remove_folder(&path);
            } else {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Replicas record the state of each request; once this one is recorded, the replicas show it after the lag.
    pub(crate) async fn seen_by_all(&self) {
        let seen = self.http.answers().get(self.github.api_url()).send().await;
        seen.unwrap();
        self.clock.advance(Duration::from_mins(1));
    }

    /// A workspace as a checkout and `kustomize build` leave it: each run begins with a new one.
    fn clear_workspace(&self) {
        self.empty_folder();
        let folder = self.folder.path();
        let manifest = include_str!("../../src/rehearsal/example/manifest.yaml");
        let manifest = manifest.replace("{binary-image}", &format!("{}:{TAG}", self.image()));
        std::fs::write(folder.join("manifest.yaml"), manifest).unwrap();
        let cr = include_str!("../../src/rehearsal/example/default-cr.yaml");
        std::fs::write(folder.join("default-cr.yaml"), cr).unwrap();
    }

    pub(crate) fn image(&self) -> String {
        format!("{}/kyma-project/prod/btp-manager", self.registry_host)
    }

    pub(crate) fn repository<T>(&self, reader: impl FnOnce(&mut GitRepository) -> T) -> T {
        reader(self.github.world().repository(REPOSITORY))
    }

    /// Adds the run to GitHub's list of runs.
    pub(crate) fn begin(&self, run: Run) {
        self.clear_workspace();
        let run = StoredRun {
            id: run.id,
            run_attempt: run.attempt,
            status: "in_progress".into(),
            ..StoredRun::default()
        };
        self.repository(|repository| repository.runs.insert(run.id, run));
    }

    /// GitHub shows the run as completed, also after a kill.
    pub(crate) fn end(&self, run: Run) {
        self.repository(|repository| {
            let run = repository.runs.get_mut(&run.id).unwrap();
            "completed".clone_into(&mut run.status);
        });
    }

    /// The environment variables that a runner sets for a step.
    pub(crate) fn env(&self, run: Run, phase: &str, inputs: &[(&str, &str)]) -> Outputs {
        let commit = self.repository(|repository| repository.tip());
        let mut env: Outputs = [
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_REPOSITORY", REPOSITORY.to_owned()),
            ("GITHUB_SHA", commit),
            ("GITHUB_REF", self.reference.clone()),
            ("GITHUB_RUN_ID", run.id.to_string()),
            ("GITHUB_RUN_ATTEMPT", run.attempt.to_string()),
            ("GITHUB_API_URL", self.github.api_url()),
            ("GITHUB_GRAPHQL_URL", self.github.graphql_url()),
            ("GITHUB_SERVER_URL", "https://github.com".to_owned()),
            ("INPUT_PHASE", phase.to_owned()),
            ("INPUT_GITHUB-TOKEN", TOKEN.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        if self.signing != OFF {
            let workflow = format!(
                "{REPOSITORY}/.github/workflows/release.yml@{}",
                self.reference
            );
            env.insert("GITHUB_WORKFLOW_REF".into(), workflow);
            let url = "https://pipelines.example/token?api-version=2.0";
            env.insert("ACTIONS_ID_TOKEN_REQUEST_URL".into(), url.into());
        }
        if self.acts_as == ActsAs::App {
            env.insert("INPUT_APP-ID".into(), APP.into());
            env.insert("INPUT_APP-PRIVATE-KEY".into(), APP_KEY.into());
            env.insert("INPUT_GITHUB-TOKEN".into(), "not-used".into());
        }
        for (name, value) in inputs {
            env.insert(
                format!("INPUT_{}", name.to_uppercase()),
                (*value).to_owned(),
            );
        }
        env
    }

    /// One phase in this process: like the binary, apart from clock, signals and log.
    pub(crate) async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, Stop> {
        let clock: Arc<dyn Clock> = Arc::new(SharedClock(self.clock.clone()));
        self.phase_at(&clock, self.folder.path(), run, phase, inputs)
            .await
    }

    /// With another clock, in another folder.
    pub(crate) async fn phase_at(
        &self,
        clock: &Arc<dyn Clock>,
        folder: &Path,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, Stop> {
        let env = self.env(run, phase, inputs);
        let cli = Cli::try_parse_from(arguments_of_step(&env).unwrap()).unwrap();
        let read = |path: &Path| std::fs::read_to_string(path);
        let Command::Phase(args) = cli.command else {
            panic!("{phase} is no phase");
        };
        let environment = Environment {
            context: &Context::read(&env),
            read_file: &read,
            now: clock.wall(),
        };
        let settings = settings::phase(&args, environment);
        let settings = settings.unwrap_or_else(|findings| panic!("{phase}: {findings:?}"));
        let connect = |access: GitHubAccess| {
            let mut github = GitHubSettings::new(
                access.api_url,
                access.graphql_url,
                access.repository,
                access.credential,
            );
            github.policy = RateLimitPolicy {
                patience: settings.timeout,
                ..RateLimitPolicy::default()
            };
            GitHub::connect(github, self.http.clone(), Arc::clone(clock)).unwrap()
        };
        let github = connect(settings.github);
        let other = settings.target.map(connect);
        let target = other.as_ref().unwrap_or(&github);
        let registry = NamedRegistry {
            registries: self.registries(),
            name: self.registry_host.clone(),
            address: self.registry.host(),
        };
        let files = Files::below(folder);
        let stand_in = WorkflowSigner::of(&env, Arc::clone(clock));
        let sigstore = self.sigstore.as_ref();
        let sigstore = sigstore.map(|sigstore| sigstore.job(&env, &self.http, clock));
        let (verifier, signer): (&dyn BundleVerifier, &dyn Signer) = match &sigstore {
            Some(job) => (job, job),
            None => (&stand_in, &stand_in),
        };
        let engine = Engine {
            reader: Reader {
                github: &github,
                target,
                registry: &registry,
                files: &files,
                verifier,
                now: clock.now(),
            },
            writer: Some(Writer {
                github: &github,
                target,
                registry: &registry,
                files: &files,
                signer,
            }),
            clock: clock.as_ref(),
            interrupt: &Uninterrupted,
            requests: &NoRequests,
            observer: &Silent,
            deadline: Deadline::after(clock.now(), settings.timeout),
        };
        let mut phase = settings.phase;
        let ended = engine.run(phase.as_mut()).await;
        github.revoke_token().await;
        if let Some(other) = &other {
            other.revoke_token().await;
        }
        match ended? {
            Outcome::Done { report, .. } => Ok(report
                .outputs
                .into_iter()
                .map(|output| (output.name.to_owned(), output.value))
                .collect()),
            Outcome::DryRun(_) => unreachable!("there is a writer"),
        }
    }

    pub(crate) fn registries(&self) -> Registries {
        let clock = Arc::new(SharedClock(self.clock.clone()));
        Registries::new(&self.http, Credentials::anonymous(), clock)
    }
}

/// The registry under a host name that is the same in every run, regardless of the port: published data contains it.
struct NamedRegistry {
    registries: Registries,
    name: String,
    address: String,
}

impl NamedRegistry {
    fn at<T: std::str::FromStr<Err: std::fmt::Debug>>(&self, name: &impl ToString) -> T {
        let name = name.to_string();
        let path = name.strip_prefix(&self.name).unwrap_or(&name);
        let address = if path == name { "" } else { &self.address };
        format!("{address}{path}").parse().unwrap()
    }
}

#[async_trait::async_trait]
impl RegistryReader for NamedRegistry {
    async fn resolve(&self, image: &ImageRef) -> Result<Option<SeenManifest>, ServiceError> {
        self.registries.resolve(&self.at(image)).await
    }
    async fn anyone_may_pull(&self, image: &ImageRef) -> Result<bool, ServiceError> {
        self.registries.anyone_may_pull(&self.at(image)).await
    }
    async fn push_refusal(&self, to: &ImageRepository) -> Result<Option<String>, ServiceError> {
        self.registries.push_refusal(&self.at(to)).await
    }
    async fn manifest(&self, image: &PinnedImage) -> Result<Option<Bytes>, ServiceError> {
        self.registries.manifest(&self.at(image)).await
    }
    async fn has_blob(&self, from: &ImageRepository, digest: Digest) -> Result<bool, ServiceError> {
        self.registries.has_blob(&self.at(from), digest).await
    }
    async fn blob(
        &self,
        from: &ImageRepository,
        digest: Digest,
        limit: u64,
    ) -> Result<Bytes, ServiceError> {
        self.registries.blob(&self.at(from), digest, limit).await
    }
}

#[async_trait::async_trait]
impl RegistryWriter for NamedRegistry {
    fn open_blob(&self, from: &ImageRepository, digest: Digest, size: u64) -> ByteStream {
        self.registries.open_blob(&self.at(from), digest, size)
    }
    async fn push_blob(&self, to: &ImageRepository, blob: &Blob) -> Result<(), ServiceError> {
        let mut blob = blob.clone();
        blob.mount_from = blob.mount_from.map(|from| self.at(&from));
        self.registries.push_blob(&self.at(to), &blob).await
    }
    async fn push_manifest(
        &self,
        to: &ImageRef,
        kind: &str,
        bytes: Bytes,
    ) -> Result<(), ServiceError> {
        self.registries
            .push_manifest(&self.at(to), kind, bytes)
            .await
    }
}

/// Removes a folder in which a thread of a cancelled step may still write the end of what it was writing.
fn remove_folder(path: &Path) {
    for _ in 0..100 {
        match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::DirectoryNotEmpty => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
    panic!("{} is written to again and again", path.display());
}

/// A folder in memory if the system has one: files are synced when they are written, which is slow on a disk.
pub(crate) fn in_memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// An App that is installed with what a release needs and no more.
pub(crate) fn app() -> StoredApp {
    let rights = Rights {
        contents: Level::Write,
        statuses: Level::Write,
        checks: Level::Read,
        actions: Level::Read,
        ..Rights::default()
    };
    let public_key = include_str!("app/public-key.pem");
    StoredApp::new("release-bot", public_key).installed_on(REPOSITORY, rights)
}

fn world() -> GitHubWorld {
    let mut world = GitHubWorld::new();
    let token = Token::github_token().with(|rights| rights.attestations = Level::Write);
    world.token(TOKEN, token);
    world.apps.insert(APP.to_owned(), app());
    world
        .repository(REPOSITORY)
        .commit("Initial commit")
        .commit("Say what it is")
        .tag("v1.1.0")
        .publish("v1.1.0")
        .merge("Say which secret is missing", "ada", &["kind/feature"]);
    world
}
