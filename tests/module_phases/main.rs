//! `build-module`, `fetch-module` and `inspect-module` as a person runs them, over real sockets.

mod build;
mod fetch;
#[path = "../common/plan.rs"]
mod plan;
mod rig;
