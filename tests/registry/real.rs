//! Round trips through docker-registry, with skopeo as the other reader.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::path::Path;
use std::process::Command;

use btp_release::adapters::registry::{Credential, Credentials};
use btp_release::domain::{Digest, ImageRef, ImageRepository};
use btp_release::protocol::{
    Blob, BlobSource, Cause, RegistryReader as _, RegistryWriter as _, SeenManifest,
};

use crate::support::registry::{
    DockerRegistry, blob, collect, have, registries, repository, sample,
};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// An image with one layer.
struct Image {
    config: Blob,
    layer: Blob,
    manifest: Vec<u8>,
}

fn image(size: usize) -> Image {
    let (config, layer) = (blob(b"{}".to_vec()), blob(sample(size)));
    let manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}}]}}"#,
        config.digest, config.size, layer.digest, layer.size
    );
    Image {
        config,
        layer,
        manifest: manifest.into_bytes(),
    }
}

fn tagged(repository: &ImageRepository, tag: &str) -> ImageRef {
    repository.tagged(tag.parse().unwrap())
}

#[tokio::test]
async fn pushed_image_is_read_back_by_us_and_by_skopeo() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let all = registries(Credentials::anonymous());
    let to = repository(&server.host, "kyma/btp-manager");
    let folder = tempfile::tempdir().unwrap();
    let mut image = image(3 << 20);
    let tag = tagged(&to, "v1.2.0");
    let digest = Digest::of(&image.manifest);

    assert_eq!(all.resolve(&tag).await.unwrap(), None);
    assert_eq!(all.manifest(&to.pinned(digest)).await.unwrap(), None);
    assert!(!all.has_blob(&to, image.layer.digest).await.unwrap());

    // From a file, as large layers are.
    if let BlobSource::Memory(bytes) = &image.layer.bytes {
        let path = folder.path().join("layer");
        std::fs::write(&path, bytes).unwrap();
        image.layer.bytes = BlobSource::File(path);
    }
    for part in [&image.config, &image.layer, &image.layer] {
        all.push_blob(&to, part).await.unwrap();
    }
    // Another adapter has not pushed it, and has to ask.
    let other = registries(Credentials::anonymous());
    assert!(other.has_blob(&to, image.layer.digest).await.unwrap());
    for name in [to.pinned(digest).into(), tag.clone()] {
        all.push_manifest(&name, OCI_MANIFEST, image.manifest.clone().into())
            .await
            .unwrap();
    }

    assert_eq!(
        all.resolve(&tag).await.unwrap(),
        Some(SeenManifest {
            digest,
            media_type: OCI_MANIFEST.into(),
            size: Some(image.manifest.len() as u64),
        })
    );
    let manifest = all.manifest(&to.pinned(digest)).await.unwrap();
    assert_eq!(manifest.unwrap(), image.manifest);
    let layer = collect(all.open_blob(&to, image.layer.digest, image.layer.size)).await;
    assert_eq!(Digest::of(&layer.unwrap()), image.layer.digest);
    let config = all.blob(&to, image.config.digest, 2).await.unwrap();
    assert_eq!(config, "{}");
    let error = all.blob(&to, image.config.digest, 1).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");

    if have("skopeo") {
        copy_with_skopeo(&tag, folder.path());
        let copied = |name: &str| std::fs::read(folder.path().join("dir").join(name)).unwrap();
        assert_eq!(copied("manifest.json"), image.manifest);
        assert_eq!(
            Digest::of(&copied(&image.layer.digest.hex())),
            image.layer.digest
        );
    }
}

pub(crate) fn copy_with_skopeo(image: &ImageRef, folder: &Path) {
    let done = Command::new("skopeo")
        .args(["copy", "--insecure-policy", "--src-tls-verify=false"])
        .arg(format!("docker://{image}"))
        .arg(format!("dir:{}", folder.join("dir").display()))
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

#[tokio::test]
async fn blob_is_mounted_from_another_repository() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let all = registries(Credentials::anonymous());
    let from = repository(&server.host, "one");
    let mut layer = blob(sample(1000));
    all.push_blob(&from, &layer).await.unwrap();
    // There are no bytes to send, so the blob has to be mounted.
    layer.bytes = BlobSource::File("/nonexistent".into());
    layer.mount_from = Some(from);
    let to = repository(&server.host, "two");
    all.push_blob(&to, &layer).await.unwrap();
    let other = registries(Credentials::anonymous());
    assert!(other.has_blob(&to, layer.digest).await.unwrap());
    // If the other repository does not have the blob, it is uploaded.
    layer = blob(sample(2000));
    layer.mount_from = Some(repository(&server.host, "empty"));
    all.push_blob(&to, &layer).await.unwrap();
    assert!(other.has_blob(&to, layer.digest).await.unwrap());
}

#[tokio::test]
async fn manifest_with_missing_blob_is_a_conflict() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let all = registries(Credentials::anonymous());
    let to = repository(&server.host, "x");
    let image = image(10);
    let error = all
        .push_manifest(&tagged(&to, "1"), OCI_MANIFEST, image.manifest.into())
        .await
        .unwrap_err();
    let Cause::Conflict { message, .. } = &error.cause else {
        panic!("{error}");
    };
    assert!(message.contains("BLOB_UNKNOWN"), "{message}");
    assert!(message.contains("upload it again"), "{message}");
}

#[tokio::test]
async fn blob_with_another_digest_or_size_is_refused() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let all = registries(Credentials::anonymous());
    let to = repository(&server.host, "x");
    let mut wrong = blob(sample(100));
    wrong.digest = Digest::of(b"else");
    let error = all.push_blob(&to, &wrong).await.unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Refused { message, .. } if message.contains("DIGEST_INVALID")),
        "{error}"
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layer");
    std::fs::write(&file, sample(100)).unwrap();
    let mut changed = blob(sample(100));
    for bytes in [changed.bytes.clone(), BlobSource::File(file)] {
        for size in [99, 101] {
            changed.bytes = bytes.clone();
            changed.size = size;
            let error = all.push_blob(&to, &changed).await.unwrap_err();
            assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn wrong_password_is_reported_as_denied() {
    let Some(server) = DockerRegistry::start(&[("bob", "p:w")]) else {
        return;
    };
    let to = repository(&server.host, "kyma/x");
    let with = |password: &str| {
        registries(Credentials::anonymous().with(
            &server.host,
            Credential::Basic {
                user: "bob".into(),
                password: password.into(),
            },
        ))
    };
    let image = image(10);
    let right = with("p:w");
    right.push_blob(&to, &image.config).await.unwrap();
    right.push_blob(&to, &image.layer).await.unwrap();
    let tag = tagged(&to, "1");
    right
        .push_manifest(&tag, OCI_MANIFEST, image.manifest.into())
        .await
        .unwrap();
    assert!(right.resolve(&tag).await.unwrap().is_some());

    for (all, words) in [
        (with("wr0ng"), "as user \"bob\""),
        (registries(Credentials::anonymous()), "without credentials"),
    ] {
        for error in [
            all.resolve(&tag).await.unwrap_err(),
            all.push_blob(&to, &image.layer).await.unwrap_err(),
        ] {
            let Cause::Denied {
                status: 401,
                message,
                ..
            } = &error.cause
            else {
                panic!("{error}");
            };
            assert!(message.contains(words), "{message}");
            assert!(!format!("{error:?}").contains("wr0ng"), "{error:?}");
        }
    }
}
