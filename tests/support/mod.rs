//! The common parts of all tests over sockets: clocks, servers, a GitHub and a registry to release to, and a whole
//! release.
//!
//! Every test program includes the whole module, and uses a part of it.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which neither the compiler nor clippy sees"
)]

pub(crate) mod called_legs;
pub(crate) mod clock;
pub(crate) mod crd_schema;
pub(crate) mod cuts;
pub(crate) mod github;
pub(crate) mod module_images;
pub(crate) mod named_registry;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod scene;
pub(crate) mod signing;
pub(crate) mod sigstore;
