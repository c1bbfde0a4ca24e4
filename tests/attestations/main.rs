//! Bundles that the public-good instance, its staging instance and GitHub signed, and what becomes of them when one thing in them
//! is changed. No server is asked.

mod comparing;
mod mutations;
mod recorded;
