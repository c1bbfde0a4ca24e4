//! The state of a release and the decisions about it, shared by all phases.

pub(crate) mod artifact_state;
pub(crate) mod asset_image_refs;
pub(crate) mod asset_sync;
pub(crate) mod attestations;
pub(crate) mod base_files;
pub(crate) mod builder_checks;
pub(crate) mod changes;
#[cfg(test)]
pub(crate) mod examples;
pub mod existing_release;
pub(crate) mod image_check;
pub(crate) mod image_reader;
pub mod lock;
pub(crate) mod manifest_images;
pub(crate) mod mismatch;
pub mod module_image;
pub(crate) mod next_version;
pub(crate) mod notes;
pub(crate) mod other_releases;
pub mod page;
pub(crate) mod policy;
pub(crate) mod references;
pub(crate) mod required_checks;
pub mod rights;
pub(crate) mod since_previous;
pub(crate) mod view;
