//! Every request of a whole release × every fault: after each interruption, another run completes the release.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stand_ins::{EventLog, Fault, GitHubEvent, LogEntry};
use tokio::sync::Notify;

use super::release::Phases;
use super::stages::{From, Stage, Undisturbed};
use super::support::cuts::{Cut, whole_matrices};
use super::support::scene::{ActsAs, Run, Scene};

pub(crate) const CUTS: [Cut; 9] = [
    Cut::ConnectionBefore,
    Cut::AnswerLost,
    Cut::AnswerTruncated,
    Cut::Status(500),
    Cut::Status(502),
    Cut::StatusAfter(500),
    Cut::StatusAfter(502),
    Cut::KilledBefore,
    Cut::KilledAfter,
];

/// A process that is killed before a request leaves what one leaves that was killed after the request before: only with
/// `WHOLE_MATRICES` both are tried.
pub(crate) fn kills() -> &'static [Cut] {
    if whole_matrices() {
        &[Cut::KilledBefore, Cut::KilledAfter]
    } else {
        &[Cut::KilledAfter]
    }
}

/// The server of a request: each server counts its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Server {
    GitHub,
    Registry,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    server: Server,
    request: u64,
    cut: Cut,
}

impl Scene {
    pub(crate) fn plan_cut(&self, server: Server, request: u64, faults: Vec<Fault>) {
        let (log, planned) = match server {
            Server::GitHub => (self.github.log(), self.github.faults()),
            Server::Registry => (self.registry.log(), self.registry.faults()),
        };
        for fault in faults {
            planned.at(log.last() + request, fault);
        }
    }

    /// A run that may be killed. `Err` says why it ended early.
    pub(crate) async fn run(
        &self,
        run: Run,
        killed: &Notify,
        by: &impl Phases,
    ) -> Result<(), String> {
        self.begin(run);
        let ended = tokio::select! {
            ended = self.release(run, by) => ended,
            () = killed.notified() => Err("killed".into()),
        };
        self.end(run);
        ended
    }

    /// Runs until success, first from a stage, then each time as another run of the workflow. Returns the number of
    /// runs.
    async fn run_to_the_end(&self, from: &Stage, killed: &Notify) -> Result<u64, String> {
        let mut last = match self.run_from(from, killed).await {
            Ok(()) => return Ok(1),
            Err(why) => why,
        };
        for id in 2..=4 {
            match self.run(Run { id, attempt: 1 }, killed, self).await {
                Ok(()) => return Ok(id),
                Err(why) => last = why,
            }
        }
        Err(format!("four runs did not end it: {last}"))
    }

    /// The rest of the first run.
    pub(crate) async fn run_from(&self, stage: &Stage, killed: &Notify) -> Result<(), String> {
        let run = Run { id: 1, attempt: 1 };
        let by = From::stage(self, stage);
        let ended = tokio::select! {
            ended = self.release(run, &by) => ended,
            () = killed.notified() => Err("killed".into()),
        };
        self.end(run);
        ended
    }

    async fn survive(&self, case: Case, undisturbed: &Undisturbed) -> Result<(), String> {
        let stage = undisturbed.before(case.server, case.request);
        self.restore(stage);
        let mut events = self.github.events();
        let killed = Arc::new(Notify::new());
        let kill = Arc::clone(&killed);
        let faults = case.cut.faults(move || kill.notify_one());
        let request = case.request - stage.requests[case.server as usize];
        self.plan_cut(case.server, request, faults);
        let runs = self.run_to_the_end(stage, &killed).await?;
        if self.github.faults().pending() + self.registry.faults().pending() > 0 {
            return Err("the cut was never reached".into());
        }
        let ending = self.ending();
        if ending != undisturbed.whole {
            return Err(ending.differs(&undisturbed.whole));
        }
        let mut happened = stage.events.clone();
        while let Ok(event) = events.try_recv() {
            happened.push(event);
        }
        self.nothing_twice(&happened, &stage.writes, runs)
    }

    /// No write was sent again after it had taken effect.
    fn nothing_twice(
        &self,
        happened: &[GitHubEvent],
        before: &[LogEntry],
        runs: u64,
    ) -> Result<(), String> {
        let count = |which: fn(&GitHubEvent) -> bool| happened.iter().filter(|e| which(e)).count();
        let once = [
            count(|e| matches!(e, GitHubEvent::DraftCreated { .. })),
            count(|e| matches!(e, GitHubEvent::TagCreated { .. })),
            count(|e| matches!(e, GitHubEvent::ReleasePublished { .. })),
        ];
        if once != [1, 1, 1] {
            return Err(format!(
                "drafts, tags and publications were made {once:?} times"
            ));
        }
        let mut landed: BTreeMap<String, u64> = BTreeMap::new();
        let writes = [self.github.log(), self.registry.log()].map(EventLog::writes);
        let writes = before.iter().chain(writes.iter().flatten());
        for entry in writes.filter(|entry| entry.landed) {
            *landed.entry(same(entry)).or_default() += 1;
        }
        for (write, times) in landed {
            // The first run publishes; each further one may continue the draft with its own plan before.
            // Each may hold the lock twice, to draft and to publish, and its evidence is its own.
            let most = match () {
                () if write.starts_with("PATCH") && write.contains("/releases/") => 2 * runs - 1,
                () if write.contains("/release-locks/") => 2 * runs,
                () if write.contains("release-evidence") => runs,
                () if write.contains("release-report") => runs,
                () if write.contains("release-verdict") => runs,
                // Two legs, the evidence and the verdict are signed in each run.
                () if write.trim_end().ends_with("/attestations") => 4 * runs,
                // Two legs of the tests record a verdict in each run.
                () if write.contains("/statuses/") => 2 * runs,
                // Each phase makes a token of its own, and one whose answer was lost is made again.
                () if is_about_tokens(&write) => u64::MAX,
                () => 1,
            };
            if times > most {
                return Err(format!("{write} landed {times} times in {runs} runs"));
            }
        }
        Ok(())
    }
}

/// The key by which two requests are the same write. References are distinguished by the events, an object without a
/// reference is no change, and each upload has its own session.
fn same(entry: &LogEntry) -> String {
    let LogEntry {
        method,
        path,
        query,
        number,
        ..
    } = entry;
    if path.ends_with("/git/refs")
        || path.ends_with("/git/tags")
        || path.ends_with("/blobs/uploads/")
        || method == "PATCH" && path.contains("/blobs/")
    {
        return format!("{method} {path} {query} {number}");
    }
    match path.split_once("/blobs/uploads/") {
        Some((repository, _)) => {
            let digest = query.rsplit("digest=").next().unwrap_or_default();
            format!("{method} {repository} {digest}")
        }
        None => format!("{method} {path} {query}"),
    }
}

/// A release, and the requests of it that are interrupted.
#[derive(Clone, Copy)]
pub(crate) struct Matrix {
    pub(crate) lag: Duration,
    pub(crate) tag_when: &'static str,
    pub(crate) tag_type: &'static str,
    /// The input `report` of `publish`.
    pub(crate) report: &'static str,
    pub(crate) signing: &'static str,
    pub(crate) interrupted: Interrupted,
}

/// The number of threads for the cases: while one waits for its servers, which have their own threads, others run.
const WORKERS: usize = 6;

/// Which requests are interrupted, and as whom they are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interrupted {
    /// All, with the job's token.
    All,
    /// Those of these phases, with the job's token.
    Phases(&'static [&'static str]),
    /// Those by which an App makes and revokes its tokens.
    AppTokens,
}

/// Whether a request, by its path, is one of an App for its tokens.
pub(crate) fn is_about_tokens(path: &str) -> bool {
    ["/installation", "/access_tokens", "/installation/token"]
        .iter()
        .any(|end| path.trim_end().ends_with(end))
}

/// Runs all cases, and returns the number of those that passed and the list of those that failed.
pub(crate) fn survive_all(matrix: Matrix) -> (usize, Vec<String>) {
    let Matrix {
        lag,
        tag_when,
        tag_type,
        report,
        signing,
        ..
    } = matrix;
    let next = AtomicUsize::new(0);
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let scene = Scene::start(|options| options.lag = lag).await;
            let scene = scene.tagging(tag_when).of_type(tag_type);
            let mut scene = scene.reporting(report).signing(signing);
            if matrix.interrupted == Interrupted::AppTokens {
                scene.acts_as = ActsAs::App;
            }
            let undisturbed = Undisturbed::release(&scene).await;
            let requests = undisturbed.requests;
            let cases = cases(&scene, &undisturbed, &matrix);
            let mut failed = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(why) = scene.survive(*case, &undisturbed).await {
                    failed.push(format!("{case:?}: {why}"));
                }
            }
            (requests, cases.len(), failed)
        })
    };
    let done: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    let (requests, cases) = (done[0].0, done[0].1);
    assert!(
        done.iter().all(|(counted, ..)| *counted == requests),
        "a release sends the same requests each time"
    );
    let failed = done.into_iter().flat_map(|(.., failed)| failed).collect();
    (cases, failed)
}

/// Of the release that was just recorded: with `WHOLE_MATRICES` in the environment each request × each cut, otherwise each request in one
/// way at least. A registry has no lag, so its requests are not interrupted again in the cases where GitHub lags.
fn cases(scene: &Scene, undisturbed: &Undisturbed, matrix: &Matrix) -> Vec<Case> {
    let is_cut = |server, request, entry: &LogEntry| match matrix.interrupted {
        Interrupted::All => true,
        Interrupted::Phases(phases) => {
            phases.contains(&undisturbed.before(server, request).phase.as_str())
        }
        Interrupted::AppTokens => is_about_tokens(&entry.path),
    };
    let mut servers = vec![(Server::GitHub, scene.github.log().entries())];
    if matrix.lag.is_zero() {
        servers.push((Server::Registry, scene.registry.log().entries()));
    }
    let mut cases = Vec::new();
    for (server, entries) in servers {
        for (request, entry) in (1..).zip(&entries) {
            if !is_cut(server, request, entry) {
                continue;
            }
            for (kind, cut) in (0..).zip(CUTS) {
                let once = (request + kind).is_multiple_of(CUTS.len() as u64);
                if once || cut.is_tried(entry, request, kind) {
                    cases.push(Case {
                        server,
                        request,
                        cut,
                    });
                }
            }
        }
    }
    cases
}
