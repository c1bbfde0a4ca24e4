//! The world outside, each part behind its port: dull code that maps what a service says to our words.

pub mod files;
pub mod github;
pub mod http;
pub mod registry;
pub mod runner_files;
pub mod signals;
pub mod system_clock;
pub mod terminal;
