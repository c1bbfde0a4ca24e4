//! `component-config.yaml` with the images of a release.

use super::listed_images::ListedImages;
use crate::Diagnostic;
use crate::oci::ImageName;

/// The file that is there, with each image of `images` replaced by the one of the same repository; everything else stays, byte for
/// byte. `name` is the file's name, for diagnostics. Images that the release has none of the same repository for stay as they are,
/// as do those with a tag that moves, such as `latest`.
///
/// [`build::component_config`](crate::build::component_config) writes a new file.
///
/// # Errors
///
/// As of [`scanners_config`](super::scanners_config).
pub fn component_config(
    name: &str,
    existing: &[u8],
    images: &[ImageName],
) -> Result<Vec<u8>, Diagnostic> {
    let mut file = ListedImages::read(name, existing)?;
    file.replace("images", images)?;
    file.into_file("images", images)
}
