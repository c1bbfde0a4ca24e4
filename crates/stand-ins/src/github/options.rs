//! Options of a GitHub, chosen before it starts.

use super::rate_limit::RateLimits;
use crate::clock::ServerClock;
use std::time::Duration;

/// How a stand-in for GitHub behaves, and where it listens.
#[derive(Clone, Debug)]
pub struct Options {
    pub clock: ServerClock,
    /// How long a write stays invisible to lists, requests by tag and GraphQL.
    pub lag: Duration,
    /// How long it takes until GitHub knows whether a pull request can be merged, after it was made or a branch moved.
    pub mergeable_after: Duration,
    /// How long a pull request is in the merge queue before it is merged.
    pub queue_length: Duration,
    /// The most entries that a recursive read of a tree gives; the rest is cut.
    pub tree_entries_max: usize,
    /// The round trip to clients: a new connection takes one, and so does each request.
    pub delay: Duration,
    pub limits: RateLimits,
    /// The largest page size; a larger `per_page` is reduced to it.
    pub page_size_max: usize,
    /// The most results a list gives; the page after them is 422.
    pub results_max: usize,
    /// Whether answers hold the bundles of attestations, and not only where they can be fetched.
    pub inline_bundles: bool,
    pub no_attestations: NoAttestations,
    /// Assets must be smaller than this, in bytes.
    pub asset_size_limit: u64,
    pub assets_max: usize,
    pub digests: Digests,
    pub untagged: Untagged,
    /// The version of an Enterprise Server, such as `3.17.0`, which serves its API below `/api/v3` only; `None`: github.com.
    pub enterprise: Option<String>,
    /// Ports; 0 takes a free one.
    pub api_port: u16,
    pub upload_port: u16,
    pub web_port: u16,
    pub storage_port: u16,
    /// The name by which answers call the storage host. It is another name than the API's `127.0.0.1`,
    /// because clients keep a token on a redirect to another port of the same host.
    pub storage_host: String,
    /// Whether the control API at `/_stand-in/…` is served.
    pub control: bool,
}

/// The answer where an artifact has no attestation. The documentation names neither; clients have to take both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoAttestations {
    #[default]
    NotFound,
    EmptyList,
}

/// When an asset's `digest` is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digests {
    #[default]
    AtOnce,
    After(Duration),
    /// `null`, as on assets from before 2025-06-03.
    Never,
}

/// Which PATCH without `tag_name` moves a draft from its tag to `untagged-…`.
/// <https://github.com/release-drafter/release-drafter/issues/204>
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Untagged {
    /// None: every edit keeps the tag.
    Never,
    /// Edits that leave it a draft. The real service does so sometimes; a client that handles it every time
    /// is safe. `{"draft": false}` alone keeps the tag, as `gh` and others rely on.
    #[default]
    Edits,
    /// Publishing too, which then makes a tag of that name: rare, but reported.
    EditsAndPublishing,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            clock: ServerClock::default(),
            lag: Duration::ZERO,
            mergeable_after: Duration::from_secs(1),
            queue_length: Duration::from_mins(1),
            tree_entries_max: 100_000,
            delay: Duration::ZERO,
            limits: RateLimits::default(),
            page_size_max: 100,
            results_max: 10_000,
            inline_bundles: true,
            no_attestations: NoAttestations::default(),
            asset_size_limit: 2 << 30,
            assets_max: 1000,
            digests: Digests::default(),
            untagged: Untagged::default(),
            enterprise: None,
            api_port: 0,
            upload_port: 0,
            web_port: 0,
            storage_port: 0,
            storage_host: "localhost".to_owned(),
            control: false,
        }
    }
}
