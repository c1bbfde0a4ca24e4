//! The remaining actions until a release has a file: none, if it already has the same bytes.

use std::collections::BTreeSet;

use super::view::ReleaseView;
use crate::domain::{AssetName, MAX_ASSETS};
use crate::protocol::{Action, AssetState, LocalFile, SeenAsset, SeenRelease};

/// What the temporary names of assets begin with.
pub(crate) const TEMPORARY: &str = "btp-release-new.";

/// The name of an asset's new bytes until they have been uploaded in full.
pub(crate) fn temporary_name(name: &AssetName) -> String {
    format!("{TEMPORARY}{name}")
}

/// How many assets a release may get beside those that it has and those of these names.
pub(crate) fn room<'n>(
    release: &'n SeenRelease,
    names: impl IntoIterator<Item = &'n str>,
) -> usize {
    let there = release.assets.iter().map(|asset| asset.name.as_str());
    let all: BTreeSet<_> = there.chain(names).collect();
    MAX_ASSETS.saturating_sub(all.len())
}

/// What one file still needs. The release has a complete copy at every moment: new bytes are uploaded under a temporary name,
/// and replace the old ones only when they are complete. Where GitHub would refuse one more asset, the old ones go first. `room`
/// is how many more there may be, and is counted down.
pub(crate) fn sync_asset(
    view: &ReleaseView,
    release: &SeenRelease,
    name: &AssetName,
    file: &LocalFile,
    room: &mut usize,
) -> Vec<Action> {
    let find = |name: &str| release.assets.iter().find(|asset| asset.name == name);
    let is_complete = |asset: &SeenAsset| {
        asset.state == AssetState::Uploaded && view.digest(asset) == Some(file.digest)
    };
    let delete = |asset: &SeenAsset, why| Action::DeleteAsset {
        asset: asset.id,
        name: asset.name.clone(),
        why,
    };
    let upload = |name: AssetName| Action::UploadAsset {
        release: release.id,
        name,
        file: file.clone(),
    };
    let (current, new) = (find(name.as_str()), find(&temporary_name(name)));
    match (current, new) {
        (Some(current), None) if is_complete(current) => vec![],
        (Some(current), Some(new)) if is_complete(current) => {
            vec![delete(new, "left over from a replacement")]
        }
        (current, Some(new)) if is_complete(new) => {
            let old = current.map(|old| delete(old, "whose replacement has arrived"));
            let rename = Action::RenameAsset {
                asset: new.id,
                from: new.name.clone(),
                to: name.clone(),
            };
            old.into_iter().chain([rename]).collect()
        }
        (_, Some(new)) => vec![delete(new, "whose upload was not finished")],
        (None, None) => vec![upload(name.clone())],
        (Some(current), None) if current.state == AssetState::Unfinished => {
            vec![
                delete(current, "whose upload was not finished"),
                upload(name.clone()),
            ]
        }
        (Some(current), None) if *room == 0 => {
            vec![
                delete(current, "to make room for its replacement"),
                upload(name.clone()),
            ]
        }
        (Some(_), None) => {
            *room -= 1;
            temporary_name(name)
                .parse()
                .map(upload)
                .into_iter()
                .collect()
        }
    }
}
