//! The rate limiter under a clock that jumps to the end of each wait.

use std::time::UNIX_EPOCH;

use super::*;
use crate::domain::{Moment, pace};

const EPOCH: u64 = 1_800_000_000;

/// A clock that advances only when a task waits.
#[derive(Default)]
struct JumpingClock(Mutex<Duration>);

impl JumpingClock {
    fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

#[async_trait::async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> Moment {
        Moment::at(*self.0.lock().unwrap())
    }
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(EPOCH) + *self.0.lock().unwrap()
    }
    async fn sleep_until(&self, at: Moment) {
        let mut now = self.0.lock().unwrap();
        *now = at.since_start().max(*now);
    }
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn answer(status: u16) -> LimitSignals {
    LimitSignals {
        status,
        ..LimitSignals::default()
    }
}

fn used_up(status: u16, reset_in: u64) -> LimitSignals {
    LimitSignals {
        remaining: Some(0),
        reset: Some(EPOCH + reset_in),
        ..answer(status)
    }
}

/// Sends one request with these answers, the last one repeated. Returns when each was sent, and the result.
fn play(kind: RequestKind, answers: &[Option<LimitSignals>]) -> (Vec<u64>, Result<u16, Cause>) {
    let clock = Arc::new(JumpingClock::default());
    let policy = RateLimitPolicy {
        patience: secs(900),
        ..RateLimitPolicy::default()
    };
    let limiter = RateLimiter::new(&policy, clock.clone());
    let mut sent = Vec::new();
    let result = run(limiter.send(kind, || {
        let reply = answers[sent.len().min(answers.len() - 1)];
        sent.push(clock.now().since_start().as_secs());
        async move {
            reply
                .map(|signals| (signals, signals.status))
                .ok_or_else(|| Cause::Unknown {
                    detail: "the connection broke".into(),
                })
        }
    }));
    (sent, result)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

#[test]
fn read_is_retried_until_answered() {
    for trouble in [
        None,
        Some(answer(500)),
        Some(answer(502)),
        Some(answer(408)),
    ] {
        for kind in [
            RequestKind::Read,
            RequestKind::ReadByPost,
            RequestKind::GraphQl,
        ] {
            let (sent, result) = play(kind, &[trouble, trouble, Some(answer(200))]);
            assert_eq!((sent.len(), result), (3, Ok(200)), "{trouble:?} {kind:?}");
            assert!(sent[2] <= 3, "{sent:?}");
        }
    }
}

#[test]
fn read_fails_after_the_last_attempt() {
    let (sent, result) = play(RequestKind::Read, &[Some(answer(503))]);
    assert_eq!((sent.len(), result), (5, Ok(503)));
    let (sent, result) = play(RequestKind::Read, &[None]);
    let detail = "the connection broke, the last of 5 times".into();
    assert_eq!((sent.len(), result), (5, Err(Cause::Unknown { detail })));
}

#[test]
fn write_without_answer_is_not_retried() {
    for kind in [
        RequestKind::Change,
        RequestKind::Create,
        RequestKind::Upload,
    ] {
        for trouble in [500, 502, 503, 504, 408] {
            let busy = LimitSignals {
                retry_after: Some(secs(1)),
                ..answer(trouble)
            };
            let (sent, result) = play(kind, &[Some(busy), Some(answer(201))]);
            assert_eq!((sent.len(), result), (1, Ok(trouble)), "{kind:?}");
        }
        let (sent, result) = play(kind, &[None, Some(answer(201))]);
        let detail = "the connection broke".into();
        assert_eq!((sent.len(), result), (1, Err(Cause::Unknown { detail })));
    }
}

#[test]
fn other_statuses_are_not_retried() {
    for status in [200, 201, 204, 301, 304, 400, 401, 403, 404, 409, 410, 422] {
        for kind in [RequestKind::Read, RequestKind::Create] {
            let (sent, result) = play(kind, &[Some(answer(status))]);
            assert_eq!((sent.len(), result), (1, Ok(status)));
        }
    }
}

#[test]
fn retry_after_takes_precedence() {
    for status in [403, 429, 503] {
        let wait = LimitSignals {
            retry_after: Some(secs(7)),
            ..used_up(status, 500)
        };
        let (sent, result) = play(RequestKind::Read, &[Some(wait), Some(answer(200))]);
        // The quota is used up as well, so the next request is sent after its reset.
        assert_eq!((sent, result), (vec![0, 501], Ok(200)), "{status}");
        let wait = LimitSignals {
            remaining: Some(9),
            ..wait
        };
        let (sent, _) = play(RequestKind::Read, &[Some(wait), Some(answer(200))]);
        assert_eq!(sent, [0, 7], "{status}");
    }
}

#[test]
fn used_up_quota_is_awaited() {
    for status in [403, 429] {
        for kind in [RequestKind::Read, RequestKind::Create] {
            let (sent, result) = play(kind, &[Some(used_up(status, 100)), Some(answer(201))]);
            assert_eq!((sent, result), (vec![0, 101], Ok(201)));
        }
    }
}

#[test]
fn reset_beyond_patience_fails_at_once() {
    let (sent, result) = play(RequestKind::Read, &[Some(used_up(403, 1800))]);
    let Err(Cause::Limited { detail }) = result else {
        panic!("{result:?}")
    };
    assert_eq!(sent, [0]);
    assert!(detail.contains("2027-01-15T08:30:01Z"), "{detail}");
    let (_, result) = play(RequestKind::Read, &[Some(used_up(403, u64::MAX - EPOCH))]);
    assert!(matches!(result, Err(Cause::Limited { .. })), "{result:?}");
}

#[test]
fn secondary_limit_waits_a_minute_then_doubles() {
    for status in [403, 429] {
        let limited = Some(LimitSignals {
            says_limited: true,
            ..answer(status)
        });
        for kind in [RequestKind::Read, RequestKind::Upload] {
            let (sent, result) = play(kind, &[limited, limited, Some(answer(201))]);
            assert_eq!(result, Ok(201));
            assert!((60..=66).contains(&sent[1]), "{sent:?}");
            assert!((180..=198).contains(&sent[2]), "{sent:?}");
        }
    }
}

#[test]
fn lasting_limit_ends_as_limited() {
    let (sent, result) = play(
        RequestKind::Create,
        &[Some(LimitSignals {
            retry_after: Some(secs(2)),
            ..answer(429)
        })],
    );
    assert_eq!(sent.len(), 5);
    assert!(matches!(result, Err(Cause::Limited { .. })));
}

/// When `count` requests of a kind would be sent, all asked for at once and each answered at once.
fn schedule(kind: RequestKind, count: usize) -> Vec<Duration> {
    let clock = Arc::new(JumpingClock::default());
    let limiter = RateLimiter::new(&RateLimitPolicy::default(), clock.clone());
    (0..count)
        .map(|_| {
            let sent = run(limiter.send(kind, || async {
                Ok((answer(200), clock.now().since_start()))
            }));
            // The shortest duration of an answer.
            clock.advance(Duration::from_millis(1));
            sent.unwrap()
        })
        .collect()
}

fn most_within(times: &[Duration], window: Duration) -> usize {
    times
        .iter()
        .map(|from| {
            times
                .iter()
                .filter(|at| (*from..*from + window).contains(at))
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn many_writes_are_sent_a_second_apart() {
    let times = schedule(RequestKind::Change, 90);
    assert!(times[59] < secs(1), "{times:?}");
    for pair in times[59..].windows(2) {
        assert!(pair[1] >= pair[0] + secs(1), "{times:?}");
    }
    assert!(times[89] < secs(31), "{times:?}");
}

#[test]
fn bursts_below_the_limits_are_not_slowed() {
    for kind in [
        RequestKind::Change,
        RequestKind::Create,
        RequestKind::Upload,
    ] {
        let times = schedule(kind, 60);
        assert!(times[59] < secs(1), "{kind:?}: {times:?}");
    }
}

#[test]
fn thousand_uploads_stay_below_the_limits_and_take_the_time_that_is_forecast() {
    for count in [50, 61, 72, 73, 480, 481, 500, 999] {
        let times = schedule(RequestKind::Upload, count);
        assert!(most_within(&times, secs(60)) < 80, "{count}");
        assert!(most_within(&times, secs(3600)) < 500, "{count}");
        let (last, forecast) = (times[count - 1], pace::time_for_uploads(count));
        assert!(last >= forecast, "{count}: {last:?}, {forecast:?}");
        assert!(last < forecast + secs(2), "{count}: {last:?}, {forecast:?}");
    }
}

#[test]
fn replacing_assets_stays_below_the_limits() {
    let clock = Arc::new(JumpingClock::default());
    let limiter = RateLimiter::new(&RateLimitPolicy::default(), clock.clone());
    let kinds = [
        RequestKind::Upload,
        RequestKind::Change,
        RequestKind::Change,
    ];
    let mut times = Vec::new();
    for kind in kinds.into_iter().cycle().take(600) {
        let sent = run(limiter.send(kind, || async {
            Ok((answer(200), clock.now().since_start()))
        }));
        clock.advance(Duration::from_millis(1));
        times.push(sent.unwrap());
    }
    assert!(most_within(&times, secs(60)) * 5 < 900);
    assert!(times[599] < secs(600), "{:?}", times[599]);
}

#[test]
fn reads_stay_below_the_points_of_a_minute() {
    let times = schedule(RequestKind::Read, 2000);
    assert!(times[700] < secs(1));
    assert!(most_within(&times, secs(60)) < 900);
}

#[test]
fn last_request_of_a_quota_holds_back_the_next_one() {
    let clock = Arc::new(JumpingClock::default());
    let limiter = RateLimiter::new(&RateLimitPolicy::default(), clock.clone());
    let ask = |kind, signals| {
        run(limiter.send(kind, || async {
            Ok((signals, clock.now().since_start().as_secs()))
        }))
    };
    assert_eq!(ask(RequestKind::Read, used_up(200, 50)), Ok(0));
    assert_eq!(ask(RequestKind::GraphQl, answer(200)), Ok(0));
    assert_eq!(ask(RequestKind::Create, answer(201)), Ok(51));
}

#[test]
fn different_seeds_give_different_waits() {
    let second_try = |seed| {
        let clock = Arc::new(JumpingClock::default());
        let policy = RateLimitPolicy {
            seed,
            ..RateLimitPolicy::default()
        };
        let limiter = RateLimiter::new(&policy, clock.clone());
        run(limiter.send(RequestKind::Read, || async { Ok((answer(500), ())) })).unwrap();
        clock.now().since_start()
    };
    assert_eq!(second_try(1), second_try(1));
    assert_ne!(second_try(1), second_try(2));
}
