//! `download-asset`: an asset of a published release, such as the manifest that an upgrade starts from.

use std::path::PathBuf;

use bytes::Bytes;

use crate::domain::{AssetName, Code, Diagnostic, Digest, RepoSlug, Tag};
use crate::protocol::{AssetState, GitHubReader, SeenAsset, SeenRelease};
use crate::report::Failure;

/// The largest asset that can be downloaded, in bytes: it is held in memory.
pub const LARGEST: u64 = 64 << 20;

/// What `download-asset` was asked for.
pub struct DownloadAsset {
    pub repository: RepoSlug,
    pub tag: Tag,
    pub asset: AssetName,
    /// The file to write.
    pub output: PathBuf,
}

/// An asset whose bytes were compared with GitHub's digest or size.
#[derive(Debug)]
pub struct DownloadedAsset {
    pub bytes: Bytes,
    pub digest: Digest,
}

impl DownloadAsset {
    /// Downloads the asset, and compares it with its digest or size on GitHub. `title` names the command in a failure.
    ///
    /// # Errors
    ///
    /// The release or asset does not exist, GitHub does not answer, or the bytes differ from GitHub's digest or size.
    pub async fn download(
        &self,
        github: &dyn GitHubReader,
        title: &'static str,
    ) -> Result<DownloadedAsset, Failure> {
        let of_port = |error| Failure::of_service(title, &error, "run it again");
        let releases = github.releases(&self.tag).await.map_err(of_port)?;
        let asset = self
            .find(&releases)
            .map_err(|finding| Failure::refused(title, vec![finding]))?;
        let read = github.read_asset(asset, LARGEST).await;
        let bytes = read.map_err(of_port)?;
        let digest = self
            .check(asset, &bytes)
            .map_err(|finding| Failure::refused(title, vec![finding]))?;
        Ok(DownloadedAsset { bytes, digest })
    }

    /// The asset of the release that people see; a draft of the same tag does not count.
    fn find<'a>(&self, releases: &'a [SeenRelease]) -> Result<&'a SeenAsset, Diagnostic> {
        let Self {
            repository,
            tag,
            asset,
            ..
        } = self;
        let published = releases.iter().find(|release| !release.draft);
        let Some(release) = published else {
            let seen = format!("{repository} has no published release {tag}");
            let help = "name the tag of a release that is published; for an upgrade test, see `previous-tag` and `upgrade-test`";
            return Err(Diagnostic::error(Code::ReleaseMissing, seen, help));
        };
        let named =
            |seen: &&SeenAsset| seen.name == asset.as_str() && seen.state == AssetState::Uploaded;
        release.assets.iter().find(named).ok_or_else(|| {
            let assets: Vec<&str> = release.assets.iter().map(|a| a.name.as_str()).collect();
            let seen = format!(
                "the release {tag} has no {asset}: its assets are {}",
                assets.join(", ")
            );
            let help = format!(
                "look at {}; where there is nothing to upgrade from, set upgrade-test: false",
                release.url
            );
            Diagnostic::error(Code::AssetMissing, seen, help)
        })
    }

    /// By digest, or by size where GitHub has no digest, as for assets that are older than its digests.
    fn check(&self, asset: &SeenAsset, bytes: &[u8]) -> Result<Digest, Diagnostic> {
        let digest = Digest::of(bytes);
        let wanted = match asset.digest {
            Some(wanted) if wanted != digest => wanted.to_string(),
            None if asset.size != bytes.len() as u64 => format!("{} bytes", asset.size),
            _ => return Ok(digest),
        };
        let Self { tag, asset, .. } = self;
        let seen = format!(
            "{asset} of {tag} was downloaded as {} bytes with {digest}",
            bytes.len()
        );
        let help =
            "nothing of it was used: run it again, or look what is between this machine and GitHub";
        Err(Diagnostic::error(Code::ContentBroken, seen, help).wanted(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{AssetId, ReleaseId};

    fn wanted() -> DownloadAsset {
        DownloadAsset {
            repository: "octo/module".parse().unwrap(),
            tag: "v1.1.0".parse().unwrap(),
            asset: "rendered.yaml".parse().unwrap(),
            output: "previous.yaml".into(),
        }
    }

    fn asset(name: &str, state: AssetState) -> SeenAsset {
        SeenAsset {
            id: AssetId(7),
            name: name.into(),
            state,
            size: 3,
            digest: None,
            download_url: String::new(),
        }
    }

    fn release(draft: bool, assets: Vec<SeenAsset>) -> SeenRelease {
        SeenRelease {
            id: ReleaseId(1),
            tag: "v1.1.0".into(),
            name: "v1.1.0".into(),
            body: String::new(),
            target: String::new(),
            draft,
            prerelease: false,
            immutable: false,
            url: "https://github.example/releases/v1.1.0".into(),
            created_at: String::new(),
            assets,
        }
    }

    #[test]
    fn the_asset_is_one_of_the_published_release() {
        let (uploaded, unfinished) = (AssetState::Uploaded, AssetState::Unfinished);
        let there = || asset("rendered.yaml", uploaded);
        let table = [
            (
                vec![release(false, vec![asset("a", uploaded), there()])],
                None,
            ),
            (
                vec![release(true, vec![]), release(false, vec![there()])],
                None,
            ),
            (vec![], Some(Code::ReleaseMissing)),
            (
                vec![release(true, vec![there()])],
                Some(Code::ReleaseMissing),
            ),
            (vec![release(false, vec![])], Some(Code::AssetMissing)),
            (
                vec![release(false, vec![asset("rendered.yaml.sig", uploaded)])],
                Some(Code::AssetMissing),
            ),
            (
                vec![release(false, vec![asset("rendered.yaml", unfinished)])],
                Some(Code::AssetMissing),
            ),
        ];
        for (releases, code) in table {
            let found = wanted().find(&releases).map(|found| found.name.clone());
            match code {
                None => assert_eq!(found.unwrap(), "rendered.yaml"),
                Some(code) => assert_eq!(found.unwrap_err().code, code, "{releases:?}"),
            }
        }
    }

    #[test]
    fn bytes_are_compared_with_the_digest_or_else_with_the_size() {
        let (abc, other) = (Digest::of(b"abc"), Digest::of(b"abd"));
        let table: [(Option<Digest>, u64, bool); 5] = [
            (Some(abc), 3, true),
            (Some(other), 3, false),
            (Some(abc), 4, true),
            (None, 3, true),
            (None, 4, false),
        ];
        for (digest, size, fine) in table {
            let seen = SeenAsset {
                size,
                digest,
                ..asset("rendered.yaml", AssetState::Uploaded)
            };
            match wanted().check(&seen, b"abc") {
                Ok(digest) => assert!(fine && digest == abc, "{seen:?}"),
                Err(error) => assert!(!fine && error.code == Code::ContentBroken, "{seen:?}"),
            }
        }
    }
}
