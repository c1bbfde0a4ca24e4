//! What any released version has published is read for ever: `tests/golden/<version>/` holds what each of them did.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests, which clippy does not see"
)]

#[path = "gate/images.rs"]
#[expect(dead_code, reason = "the gate's images can do more")]
mod images;
#[path = "golden/record.rs"]
mod record;
#[path = "resume/rig.rs"]
#[expect(dead_code, reason = "the rig of tests/resume can do more")]
mod rig;

/// The registry's host in all that is recorded.
const HOST: &str = "registry.example";
