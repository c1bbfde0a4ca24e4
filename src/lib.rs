//! Releases Kyma modules: what is published is what was tagged, built and tested, and nothing else.

pub mod adapters;
pub mod app;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod inspect;
pub mod phases;
pub mod plan;
pub mod ports;
#[cfg(feature = "rehearse")]
pub mod rehearsal;
pub mod report;
pub mod settings;
