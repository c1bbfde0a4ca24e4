//! A release that is signed with a Sigstore, and that is interrupted at every request to it.

use stand_ins::Fault;
use tokio::sync::Notify;

use super::support::scene::{REQUIRE, Run, Scene};
use super::support::sigstore::Sigstore;
use super::whole_matrices;

/// Whose requests are interrupted.
#[derive(Clone, Copy, Debug)]
enum Server {
    Issuer,
    Sigstore,
}

const CUTS: [fn() -> Fault; 5] = [
    || Fault::ConnectionCutBefore,
    || Fault::AnswerLost,
    || Fault::Status(500),
    || Fault::StatusAfter(500),
    || Fault::CutAt(1),
];

impl Scene {
    fn requests_to(&self, server: Server) -> u64 {
        let Sigstore { oidc, server: ca } = self.sigstore.as_ref().unwrap();
        match server {
            Server::Issuer => oidc.log().last(),
            Server::Sigstore => ca.log().last(),
        }
    }

    fn cut(&self, server: Server, request: u64, fault: Fault) {
        let at = self.requests_to(server) + request;
        let Sigstore { oidc, server: ca } = self.sigstore.as_ref().unwrap();
        match server {
            Server::Issuer => oidc.faults().at(at, fault),
            Server::Sigstore => ca.faults().at(at, fault),
        }
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

/// With `WHOLE_MATRICES` in the environment every request is cut in every way, otherwise each in one or two.
#[tokio::test]
async fn release_that_is_signed_completes_after_every_interruption_of_sigstore() {
    let mut scene = Scene::start(|_| {}).await.signing(REQUIRE);
    scene.sigstore = Some(Sigstore::start(&scene.clock).await);
    let servers = [Server::Issuer, Server::Sigstore];
    let before = servers.map(|server| scene.requests_to(server));
    assert_eq!(scene.signed_to_the_end().await, Ok(1));
    let whole = scene.ending();
    let after = servers.map(|server| scene.requests_to(server));
    assert!(after[1] > before[1], "nothing was signed");
    let mut cases = 0;
    for (nth, server) in servers.into_iter().enumerate() {
        for request in 1..=after[nth] - before[nth] {
            for (kind, fault) in (0..).zip(CUTS) {
                if !whole_matrices() && (request + kind) % 4 != 0 {
                    continue;
                }
                scene.reset().await;
                scene.cut(server, request, fault());
                let case = format!("{server:?} {request} {:?}", fault());
                let ended = scene.signed_to_the_end().await;
                ended.unwrap_or_else(|why| panic!("{case}: {why}"));
                let ending = scene.ending();
                assert!(ending == whole, "{case}: {}", ending.differs(&whole));
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cuts of Sigstore survived");
}
