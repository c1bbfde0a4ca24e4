//! Servers that try to get the token or the bytes, and GitHub at other URLs.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::adapters::github::{GitHub, GitHubSettings};
use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::domain::Code;
use btp_release::protocol::{AssetId, Cause, GitHubReader, GitHubWriter, ReleaseId};

use crate::support::github::{
    SharedClock, connect, file, kind, new_tag, seen_asset, settings, tag,
};

/// A server on loopback that answers each request by its first line, and records the heads of the requests.
pub(crate) struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` gets the first line of a request without the version, and returns status, headers and body.
    pub(crate) fn start(answer: impl Fn(&str) -> (u16, String, String) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = heads.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let head = head(&mut stream);
                let line = head.lines().next().unwrap_or_default();
                let (status, headers, body) = answer(line.trim_end_matches(" HTTP/1.1"));
                kept.lock().unwrap().push(head);
                let length = body.len();
                let _ = stream.write_all(
                    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}").as_bytes(),
                );
                // The rest of the request is read: closing with unread bytes would reset the connection before the answer arrives.
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read_to_end(&mut Vec::new());
            }
        });
        Self { url, heads }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    fn lines(&self) -> Vec<String> {
        let heads = self.heads();
        heads
            .iter()
            .map(|head| head.lines().next().unwrap().to_owned())
            .collect()
    }
}

fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

pub(crate) fn github(server: &Server) -> GitHub {
    connect(
        settings(&server.url, "s3cret"),
        &stand_ins::ServerClock::manual(),
    )
}

pub(crate) fn ok(body: &str) -> (u16, String, String) {
    (200, String::new(), body.to_owned())
}

fn to(status: u16, location: &str) -> (u16, String, String) {
    (status, format!("location: {location}\r\n"), String::new())
}

const REPOSITORY: &str = r#"{"full_name":"kyma-project/btp-operator","default_branch":"main"}"#;

fn release(upload_url: &str) -> String {
    format!(
        r#"{{"id":7,"tag_name":"1.1.0","target_commitish":"main","name":null,"body":null,"draft":true,
            "prerelease":false,"html_url":"https://example.com","upload_url":"{upload_url}","assets":[]}}"#
    )
}

#[tokio::test]
async fn requests_carry_each_required_header_once() {
    let server = Server::start(|_| ok(REPOSITORY));
    github(&server).repository().await.unwrap();
    let head = server.heads()[0].to_ascii_lowercase();
    for header in [
        "accept: application/vnd.github+json",
        "x-github-api-version: 2022-11-28",
        "authorization: bearer s3cret",
        concat!(
            "user-agent: btp-release/",
            env!("CARGO_PKG_VERSION"),
            " (+https://"
        ),
    ] {
        let name = header.split_inclusive(':').next().unwrap();
        assert_eq!(head.matches(name).count(), 1, "{name} in {head}");
        assert!(head.contains(header), "{header} in {head}");
    }
}

#[tokio::test]
async fn base_path_of_an_enterprise_server_is_kept() {
    let server = Server::start(|line| match line {
        "GET /api/v3/repos/kyma-project/btp-manager" => ok(REPOSITORY),
        "POST /api/graphql" => {
            ok(r#"{"data":{"repository":{"release":null,"releases":{"nodes":[]}}}}"#)
        }
        _ => (404, String::new(), String::new()),
    });
    let settings = GitHubSettings {
        graphql_url: format!("{}/api/graphql", server.url).parse().unwrap(),
        ..settings(&format!("{}/api/v3", server.url), "s3cret")
    };
    let github = connect(settings, &stand_ins::ServerClock::manual());
    github.repository().await.unwrap();
    assert_eq!(github.releases(&tag("1.1.0")).await.unwrap(), []);
}

#[tokio::test]
async fn redirects_of_a_moved_repository_are_followed_on_the_same_host() {
    for (status, method) in [
        (301, "GET"),
        (302, "GET"),
        (307, "GET"),
        (307, "POST"),
        (308, "POST"),
    ] {
        let server = Server::start(move |line| match line {
            line if line.contains("/repos/") => to(status, "/repositories/1/x"),
            "GET /repositories/1/x" => ok(REPOSITORY),
            "POST /repositories/1/x" => ok(r#"{"body":"notes"}"#),
            _ => (404, String::new(), String::new()),
        });
        let github = github(&server);
        if method == "GET" {
            let seen = github.repository().await.unwrap();
            assert_eq!(seen.slug.name(), "btp-operator");
        } else {
            let commit = "0".repeat(40).parse().unwrap();
            let notes = github.notes(&tag("1.1.0"), &commit, None).await.unwrap();
            assert_eq!(notes.body, "notes");
        }
        assert!(server.heads()[1].contains("s3cret"));
    }
    let server = Server::start(|_| to(301, "/elsewhere"));
    let moved = github(&server)
        .create_tag(&new_tag("1.1.0", &"0".repeat(40).parse().unwrap()))
        .await;
    assert_eq!((kind(&moved), server.heads().len()), ("refused", 1));
}

#[tokio::test]
async fn token_is_not_sent_to_another_host() {
    let other = Server::start(|_| ok("the bytes"));
    let elsewhere = other.url.clone();
    let server = Server::start(move |line| match line {
        line if line.contains("/releases/assets/") => to(302, &format!("{elsewhere}/signed?sig=1")),
        line if line.contains("/matching-refs/") => (
            200,
            format!("link: <{elsewhere}/page2>; rel=\"next\"\r\n"),
            "[]".to_owned(),
        ),
        _ => to(302, &format!("{elsewhere}/moved")),
    });
    let github = github(&server);
    assert_eq!(kind(&github.repository().await), "refused");
    assert_eq!(kind(&github.tags("v").await), "broken");
    assert_eq!(other.heads(), [""; 0]);

    let digest = github.hash_asset(&seen_asset(AssetId(1), 9)).await.unwrap();
    assert_eq!(digest, btp_release::domain::Digest::of(b"the bytes"));
    assert_eq!(other.lines(), ["GET /signed?sig=1 HTTP/1.1"]);
    assert!(!other.heads()[0].contains("s3cret"), "{:?}", other.heads());
}

#[tokio::test]
async fn upload_to_an_unknown_host_is_refused() {
    let server = Server::start(|_| ok(&release("https://uploads.example.com/assets{?name,label}")));
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "a.yaml", b"bytes");
    let name = "a.yaml".parse().unwrap();
    let error = github(&server)
        .upload_asset(ReleaseId(7), &name, &file)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Broken { detail } if detail.contains("uploads.example.com")),
        "{error}"
    );
    assert_eq!(server.heads().len(), 1);
}

#[tokio::test]
async fn insecure_urls_and_tokens_are_refused_on_connect() {
    let clock = stand_ins::ServerClock::manual();
    for (api, graphql, token, code) in [
        (
            "http://api.github.com",
            "http://api.github.com/graphql",
            "t",
            Code::UrlInvalid,
        ),
        (
            "https://api.github.com",
            "https://api.example.com/graphql",
            "t",
            Code::UrlInvalid,
        ),
        (
            "https://api.github.com",
            "http://api.github.com/graphql",
            "t",
            Code::UrlInvalid,
        ),
        (
            "https://api.github.com",
            "https://api.github.com/graphql",
            "t\n",
            Code::AccessDenied,
        ),
    ] {
        let settings = GitHubSettings {
            graphql_url: graphql.parse().unwrap(),
            ..settings(api, token)
        };
        let http = Http::new(&HttpSettings::default()).unwrap();
        let outcome = GitHub::connect(settings, http, Arc::new(SharedClock(clock.clone())));
        let finding = outcome.err().unwrap();
        assert_eq!(finding.code, code, "{api} {graphql}");
        assert!(!format!("{finding:?}").contains("t\\n"), "{finding:?}");
    }
}

/// Collects the log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn token_is_in_no_message_and_no_log() {
    let server = Server::start(|line| match line {
        // A page of a proxy, with a status that says that all is well.
        line if line.contains("/git/") => ok("<title>authorization: Bearer s3cret</title>"),
        line if line.starts_with("GET") => (
            403,
            "x-github-request-id: AB:1\r\n".to_owned(),
            "you sent: authorization: Bearer s3cret".to_owned(),
        ),
        _ => (200, String::new(), release("x")),
    });
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // Where there is one subscriber, an event that another test sends first is left out for good, since that test's thread has none.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    let guard = tracing::subscriber::set_default(subscriber);
    // Another test without a subscriber may have disabled the same callsite before.
    tracing::callsite::rebuild_interest_cache();
    let settings = settings(&server.url, "s3cret");
    assert!(!format!("{settings:?}").contains("s3cret"));
    let github = connect(settings, &stand_ins::ServerClock::manual());
    let error = github.repository().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("you sent: authorization: Bearer ***"),
        "{error}"
    );
    let error = github.tag(&tag("1.1.0")).await.unwrap_err();
    let shown = "answers with no content type: \"authorization: Bearer ***\"";
    assert!(error.to_string().contains(shown), "{error}");
    github
        .edit_draft(ReleaseId(7), &tag("1.1.0"), "body text")
        .await
        .unwrap();
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("GET")).unwrap();
    for part in [
        "/repos/kyma-project/btp-manager",
        "status=403",
        "AB:1",
        "ms=",
    ] {
        assert!(line.contains(part), "{part} in {line}");
    }
    assert!(
        !log.contains("s3cret") && !log.contains("body text"),
        "{log}"
    );
}

#[tokio::test]
async fn slow_upload_with_progress_is_not_ended() {
    const SIZE: usize = 24 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let template = format!("{url}/uploads{{?name,label}}");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = head(&mut stream);
            let mut body = release(&template);
            if head.starts_with("POST") {
                let mut left = SIZE;
                let mut chunk = vec![0; 256 << 10];
                while left > 0 {
                    left -= stream.read(&mut chunk).unwrap();
                    std::thread::sleep(Duration::from_millis(8));
                }
                body = format!(
                    r#"{{"id":9,"name":"a.bin","state":"uploaded","size":{SIZE},"digest":null}}"#
                );
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 201 X\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "a.bin", &vec![1; SIZE]);
    let settings = GitHubSettings {
        stall_timeout: Duration::from_millis(400),
        ..settings(&url, "s3cret")
    };
    let http = HttpSettings {
        idle_timeout: Duration::from_millis(400),
        ..HttpSettings::default()
    };
    let clock = Arc::new(SharedClock(stand_ins::ServerClock::manual()));
    let github = GitHub::connect(settings, Http::new(&http).unwrap(), clock).unwrap();
    let asset = github
        .upload_asset(ReleaseId(7), &"a.bin".parse().unwrap(), &file)
        .await;
    assert_eq!(asset.unwrap(), AssetId(9));
}

#[tokio::test]
async fn downloaded_bytes_are_compared_with_the_size() {
    for (size, kind_of_failure, requests) in [(9, "ok", 1), (10, "unknown", 5), (8, "broken", 1)] {
        let server = Server::start(|_| ok("the bytes"));
        let github = github(&server);
        let asset = seen_asset(AssetId(1), size);
        let hashed = github.hash_asset(&asset).await;
        assert_eq!(kind(&hashed), kind_of_failure, "{size}: {hashed:?}");
        assert_eq!(server.heads().len(), requests, "{size}");
        let read = github.read_asset(&asset, 100).await;
        assert_eq!(kind(&read), kind_of_failure, "{size}: {read:?}");
    }
    // Too large for the caller: no request is sent.
    let server = Server::start(|_| ok("the bytes"));
    let (github, asset) = (github(&server), seen_asset(AssetId(1), 9));
    let read = github.read_asset(&asset, 8);
    assert_eq!((kind(&read.await), server.heads().len()), ("broken", 0));
}

#[tokio::test]
async fn read_asset_compares_the_digest_that_github_gives() {
    let server = Server::start(|_| ok("the bytes"));
    let github = github(&server);
    let mut asset = seen_asset(AssetId(1), 9);
    for (digest, kind_of_outcome) in [(&b"the bytes"[..], "ok"), (b"others", "broken")] {
        asset.digest = Some(btp_release::domain::Digest::of(digest));
        let read = github.read_asset(&asset, 9).await;
        assert_eq!(kind(&read), kind_of_outcome, "{read:?}");
    }
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let count = Arc::new(Mutex::new(0));
    let server = Server::start(move |_| {
        let mut count = count.lock().unwrap();
        *count += 1;
        match *count {
            // The manual clock starts at the beginning of 2026.
            1 => {
                let headers = "retry-after: Thu, 01 Jan 2026 00:01:30 GMT\r\n";
                (503, headers.to_owned(), String::new())
            }
            _ => ok(REPOSITORY),
        }
    });
    let clock = stand_ins::ServerClock::manual();
    let github = connect(settings(&server.url, "s3cret"), &clock);
    github.repository().await.unwrap();
    assert_eq!(clock.now(), Duration::from_secs(90));
}
