//! Builds the server's state by chained calls, and saves it to a folder.

use super::blobs::Blobs;
use super::pulls::Pull;
use super::world::{
    CheckRun, Commit, GitHubWorld, GitRepository, Sha, StoredAsset, StoredJob, StoredRelease,
    StoredRun, StoredStatus, StoredTag,
};
use super::{releases, token::Token};
use crate::text;
use std::io;
use std::path::Path;

/// 2025-01-06T09:00:00Z; each seeded commit is an hour after the one before.
const FIRST_COMMIT: u64 = 1_736_154_000;

impl GitHubWorld {
    /// Nothing at all.
    pub fn new() -> GitHubWorld {
        GitHubWorld::default()
    }

    /// A module repository with some history, one published release and a job's token (`gh-token`).
    pub fn example() -> GitHubWorld {
        let mut world = GitHubWorld::new();
        world.token("gh-token", Token::github_token());
        world
            .repository("kyma-project/btp-manager")
            .commit("Initial commit")
            .merge("Add the operator", "ada", &["kind/feature"])
            .tag("1.0.0")
            .publish("1.0.0")
            .merge("Read the secret once", "grace", &["kind/bug"])
            .merge("Support a proxy", "linus", &["kind/feature"]);
        world
    }

    /// The repository of that full name, made if it is new, with nothing in it.
    pub fn repository(&mut self, full_name: &str) -> &mut GitRepository {
        let id = self.repositories.len() as u64 + 1;
        self.repositories
            .entry(full_name.to_owned())
            .or_insert_with(|| {
                let (owner, name) = full_name.split_once('/').unwrap_or(("octo-org", full_name));
                GitRepository {
                    id,
                    owner: owner.to_owned(),
                    name: name.to_owned(),
                    default_branch: "main".to_owned(),
                    branch: "main".to_owned(),
                    ..GitRepository::default()
                }
            })
    }

    /// Adds a token under its secret.
    pub fn token(&mut self, secret: &str, token: Token) -> &mut GitHubWorld {
        self.tokens.insert(secret.to_owned(), token);
        self
    }

    /// Adds bytes to a release as an upload would have; an unknown release is left alone.
    ///
    /// # Errors
    ///
    /// The folder for bytes cannot be written.
    pub fn attach(
        &mut self,
        repository: &str,
        release: u64,
        name: &str,
        bytes: &[u8],
    ) -> io::Result<()> {
        let content = self.blobs.put(bytes)?;
        let repository = self.repository(repository);
        let id = repository.new_id();
        if let Some(release) = repository.releases.get_mut(&release) {
            release.assets.push(StoredAsset {
                id,
                name: name.to_owned(),
                content_type: "application/octet-stream".to_owned(),
                state: "uploaded".to_owned(),
                size: bytes.len() as u64,
                content: Some(content),
                uploader: release.author.clone(),
                created_at: release.created_at,
                updated_at: release.created_at,
                ..StoredAsset::default()
            });
        }
        Ok(())
    }

    /// The bytes of an asset; a starter has none.
    ///
    /// # Errors
    ///
    /// The file with the bytes does not exist.
    pub fn bytes(&self, asset: &StoredAsset) -> io::Result<Vec<u8>> {
        match &asset.content {
            Some(content) => std::fs::read(self.blobs.path(content)?),
            None => Ok(Vec::new()),
        }
    }

    /// Saves the state to a folder, from which [`GitHubWorld::load`] restores it, bytes included.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let kept = Blobs::kept(folder.join("blobs"))?;
        for repository in self.repositories.values() {
            for asset in repository
                .releases
                .values()
                .flat_map(|release| &release.assets)
            {
                let Some(content) = &asset.content else {
                    continue;
                };
                let (from, to) = (self.blobs.path(content)?, kept.path(content)?);
                if !to.exists() {
                    std::fs::copy(from, to)?;
                }
            }
        }
        // Written to a temporary file and renamed: a process killed here leaves either the old or the new state.
        let new = folder.join("world.json.new");
        std::fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(new, folder.join("world.json"))
    }

    /// Reads state that [`GitHubWorld::save`] wrote. Uploads go to the same folder from then on.
    ///
    /// # Errors
    ///
    /// The folder holds no saved state, or it is invalid.
    pub fn load(folder: &Path) -> io::Result<GitHubWorld> {
        let mut world: GitHubWorld =
            serde_json::from_slice(&std::fs::read(folder.join("world.json"))?)?;
        world.blobs = Blobs::kept(folder.join("blobs"))?;
        Ok(world)
    }
}

impl GitRepository {
    /// The newest commit of the branch that is being seeded.
    pub fn tip(&self) -> Sha {
        self.branch_tip(&self.branch).unwrap_or_default()
    }

    /// Seeds another branch from here on; a new one starts at the present tip.
    pub fn on(&mut self, branch: &str) -> &mut GitRepository {
        let tip = self.tip();
        branch.clone_into(&mut self.branch);
        if !tip.is_empty() {
            self.refs
                .entry(format!("refs/heads/{branch}"))
                .or_insert(tip);
        }
        self
    }

    /// A commit by `octocat` on the branch that is being seeded.
    pub fn commit(&mut self, message: &str) -> &mut GitRepository {
        self.commit_by(message, Some("octocat"))
    }

    /// A commit by an author whom GitHub may not know.
    pub fn commit_by(&mut self, message: &str, login: Option<&str>) -> &mut GitRepository {
        let parent = self.branch_tip(&self.branch);
        let before = parent.as_ref().and_then(|sha| self.commits.get(sha));
        let before = before.cloned().unwrap_or_default();
        let commit = Commit {
            workflows: before.workflows,
            tree: before.tree,
            parents: parent.into_iter().collect(),
            message: message.to_owned(),
            login: login.map(str::to_owned),
            date: FIRST_COMMIT + self.commits.len() as u64 * 3600,
            ..Commit::default()
        };
        self.add(commit)
    }

    /// A commit that changes what is in `.github/workflows`.
    pub fn commit_workflows(&mut self, message: &str, workflows: &str) -> &mut GitRepository {
        self.commit(message);
        // The id follows from the content, so the commit is made anew.
        let sha = self.tip();
        if let Some(commit) = self.commits.remove(&sha) {
            self.add(Commit {
                workflows: workflows.to_owned(),
                ..commit
            });
        }
        self
    }

    /// A commit without a tree of its own has an id that follows from the rest of it, so that files may be seeded later.
    fn add(&mut self, commit: Commit) -> &mut GitRepository {
        let sha = if commit.tree.is_empty() {
            text::stable_hex(
                &format!("commit {} {}", self.full_name(), seeded(&commit)),
                40,
            )
        } else {
            self.store_commit(commit.clone())
        };
        self.refs
            .insert(format!("refs/heads/{}", self.branch), sha.clone());
        self.commits.insert(sha, commit);
        self
    }

    /// A pull request, squashed onto the branch; the commit's subject contains its number.
    pub fn merge(&mut self, title: &str, login: &str, labels: &[&str]) -> &mut GitRepository {
        let number = self.pulls.keys().last().copied().unwrap_or_default() + 1;
        self.commit_by(&format!("{title} (#{number})"), Some(login));
        self.merged(number, title, login, labels, format!("{login}-{number}"))
    }

    /// The pull request that was merged as the tip.
    fn merged(
        &mut self,
        number: u64,
        title: &str,
        login: &str,
        labels: &[&str],
        head: String,
    ) -> &mut GitRepository {
        let sha = self.tip();
        let merged_at = self.commits.get(&sha).map(|commit| commit.date);
        self.pulls.insert(
            number,
            Pull {
                title: title.to_owned(),
                body: String::new(),
                login: login.to_owned(),
                labels: labels.iter().map(|&label| label.to_owned()).collect(),
                state: "closed".to_owned(),
                base: self.branch.clone(),
                head,
                merge_commit: Some(sha),
                merged_at,
                created_at: merged_at.unwrap_or_default(),
                merged_by: Some(login.to_owned()),
                ..Pull::default()
            },
        );
        self
    }

    /// A pull request of one commit, merged with a merge commit that has two parents.
    pub fn merge_commit(
        &mut self,
        title: &str,
        login: &str,
        labels: &[&str],
    ) -> &mut GitRepository {
        let number = self.pulls.keys().last().copied().unwrap_or_default() + 1;
        let (base, onto) = (self.branch.clone(), self.tip());
        let head = format!("{login}-{number}");
        self.on(&head).commit_by(title, Some(login));
        let branch = self.tip();
        self.on(&base).commit_by(
            &format!("Merge pull request #{number} from {login}/{head}\n\n{title}"),
            Some(login),
        );
        let sha = self.tip();
        if let Some(commit) = self.commits.remove(&sha) {
            let parents = vec![onto, branch];
            self.add(Commit { parents, ..commit });
        }
        self.merged(number, title, login, labels, head)
    }

    /// A lightweight tag at the tip.
    pub fn tag(&mut self, name: &str) -> &mut GitRepository {
        let tip = self.tip();
        self.refs.insert(format!("refs/tags/{name}"), tip);
        self
    }

    /// An annotated tag at the tip.
    pub fn annotated_tag(&mut self, name: &str, message: &str) -> &mut GitRepository {
        let tag = StoredTag {
            tag: name.to_owned(),
            message: message.to_owned(),
            object: self.tip(),
            tagger: "octocat".to_owned(),
            date: FIRST_COMMIT,
        };
        let sha = tag.sha();
        self.refs.insert(format!("refs/tags/{name}"), sha.clone());
        self.tag_objects.insert(sha, tag);
        self
    }

    /// A draft of that tag, which need not exist; its id.
    pub fn draft(&mut self, tag: &str) -> u64 {
        let id = self.new_id();
        let (tip, default_branch) = (self.tip(), self.default_branch.clone());
        let date = self
            .commits
            .get(&tip)
            .map_or(FIRST_COMMIT, |commit| commit.date);
        self.releases.insert(
            id,
            StoredRelease {
                id,
                tag_name: tag.to_owned(),
                target_commitish: default_branch,
                name: Some(tag.to_owned()),
                draft: true,
                author: "octocat".to_owned(),
                created_at: date,
                updated_at: date,
                untagged: releases::untagged_name(id, 0),
                ..StoredRelease::default()
            },
        );
        id
    }

    /// A published release of that tag, and the tag if it is missing. It is immutable where the setting is on.
    pub fn publish(&mut self, tag: &str) -> &mut GitRepository {
        if self.tag_commit(tag).is_none() {
            self.tag(tag);
        }
        let id = self.draft(tag);
        let date = self
            .tag_commit(tag)
            .and_then(|sha| self.commits.get(&sha))
            .map(|commit| commit.date);
        let immutable = self.immutable_releases;
        if let Some(release) = self.releases.get_mut(&id) {
            release.draft = false;
            release.immutable = immutable;
            release.created_at = date.unwrap_or(FIRST_COMMIT);
            release.published_at = Some(release.created_at + 600);
        }
        self.latest = Some(id);
        self
    }

    /// A finished check run at the tip.
    pub fn check(&mut self, name: &str, conclusion: &str) -> &mut GitRepository {
        let id = self.new_id();
        self.check_runs.push(CheckRun {
            id,
            name: name.to_owned(),
            head_sha: self.tip(),
            status: "completed".to_owned(),
            conclusion: Some(conclusion.to_owned()),
            suite: id,
            app: "github-actions".to_owned(),
            started_at: FIRST_COMMIT,
            completed_at: Some(FIRST_COMMIT + 60),
            ..CheckRun::default()
        });
        self
    }

    /// A commit status at the tip.
    pub fn status(&mut self, context: &str, state: &str) -> &mut GitRepository {
        let id = self.new_id();
        self.statuses.push(StoredStatus {
            id,
            sha: self.tip(),
            context: context.to_owned(),
            state: state.to_owned(),
            creator: "octocat".to_owned(),
            created_at: FIRST_COMMIT,
            ..StoredStatus::default()
        });
        self
    }

    /// A workflow run at the tip with one job; its id.
    pub fn run(&mut self, name: &str, event: &str, status: &str, conclusion: Option<&str>) -> u64 {
        let (id, job) = (self.new_id(), self.new_id());
        let (status, conclusion) = (status.to_owned(), conclusion.map(str::to_owned));
        let run = StoredRun {
            id,
            name: name.to_owned(),
            path: format!(".github/workflows/{name}.yaml"),
            head_branch: self.branch.clone(),
            head_sha: self.tip(),
            event: event.to_owned(),
            run_attempt: 1,
            run_number: self.runs.len() as u64 + 1,
            created_at: FIRST_COMMIT,
            jobs: vec![StoredJob {
                id: job,
                name: name.to_owned(),
                status: status.clone(),
                conclusion: conclusion.clone(),
                ..StoredJob::default()
            }],
            status,
            conclusion,
            pending_environments: Vec::new(),
        };
        self.runs.insert(id, run);
        id
    }
}

/// The content that the id of a seeded commit is made of.
fn seeded(commit: &Commit) -> String {
    format!(
        "Commit {{ parents: {:?}, message: {:?}, login: {:?}, date: {:?}, workflows: {:?} }}",
        commit.parents, commit.message, commit.login, commit.date, commit.workflows
    )
}

impl StoredTag {
    /// The id follows from the content alone, as git's does: the same object made twice is one.
    pub(crate) fn sha(&self) -> Sha {
        text::stable_hex(&format!("tag {self:?}"), 40)
    }
}
