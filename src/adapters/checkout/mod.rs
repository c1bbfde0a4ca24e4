//! The git checkout that a command is started in: where it was cloned from, and its commit.
//!
//! The files are read without git (<https://git-scm.com/docs/gitrepository-layout>), with limits. Git is only asked for what its files do not say
//! cheaply.

mod git_config;
#[cfg(feature = "rehearse")]
mod references;
mod remote;

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::bounded_files::{BoundedFolder, read_personal, read_regular};
use super::programs::{Call, Programs};
use crate::domain::CommitSha;
use git_config::GitConfig;
pub use remote::GitRemote;

/// The most bytes of a file that holds one line.
const LINE_LIMIT: u64 = 4 << 10;
/// The most bytes of a configuration file.
const CONFIG_LIMIT: u64 = 1 << 20;
/// The most bytes of `packed-refs`: some hundred thousand references.
const PACKED_LIMIT: u64 = 32 << 20;
/// How many references may name each other, as in git.
const SYMBOLIC_DEPTH: usize = 5;
/// What `HEAD` says where references are in a format of which only git knows (<https://git-scm.com/docs/reftable>).
const IN_TABLES: &str = "refs/heads/.invalid";
/// How long git may take.
const GIT_LIMIT: Duration = Duration::from_secs(3);
/// Sections with which git starts programs that the repository names, or reads files that do so.
const PROGRAM_SECTIONS: [&str; 3] = ["filter", "include", "includeif"];

/// A checkout.
pub struct Checkout {
    /// The top folder.
    root: PathBuf,
    /// The repository's folder, or a linked worktree's part of it.
    own: BoundedFolder,
    /// What all worktrees share.
    common: BoundedFolder,
    config: GitConfig,
}

/// What is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `None` if it is unknown, as before the first commit.
    pub commit: Option<CommitSha>,
    /// `None` if a commit was checked out without a branch.
    pub branch: Option<String>,
}

/// Whether files differ from the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uncommitted {
    /// So many.
    Files(usize),
    /// Git is not there, took too long, or would have started other programs.
    Unknown,
}

impl Checkout {
    /// The checkout that a folder is in; `None` if it is in none, or in one that cannot be read.
    pub fn around(folder: &Path) -> Option<Self> {
        let root = folder
            .ancestors()
            .find(|folder| folder.join(".git").exists())?;
        let own = repository_folder(root)?;
        let common = match own.read("commondir", LINE_LIMIT) {
            Some(line) => BoundedFolder::open(&own.path().join(one_line(&line)))?,
            None => own.clone(),
        };
        let config = common.read("config", CONFIG_LIMIT)?;
        Some(Self {
            root: root.to_owned(),
            own,
            common,
            config: GitConfig::parse(&config),
        })
    }

    /// The top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The repository that the remote `origin` is, with the replacements of the person's own configuration files. `None` without such a
    /// remote, or if its address is of no host.
    pub fn origin(&self, personal: &[PathBuf]) -> Option<GitRemote> {
        let address = self.config.url_of("origin")?;
        let personal: Vec<_> = personal
            .iter()
            .filter_map(|path| read_personal(path, CONFIG_LIMIT))
            .map(|text| GitConfig::parse(&text))
            .collect();
        let configs: Vec<_> = personal.iter().chain([&self.config]).collect();
        GitRemote::parse(&GitConfig::replaced(&configs, address))
    }

    /// What is checked out, as far as the files say it.
    pub fn head(&self) -> Head {
        let text = self.own.read("HEAD", LINE_LIMIT).unwrap_or_default();
        let target = symbolic(&text);
        Head {
            commit: self.commit_of(&text, 0),
            branch: target
                .filter(|name| *name != IN_TABLES)
                .and_then(|name| name.strip_prefix("refs/heads/"))
                .map(str::to_owned),
        }
    }

    /// The commit that the text of a reference names.
    fn commit_of(&self, text: &str, depth: usize) -> Option<CommitSha> {
        let Some(name) = symbolic(text) else {
            return one_line(text).parse().ok();
        };
        if depth == SYMBOLIC_DEPTH || !is_reference(name) {
            return None;
        }
        let loose = self
            .own
            .read(name, LINE_LIMIT)
            .or_else(|| self.common.read(name, LINE_LIMIT));
        match loose {
            Some(text) => self.commit_of(&text, depth + 1),
            None => self.packed(name),
        }
    }

    fn packed(&self, name: &str) -> Option<CommitSha> {
        let all = self.common.read("packed-refs", PACKED_LIMIT)?;
        let of_name = |line: &str| {
            let (commit, found) = line.trim_end().split_once(' ')?;
            (found == name).then(|| commit.parse().ok()).flatten()
        };
        all.lines().find_map(of_name)
    }

    /// The commit that is checked out: as the files say it, or git where they do not.
    pub async fn commit(&self, programs: &Programs) -> Option<CommitSha> {
        let text = self.own.read("HEAD", LINE_LIMIT)?;
        if symbolic(&text) != Some(IN_TABLES) {
            return self.commit_of(&text, 0);
        }
        let asked = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        let answer = self.git(programs, &asked).await?;
        answer.trim().parse().ok()
    }

    /// Asks git how many files differ from the commit, untracked ones included.
    pub async fn uncommitted(&self, programs: &Programs) -> Uncommitted {
        if self.config.has_section(&PROGRAM_SECTIONS) || self.config.has_worktree_config() {
            return Uncommitted::Unknown;
        }
        let asked = ["status", "--porcelain", "--ignore-submodules=dirty"];
        let answer = self.git(programs, &asked).await;
        answer.map_or(Uncommitted::Unknown, |answer| {
            Uncommitted::Files(answer.lines().count())
        })
    }

    /// What git prints; `None` if it fails.
    async fn git(&self, programs: &Programs, asked: &[&str]) -> Option<String> {
        // The monitor is a program that the repository may name.
        let begin = ["-c", "core.fsmonitor=false", "--no-optional-locks"];
        let arguments = [&begin[..], asked].concat();
        let call = Call {
            program: "git",
            arguments: &arguments,
            input: "",
            folder: Some(&self.root),
            variables: &[
                ("GIT_NO_LAZY_FETCH", "1"),
                ("GIT_ALLOW_PROTOCOL", "none"),
                ("GIT_TERMINAL_PROMPT", "0"),
            ],
            without: &["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"],
            limit: GIT_LIMIT,
        };
        let answer = programs.run(&call).await.ok()?;
        answer.success.then_some(answer.output)
    }
}

/// `.git`, or the folder that a file of this name leads to: of a linked worktree, or of a submodule.
fn repository_folder(root: &Path) -> Option<BoundedFolder> {
    let entry = root.join(".git");
    if entry.is_dir() {
        return BoundedFolder::open(&entry);
    }
    let text = read_regular(&entry, LINE_LIMIT)?;
    let target = one_line(text.strip_prefix("gitdir:")?);
    BoundedFolder::open(&root.join(target))
}

/// The name that a symbolic reference leads to.
fn symbolic(text: &str) -> Option<&str> {
    text.strip_prefix("ref:").map(one_line)
}

fn one_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim()
}

/// Whether a name leads to nothing but a reference (<https://git-scm.com/docs/git-check-ref-format>).
fn is_reference(name: &str) -> bool {
    let odd =
        |c: char| c.is_control() || matches!(c, ' ' | '\\' | ':' | '?' | '*' | '[' | '~' | '^');
    name.starts_with("refs/")
        && !name.contains(odd)
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.'))
}

#[cfg(test)]
mod tests;
