//! What GitHub has before a rehearsal: the repository that is released, with earlier releases, and the repository of all modules.

use std::io;
use std::path::Path;

use stand_ins::github::{GitHubWorld, GitRepository, Level, Token};

use crate::settings::{RehearsedBump, RehearsedModules, RehearsedRelease};

/// The job's own token.
pub(super) const TOKEN: &str = "rehearsal-token";
/// The tokens of the Apps that open and merge pull requests, each for one repository.
pub(super) const BUMP_TOKEN: &str = "rehearsal-bump-token";
pub(super) const MODULES_TOKEN: &str = "rehearsal-modules-token";

const MAIN: &str = "main";
/// Who made what is there before.
const MAINTAINER: &str = "ada";

/// What an earlier rehearsal left in the folder, or a new state, with what this release needs.
pub(super) fn load_or_create(folder: &Path, release: &RehearsedRelease) -> io::Result<GitHubWorld> {
    let mut world = if folder.join("world.json").exists() {
        GitHubWorld::load(folder)?
    } else {
        GitHubWorld::new()
    };
    let token = Token::github_token().with(|rights| rights.attestations = Level::Write);
    world.token(TOKEN, token);
    let name = release.repository.to_string();
    let proposals = &release.proposals;
    let is_new = !world.repositories.contains_key(&name);
    if is_new {
        world.repository(&name).commit("Initial commit");
    }
    if let Some(bump) = &proposals.bump {
        let app = Token::app("release-app").only_for(&name);
        world.token(BUMP_TOKEN, app);
        add_files(world.repository(&name), bump);
    }
    if is_new {
        add_history(world.repository(&name), &release.earlier);
    }
    if let Some(modules) = &proposals.modules {
        let name = modules.repository.to_string();
        let app = Token::app("submit-app").only_for(&name);
        world.token(MODULES_TOKEN, app);
        add_channels(world.repository(&name), modules);
    }
    Ok(world)
}

/// The files that the bump changes, as they are before it, unless an earlier rehearsal has bumped them.
fn add_files(repository: &mut GitRepository, bump: &RehearsedBump) {
    for file in &bump.files {
        let path = file.path.as_str();
        let there = repository.file_at(MAIN, path);
        let is_there = |text: &str| there.as_deref() == Some(text.as_bytes());
        if !is_there(&file.before) && !is_there(&file.after) {
            let message = format!("Write {path}");
            repository.push(MAIN, MAINTAINER, &message, &[(path, Some(&file.before))]);
        }
    }
}

/// The releases before, and some merged pull requests since. `earlier` has their tags, the newest first.
fn add_history(repository: &mut GitRepository, earlier: &[String]) {
    repository.merge("Add the custom resource", MAINTAINER, &["kind/feature"]);
    let mut changes = ["Read the credentials once"].into_iter();
    for tag in earlier.iter().rev() {
        repository.tag(tag).publish(tag);
        if let Some(change) = changes.next() {
            repository.merge(change, "grace", &["kind/bug"]);
        }
    }
    repository
        .merge(
            "Watch the operator's deployment",
            "linus",
            &["kind/feature"],
        )
        .merge("Say which secret is missing", MAINTAINER, &["kind/bug"]);
}

/// The channels of the module, which have the version before.
fn add_channels(repository: &mut GitRepository, modules: &RehearsedModules) {
    if repository.commits.is_empty() {
        repository.commit("Initial commit");
    }
    let path = modules.releases.as_str();
    let Some(version) = &modules.version_before else {
        return;
    };
    if repository.file_at(MAIN, path).is_none() {
        let channels = ["regular", "fast"]
            .map(|channel| format!("  - channel: {channel}\n    version: {version}\n"));
        let text = ["channels:\n", &channels.concat()].concat();
        let message = format!("Promote {version}");
        repository.push(MAIN, MAINTAINER, &message, &[(path, Some(&text))]);
    }
}
