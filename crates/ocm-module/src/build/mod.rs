//! Builds a module image and its release assets: the same inputs give the same bytes on every machine.
//!
//! [`assemble`] checks everything first and then builds the image and the files; [`build_component`] builds the image
//! only. The caller pushes the bytes, or writes them as an archive without a registry ([`ctf`]).
//!
//! ```
//! use ocm_module::build::{ComponentInputs, DescriptorStyle, GitSource, build_component};
//!
//! # fn main() -> Result<(), ocm_module::Diagnostic> {
//! let component = build_component(&ComponentInputs {
//!     style: DescriptorStyle::Modulectl3,
//!     component: "kyma-project.io/module/btp-operator",
//!     version: &"1.2.0".parse()?,
//!     registry: &"registry.example/prod".parse()?,
//!     source: &GitSource {
//!         repo_url: "https://github.com/kyma-project/btp-manager".into(),
//!         commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse()?,
//!         reference: None,
//!     },
//!     manifest: b"kind: CustomResourceDefinition\n",
//!     default_cr: None,
//!     settings: None,
//!     template: None,
//!     images: &[],
//!     security: None,
//!     labels: &[],
//! })?;
//! // Push these, then the manifest under the tag.
//! for blob in component.blobs() {
//!     println!("{} {}", blob.named.digest, blob.bytes.len());
//! }
//! assert_eq!(
//!     component.target.to_string(),
//!     "registry.example/prod/component-descriptors/kyma-project.io/module/btp-operator:1.2.0"
//! );
//! # Ok(())
//! # }
//! ```

mod additional_files;
mod assemble;
mod build_component;
mod component;
mod component_config;
mod component_constructor;
pub mod ctf;
mod form;
mod image_resources;
mod installable;
mod kyma_cli_2;
mod modulectl_3;
mod release_meta;
mod template;
mod yaml_layout;

pub use additional_files::{
    AdditionalInputs, COMPONENT_CONFIG, COMPONENT_CONSTRUCTOR, DEFAULT_CR, RELEASE_META, ScannedBy,
};
pub use assemble::{
    Assembled, KYMA_CLI_2_TEMPLATE, ModuleInputs, NamedFile, assemble, check_names,
};
pub use build_component::build_component;
pub use component::{
    ComponentInputs, ComponentVersion, DescriptorStyle, GitSource, ImageResource, NamedBlob,
};
pub use component_config::{ExistingComponentConfig, component_config};
pub use form::{Refused, TEMPLATE_NAMESPACE};
pub use template::TemplateForm;

#[cfg(test)]
mod tests;
