//! Waits whose time does not count.

use super::super::uncounted::MOST;
use super::*;

/// A phase that waits, and that takes a while to read each time.
struct Waits<'a> {
    clock: &'a TestClock,
    reading: Duration,
    poll_after: Duration,
    /// How many waits of which kind, in order; the phase is done after the last one.
    left: Vec<(u32, WaitTime)>,
}

#[async_trait]
impl Phase for Waits<'_> {
    fn id(&self) -> PhaseId {
        PhaseId::Await
    }
    async fn step(&mut self, _: Reader<'_>) -> Result<Step, ServiceError> {
        *self.clock.0.lock().unwrap() += self.reading;
        let mut kinds = self.left.iter_mut();
        let Some((left, time)) = kinds.find(|(left, _)| *left > 0) else {
            return Ok(Step::Done(PhaseReport::new("done")));
        };
        *left -= 1;
        Ok(Step::Wait(Waiting {
            on: vec!["c".into()],
            poll_after: self.poll_after,
            time: *time,
        }))
    }
}

/// The time that is left at each wait.
#[derive(Default)]
struct TimeLeft(Mutex<Vec<(WaitTime, Duration)>>);

impl Observer for TimeLeft {
    fn see(&self, event: &Event<'_>) {
        if let Event::Waiting { time, left, .. } = event {
            self.0.lock().unwrap().push((*time, *left));
        }
    }
}

const ALLOWED: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_secs(10);

/// How the phase ended, when, and what was left at each wait.
async fn ended(
    reading: Duration,
    poll_after: Duration,
    waits: &[(u32, WaitTime)],
) -> (Result<Outcome, Stop>, Duration, Vec<(WaitTime, Duration)>) {
    let (clock, left) = (TestClock::default(), TimeLeft::default());
    let disk = TestFiles::new(0, &[]);
    let mut phase = Waits {
        clock: &clock,
        reading,
        poll_after,
        left: waits.to_vec(),
    };
    let engine = Engine {
        reader: Reader {
            github: &UnusedServices,
            target: &UnusedServices,
            registry: &UnusedServices,
            files: &disk,
            verifier: &UnusedServices,
            now: Moment::default(),
        },
        writer: None,
        clock: &clock,
        interrupt: &TestInterrupt::default(),
        requests: &OneRequest,
        observer: &left,
        deadline: Deadline::after(clock.now(), ALLOWED),
    };
    let ended = engine.run(&mut phase).await;
    (
        ended,
        clock.now().since_start(),
        left.0.into_inner().unwrap(),
    )
}

#[tokio::test]
async fn uncounted_waits_and_the_reads_between_them_leave_the_deadline_as_far_away() {
    let second = Duration::from_secs(1);
    let waits = [(5, WaitTime::Counted), (5_000, WaitTime::Uncounted)];
    let (ended, took, left) = ended(second, POLL, &waits).await;
    assert!(ended.is_ok(), "{ended:?}");
    assert!(took > ALLOWED * 50, "{took:?}");
    let during: Vec<_> = left
        .iter()
        .filter(|(time, _)| *time == WaitTime::Uncounted)
        .collect();
    assert_eq!(during.len(), 5_000);
    assert!(
        during.iter().all(|wait| *wait == during[0]),
        "nothing of it counts"
    );
    assert_eq!(left[0].1 + second, ALLOWED);
    // Five waits of a second, and a read before each wait and before the first that does not count.
    assert_eq!(during[0].1 + second * 11, ALLOWED);
}

#[tokio::test]
async fn time_counts_again_after_an_uncounted_wait() {
    let waits = [(100, WaitTime::Uncounted), (u32::MAX, WaitTime::Counted)];
    let (ended, took, left) = ended(Duration::ZERO, POLL, &waits).await;
    let Err(Stop::TimedOut { allowed, .. }) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(allowed, ALLOWED);
    let before = left.iter().filter(|(time, _)| *time == WaitTime::Uncounted);
    assert_eq!(before.count(), 100);
    let (_, first) = left[100];
    assert_eq!(first, ALLOWED, "none of the waits before counts");
    assert!(took > ALLOWED * 2, "{took:?}");
}

#[tokio::test]
async fn uncounted_waits_end_after_thirty_days() {
    let waits = [(u32::MAX, WaitTime::Uncounted)];
    let (ended, took, _) = ended(Duration::ZERO, Duration::from_hours(1), &waits).await;
    assert!(matches!(ended, Err(Stop::TimedOut { .. })), "{ended:?}");
    assert_eq!(took, MOST + ALLOWED);
}
