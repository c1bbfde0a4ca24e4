//! Uploads and downloads of assets.

use std::time::Duration;

use btp_release::domain::{Digest, DigestHasher};
use btp_release::protocol::{AssetId, Cause, GitHubReader, GitHubWriter, LocalFile};
use stand_ins::github::GitHubWorld;
use stand_ins::{Fault, Pattern, Service};

use crate::support::github::{REPOSITORY, Rig, TOKEN, file, kind, seen_asset};

#[tokio::test]
async fn uploaded_asset_has_the_bytes_of_the_file() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let file = file(&folder, "a", &bytes);
    let name = "template_1.1.0+x.yaml".parse().unwrap();
    let asset = rig.github.upload_asset(id, &name, &file).await.unwrap();
    let stored = rig.repository(|repository| repository.releases[&id.0].assets[0].clone());
    assert_eq!(
        (stored.id, stored.name.as_str()),
        (asset.0, "template_1.1.0+x.yaml")
    );
    assert_eq!(stored.content_type, "application/yaml");
    assert_eq!(stored.content, Some(file.digest.hex()));
    let seen = seen_asset(asset, bytes.len());
    assert_eq!(rig.github.hash_asset(&seen).await.unwrap(), file.digest);
    // The upload URL was read once.
    rig.github
        .upload_asset(id, &"b".parse().unwrap(), &file)
        .await
        .unwrap();
    assert_eq!(rig.requests("GET", &format!("/releases/{id}")).len(), 1);
}

#[tokio::test]
async fn upload_under_an_existing_name_is_a_conflict() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    rig.hub
        .world()
        .attach(REPOSITORY, id.0, "a.yaml", b"x")
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "a.yaml", b"y");
    let again = rig
        .github
        .upload_asset(id, &"a.yaml".parse().unwrap(), &file)
        .await;
    assert_eq!(kind(&again), "conflict");
}

#[tokio::test]
async fn changed_file_is_not_uploaded() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    let folder = tempfile::tempdir().unwrap();
    let looked_at = file(&folder, "a.yaml", b"before");
    let name = "a.yaml".parse().unwrap();
    std::fs::write(&looked_at.path, b"longer than before").unwrap();
    assert_eq!(
        kind(&rig.github.upload_asset(id, &name, &looked_at).await),
        "broken"
    );
    std::fs::remove_file(&looked_at.path).unwrap();
    assert_eq!(
        kind(&rig.github.upload_asset(id, &name, &looked_at).await),
        "broken"
    );
    assert!(rig.hub.log().writes().is_empty());
    // Of the same length: detected by the digest of the stored bytes.
    std::fs::write(&looked_at.path, b"behind").unwrap();
    assert_eq!(
        kind(&rig.github.upload_asset(id, &name, &looked_at).await),
        "broken"
    );
}

#[tokio::test]
async fn unanswered_upload_is_unknown_and_sent_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "a.yaml", b"bytes");
    for fault in [
        Fault::StarterAsset,
        Fault::AnswerLost,
        Fault::ConnectionCutBefore,
        Fault::Status(504),
    ] {
        let rig = Rig::start().await;
        let id = rig.draft("1.1.0");
        rig.hub
            .faults()
            .when(Pattern::default().on(Service::Upload), 1, fault);
        let outcome = rig
            .github
            .upload_asset(id, &"a.yaml".parse().unwrap(), &file)
            .await;
        assert_eq!(kind(&outcome), "unknown");
        assert_eq!(rig.hub.log().writes().len(), 1);
    }
}

#[tokio::test]
async fn stalled_upload_ends_as_unknown() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "a.yaml", b"bytes");
    rig.hub
        .faults()
        .when(Pattern::default().on(Service::Upload), 1, Fault::Hang);
    let github = rig.connect(TOKEN, |settings| {
        settings.stall_timeout = Duration::from_millis(600)
    });
    let error = github
        .upload_asset(id, &"a.yaml".parse().unwrap(), &file)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Unknown { detail } if detail.contains("stalled")),
        "{error}"
    );
    assert_eq!(rig.hub.log().writes().len(), 1);
}

#[tokio::test]
async fn interrupted_download_is_retried() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    let bytes = vec![7; 3_000_000];
    rig.hub
        .world()
        .attach(REPOSITORY, id.0, "a.bin", &bytes)
        .unwrap();
    let asset = AssetId(rig.repository(|repository| repository.releases[&id.0].assets[0].id));
    let asset = seen_asset(asset, bytes.len());
    let storage = Pattern::default().on(Service::Storage);
    rig.hub.faults().when(storage, 2, Fault::CutAt(1_000_000));
    assert_eq!(
        rig.github.hash_asset(&asset).await.unwrap(),
        Digest::of(&bytes)
    );
    let sent = rig
        .hub
        .log()
        .filter(|entry| entry.service == Service::Storage);
    assert_eq!(sent.len(), 3);
    assert_eq!(
        kind(&rig.github.hash_asset(&seen_asset(AssetId(42), 1)).await),
        "denied"
    );
}

/// The peak memory of the process in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn large_asset_is_streamed_in_constant_memory() {
    const SIZE: u64 = 256 << 20;
    let rig = Rig::with(GitHubWorld::example(), |_| ()).await;
    let id = rig.draft("1.1.0");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.bin");
    std::fs::File::create(&path).unwrap().set_len(SIZE).unwrap();
    let zeros = vec![0; 1 << 20];
    let mut hasher = DigestHasher::default();
    for _ in 0..SIZE >> 20 {
        hasher.update(&zeros);
    }
    let file = LocalFile {
        path,
        size: SIZE,
        digest: hasher.finish(),
    };
    let before = peak_memory();
    let asset = rig
        .github
        .upload_asset(id, &"large.bin".parse().unwrap(), &file)
        .await
        .unwrap();
    let seen = seen_asset(asset, usize::try_from(SIZE).unwrap());
    assert_eq!(rig.github.hash_asset(&seen).await.unwrap(), file.digest);
    // Other tests run in the same process and count as well; an asset held in memory would take twice as much.
    let grown = (peak_memory() - before) >> 10;
    assert!(grown < 128, "{grown} MiB");
}
