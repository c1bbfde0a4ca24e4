//! What a phase or a command is doing right now, for the line that a terminal shows in place.

use std::time::{Duration, SystemTime};

use crate::domain::Moment;
use crate::engine::Event;
use crate::protocol::WaitTime;

/// What takes less time than this needs no line.
const SHORT: Duration = Duration::from_secs(2);

/// The present of a phase, kept up to date by its events, or of a command.
#[derive(Clone, Debug)]
pub(super) struct Present {
    title: &'static str,
    doing: Activity,
    /// Since when.
    since: Moment,
    /// When it has to end; `None` while the time does not count.
    until: Option<Moment>,
}

#[derive(Clone, Debug)]
enum Activity {
    /// Reading, and deciding.
    Reading,
    Acting(String),
    /// For these, between two reads.
    Waiting(Vec<String>),
}

/// The time, for a line that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    pub moment: Moment,
    pub wall: SystemTime,
}

impl Present {
    /// The present of what has begun, and of which nothing more is known than the requests that it waits for.
    pub(super) fn reading(title: &'static str, since: Moment, until: Moment) -> Self {
        Self {
            title,
            doing: Activity::Reading,
            since,
            until: Some(until),
        }
    }

    /// The present after an event; `None` before a phase has started.
    pub(super) fn after(before: Option<Self>, event: &Event<'_>) -> Option<Self> {
        if let Event::Started { phase, deadline } = event {
            let end = deadline.moment();
            let began = end.since_start().saturating_sub(deadline.allowed());
            return Some(Self::reading(phase.as_str(), Moment::at(began), end));
        }
        let mut present = before?;
        match event {
            Event::Started { .. } => {}
            // The view says it.
            Event::Waiting { view: Some(_), .. } => return None,
            Event::Waiting {
                on,
                now,
                left,
                time,
                ..
            } => {
                if !matches!(present.doing, Activity::Waiting(_)) {
                    present.since = *now;
                }
                present.doing = Activity::Waiting(on.to_vec());
                present.until = match time {
                    WaitTime::Counted => Some(now.plus(*left)),
                    WaitTime::Uncounted => None,
                };
            }
            Event::Began { now, .. } => present.since = *now,
            Event::Acting { action, .. } => present.doing = Activity::Acting(action.to_string()),
            Event::Acted { now, .. } => {
                present.doing = Activity::Reading;
                present.since = *now;
            }
        }
        Some(present)
    }

    /// What is being done, for how long, and until when at most; `requests` are those without an answer. `None` for what began just now.
    pub(super) fn line(&self, now: Now, requests: &[String]) -> Option<String> {
        let so_far = now.moment.since(self.since);
        if so_far < SHORT {
            return None;
        }
        let what = match (&self.doing, requests) {
            (Activity::Waiting(on), _) => format!("waiting for {}", on.join("; ")),
            (Activity::Acting(action), _) => action.clone(),
            (Activity::Reading, [first, ..]) => format!("waiting for the answer to {first}"),
            (Activity::Reading, []) => "reading".into(),
        };
        let so_far = humantime::format_duration(Duration::from_secs(so_far.as_secs()));
        let until = match self.until {
            Some(until) => {
                let end = now.wall.checked_add(until.since(now.moment));
                format!("until {} UTC", time_of_day(end.unwrap_or(now.wall)))
            }
            None => "its time does not run".into(),
        };
        let title = self.title;
        Some(format!("{title}: {so_far}, {until}: {what}"))
    }
}

/// Hours, minutes and seconds.
fn time_of_day(at: SystemTime) -> String {
    let text = humantime::format_rfc3339_seconds(at).to_string();
    text.get(11..19).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Deadline;
    use crate::protocol::PhaseId;

    fn at(seconds: u64) -> Moment {
        Moment::at(Duration::from_secs(seconds))
    }

    fn now(seconds: u64) -> Now {
        Now {
            moment: at(seconds),
            wall: SystemTime::UNIX_EPOCH + Duration::from_hours(12) + Duration::from_secs(seconds),
        }
    }

    fn waiting(on: &[String], seconds: u64, time: WaitTime) -> Event<'_> {
        Event::Waiting {
            phase: PhaseId::Await,
            on,
            now: at(seconds),
            left: Duration::from_secs(1210 - seconds),
            time,
            pause: Duration::from_secs(1),
            view: None,
        }
    }

    #[test]
    fn line_says_what_how_long_and_until_when() {
        let started = Event::Started {
            phase: PhaseId::Await,
            deadline: Deadline::after(at(10), Duration::from_mins(20)),
        };
        let present = Present::after(None, &started);
        let line = |present: &Option<Present>, seconds, requests: &[String]| {
            present.as_ref().unwrap().line(now(seconds), requests)
        };
        assert_eq!(line(&present, 11, &[]), None);
        let request = ["GET r.example/v2/".to_owned()];
        assert_eq!(
            line(&present, 14, &request).unwrap(),
            "await: 4s, until 12:20:10 UTC: waiting for the answer to GET r.example/v2/"
        );
        let on = ["asset a: absent".to_owned(), "asset b: absent".to_owned()];
        let present = Present::after(present, &waiting(&on, 20, WaitTime::Counted));
        // The time goes on while the same phase waits.
        let present = Present::after(present, &waiting(&on[1..], 30, WaitTime::Counted));
        assert_eq!(
            line(&present, 90, &[]).unwrap(),
            "await: 1m 10s, until 12:20:10 UTC: waiting for asset b: absent"
        );
        let present = Present::after(present, &waiting(&on[1..], 90, WaitTime::Uncounted));
        assert_eq!(
            line(&present, 95, &[]).unwrap(),
            "await: 1m 15s, its time does not run: waiting for asset b: absent"
        );
    }
}
