//! The stand-ins for GitHub's OIDC provider and for Sigstore.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on shall stop"
)]

mod oidc;
mod rig;
mod sigstore;
