//! Unusual answers of registries, from a server with scripted answers.

#![expect(clippy::panic, reason = "a helper of tests panics as a test does")]

use btp_release::adapters::registry::{Credential, Credentials};
use btp_release::domain::Digest;
use btp_release::protocol::{Cause, RegistryReader as _, RegistryWriter as _};

use crate::scripted_server::{ScriptedServer, host_of, reply};
use crate::support::registry::{blob, collect, registries, sample};

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn detail(cause: &Cause) -> &str {
    match cause {
        Cause::Broken { detail } => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn resolve_falls_back_to_get() {
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
        let server = ScriptedServer::start(move |_, request| {
            if request.starts_with("HEAD") {
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
async fn html_and_oversized_manifests_are_refused() {
    let server = ScriptedServer::start(|_, _| reply(200, "content-type: text/html\r\n", b"<html>"));
    let all = registries(Credentials::anonymous());
    let error = all.resolve(&server.tag()).await.unwrap_err();
    assert!(
        detail(&error.cause).contains("answers with text/html"),
        "{error}"
    );

    let endless = vec![b' '; 5 << 20];
    let server = ScriptedServer::start(move |_, _| reply(200, "", &endless));
    let pinned = server.at().pinned(Digest::of(b""));
    let error = all.manifest(&pinned).await.unwrap_err();
    assert!(detail(&error.cause).contains("larger than"), "{error}");
}

#[tokio::test]
async fn wrong_content_range_restarts_the_download() {
    let layer = sample(1000);
    for wrong in [
        "content-range: bytes 500-999/1000\r\n",
        "content-range: bytes */1000\r\n",
        "",
    ] {
        for status in [206, 416] {
            let body = layer.clone();
            let server = ScriptedServer::start(move |count, _| match count {
                0 => reply(200, "content-length: 1000\r\n", &body[..300]),
                1 => reply(status, wrong, &body[500..]),
                _ => reply(200, "content-length: 1000\r\n", &body),
            });
            let all = registries(Credentials::anonymous());
            let pulled = collect(all.open_blob(&server.at(), Digest::of(&layer), 1000)).await;
            assert_eq!(pulled.unwrap(), layer, "{status} {wrong}");
            let received = server.received.lock().unwrap();
            let ranged: Vec<_> = received
                .iter()
                .map(|request| request.head.contains("range: "))
                .collect();
            assert_eq!(ranged, [false, true, false]);
        }
    }
}

#[tokio::test]
async fn body_that_ends_early_is_continued() {
    let layer = sample(1000);
    let body = layer.clone();
    // Without a length, the end of the connection is taken for the end of the blob.
    let server = ScriptedServer::start(move |count, _| match count {
        0 => reply(200, "", &body[..300]),
        _ => reply(206, "content-range: bytes 300-999/*\r\n", &body[300..]),
    });
    let all = registries(Credentials::anonymous());
    let pulled = collect(all.open_blob(&server.at(), Digest::of(&layer), 1000)).await;
    assert_eq!(pulled.unwrap(), layer);

    let body = layer.clone();
    let server = ScriptedServer::start(move |_, _| reply(200, "", &body));
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
async fn redirects_are_limited_and_stay_on_https() {
    let all = registries(Credentials::anonymous());
    for (location, why) in [
        ("location: /v2/a/b/manifests/1\r\n", "more than 5 times"),
        ("location: http://192.0.2.1/\r\n", "without HTTPS"),
        ("location: file:///etc/passwd\r\n", "without HTTPS"),
        ("", "without a Location"),
    ] {
        let server = ScriptedServer::start(move |_, _| reply(307, location, b""));
        let error = all.resolve(&server.tag()).await.unwrap_err();
        assert!(detail(&error.cause).contains(why), "{location}: {error}");
        assert!(server.lines().len() <= 6);
    }
}

#[tokio::test]
async fn upload_follows_the_location_of_the_registry() {
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
        let server = ScriptedServer::start(move |_, request| {
            let host = host_of(request);
            match &request[..4] {
                "POST" => reply(202, &headers.replace("HOST", host), b""),
                _ => reply(201, "", b""),
            }
        });
        all.push_blob(&server.at(), &layer).await.unwrap();
        let received = server.received.lock().unwrap();
        assert_eq!(received[1].line, put);
        assert_eq!(received[1].body, "abc");
        assert!(
            received[1].head.contains("content-length: 3\r\n"),
            "{}",
            received[1].head
        );
    }
    for (headers, why) in [
        ("", "where to upload"),
        ("location: http://192.0.2.1/up\r\n", "without HTTPS"),
    ] {
        let server = ScriptedServer::start(move |_, _| reply(202, headers, b""));
        let error = all.push_blob(&server.at(), &layer).await.unwrap_err();
        assert!(detail(&error.cause).contains(why), "{error}");
    }
}

#[tokio::test]
async fn blob_is_uploaded_where_it_cannot_be_mounted() {
    let layer = blob(b"abc".to_vec());
    let all = registries(Credentials::anonymous());
    for status in [400, 403, 404, 405] {
        let server = ScriptedServer::start(move |_, request| match request {
            _ if request.starts_with("PUT") => reply(201, "", b""),
            _ if request.contains("mount=") => reply(status, "", b""),
            _ => reply(202, "location: 7\r\n", b""),
        });
        all.push_blob(&server.at(), &layer).await.unwrap();
        let lines = server.lines();
        let methods: Vec<_> = lines.iter().map(|line| &line[..4]).collect();
        assert_eq!(methods, ["POST", "POST", "PUT "], "{status}");
    }
    // Where an upload is refused as well, that is the error.
    let server = ScriptedServer::start(|_, _| reply(403, "", b""));
    let error = all.push_blob(&server.at(), &layer).await.unwrap_err();
    assert!(
        matches!(error.cause, Cause::Denied { status: 403, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn stored_manifest_digest_is_compared() {
    let other = Digest::of(b"other");
    let server = ScriptedServer::start(move |_, _| {
        reply(201, &format!("docker-content-digest: {other}\r\n"), b"")
    });
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
async fn identity_token_is_exchanged_for_an_access_token() {
    let server = ScriptedServer::start(|_, request| {
        let host = host_of(request);
        if request.starts_with("POST") {
            return reply(200, "", br#"{"access_token":"fresh","expires_in":300}"#);
        }
        if request.contains("authorization: bearer fresh") {
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
    let received = server.received.lock().unwrap();
    assert_eq!(received[1].line, "POST /oauth");
    assert_eq!(
        received[1].body,
        "grant_type=refresh_token&service=reg&client_id=btp-release&scope=repository%3Aa%2Fb%3Apull&refresh_token=refresh+me"
    );
}

#[tokio::test]
async fn unusable_token_answers_are_not_quoted() {
    for (status, body, why) in [
        (200, "{}", "gave no token"),
        (200, r#"{"token":""}"#, "gave no token"),
        (200, r#"{"token":"a\nb"}"#, "is no header"),
        (200, r#"{"token":["s3cret"]}"#, "unreadable"),
    ] {
        let server = ScriptedServer::start(move |_, request| {
            let host = host_of(request);
            if request.starts_with("GET /token") {
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
async fn challenge_of_a_redirect_target_gets_no_credentials() {
    let store = ScriptedServer::start(|_, request| {
        let host = host_of(request);
        let challenge = format!("www-authenticate: Bearer realm=\"http://{host}/token\"\r\n");
        reply(401, &challenge, b"")
    });
    let location = format!("location: http://{}/blob\r\n", store.host);
    let server = ScriptedServer::start(move |_, _| reply(307, &location, b""));
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
