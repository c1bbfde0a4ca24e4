//! The registry adapter over sockets: against Debian's docker-registry, and against a stand-in with injected faults.

mod auth;
mod faults;
mod interrupted_connections;
mod module;
#[path = "../common/plan.rs"]
mod plan;
mod proxy;
mod real;
mod repeated_reads;
mod rig;
mod scripted_server;
mod token_realm;
mod unusual_registries;
