//! Answers that no well-kept registry gives, from a server that says what it is told to.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of tests panics as a test does"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use btp_release::adapters::registry::{Credential, Credentials};
use btp_release::domain::{Digest, ImageRef, Repository};
use btp_release::protocol::{Cause, RegistryReader as _, RegistryWriter as _};

use crate::rig::{blob, collect, registries, repository, sample};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

struct Asked {
    line: String,
    head: String,
    body: String,
}

/// Answers each request by a function of it and of how many came before.
struct Odd {
    host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Odd {
    fn start(answer: impl Fn(usize, &str) -> Vec<u8> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&asked);
        std::thread::spawn(move || {
            for (count, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let mut head = String::new();
                while reader.read_line(&mut head).unwrap() > 2 {}
                let head = head.to_lowercase();
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let line = line.trim_end().replace(" HTTP/1.1", "");
                let reply = answer(count, &format!("{line}\n{head}"));
                told.lock().unwrap().push(Asked {
                    line,
                    head,
                    body: String::from_utf8_lossy(&body).into(),
                });
                // Whoever has heard enough hangs up.
                let _ = stream.write_all(&reply);
            }
        });
        Self { host, asked }
    }

    fn at(&self) -> Repository {
        repository(&self.host, "a/b")
    }

    fn tag(&self) -> ImageRef {
        self.at().tagged("1".parse().unwrap())
    }

    fn lines(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.line.clone()).collect()
    }
}

/// A status, header lines and a body; without a length the end of the connection ends it.
fn reply(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{headers}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn host_of(asked: &str) -> &str {
    let rest = asked.split("host: ").nth(1).unwrap();
    rest.lines().next().unwrap()
}

fn detail(cause: &Cause) -> &str {
    match cause {
        Cause::Broken { detail } => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn where_head_does_not_tell_get_does() {
    let manifest = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[]}}"#);
    let digest = Digest::of(manifest.as_bytes());
    for (head, typed) in [
        (
            reply(200, &format!("content-type: {INDEX}\r\n"), b""),
            INDEX,
        ),
        (reply(405, "", b""), INDEX),
        (
            reply(200, &format!("docker-content-digest: {digest}\r\n"), b""),
            "application/json; charset=utf-8",
        ),
        (
            reply(200, "docker-content-digest: sha512:00\r\n", b""),
            "text/plain",
        ),
    ] {
        let body = manifest.clone();
        let server = Odd::start(move |_, asked| {
            if asked.starts_with("HEAD") {
                head.clone()
            } else {
                reply(200, &format!("content-type: {typed}\r\n"), body.as_bytes())
            }
        });
        let all = registries(Credentials::anonymous());
        let seen = all.resolve(&server.tag()).await.unwrap().unwrap();
        assert_eq!((seen.digest, seen.media_type.as_str()), (digest, INDEX));
        assert_eq!(
            server.lines(),
            ["HEAD /v2/a/b/manifests/1", "GET /v2/a/b/manifests/1"]
        );
    }
}

#[tokio::test]
async fn what_is_no_manifest_is_not_taken_for_one() {
    let server = Odd::start(|_, _| reply(200, "content-type: text/html\r\n", b"<html>"));
    let all = registries(Credentials::anonymous());
    let error = all.resolve(&server.tag()).await.unwrap_err();
    assert!(detail(&error.cause).contains("what it is"), "{error}");

    let endless = vec![b' '; 5 << 20];
    let server = Odd::start(move |_, _| reply(200, "", &endless));
    let pinned = server.at().pinned(Digest::of(b""));
    let error = all.manifest(&pinned).await.unwrap_err();
    assert!(detail(&error.cause).contains("larger than"), "{error}");
}

#[tokio::test]
async fn a_range_that_was_not_asked_for_is_not_joined() {
    let layer = sample(1000);
    for wrong in [
        "content-range: bytes 500-999/1000\r\n",
        "content-range: bytes */1000\r\n",
        "",
    ] {
        for status in [206, 416] {
            let body = layer.clone();
            let server = Odd::start(move |count, _| match count {
                0 => reply(200, "content-length: 1000\r\n", &body[..300]),
                1 => reply(status, wrong, &body[500..]),
                _ => reply(200, "content-length: 1000\r\n", &body),
            });
            let all = registries(Credentials::anonymous());
            let pulled = collect(all.open_blob(&server.at(), Digest::of(&layer), 1000)).await;
            assert_eq!(pulled.unwrap(), layer, "{status} {wrong}");
            let asked = server.asked.lock().unwrap();
            let ranged: Vec<_> = asked
                .iter()
                .map(|asked| asked.head.contains("range: "))
                .collect();
            assert_eq!(ranged, [false, true, false]);
        }
    }
}

#[tokio::test]
async fn an_end_that_comes_too_early_is_a_cut() {
    let layer = sample(1000);
    let body = layer.clone();
    // Without a length, the end of the connection looks like the end of the blob.
    let server = Odd::start(move |count, _| match count {
        0 => reply(200, "", &body[..300]),
        _ => reply(206, "content-range: bytes 300-999/*\r\n", &body[300..]),
    });
    let all = registries(Credentials::anonymous());
    let pulled = collect(all.open_blob(&server.at(), Digest::of(&layer), 1000)).await;
    assert_eq!(pulled.unwrap(), layer);

    let body = layer.clone();
    let server = Odd::start(move |_, _| reply(200, "", &body));
    let error = collect(all.open_blob(&server.at(), Digest::of(&layer), 999)).await;
    assert!(detail(&error.unwrap_err().cause).contains("more than 999"));
    assert_eq!(
        all.blob(&server.at(), Digest::of(&layer), 1000)
            .await
            .unwrap(),
        layer
    );
    assert!(
        all.blob(&server.at(), Digest::of(&layer), 999)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn redirects_end_and_stay_encrypted() {
    let all = registries(Credentials::anonymous());
    for (location, why) in [
        ("location: /v2/a/b/manifests/1\r\n", "more than 5 times"),
        ("location: http://192.0.2.1/\r\n", "without HTTPS"),
        ("location: file:///etc/passwd\r\n", "without HTTPS"),
        ("", "without a Location"),
    ] {
        let server = Odd::start(move |_, _| reply(307, location, b""));
        let error = all.resolve(&server.tag()).await.unwrap_err();
        assert!(detail(&error.cause).contains(why), "{location}: {error}");
        assert!(server.lines().len() <= 6);
    }
}

#[tokio::test]
async fn an_upload_goes_where_the_registry_says() {
    let layer = blob(b"abc".to_vec());
    let all = registries(Credentials::anonymous());
    let digest = layer.digest.to_string().replace(':', "%3A");
    for (headers, put) in [
        (
            "location: /up/1?_state=x%2By\r\n",
            format!("PUT /up/1?_state=x%2By&digest={digest}"),
        ),
        (
            "location: 7\r\n",
            format!("PUT /v2/a/b/blobs/uploads/7?digest={digest}"),
        ),
        (
            "location: http://HOST/up/2?a=b\r\n",
            format!("PUT /up/2?a=b&digest={digest}"),
        ),
        (
            "docker-upload-uuid: 8\r\n",
            format!("PUT /v2/a/b/blobs/uploads/8?digest={digest}"),
        ),
    ] {
        let server = Odd::start(move |_, asked| {
            let host = host_of(asked);
            match &asked[..4] {
                "HEAD" => reply(404, "", b""),
                "POST" => reply(202, &headers.replace("HOST", host), b""),
                _ => reply(201, "", b""),
            }
        });
        all.push_blob(&server.at(), &layer).await.unwrap();
        let asked = server.asked.lock().unwrap();
        assert_eq!(asked[2].line, put);
        assert_eq!(asked[2].body, "abc");
        assert!(
            asked[2].head.contains("content-length: 3\r\n"),
            "{}",
            asked[2].head
        );
    }
    for (headers, why) in [
        ("", "where to upload"),
        ("location: http://192.0.2.1/up\r\n", "without HTTPS"),
    ] {
        let server = Odd::start(move |_, asked| match &asked[..4] {
            "HEAD" => reply(404, "", b""),
            _ => reply(202, headers, b""),
        });
        let error = all.push_blob(&server.at(), &layer).await.unwrap_err();
        assert!(detail(&error.cause).contains(why), "{error}");
    }
}

#[tokio::test]
async fn what_is_stored_must_be_what_was_sent() {
    let other = Digest::of(b"other");
    let server =
        Odd::start(move |_, _| reply(201, &format!("docker-content-digest: {other}\r\n"), b""));
    let all = registries(Credentials::anonymous());
    let put = all
        .push_manifest(&server.tag(), OCI_MANIFEST, "{}".into())
        .await;
    assert!(detail(&put.unwrap_err().cause).contains("instead of"));
    let pinned = server.at().pinned(other).into();
    let put = all.push_manifest(&pinned, OCI_MANIFEST, "{}".into()).await;
    assert!(detail(&put.unwrap_err().cause).contains("its bytes are"));
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn an_identity_token_is_traded_for_an_access_token() {
    let server = Odd::start(|_, asked| {
        let host = host_of(asked);
        if asked.starts_with("POST") {
            return reply(200, "", br#"{"access_token":"fresh","expires_in":300}"#);
        }
        if asked.contains("authorization: bearer fresh") {
            return reply(404, "", b"");
        }
        let challenge = format!("Bearer realm=\"http://{host}/oauth\",service=\"reg\"");
        reply(401, &format!("www-authenticate: {challenge}\r\n"), b"")
    });
    let credentials = Credentials::anonymous().with(
        &server.host,
        Credential::Identity("refresh me".to_owned().into()),
    );
    let all = registries(credentials);
    assert_eq!(all.resolve(&server.tag()).await.unwrap(), None);
    let asked = server.asked.lock().unwrap();
    assert_eq!(asked[1].line, "POST /oauth");
    assert_eq!(
        asked[1].body,
        "grant_type=refresh_token&service=reg&client_id=btp-release&scope=repository%3Aa%2Fb%3Apull&refresh_token=refresh+me"
    );
}

#[tokio::test]
async fn unusable_token_answers_are_called_that_and_not_quoted() {
    for (status, body, why) in [
        (200, "{}", "gave no token"),
        (200, r#"{"token":""}"#, "gave no token"),
        (200, r#"{"token":"a\nb"}"#, "is no header"),
        (200, r#"{"token":["s3cret"]}"#, "unreadable"),
    ] {
        let server = Odd::start(move |_, asked| {
            let host = host_of(asked);
            if asked.starts_with("GET /token") {
                return reply(status, "", body.as_bytes());
            }
            let challenge = format!("www-authenticate: Bearer realm=\"http://{host}/token\"\r\n");
            reply(401, &challenge, b"")
        });
        let all = registries(Credentials::anonymous());
        let error = all.resolve(&server.tag()).await.unwrap_err();
        assert!(detail(&error.cause).contains(why), "{error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[tokio::test]
async fn a_store_that_asks_for_a_password_gets_none() {
    let store = Odd::start(|_, asked| {
        let host = host_of(asked);
        let challenge = format!("www-authenticate: Bearer realm=\"http://{host}/token\"\r\n");
        reply(401, &challenge, b"")
    });
    let location = format!("location: http://{}/blob\r\n", store.host);
    let server = Odd::start(move |_, _| reply(307, &location, b""));
    let bob = Credential::Basic {
        user: "bob".into(),
        password: "pw".to_owned().into(),
    };
    let all = registries(Credentials::anonymous().with(&server.host, bob));
    let pulled = collect(all.open_blob(&server.at(), Digest::of(b"x"), 1)).await;
    let cause = pulled.unwrap_err().cause;
    assert!(
        matches!(cause, Cause::Denied { status: 401, .. }),
        "{cause:?}"
    );
    assert_eq!(store.lines(), ["GET /blob"]);
}
