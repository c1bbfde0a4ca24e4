//! The registry adapter over real sockets: against Debian's docker-registry, and against a stand-in that misbehaves.

mod auth;
mod faults;
mod interrupted_connections;
mod module;
mod proxy;
mod real;
#[path = "../support/mod.rs"]
mod support;
mod unusual_registries;

use support::{plan, registry as rig};
