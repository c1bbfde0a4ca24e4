//! `upload`: brings files into our draft, by content: what is there already is left alone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;

use super::shared::our_release;
use super::{Action, Evidence, Finding, Phase, PhaseId, Step};
use crate::domain::{AssetName, Digest};
use crate::plan::{Artifact, Artifacts, ReleasePlan};
use crate::ports::{AssetId, AssetState, LocalFile, Look, PortError, SeenAsset, SeenRelease};

/// GitHub's limits for release assets
/// (<https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases#storage-and-bandwidth-quotas>).
const MAX_ASSETS: usize = 1_000;
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

pub struct Upload {
    plan: ReleasePlan,
    files: BTreeMap<AssetName, PathBuf>,
}

struct Seen {
    releases: Vec<SeenRelease>,
    files: BTreeMap<AssetName, Option<LocalFile>>,
    /// Digests that GitHub does not tell, found by downloading.
    hashed: BTreeMap<AssetId, Digest>,
}

impl Upload {
    pub fn new(plan: ReleasePlan, files: BTreeMap<AssetName, PathBuf>) -> Self {
        Self { plan, files }
    }

    async fn see(&self, look: Look<'_>) -> Result<Seen, PortError> {
        let mut files = BTreeMap::new();
        for (name, path) in &self.files {
            files.insert(name.clone(), look.files.file(path).await?);
        }
        let releases = look.github.releases(&self.plan.tag).await?;
        let mut hashed = BTreeMap::new();
        for asset in releases.iter().flat_map(|release| &release.assets) {
            let ours = files
                .keys()
                .any(|name| [name.as_str(), &beside(name)].contains(&asset.name.as_str()));
            if ours && asset.digest.is_none() && asset.state == AssetState::Uploaded {
                hashed.insert(asset.id, look.github.hash_asset(asset.id).await?);
            }
        }
        Ok(Seen {
            releases,
            files,
            hashed,
        })
    }
}

#[async_trait]
impl Phase for Upload {
    fn id(&self) -> PhaseId {
        PhaseId::Upload
    }

    async fn step(&mut self, look: Look<'_>) -> Result<Step, PortError> {
        Ok(decide(&self.plan, &self.see(look).await?))
    }
}

fn decide(plan: &ReleasePlan, seen: &Seen) -> Step {
    let release = match our_release(plan, &seen.releases) {
        Ok((release, _)) => release,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    let mut findings = limits(plan, seen, release);
    let mut actions = Vec::new();
    let mut artifacts = Artifacts::default();
    for (name, file) in seen
        .files
        .iter()
        .filter_map(|(name, file)| Some((name, file.as_ref()?)))
    {
        actions.extend(sync(seen, release, name, file));
        let artifact = Artifact::Asset {
            digest: file.digest,
            size: file.size,
        };
        artifacts.0.insert(name.to_string(), artifact);
    }
    if !release.draft && !actions.is_empty() {
        findings.push(Finding::new(
            "already-published",
            format!(
                "{} is published, and its assets differ from these files",
                plan.tag
            ),
            format!(
                "release another version, such as {}",
                plan.version.next_patch()
            ),
        ));
    }
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    if !actions.is_empty() {
        return Step::Act(actions);
    }
    let so = format!(
        "{} has {} as wanted",
        plan.tag,
        count(seen.files.len(), "asset")
    );
    Step::Done(Evidence::new(so).with("assets", artifacts.to_json()))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Everything that GitHub would refuse half-way, found before the first write.
fn limits(plan: &ReleasePlan, seen: &Seen, release: &SeenRelease) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, file) in &seen.files {
        if !plan.assets.contains(name) {
            findings.push(Finding::new(
                "asset-unplanned",
                format!("{name} is not among the plan's assets"),
                format!(
                    "add {name} to the input `assets` of the phase `plan`, or do not upload it"
                ),
            ));
        }
        let why = match file {
            None => Some((
                "file-missing",
                "is not there, or is no regular file".to_owned(),
            )),
            Some(file) if file.size == 0 => {
                Some(("file-empty", "is empty, which GitHub does not take".into()))
            }
            Some(file) if file.size >= MAX_BYTES => Some((
                "file-too-large",
                format!(
                    "has {} bytes; GitHub takes less than {MAX_BYTES}",
                    file.size
                ),
            )),
            Some(_) => None,
        };
        if let Some((code, why)) = why {
            findings.push(Finding::new(
                code,
                format!("the file for {name} {why}"),
                "look at the build that makes it, and at the path in the input `files`",
            ));
        }
    }
    let others = release
        .assets
        .iter()
        .filter(|a| !seen.files.keys().any(|name| name.as_str() == a.name));
    let total = others.count() + seen.files.len();
    if total > MAX_ASSETS {
        findings.push(Finding::new(
            "assets-too-many",
            format!(
                "{} would have {total} assets; GitHub takes {MAX_ASSETS}",
                plan.tag
            ),
            "pack some of the files into an archive",
        ));
    }
    findings
}

/// Under this name an asset's new bytes wait until they have arrived in full.
fn beside(name: &AssetName) -> String {
    format!("btp-release-new.{name}")
}

/// What one file still needs. There is never a moment without a good copy: new bytes arrive beside the old ones, and
/// take their name only when they are complete.
fn sync(seen: &Seen, release: &SeenRelease, name: &AssetName, file: &LocalFile) -> Vec<Action> {
    let find = |name: &str| release.assets.iter().find(|asset| asset.name == name);
    let is_good = |asset: &SeenAsset| {
        let digest = asset.digest.or_else(|| seen.hashed.get(&asset.id).copied());
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
