//! The same faults on the connection to real registries: docker-registry, which honours ranges, and where it is installed
//! ferro-oci-server (<https://crates.io/crates/ferro-oci-server>), which ignores them.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::path::Path;

use btp_release::adapters::files::Files;
use btp_release::adapters::registry::Credentials;
use btp_release::domain::Digest;
use btp_release::protocol::{
    Cause, FilesReader as _, FilesWriter as _, RegistryReader as _, RegistryWriter as _,
};

use crate::proxy::{InjectedFault, Proxy};
use crate::support::registry::{
    DockerRegistry, FastClock, Ferro, blob, collect, registries, repository, sample, timed,
};

const MANIFEST: &[u8] =
    br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
const SIZE: usize = 640_000;

enum Server {
    Docker(DockerRegistry),
    Ferro(Ferro),
}

impl Server {
    fn all() -> impl Iterator<Item = Self> {
        let docker = DockerRegistry::start(&[]).map(Self::Docker);
        docker.into_iter().chain(Ferro::start().map(Self::Ferro))
    }

    fn host(&self) -> &str {
        match self {
            Self::Docker(server) => &server.host,
            Self::Ferro(server) => &server.host,
        }
    }
}

/// Pushes a layer and a manifest, without the proxy.
async fn fill(server: &Server) -> Vec<u8> {
    let layer = sample(SIZE);
    let all = registries(Credentials::anonymous());
    let at = repository(server.host(), "kyma/module");
    all.push_blob(&at, &blob(layer.clone())).await.unwrap();
    let media_type = "application/vnd.oci.image.index.v1+json";
    let tag = at.tagged("1".parse().unwrap());
    all.push_manifest(&tag, media_type, MANIFEST.into())
        .await
        .unwrap();
    layer
}

#[tokio::test]
async fn real_registries_transient_errors_are_retried_and_altered_bytes_detected() {
    for server in Server::all() {
        let layer = fill(&server).await;
        let proxy = Proxy::before(server.host());
        let at = repository(&proxy.host, "kyma/module");
        let tag = at.tagged("1".parse().unwrap());
        let (whole, manifest) = (Digest::of(&layer), Digest::of(MANIFEST));
        // Each round has its own adapter, without any content in memory.
        let new = || timed(Credentials::anonymous(), FastClock::start_slowly());
        let pull = async || collect(new().open_blob(&at, whole, SIZE as u64)).await;

        for fault in [
            InjectedFault::Status(429, Some(1)),
            InjectedFault::Status(503, None),
            InjectedFault::Reset,
        ] {
            for path in ["/manifests/", "/blobs/"] {
                proxy.next(path, vec![fault.clone(); 2]);
                if path == "/blobs/" {
                    assert_eq!(pull().await.unwrap(), layer, "{fault:?}");
                } else {
                    let all = new();
                    let seen = all.resolve(&tag).await.unwrap().unwrap();
                    assert_eq!(seen.digest, manifest, "{fault:?}");
                    let bytes = all.manifest(&at.pinned(manifest)).await.unwrap();
                    assert_eq!(bytes.unwrap(), MANIFEST, "{fault:?}");
                }
                assert_eq!(proxy.pending(), 0, "{fault:?}");
            }
        }
        for fault in [InjectedFault::Cut(200_000), InjectedFault::Hang(200_000)] {
            proxy.next("/blobs/", [fault.clone()]);
            assert_eq!(pull().await.unwrap(), layer, "{fault:?}");
            assert_eq!(proxy.pending(), 0, "{fault:?}");
        }
        proxy.next("/blobs/", [InjectedFault::Flip(300_000)]);
        let cause = pull().await.unwrap_err().cause;
        assert!(matches!(cause, Cause::Broken { .. }), "{cause:?}");
        // The header still has the right digest.
        proxy.next("/manifests/", [InjectedFault::Flip(20)]);
        let cause = new()
            .manifest(&at.pinned(manifest))
            .await
            .unwrap_err()
            .cause;
        assert!(matches!(cause, Cause::Broken { .. }), "{cause:?}");
    }
}

#[tokio::test]
async fn real_registries_interrupted_pull_transfers_no_byte_twice() {
    for server in Server::all() {
        let layer = fill(&server).await;
        let proxy = Proxy::before(server.host());
        let at = repository(&proxy.host, "kyma/module");
        let all = timed(Credentials::anonymous(), FastClock::start_slowly());
        // A registry that ignores ranges sends everything again after each interruption; ten would exceed the attempts.
        let (cuts, honours_ranges) = match server {
            Server::Docker(_) => (10, true),
            Server::Ferro(_) => (1, false),
        };
        for round in 1..=5 {
            let random = sample(8 * cuts * round);
            let cuts = random.chunks(8).rev().take(cuts).map(|bytes| {
                let number = u64::from_le_bytes(bytes.try_into().unwrap());
                // Ten of them together are less than the whole layer.
                InjectedFault::Cut(usize::try_from(number % (SIZE as u64 / 11)).unwrap())
            });
            proxy.next("/blobs/", cuts);
            proxy.passed();
            let bytes = collect(all.open_blob(&at, Digest::of(&layer), SIZE as u64)).await;
            assert_eq!(bytes.unwrap(), layer, "round {round}");
            assert_eq!(proxy.pending(), 0, "round {round}");
            let passed = proxy.passed();
            assert_eq!(
                passed == SIZE,
                honours_ranges,
                "round {round}: {passed} bytes"
            );
        }
    }
}

#[tokio::test]
async fn real_registries_interrupted_layer_is_written_whole_and_no_byte_of_it_is_read_twice() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let hex = |byte: &u8| format!("{byte:02x}\n");
    let text: String = sample(SIZE / 3).iter().map(hex).collect();
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    tar.append_data(&mut header, "manifest.yaml", text.as_bytes())
        .unwrap();
    for layer in [text.clone().into_bytes(), tar.into_inner().unwrap()] {
        let proxy = Proxy::before(&server.host);
        let direct = repository(&server.host, "kyma/module");
        let all = registries(Credentials::anonymous());
        all.push_blob(&direct, &blob(layer.clone())).await.unwrap();
        let all = timed(Credentials::anonymous(), FastClock::start_slowly());
        let at = repository(&proxy.host, "kyma/module");
        let folder = tempfile::tempdir().unwrap();
        let files = Files::below(folder.path());
        let file = Path::new("manifest.yaml");
        let digest = Digest::of(&layer);

        proxy.next("/blobs/", [1, 513, 100_000].map(InjectedFault::Cut));
        // The first request is sent before the blob is read.
        all.expect_blobs(&at, &[digest]);
        let bytes = all.open_blob(&at, digest, layer.len() as u64);
        files.take_from_layer(digest, bytes, file).await.unwrap();
        assert_eq!((proxy.pending(), proxy.passed()), (0, layer.len()));
        let seen = files.file(file).await.unwrap().unwrap();
        assert_eq!(seen.digest, Digest::of(text.as_bytes()));
        let written = std::fs::read(folder.path().join(file)).unwrap();
        assert!(written == text.as_bytes());

        // Altered bytes leave the file as it was.
        proxy.next("/blobs/", [InjectedFault::Flip(300_000)]);
        std::fs::write(folder.path().join(file), "before").unwrap();
        let bytes = all.open_blob(&at, digest, layer.len() as u64);
        let taken = files.take_from_layer(digest, bytes, file).await;
        assert!(matches!(taken.unwrap_err().cause, Cause::Broken { .. }));
        let left = std::fs::read(folder.path().join(file)).unwrap();
        assert_eq!(left, b"before");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
