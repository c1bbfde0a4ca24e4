//! Commands for people and scripts that are no phases of a release.

pub mod inspect_module;
