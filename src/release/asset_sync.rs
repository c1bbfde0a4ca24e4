//! Bringing one file into a release, by content.

use std::collections::BTreeMap;

use crate::domain::{AssetName, Digest};
use crate::protocol::Action;
use crate::protocol::{AssetId, AssetState, LocalFile, SeenAsset, SeenRelease};

/// Under this name an asset's new bytes wait until they have arrived in full.
pub(crate) fn beside(name: &AssetName) -> String {
    format!("btp-release-new.{name}")
}

/// What one file still needs. ExistingRelease is never a moment without a good copy: new bytes arrive beside the old ones, and
/// take their name only when they are complete.
///
/// `hashed` are digests that GitHub does not tell, found by downloading.
pub(crate) fn sync(
    release: &SeenRelease,
    hashed: &BTreeMap<AssetId, Digest>,
    name: &AssetName,
    file: &LocalFile,
) -> Vec<Action> {
    let find = |name: &str| release.assets.iter().find(|asset| asset.name == name);
    let is_good = |asset: &SeenAsset| {
        let digest = asset.digest.or_else(|| hashed.get(&asset.id).copied());
        asset.state == AssetState::Uploaded && digest == Some(file.digest)
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
    let (there, new) = (find(name.as_str()), find(&beside(name)));
    match (there, new) {
        (Some(there), None) if is_good(there) => vec![],
        (Some(there), Some(new)) if is_good(there) => {
            vec![delete(new, "left over from a replacement")]
        }
        (there, Some(new)) if is_good(new) => {
            let old = there.map(|old| delete(old, "whose replacement has arrived"));
            let rename = Action::RenameAsset {
                asset: new.id,
                from: new.name.clone(),
                to: name.clone(),
            };
            old.into_iter().chain([rename]).collect()
        }
        (_, Some(new)) => vec![delete(new, "whose upload was not finished")],
        (None, None) => vec![upload(name.clone())],
        (Some(there), None) if there.state == AssetState::Unfinished => {
            vec![
                delete(there, "whose upload was not finished"),
                upload(name.clone()),
            ]
        }
        (Some(_), None) => beside(name).parse().map(upload).into_iter().collect(),
    }
}
