//! Commands for people and workflows that are no phases of a release.

pub mod check_pods;
pub mod download_asset;
pub mod download_logs;
pub mod finish_settings;
pub mod image_settings;
pub mod inspect_module;
pub mod names;
pub mod registry_login;
pub mod release_settings;
pub mod report;
pub mod verify_bundle;

use std::fmt;

use crate::protocol::Output;

/// The result of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandReport {
    /// For the log: sentences without their full stop.
    pub lines: Vec<String>,
    /// For later steps.
    pub outputs: Vec<Output>,
}

impl CommandReport {
    /// Adds a line to the log.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Adds an output of the step.
    #[must_use]
    pub fn output(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.outputs.push(Output {
            name,
            value: value.to_string(),
        });
        self
    }
}
