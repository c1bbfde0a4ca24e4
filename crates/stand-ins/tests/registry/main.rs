//! The stand-in's registry keeps to the distribution spec where registries do, and differs where they
//! differ. Sections are those of
//! <https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md>.

mod auth;
mod common;
mod faults;
mod pull;
mod push;
mod referrers;
