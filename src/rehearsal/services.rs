//! The stand-ins, for as long as a rehearsal runs, and the folder that keeps their state.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use stand_ins::oidc::Job;
use stand_ins::{GitHubServer, Options, RegistryOptions, RegistryServer};

use super::repositories;
use super::signing::RehearsedSigstore;
use crate::domain::{Code, Diagnostic, Place};
use crate::settings::RehearsalSettings;

/// The workflow that releases, and the branch that it runs on.
const WORKFLOW: &str = ".github/workflows/release.yaml";
const BRANCH: &str = "refs/heads/main";

/// GitHub and a registry, for as long as this lives.
pub(super) struct Services {
    pub(super) github: Arc<GitHubServer>,
    /// `host:port` of the registry, the stand-in's or a real one.
    pub(super) registry_host: String,
    /// `None` where a real one is used.
    pub(super) registry: Option<RegistryServer>,
    pub(super) sigstore: RehearsedSigstore,
    /// `owner/name` of the repository that is released.
    pub(super) repository: String,
    /// The commit that the run begins from.
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
    /// Starts the stand-ins, with the state of an earlier rehearsal if there is one. `run_id` names a folder of its own.
    pub(super) async fn start(settings: &RehearsalSettings, run_id: &str) -> anyhow::Result<Self> {
        let state = StateFolder::open(settings, run_id)?;
        let folder = state.path().to_owned();
        let unusable = |error: io::Error| unusable_state(&folder, &error);
        let workspace = folder.join("workspace");
        std::fs::create_dir_all(&workspace).map_err(unusable)?;
        let workspace = std::path::absolute(workspace).map_err(unusable)?;
        let repository = settings.release.repository.to_string();
        let world = repositories::load_or_create(&state.github(), &settings.release);
        let world = world.map_err(unusable)?;
        let commit = world
            .repositories
            .get(&repository)
            .map(stand_ins::github::GitRepository::tip);
        let commit = commit.unwrap_or_default();
        let github = GitHubServer::start(world, Options::default()).await?;
        let github = Arc::new(github);
        let job = job(&repository, &commit, run_id);
        let sigstore = RehearsedSigstore::start(state.path(), job, github.server_url());
        let sigstore = sigstore.await.map_err(unusable)?;
        let (registry, registry_host) = if let Some(host) = &settings.registry {
            (None, host.clone())
        } else {
            let registry = start_registry(state.path()).await.map_err(unusable)?;
            let host = registry.host();
            (Some(registry), host)
        };
        Ok(Self {
            github,
            registry_host,
            registry,
            sigstore,
            repository,
            commit,
            workspace,
            state,
        })
    }

    /// Images and folders of registries, one a line, in the registry of the rehearsal: only their hosts are others.
    pub(super) fn in_registry(&self, images: &str) -> String {
        let lines = images.lines().map(|image| {
            let image = image.split_once("://").map_or(image, |(_, rest)| rest);
            let (host, path) = image.split_once('/').unwrap_or(("", image));
            let is_host = host.contains(['.', ':']) || host == "localhost";
            let path = if is_host { path } else { image };
            format!("{}/{path}", self.registry_host)
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Keeps the state of GitHub for the next rehearsal, where that was asked for. Answers with the folder.
    pub(super) fn save(&self) -> anyhow::Result<Option<&Path>> {
        let StateFolder::Kept(folder) = &self.state else {
            return Ok(None);
        };
        let saved = self.github.world().save(&self.state.github());
        saved.map_err(|error| unusable_state(folder, &error))?;
        Ok(Some(folder))
    }
}

impl StateFolder {
    fn open(settings: &RehearsalSettings, run_id: &str) -> anyhow::Result<Self> {
        let (path, kept) = if let Some(path) = &settings.state {
            (path.clone(), true)
        } else {
            let name = format!("btp-release-rehearsal-{run_id}-{}", std::process::id());
            (std::env::temp_dir().join(name), settings.keep)
        };
        std::fs::create_dir_all(&path).map_err(|error| unusable_state(&path, &error))?;
        Ok(if kept {
            Self::Kept(path)
        } else {
            Self::Temporary(path)
        })
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
    let help = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another rehearsal may be running with it, or another program has the port in `registry-port`: end it, or name another folder"
        }
        _ => "name a folder of an earlier rehearsal, or one that does not exist yet",
    };
    let diagnostic = Diagnostic::value(
        Code::FileUnreadable,
        "folder",
        path,
        format!("cannot be used: {error}"),
        help,
    );
    Diagnostic {
        place: Some(Place::Input("--state".to_owned())),
        ..diagnostic
    }
}

/// A job of the run that releases.
fn job(repository: &str, commit: &str, run_id: &str) -> Job {
    let job = Job::new(repository, WORKFLOW, BRANCH, commit);
    job.in_run(run_id.parse().unwrap_or_default(), 1)
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
