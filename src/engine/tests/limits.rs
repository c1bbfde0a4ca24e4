//! A phase whose services do not answer, at its deadline and after an interruption.

use super::*;

/// Limits pass as soon as nothing else goes on.
#[derive(Default)]
struct LimitClock(TestClock);

#[async_trait]
impl Clock for LimitClock {
    fn now(&self) -> Moment {
        self.0.now()
    }
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }
    async fn sleep_until(&self, at: Moment) {
        self.0.sleep_until(at).await;
    }
    async fn passed(&self, at: Moment) {
        // Work that is ready is done first.
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.0.sleep_until(at.max(self.now())).await;
    }
}

/// An interrupt that is raised by the first write.
struct RaisedByWrite<'a>(&'a SlowFiles);

#[async_trait]
impl Interrupt for RaisedByWrite<'_> {
    fn raised(&self) -> bool {
        self.0.interrupts && !self.0.writes.lock().unwrap().is_empty()
    }
    async fn wait(&self) {
        while !self.raised() {
            if !self.0.interrupts {
                std::future::pending::<()>().await;
            }
            tokio::task::yield_now().await;
        }
    }
}

/// Reads and writes that never end, as from a server that sends a byte at a time.
#[derive(Default)]
struct SlowFiles {
    slow_reads: bool,
    interrupts: bool,
    writes: Mutex<Vec<String>>,
}

#[async_trait]
impl FilesReader for SlowFiles {
    async fn file(&self, path: &Path) -> Result<Option<LocalFile>, ServiceError> {
        if self.slow_reads {
            std::future::pending::<()>().await;
        }
        Ok(Some(LocalFile {
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
impl FilesWriter for SlowFiles {
    async fn remove(&self, path: &Path) -> Result<(), ServiceError> {
        self.writes.lock().unwrap().push(path.display().to_string());
        std::future::pending().await
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

/// How the phase ended, and when.
async fn ended(files: &SlowFiles, waits: u32) -> (Stop, Duration) {
    ended_of(files, &mut Remove { waits }).await
}

async fn ended_of(files: &SlowFiles, phase: &mut dyn Phase) -> (Stop, Duration) {
    let clock = LimitClock::default();
    let engine = Engine {
        reader: Reader {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files,
            verifier: &UnusedServices,
            now: Moment::default(),
        },
        writer: Some(Writer {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files,
            signer: &UnusedServices,
        }),
        clock: &clock,
        interrupt: &RaisedByWrite(files),
        requests: &OneRequest,
        observer: &IgnoreEvents,
        deadline: Deadline::after(clock.now(), Duration::from_secs(15)),
    };
    let ended = engine.run(phase).await;
    (ended.unwrap_err(), clock.now().since_start())
}

/// A phase whose clean-up asks a service that does not answer.
struct NeverClean(Remove);

#[async_trait]
impl Phase for NeverClean {
    fn id(&self) -> PhaseId {
        self.0.id()
    }
    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        self.0.step(reader).await
    }
    async fn clean_up(&mut self, _: Reader<'_>) -> Result<Vec<Action>, ServiceError> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn clean_up_ends_soon_after_the_deadline() {
    let files = SlowFiles {
        slow_reads: true,
        ..SlowFiles::default()
    };
    let (stop, at) = ended_of(&files, &mut NeverClean(Remove { waits: 0 })).await;
    assert!(matches!(stop, Stop::TooSlow { .. }), "{stop}");
    assert_eq!(at, ALLOWED + Duration::from_secs(10));
}

const ALLOWED: Duration = Duration::from_secs(15);

#[tokio::test]
async fn deadline_ends_a_read_and_names_the_request() {
    let files = SlowFiles {
        slow_reads: true,
        ..SlowFiles::default()
    };
    let (stop, at) = ended(&files, 0).await;
    let Stop::TooSlow { requests, allowed } = stop else {
        panic!("{stop}");
    };
    assert_eq!(requests, ["GET r.example/v2/a"]);
    assert_eq!((allowed, at), (ALLOWED, ALLOWED));
    // After a wait, what was waited for is named as well.
    let (stop, _) = ended(&files, 1).await;
    let Stop::TimedOut { on, .. } = stop else {
        panic!("{stop}");
    };
    assert_eq!(on, ["c", "GET r.example/v2/a"]);
}

#[tokio::test]
async fn deadline_and_interrupt_end_a_write() {
    for interrupts in [false, true] {
        let files = SlowFiles {
            interrupts,
            ..SlowFiles::default()
        };
        let (stop, _) = ended(&files, 0).await;
        match stop {
            Stop::Cancelled => assert!(interrupts),
            Stop::TooSlow { .. } => assert!(!interrupts),
            other => panic!("{other}"),
        }
        assert_eq!(
            *files.writes.lock().unwrap(),
            ["a"],
            "the next is not begun"
        );
    }
}

#[tokio::test]
async fn nothing_is_begun_after_the_deadline() {
    let files = SlowFiles::default();
    // The last wait ends at the deadline.
    let (stop, at) = ended(&files, 15).await;
    assert!(
        matches!(stop, Stop::TimedOut { ref on, .. } if *on == ["c"]),
        "{stop}"
    );
    assert_eq!(at, ALLOWED);
    assert_eq!(*files.writes.lock().unwrap(), [""; 0]);
}
