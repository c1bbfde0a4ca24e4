//! Every request of a submission and of a promotion × every fault, at each server: after each interruption, other runs end with what
//! an undisturbed one ends with.

use std::sync::Arc;
use std::time::Duration;

use btp_release::protocol::Clock;
use stand_ins::github::{GitHubWorld, GitRepository};
use stand_ins::{EventLog, Faults, GitHubServer, LogEntry};
use tokio::sync::Notify;

use super::release::Snapshot;
use super::support::clock::EventfulClock;
use super::support::cuts::{CUTS, Cut, whole_matrices};
use super::support::scene::{Outputs, Run, SharedClock};
use super::{BASE, Modules};

/// How many runs are begun at most until one succeeds.
const MOST_RUNS: u64 = 4;

#[derive(Clone, Copy, Debug)]
enum Merger {
    Run,
    Person,
}

/// A server that a proposal of a released version sends requests to: each counts its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Server {
    Release,
    Modules,
    Registry,
}

pub(crate) const SERVERS: [Server; 3] = [Server::Release, Server::Modules, Server::Registry];

/// A person merges what is open.
fn merge_open(other: &GitHubServer) {
    let mut world = other.world();
    let repository = world.repository(super::MANIFESTS);
    let pulls = repository.pulls.iter();
    let open = pulls.filter(|(_, pull)| pull.state == "open");
    let open: Vec<_> = open.map(|(number, _)| *number).collect();
    for number in open {
        repository.merge_by_hand(number, "grace", "squash").unwrap();
    }
}

/// The state of all servers before a proposal.
pub(crate) struct Before {
    release: Snapshot,
    modules: GitHubWorld,
}

/// What is left in the repository of all modules, without what differs from run to run.
#[derive(Debug, PartialEq)]
pub(crate) struct Ending {
    /// The git tree at the head of the base branch: all files with their bytes.
    tree: String,
    /// How many commits the base branch has.
    commits: usize,
    /// Number, title, branch, state, and whether it is merged.
    pub(crate) pulls: Vec<(u64, String, String, String, bool)>,
    refs: Vec<String>,
}

impl Modules {
    pub(crate) fn log_and_faults(&self, server: Server) -> (&EventLog, &Faults) {
        match server {
            Server::Release => (self.scene.github.log(), self.scene.github.faults()),
            Server::Modules => (self.other.log(), self.other.faults()),
            Server::Registry => (self.scene.registry.log(), self.scene.registry.faults()),
        }
    }

    pub(crate) fn before(&self) -> Before {
        Before {
            release: self.scene.snapshot(),
            modules: self.other.world().clone(),
        }
    }

    pub(crate) async fn restore(&self, before: &Before) {
        self.scene.restore(&before.release);
        *self.other.world() = before.modules.clone();
        self.seen_by_all().await;
        for server in SERVERS {
            let (log, faults) = self.log_and_faults(server);
            log.clear();
            faults.clear();
        }
    }

    pub(crate) fn ending(&self) -> Ending {
        self.manifests(|repository| {
            let tip = repository.branch_tip(BASE).unwrap();
            let pulls = repository.pulls.iter().map(|(number, pull)| {
                let (title, head) = (pull.title.clone(), pull.head.clone());
                let is_merged = pull.merge_commit.is_some();
                (*number, title, head, pull.state.clone(), is_merged)
            });
            Ending {
                tree: repository.commits[&tip].tree.clone(),
                commits: commits_of(repository, BASE),
                pulls: pulls.collect(),
                refs: repository.refs.keys().cloned().collect(),
            }
        })
    }

    /// How many writes with this method and end of the path took effect in the repository of all modules.
    pub(crate) fn landed(&self, method: &str, end: &str) -> usize {
        let is_it =
            |entry: &LogEntry| entry.landed && entry.method == method && entry.path.ends_with(end);
        self.other.log().filter(is_it).len()
    }

    /// A run that may be killed. `Err` says why it ended early.
    async fn run(
        &self,
        id: u64,
        inputs: &[(&str, &str)],
        merger: Merger,
        killed: &Notify,
    ) -> Result<Outputs, String> {
        let inner = SharedClock(self.scene.clock.clone());
        let (clock, merge): (Arc<dyn Clock>, _) = match merger {
            Merger::Run => (Arc::new(inner), "squash"),
            Merger::Person => {
                let other = Arc::clone(&self.other);
                let after_sleep = move |_| merge_open(&other);
                (Arc::new(EventfulClock { inner, after_sleep }), "wait")
            }
        };
        let run = Run { id, attempt: 1 };
        let inputs = self.inputs(&[inputs, &[("merge", merge)]].concat());
        let folder = self.scene.folder.path();
        tokio::select! {
            ended = self.scene.phase_at(&clock, folder, run, "propose", &inputs) => {
                ended.map_err(|stop| format!("{stop:?}"))
            }
            () = killed.notified() => Err("killed".into()),
        }
    }
}

/// How many commits a branch has, by their first parents.
pub(crate) fn commits_of(repository: &GitRepository, branch: &str) -> usize {
    let tip = repository.branch_tip(branch);
    let parent = |sha: &String| repository.commits[sha].parents.first().cloned();
    std::iter::successors(tip, parent).count()
}

/// Cuts each request of a proposal in the present state, and returns how many cases there were.
async fn survive_all(modules: &Modules, inputs: &[(&str, &str)], merger: Merger) -> usize {
    let before = modules.before();
    modules.restore(&before).await;
    let commits = modules.ending().commits;
    let ended = modules.run(1, inputs, merger, &Notify::new()).await;
    assert_eq!(ended.unwrap()["state"], "merged");
    let wanted = modules.ending();
    assert_eq!(wanted.commits, commits + 1, "one merge");
    let requests = SERVERS.map(|server| modules.log_and_faults(server).0.entries());
    let mut cases = 0;
    for (server, requests) in SERVERS.into_iter().zip(requests) {
        assert!(!requests.is_empty(), "{server:?}");
        for (nth, request) in (1..).zip(&requests) {
            for (kind, cut) in (0..).zip(CUTS) {
                if cut.is_tried(request, nth, kind) {
                    modules.restore(&before).await;
                    let LogEntry { method, path, .. } = request;
                    let case = format!("{merger:?}: {cut:?} of {server:?} {nth}, {method} {path}");
                    survive(modules, inputs, merger, (server, nth, cut), &case).await;
                    assert_eq!(modules.ending(), wanted, "{case}");
                    cases += 1;
                }
            }
        }
    }
    modules.restore(&before).await;
    cases
}

async fn survive(
    modules: &Modules,
    inputs: &[(&str, &str)],
    merger: Merger,
    (server, request, cut): (Server, u64, Cut),
    case: &str,
) {
    let (log, faults) = modules.log_and_faults(server);
    let killed = Arc::new(Notify::new());
    cut.plan(log, faults, request, &killed);
    let mut last = modules.run(1, inputs, merger, &killed).await;
    for id in 2..=MOST_RUNS {
        if last.is_ok() {
            break;
        }
        last = modules.run(id, inputs, merger, &killed).await;
    }
    let outputs = last.unwrap_or_else(|why| panic!("{case}: {why}"));
    assert_eq!(faults.pending(), 0, "{case}: never reached");
    assert_eq!(outputs["state"], "merged", "{case}");
    let tip = modules.manifests(|repository| repository.branch_tip(BASE));
    assert_eq!(Some(&outputs["commit"]), tip.as_ref(), "{case}");
    assert_eq!(modules.landed("POST", "/pulls"), 1, "{case}");
    let by_us = match merger {
        Merger::Run => 1,
        Merger::Person => 0,
    };
    assert_eq!(modules.landed("PUT", "/merge"), by_us, "{case}");
    assert_eq!(modules.scene.written(), [""; 0], "{case}");
}

/// Who merges, and by how much lists lag.
fn scenes(few: [(Merger, u64); 2]) -> Vec<(Merger, u64)> {
    if !whole_matrices() {
        return few.into();
    }
    let mergers = [Merger::Run, Merger::Person].into_iter();
    let scenes = mergers.flat_map(|merger| [0, 3].map(|lag| (merger, lag)));
    scenes.collect()
}

/// With `WHOLE_MATRICES` in the environment every request is cut in every way, otherwise each write in a few.
#[tokio::test]
async fn submission_is_merged_once_after_every_interruption() {
    let inputs = [
        ("kind", "submission"),
        ("module-config", "module-config.yaml"),
    ];
    for (merger, lag) in scenes([(Merger::Run, 3), (Merger::Person, 0)]) {
        let lag = Duration::from_secs(lag);
        let modules = Modules::published_while_lists_lag(lag).await;
        let cases = survive_all(&modules, &inputs, merger).await;
        eprintln!(
            "{cases} cuts of a submission survived ({merger:?} merges, lists lag by {lag:?})"
        );
    }
}

/// With `WHOLE_MATRICES` in the environment every request is cut in every way, otherwise each write in a few.
#[tokio::test]
async fn promotion_is_merged_once_after_every_interruption() {
    let inputs = [("kind", "promotion"), ("channel", "fast")];
    for (merger, lag) in scenes([(Merger::Run, 0), (Merger::Person, 3)]) {
        let lag = Duration::from_secs(lag);
        let modules = Modules::published_while_lists_lag(lag).await;
        modules.submit(&[("merge", "squash")]).await.unwrap();
        let cases = survive_all(&modules, &inputs, merger).await;
        eprintln!("{cases} cuts of a promotion survived ({merger:?} merges, lists lag by {lag:?})");
    }
}
