//! What all tests over sockets stand on: clocks, servers, a GitHub and a registry to release to, and a whole release.
//!
//! Every test program is given the whole room, and uses its part of it.
#![expect(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests are tests, which neither the compiler nor clippy sees"
)]

pub(crate) mod clock;
pub(crate) mod github;
pub(crate) mod module_images;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod registry;
pub(crate) mod scene;
