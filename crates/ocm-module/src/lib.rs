//! The Kyma module format: bytes in, bytes out. No network, no files.
//!
//! A *module image* is an OCI image manifest. Its config names one layer, the *component descriptor*; its other layers are
//! the component's local resources: the raw manifest or a Helm chart, and the default custom resource. A
//! *ModuleTemplate* is published together with the image; it registers the module with Kyma's Lifecycle Manager.
//!
//! | to | use |
//! |---|---|
//! | read a module image | [`read`], with the types of [`oci`] and [`descriptor`] |
//! | build a module image and its ModuleTemplate | [`build`] |
//! | read the configuration files of a module | [`config`] |
//! | check a rendered manifest and a default custom resource | [`raw_manifest`] |
//! | unpack a chart or a layer that is an archive | [`archive`] |
//! | read and write YAML as Kubernetes does, and edit it byte for byte | [`yaml`] |
//! | submit a version and promote it to a channel | [`submission`] |
//! | check versions and names by Lifecycle Manager's rules | [`rules`] |
//! | parse digests, versions, commits and image references | [`values`] |
//!
//! Every problem is a [`Diagnostic`]: a code, what was found, what was expected, a remedy, and the position.
//!
//! ```
//! use ocm_module::FormatCode;
//! use ocm_module::config::ModuleConfig;
//!
//! let file = b"name: kyma-project.io/module/btp-operator\nversion: 1.2.0-rc.1\nchannel: fast\nmanifest: m.yaml\n";
//! let (config, found) = ModuleConfig::parse("module-config.yaml", file);
//! assert!(config.is_some());
//! assert_eq!(found[0].code, FormatCode::VersionPrereleaseDotted);
//! assert_eq!(found[0].help, "write 1.2.0-rc1");
//! assert!(found[0].to_string().starts_with("module-config.yaml:2:1: "));
//! ```
//!
//! [`build`] and [`read`] begin with an example each.

#![warn(missing_docs, clippy::missing_errors_doc)]

pub mod archive;
pub mod build;
mod code;
pub mod config;
pub mod descriptor;
mod diagnostic;
pub mod oci;
pub mod raw_manifest;
pub mod read;
pub mod rules;
pub mod submission;
pub mod values;
pub mod yaml;

pub use code::FormatCode;
pub use diagnostic::{Diagnostic, Place, Position, Severity};

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod json_schema;
