//! Servers that ask for what they must not be given, and GitHub in other places and on the move.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use btp_release::adapters::github::{GitHub, GitHubSettings};
use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::protocol::{AssetId, Cause, GitHubReader, GitHubWriter, ReleaseId};

use crate::rig::{SharedClock, connect, file, kind, settings, tag};

/// A server on loopback that answers each request by its first line, and keeps what it was sent.
struct Server {
    url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` is given the request's first line without the version, and answers with status, headers and body.
    fn start(answer: impl Fn(&str) -> (u16, String, String) + Send + 'static) -> Self {
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
                // What is still being sent is read, so that closing does not reset the answer away.
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

fn github(server: &Server) -> GitHub {
    connect(settings(&server.url, "s3cret"), &stand_ins::Clock::manual())
}

fn ok(body: &str) -> (u16, String, String) {
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
async fn every_request_says_who_asks_and_what_for() {
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
async fn an_enterprise_server_has_its_api_below_a_path() {
    let server = Server::start(|line| match line {
        "GET /api/v3/repos/kyma-project/btp-manager" => ok(REPOSITORY),
        "GET /api/v3/repos/kyma-project/btp-manager/releases?per_page=100" => ok("[]"),
        "POST /api/graphql" => ok(r#"{"data":{"repository":{"release":null}}}"#),
        _ => (404, String::new(), String::new()),
    });
    let settings = GitHubSettings {
        graphql_url: format!("{}/api/graphql", server.url).parse().unwrap(),
        ..settings(&format!("{}/api/v3", server.url), "s3cret")
    };
    let github = connect(settings, &stand_ins::Clock::manual());
    github.repository().await.unwrap();
    assert_eq!(github.releases(&tag("1.1.0")).await.unwrap(), []);
}

#[tokio::test]
async fn a_moved_repository_is_followed_on_the_same_host() {
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
        .create_tag(&tag("1.1.0"), &"0".repeat(40).parse().unwrap())
        .await;
    assert_eq!((kind(&moved), server.heads().len()), ("refused", 1));
}

#[tokio::test]
async fn the_token_is_sent_to_no_other_host() {
    let other = Server::start(|_| ok("the bytes"));
    let elsewhere = other.url.clone();
    let server = Server::start(move |line| match line {
        line if line.contains("/releases/assets/") => to(302, &format!("{elsewhere}/signed?sig=1")),
        line if line.contains("/releases?") => (
            200,
            format!("link: <{elsewhere}/page2>; rel=\"next\"\r\n"),
            "[]".to_owned(),
        ),
        _ => to(302, &format!("{elsewhere}/moved")),
    });
    let github = github(&server);
    assert_eq!(kind(&github.repository().await), "refused");
    assert_eq!(kind(&github.published_tags().await), "broken");
    assert_eq!(other.heads(), [""; 0]);

    let digest = github.hash_asset(AssetId(1)).await.unwrap();
    assert_eq!(digest, btp_release::domain::Digest::of(b"the bytes"));
    assert_eq!(other.lines(), ["GET /signed?sig=1 HTTP/1.1"]);
    assert!(!other.heads()[0].contains("s3cret"), "{:?}", other.heads());
}

#[tokio::test]
async fn nothing_is_uploaded_to_an_unknown_host() {
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
async fn other_places_are_refused_before_anything_is_sent() {
    let clock = stand_ins::Clock::manual();
    for (api, graphql, token) in [
        (
            "http://api.github.com",
            "http://api.github.com/graphql",
            "t",
        ),
        (
            "https://api.github.com",
            "https://api.example.com/graphql",
            "t",
        ),
        (
            "https://api.github.com",
            "http://api.github.com/graphql",
            "t",
        ),
        (
            "https://api.github.com",
            "https://api.github.com/graphql",
            "t\n",
        ),
    ] {
        let settings = GitHubSettings {
            graphql_url: graphql.parse().unwrap(),
            ..settings(api, token)
        };
        let http = Http::new(&HttpSettings::default()).unwrap();
        let outcome = GitHub::connect(settings, http, Arc::new(SharedClock(clock.clone())));
        assert_eq!(kind(&outcome), "broken", "{api} {graphql}");
    }
}

/// Takes what is logged.
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
async fn the_token_is_in_no_message_and_no_log() {
    let server = Server::start(|line| match line {
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
    let guard = tracing::subscriber::set_default(subscriber);
    // Other tests, which have no subscriber, may be the first to come by the same place.
    tracing::callsite::rebuild_interest_cache();
    let settings = settings(&server.url, "s3cret");
    assert!(!format!("{settings:?}").contains("s3cret"));
    let github = connect(settings, &stand_ins::Clock::manual());
    let error = github.repository().await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("you sent: authorization: Bearer ***"),
        "{error}"
    );
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
async fn a_slow_upload_that_moves_is_not_given_up() {
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
    let clock = Arc::new(SharedClock(stand_ins::Clock::manual()));
    let github = GitHub::connect(settings, Http::new(&http).unwrap(), clock).unwrap();
    let asset = github
        .upload_asset(ReleaseId(7), &"a.bin".parse().unwrap(), &file)
        .await;
    assert_eq!(asset.unwrap(), AssetId(9));
}
