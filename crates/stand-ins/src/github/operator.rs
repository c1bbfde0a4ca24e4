//! `/_stand-in/…` for shell scripts that cannot look into the process: the log, the world and the faults.
//! These requests are neither counted nor logged.

use super::Hub;
use super::world::World;
use crate::wire::Reply;
use crate::{Fault, Pattern, lock};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) const PREFIX: &str = "/_stand-in/";

/// `{"at": 5, "fault": {"status": 503}}`, or
/// `{"when": {"method": "POST", "path": "*/assets"}, "times": 2, "fault": "answer_lost"}`.
#[derive(Deserialize)]
struct Plan {
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

pub(crate) fn answer(hub: &Hub, method: &Method, path: &str, body: &[u8]) -> Reply {
    let desk = &hub.desk;
    match (method, path.trim_start_matches(PREFIX)) {
        (&Method::GET, "log") => Reply::json(200, &json!(desk.log.entries())),
        (&Method::DELETE, "log") => {
            desk.log.clear();
            Reply::status(204)
        }
        (&Method::GET, "world") => Reply::json(200, &json!(*lock(&hub.world))),
        (&Method::PUT, "world") => match serde_json::from_slice::<World>(body) {
            Ok(new) => {
                let mut world = lock(&hub.world);
                let blobs = world.blobs.clone();
                *world = World { blobs, ..new };
                Reply::status(204)
            }
            Err(error) => wrong(&error),
        },
        (&Method::GET, "faults") => Reply::json(200, &json!({ "pending": desk.faults.pending() })),
        (&Method::POST, "faults") => match serde_json::from_slice::<Plan>(body) {
            Ok(plan) => {
                match plan.at {
                    Some(number) => desk.faults.at(number, plan.fault),
                    None => desk.faults.when(plan.when, plan.times, plan.fault),
                }
                Reply::status(204)
            }
            Err(error) => wrong(&error),
        },
        (&Method::DELETE, "faults") => {
            desk.faults.clear();
            Reply::status(204)
        }
        _ => Reply::json(404, &Value::Null),
    }
}

fn wrong(error: &serde_json::Error) -> Reply {
    Reply::json(400, &json!({ "message": error.to_string() }))
}
