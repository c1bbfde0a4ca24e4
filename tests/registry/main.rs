//! The registry adapter over real sockets: against Debian's docker-registry, and against a stand-in that misbehaves.

mod faults;
mod real;
mod rig;
