//! Faults: what can go wrong with a request, and which requests it is planned for.

use crate::log::Service;
use crate::sync::lock;
use crate::text;
use crate::transport::HttpRequest;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One thing that goes wrong. Those named `…After` and [`Fault::AnswerLost`] let the request take effect first.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The TCP connection is dropped before anything happens.
    ConnectionCutBefore,
    /// The request takes effect, then the connection is dropped without an answer.
    AnswerLost,
    /// This answer instead of an effect.
    Status(u16),
    /// The request takes effect, then this answer.
    StatusAfter(u16),
    /// Neither effect nor answer, and the connection stays open.
    Hang,
    /// The request takes effect, and no answer ever comes.
    HangAfter,
    /// The answer's body comes in pieces of `bytes` with `pause` (on the clock) between them.
    SlowBody { bytes: usize, pause: Duration },
    /// 403 as when the hour's quota is used up; it is available again after `reset`.
    PrimaryLimit { reset: Duration },
    /// The secondary limit's answer, which is 403 or 429.
    SecondaryLimit {
        status: u16,
        retry_after: Option<Duration>,
    },
    /// 429 `TOOMANYREQUESTS` of a registry.
    TooManyRequests { retry_after: Option<Duration> },
    /// An upload leaves an empty asset in state `starter` and answers 502.
    StarterAsset,
    /// This body instead of the true one, under the true headers.
    Body(String),
    /// The connection ends after so many bytes of the body.
    CutAt(u64),
    /// One byte of the body, counted from 0, has its bits inverted.
    FlipByte(u64),
    /// So many bytes of the body, then silence.
    Stall(u64),
    /// `Docker-Content-Digest` names something else.
    WrongDigest,
    /// A registry's 404 for a manifest that may exist, as before replication has finished.
    ManifestUnknown,
    /// The token that this request to the token endpoint fetches is good for so many requests only.
    TokenDiesAfter(u32),
    /// Runs when the request has arrived, before anything else is done with it.
    #[serde(skip)]
    Call(Hook),
    /// Runs when the request has taken effect, before it is answered.
    #[serde(skip)]
    CallAfter(Hook),
}

/// A callback of the program that embeds the server, for example to kill the client.
#[derive(Clone)]
pub struct Hook(Arc<dyn Fn(&HttpRequest) + Send + Sync>);

impl Hook {
    pub(crate) fn run(&self, request: &HttpRequest) {
        (self.0)(request);
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hook")
    }
}

impl Fault {
    /// A fault that runs this code when the request has arrived.
    pub fn call(hook: impl Fn(&HttpRequest) + Send + Sync + 'static) -> Fault {
        Fault::Call(Hook(Arc::new(hook)))
    }

    /// A fault that runs this code when the request has taken effect, before it is answered.
    pub fn call_after(hook: impl Fn(&HttpRequest) + Send + Sync + 'static) -> Fault {
        Fault::CallAfter(Hook(Arc::new(hook)))
    }
}

/// Which requests a fault is for. What is left out matches all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Pattern {
    pub method: Option<String>,
    /// With `*` a pattern of the whole path, else any part of it.
    pub path: String,
    pub service: Option<Service>,
}

impl Pattern {
    /// Requests with a matching path.
    pub fn path(path: &str) -> Pattern {
        Pattern {
            path: path.to_owned(),
            ..Pattern::default()
        }
    }

    /// Requests of one method with a matching path.
    pub fn new(method: &str, path: &str) -> Pattern {
        Pattern {
            method: Some(method.to_owned()),
            ..Pattern::path(path)
        }
    }

    /// The same for one host only.
    #[must_use]
    pub fn on(mut self, service: Service) -> Pattern {
        self.service = Some(service);
        self
    }

    fn matches(&self, request: &HttpRequest) -> bool {
        self.method
            .as_deref()
            .is_none_or(|method| method.eq_ignore_ascii_case(request.method.as_str()))
            && self
                .service
                .is_none_or(|service| service == request.service)
            && text::glob(&self.path, &request.path)
    }
}

/// The faults that are planned. Clones share the plan.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Vec<PlannedFault>>>);

#[derive(Debug)]
struct PlannedFault {
    trigger: Trigger,
    left: usize,
    fault: Fault,
}

#[derive(Debug)]
enum Trigger {
    Number(u64),
    Pattern(Pattern),
}

impl Faults {
    /// For the request with that number in the log (they count from 1).
    pub fn at(&self, number: u64, fault: Fault) {
        lock(&self.0).push(PlannedFault {
            trigger: Trigger::Number(number),
            left: 1,
            fault,
        });
    }

    /// For the next `times` requests that match.
    pub fn when(&self, pattern: Pattern, times: usize, fault: Fault) {
        lock(&self.0).push(PlannedFault {
            trigger: Trigger::Pattern(pattern),
            left: times,
            fault,
        });
    }

    /// Forgets what is still planned.
    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    /// How many planned faults have not been used up.
    pub fn pending(&self) -> usize {
        lock(&self.0).len()
    }

    /// The faults of one request, in the order they were planned; a pattern's next fault waits until
    /// the one before is used up only if that one already decides this request.
    pub(crate) fn take(&self, request: &HttpRequest) -> Vec<Fault> {
        let mut planned = lock(&self.0);
        let mut taken = Vec::new();
        for plan in planned.iter_mut() {
            let hit = match &plan.trigger {
                Trigger::Number(number) => *number == request.number,
                Trigger::Pattern(pattern) => pattern.matches(request),
            };
            if hit && plan.left > 0 && !taken.iter().any(decides) {
                plan.left -= 1;
                taken.push(plan.fault.clone());
            }
        }
        planned.retain(|plan| plan.left > 0);
        taken
    }
}

/// Whether nothing is left to do for another fault of the same request.
fn decides(fault: &Fault) -> bool {
    !matches!(
        fault,
        Fault::Call(_) | Fault::CallAfter(_) | Fault::WrongDigest | Fault::TokenDiesAfter(_)
    )
}
