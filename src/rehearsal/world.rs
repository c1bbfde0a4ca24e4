//! The stand-ins and the small repository that is released: some history, some releases, a token.

use std::io;
use std::path::{Path, PathBuf};

use stand_ins::github::Token;
use stand_ins::github::World as GitHubWorld;
use stand_ins::{GitHub, Options, Registry, RegistryOptions};

use super::Script;

pub(super) const REPOSITORY: &str = "kyma-project/btp-manager";
pub(super) const TOKEN: &str = "rehearsal-token";

pub(super) struct World {
    pub(super) github: GitHub,
    /// `host:port` of the registry, the stand-in's or a real one.
    pub(super) registry_host: String,
    pub(super) registry: Option<Registry>,
    /// The commit that is released.
    pub(super) commit: String,
    /// Where the phases run, as in a job's workspace.
    pub(super) workspace: PathBuf,
    state: Option<PathBuf>,
    /// Holds the folder's life where nothing is to be kept.
    _temporary: Option<TemporaryFolder>,
}

impl World {
    pub(super) async fn open(script: &Script) -> io::Result<Self> {
        let temporary = match &script.state {
            Some(_) => None,
            None => Some(TemporaryFolder::new()?),
        };
        let folder = match (&script.state, &temporary) {
            (Some(state), _) => state.clone(),
            (None, Some(temporary)) => temporary.0.clone(),
            (None, None) => return Err(io::Error::other("there is no folder to work in")),
        };
        let kept = folder.join("github");
        let github = if kept.join("world.json").exists() {
            GitHubWorld::load(&kept)?
        } else {
            seeded()
        };
        let commit = github
            .repositories
            .get(REPOSITORY)
            .map(stand_ins::github::Repository::tip);
        let github = GitHub::start(github, Options::default()).await?;
        let (registry, registry_host) = if let Some(host) = &script.registry {
            (None, host.clone())
        } else {
            let registry = start_registry(&folder).await?;
            let host = registry.host();
            (Some(registry), host)
        };
        let workspace = folder.join("workspace");
        std::fs::create_dir_all(&workspace)?;
        Ok(Self {
            github,
            registry_host,
            registry,
            commit: commit.unwrap_or_default(),
            workspace: std::path::absolute(workspace)?,
            state: script.state.clone(),
            _temporary: temporary,
        })
    }

    pub(super) fn binary_image(&self) -> String {
        format!("{}/kyma-project/prod/btp-manager", self.registry_host)
    }

    pub(super) fn module_registry(&self) -> String {
        format!("{}/kyma-project/prod/unsigned", self.registry_host)
    }

    /// Writes the world down where the reader asked for it, for the next rehearsal.
    pub(super) fn keep(&self) -> io::Result<()> {
        match &self.state {
            Some(folder) => self.github.world().save(&folder.join("github")),
            None => Ok(()),
        }
    }
}

/// On the port that it had before, where the folder is one that was kept: the images' names hold it.
async fn start_registry(folder: &Path) -> io::Result<Registry> {
    let kept = folder.join("registry-port");
    let dir = Some(folder.join("registry"));
    let port = std::fs::read_to_string(&kept)
        .ok()
        .and_then(|port| port.parse().ok())
        .unwrap_or(0);
    let registry = Registry::start(RegistryOptions {
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
fn seeded() -> GitHubWorld {
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
            "AwaitOptions the service operator's deployment",
            "linus",
            &["kind/feature"],
        )
        .merge("Say which secret is missing", "ada", &["kind/bug"]);
    world
}

/// A folder that goes when the rehearsal ends.
struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    fn new() -> io::Result<Self> {
        let folder =
            std::env::temp_dir().join(format!("btp-release-rehearsal-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        // A folder that cannot be removed is the system's to clean up.
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}
