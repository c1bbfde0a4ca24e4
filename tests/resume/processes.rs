//! The real binary, killed with SIGKILL at each of its requests and run again; and many processes at once.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::protocol::PhaseId;
use futures_util::future::join_all;
use tokio::process::Command;

use super::matrix::{Server, kills};
use super::release::{Ending, Phases, told};
use super::support::cuts::Cut;
use super::support::process::outputs;
use super::support::scene::{Outputs, Run, Scene, TAG};

/// One phase runs as a separate process, and the others in this one.
struct Only<'a> {
    scene: &'a Scene,
    phase: &'a str,
    /// The process, while it runs.
    process: Arc<AtomicU32>,
    /// When it is killed, counted from its own first request.
    cut: Mutex<Option<(Server, u64, Cut)>>,
    /// How many requests it sent to each server.
    sent: Mutex<[u64; 2]>,
}

impl<'a> Only<'a> {
    fn new(scene: &'a Scene, phase: &'a str) -> Self {
        Self {
            scene,
            phase,
            process: Arc::default(),
            cut: Mutex::default(),
            sent: Mutex::default(),
        }
    }
}

impl Phases for Only<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        if phase != self.phase {
            let played = Scene::phase(self.scene, run, phase, inputs).await;
            return played.map_err(|stop| told(phase, &stop));
        }
        let before = self.scene.requests();
        if let Some((server, request, cut)) = self.cut.lock().unwrap().take() {
            let process = Arc::clone(&self.process);
            let faults = cut.faults(move || kill(&process));
            self.scene.plan_cut(server, request, faults);
        }
        let env = self.scene.env(run, phase, inputs);
        let output = self.scene.folder.path().join("output");
        let ended = step(&env, self.scene.folder.path(), &output, |pid| {
            self.process.store(pid, Ordering::SeqCst);
        });
        let ended = ended.await;
        let after = self.scene.requests();
        *self.sent.lock().unwrap() = [after[0] - before[0], after[1] - before[1]];
        ended
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(self.scene, plan).await
    }
}

/// A step of a job. `Err` holds its exit and its output.
async fn step(
    env: &Outputs,
    folder: &Path,
    output: &Path,
    started: impl FnOnce(u32),
) -> Result<Outputs, String> {
    std::fs::write(output, "").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .env_clear()
        .envs(env)
        .env("GITHUB_OUTPUT", output)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    started(child.id().unwrap());
    let ended = child.wait_with_output().await.unwrap();
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        return Err(format!("{}: {said}", ended.status));
    }
    Ok(outputs(output))
}

fn kill(process: &AtomicU32) {
    // On a busy machine it sends before its process id is known here; and `kill` with 0 would signal the whole process
    // group.
    while process.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &process.load(Ordering::SeqCst).to_string()])
        .status();
    assert!(killed.unwrap().success());
}

/// A run after a killed one waits in real time until the killed run's writes must be visible: many wait at once.
const WORKERS: usize = 32;

type Case = (&'static str, Server, u64, Cut);

async fn cases(scene: &Scene, only: &[&str]) -> Vec<Case> {
    let mut cases = Vec::new();
    // The release is never discarded.
    let phases = PhaseId::ALL
        .into_iter()
        .filter(|id| *id != PhaseId::Discard)
        .filter(|id| only.is_empty() || only.contains(&id.as_str()));
    for phase in phases.map(PhaseId::as_str) {
        scene.reset().await;
        let only = Only::new(scene, phase);
        let run = Run { id: 1, attempt: 1 };
        scene.begin(run);
        scene.release(run, &only).await.unwrap();
        let [github, registry] = *only.sent.lock().unwrap();
        let of = |server, sent: u64| {
            let cuts = move |request| {
                kills()
                    .iter()
                    .map(move |cut| (phase, server, request, *cut))
            };
            (1..=sent).flat_map(cuts)
        };
        cases.extend(of(Server::GitHub, github).chain(of(Server::Registry, registry)));
    }
    cases
}

impl Scene {
    async fn undisturbed(&self) -> Ending {
        let run = Run { id: 1, attempt: 1 };
        self.begin(run);
        self.release(run, self).await.unwrap();
        self.ending()
    }

    async fn survive_a_kill(&self, case: Case, whole: &Ending) -> Result<(), String> {
        let (phase, server, request, cut) = case;
        self.reset().await;
        let first = Run { id: 1, attempt: 1 };
        let only = Only::new(self, phase);
        *only.cut.lock().unwrap() = Some((server, request, cut));
        self.begin(first);
        let killed = self.release(first, &only).await;
        self.end(first);
        match killed {
            Err(why) if why.contains("signal: 9") => {}
            other => return Err(format!("not killed: {other:?}")),
        }
        let second = Run { id: 2, attempt: 1 };
        self.begin(second);
        self.release(second, &only).await?;
        self.end(second);
        if self.ending() != *whole {
            return Err(self.ending().differs(whole));
        }
        Ok(())
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

/// The number of kills, and those after which the release was not completed. Only these phases are killed, or all if none is
/// named.
pub(crate) fn survive_kills(tag_when: &'static str, phases: &[&str]) -> (usize, Vec<String>) {
    let scene = async || {
        let scene = Scene::at(stand_ins::ServerClock::real(), |_| ()).await;
        scene.tagging(tag_when)
    };
    let cases = block_on(async { cases(&scene().await, phases).await });
    let next = AtomicUsize::new(0);
    let work = || {
        block_on(async {
            let scene = scene().await;
            let whole = scene.undisturbed().await;
            let mut failed = Vec::new();
            while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(why) = scene.survive_a_kill(*case, &whole).await {
                    failed.push(format!("{case:?}: {why}"));
                }
            }
            failed
        })
    };
    let failed: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|w| w.join().unwrap()).collect()
    });
    (cases.len(), failed.concat())
}

/// Starts the phase `draft` of so many runs at once, and returns the failures.
async fn drafts_at_once(scene: &Scene, runs: u64) -> Vec<String> {
    let mut plans = Vec::new();
    for id in 1..=runs {
        let run = Run { id, attempt: 1 };
        scene.begin(run);
        plans.push((run, scene.plan(run, scene).await.unwrap()));
    }
    let ended = plans.iter().map(async |(run, plan)| {
        let env = scene.env(*run, "draft", &[("plan", plan)]);
        let output = scene.folder.path().join(format!("output-{}", run.id));
        let ended = step(&env, scene.folder.path(), &output, |_| ()).await;
        scene.end(*run);
        ended
    });
    let ended = join_all(ended).await;
    ended.into_iter().filter_map(Result::err).collect()
}

/// Runs the same step of one run several times at once, as a misconfigured matrix would.
pub(crate) async fn one_plan_at_once(
    scene: &Scene,
    run: Run,
    plan: &str,
    times: u32,
) -> Vec<String> {
    let ended = (0..times).map(async |n| {
        let env = scene.env(run, "draft", &[("plan", plan)]);
        let output = scene.folder.path().join(format!("output-{n}"));
        step(&env, scene.folder.path(), &output, |_| ()).await
    });
    let ended = join_all(ended).await;
    ended.into_iter().filter_map(Result::err).collect()
}

/// Fifty runs of `draft` at once create exactly one draft and one tag.
pub(crate) fn fifty_make_one() {
    block_on(async {
        let scene = Scene::at(stand_ins::ServerClock::real(), |options| {
            options.lag = Duration::from_secs(2);
        })
        .await;
        let mut events = scene.github.events();
        let failed = drafts_at_once(&scene, 50).await;
        assert_eq!(failed, [""; 0]);
        let mut made = Vec::new();
        while let Ok(event) = events.try_recv() {
            made.push(event);
        }
        assert_eq!(made.len(), 2, "one draft, one tag: {made:?}");
        scene.repository(|repository| {
            assert_eq!(repository.releases_of(TAG).len(), 1);
            assert_eq!(repository.tag_commit(TAG), Some(repository.tip()));
            assert!(
                !repository.refs.keys().any(|name| name.contains("lock")),
                "no lock is left"
            );
        });
    });
}
