//! Bytes of assets, there and back.

use std::time::Duration;

use btp_release::domain::{Digest, DigestHasher};
use btp_release::protocol::{AssetId, Cause, GitHubReader, GitHubWriter, LocalFile};
use stand_ins::github::World;
use stand_ins::{Fault, Pattern, Service};

use crate::rig::{REPOSITORY, Rig, TOKEN, file, kind};

#[tokio::test]
async fn an_asset_arrives_as_the_bytes_that_were_there() {
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
    assert_eq!(rig.github.hash_asset(asset).await.unwrap(), file.digest);
    // Where the upload goes was learned once.
    rig.github
        .upload_asset(id, &"b".parse().unwrap(), &file)
        .await
        .unwrap();
    assert_eq!(rig.requests("GET", &format!("/releases/{id}")).len(), 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
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
async fn a_file_that_is_no_longer_what_it_was_is_not_sent() {
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
    // Of the same length: found out by the digest of what was stored.
    std::fs::write(&looked_at.path, b"behind").unwrap();
    assert_eq!(
        kind(&rig.github.upload_asset(id, &name, &looked_at).await),
        "broken"
    );
}

#[tokio::test]
async fn an_upload_that_may_have_failed_half_way_is_unknown_and_sent_once() {
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
async fn an_upload_that_stalls_is_given_up() {
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
async fn a_download_that_breaks_is_begun_again() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    let bytes = vec![7; 3_000_000];
    rig.hub
        .world()
        .attach(REPOSITORY, id.0, "a.bin", &bytes)
        .unwrap();
    let asset = AssetId(rig.repository(|repository| repository.releases[&id.0].assets[0].id));
    let storage = Pattern::default().on(Service::Storage);
    rig.hub.faults().when(storage, 2, Fault::CutAt(1_000_000));
    assert_eq!(
        rig.github.hash_asset(asset).await.unwrap(),
        Digest::of(&bytes)
    );
    let sent = rig
        .hub
        .log()
        .filter(|entry| entry.service == Service::Storage);
    assert_eq!(sent.len(), 3);
    assert_eq!(kind(&rig.github.hash_asset(AssetId(42)).await), "denied");
}

/// The most memory that the process has had, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_large_asset_takes_no_more_memory_than_a_small_one() {
    const SIZE: u64 = 256 << 20;
    let rig = Rig::with(World::example(), |_| ()).await;
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
    assert_eq!(rig.github.hash_asset(asset).await.unwrap(), file.digest);
    // Other tests run beside this one, and count too; an asset that is held in memory would be twice as much.
    let grown = (peak_memory() - before) >> 10;
    assert!(grown < 128, "{grown} MiB");
}
