//! Faults of a registry and of the connection to it, against the stand-in.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::registry::{Credentials, Registries};
use btp_release::domain::{Digest, ImageRef, ImageRepository, Moment};
use btp_release::protocol::{
    Cause, Clock, PendingRequests as _, RegistryReader as _, RegistryWriter as _,
};
use stand_ins::{Fault, Pattern, RegistryOptions, RegistryServer};

use crate::support::registry::{FastClock, blob, collect, registries, repository, sample, timed};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const BYTES: &[u8] = br#"{"schemaVersion":2}"#;

/// A registry with one manifest and one blob.
pub(crate) struct Fixture {
    pub(crate) server: RegistryServer,
    pub(crate) at: ImageRepository,
    pub(crate) tag: ImageRef,
    pub(crate) layer: Vec<u8>,
}

impl Fixture {
    pub(crate) async fn with(options: RegistryOptions) -> Self {
        let server = RegistryServer::start(options).await.unwrap();
        let at = repository(&server.host(), "kyma/module");
        let layer = sample(640_000);
        server.store().put_blob(at.path(), &layer).unwrap();
        server
            .store()
            .put_manifest(at.path(), "1", MANIFEST, BYTES)
            .unwrap();
        let tag = at.tagged("1".parse().unwrap());
        Self {
            server,
            at,
            tag,
            layer,
        }
    }

    pub(crate) async fn start() -> Self {
        Self::with(RegistryOptions::default()).await
    }

    fn fault(&self, path: &str, times: usize, fault: Fault) {
        self.server.faults().when(Pattern::path(path), times, fault);
    }

    fn digest(&self) -> Digest {
        Digest::of(&self.layer)
    }

    pub(crate) fn size(&self) -> u64 {
        self.layer.len() as u64
    }

    /// Requests whose path contains this, as `METHOD status`.
    pub(crate) fn seen(&self, path: &str) -> Vec<String> {
        let said =
            |status: Option<u16>| status.map_or("cut".to_owned(), |status| status.to_string());
        let entries = self.server.log().filter(|entry| entry.path.contains(path));
        entries
            .iter()
            .map(|entry| format!("{} {}", entry.method, said(entry.status)))
            .collect()
    }

    pub(crate) async fn pull(&self) -> Result<Vec<u8>, Cause> {
        self.pull_with(Credentials::anonymous()).await
    }

    pub(crate) async fn pull_with(&self, credentials: Credentials) -> Result<Vec<u8>, Cause> {
        let all = registries(credentials);
        collect(all.open_blob(&self.at, self.digest(), self.size()))
            .await
            .map_err(|error| error.cause)
    }

    /// The first byte of each request for a blob from now on.
    fn ranges(&self) -> Arc<Mutex<Vec<u64>>> {
        let starts = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&starts);
        let note = Fault::call(move |request| {
            let range = request.headers.get("range").map(|range| {
                let range = range.to_str().unwrap();
                let start = range.strip_prefix("bytes=").unwrap();
                start.strip_suffix('-').unwrap().parse::<u64>().unwrap()
            });
            seen.lock().unwrap().push(range.unwrap_or(0));
        });
        self.fault("/blobs/", 100, note);
        starts
    }
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let fixture = Fixture::start().await;
    let clock = FastClock::start();
    let all = timed(Credentials::anonymous(), Arc::clone(&clock));
    let retry_after = |seconds| Fault::TooManyRequests {
        retry_after: Some(Duration::from_secs(seconds)),
    };
    fixture.fault("/manifests/", 2, retry_after(20));
    let before = clock.now();
    assert!(all.resolve(&fixture.tag).await.unwrap().is_some());
    let waited = clock.now().since(before);
    assert!(waited >= Duration::from_secs(40), "{waited:?}");
    assert_eq!(
        fixture.seen("/manifests/"),
        ["HEAD 429", "HEAD 429", "HEAD 200"]
    );

    fixture.fault("/manifests/", 1, retry_after(3600));
    let error = all.resolve(&fixture.tag).await.unwrap_err();
    let Cause::Limited { detail } = &error.cause else {
        panic!("{error}");
    };
    assert!(detail.contains("3600 s"), "{detail}");
    assert_eq!(fixture.seen("/manifests/").len(), 4);

    // By a write as well: the limit means that it was not done.
    fixture.fault("/uploads/", 1, retry_after(1));
    let layer = blob(sample(1000));
    all.push_blob(&fixture.at, &layer).await.unwrap();
    let other = registries(Credentials::anonymous());
    assert!(other.has_blob(&fixture.at, layer.digest).await.unwrap());
}

#[tokio::test]
async fn read_retries_transient_errors() {
    for fault in [
        Fault::Status(503),
        Fault::Status(500),
        Fault::Status(502),
        Fault::ConnectionCutBefore,
        Fault::AnswerLost,
        Fault::Hang,
        Fault::TooManyRequests { retry_after: None },
    ] {
        let fixture = Fixture::start().await;
        let all = registries(Credentials::anonymous());
        let digest = Digest::of(BYTES);
        fixture.fault("", 2, fault.clone());
        let seen = all.resolve(&fixture.tag).await.unwrap();
        assert_eq!(seen.unwrap().digest, digest, "{fault:?}");
        fixture.fault("", 2, fault.clone());
        let bytes = all.manifest(&fixture.at.pinned(digest)).await.unwrap();
        assert_eq!(bytes.unwrap(), BYTES, "{fault:?}");
        fixture.fault("", 2, fault.clone());
        assert!(all.has_blob(&fixture.at, fixture.digest()).await.unwrap());
        fixture.fault("", 2, fault.clone());
        let bytes = all
            .blob(&fixture.at, fixture.digest(), fixture.size())
            .await;
        assert_eq!(bytes.unwrap(), fixture.layer, "{fault:?}");
        fixture.fault("", 2, fault.clone());
        assert_eq!(fixture.pull().await.unwrap(), fixture.layer, "{fault:?}");
        assert_eq!(fixture.server.faults().pending(), 0);
    }
}

#[tokio::test]
async fn lasting_errors_are_not_reported_as_absence() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    fixture.fault("", 1000, Fault::Status(503));
    for cause in [
        all.resolve(&fixture.tag).await.unwrap_err().cause,
        all.has_blob(&fixture.at, fixture.digest())
            .await
            .unwrap_err()
            .cause,
        fixture.pull().await.unwrap_err(),
    ] {
        assert!(
            matches!(&cause, Cause::Unknown { detail } if detail.contains("503")),
            "{cause:?}"
        );
    }
    let requests = fixture.server.log().last();
    assert!(requests < 30, "{requests}");

    for status in [401, 403] {
        fixture.server.faults().clear();
        fixture.fault("", 1000, Fault::Status(status));
        for cause in [
            all.resolve(&fixture.tag).await.unwrap_err().cause,
            all.has_blob(&fixture.at, fixture.digest())
                .await
                .unwrap_err()
                .cause,
            fixture.pull().await.unwrap_err(),
        ] {
            assert!(
                matches!(cause, Cause::Denied { status: seen, .. } if seen == status),
                "{cause:?}"
            );
        }
    }

    fixture.server.faults().clear();
    let gone = fixture.at.tagged("2".parse().unwrap());
    assert_eq!(all.resolve(&gone).await.unwrap(), None);
    let error = all
        .blob(&fixture.at, Digest::of(b"gone"), 10)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Refused { status: 404, message, .. } if message.contains("BLOB_UNKNOWN")),
        "{error}"
    );
}

#[tokio::test]
async fn interrupted_pull_continues_by_range() {
    let fixture = Fixture::start().await;
    let ranges = fixture.ranges();
    fixture.fault("/blobs/", 1, Fault::CutAt(200_000));
    assert_eq!(fixture.pull().await.unwrap(), fixture.layer);
    assert_eq!(fixture.seen("/blobs/"), ["GET 200", "GET 206"]);
    assert_eq!(*ranges.lock().unwrap(), [0, 200_000]);
}

#[tokio::test]
async fn interrupted_pull_restarts_where_ranges_are_ignored() {
    let fixture = Fixture::with(RegistryOptions {
        ranges: false,
        ..RegistryOptions::default()
    })
    .await;
    fixture.fault("/blobs/", 1, Fault::CutAt(200_000));
    fixture.fault("/blobs/", 1, Fault::CutAt(100_000));
    fixture.fault("/blobs/", 1, Fault::CutAt(500_000));
    assert_eq!(fixture.pull().await.unwrap(), fixture.layer);
    assert_eq!(fixture.seen("/blobs/"), ["GET 200"; 4]);
}

#[tokio::test]
async fn ten_interruptions_transfer_no_byte_twice() {
    for round in 0..10_u64 {
        let fixture = Fixture::start().await;
        let ranges = fixture.ranges();
        let random = sample(8 * 11 * (1 + usize::try_from(round).unwrap()));
        let mut random = random[random.len() - 88..]
            .chunks(8)
            .map(|bytes| u64::from_le_bytes(bytes.try_into().unwrap()));
        let mut starts = vec![0];
        for _ in 0..10 {
            let from = starts[starts.len() - 1];
            // An interruption at 0 delivers nothing.
            let cut = random.next().unwrap() % (2 * fixture.size() / 11);
            let cut = cut.min(fixture.size() - from - 1);
            fixture.fault("/blobs/", 1, Fault::CutAt(cut));
            starts.push(from + cut);
        }
        let all = timed(Credentials::anonymous(), FastClock::start_slowly());
        let pulled = collect(all.open_blob(&fixture.at, fixture.digest(), fixture.size()));
        assert_eq!(pulled.await.unwrap(), fixture.layer);
        assert_eq!(*ranges.lock().unwrap(), starts, "round {round}");
    }
}

#[tokio::test]
async fn pull_without_progress_ends() {
    let fixture = Fixture::start().await;
    fixture.fault("/blobs/", 1000, Fault::CutAt(0));
    let cause = fixture.pull().await.unwrap_err();
    assert!(matches!(cause, Cause::Unknown { .. }), "{cause:?}");
    assert!(fixture.seen("/blobs/").len() < 10);
    // A pull with little progress ends as well.
    let fixture = Fixture::start().await;
    fixture.fault("/blobs/", 1000, Fault::CutAt(10));
    let cause = fixture.pull().await.unwrap_err();
    assert!(matches!(cause, Cause::Unknown { .. }), "{cause:?}");
    assert!(fixture.seen("/blobs/").len() < 60);
}

#[tokio::test]
async fn stalled_body_is_continued_on_a_new_connection() {
    let fixture = Fixture::start().await;
    let ranges = fixture.ranges();
    fixture.fault("/blobs/", 2, Fault::Stall(200_000));
    assert_eq!(fixture.pull().await.unwrap(), fixture.layer);
    assert_eq!(*ranges.lock().unwrap(), [0, 200_000, 400_000]);
}

#[tokio::test]
async fn one_altered_byte_is_detected() {
    for place in [0, 300_000, 639_999] {
        let fixture = Fixture::start().await;
        fixture.fault("/blobs/", 1, Fault::FlipByte(place));
        let cause = fixture.pull().await.unwrap_err();
        assert!(
            matches!(&cause, Cause::Broken { detail } if detail.contains("its bytes are")),
            "{cause:?}"
        );
        fixture.fault("/blobs/", 1, Fault::FlipByte(place));
        let all = registries(Credentials::anonymous());
        let error = all
            .blob(&fixture.at, fixture.digest(), fixture.size())
            .await;
        assert!(matches!(error.unwrap_err().cause, Cause::Broken { .. }));
    }
    // Also in the part that comes after an interruption.
    let fixture = Fixture::start().await;
    fixture.fault("/blobs/", 1, Fault::CutAt(200_000));
    fixture.fault("/blobs/", 1, Fault::FlipByte(1));
    let cause = fixture.pull().await.unwrap_err();
    assert!(matches!(cause, Cause::Broken { .. }), "{cause:?}");
}

#[tokio::test]
async fn blob_of_another_size_is_refused() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    for wrong in [fixture.size() - 1, fixture.size() + 1, 0] {
        let error = collect(all.open_blob(&fixture.at, fixture.digest(), wrong)).await;
        let cause = error.unwrap_err().cause;
        assert!(
            matches!(&cause, Cause::Broken { detail } if detail.contains("640000 bytes")),
            "{cause:?}"
        );
    }
    let error = all
        .blob(&fixture.at, fixture.digest(), fixture.size() - 1)
        .await;
    assert!(matches!(error.unwrap_err().cause, Cause::Broken { .. }));
    let empty = fixture
        .server
        .store()
        .put_blob(fixture.at.path(), b"")
        .unwrap();
    let bytes = collect(all.open_blob(&fixture.at, empty.parse().unwrap(), 0)).await;
    assert_eq!(bytes.unwrap(), b"");
}

#[tokio::test]
async fn altered_manifest_is_detected_despite_its_digest_header() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    let pinned = fixture.at.pinned(Digest::of(BYTES));
    fixture.fault(
        "/manifests/",
        1,
        Fault::Body(r#"{"schemaVersion":3}"#.into()),
    );
    let error = all.manifest(&pinned).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");
    fixture.fault("/manifests/", 1, Fault::WrongDigest);
    let error = all.resolve(&pinned.clone().into()).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");
    // A wrong header does not matter where the bytes are read.
    fixture.fault("/manifests/", 1, Fault::WrongDigest);
    assert_eq!(all.manifest(&pinned).await.unwrap().unwrap(), BYTES);
}

#[tokio::test]
async fn unanswered_write_is_sent_once_and_found_by_the_next_push() {
    for fault in [Fault::AnswerLost, Fault::StatusAfter(502), Fault::HangAfter] {
        let fixture = Fixture::start().await;
        let all = registries(Credentials::anonymous());
        let layer = blob(sample(5000));
        let puts = || {
            fixture
                .seen("/uploads/")
                .iter()
                .filter(|seen| seen.starts_with("PUT"))
                .count()
        };
        fixture
            .server
            .faults()
            .when(Pattern::new("PUT", "/uploads/"), 1, fault.clone());
        let error = all.push_blob(&fixture.at, &layer).await.unwrap_err();
        assert!(matches!(error.cause, Cause::Unknown { .. }), "{error}");
        assert_eq!(puts(), 1, "{fault:?}");
        all.push_blob(&fixture.at, &layer).await.unwrap();
        assert_eq!(puts(), 1, "{fault:?}");

        fixture
            .server
            .faults()
            .when(Pattern::new("PUT", "/manifests/"), 1, fault.clone());
        let put = all
            .push_manifest(&fixture.tag, MANIFEST, BYTES.into())
            .await;
        assert!(matches!(put.unwrap_err().cause, Cause::Unknown { .. }));
        assert_eq!(fixture.seen("/manifests/").len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn push_fails_where_presence_is_unknown() {
    let fixture = Fixture::start().await;
    let all = registries(Credentials::anonymous());
    fixture
        .server
        .faults()
        .when(Pattern::new("HEAD", "/blobs/"), 100, Fault::Status(500));
    // Before it is mounted from elsewhere; otherwise the start of the upload finds out.
    let mut layer = blob(sample(10));
    layer.mount_from = Some(fixture.at.clone());
    let error = all.push_blob(&fixture.at, &layer).await.unwrap_err();
    assert!(matches!(error.cause, Cause::Unknown { .. }), "{error}");
    assert_eq!(fixture.server.log().writes().len(), 0);
}

/// Notes which requests are pending whenever a wait begins.
struct PendingInWaits {
    time: Arc<FastClock>,
    http: Http,
    seen: Mutex<Vec<Vec<String>>>,
}

#[async_trait::async_trait]
impl Clock for PendingInWaits {
    fn now(&self) -> Moment {
        self.time.now()
    }

    fn wall(&self) -> SystemTime {
        self.time.wall()
    }

    async fn sleep_until(&self, _: Moment) {
        self.seen.lock().unwrap().push(self.http.pending());
    }

    async fn passed(&self, _: Moment) {
        std::future::pending().await
    }
}

/// Whoever is cut short in such a wait tells what it waits for.
#[tokio::test]
async fn request_that_is_to_be_sent_again_is_pending_meanwhile() {
    let fixture = Fixture::start().await;
    let host = fixture.server.host();
    fixture.fault("/manifests/", 1, Fault::Status(503));
    let refused = {
        // A port on which nobody listens any more.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    for (host, waits) in [(host, 1), (refused, 5)] {
        let http = Http::new(&HttpSettings::default()).unwrap();
        let clock = Arc::new(PendingInWaits {
            time: FastClock::start(),
            http: http.clone(),
            seen: Mutex::default(),
        });
        let all = Registries::new(&http, Credentials::anonymous(), clock.clone());
        let image = repository(&host, "kyma/module").tagged("1".parse().unwrap());
        let answer = all.resolve(&image).await;
        assert_eq!(answer.is_ok(), waits == 1, "{answer:?}");
        let seen = clock.seen.lock().unwrap().clone();
        let name = format!("HEAD {host}/v2/kyma/module/manifests/1");
        assert_eq!(seen, vec![vec![name]; waits]);
        assert_eq!(http.pending(), [""; 0]);
    }
}
