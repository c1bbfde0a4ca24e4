//! Certificates, proxies, and servers that never answer.

use stand_ins::github::{GitHubWorld, Token};
use stand_ins::{GitHubServer, Options, RegistryOptions, RegistryServer};

use crate::process::{REPOSITORY, Run, TOKEN};
use crate::servers::{AUTHORITY, CERTIFICATE, OTHER_NAME, Proxy, TlsServer, silent};

/// Nothing listens there.
const NOBODY: &str = "http://127.0.0.1:9";

async fn github() -> GitHubServer {
    let mut world = GitHubWorld::new();
    world.token(TOKEN, Token::github_token());
    world.repository(REPOSITORY).commit("Initial commit");
    GitHubServer::start(world, Options::default())
        .await
        .unwrap()
}

fn host(url: &str) -> &str {
    url.trim_start_matches("http://")
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_authority_is_met_once_and_names_the_variable() {
    let github = github().await;
    let server = TlsServer::start(CERTIFICATE, host(&github.api_url())).await;
    let url = format!("https://{}", server.host);
    let status = || Run::terminal("status v1.2.0").api(&url);
    let ended = status().end().await;
    ended.assert_says(
        14,
        "error[certificate-refused] status: look for the releases of v1.2.0: the certificate of 127.0.0.1 is not accepted: its authority is \
         not known here\n  help: if this authority is to be trusted, such as a company's own, name a file with its certificate as PEM: \
         SSL_CERT_FILE=/path/of/ca.pem; the usual authorities are built in\n",
    );
    assert_eq!(*server.connections.lock().unwrap(), 1);
    let trusted = status()
        .with_file("ca.pem", CERTIFICATE)
        .env("SSL_CERT_FILE", "ca.pem");
    trusted.end().await.assert_says(0, "status: done: ");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificate_that_no_trust_would_help_says_so() {
    for (certificate, said) in [
        (
            OTHER_NAME,
            "  help: check the address: the certificate is for another name\n",
        ),
        (
            AUTHORITY,
            "the certificate of 127.0.0.1 is not accepted: it is the certificate of an authority, which a server may not use\n  help: give \
             the server a certificate that the authority issued, or one with basicConstraints=CA:FALSE, ",
        ),
    ] {
        let server = TlsServer::start(certificate, "127.0.0.1:9").await;
        let ended = Run::terminal("status v1.2.0")
            .api(&format!("https://{}", server.host))
            .with_file("ca.pem", certificate)
            .env("SSL_CERT_FILE", "ca.pem")
            .end()
            .await;
        ended.assert_says(14, said);
        assert_eq!(*server.connections.lock().unwrap(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proxy_is_used_for_github_and_for_registries() {
    let (github, registry) = (
        github().await,
        RegistryServer::start(RegistryOptions::default()),
    );
    let registry = registry.await.unwrap();
    for (line, name, upstream, end) in [
        (
            "status v1.2.0",
            "api.git.example",
            host(&github.api_url()),
            (0, "status: done: "),
        ),
        (
            "inspect-module registry.example/a/b:1",
            "registry.example",
            &registry.host(),
            (12, "error[module-missing]"),
        ),
    ] {
        let server = TlsServer::start(CERTIFICATE, upstream).await;
        let proxy = Proxy::start(200, &server.host).await;
        let ended = Run::terminal(line)
            .api("https://api.git.example")
            .with_file("ca.pem", CERTIFICATE)
            .env("SSL_CERT_FILE", "ca.pem")
            .env("HTTPS_PROXY", format!("http://user:pr0xy@{}", proxy.host))
            .end()
            .await;
        ended.assert_says(end.0, end.1);
        let asked = proxy.asked.lock().unwrap();
        assert!(
            asked[0].starts_with(&format!("CONNECT {name}:443 ")),
            "{asked:?}"
        );
        // user:pr0xy
        assert!(asked[0].contains("Basic dXNlcjpwcjB4eQ=="), "{asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_proxy_is_named_without_its_password() {
    let refusing = Proxy::start(403, "").await;
    let asking = Proxy::start(407, "").await;
    for (proxy, why) in [
        (
            "127.0.0.1:9",
            "cannot connect: Connection refused (os error 111)",
        ),
        (&refusing.host, "cannot connect: tunnel error: unsuccessful"),
        (
            &asking.host,
            "cannot connect: tunnel error: proxy authorization required",
        ),
    ] {
        for variable in ["HTTPS_PROXY", "ALL_PROXY"] {
            let ended = Run::terminal("status v1.2.0 --timeout 3s")
                .api("https://api.git.example")
                .env(variable, format!("http://user:pr0xy@{proxy}"))
                .end()
                .await;
            let named = format!(
                "{why}, through the proxy http://{proxy} (HTTPS_PROXY or ALL_PROXY; NO_PROXY names what is reached without it)"
            );
            ended.assert_says(14, &named);
            assert!(
                !ended.log.contains("pr0xy@") && !ended.log.contains("user"),
                "{}",
                ended.log
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_leaves_the_proxy_out() {
    let github = github().await;
    for (variable, value) in [
        ("NO_PROXY", "127.0.0.1,localhost"),
        ("no_proxy", "127.0.0.0/8"),
    ] {
        let ended = Run::terminal("status v1.2.0")
            .api(&github.api_url())
            .env("HTTP_PROXY", NOBODY)
            .env(variable, value)
            .end()
            .await;
        ended.assert_says(0, "status: done: ");
    }
}

/// It is asked again for two minutes; the deadline comes in between.
#[tokio::test(flavor = "multi_thread")]
async fn registry_that_refuses_connections_is_named_at_the_deadline() {
    let github = github().await;
    let registry = host(NOBODY);
    let line =
        format!("plan v1.2.0 --binary-image {registry}/a/b:1 --existing-image fail --timeout 3s");
    let commit = github.world().repositories[REPOSITORY].tip();
    let ended = Run::terminal(&format!("{line} --commit {commit}"))
        .api(&github.api_url())
        .end()
        .await;
    let seen = format!(
        "error[deadline-passed] plan: gave up after 3s, without a complete answer to:\n  HEAD {registry}/v2/a/b/manifests/1\n"
    );
    ended.assert_says(11, &seen);
}

/// It would give up after a minute with another code.
#[tokio::test(flavor = "multi_thread")]
async fn silent_github_does_not_outlast_the_timeout() {
    let url = silent();
    for line in [
        "plan v1.2.0",
        "status v1.2.0",
        "verify v1.2.0",
        "discard v1.2.0",
    ] {
        let ended = Run::terminal(&format!("{line} --timeout=1s"))
            .api(&url)
            .end()
            .await;
        let phase = line.split(' ').next().unwrap();
        let seen = format!(
            "error[deadline-passed] {phase}: gave up after 1s, without a complete answer to:\n  "
        );
        ended.assert_says(11, &seen);
    }
}
