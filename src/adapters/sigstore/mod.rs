//! Sigstore: bundles are signed by the identity of the running workflow, and verified without any network.

mod form;
mod log_entry;
mod provider;
mod roots;
mod statement;
mod verify;

pub use form::MOST_BUNDLE_BYTES;
pub use roots::TrustedRoot;
pub use verify::verify;
