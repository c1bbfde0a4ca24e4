//! How fast requests may follow each other: the quota that GitHub tells, and the secondary limits that it only documents
//! ([About secondary rate limits](https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits)).

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::retry_policy::until_reset;
use super::{Kind, Signals};
use crate::domain::Moment;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
/// Windows are taken a little longer than GitHub says: what we send at even distances may arrive at uneven ones.
const SLACK: Duration = Duration::from_secs(3);
/// So many writes in a minute are no "large number" yet; more are spaced.
const FEW_WRITES: usize = 4;
const SPACING: Duration = Duration::from_secs(1);

/// A sum over the requests of a while that must not be exceeded.
struct Ceiling {
    within: Duration,
    most: u32,
    weight: fn(Kind) -> u32,
    why: &'static str,
}

/// GitHub's limits, less a tenth for whatever else uses the same token.
const CEILINGS: [Ceiling; 3] = [
    Ceiling {
        within: MINUTE,
        most: 900 - 90,
        weight: points,
        why: "to stay below 900 points a minute",
    },
    Ceiling {
        within: MINUTE,
        most: 80 - 8,
        weight: creations,
        why: "to stay below 80 creations a minute",
    },
    Ceiling {
        within: HOUR,
        most: 500 - 50,
        weight: creations,
        why: "to stay below 500 creations an hour",
    },
];

fn points(kind: Kind) -> u32 {
    match kind {
        Kind::Read | Kind::Query => 1,
        Kind::Ask | Kind::Change | Kind::Create | Kind::Upload => 5,
    }
}

fn creations(kind: Kind) -> u32 {
    match kind {
        Kind::Read | Kind::Query | Kind::Change => 0,
        // Notes are not created, but GitHub need not know that.
        Kind::Ask | Kind::Create => 1,
        Kind::Upload => 2,
    }
}

/// What was sent in the last hour, and until when nothing is to be sent.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    history: VecDeque<(Moment, Kind)>,
    /// For everything.
    held: Option<Moment>,
    /// For what is counted by REST's quota, or by GraphQL's.
    rest_held: Option<Moment>,
    graphql_held: Option<Moment>,
}

impl Throttle {
    /// The first moment from `now` on at which a request may go, and what keeps it from going at once.
    pub(super) fn earliest(&self, now: Moment, kind: Kind) -> (Moment, &'static str) {
        let quota = match kind {
            Kind::Query => self.graphql_held,
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
        not_before(self.spaced_from(now, kind), "to send writes a second apart");
        for ceiling in &CEILINGS {
            not_before(self.fits_from(ceiling, kind), ceiling.why);
        }
        earliest
    }

    pub(super) fn sent(&mut self, now: Moment, kind: Kind) {
        while let Some((at, _)) = self.history.front() {
            if now.since(*at) <= HOUR + SLACK {
                break;
            }
            self.history.pop_front();
        }
        self.history.push_back((now, kind));
    }

    pub(super) fn hold(&mut self, until: Moment) {
        self.held = self.held.max(Some(until));
    }

    /// Takes from any answer that it was the last of its quota.
    pub(super) fn learn(&mut self, now: Moment, wall: SystemTime, kind: Kind, signals: Signals) {
        let held = match kind {
            Kind::Query => &mut self.graphql_held,
            _ => &mut self.rest_held,
        };
        let until = until_reset(signals, wall).map(|wait| now.plus(wait));
        *held = until.max(*held);
    }

    /// A while after the last write, if this is another of many.
    fn spaced_from(&self, now: Moment, kind: Kind) -> Option<Moment> {
        let is_post = |kind| points(kind) > 1;
        let mut recent = self
            .history
            .iter()
            .rev()
            .filter(|(at, sent)| now.since(*at) <= MINUTE && is_post(*sent));
        let last = recent.next().map(|(at, _)| *at)?;
        (is_post(kind) && recent.count() >= FEW_WRITES - 1).then(|| last.plus(SPACING))
    }

    /// When so much of the history has left the ceiling's window that this request fits below it.
    fn fits_from(&self, ceiling: &Ceiling, kind: Kind) -> Option<Moment> {
        let mut sum = (ceiling.weight)(kind);
        if sum == 0 {
            return None;
        }
        let (blocking, _) = self.history.iter().rev().find(|(_, sent)| {
            sum += (ceiling.weight)(*sent);
            sum > ceiling.most
        })?;
        Some(blocking.plus(ceiling.within).plus(SLACK))
    }
}
