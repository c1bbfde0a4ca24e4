//! `build-module`, `fetch-module` and `inspect-module` as a person runs them, over real sockets.

mod additional_files;
mod build;
mod commit_build;
mod fetch;
mod forms;
mod inspect;
mod paths;
mod requests;
#[path = "../support/mod.rs"]
mod support;
