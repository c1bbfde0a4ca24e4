//! A stand-in for GitHub, an adapter connected to it, and a clock for both that advances only when a task waits.

use std::path::PathBuf;
use std::sync::Arc;

use btp_release::adapters::github::{GitHub, GitHubSettings};
use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::domain::{CommitSha, Digest, Tag};
use btp_release::protocol::{
    AssetId, AssetState, Cause, LocalFile, NewTag, ReleaseId, SeenAsset, ServiceError,
};
use stand_ins::github::{GitHubWorld, GitRepository};
use stand_ins::{LogEntry, Options, RateLimits};

pub(crate) use super::clock::SharedClock;

pub(crate) const REPOSITORY: &str = "kyma-project/btp-manager";
pub(crate) const TOKEN: &str = "gh-token";

pub(crate) struct Rig {
    pub(crate) hub: stand_ins::GitHubServer,
    pub(crate) github: GitHub,
    pub(crate) clock: stand_ins::ServerClock,
}

impl Rig {
    /// The example's state, without limits.
    pub(crate) async fn start() -> Self {
        Self::with(GitHubWorld::example(), |_| ()).await
    }

    pub(crate) async fn with(world: GitHubWorld, choose: impl FnOnce(&mut Options)) -> Self {
        let clock = stand_ins::ServerClock::manual();
        let mut options = Options {
            clock: clock.clone(),
            limits: RateLimits::none(),
            ..Options::default()
        };
        choose(&mut options);
        let hub = stand_ins::GitHubServer::start(world, options)
            .await
            .unwrap();
        let github = connect(settings(&hub.api_url(), TOKEN), &clock);
        Self { hub, github, clock }
    }

    /// Another adapter for the same GitHub.
    pub(crate) fn connect(&self, token: &str, choose: impl FnOnce(&mut GitHubSettings)) -> GitHub {
        let mut settings = settings(&self.hub.api_url(), token);
        choose(&mut settings);
        connect(settings, &self.clock)
    }

    pub(crate) fn repository<T>(&self, reader: impl FnOnce(&mut GitRepository) -> T) -> T {
        reader(self.hub.world().repository(REPOSITORY))
    }

    pub(crate) fn tip(&self) -> CommitSha {
        self.repository(|repository| repository.tip())
            .parse()
            .unwrap()
    }

    pub(crate) fn draft(&self, tag: &str) -> ReleaseId {
        ReleaseId(self.repository(|repository| repository.draft(tag)))
    }

    /// The requests with this method whose path ends like this.
    pub(crate) fn requests(&self, method: &str, end: &str) -> Vec<LogEntry> {
        self.hub
            .log()
            .filter(|entry| entry.method == method && entry.path.ends_with(end))
    }
}

pub(crate) fn settings(api_url: &str, token: &str) -> GitHubSettings {
    GitHubSettings::new(
        api_url.parse().unwrap(),
        format!("{api_url}/graphql").parse().unwrap(),
        REPOSITORY.parse().unwrap(),
        token.into(),
    )
}

pub(crate) fn connect(settings: GitHubSettings, clock: &stand_ins::ServerClock) -> GitHub {
    let http = Http::new(&HttpSettings::default()).unwrap();
    GitHub::connect(settings, http, Arc::new(SharedClock(clock.clone()))).unwrap()
}

/// An asset as it is asked for: its id and size decide, and GitHub gives no digest.
pub(crate) fn seen_asset(id: AssetId, size: usize) -> SeenAsset {
    SeenAsset {
        id,
        name: "a.bin".into(),
        state: AssetState::Uploaded,
        size: size as u64,
        digest: None,
        download_url: String::new(),
    }
}

pub(crate) fn tag(text: &str) -> Tag {
    text.parse().unwrap()
}

/// A lightweight tag to create.
pub(crate) fn new_tag(name: &str, commit: &CommitSha) -> NewTag {
    NewTag {
        tag: tag(name),
        commit: commit.clone(),
        message: None,
    }
}

pub(crate) fn file(folder: &tempfile::TempDir, name: &str, bytes: &[u8]) -> LocalFile {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    LocalFile {
        path,
        size: bytes.len() as u64,
        digest: Digest::of(bytes),
    }
}

/// The kind of an outcome, for tables.
pub(crate) fn kind<T>(outcome: &Result<T, ServiceError>) -> &'static str {
    match outcome {
        Ok(_) => "ok",
        Err(error) => match error.cause {
            Cause::Unknown { .. } => "unknown",
            Cause::Limited { .. } => "limited",
            Cause::Denied { .. } => "denied",
            Cause::Conflict { .. } => "conflict",
            Cause::Refused { .. } => "refused",
            Cause::Explained(_) => "explained",
            Cause::Broken { .. } | Cause::Archive { .. } => "broken",
        },
    }
}
