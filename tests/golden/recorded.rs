//! The recording of a version, and the release restored from it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use btp_release::domain::Digest;
use btp_release::plan::Mark;
use serde::Deserialize;
use stand_ins::github::{Commit, GitRepository, StoredStatus};

use super::support::scene::{ASSETS, REPOSITORY, Scene, TAG};
use super::{HOST, NEWER, newer, record};

pub(crate) const EVIDENCE: &str = "release-evidence.json";

#[derive(Clone)]
pub(crate) struct Golden {
    folder: PathBuf,
    /// Files with another content than the recorded one.
    altered: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct ImageRepository {
    blobs: Vec<String>,
    /// Digest → media type.
    manifests: BTreeMap<String, String>,
    /// Tag → digest.
    tags: BTreeMap<String, String>,
}

fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The versions that have a recording.
pub(crate) fn versions() -> Vec<String> {
    let entries = std::fs::read_dir(recordings()).unwrap();
    let folders = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir());
    folders
        .map(|folder| folder.file_name().into_string().unwrap())
        .collect()
}

impl Golden {
    pub(crate) fn all() -> Vec<Self> {
        versions().iter().map(|version| Self::of(version)).collect()
    }

    pub(crate) fn of(version: &str) -> Self {
        Self {
            folder: recordings().join(version),
            altered: BTreeMap::new(),
        }
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        match self.altered.get(name) {
            Some(text) => text.clone().into_bytes(),
            None => std::fs::read(self.folder.join(name)).unwrap(),
        }
    }

    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// Context and description of the status.
    pub(crate) fn verdict(&self) -> (String, String) {
        let text = self.text("verdict.txt");
        let (context, description) = text.trim_end().split_once('\n').unwrap();
        (context.to_owned(), description.to_owned())
    }

    /// The release with a file altered, and every digest of that file updated.
    pub(crate) fn altered(&self, name: &str, change: impl FnOnce(String) -> String) -> Self {
        let (before, after) = (self.text(name), change(self.text(name)));
        assert_ne!(after, before, "nothing was altered in {name}");
        let digests = [&before, &after].map(|text| Digest::of(text.as_bytes()).to_string());
        let mut altered = self.clone();
        for body in ["body.md", "draft-body.md"] {
            let text = altered.text(body).replace(&digests[0], &digests[1]);
            altered.altered.insert(body.to_owned(), text);
        }
        altered.altered.insert(name.to_owned(), after);
        altered
    }

    /// The recording with further fields in all of its objects, as a newer version might write it.
    pub(crate) fn newer(&self) -> Self {
        let more = |text: String| text.replace("\"waited\":0", &format!("\"waited\":0,{NEWER}"));
        let newer = self.altered("plan.json", |plan| newer(&plan));
        let newer = newer.altered("artifacts.json", more);
        let mut newer = newer.altered(EVIDENCE, |text| newer.newer_evidence(&text));
        for body in ["body.md", "draft-body.md"] {
            let text = newer
                .text(body)
                .replace("]} -->", &format!("],{NEWER}}} -->"));
            assert_eq!(Mark::find(&text).unwrap().put(&text), text);
            newer.altered.insert(body.to_owned(), text);
        }
        newer
    }

    /// Further fields in every object of the evidence; the plan and the artifacts are those of this release.
    pub(crate) fn newer_evidence(&self, evidence: &str) -> String {
        let (before, rest) = evidence.split_once("\"plan\": ").unwrap();
        let (_, after) = rest.split_once("\"jobs\": ").unwrap();
        let [before, after] = [before, after].map(|part| {
            ["\"_type\"", "\"name\"", "\"request\""]
                .iter()
                .fold(part.to_owned(), |part, field| {
                    part.replace(field, &format!("{NEWER}, {field}"))
                })
        });
        let (plan, artifacts) = (self.text("plan.json"), self.text("artifacts.json"));
        format!(
            "{before}{NEWER}, \"plan\": {plan}, \"artifacts\": {artifacts},\n    \"jobs\": {after}"
        )
    }

    fn push_images(&self, scene: &Scene) {
        let images: BTreeMap<String, ImageRepository> =
            serde_json::from_str(&self.text("images.json")).unwrap();
        let store = &mut scene.registry.store();
        let bytes = |digest: &str| self.bytes(&digest.replace("sha256:", "images/"));
        for (name, images) in images {
            for digest in &images.blobs {
                assert_eq!(store.put_blob(&name, &bytes(digest)).unwrap(), *digest);
            }
            let by_digest = images.manifests.keys().map(|digest| (digest, digest));
            for (reference, digest) in by_digest.chain(&images.tags) {
                let kind = &images.manifests[digest];
                let put = store.put_manifest(&name, reference, kind, &bytes(digest));
                assert_eq!(put.unwrap(), *digest);
            }
        }
    }

    /// Restores the draft with its tag and its verdict, at the head of the guarded branch, and returns its id.
    fn draft(&self, repository: &mut GitRepository) -> u64 {
        let mark = Mark::find(&self.text("draft-body.md")).unwrap();
        let (commit, (context, description)) = (mark.commit.to_string(), self.verdict());
        let head = repository.tip();
        let parents = vec![head.clone()];
        if commit != head {
            let made = Commit {
                parents,
                ..Commit::default()
            };
            repository.commits.insert(commit.clone(), made);
        }
        for name in ["refs/heads/main".to_owned(), format!("refs/tags/{TAG}")] {
            repository.refs.insert(name, commit.clone());
        }
        repository.statuses.push(StoredStatus {
            id: 1,
            sha: commit.clone(),
            context,
            state: "success".into(),
            description: Some(description),
            ..StoredStatus::default()
        });
        repository.check("lint", "success");
        let id = repository.draft(TAG);
        let draft = repository.releases.get_mut(&id).unwrap();
        draft.body = Some(self.text("draft-body.md"));
        draft.target_commitish = commit;
        id
    }

    /// Restores the release as it was before publication.
    pub(crate) async fn tested(&self) -> Scene {
        let scene = record::scene().await;
        let draft = scene.repository(|repository| self.draft(repository));
        for asset in ASSETS.lines() {
            let bytes = self.bytes(&format!("assets/{asset}"));
            let mut world = scene.github.world();
            world.attach(REPOSITORY, draft, asset, &bytes).unwrap();
        }
        self.push_images(&scene);
        assert!(self.text("plan.json").contains(HOST));
        scene
    }

    /// Restores the published release.
    pub(crate) async fn published(&self) -> Scene {
        let scene = self.tested().await;
        let id = scene.repository(|repository| repository.releases_of(TAG)[0].id);
        let evidence = self.bytes(EVIDENCE);
        scene
            .github
            .world()
            .attach(REPOSITORY, id, EVIDENCE, &evidence)
            .unwrap();
        scene.repository(|repository| {
            let release = repository.releases.get_mut(&id).unwrap();
            release.body = Some(self.text("body.md"));
            release.draft = false;
            release.published_at = Some(1);
        });
        scene
    }
}

/// The evidence without these lists of its predicate.
pub(crate) fn without(evidence: &str, lists: &[&str]) -> String {
    lists.iter().fold(evidence.to_owned(), |evidence, list| {
        let (before, rest) = evidence
            .split_once(&format!(",\n    \"{list}\": ["))
            .unwrap();
        let (_, after) = rest.split_once("\n    ]").unwrap();
        format!("{before}{after}")
    })
}
