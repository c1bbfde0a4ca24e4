//! The Kyma module format: bytes in, bytes out.
//!
//! A *module image* is an OCI image manifest whose config names one layer, the *component descriptor*, and whose other
//! layers are the component's local resources: the raw manifest or chart, and today the default custom resource.
//!
//! Reading: [`oci::Document`] → [`oci::Manifest::descriptor_layer`] → [`descriptor::Descriptor`] →
//! [`select::content`] tells the layers apart, [`unpack`] opens what is packed, [`verify`] compares with the release.
//!
//! Building: [`config`] and [`security`] read what a module says of itself, [`raw_manifest`] and [`rules`] say all that is
//! wrong with it, [`build`] makes the image's bytes, [`template`] the ModuleTemplate, [`ctf`] an archive without a registry.
//! [`assemble`] does all of it in one go.

pub mod assemble;
pub mod build;
mod code;
pub mod config;
pub mod ctf;
pub mod descriptor;
mod diagnostic;
mod fields;
pub mod images;
pub mod inspect;
pub mod layout;
pub mod media;
pub mod oci;
pub mod raw_manifest;
pub mod rules;
pub mod security;
pub mod select;
pub mod template;
pub mod unpack;
mod ustar;
pub mod values;
pub mod verify;
pub mod yaml;

pub use code::FormatCode;
pub use diagnostic::{Diagnostic, Place, Position, Severity};

#[cfg(test)]
mod fixtures;
