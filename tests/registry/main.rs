//! The registry adapter over real sockets: against Debian's docker-registry, and against a stand-in that misbehaves.

mod auth;
mod faults;
mod interrupted_connections;
mod module;
#[path = "../common/plan.rs"]
mod plan;
mod proxy;
mod real;
mod rig;
mod unusual_registries;
