//! Images as builders push them, written directly into the registry's store.

use btp_release::domain::Digest;
use btp_release::plan::ReleasePlan;
use serde_json::{Value, json};
use stand_ins::registry::Store;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

#[derive(Clone)]
pub(crate) struct Image {
    labels: Value,
    /// The architecture in the index' entry, and the one in the image's config.
    pub(crate) listed: String,
    pub(crate) architecture: String,
    layer: Vec<u8>,
}

/// An image that was pushed, for an index.
pub(crate) struct Pushed {
    pub(crate) digest: String,
    size: usize,
    listed: String,
}

impl Image {
    /// With the labels of its source.
    pub(crate) fn of(plan: &ReleasePlan) -> Self {
        let labels = json!({
            "org.opencontainers.image.revision": plan.wanted.commit,
            "org.opencontainers.image.version": plan.wanted.version,
            "org.opencontainers.image.source": format!("https://github.com/{}", plan.wanted.repository),
        });
        Self {
            labels,
            ..Self::plain(b"the manager")
        }
    }

    /// One without labels.
    pub(crate) fn plain(bytes: &[u8]) -> Self {
        Self {
            labels: json!({}),
            listed: "amd64".into(),
            architecture: "amd64".into(),
            layer: bytes.to_vec(),
        }
    }

    pub(crate) fn on(mut self, architecture: &str) -> Self {
        architecture.clone_into(&mut self.listed);
        architecture.clone_into(&mut self.architecture);
        self
    }

    pub(crate) fn holding(mut self, bytes: &[u8]) -> Self {
        self.layer = bytes.to_vec();
        self
    }

    pub(crate) fn label(mut self, name: &str, value: &str) -> Self {
        self.labels[format!("org.opencontainers.image.{name}")] = value.into();
        self
    }

    pub(crate) fn push(self, store: &mut Store, name: &str) -> Pushed {
        let config = json!({
            "architecture": self.architecture,
            "os": "linux",
            "config": {"Labels": self.labels},
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(&self.layer)]},
        });
        let config = config.to_string().into_bytes();
        let mut part = |kind: &str, bytes: &[u8]| {
            let digest = store.put_blob(name, bytes).unwrap();
            json!({"mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": bytes.len()})
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part("config.v1+json", &config),
            "layers": [part("layer.v1.tar", &self.layer)],
        });
        let bytes = manifest.to_string().into_bytes();
        let digest = Digest::of(&bytes).to_string();
        store.put_manifest(name, &digest, MANIFEST, &bytes).unwrap();
        Pushed {
            digest,
            size: bytes.len(),
            listed: self.listed,
        }
    }

    pub(crate) fn tag(self, store: &mut Store, name: &str, tag: &str) {
        let pushed = self.push(store, name);
        point(store, name, tag, &pushed.digest);
    }
}

/// A third-party image for both platforms, without labels of its source.
pub(crate) fn sidecar(store: &mut Store, name: &str, tag: &str, bytes: &[u8]) {
    let images = ["amd64", "arm64"].map(|on| Image::plain(bytes).on(on).push(store, name));
    index(store, name, tag, &images);
}

pub(crate) fn point(store: &mut Store, name: &str, tag: &str, digest: &str) {
    let repository = store.repositories.get_mut(name).unwrap();
    repository.tags.insert(tag.into(), digest.into());
}

/// Stores an index under a tag, as `docker buildx` pushes it, and returns its digest.
pub(crate) fn index(store: &mut Store, name: &str, tag: &str, images: &[Pushed]) -> String {
    let manifests = images.iter().map(|image| {
        json!({
            "mediaType": MANIFEST,
            "digest": image.digest,
            "size": image.size,
            "platform": {"os": "linux", "architecture": image.listed},
        })
    });
    let manifests: Vec<Value> = manifests.collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    let bytes = index.to_string().into_bytes();
    store.put_manifest(name, tag, INDEX, &bytes).unwrap()
}

pub(crate) fn manifest_of(store: &Store, name: &str, reference: &str) -> Value {
    let digest = store.resolve(name, reference).unwrap();
    serde_json::from_slice(&store.bytes(&digest).unwrap()).unwrap()
}

/// Pushes the image again under its tag, with `from` replaced by `to` of the same length in all of its parts and their
/// digests updated, and returns the new digest.
pub(crate) fn rewrite(store: &mut Store, name: &str, tag: &str, from: &str, to: &str) -> String {
    assert_eq!(from.len(), to.len(), "sizes are written down as well");
    let manifest = manifest_of(store, name, tag);
    let layers = manifest["layers"].as_array().unwrap();
    let mut parts: Vec<String> = layers.iter().map(digest).collect();
    parts.push(digest(&manifest["config"]));
    let mut changes = vec![(from.to_owned(), to.to_owned())];
    // A part may refer to another one by digest, in any order.
    for _ in 0..parts.len() {
        for part in &mut parts {
            let bytes = changed(store.bytes(part).unwrap(), &changes);
            let now = store.put_blob(name, &bytes).unwrap();
            if now != *part {
                changes.push((part.clone(), now.clone()));
                *part = now;
            }
        }
    }
    let bytes = changed(manifest.to_string().into_bytes(), &changes);
    store.put_manifest(name, tag, MANIFEST, &bytes).unwrap()
}

pub(crate) fn digest(part: &Value) -> String {
    part["digest"].as_str().unwrap().to_owned()
}

fn changed(mut bytes: Vec<u8>, changes: &[(String, String)]) -> Vec<u8> {
    for (from, to) in changes {
        let mut at = 0;
        while let Some(found) = find(&bytes[at..], from.as_bytes()) {
            bytes[at + found..at + found + to.len()].copy_from_slice(to.as_bytes());
            at += found + to.len();
        }
    }
    bytes
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
