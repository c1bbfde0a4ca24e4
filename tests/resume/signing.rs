//! A release that is signed with a Sigstore, and that is interrupted at every request to it, and to GitHub about attestations.

use stand_ins::{EventLog, Fault, Faults, LogEntry};
use tokio::sync::Notify;

use super::support::scene::{REQUIRE, Run, Scene};
use super::support::sigstore::Sigstore;
use super::whole_matrices;

/// Whose requests are interrupted.
#[derive(Clone, Copy, Debug)]
enum Server {
    Issuer,
    /// Certificate authority, timestamp authority and log.
    Sigstore,
    /// GitHub, where attestations are stored and listed.
    Attestations,
}

const SERVERS: [Server; 3] = [Server::Issuer, Server::Sigstore, Server::Attestations];

const CUTS: [fn() -> Fault; 5] = [
    || Fault::ConnectionCutBefore,
    || Fault::AnswerLost,
    || Fault::Status(500),
    || Fault::StatusAfter(500),
    || Fault::CutAt(1),
];

impl Scene {
    fn server(&self, server: Server) -> (&EventLog, &Faults) {
        let Sigstore { oidc, server: ca } = self.sigstore.as_ref().unwrap();
        match server {
            Server::Issuer => (oidc.log(), oidc.faults()),
            Server::Sigstore => (ca.log(), ca.faults()),
            Server::Attestations => (self.github.log(), self.github.faults()),
        }
    }

    /// The requests of a release that are to be interrupted, each by how many came before it.
    fn requests_to(&self, server: Server, before: u64) -> Vec<u64> {
        let is_meant = |entry: &LogEntry| match server {
            Server::Attestations => entry.path.contains("/attestations"),
            _ => true,
        };
        let (log, _) = self.server(server);
        let entries = log.filter(|entry| entry.number > before && is_meant(entry));
        entries.iter().map(|entry| entry.number - before).collect()
    }

    fn cut(&self, server: Server, request: u64, fault: Fault) {
        let (log, faults) = self.server(server);
        faults.at(log.last() + request, fault);
    }

    /// Runs until success, each time as another run of the workflow.
    async fn signed_to_the_end(&self) -> Result<u64, String> {
        let killed = Notify::new();
        let mut last = String::new();
        for id in 1..=3 {
            match self.run(Run { id, attempt: 1 }, &killed, self).await {
                Ok(()) => return Ok(id),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
}

/// With `WHOLE_MATRICES` in the environment every request is cut in every way, otherwise each in one.
#[tokio::test]
async fn release_that_is_signed_completes_after_every_interruption_of_sigstore() {
    let mut scene = Scene::start(|_| {}).await.signing(REQUIRE);
    scene.sigstore = Some(Sigstore::start(&scene.clock).await);
    let last = |server| scene.server(server).0.last();
    let before = SERVERS.map(last);
    assert_eq!(scene.signed_to_the_end().await, Ok(1));
    let whole = scene.ending();
    let requests = SERVERS.map(|server| scene.requests_to(server, before[server as usize]));
    for (server, requests) in SERVERS.iter().zip(&requests) {
        assert!(!requests.is_empty(), "{server:?} was never asked");
    }
    let mut cases = 0;
    for (server, requests) in SERVERS.into_iter().zip(requests) {
        for (nth, request) in (0..).zip(requests) {
            for (kind, fault) in (0..).zip(CUTS) {
                if !whole_matrices() && (nth + kind) % 5 != 0 {
                    continue;
                }
                scene.reset().await;
                scene.cut(server, request, fault());
                let case = format!("{server:?} {request} {:?}", fault());
                let ended = scene.signed_to_the_end().await;
                ended.unwrap_or_else(|why| panic!("{case}: {why}"));
                let pending = scene.server(server).1.pending();
                assert_eq!(pending, 0, "{case} was never reached");
                let ending = scene.ending();
                assert!(ending == whole, "{case}: {}", ending.differs(&whole));
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cuts of Sigstore and of the attestations survived");
}

/// Every request of `publish` about referrers, from the first look at what a registry has of them.
fn requests_about_referrers(log: &EventLog) -> Vec<u64> {
    let mut since = false;
    let entries = log.filter(|_| true);
    let about = entries.iter().filter(|entry| {
        since |= entry.path.contains("/referrers/");
        since
    });
    about.map(|entry| entry.number).collect()
}

/// In a registry that lists referrers, and in one where they are listed in an index that is written. `verify`, which ends each
/// release, finds all of them. With `WHOLE_MATRICES` in the environment every request is cut in every way.
#[tokio::test]
async fn release_with_referrers_completes_after_every_interruption_of_the_registry() {
    let mut cases = 0;
    for lists in [true, false] {
        let scene = Scene::start(|_| {})
            .await
            .signing(REQUIRE)
            .referring(REQUIRE);
        let scene = scene
            .with_registry(|registry| registry.referrers = lists)
            .await;
        let before = scene.registry.log().last();
        assert_eq!(scene.signed_to_the_end().await, Ok(1));
        let requests = requests_about_referrers(scene.registry.log());
        assert!(requests.len() > 20, "{requests:?}");
        for (nth, request) in (0..).zip(requests) {
            for (kind, fault) in (0..).zip(CUTS) {
                // Every third request, in one way.
                if !whole_matrices() && (nth + 3 * kind) % 15 != 0 {
                    continue;
                }
                scene.reset().await;
                let (log, faults) = (scene.registry.log(), scene.registry.faults());
                faults.at(log.last() + request - before, fault());
                let case = format!("lists: {lists}, {request} {:?}", fault());
                let ended = scene.signed_to_the_end().await;
                ended.unwrap_or_else(|why| panic!("{case}: {why}"));
                assert_eq!(faults.pending(), 0, "{case} was never reached");
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cuts of requests about referrers survived");
}
