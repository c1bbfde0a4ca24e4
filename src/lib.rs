//! Releases Kyma modules: what is published is what was tagged, built and tested, and nothing else.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod commands;
pub mod domain;
pub mod engine;
pub mod phases;
pub mod plan;
pub mod protocol;
#[cfg(feature = "rehearse")]
pub mod rehearsal;
pub mod release;
pub mod report;
pub mod settings;
