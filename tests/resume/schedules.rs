//! Two concurrent runs of the pipeline in a random order, with faults. Request by request, one of them continues while
//! the other is suspended in the middle of its own, and the schedule decides how fast time passes.
//!
//! `PROPTEST_CASES=10000 cargo test --test resume schedules` tries that many orders.

use std::cell::RefCell;
use std::future::poll_fn;
use std::path::Path;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use btp_release::domain::Moment;
use btp_release::protocol::Clock;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use stand_ins::github::GitRepository;
use stand_ins::{Fault, Pattern};
use tokio::sync::Notify;

use super::release::told;
use super::support::scene::{EARLY, LATE, Run, Scene, TAG};

const FILES: &str = "template.yaml\nrendered.yaml";
const TAG_REF: &str = "refs/tags/v1.2.0";
const RUNS: [Run; 2] = [Run { id: 1, attempt: 1 }, Run { id: 2, attempt: 1 }];

/// What happens to the next request of the process that continues.
#[derive(Clone, Copy, Debug)]
enum RequestFault {
    ConnectionBefore,
    AnswerLost,
    Status(u16),
    StatusAfter(u16),
    KilledBefore,
    KilledAfter,
}

#[derive(Clone, Copy, Debug)]
struct ScheduleStep {
    who: usize,
    fault: Option<RequestFault>,
}

#[derive(Clone, Debug)]
struct Schedule {
    lag: bool,
    /// Whether the second run replaces what it finds.
    replaces: bool,
    /// Whether the second run is of another commit.
    elsewhere: bool,
    /// When each of them creates the tag.
    tag_when: [&'static str; 2],
    steps: Vec<ScheduleStep>,
}

fn schedules() -> impl Strategy<Value = Schedule> {
    let fault = prop_oneof![
        40 => Just(None),
        1 => Just(Some(RequestFault::ConnectionBefore)),
        1 => Just(Some(RequestFault::AnswerLost)),
        1 => Just(Some(RequestFault::Status(502))),
        1 => Just(Some(RequestFault::StatusAfter(500))),
        1 => Just(Some(RequestFault::KilledBefore)),
        1 => Just(Some(RequestFault::KilledAfter)),
    ];
    let step = (0..2_usize, fault).prop_map(|(who, fault)| ScheduleStep { who, fault });
    // Sequential runs are as likely as alternating ones.
    let burst = (step, 1..12_usize);
    let steps = prop::collection::vec(burst, 0..40).prop_map(|bursts| {
        let steps = bursts.into_iter().flat_map(|(step, times)| {
            let calm = ScheduleStep {
                fault: None,
                ..step
            };
            std::iter::once(step).chain(std::iter::repeat_n(calm, times - 1))
        });
        steps.collect()
    });
    (
        any::<bool>(),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
        prop::array::uniform2(prop::sample::select(vec![EARLY, LATE])),
        steps,
    )
        .prop_map(|(lag, replaces, elsewhere, tag_when, steps)| Schedule {
            lag,
            replaces,
            elsewhere,
            tag_when,
            steps,
        })
}

/// The stand-ins' clock, on which a process sleeps until the test advances it.
struct SleepClock {
    clock: stand_ins::ServerClock,
    until: Arc<Mutex<Option<Duration>>>,
}

#[async_trait::async_trait]
impl Clock for SleepClock {
    fn now(&self) -> Moment {
        Moment::at(self.clock.now())
    }
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.clock.unix())
    }
    async fn sleep_until(&self, at: Moment) {
        let nap = at.since(self.now());
        *self.until.lock().unwrap() = Some(self.clock.now() + nap);
        self.clock.sleep(nap).await;
        *self.until.lock().unwrap() = None;
    }
    async fn passed(&self, _: Moment) {
        std::future::pending().await
    }
}

type Work<'a> = dyn Future<Output = Result<(), String>> + 'a;

struct Process<'a> {
    work: Option<Pin<Box<Work<'a>>>>,
    until: Arc<Mutex<Option<Duration>>>,
}

/// A release without images: all state that two runs can conflict about is on GitHub.
async fn release(
    scene: &Scene,
    clock: &Arc<dyn Clock>,
    folder: &Path,
    run: Run,
    more: &[(&str, &str)],
) -> Result<(), String> {
    let phase = async |phase: &'static str, inputs: &[(&str, &str)]| {
        let ended = scene.phase_at(clock, folder, run, phase, inputs).await;
        ended.map_err(|stop| told(phase, &stop))
    };
    let inputs = [&[("version", TAG), ("assets", FILES)], more].concat();
    let planned = phase("plan", &inputs).await?;
    let plan = ("plan", planned["plan"].as_str());
    phase("draft", &[plan]).await?;
    phase("upload", &[plan, ("files", FILES)]).await?;
    let awaited = phase("await", &[plan]).await?;
    let artifacts = ("artifacts", awaited["artifacts"].as_str());
    phase("publish", &[plan, artifacts, ("needs", "none")])
        .await
        .map(drop)
}

struct SharedScene {
    scene: Scene,
    folders: [tempfile::TempDir; 3],
    arrived: Arc<Notify>,
}

impl SharedScene {
    async fn new(lag: Duration) -> Self {
        let folders = [(); 3].map(|()| super::support::scene::in_memory());
        for folder in &folders {
            for name in FILES.lines() {
                std::fs::write(folder.path().join(name), format!("the bytes of {name}")).unwrap();
            }
        }
        Self {
            scene: Scene::start(|options| options.lag = lag).await,
            folders,
            arrived: Arc::default(),
        }
    }

    fn process<'a>(&'a self, who: usize, more: &'a [(&'a str, &'a str)]) -> Process<'a> {
        let until: Arc<Mutex<Option<Duration>>> = Arc::default();
        let clock: Arc<dyn Clock> = Arc::new(SleepClock {
            clock: self.scene.clock.clone(),
            until: Arc::clone(&until),
        });
        let folder = self.folders[who].path();
        let work = async move { release(&self.scene, &clock, folder, RUNS[who], more).await };
        Process {
            work: Some(Box::pin(work)),
            until,
        }
    }

    fn watch(&self) {
        let arrived = Arc::clone(&self.arrived);
        let tell = Fault::call_after(move |_| arrived.notify_one());
        self.scene.github.faults().clear();
        self.scene
            .github
            .faults()
            .when(Pattern::path(""), usize::MAX, tell);
    }

    /// Runs one process until its next request has taken effect, or it sleeps, or it has ended.
    async fn turn(&self, process: &mut Process<'_>, fault: Option<RequestFault>) {
        let (log, clock) = (self.scene.github.log(), &self.scene.clock);
        let next = log.last() + 1;
        if let Some(fault) = fault {
            let faults = self.scene.github.faults();
            let arrived = Arc::clone(&self.arrived);
            faults.at(next, Fault::call(move |_| arrived.notify_one()));
            match fault {
                RequestFault::ConnectionBefore => faults.at(next, Fault::ConnectionCutBefore),
                RequestFault::AnswerLost => faults.at(next, Fault::AnswerLost),
                RequestFault::Status(status) => faults.at(next, Fault::Status(status)),
                RequestFault::StatusAfter(status) => faults.at(next, Fault::StatusAfter(status)),
                RequestFault::KilledBefore => faults.at(next, Fault::Hang),
                RequestFault::KilledAfter => {}
            }
        }
        let until = *process.until.lock().unwrap();
        if let Some(until) = until {
            clock.advance(until.saturating_sub(clock.now()));
        }
        let Some(work) = &mut process.work else {
            return;
        };
        let mut arrival = pin!(self.arrived.notified());
        let ended = poll_fn(|cx| {
            if work.as_mut().poll(cx).is_ready() {
                return Poll::Ready(true);
            }
            if process.until.lock().unwrap().is_some() {
                return Poll::Ready(false);
            }
            // The notification of an earlier turn's request may still be queued.
            while arrival.as_mut().poll(cx).is_ready() {
                if log.last() >= next {
                    return Poll::Ready(false);
                }
                arrival.set(self.arrived.notified());
            }
            Poll::Pending
        })
        .await;
        let dies = matches!(
            fault,
            Some(RequestFault::KilledBefore | RequestFault::KilledAfter)
        );
        if ended || dies {
            process.work = None;
        }
        if fault.is_some() {
            self.watch();
        }
    }

    async fn play(&self, schedule: &Schedule) -> Result<(), String> {
        self.scene.reset().await;
        let (tip, other) = self.scene.repository(|repository| {
            repository.draft("v1.2.0-rc1");
            repository.annotated_tag("v1.2.0-rc1", "theirs");
            let tip = repository.tip();
            let other = repository.commits[&tip].parents[0].clone();
            (tip, other)
        });
        self.scene.seen_by_all().await;
        let others = self.scene.repository(others);
        for run in RUNS {
            self.scene.begin(run);
        }
        self.watch();
        let policy = if schedule.replaces {
            "replace"
        } else {
            "resume"
        };
        let commit = if schedule.elsewhere { &other } else { &tip };
        let [first, second] = schedule.tag_when.map(|when| ("tag-when", when));
        let more = [("on-existing", policy), ("commit", commit.as_str()), second];
        let first = [first];
        let mut processes = [self.process(0, &first), self.process(1, &more)];
        for step in &schedule.steps {
            self.step(&mut processes, step.who, step.fault).await;
        }
        let mut turns = 0;
        while let Some(who) = processes.iter().position(|process| process.work.is_some()) {
            self.step(&mut processes, who, None).await;
            turns += 1;
            if turns > 5_000 {
                return Err("it does not end".into());
            }
        }
        self.scene.github.faults().clear();
        self.last(&tip, &other, &others).await
    }

    async fn step(
        &self,
        processes: &mut [Process<'_>; 2],
        who: usize,
        fault: Option<RequestFault>,
    ) {
        // When one process has ended, the other one continues.
        let who = match processes[who].work {
            Some(_) => who,
            None => 1 - who,
        };
        if processes[who].work.is_none() {
            return;
        }
        self.turn(&mut processes[who], fault).await;
        if processes[who].work.is_none() {
            self.scene.end(RUNS[who]);
        }
    }

    /// A last run without faults completes the release, of either commit.
    async fn last(
        &self,
        tip: &str,
        other: &str,
        theirs: &OtherReleasesAndRefs,
    ) -> Result<(), String> {
        let clock: Arc<dyn Clock> =
            Arc::new(super::support::scene::SharedClock(self.scene.clock.clone()));
        let run = Run { id: 3, attempt: 1 };
        self.scene.begin(run);
        let begun = self.scene.repository(|repository| {
            let releases = repository.releases_of(TAG);
            let body = releases.first().and_then(|release| release.body.clone());
            body.and_then(|body| btp_release::plan::Mark::find(&body))
        });
        let commit = begun.map_or(tip.to_owned(), |mark| mark.commit.to_string());
        let more = [("commit", commit.as_str())];
        let folder = self.folders[2].path();
        let ended = release(&self.scene, &clock, folder, run, &more).await;
        ended.map_err(|why| format!("the last run: {why}"))?;
        if commit != tip && commit != other {
            return Err(format!("of {commit}"));
        }
        self.scene
            .repository(|repository| check_result(repository, &commit, theirs))
    }
}

type OtherReleasesAndRefs = (Vec<stand_ins::github::StoredRelease>, Vec<(String, String)>);

fn others(repository: &mut GitRepository) -> OtherReleasesAndRefs {
    let releases = repository.releases.values();
    let refs = repository.refs.iter();
    (
        releases.filter(|r| r.tag_name != TAG).cloned().collect(),
        refs.filter(|(name, _)| *name != TAG_REF)
            .map(|(name, sha)| (name.clone(), sha.clone()))
            .collect(),
    )
}

fn check_result(
    repository: &mut GitRepository,
    commit: &str,
    theirs: &OtherReleasesAndRefs,
) -> Result<(), String> {
    if others(repository) != *theirs {
        return Err(format!(
            "others' things, or a lock: {:?}\ninstead of\n{theirs:?}",
            others(repository)
        ));
    }
    let tag = repository.tag_commit(TAG);
    let [release] = repository.releases_of(TAG)[..] else {
        return Err(format!("{:?}", repository.releases_of(TAG)));
    };
    let mut assets: Vec<_> = release
        .assets
        .iter()
        .map(|asset| (asset.name.as_str(), asset.state.as_str()))
        .collect();
    assets.sort_unstable();
    let wanted = [
        ("release-evidence.json", "uploaded"),
        ("rendered.yaml", "uploaded"),
        ("template.yaml", "uploaded"),
    ];
    if release.draft || tag.as_deref() != Some(commit) || assets != wanted {
        return Err(format!("{tag:?} {release:?}"));
    }
    Ok(())
}

#[test]
fn two_runs_in_any_order_make_one_release() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stages = runtime.block_on(async {
        [
            SharedScene::new(Duration::ZERO).await,
            SharedScene::new(Duration::from_secs(3)).await,
        ]
    });
    // As many as PROPTEST_CASES says. 256 is proptest's number without it: a third of that takes half a minute.
    let (cases, usual) = (Config::default().cases, 256);
    let config = Config {
        cases: if cases == usual { usual / 3 } else { cases },
        source_file: Some(file!()),
        max_shrink_iters: 300,
        ..Config::default()
    };
    let orders = RefCell::new(0);
    let tried = TestRunner::new(config).run(&schedules(), |schedule| {
        *orders.borrow_mut() += 1;
        let stage = &stages[usize::from(schedule.lag)];
        let played = runtime.block_on(stage.play(&schedule));
        played.map_err(TestCaseError::fail)
    });
    eprintln!("{} orders of two runs tried", orders.borrow());
    if let Err(TestError::Fail(why, schedule)) = tried {
        panic!("{schedule:?}\n{why}");
    }
}
