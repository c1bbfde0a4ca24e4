//! What GitHub does with pull requests by itself: it notices that branches moved, and merges what waited.
//! <https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/automatically-merging-a-pull-request>

use super::merging::{MergeOrder, MergeVerdict};
use super::pulls::{Pull, StoredQueueEntry};
use super::world::GitRepository;
use std::time::Duration;

fn millis(of: Duration) -> u64 {
    u64::try_from(of.as_millis()).unwrap_or(u64::MAX)
}

impl GitRepository {
    /// What goes on by itself: tips are noted, pull requests whose branches went or were merged elsewhere are closed,
    /// and what waits for its requirements is merged. Returns those that were merged.
    pub(crate) fn settle_pulls(
        &mut self,
        now: u64,
        at: Duration,
        after: Duration,
        queue: Duration,
    ) -> Vec<u64> {
        let open = self.pulls.iter().filter(|(_, pull)| pull.state == "open");
        let open: Vec<u64> = open.map(|(number, _)| *number).collect();
        let mut merged = Vec::new();
        for number in open {
            self.note_tips(number, now, at);
            let Some(pull) = self.pulls.get(&number).filter(|pull| pull.state == "open") else {
                continue;
            };
            let Some(mut order) = self.due(pull, at, queue) else {
                continue;
            };
            order.now = now;
            let verdict = self.verdict(pull, at, after);
            let may = [MergeVerdict::Clean, MergeVerdict::Unstable].contains(&verdict);
            if may && pull.queue_entry.is_none() && self.queue_method(pull).is_some() {
                self.queue(number, &order.login, now, at);
                continue;
            }
            if may && self.merge_pull(number, &order).is_some() {
                merged.push(number);
            } else if verdict != MergeVerdict::Unknown
                && let Some(pull) = self.pulls.get_mut(&number)
            {
                // What cannot be merged leaves the queue.
                pull.queue_entry = None;
            }
        }
        merged
    }

    /// The merge that a pull request waits for, once its time in the queue is over or as auto-merge.
    fn due(&self, pull: &Pull, at: Duration, queue: Duration) -> Option<MergeOrder> {
        if let Some(entry) = &pull.queue_entry {
            let over = Duration::from_millis(entry.since) + queue <= at;
            return over.then(|| MergeOrder {
                method: self.queue_method(pull).unwrap_or_default(),
                login: entry.login.clone(),
                ..MergeOrder::default()
            });
        }
        let auto = pull.auto_merge.as_ref()?;
        Some(MergeOrder {
            method: auto.method.clone(),
            title: auto.title.clone(),
            message: auto.message.clone(),
            login: auto.enabled_by.clone(),
            ..MergeOrder::default()
        })
    }

    fn queue(&mut self, number: u64, login: &str, now: u64, at: Duration) {
        if let Some(pull) = self.pulls.get_mut(&number) {
            pull.auto_merge = None;
            pull.queue_entry = Some(StoredQueueEntry {
                login: login.to_owned(),
                enqueued_at: now,
                since: millis(at),
            });
        }
    }

    fn note_tips(&mut self, number: u64, now: u64, at: Duration) {
        let Some(pull) = self.pulls.get(&number) else {
            return;
        };
        let (head, base) = (self.branch_tip(&pull.head), self.branch_tip(&pull.base));
        let (Some(head), Some(base)) = (head, base) else {
            if let Some(pull) = self.pulls.get_mut(&number) {
                pull.close(now);
            }
            return;
        };
        if head == pull.head_sha && base == pull.base_sha {
            return;
        }
        let (seen, before) = (pull.head_sha.clone(), pull.base_sha.clone());
        let is_in_base = !seen.is_empty() && self.ancestors(&base).contains(&head);
        if is_in_base && head == seen {
            let by = self.commits.get(&base);
            let by = by.and_then(|commit| commit.login.clone());
            let by = by.unwrap_or_else(|| self.owner.clone());
            self.close_as_merged(number, &head, &before, &base, &by, now);
            return;
        }
        let stale = self.dismisses_stale(number) && !seen.is_empty() && head != seen;
        let Some(pull) = self.pulls.get_mut(&number) else {
            return;
        };
        if is_in_base {
            pull.close(now);
            return;
        }
        if head != seen {
            pull.updated_at = now;
            pull.queue_entry = None;
        }
        if stale {
            let approvals = pull.reviews.iter_mut();
            for review in approvals.filter(|review| review.state == "APPROVED") {
                "DISMISSED".clone_into(&mut review.state);
            }
        }
        pull.head_sha = head;
        pull.base_sha = base;
        pull.moved_at = millis(at);
    }
}
