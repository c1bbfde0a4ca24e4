//! The control API at `/_stand-in/…`, for shell scripts: the log, the state, the faults and the limits.
//! These requests are neither counted nor logged.

use super::model::GitHubWorld;
use super::rate_limit::RateLimits;
use super::state::GitHubServerState;
use crate::faults::{Fault, Pattern};
use crate::sync::lock;
use crate::transport::Reply;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) const PREFIX: &str = "/_stand-in/";

/// `{"at": 5, "fault": {"status": 503}}`, or
/// `{"when": {"method": "POST", "path": "*/assets"}, "times": 2, "fault": "answer_lost"}`.
#[derive(Deserialize)]
struct FaultRequest {
    at: Option<u64>,
    #[serde(default)]
    when: Pattern,
    #[serde(default = "once")]
    times: usize,
    fault: Fault,
}

fn once() -> usize {
    1
}

pub(crate) fn answer(state: &GitHubServerState, method: &Method, path: &str, body: &[u8]) -> Reply {
    let shared = &state.shared;
    match (method, path.trim_start_matches(PREFIX)) {
        (&Method::GET, "log") => Reply::json(200, &json!(shared.log.entries())),
        (&Method::DELETE, "log") => {
            shared.log.clear();
            Reply::status(204)
        }
        (&Method::GET, "world") => Reply::json(200, &json!(*lock(&state.world))),
        (&Method::PUT, "world") => match serde_json::from_slice::<GitHubWorld>(body) {
            Ok(new) => {
                let mut world = lock(&state.world);
                let blobs = world.blobs.clone();
                *world = GitHubWorld { blobs, ..new };
                Reply::status(204)
            }
            Err(error) => wrong(&error),
        },
        (&Method::GET, "faults") => {
            Reply::json(200, &json!({ "pending": shared.faults.pending() }))
        }
        (&Method::POST, "faults") => match serde_json::from_slice::<FaultRequest>(body) {
            Ok(plan) => {
                match plan.at {
                    Some(number) => shared.faults.at(number, plan.fault),
                    None => shared.faults.when(plan.when, plan.times, plan.fault),
                }
                Reply::status(204)
            }
            Err(error) => wrong(&error),
        },
        (&Method::DELETE, "faults") => {
            shared.faults.clear();
            Reply::status(204)
        }
        (&Method::GET, "limits") => Reply::json(200, &json!(lock(&state.limiter).limits)),
        (&Method::PUT, "limits") => match serde_json::from_slice::<RateLimits>(body) {
            Ok(limits) => {
                lock(&state.limiter).limits = limits;
                Reply::status(204)
            }
            Err(error) => wrong(&error),
        },
        _ => Reply::json(404, &Value::Null),
    }
}

fn wrong(error: &serde_json::Error) -> Reply {
    Reply::json(400, &json!({ "message": error.to_string() }))
}
