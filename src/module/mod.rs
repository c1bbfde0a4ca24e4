//! The Kyma module format: bytes in, bytes out.
//!
//! A *module image* is an OCI image manifest whose config names one layer, the *component descriptor*, and whose other
//! layers are the component's local resources: the raw manifest or chart, and today the default custom resource.
//!
//! Reading: [`oci::Document`] → [`oci::Manifest::descriptor_layer`] → [`descriptor::Descriptor`] →
//! [`select::content`] tells the layers apart, [`verify`] compares with the release, [`unpack`] opens archives.

pub mod descriptor;
mod error;
pub mod inspect;
pub mod media;
pub mod oci;
pub mod select;
pub mod unpack;
pub mod verify;
pub mod yaml;

pub use error::FormatError;

#[cfg(test)]
mod fixtures;
