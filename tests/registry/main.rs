//! The registry adapter over sockets: against Debian's docker-registry, and against a stand-in with injected faults.

mod auth;
mod faults;
mod interrupted_connections;
mod module;
mod proxy;
mod real;
mod referrers;
mod repeated_reads;
mod scripted_server;
#[path = "../support/mod.rs"]
mod support;
mod token_realm;
mod unusual_registries;
