//! The state itself: repositories with git objects, releases, checks and issues, and the tokens.

use super::app::StoredApp;
use super::attestations::StoredAttestation;
use super::blobs::Blobs;
use super::git_object::{StoredObject, StoredSignature};
use super::pulls::{Pull, StoredComment, StoredMergeSettings};
use super::rule::Rule;
use super::token::Token;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A git object id, 40 hex digits.
pub type Sha = String;

/// All of GitHub's state. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitHubWorld {
    /// By `owner/name`.
    pub repositories: BTreeMap<String, GitRepository>,
    /// Former full names and what they are called now; requests to them are redirected.
    pub renamed: BTreeMap<String, String>,
    /// By secret.
    pub tokens: BTreeMap<String, Token>,
    /// By the App's number.
    pub apps: BTreeMap<String, StoredApp>,
    #[serde(skip)]
    pub(crate) blobs: Blobs,
}

/// A repository with everything that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GitRepository {
    pub id: u64,
    pub owner: String,
    pub name: String,
    pub default_branch: String,
    pub private: bool,
    /// The setting: releases published while it is on can never be changed.
    pub immutable_releases: bool,
    pub commits: BTreeMap<Sha, Commit>,
    /// Annotated tag objects.
    pub tag_objects: BTreeMap<Sha, StoredTag>,
    /// Full names (`refs/heads/main`, `refs/tags/v1.0.0`, `refs/release-locks/v1.0.0`).
    pub refs: BTreeMap<String, Sha>,
    pub pulls: BTreeMap<u64, Pull>,
    pub releases: BTreeMap<u64, StoredRelease>,
    /// The release pinned as latest by `make_latest`.
    pub latest: Option<u64>,
    /// Tag names of deleted immutable releases: no tag or release may use them again.
    pub reserved_tags: BTreeSet<String>,
    pub check_runs: Vec<CheckRun>,
    pub statuses: Vec<StoredStatus>,
    /// In the order in which they were stored.
    pub attestations: Vec<StoredAttestation>,
    pub runs: BTreeMap<u64, StoredRun>,
    pub rules: Vec<Rule>,
    /// Issues that are no pull requests, by number.
    pub issues: BTreeMap<u64, Issue>,
    /// The first one has the number 1.
    pub milestones: Vec<StoredMilestone>,
    /// Text files by path, the same at every commit that has no tree of its own.
    pub files: BTreeMap<String, String>,
    /// Blobs and trees that were written.
    pub objects: BTreeMap<Sha, StoredObject>,
    /// Which ways to merge a pull request are allowed.
    pub merge_settings: StoredMergeSettings,
    pub(crate) last_id: u64,
    /// Where the seed builder adds commits.
    pub(crate) branch: String,
}

/// A commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Commit {
    pub parents: Vec<Sha>,
    pub message: String,
    /// `None` for authors without a GitHub account.
    pub login: Option<String>,
    pub date: u64,
    /// Identifies the content of `.github/workflows` in this commit.
    pub workflows: String,
    /// The id of its tree. Empty: a seeded commit, which holds [`GitRepository::files`].
    pub tree: Sha,
    /// What git says of the author and the committer; `None`: it follows from `login` and `date`.
    pub signed_by: Option<Box<[StoredSignature; 2]>>,
    /// Whether GitHub signed it.
    pub verified: bool,
}

impl Commit {
    pub(crate) fn author(&self) -> StoredSignature {
        let [author, _] = self
            .signed_by
            .as_deref()
            .cloned()
            .unwrap_or_else(|| self.unsigned());
        author
    }

    pub(crate) fn committer(&self) -> StoredSignature {
        let [_, committer] = self
            .signed_by
            .as_deref()
            .cloned()
            .unwrap_or_else(|| self.unsigned());
        committer
    }

    fn unsigned(&self) -> [StoredSignature; 2] {
        let name = self.login.as_deref().unwrap_or("Somebody Unknown");
        let person = StoredSignature {
            name: name.to_owned(),
            email: format!("{}@example.com", name.to_lowercase().replace(' ', ".")),
            date: self.date,
        };
        [person.clone(), person]
    }
}

/// An annotated tag object; it takes effect only with a ref that points at it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredTag {
    pub tag: String,
    pub message: String,
    pub object: Sha,
    pub tagger: String,
    pub date: u64,
}

/// An issue that is no pull request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Issue {
    pub title: String,
    pub body: String,
    pub login: String,
    pub labels: Vec<String>,
    /// `open` or `closed`.
    pub state: String,
    pub created_at: u64,
    /// Comments on it, oldest first.
    pub comments: Vec<StoredComment>,
}

/// A milestone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredMilestone {
    pub title: String,
    /// `open` or `closed`.
    pub state: String,
    /// The numbers of its issues and pull requests.
    pub items: Vec<u64>,
}

/// A release or a draft of one. Several drafts may name one tag; one published release does.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredRelease {
    pub id: u64,
    pub tag_name: String,
    pub target_commitish: String,
    pub name: Option<String>,
    pub body: Option<String>,
    pub draft: bool,
    pub prerelease: bool,
    pub immutable: bool,
    pub author: String,
    pub created_at: u64,
    pub updated_at: u64,
    pub published_at: Option<u64>,
    /// `untagged-<hex>`: the draft's name in URLs.
    pub untagged: String,
    pub assets: Vec<StoredAsset>,
}

/// A file of a release; its bytes are named by [`StoredAsset::content`] and read with [`GitHubWorld::bytes`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredAsset {
    pub id: u64,
    pub name: String,
    pub label: Option<String>,
    pub content_type: String,
    /// `uploaded`, or `starter` for what a broken upload left behind.
    pub state: String,
    /// The declared size, of a starter too.
    pub size: u64,
    /// SHA-256 of the bytes in hex; a starter has none.
    pub content: Option<String>,
    pub uploader: String,
    pub created_at: u64,
    pub updated_at: u64,
}

/// A check run of an app for a commit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CheckRun {
    pub id: u64,
    pub name: String,
    pub head_sha: Sha,
    pub status: String,
    pub conclusion: Option<String>,
    pub details_url: Option<String>,
    pub external_id: Option<String>,
    pub output: serde_json::Value,
    pub suite: u64,
    /// Slug of the app that made it.
    pub app: String,
    pub started_at: u64,
    pub completed_at: Option<u64>,
}

/// A commit status; the newest of each context counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredStatus {
    pub id: u64,
    pub sha: Sha,
    pub context: String,
    pub state: String,
    pub description: Option<String>,
    pub target_url: Option<String>,
    pub creator: String,
    pub created_at: u64,
}

/// A run of a workflow file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredRun {
    pub id: u64,
    pub name: String,
    /// `.github/workflows/build.yaml`
    pub path: String,
    pub head_branch: String,
    pub head_sha: Sha,
    pub event: String,
    pub status: String,
    pub conclusion: Option<String>,
    pub run_attempt: u32,
    pub run_number: u64,
    pub created_at: u64,
    pub jobs: Vec<StoredJob>,
    /// Names of the environments whose protection rules it waits for.
    pub pending_environments: Vec<String>,
}

/// A job of a workflow run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredJob {
    pub id: u64,
    pub name: String,
    pub status: String,
    pub conclusion: Option<String>,
    /// The attempt of the run that it belongs to; 0 for the run's own.
    pub run_attempt: u32,
    /// `None` for a job without a log.
    pub log: Option<String>,
    /// Whether its log was deleted.
    pub log_deleted: bool,
}

/// What a name resolves to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    Commit,
    Tag,
}

impl ObjectKind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            ObjectKind::Commit => "commit",
            ObjectKind::Tag => "tag",
        }
    }
}

impl GitHubWorld {
    /// The repository of that `owner/name`; GitHub does not mind the case of either.
    pub fn find(&self, full_name: &str) -> Option<&GitRepository> {
        let key = self.key_of(full_name)?;
        self.repositories.get(&key)
    }

    pub(crate) fn find_mut(&mut self, full_name: &str) -> Option<&mut GitRepository> {
        let key = self.key_of(full_name)?;
        self.repositories.get_mut(&key)
    }

    fn key_of(&self, full_name: &str) -> Option<String> {
        let mut names = self.repositories.keys();
        names
            .find(|name| name.eq_ignore_ascii_case(full_name))
            .cloned()
    }

    /// The repository that was renamed from that `owner/name`.
    pub(crate) fn find_renamed(&self, full_name: &str) -> Option<&GitRepository> {
        let mut names = self.renamed.iter();
        let (_, now) = names.find(|(old, _)| old.eq_ignore_ascii_case(full_name))?;
        self.find(now)
    }
}

impl GitRepository {
    /// `owner/name`
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Ids rise, and no two things of a repository share one.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.id * 1_000_000 + self.last_id
    }

    /// Issues and pull requests share their numbers.
    pub(crate) fn next_number(&self) -> u64 {
        let last = self.pulls.keys().last().max(self.issues.keys().last());
        last.copied().unwrap_or_default() + 1
    }

    pub(crate) fn object(&self, sha: &str) -> Option<ObjectKind> {
        if self.commits.contains_key(sha) {
            Some(ObjectKind::Commit)
        } else {
            self.tag_objects
                .contains_key(sha)
                .then_some(ObjectKind::Tag)
        }
    }

    /// The commit that an object points at; annotated tags are followed.
    pub fn peel(&self, sha: &str) -> Option<Sha> {
        let mut sha = sha;
        while let Some(tag) = self.tag_objects.get(sha) {
            sha = &tag.object;
        }
        self.commits.contains_key(sha).then(|| sha.to_owned())
    }

    /// The commit that a full ref name points at.
    pub fn commit_of_ref(&self, name: &str) -> Option<Sha> {
        self.peel(self.refs.get(name)?)
    }

    /// The commit that a tag points at, annotated or not.
    pub fn tag_commit(&self, tag: &str) -> Option<Sha> {
        self.commit_of_ref(&format!("refs/tags/{tag}"))
    }

    /// The commit a branch points to.
    pub fn branch_tip(&self, branch: &str) -> Option<Sha> {
        self.commit_of_ref(&format!("refs/heads/{branch}"))
    }

    /// Branch, tag, full ref, or SHA (at least seven digits of it).
    pub(crate) fn resolve(&self, name: &str) -> Option<Sha> {
        let named = self.branch_tip(name).or_else(|| self.tag_commit(name));
        let named = named.or_else(|| self.commit_of_ref(name));
        let named = named.or_else(|| self.commit_of_ref(&format!("refs/{name}")));
        named.or_else(|| {
            let mut found = self
                .commits
                .keys()
                .filter(|sha| name.len() >= 7 && sha.starts_with(name));
            found.next().filter(|_| found.next().is_none()).cloned()
        })
    }

    /// The commit itself and all before it.
    pub(crate) fn ancestors(&self, sha: &str) -> BTreeSet<Sha> {
        self.reachable([sha.to_owned()])
    }

    /// Commits and all before them.
    pub(crate) fn reachable(&self, tips: impl IntoIterator<Item = Sha>) -> BTreeSet<Sha> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<Sha> = tips.into_iter().collect();
        while let Some(sha) = open.pop() {
            if let Some(commit) = self.commits.get(&sha)
                && seen.insert(sha)
            {
                open.extend(commit.parents.iter().cloned());
            }
        }
        seen
    }

    /// Newest first, as `git log` gives them; of one second, children before parents.
    pub(crate) fn by_date(&self, shas: impl IntoIterator<Item = Sha>) -> Vec<Sha> {
        let date = |sha: &Sha| self.commits.get(sha).map(|commit| commit.date);
        let mut shas: Vec<Sha> = shas.into_iter().collect();
        // A child has more ancestors; they are counted only where the dates are equal.
        shas.sort_by(|a, b| {
            let depth = |sha: &Sha| self.ancestors(sha).len();
            date(b).cmp(&date(a)).then_with(|| depth(b).cmp(&depth(a)))
        });
        shas
    }

    pub(crate) fn asset(&self, id: u64) -> Option<(&StoredRelease, &StoredAsset)> {
        self.releases.values().find_map(|release| {
            release
                .assets
                .iter()
                .find(|asset| asset.id == id)
                .map(|asset| (release, asset))
        })
    }

    /// Releases of one tag, drafts included, lowest id first.
    pub fn releases_of(&self, tag: &str) -> Vec<&StoredRelease> {
        self.releases
            .values()
            .filter(|release| release.tag_name == tag)
            .collect()
    }

    /// Stores a bundle as the request of a workflow would have; its id. A bundle without a statement that can be read
    /// is stored for no artifact.
    pub fn attest(&mut self, bundle: &serde_json::Value) -> u64 {
        let read = StoredAttestation::read(bundle);
        let read = read.unwrap_or_else(|_| StoredAttestation {
            bundle: bundle.clone(),
            ..StoredAttestation::default()
        });
        self.store_attestation(read)
    }

    pub(crate) fn store_attestation(&mut self, attestation: StoredAttestation) -> u64 {
        let id = self.new_id();
        self.attestations
            .push(StoredAttestation { id, ..attestation });
        id
    }

    /// The attestations that name a digest, `sha256:…`, oldest first.
    pub fn attestations_of(&self, digest: &str) -> Vec<&StoredAttestation> {
        let all = self.attestations.iter();
        all.filter(|one| one.subjects.iter().any(|subject| subject == digest))
            .collect()
    }
}
