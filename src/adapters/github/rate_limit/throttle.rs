//! When the next request may be sent: after the reset of a used-up quota, and below the secondary limits
//! ([About secondary rate limits](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits)).

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::request_kind::RequestKind;
use super::signals::LimitSignals;
use crate::domain::{Moment, pace};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The most that the requests within a window may weigh together.
struct Ceiling {
    within: Duration,
    most: u32,
    weight: fn(RequestKind) -> u32,
    why: &'static str,
}

const CEILINGS: [Ceiling; 3] = [
    Ceiling {
        within: MINUTE,
        most: pace::POINTS_A_MINUTE,
        weight: points,
        why: "to stay below 900 points a minute",
    },
    Ceiling {
        within: MINUTE,
        most: pace::CREATIONS_A_MINUTE,
        weight: creations,
        why: "to stay below 80 creations a minute",
    },
    Ceiling {
        within: HOUR,
        most: pace::CREATIONS_AN_HOUR,
        weight: creations,
        why: "to stay below 500 creations an hour",
    },
];

/// [Calculating points](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#calculating-points-for-the-secondary-rate-limit)
/// of a request.
fn points(kind: RequestKind) -> u32 {
    match kind {
        RequestKind::Read | RequestKind::GraphQl => 1,
        RequestKind::ReadByPost
        | RequestKind::Change
        | RequestKind::Create
        | RequestKind::Upload => 5,
    }
}

/// How many requests it counts for that create content. The documentation lists none of them; a POST of anything may be one.
fn creations(kind: RequestKind) -> u32 {
    match kind {
        RequestKind::Read | RequestKind::GraphQl | RequestKind::Change => 0,
        // Nothing is created by `ReadByPost`, but GitHub may count each POST. That an upload to uploads.github.com counts, and
        // counts once, was seen where tools send without pauses: 499 assets beside the one release
        // (https://github.com/aio-libs/multidict/pull/1503), which is the limit of an hour to the request, and 469
        // (https://github.com/PX4/PX4-Autopilot/pull/27838). What it counts twice for is the hourly quota of the token
        // (https://github.com/softprops/action-gh-release/issues/261), which GitHub's answers tell.
        RequestKind::ReadByPost | RequestKind::Create | RequestKind::Upload => 1,
    }
}

/// The requests of the last hour, and the moments before which none may be sent.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    history: VecDeque<(Moment, RequestKind)>,
    /// For all requests.
    held: Option<Moment>,
    /// For the requests of REST's quota.
    rest_held: Option<Moment>,
    /// For the requests of GraphQL's quota.
    graphql_held: Option<Moment>,
}

impl Throttle {
    /// The first moment from `now` on at which a request may be sent, and why not before.
    pub(super) fn earliest(&self, now: Moment, kind: RequestKind) -> (Moment, &'static str) {
        let quota = match kind {
            RequestKind::GraphQl => self.graphql_held,
            _ => self.rest_held,
        };
        let mut earliest = (now, "");
        let mut not_before = |at: Option<Moment>, why| {
            if let Some(at) = at.filter(|at| *at > earliest.0) {
                earliest = (at, why);
            }
        };
        not_before(self.held, "a limit was met");
        not_before(quota, "the token's quota of requests is used up");
        not_before(self.spaced_from(kind), "to send writes a second apart");
        for ceiling in &CEILINGS {
            not_before(self.fits_from(ceiling, kind), ceiling.why);
        }
        earliest
    }

    /// Counts a request that is being sent.
    pub(super) fn sent(&mut self, now: Moment, kind: RequestKind) {
        while let Some((at, _)) = self.history.front() {
            if now.since(*at) <= HOUR + pace::SLACK {
                break;
            }
            self.history.pop_front();
        }
        self.history.push_back((now, kind));
    }

    /// Holds back all requests until a moment.
    pub(super) fn hold(&mut self, until: Moment) {
        self.held = self.held.max(Some(until));
    }

    /// Notes that an answer, of any status, was the last one of its quota.
    pub(super) fn learn(
        &mut self,
        now: Moment,
        wall: SystemTime,
        kind: RequestKind,
        signals: LimitSignals,
    ) {
        let held = match kind {
            RequestKind::GraphQl => &mut self.graphql_held,
            _ => &mut self.rest_held,
        };
        let until = signals.until_reset(wall).map(|wait| now.plus(wait));
        *held = until.max(*held);
    }

    /// [`pace::SPACING`] after the last write, if there were many in the last hour.
    fn spaced_from(&self, kind: RequestKind) -> Option<Moment> {
        let is_write = |kind| points(kind) > 1;
        let writes = self
            .history
            .iter()
            .rev()
            .filter(|(_, sent)| is_write(*sent));
        let mut writes = writes.map(|(at, _)| *at);
        let last = writes.next()?;
        (is_write(kind) && writes.count() >= pace::UNSPACED_WRITES - 1)
            .then(|| last.plus(pace::SPACING))
    }

    /// When enough of the history has left the window for this request to stay below the ceiling.
    fn fits_from(&self, ceiling: &Ceiling, kind: RequestKind) -> Option<Moment> {
        let mut sum = (ceiling.weight)(kind);
        if sum == 0 {
            return None;
        }
        let (blocking, _) = self.history.iter().rev().find(|(_, sent)| {
            sum += (ceiling.weight)(*sent);
            sum > ceiling.most
        })?;
        Some(blocking.plus(ceiling.within).plus(pace::SLACK))
    }
}
