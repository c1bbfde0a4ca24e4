//! The stand-in's GitHub behaves as the real one is documented, or was seen, to behave.
//! Each test names the behaviour and where it is written down.

mod apps;
mod assets;
mod attestations;
mod auto_merge;
mod changes;
mod checks;
mod common;
mod contents;
mod faults;
mod git;
mod git_data;
mod graphql;
mod hosts;
mod immutable;
mod protection;
mod pull_faults;
mod pulls;
mod releases;
mod runs;
mod scene;
mod service;
