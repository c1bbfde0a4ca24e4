//! The stand-in's GitHub behaves as the real one is documented, or was seen, to behave.
//! Each test names the behaviour and where it is written down.

mod apps;
mod assets;
mod attestations;
mod changes;
mod checks;
mod common;
mod contents;
mod faults;
mod git;
mod graphql;
mod immutable;
mod releases;
mod runs;
mod service;
