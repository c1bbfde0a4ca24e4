//! Merging: what a pull request changes, whether it can be merged, and the merge itself.
//! <https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/configuring-pull-request-merges>

use super::git_object::{CommittedFile, CommittedFiles, StoredSignature, trees};
use super::pulls::Pull;
use super::requirements::UnmetRequirement;
use super::world::{Commit, GitRepository, Sha};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Whether a pull request can be merged, as `mergeable_state` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MergeVerdict {
    /// It is being worked out.
    Unknown,
    /// Both sides changed a file.
    Dirty,
    Draft,
    /// A rule of the base is not met.
    Blocked,
    /// The base has moved on, and a rule wants it in the head.
    Behind,
    /// A check that is not required failed or runs.
    Unstable,
    Clean,
}

impl MergeVerdict {
    pub(crate) fn name(self) -> &'static str {
        match self {
            MergeVerdict::Unknown => "unknown",
            MergeVerdict::Dirty => "dirty",
            MergeVerdict::Draft => "draft",
            MergeVerdict::Blocked => "blocked",
            MergeVerdict::Behind => "behind",
            MergeVerdict::Unstable => "unstable",
            MergeVerdict::Clean => "clean",
        }
    }
}

/// How a merge is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct MergeOrder {
    pub(crate) method: String,
    pub(crate) title: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) login: String,
    /// Seconds since 1970.
    pub(crate) now: u64,
}

/// A file that a pull request changes: before and after.
pub(crate) struct PullFile {
    pub(crate) path: String,
    pub(crate) before: Option<CommittedFile>,
    pub(crate) after: Option<CommittedFile>,
}

/// The address of an account, as GitHub writes it where the real one is kept private.
pub(crate) fn signature(login: &str, date: u64) -> StoredSignature {
    StoredSignature {
        name: login.to_owned(),
        email: format!("{login}@users.noreply.github.com"),
        date,
    }
}

/// The committer of what is made on the web.
pub(crate) fn web(date: u64) -> StoredSignature {
    StoredSignature {
        name: "GitHub".to_owned(),
        email: "noreply@github.com".to_owned(),
        date,
    }
}

impl GitRepository {
    /// The tip of the head, or what it was when the pull request was closed.
    pub(crate) fn head_of(&self, pull: &Pull) -> Sha {
        let live = (pull.state == "open").then(|| self.branch_tip(&pull.head));
        let kept = Some(&pull.head_sha).filter(|sha| !sha.is_empty()).cloned();
        let found = live.flatten().or(kept);
        found.unwrap_or_else(|| pull.merge_commit.clone().unwrap_or_default())
    }

    /// The tip of the base, or what it was when the pull request was closed.
    pub(crate) fn base_of(&self, pull: &Pull) -> Sha {
        let live = (pull.state == "open").then(|| self.branch_tip(&pull.base));
        let kept = Some(&pull.base_sha).filter(|sha| !sha.is_empty()).cloned();
        let found = live.flatten().or(kept);
        found.unwrap_or_else(|| pull.merge_commit.clone().unwrap_or_default())
    }

    pub(crate) fn merge_base(&self, one: &str, other: &str) -> Option<Sha> {
        let (one, other) = (self.ancestors(one), self.ancestors(other));
        let shared = self.by_date(one.intersection(&other).cloned());
        shared.into_iter().next()
    }

    /// The commits of a pull request, oldest first. Of a seeded one that is what it was merged as.
    pub(crate) fn commits_of(&self, pull: &Pull) -> Vec<Sha> {
        if pull.head_sha.is_empty() && pull.state != "open" {
            return pull.merge_commit.iter().cloned().collect();
        }
        let after = self.ancestors(&self.head_of(pull));
        let before = self.ancestors(&self.base_of(pull));
        let mut own = self.by_date(after.difference(&before).cloned());
        own.reverse();
        own
    }

    /// The files that it changes since its branch began, by path.
    pub(crate) fn changes_of(&self, pull: &Pull) -> Vec<PullFile> {
        let (base, head) = (self.base_of(pull), self.head_of(pull));
        let Some(start) = self.merge_base(&base, &head) else {
            return Vec::new();
        };
        self.changes_between(&start, &head)
    }

    /// The files that differ between two commits, by path.
    pub(crate) fn changes_between(&self, one: &str, other: &str) -> Vec<PullFile> {
        let (before, after) = (self.files_at(one), self.files_at(other));
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed = paths
            .into_iter()
            .filter(|path| before.get(*path) != after.get(*path));
        changed
            .map(|path| PullFile {
                path: path.clone(),
                before: before.get(path).cloned(),
                after: after.get(path).cloned(),
            })
            .collect()
    }

    /// The files of both commits; `None` where both changed one and not alike.
    pub(crate) fn merged_files(&self, base: &str, head: &str) -> Option<CommittedFiles> {
        let start = self.files_at(&self.merge_base(base, head)?);
        let (ours, theirs) = (self.files_at(base), self.files_at(head));
        let paths: BTreeSet<&String> = start
            .keys()
            .chain(ours.keys())
            .chain(theirs.keys())
            .collect();
        let mut merged = CommittedFiles::new();
        for path in paths {
            let (was, our, their) = (start.get(path), ours.get(path), theirs.get(path));
            let taken = match (our == was, their == was) {
                (_, true) => our,
                (true, _) => their,
                _ if our == their => our,
                _ => return None,
            };
            if let Some(file) = taken {
                merged.insert(path.clone(), file.clone());
            }
        }
        Some(merged)
    }

    pub(crate) fn verdict(&self, pull: &Pull, now: Duration, after: Duration) -> MergeVerdict {
        let moved = Duration::from_millis(pull.moved_at);
        let (base, head) = (self.base_of(pull), self.head_of(pull));
        let is_worked_out = pull.head_sha == head && pull.base_sha == base && moved + after <= now;
        if pull.state != "open" || !is_worked_out {
            return MergeVerdict::Unknown;
        }
        if self.merged_files(&base, &head).is_none() {
            return MergeVerdict::Dirty;
        }
        if pull.draft {
            return MergeVerdict::Draft;
        }
        let unmet = self.unmet(pull, "");
        let is_behind = |unmet: &UnmetRequirement| *unmet == UnmetRequirement::Behind;
        match unmet.as_slice() {
            [] if self.is_unstable(&head) => MergeVerdict::Unstable,
            [] => MergeVerdict::Clean,
            [one] if is_behind(one) => MergeVerdict::Behind,
            _ => MergeVerdict::Blocked,
        }
    }

    /// The commit that a merge now would make, which is not stored.
    pub(crate) fn test_merge(&self, pull: &Pull) -> Option<Sha> {
        let (base, head) = (self.base_of(pull), self.head_of(pull));
        let tree = trees(&self.merged_files(&base, &head)?, &mut BTreeMap::new());
        let message = format!("Merge {head} into {base}");
        let author = signature(&pull.login, pull.updated_at);
        let commit = Commit {
            tree,
            parents: vec![base, head],
            message,
            signed_by: Some(Box::new([author, web(pull.updated_at)])),
            ..Commit::default()
        };
        Some(commit.git_id())
    }

    /// Merges whatever the rules say; `None` where both sides changed a file, or there is no such pull request.
    pub(crate) fn merge_pull(&mut self, number: u64, order: &MergeOrder) -> Option<Sha> {
        let pull = self.pulls.get(&number)?.clone();
        let (base, head) = (self.base_of(&pull), self.head_of(&pull));
        let commits = self.commits_of(&pull);
        let files = self.merged_files(&base, &head)?;
        let (now, login) = (order.now, order.login.as_str());
        let made = match order.method.as_str() {
            "rebase" => self.rebase(&base, &commits, login, now)?,
            method => {
                let squash = method == "squash";
                let (title, message) = self.usual_message(number, &pull, &commits, squash);
                let title = order.title.clone().unwrap_or(title);
                let message = order.message.clone().unwrap_or(message);
                let author = if squash { pull.login.as_str() } else { login };
                let parents = if squash {
                    vec![base.clone()]
                } else {
                    vec![base.clone(), head.clone()]
                };
                let tree = self.store_files(&files);
                self.store_commit(Commit {
                    tree,
                    parents,
                    message: format!("{title}\n\n{message}").trim_end().to_owned(),
                    login: Some(author.to_owned()),
                    date: now,
                    signed_by: Some(Box::new([signature(author, now), web(now)])),
                    verified: true,
                    ..Commit::default()
                })
            }
        };
        self.refs
            .insert(format!("refs/heads/{}", pull.base), made.clone());
        self.close_as_merged(number, &head, &base, &made, login, now);
        Some(made)
    }

    /// The pull request as one that was merged, and its branch deleted where the repository says so.
    pub(crate) fn close_as_merged(
        &mut self,
        number: u64,
        head: &str,
        base: &str,
        merge: &str,
        login: &str,
        now: u64,
    ) {
        let Some(pull) = self.pulls.get_mut(&number) else {
            return;
        };
        head.clone_into(&mut pull.head_sha);
        base.clone_into(&mut pull.base_sha);
        pull.close(now);
        pull.merged_at = Some(now);
        pull.merged_by = Some(login.to_owned());
        pull.merge_commit = Some(merge.to_owned());
        let branch = format!("refs/heads/{}", pull.head);
        if self.merge_settings.delete_branch_on_merge {
            self.refs.remove(&branch);
        }
    }

    /// Title and text of the commit where the caller names none.
    fn usual_message(
        &self,
        number: u64,
        pull: &Pull,
        commits: &[Sha],
        squash: bool,
    ) -> (String, String) {
        if !squash {
            let title = format!(
                "Merge pull request #{number} from {}/{}",
                self.owner, pull.head
            );
            return (title, pull.title.clone());
        }
        let messages = commits.iter().filter_map(|sha| self.commits.get(sha));
        let messages: Vec<&str> = messages.map(|commit| commit.message.as_str()).collect();
        match messages.as_slice() {
            [one] => {
                let (title, text) = one.split_once('\n').unwrap_or((one, ""));
                (format!("{title} (#{number})"), text.trim_start().to_owned())
            }
            many => {
                let list = many.iter().map(|message| format!("* {message}"));
                let text = list.collect::<Vec<_>>().join("\n\n");
                (format!("{} (#{number})", pull.title), text)
            }
        }
    }

    /// The same changes, one commit after the other, onto the base.
    fn rebase(&mut self, base: &str, commits: &[Sha], login: &str, now: u64) -> Option<Sha> {
        let mut tip = base.to_owned();
        for sha in commits {
            let commit = self.commits.get(sha)?.clone();
            let files = self.picked(&tip, sha)?;
            let tree = self.store_files(&files);
            tip = self.store_commit(Commit {
                tree,
                parents: vec![tip],
                date: now,
                signed_by: Some(Box::new([commit.author(), signature(login, now)])),
                verified: false,
                ..commit
            });
        }
        Some(tip)
    }

    /// The files at `tip` with the changes of one commit.
    fn picked(&self, tip: &str, sha: &str) -> Option<CommittedFiles> {
        let parent = self.commits.get(sha)?.parents.first();
        let before = parent.map(|sha| self.files_at(sha)).unwrap_or_default();
        let after = self.files_at(sha);
        let mut files = self.files_at(tip);
        let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for path in paths {
            match after.get(path) {
                same if same == before.get(path) => {}
                Some(file) => {
                    files.insert(path.clone(), file.clone());
                }
                None => {
                    files.remove(path);
                }
            }
        }
        Some(files)
    }
}

impl Pull {
    /// Closed without being merged; nothing waits for it any more.
    pub(crate) fn close(&mut self, now: u64) {
        "closed".clone_into(&mut self.state);
        self.closed_at = Some(now);
        self.updated_at = now;
        self.auto_merge = None;
        self.queue_entry = None;
    }
}
