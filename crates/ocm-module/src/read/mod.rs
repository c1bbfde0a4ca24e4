//! Reading a module image: which layer is what, whether the image is the expected one, and what is in it.
//!
//! From the bytes that a registry serves to the manifest that is installed:
//!
//! ```
//! use ocm_module::Diagnostic;
//! use ocm_module::descriptor::Descriptor;
//! use ocm_module::oci::ImageDocument;
//! use ocm_module::read::{ManifestSource, file_in_layer, select_content};
//! use ocm_module::values::Digest;
//!
//! /// `blob` fetches bytes by their digest.
//! fn raw_manifest(
//!     manifest: &[u8],
//!     blob: impl Fn(&Digest) -> Vec<u8>,
//! ) -> Result<Option<Vec<u8>>, Diagnostic> {
//!     let ImageDocument::Manifest(image) = ImageDocument::parse(manifest)? else {
//!         return Ok(None); // an index, which names manifests
//!     };
//!     let layer = image.descriptor_layer(&blob(&image.config.digest))?;
//!     let descriptor = Descriptor::from_layer(&layer.media_type, &blob(&layer.digest))?;
//!     match select_content(&descriptor, &image)?.manifest {
//!         ManifestSource::RawManifest(layer) => {
//!             file_in_layer(&layer, &blob(&layer.blob.digest)).map(Some)
//!         }
//!         _ => Ok(None), // a Helm chart, or layers that only their content tells apart
//!     }
//! }
//! # use ocm_module::build::{ComponentInputs, DescriptorStyle, GitSource, build_component};
//! # fn main() -> Result<(), Diagnostic> {
//! # let built = build_component(&ComponentInputs {
//! #     style: DescriptorStyle::Modulectl3,
//! #     component: "kyma-project.io/module/btp-operator",
//! #     version: &"1.2.0".parse()?,
//! #     registry: &"registry.example/prod".parse()?,
//! #     source: &GitSource {
//! #         repo_url: "https://github.com/kyma-project/btp-manager".into(),
//! #         commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse()?,
//! #         reference: None,
//! #     },
//! #     manifest: b"kind: CustomResourceDefinition\n",
//! #     default_cr: None, settings: None, template: None, images: &[], security: None, labels: &[],
//! # })?;
//! # let blob = |digest: &Digest| {
//! #     let found = built.blobs().find(|blob| blob.named.digest == *digest);
//! #     found.map(|blob| blob.bytes.clone()).unwrap_or_default()
//! # };
//! # let found = raw_manifest(&built.manifest.bytes, blob)?;
//! # assert_eq!(found.as_deref(), Some(&b"kind: CustomResourceDefinition\n"[..]));
//! # Ok(())
//! # }
//! ```

mod candidate;
mod consistency;
mod content;
mod installation;
mod summary;
mod verify;

pub use candidate::CandidateContent;
pub use consistency::template_mismatches;
pub use content::{
    Layer, ManifestSource, ModuleContent, ResolvedManifest, file_in_layer, holds_chart, layers,
    select_by_content, select_content,
};
pub use installation::{
    ImagePlace, Installation, installation, lookup_tag, manifest_layer, obstacles,
};
pub use summary::{ImageSummary, SourceSummary, Summary};
pub use verify::{ExpectedModule, digest_mismatches, verify};
