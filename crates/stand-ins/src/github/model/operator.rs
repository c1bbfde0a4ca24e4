//! The hand of a person, for tests: pushes, reviews, checks and merges without a request.

use super::merging::{MergeOrder, signature};
use super::pulls::StoredReview;
use super::world::{CheckRun, Commit, GitRepository, Sha};

impl GitRepository {
    /// A commit on a branch, which is made at the default branch's tip if it is new. `None` deletes a file. The commit and its
    /// tree have git's own ids.
    pub fn push(
        &mut self,
        branch: &str,
        login: &str,
        message: &str,
        changes: &[(&str, Option<&str>)],
    ) -> Sha {
        let tip = self.branch_tip(branch);
        let tip = tip.or_else(|| self.branch_tip(&self.default_branch));
        let before = tip.as_ref().and_then(|sha| self.commits.get(sha));
        let date = before.map_or(1_736_154_000, |commit| commit.date + 60);
        let mut files = tip
            .as_ref()
            .map(|sha| self.files_at(sha))
            .unwrap_or_default();
        for (path, text) in changes {
            match text {
                Some(text) => {
                    let sha = self.store_blob(text.as_bytes());
                    let mode = "100644".to_owned();
                    let file = super::git_object::CommittedFile { mode, sha };
                    files.insert((*path).to_owned(), file);
                }
                None => {
                    files.remove(*path);
                }
            }
        }
        let tree = self.store_files(&files);
        let person = signature(login, date);
        let sha = self.store_commit(Commit {
            tree,
            parents: tip.into_iter().collect(),
            message: message.to_owned(),
            login: Some(login.to_owned()),
            date,
            signed_by: Some(Box::new([person.clone(), person])),
            ..Commit::default()
        });
        self.refs
            .insert(format!("refs/heads/{branch}"), sha.clone());
        sha
    }

    /// A review of the present head: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, or `DISMISSED` for what that person said.
    pub fn review(&mut self, number: u64, login: &str, state: &str) {
        let id = self.new_id();
        let head = self.pulls.get(&number).map(|pull| self.head_of(pull));
        if let Some(pull) = self.pulls.get_mut(&number) {
            pull.requested_reviewers.retain(|asked| asked != login);
            pull.reviews.push(StoredReview {
                id,
                login: login.to_owned(),
                state: state.to_owned(),
                commit: head.unwrap_or_default(),
                submitted_at: pull.updated_at,
                ..StoredReview::default()
            });
        }
    }

    /// A check run of the commit that a branch, a tag or an id names; without a conclusion it runs.
    pub fn set_check(&mut self, reference: &str, name: &str, conclusion: Option<&str>) {
        let Some(sha) = self.resolve(reference) else {
            return;
        };
        let id = self.new_id();
        let started_at = self.commits.get(&sha).map_or(0, |commit| commit.date);
        self.check_runs.push(CheckRun {
            id,
            name: name.to_owned(),
            head_sha: sha,
            status: if conclusion.is_some() {
                "completed".to_owned()
            } else {
                "in_progress".to_owned()
            },
            conclusion: conclusion.map(str::to_owned),
            suite: id,
            app: "github-actions".to_owned(),
            started_at,
            completed_at: conclusion.map(|_| started_at + 60),
            ..CheckRun::default()
        });
    }

    /// Merges a pull request as its page does, whatever the rules say; the commit, or `None` where there is a conflict.
    pub fn merge_by_hand(&mut self, number: u64, login: &str, method: &str) -> Option<Sha> {
        let now = self
            .pulls
            .get(&number)
            .map(|pull| pull.updated_at.max(pull.created_at));
        let order = MergeOrder {
            method: method.to_owned(),
            login: login.to_owned(),
            now: now.unwrap_or_default(),
            ..MergeOrder::default()
        };
        self.merge_pull(number, &order)
    }

    /// Closes a pull request without merging it.
    pub fn close_pull(&mut self, number: u64) {
        let head = self.pulls.get(&number).map(|pull| self.head_of(pull));
        if let Some(pull) = self.pulls.get_mut(&number) {
            pull.head_sha = head.unwrap_or_default();
            let now = pull.updated_at;
            pull.close(now);
        }
    }

    /// Deletes a branch; an open pull request of it is closed with the next request.
    pub fn delete_branch(&mut self, branch: &str) {
        self.refs.remove(&format!("refs/heads/{branch}"));
    }
}
