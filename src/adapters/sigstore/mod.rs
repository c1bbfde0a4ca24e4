//! Sigstore: bundles are signed by the identity of the running workflow, and verified without any network.

mod endpoints;
mod form;
mod identity_token;
mod log_entry;
mod provider;
mod rekor;
mod requests;
mod roots;
mod services;
mod signer;
mod signing_key;
mod statement;
mod verify;

pub use endpoints::{LogVersion, SignatureLog, SigningServices};
pub use form::MOST_BUNDLE_BYTES;
pub use identity_token::IdTokenRequest;
pub use roots::TrustedRoot;
pub use signer::{SigstoreSettings, SigstoreSigner};
pub use verify::verify;
