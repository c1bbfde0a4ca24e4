//! The stand-ins, and a small repository that is released: commits, earlier releases, a token.

use std::io;
use std::path::{Path, PathBuf};

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options, RegistryOptions, RegistryServer};

use crate::domain::{Code, Diagnostic, Place};
use crate::settings::RehearsalSettings;

pub(super) const REPOSITORY: &str = "kyma-project/btp-manager";
pub(super) const TOKEN: &str = "rehearsal-token";

/// GitHub and a registry, for as long as this lives.
pub(super) struct Services {
    pub(super) github: GitHubServer,
    /// `host:port` of the registry, the stand-in's or a real one.
    registry_host: String,
    /// `None` where a real one is used.
    pub(super) registry: Option<RegistryServer>,
    /// The commit that is released.
    pub(super) commit: String,
    /// The working folder of the phases, as in a job's workspace.
    pub(super) workspace: PathBuf,
    state: StateFolder,
}

/// The folder of the stand-ins' state.
enum StateFolder {
    Kept(PathBuf),
    /// Removed when the rehearsal ends.
    Temporary(PathBuf),
}

impl Services {
    /// Starts the stand-ins, with the state of an earlier rehearsal if there is one.
    pub(super) async fn start(settings: &RehearsalSettings) -> anyhow::Result<Self> {
        let state = StateFolder::open(settings.state.as_deref())?;
        let world = load_or_create_world(&state.github())?;
        let commit = world
            .repositories
            .get(REPOSITORY)
            .map(stand_ins::github::GitRepository::tip);
        let github = GitHubServer::start(world, Options::default()).await?;
        let (registry, registry_host) = if let Some(host) = &settings.registry {
            (None, host.clone())
        } else {
            let registry = start_registry(state.path()).await?;
            let host = registry.host();
            (Some(registry), host)
        };
        let workspace = state.path().join("workspace");
        std::fs::create_dir_all(&workspace)?;
        Ok(Self {
            github,
            registry_host,
            registry,
            commit: commit.unwrap_or_default(),
            workspace: std::path::absolute(workspace)?,
            state,
        })
    }

    /// Without a tag.
    pub(super) fn binary_image(&self) -> String {
        format!("{}/kyma-project/prod/btp-manager", self.registry_host)
    }

    /// Registry and path for the module image.
    pub(super) fn module_registry(&self) -> String {
        format!("{}/kyma-project/prod/unsigned", self.registry_host)
    }

    /// Keeps the state of GitHub for the next rehearsal, where that was asked for.
    pub(super) fn save(&self) -> io::Result<()> {
        match &self.state {
            StateFolder::Kept(_) => self.github.world().save(&self.state.github()),
            StateFolder::Temporary(_) => Ok(()),
        }
    }
}

impl StateFolder {
    fn open(kept: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = kept else {
            let name = format!("btp-release-rehearsal-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path)?;
            return Ok(Self::Temporary(path));
        };
        std::fs::create_dir_all(path).map_err(|error| unusable_state(path, &error))?;
        Ok(Self::Kept(path.to_owned()))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) | Self::Temporary(path) => path,
        }
    }

    fn github(&self) -> PathBuf {
        self.path().join("github")
    }
}

impl Drop for StateFolder {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self {
            // A folder that cannot be removed is left to the system.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

fn unusable_state(path: &Path, error: &io::Error) -> Diagnostic {
    let path = path.display().to_string();
    let diagnostic = Diagnostic::value(
        Code::FileUnreadable,
        "folder",
        path,
        format!("cannot be used: {error}"),
        "name a folder of an earlier rehearsal, or one that does not exist yet",
    );
    Diagnostic {
        place: Some(Place::Input("--state".to_owned())),
        ..diagnostic
    }
}

fn load_or_create_world(folder: &Path) -> anyhow::Result<GitHubWorld> {
    if !folder.join("world.json").exists() {
        return Ok(example_world());
    }
    Ok(GitHubWorld::load(folder).map_err(|error| unusable_state(folder, &error))?)
}

/// On the port that it had before, where the folder is one that was kept: the images' names hold it.
async fn start_registry(folder: &Path) -> io::Result<RegistryServer> {
    let kept = folder.join("registry-port");
    let dir = Some(folder.join("registry"));
    let port = std::fs::read_to_string(&kept)
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let registry = RegistryServer::start(RegistryOptions {
        dir,
        port,
        ..RegistryOptions::default()
    })
    .await?;
    if let Some((_, port)) = registry.host().rsplit_once(':') {
        std::fs::write(kept, port)?;
    }
    Ok(registry)
}

/// A repository with two releases and some merged pull requests since.
fn example_world() -> GitHubWorld {
    let mut world = GitHubWorld::new();
    world.token(TOKEN, Token::github_token());
    world
        .repository(REPOSITORY)
        .commit("Initial commit")
        .merge("Add the BtpOperator resource", "ada", &["kind/feature"])
        .tag("v1.0.0")
        .publish("v1.0.0")
        .merge("Read the credentials once", "grace", &["kind/bug"])
        .tag("v1.1.0")
        .publish("v1.1.0")
        .merge(
            "Watch the service operator's deployment",
            "linus",
            &["kind/feature"],
        )
        .merge("Say which secret is missing", "ada", &["kind/bug"]);
    world
}
