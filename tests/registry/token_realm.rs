//! The name of a token service is resolved once, and the token is requested at exactly the address that was checked.

#![expect(
    clippy::unwrap_used,
    reason = "a helper of tests panics as a test does"
)]

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use btp_release::adapters::http::{Http, HttpSettings, NameLookup};
use btp_release::adapters::registry::{Credential, Credentials, Registries};
use btp_release::protocol::{Cause, RegistryReader as _};

use crate::scripted_server::{ScriptedServer, host_of, reply};
use crate::support::registry::FastClock;

/// Answers each resolution with the next list of addresses, and repeats the last list.
#[derive(Debug)]
struct ScriptedLookup {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    names: Mutex<Vec<String>>,
}

impl ScriptedLookup {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let list = |addresses: &&[&str]| addresses.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self {
            answers: Mutex::new(answers.iter().map(list).collect()),
            names: Mutex::default(),
        })
    }

    fn names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl NameLookup for ScriptedLookup {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        self.names.lock().unwrap().push(name.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let next = answers.pop_front().unwrap();
        if answers.is_empty() {
            answers.push_back(next.clone());
        }
        Ok(next)
    }
}

/// An adapter with a password for the server, whose name resolution is scripted.
fn registries(server: &ScriptedServer, lookup: &Arc<ScriptedLookup>) -> Registries {
    let http = Http::with_lookup(&HttpSettings::default(), lookup.clone()).unwrap();
    let credential = Credential::Basic {
        user: "bob".into(),
        password: "s3cret".into(),
    };
    let credentials = Credentials::anonymous().with(&server.host, credential);
    Registries::new(&http, credentials, FastClock::start())
}

/// A registry that names `realm` as its token service and accepts the token `fresh`.
fn registry(realm: String) -> ScriptedServer {
    ScriptedServer::start(move |_, request| {
        if request.contains("authorization: bearer fresh") {
            return reply(404, "", b"");
        }
        let challenge = format!("www-authenticate: Bearer realm=\"{realm}\"\r\n");
        reply(401, &challenge, b"")
    })
}

#[tokio::test]
async fn realm_is_resolved_once_and_asked_at_the_checked_address() {
    let give = |_: usize, _: &str| reply(200, "", br#"{"token":"fresh"}"#);
    let tokens = ScriptedServer::start(give);
    let port = tokens.host.rsplit(':').next().unwrap().to_owned();
    // The second resolution returns another address: a client that resolves again sends the password there.
    let elsewhere = ScriptedServer::start_at(&format!("127.0.0.2:{port}"), give);
    let lookup = ScriptedLookup::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let registry = registry(format!("http://tokens.localhost:{port}/token"));
    let all = registries(&registry, &lookup);
    assert_eq!(all.resolve(&registry.tag()).await.unwrap(), None);
    assert_eq!(lookup.names(), ["tokens.localhost"]);
    assert_eq!(tokens.lines().len(), 1);
    assert_eq!(elsewhere.lines(), [""; 0]);
    let received = tokens.received.lock().unwrap();
    assert_eq!(
        host_of(&received[0].head),
        format!("tokens.localhost:{port}")
    );
    assert!(received[0].head.contains("authorization: basic "));
}

#[tokio::test]
async fn every_connection_to_the_realm_is_checked() {
    // The first attempt fails, so that the second one connects and resolves again.
    let tokens = ScriptedServer::start(|_, _| reply(503, "", b""));
    let port = tokens.host.rsplit(':').next().unwrap().to_owned();
    let lookup = ScriptedLookup::new(&[&["127.0.0.1"], &["192.0.2.1"]]);
    let registry = registry(format!("http://tokens.localhost:{port}/token"));
    let all = registries(&registry, &lookup);
    let cause = all.resolve(&registry.tag()).await.unwrap_err().cause;
    let Cause::Broken { detail } = &cause else {
        panic!("{cause:?}")
    };
    assert!(detail.contains("is not HTTPS"), "{detail}");
    assert_eq!(tokens.lines().len(), 1);
    assert_eq!(lookup.names().len(), 2);
}

#[tokio::test]
async fn realm_that_resolves_to_a_forbidden_address_is_not_connected_to() {
    for (addresses, why) in [
        (&["10.0.0.1"][..], "is on a private address"),
        (&["8.8.8.8", "10.0.0.1"], "is on a private address"),
        (&["169.254.169.254"], "is on a link-local address"),
    ] {
        let lookup = ScriptedLookup::new(&[addresses]);
        let registry = registry("https://tokens.example/token".into());
        let all = registries(&registry, &lookup);
        let cause = all.resolve(&registry.tag()).await.unwrap_err().cause;
        let Cause::Broken { detail } = &cause else {
            panic!("{cause:?}")
        };
        assert!(detail.contains(why), "{detail}");
        assert!(detail.contains("https://tokens.example/token"), "{detail}");
        // A refusal is kept: the name is not resolved again.
        assert_eq!(lookup.names(), ["tokens.example"]);
    }
}
