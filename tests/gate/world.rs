//! Functions that alter single facts of a release.

use btp_release::domain::Digest;
use btp_release::plan::{Mark, ReleasePlan, Verdict};
use stand_ins::github::{
    CheckRun, Commit, GitRepository, StoredAsset, StoredRelease, StoredStatus,
};
use stand_ins::registry::Store;

use super::images::{self, Image, Pushed, index, manifest_of, point};
use super::release::{BINARY, LEGS, PublishJob, module_repository};
use super::support::scene::{REPOSITORY, Scene, TAG};

/// A commit other than the release's.
pub(crate) fn other(repository: &GitRepository) -> String {
    repository.refs["refs/heads/other"].clone()
}

fn draft_id(repository: &GitRepository) -> u64 {
    let mut ours = repository.releases.values();
    ours.find(|release| release.tag_name == TAG).unwrap().id
}

pub(crate) fn draft(scene: &Scene, alter: impl FnOnce(&mut StoredRelease)) {
    scene.repository(|repository| {
        let id = draft_id(repository);
        alter(repository.releases.get_mut(&id).unwrap());
    });
}

/// Another release of the same tag, as a person creates one on GitHub's web page.
pub(crate) fn second(scene: &Scene, draft: bool) {
    scene.repository(|repository| {
        let id = repository.draft(TAG);
        repository.releases.get_mut(&id).unwrap().draft = draft;
    });
}

pub(crate) fn mark(scene: &Scene, alter: impl FnOnce(&mut Mark)) {
    draft(scene, |release| {
        let body = release.body.as_deref().unwrap();
        let mut mark = Mark::find(body).unwrap();
        alter(&mut mark);
        release.body = Some(mark.put(body));
    });
}

pub(crate) fn tag(scene: &Scene, to: Option<fn(&GitRepository) -> String>) {
    scene.repository(|repository| {
        let name = format!("refs/tags/{TAG}");
        match to.map(|to| to(repository)) {
            Some(to) => repository.refs.insert(name, to),
            None => repository.refs.remove(&name),
        };
    });
}

/// Two parents, as after *Create a merge commit*.
pub(crate) fn merge_commit(scene: &Scene) {
    scene.repository(|repository| {
        let merge = Commit {
            parents: vec![repository.tip(), other(repository)],
            message: "Merge pull request #7 from ada/other".into(),
            ..Commit::default()
        };
        let sha = "7".repeat(40);
        repository.commits.insert(sha.clone(), merge);
        repository.refs.insert("refs/heads/main".into(), sha);
    });
}

pub(crate) fn asset(scene: &Scene, name: &str, alter: impl FnOnce(&mut StoredAsset)) {
    draft(scene, |release| {
        let mut assets = release.assets.iter_mut();
        alter(assets.find(|asset| asset.name == name).unwrap());
    });
}

/// An upload by another user.
pub(crate) fn attach(scene: &Scene, name: &str, bytes: &[u8]) {
    let mut world = scene.github.world();
    let id = draft_id(world.repository(REPOSITORY));
    world.attach(REPOSITORY, id, name, bytes).unwrap();
}

pub(crate) fn remove(scene: &Scene, name: &str) {
    draft(scene, |release| {
        release.assets.retain(|asset| asset.name != name);
    });
}

/// Deleted and uploaded again: another id, another digest.
pub(crate) fn upload_again(scene: &Scene, name: &str, alter: impl FnOnce(String) -> String) {
    let bytes = bytes(scene, name);
    remove(scene, name);
    let text = alter(String::from_utf8(bytes).unwrap());
    attach(scene, name, text.as_bytes());
}

/// Other bytes under the same id and name.
pub(crate) fn swap(scene: &Scene, name: &str, alter: impl FnOnce(String) -> String) {
    let id = std::cell::Cell::new(0);
    asset(scene, name, |asset| id.set(asset.id));
    upload_again(scene, name, alter);
    asset(scene, name, |asset| asset.id = id.get());
}

/// Of equal size.
pub(crate) fn other_bytes(text: String) -> String {
    let mut bytes = text.into_bytes();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    String::from_utf8(bytes).unwrap()
}

pub(crate) fn bytes(scene: &Scene, name: &str) -> Vec<u8> {
    let found = std::cell::RefCell::new(None);
    asset(scene, name, |asset| {
        found.replace(Some(asset.clone()));
    });
    scene.github.world().bytes(&found.take().unwrap()).unwrap()
}

/// An asset that was already of another build when it was awaited and tested.
pub(crate) fn tested_asset(
    scene: &Scene,
    job: &mut PublishJob,
    name: &str,
    alter: impl FnOnce(String) -> String,
) {
    swap(scene, name, alter);
    let now = Digest::of(&bytes(scene, name)).to_string();
    job.tested(scene, name, &now);
}

/// A plan with the fields that are needed to make images.
pub(crate) fn plan(scene: &Scene) -> ReleasePlan {
    let mark = std::cell::RefCell::new(None);
    draft(scene, |release| {
        mark.replace(Mark::find(release.body.as_deref().unwrap()));
    });
    let commit = mark.take().unwrap().commit;
    let json = serde_json::json!({
        "schema": "btp-release-plan/1", "repository": REPOSITORY, "version": TAG.trim_start_matches('v'), "tag": TAG,
        "tag_format": "v{version}", "commit": commit, "run": "17", "previous_tag": null, "prerelease": false,
        "make_latest": true, "on_existing": "resume", "guard": null, "notes": "generated", "assets": [],
        "binary_image": null, "module": null, "extra_images": [],
    });
    ReleasePlan::from_json(&json.to_string(), None).unwrap()
}

/// Pushes the manager again under its tag: `alter` receives the image of each platform.
pub(crate) fn push_manager(scene: &Scene, alter: impl Fn(&str, Image) -> Image) -> String {
    let of_release = Image::of(&plan(scene));
    let store = &mut scene.registry.store();
    let images: [Pushed; 2] =
        ["amd64", "arm64"].map(|on| alter(on, of_release.clone().on(on)).push(store, BINARY));
    index(store, BINARY, TAG, &images)
}

/// The same, but already altered when it was awaited and tested.
pub(crate) fn tested_manager(
    scene: &Scene,
    job: &mut PublishJob,
    alter: impl Fn(&str, Image) -> Image,
) {
    let now = push_manager(scene, alter);
    job.tested(scene, "binary-image", &now);
}

/// The manager's manifest for a platform, in the order of the index.
pub(crate) fn child(store: &Store, nth: usize) -> String {
    images::digest(&manifest_of(store, BINARY, TAG)["manifests"][nth])
}

/// Deletes a part of the manager, such as `/config` or `/layers/0`, from the registry.
pub(crate) fn lose_part(scene: &Scene, nth: usize, part: &str) {
    let store = &mut scene.registry.store();
    let image = child(store, nth);
    let manifest = manifest_of(store, BINARY, &image);
    let blob = images::digest(manifest.pointer(part).unwrap());
    let repository = store.repositories.get_mut(BINARY).unwrap();
    assert!(repository.blobs.remove(&blob));
}

pub(crate) fn lose_module_part(scene: &Scene, part: &str) {
    let store = &mut scene.registry.store();
    let name = module_repository(store);
    let tag = module_tag(store);
    let manifest = manifest_of(store, &name, &tag);
    let blob = images::digest(manifest.pointer(part).unwrap());
    let repository = store.repositories.get_mut(&name).unwrap();
    assert!(repository.blobs.remove(&blob));
}

pub(crate) fn lose_tag(scene: &Scene, name: &str) {
    let store = &mut scene.registry.store();
    store.repositories.get_mut(name).unwrap().tags.clear();
}

pub(crate) fn module_tag(store: &Store) -> String {
    let repository = &store.repositories[&module_repository(store)];
    repository.tags.keys().next().unwrap().clone()
}

/// Pushes the module image again under its tag, with one text in it changed.
pub(crate) fn push_module(scene: &Scene, from: &str, to: &str) -> String {
    let store = &mut scene.registry.store();
    let (name, tag) = (module_repository(store), module_tag(store));
    images::rewrite(store, &name, &tag, from, to)
}

pub(crate) fn point_manager(scene: &Scene, nth: usize) {
    let store = &mut scene.registry.store();
    let image = child(store, nth);
    point(store, BINARY, TAG, &image);
}

/// The newest status of an E2E job.
pub(crate) fn say(scene: &Scene, alter: impl FnOnce(&mut StoredStatus)) {
    scene.repository(|repository| {
        let mut status = super::release::verdict(repository, LEGS[0]).clone();
        alter(&mut status);
        repository.statuses.push(status);
    });
}

pub(crate) fn forget_verdict(scene: &Scene) {
    let context = Verdict::context(LEGS[0]);
    scene.repository(|repository| {
        repository
            .statuses
            .retain(|status| status.context != context);
    });
}

pub(crate) fn check(scene: &Scene, alter: impl FnOnce(&mut CheckRun)) {
    scene.repository(|repository| {
        let mut checks = repository.check_runs.iter_mut();
        alter(checks.find(|check| check.name == "lint").unwrap());
    });
}

pub(crate) fn conclude(scene: &Scene, conclusion: &str) {
    check(scene, |check| check.conclusion = Some(conclusion.into()));
}

pub(crate) fn status(scene: &Scene, state: &str) {
    scene.repository(|repository| {
        repository.status("ci/prow", state);
    });
}
