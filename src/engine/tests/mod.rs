//! The engine against services in memory, on a clock that advances only when a task sleeps.

mod final_actions;
mod limits;
mod uncounted;
mod unused_services;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use async_trait::async_trait;
use bytes::Bytes;

use super::*;
use crate::domain::{
    AssetName, CommitSha, Digest, ImageRef, ImageRepository, Moment, PinnedImage, RepoSlug,
    SeenLock, Tag,
};
use crate::protocol::{
    ArchiveContent, AssetId, Blob, ByteStream, FilesReader, FilesWriter, GitHubReader,
    GitHubWriter, LocalFile, NewDraft, NewLock, NewStatus, NewTag, Notes, Publication,
    RegistryReader, RegistryWriter, ReleaseId, SeenAnswer, SeenAsset, SeenChanges, SeenCheck,
    SeenLayer, SeenManifest, SeenMilestone, SeenRelease, SeenRepository, SeenTagRuleset,
    SeenWorkflows,
};
use unused_services::UnusedServices;

/// Time that advances only by sleeping.
#[derive(Default)]
struct TestClock(Mutex<Duration>);

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Moment {
        Moment::at(*self.0.lock().unwrap())
    }
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
    async fn sleep_until(&self, at: Moment) {
        *self.0.lock().unwrap() = at.since_start();
    }
    async fn passed(&self, _: Moment) {
        std::future::pending().await
    }
}

struct OneRequest;

impl PendingRequests for OneRequest {
    fn pending(&self) -> Vec<String> {
        vec!["GET r.example/v2/a".into()]
    }
}

#[derive(Default)]
struct TestInterrupt(AtomicBool);

#[async_trait]
impl Interrupt for TestInterrupt {
    fn raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
    async fn wait(&self) {
        std::future::pending().await
    }
}

struct IgnoreEvents;

impl Observer for IgnoreEvents {
    fn see(&self, _: &Event<'_>) {}
}

/// The result of the next write.
#[derive(Clone, Copy, Debug, PartialEq)]
enum WriteResult {
    Fine,
    /// It takes effect, and the answer is lost.
    Lost,
    /// The connection breaks before it takes effect.
    Cut,
    Conflict,
    Refused,
}

/// Files that can be removed, and the result of a removal. Reads show the files of `lag` reads ago.
struct TestFiles {
    files: Mutex<BTreeSet<String>>,
    shown: Mutex<Vec<BTreeSet<String>>>,
    lag: usize,
    answers: Mutex<Vec<WriteResult>>,
    writes: Mutex<Vec<String>>,
}

impl TestFiles {
    fn new(lag: usize, answers: &[WriteResult]) -> Self {
        Self {
            files: Mutex::new(["a", "b"].map(String::from).into()),
            shown: Mutex::default(),
            lag,
            answers: Mutex::new(answers.iter().rev().copied().collect()),
            writes: Mutex::default(),
        }
    }
}

/// A phase that removes `a` and `b`, in this order.
struct Remove {
    waits: u32,
}

#[async_trait]
impl Phase for Remove {
    fn id(&self) -> PhaseId {
        PhaseId::Discard
    }
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        if self.waits > 0 {
            self.waits -= 1;
            return Ok(Step::Wait(Waiting {
                on: vec!["c".into()],
                poll_after: Duration::from_secs(10),
                time: WaitTime::Counted,
            }));
        }
        let mut missing = Vec::new();
        for name in ["a", "b"] {
            if reader.files.file(Path::new(name)).await?.is_some() {
                missing.push(Action::RemoveFolder {
                    folder: name.into(),
                });
            }
        }
        Ok(if missing.is_empty() {
            Step::Done(PhaseReport::new("gone"))
        } else {
            Step::Act(missing)
        })
    }
}

#[async_trait]
impl FilesReader for TestFiles {
    async fn file(&self, path: &Path) -> Result<Option<LocalFile>, ServiceError> {
        let name = path.display().to_string();
        let mut shown = self.shown.lock().unwrap();
        if name == "a" {
            shown.push(self.files.lock().unwrap().clone());
        }
        let at = shown.len().saturating_sub(1 + self.lag);
        let there = shown[at].contains(&name);
        Ok(there.then(|| LocalFile {
            path: path.into(),
            size: 0,
            digest: Digest::of(b""),
        }))
    }
    async fn layer(&self, _: &Path) -> Result<Option<SeenLayer>, ServiceError> {
        unreachable!()
    }
    async fn is_raw_manifest(&self, _: &Path) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn is_executable(&self, _: &Path) -> Result<bool, ServiceError> {
        unreachable!()
    }
    async fn read(&self, _: &Path, _: u64) -> Result<Option<Bytes>, ServiceError> {
        unreachable!()
    }
}

#[async_trait]
impl FilesWriter for TestFiles {
    async fn remove(&self, path: &Path) -> Result<(), ServiceError> {
        let name = path.display().to_string();
        self.writes.lock().unwrap().push(name.clone());
        let answer = self
            .answers
            .lock()
            .unwrap()
            .pop()
            .unwrap_or(WriteResult::Fine);
        if matches!(answer, WriteResult::Fine | WriteResult::Lost) {
            self.files.lock().unwrap().remove(&name);
        }
        let fail = |cause| Err(ServiceError::new("remove", cause));
        let message = || "no".to_owned();
        match answer {
            WriteResult::Fine => Ok(()),
            WriteResult::Lost | WriteResult::Cut => fail(Cause::Unknown { detail: message() }),
            WriteResult::Conflict => fail(Cause::Conflict {
                status: 422,
                message: message(),
                request_id: None,
            }),
            WriteResult::Refused => fail(Cause::Refused {
                status: 422,
                message: message(),
                request_id: None,
            }),
        }
    }
    async fn save(&self, _: &Path, _: ByteStream) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn write(&self, _: &Path, _: &[u8]) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn take_from_layer(
        &self,
        _: Digest,
        _: ByteStream,
        _: &Path,
    ) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn rename(&self, _: &Path, _: &Path) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn unpack(&self, _: &Path, _: &Path, _: ArchiveContent) -> Result<(), ServiceError> {
        unreachable!()
    }
}

struct Run {
    ended: Result<Outcome, Stop>,
    writes: Vec<String>,
    took: Duration,
}

async fn run(disk: &TestFiles, phase: &mut dyn Phase, dry: bool) -> Run {
    let clock = TestClock::default();
    let engine = Engine {
        reader: Reader {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files: disk,
            verifier: &UnusedServices,
            now: Moment::default(),
        },
        writer: (!dry).then_some(Writer {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files: disk,
            signer: &UnusedServices,
        }),
        clock: &clock,
        interrupt: &TestInterrupt::default(),
        requests: &OneRequest,
        observer: &IgnoreEvents,
        deadline: Deadline::after(clock.now(), Duration::from_mins(5)),
    };
    let ended = engine.run(phase).await;
    let writes = disk.writes.lock().unwrap().clone();
    Run {
        ended,
        writes,
        took: clock.now().since_start(),
    }
}

#[tokio::test]
async fn actions_are_carried_out_in_order_and_then_read_again() {
    let disk = TestFiles::new(0, &[]);
    let ended = run(&disk, &mut Remove { waits: 0 }, false).await;
    assert!(matches!(ended.ended, Ok(Outcome::Done { ref actions, .. }) if actions.len() == 2));
    assert_eq!(ended.writes, ["a", "b"]);
    let again = run(&disk, &mut Remove { waits: 0 }, false).await;
    assert!(
        matches!(again.ended, Ok(Outcome::Done { ref actions, .. }) if actions.is_empty()),
        "nothing to do is said"
    );
}

#[tokio::test]
async fn landed_write_is_never_sent_again_however_late_it_is_visible() {
    for lag in 0..6 {
        for answers in [
            &[][..],
            &[WriteResult::Lost],
            &[WriteResult::Fine, WriteResult::Lost],
            &[WriteResult::Lost, WriteResult::Lost],
        ] {
            let disk = TestFiles::new(lag, answers);
            let ended = run(&disk, &mut Remove { waits: 0 }, false).await;
            assert!(
                ended.ended.is_ok(),
                "lag {lag} {answers:?} {:?}",
                ended.ended
            );
            assert_eq!(ended.writes, ["a", "b"], "lag {lag} {answers:?}");
        }
    }
}

#[tokio::test]
async fn lost_write_is_sent_again_after_reading_for_a_while() {
    let disk = TestFiles::new(3, &[WriteResult::Cut]);
    let ended = run(&disk, &mut Remove { waits: 0 }, false).await;
    assert!(ended.ended.is_ok());
    let sent = |name: &str| ended.writes.iter().filter(|w| *w == name).count();
    assert_eq!((sent("a"), sent("b")), (2, 1));
    assert!(
        ended.took >= VISIBILITY_PAUSE * MAX_UNCHANGED_READS,
        "only after the time that a write may take to show"
    );
}

#[tokio::test]
async fn conflict_is_read_again_and_refusal_ends_the_phase() {
    let disk = TestFiles::new(0, &[WriteResult::Conflict]);
    disk.files.lock().unwrap().remove("b");
    let ended = run(&disk, &mut Remove { waits: 0 }, false).await;
    assert!(ended.ended.is_ok(), "{:?}", ended.ended);
    let refused = run(
        &TestFiles::new(0, &[WriteResult::Refused]),
        &mut Remove { waits: 0 },
        false,
    )
    .await;
    assert!(matches!(refused.ended, Err(Stop::Service(_))));
    assert_eq!(refused.writes, ["a"], "nothing is done behind a refusal");
}

#[tokio::test]
async fn confirmed_write_that_stays_invisible_is_not_repeated() {
    let ended = run(
        &TestFiles::new(usize::MAX / 2, &[]),
        &mut Remove { waits: 0 },
        false,
    )
    .await;
    assert!(
        matches!(ended.ended, Err(Stop::NotVisible { .. })),
        "{:?}",
        ended.ended
    );
    assert_eq!(ended.writes, ["a", "b"]);
}

#[tokio::test]
async fn dry_run_writes_nothing() {
    let ended = run(&TestFiles::new(0, &[]), &mut Remove { waits: 0 }, true).await;
    assert!(matches!(ended.ended, Ok(Outcome::DryRun(ref actions)) if actions.len() == 2));
    assert_eq!(ended.writes, [""; 0]);
}

#[tokio::test]
async fn wait_polls_often_at_first_and_ends_at_the_deadline() {
    let short = run(&TestFiles::new(0, &[]), &mut Remove { waits: 20 }, false).await;
    assert!(short.ended.is_ok());
    assert_eq!(short.took, Duration::from_secs(20), "one read a second");
    let mut endless = Remove { waits: u32::MAX };
    let ended = run(&TestFiles::new(0, &[]), &mut endless, false).await;
    assert!(matches!(ended.ended, Err(Stop::TimedOut { .. })));
    assert_eq!(ended.took, Duration::from_mins(5));
    // 20 in 20 s, then at growing intervals, and one in 10 s from 200 s on, with one at the deadline.
    assert_eq!(u32::MAX - endless.waits, 79);
}

/// Raises the interrupt during the first removal.
struct Interrupting<'a>(&'a TestFiles, &'a TestInterrupt);

#[async_trait]
impl FilesWriter for Interrupting<'_> {
    async fn remove(&self, path: &Path) -> Result<(), ServiceError> {
        self.1.0.store(true, Ordering::SeqCst);
        self.0.remove(path).await
    }
    async fn save(&self, _: &Path, _: ByteStream) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn write(&self, _: &Path, _: &[u8]) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn take_from_layer(
        &self,
        _: Digest,
        _: ByteStream,
        _: &Path,
    ) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn rename(&self, _: &Path, _: &Path) -> Result<(), ServiceError> {
        unreachable!()
    }
    async fn unpack(&self, _: &Path, _: &Path, _: ArchiveContent) -> Result<(), ServiceError> {
        unreachable!()
    }
}

#[tokio::test]
async fn interrupt_stops_between_two_actions() {
    let (disk, interrupt, clock) = (
        TestFiles::new(0, &[]),
        TestInterrupt::default(),
        TestClock::default(),
    );
    let engine = Engine {
        reader: Reader {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files: &disk,
            verifier: &UnusedServices,
            now: Moment::default(),
        },
        writer: Some(Writer {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files: &Interrupting(&disk, &interrupt),
            signer: &UnusedServices,
        }),
        clock: &clock,
        interrupt: &interrupt,
        requests: &OneRequest,
        observer: &IgnoreEvents,
        deadline: Deadline::after(clock.now(), Duration::from_mins(5)),
    };
    assert!(matches!(
        engine.run(&mut Remove { waits: 0 }).await,
        Err(Stop::Cancelled)
    ));
    assert_eq!(
        *disk.writes.lock().unwrap(),
        ["a"],
        "the first is finished, the second not begun"
    );
}
