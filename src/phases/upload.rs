//! `upload`: uploads files to our draft; an asset that already has the same bytes is left unchanged.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{AssetName, Code, Diagnostic, MAX_ASSETS, pace};
use crate::plan::{Artifact, Artifacts, EVIDENCE, ReleasePlan};
use crate::protocol::{LocalFile, Reader, SeenAsset, SeenRelease, ServiceError};
use crate::protocol::{Phase, PhaseId, PhaseReport, ReleaseFacts, Step};
use crate::release::asset_sync::{TEMPORARY, room, sync_asset, temporary_name};
use crate::release::references::our_release;
use crate::release::view::{ReleaseCache, ReleaseView, Trust};

/// GitHub takes only smaller files
/// (<https://docs.github.com/en/repositories/releasing-projects-on-github/about-releases#storage-and-bandwidth-quotas>).
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// [`PhaseId::Upload`]. Assets without a given file are left unchanged.
pub struct Upload {
    plan: ReleasePlan,
    files: BTreeMap<AssetName, PathBuf>,
    cache: ReleaseCache,
}

/// The assets of the draft, and the files to upload.
struct UploadState {
    release: ReleaseView,
    /// `None` if it is not an existing regular file.
    files: BTreeMap<AssetName, Option<LocalFile>>,
}

impl Upload {
    pub fn new(plan: ReleasePlan, files: BTreeMap<AssetName, PathBuf>) -> Self {
        Self {
            plan,
            files,
            cache: ReleaseCache::new(Trust::DigestsOnly),
        }
    }

    async fn see(&mut self, reader: Reader<'_>) -> Result<UploadState, ServiceError> {
        let mut files = BTreeMap::new();
        for (name, path) in &self.files {
            files.insert(name.clone(), reader.files.file(path).await?);
        }
        let is_ours = |asset: &SeenAsset| {
            let name = asset.name.as_str();
            let mut ours = files.keys();
            ours.any(|ours| [ours.as_str(), &temporary_name(ours)].contains(&name))
        };
        let mut view = self.cache.view(reader, &self.plan.wanted.tag);
        view.known_release().await?;
        view.digests(is_ours).await?;
        Ok(UploadState {
            release: view.finish(),
            files,
        })
    }
}

#[async_trait]
impl Phase for Upload {
    fn id(&self) -> PhaseId {
        PhaseId::Upload
    }

    /// What GitHub's limits make of so many files, beside the usual time and a second for each of them.
    fn default_timeout(&self) -> Duration {
        let files = self.files.len();
        let paced = pace::time_for_uploads(files);
        self.id().default_timeout() + paced + Duration::from_secs(files as u64)
    }

    async fn step(&mut self, reader: Reader<'_>) -> Result<Step, ServiceError> {
        let seen = self.see(reader).await?;
        Ok(decide(&self.plan, &seen))
    }

    fn known(&self) -> ReleaseFacts {
        ReleaseFacts::of_plan(&self.plan)
    }
}

fn decide(plan: &ReleasePlan, seen: &UploadState) -> Step {
    let release = match our_release(plan, &seen.release.releases) {
        Ok((release, _)) => release,
        Err(finding) => return Step::Blocked(vec![finding]),
    };
    let mut findings = limits(plan, seen, release);
    let mut room = room(release, plan.wanted.asset_names());
    let mut actions = Vec::new();
    let mut artifacts = Artifacts::default();
    for (name, file) in seen
        .files
        .iter()
        .filter_map(|(name, file)| Some((name, file.as_ref()?)))
    {
        actions.extend(sync_asset(&seen.release, release, name, file, &mut room));
        let artifact = Artifact::Asset {
            digest: file.digest,
            size: file.size,
            waited: 0,
            ready_at: None,
        };
        artifacts.0.insert(name.to_string(), artifact);
    }
    if !release.draft && !actions.is_empty() {
        findings.push(Diagnostic::error(
            Code::AlreadyPublished,
            format!(
                "{} is published, and its assets differ from these files",
                plan.wanted.tag
            ),
            format!(
                "release another version, such as {}",
                plan.wanted.next_version()
            ),
        ));
    }
    if !findings.is_empty() {
        return Step::Blocked(findings);
    }
    if !actions.is_empty() {
        return Step::Act(actions);
    }
    let summary = format!(
        "{} has {} as wanted",
        plan.wanted.tag,
        count(seen.files.len(), "asset")
    );
    let facts = ReleaseFacts::of_plan(plan)
        .with_release(release)
        .with_artifacts(&artifacts);
    let report = PhaseReport::new(summary).knowing(facts);
    Step::Done(report.with("assets", artifacts.to_json()))
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Finds everything that GitHub would refuse half-way, before the first write.
fn limits(plan: &ReleasePlan, seen: &UploadState, release: &SeenRelease) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, file) in &seen.files {
        if !plan.wanted.assets.contains(name) {
            findings.push(Diagnostic::error(
                Code::AssetUnplanned,
                format!("{name} is not among the plan's assets"),
                format!(
                    "add {name} to the input `assets` of the phase `plan`, or do not upload it"
                ),
            ));
        }
        let why = match file {
            None => Some((
                Code::FileMissing,
                "does not exist, or is no regular file".to_owned(),
            )),
            Some(file) if file.size == 0 => Some((
                Code::FileEmpty,
                "is empty, which GitHub does not take".into(),
            )),
            Some(file) if file.size >= MAX_BYTES => Some((
                Code::FileTooLarge,
                format!(
                    "has {} bytes; GitHub takes less than {MAX_BYTES}",
                    file.size
                ),
            )),
            Some(_) => None,
        };
        if let Some((code, why)) = why {
            findings.push(Diagnostic::error(
                code,
                format!("the file for {name} {why}"),
                "look at the build that makes it, and at the path in the input `files`",
            ));
        }
    }
    findings.extend(too_many(plan, seen, release));
    findings
}

/// The assets that there will be: those of the plan and the evidence, which come later, and what the release has beside them.
fn too_many(plan: &ReleasePlan, seen: &UploadState, release: &SeenRelease) -> Option<Diagnostic> {
    let mut names = plan.wanted.asset_names();
    let there = release.assets.iter().map(|asset| asset.name.as_str());
    names.extend(there.filter(|name| !name.starts_with(TEMPORARY)));
    names.extend(seen.files.keys().map(AssetName::as_str));
    let total = names.len();
    (total > MAX_ASSETS).then(|| {
        Diagnostic::error(
            Code::AssetsTooMany,
            format!(
                "{} would have {total} assets with {EVIDENCE}; GitHub takes {MAX_ASSETS}",
                plan.wanted.tag
            ),
            "pack some of the files into an archive",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Digest;
    use crate::plan::tests::example;
    use crate::protocol::{AssetId, AssetState};
    use crate::release::examples::{asset, foreign_draft, our_draft, published};

    const NEW: &str = "btp-release-new.template.yaml";

    fn file(bytes: &[u8]) -> LocalFile {
        LocalFile {
            path: "template.yaml".into(),
            size: bytes.len() as u64,
            digest: Digest::of(bytes),
        }
    }

    fn unfinished(asset: SeenAsset) -> SeenAsset {
        SeenAsset {
            state: AssetState::Unfinished,
            digest: None,
            ..asset
        }
    }

    fn step(release: SeenRelease, files: Vec<(&str, Option<LocalFile>)>) -> Step {
        let files = files
            .into_iter()
            .map(|(name, file)| (name.parse().unwrap(), file))
            .collect();
        decide(
            &example(),
            &UploadState {
                release: ReleaseView {
                    releases: vec![release],
                    ..ReleaseView::default()
                },
                files,
            },
        )
    }

    fn actions(assets: Vec<SeenAsset>) -> Vec<String> {
        let release = SeenRelease {
            assets,
            ..our_draft(&example())
        };
        match step(release, vec![("template.yaml", Some(file(b"new")))]) {
            Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
            Step::Done(_) => vec![],
            other => panic!("{other:?}"),
        }
    }

    fn codes(release: SeenRelease, files: Vec<(&str, Option<LocalFile>)>) -> Vec<Code> {
        match step(release, files) {
            Step::Blocked(findings) => findings.iter().map(|f| f.code).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn asset_with_equal_bytes_is_not_uploaded_again() {
        assert_eq!(actions(vec![asset(1, "template.yaml", b"new")]), [""; 0]);
        assert_eq!(actions(vec![]), ["upload template.yaml (3 bytes)"]);
    }

    #[test]
    fn unfinished_upload_is_repeated() {
        let unfinished_asset = unfinished(asset(1, "template.yaml", b"new"));
        let repair = [
            "delete the asset template.yaml, whose upload was not finished",
            "upload template.yaml (3 bytes)",
        ];
        assert_eq!(actions(vec![unfinished_asset]), repair);
    }

    #[test]
    fn replacement_is_uploaded_before_the_old_asset_is_deleted() {
        let old = asset(1, "template.yaml", b"old");
        assert_eq!(
            actions(vec![old.clone()]),
            [format!("upload {NEW} (3 bytes)")]
        );
        let swap = [
            "delete the asset template.yaml, whose replacement has arrived".to_owned(),
            format!("rename the asset {NEW} to template.yaml"),
        ];
        assert_eq!(actions(vec![old.clone(), asset(2, NEW, b"new")]), swap);
        assert_eq!(actions(vec![asset(2, NEW, b"new")]), swap[1..]);
        let unfinished_asset = [format!(
            "delete the asset {NEW}, whose upload was not finished"
        )];
        assert_eq!(
            actions(vec![old, unfinished(asset(2, NEW, b"new"))]),
            unfinished_asset
        );
        let both = vec![asset(1, "template.yaml", b"new"), asset(2, NEW, b"new")];
        assert_eq!(
            actions(both),
            [format!(
                "delete the asset {NEW}, left over from a replacement"
            )]
        );
    }

    #[test]
    fn digest_found_by_downloading_counts() {
        let without_digest = SeenAsset {
            digest: None,
            ..asset(1, "template.yaml", b"new")
        };
        let release = SeenRelease {
            assets: vec![without_digest],
            ..our_draft(&example())
        };
        let seen = UploadState {
            release: ReleaseView {
                releases: vec![release],
                hashed: [(AssetId(1), Digest::of(b"new"))].into(),
                ..ReleaseView::default()
            },
            files: [("template.yaml".parse().unwrap(), Some(file(b"new")))].into(),
        };
        assert!(matches!(decide(&example(), &seen), Step::Done(_)));
    }

    #[test]
    fn limits_are_found_before_the_first_write() {
        let draft = || our_draft(&example());
        let large = Some(LocalFile {
            size: MAX_BYTES,
            ..file(b"x")
        });
        assert_eq!(
            codes(draft(), vec![("template.yaml", None)]),
            [Code::FileMissing]
        );
        assert_eq!(
            codes(draft(), vec![("template.yaml", Some(file(b"")))]),
            [Code::FileEmpty]
        );
        assert_eq!(
            codes(
                draft(),
                vec![("rendered.yaml", large), ("x.yaml", Some(file(b"x")))]
            ),
            [Code::FileTooLarge, Code::AssetUnplanned]
        );
        let full = (0..1000)
            .map(|n| asset(n, &format!("a{n}"), b"x"))
            .collect();
        let full = SeenRelease {
            assets: full,
            ..draft()
        };
        assert_eq!(
            codes(full, vec![("template.yaml", Some(file(b"x")))]),
            [Code::AssetsTooMany]
        );
    }

    #[test]
    fn the_evidence_and_planned_assets_need_room() {
        let full = |others: u64, files: &[&str]| {
            let others = (0..others).map(|n| asset(n, &format!("a{n}"), b"x"));
            let release = SeenRelease {
                assets: others.collect(),
                ..our_draft(&example())
            };
            let files = files.iter().map(|name| (*name, Some(file(b"x"))));
            step(release, files.collect())
        };
        // The plan's own assets count, uploaded or not, and the evidence.
        let planned = example().wanted.assets.len() as u64;
        let files = ["template.yaml"];
        assert!(matches!(full(999 - planned, &files), Step::Act(_)));
        let Step::Blocked(found) = full(1_000 - planned, &files) else {
            panic!("not refused")
        };
        assert_eq!(found[0].code, Code::AssetsTooMany);
        assert!(
            found[0]
                .seen
                .contains("1001 assets with release-evidence.json")
        );
    }

    #[test]
    fn replacement_in_a_full_release_deletes_the_old_asset_first() {
        let planned = example().wanted.assets;
        let others = (0..999 - planned.len() as u64).map(|n| asset(n + 10, &format!("a{n}"), b"x"));
        let full: Vec<_> = others.chain([asset(1, "template.yaml", b"old")]).collect();
        let swap = [
            "delete the asset template.yaml, to make room for its replacement",
            "upload template.yaml (3 bytes)",
        ];
        assert_eq!(actions(full.clone()), swap);
        let less = full[1..].to_vec();
        assert_eq!(actions(less), [format!("upload {NEW} (3 bytes)")]);
    }

    #[test]
    fn time_limit_follows_the_number_of_files() {
        let minutes = |files: usize| {
            let name = |n| (format!("a{n}").parse().unwrap(), PathBuf::new());
            let files = (0..files).map(name).collect();
            Upload::new(example(), files).default_timeout().as_secs() / 60
        };
        assert_eq!((minutes(3), minutes(60), minutes(999)), (5, 6, 142));
    }

    #[test]
    fn foreign_and_published_releases_are_not_changed() {
        let files = || vec![("template.yaml", Some(file(b"new")))];
        assert_eq!(
            codes(foreign_draft(&example()), files()),
            [Code::DraftForeign]
        );
        assert_eq!(
            codes(published(our_draft(&example())), files()),
            [Code::AlreadyPublished]
        );
        let equal = SeenRelease {
            assets: vec![asset(1, "template.yaml", b"new")],
            ..published(our_draft(&example()))
        };
        assert!(matches!(step(equal, files()), Step::Done(_)));
    }
}
