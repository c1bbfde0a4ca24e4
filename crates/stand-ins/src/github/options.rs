//! What can be chosen about a GitHub before it starts.

use super::Limits;
use crate::Clock;
use std::time::Duration;

#[derive(Clone, Debug)]
pub struct Options {
    pub clock: Clock,
    /// How long a write stays invisible to lists, by-tag look-ups and GraphQL.
    pub lag: Duration,
    pub limits: Limits,
    /// The most a page holds, whatever `per_page` says.
    pub page_size_max: usize,
    /// The most results a list gives; the page after them is 422.
    pub results_max: usize,
    /// Assets must be smaller than this.
    pub asset_size_limit: u64,
    pub assets_max: usize,
    pub digests: Digests,
    /// Whether a PATCH without `tag_name` rebinds a draft to `untagged-…`. The service does it some of
    /// the time; a client that survives it always is safe.
    pub rebind_untagged: bool,
    /// 0 takes a free port.
    pub api_port: u16,
    pub upload_port: u16,
    pub web_port: u16,
    pub storage_port: u16,
    /// Whether scripts may look into the server at `/_stand-in/…`.
    pub operator: bool,
}

/// When an asset's `digest` is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digests {
    #[default]
    AtOnce,
    After(Duration),
    /// `null`, as on assets from before 2025-06-03.
    Never,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            clock: Clock::default(),
            lag: Duration::ZERO,
            limits: Limits::default(),
            page_size_max: 100,
            results_max: 10_000,
            asset_size_limit: 2 << 30,
            assets_max: 1000,
            digests: Digests::default(),
            rebind_untagged: true,
            api_port: 0,
            upload_port: 0,
            web_port: 0,
            storage_port: 0,
            operator: false,
        }
    }
}
