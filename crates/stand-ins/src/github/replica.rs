//! Replication lag: lists, requests by tag and GraphQL answer from an older state.

use super::model::GitHubWorld;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Replica {
    lag: Duration,
    /// States and since when they were true, oldest first.
    past: VecDeque<(Duration, Arc<GitHubWorld>)>,
}

impl Replica {
    pub(crate) fn new(lag: Duration, world: &GitHubWorld) -> Replica {
        let mut past = VecDeque::new();
        if !lag.is_zero() {
            past.push_back((Duration::ZERO, Arc::new(world.clone())));
        }
        Replica { lag, past }
    }

    /// Records the state; to be called before and after each request, so that changes made directly by a
    /// test lag too.
    pub(crate) fn note(&mut self, now: Duration, world: &GitHubWorld) {
        if self.past.back().is_some_and(|(_, last)| **last != *world) {
            self.past.push_back((now, Arc::new(world.clone())));
        }
    }

    /// The states that are still to be seen, with their ages.
    pub(crate) fn ages(&self, now: Duration) -> Vec<(Duration, Arc<GitHubWorld>)> {
        let age = |(since, world): &(Duration, Arc<GitHubWorld>)| {
            (now.saturating_sub(*since), world.clone())
        };
        self.past.iter().map(age).collect()
    }

    /// Shows states as old as they were then.
    pub(crate) fn restore(&mut self, now: Duration, ages: &[(Duration, Arc<GitHubWorld>)]) {
        let since =
            |(age, world): &(Duration, Arc<GitHubWorld>)| (now.saturating_sub(*age), world.clone());
        self.past = ages.iter().map(since).collect();
    }

    /// What a replica shows; `None` if there is no lag and the current state applies.
    pub(crate) fn view(&mut self, now: Duration) -> Option<Arc<GitHubWorld>> {
        let arrived = |(since, _): &(Duration, _)| *since + self.lag <= now;
        while self.past.get(1).is_some_and(arrived) {
            self.past.pop_front();
        }
        self.past.front().map(|(_, world)| Arc::clone(world))
    }
}
