//! The asset of a release that is continued, with the whole of its notes.

use crate::plan::{FULL_NOTES, FullNotes};
use crate::protocol::{AssetState, Reader, SeenAsset, ServiceError};
use crate::release::rights::ReleaseProgress;
use crate::release::view::ReleaseView;

/// What exists of it. The notes are not composed anew: a run that is repeated has the same text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum AttachedNotes {
    /// The release begins, or is a draft without this asset.
    #[default]
    ToBeMade,
    /// A published release has no such asset, and gets none.
    Never,
    There(String),
}

impl AttachedNotes {
    /// Reads the asset of a release that does not begin.
    pub(super) async fn see(
        reader: Reader<'_>,
        release: &ReleaseView,
        progress: ReleaseProgress,
    ) -> Result<Self, ServiceError> {
        if progress.begins {
            return Ok(Self::ToBeMade);
        }
        let is_whole = |asset: &&SeenAsset| {
            asset.name == FULL_NOTES
                && asset.state == AssetState::Uploaded
                && asset.size <= FullNotes::MAX_SIZE
        };
        let asset = release.assets().find(is_whole);
        match asset {
            Some(asset) => {
                let bytes = reader.github.read_asset(asset, FullNotes::MAX_SIZE).await?;
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Ok(Self::There(text))
            }
            None if release.is_published() => Ok(Self::Never),
            None => Ok(Self::ToBeMade),
        }
    }
}
