//! A release that is signed with a Sigstore, and that is interrupted at every request to it, and to GitHub about attestations.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use stand_ins::{EventLog, Fault, Faults, LogEntry};
use tokio::sync::Notify;

use super::release::Phases;
use super::support::cuts::whole_matrices;
use super::support::scene::{REQUIRE, Run, Scene};
use super::support::sigstore::Sigstore;

/// Whose requests are interrupted.
#[derive(Clone, Copy, Debug)]
enum Server {
    Issuer,
    /// Certificate authority, timestamp authority and log.
    Sigstore,
    /// GitHub, where attestations are stored and listed.
    Attestations,
    Registry,
}

const SERVERS: [Server; 3] = [Server::Issuer, Server::Sigstore, Server::Attestations];

pub(super) const CUTS: [fn() -> Fault; 5] = [
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
            Server::Registry => (self.registry.log(), self.registry.faults()),
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
    pub(super) async fn signed_to_the_end(&self) -> Result<u64, String> {
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

/// The workflow that builds the image and signs how.
const BUILDER: &str =
    "kyma-project/btp-release-action/.github/workflows/post-build-image.yaml@refs/tags/v1";

/// A statement that is stored: its predicate type, and the digests of its subjects.
type Statement = (String, Vec<String>);

impl Scene {
    /// What is signed about builds, in the order of the alphabet: what was lost is stored after the rest.
    fn attested(&self) -> Vec<Statement> {
        let bundles: Vec<Value> = self.repository(|repository| {
            let all = repository.attestations.iter();
            all.map(|one| one.bundle.clone()).collect()
        });
        let statement = |bundle: &Value| {
            let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
            let payload = BASE64_STANDARD.decode(payload).unwrap();
            let statement: Value = serde_json::from_slice(&payload).unwrap();
            let subjects = statement["subject"].as_array().unwrap().iter();
            let digests = subjects.map(|one| one["digest"]["sha256"].as_str().unwrap().to_owned());
            let kind = statement["predicateType"].as_str().unwrap();
            (kind.to_owned(), digests.collect())
        };
        let mut all: Vec<Statement> = bundles.iter().map(statement).collect();
        all.sort();
        all
    }

    /// An image that is built and not attested yet, and the plan.
    async fn built(&self) -> String {
        self.reset().await;
        let run = Run { id: 1, attempt: 1 };
        self.begin(run);
        let plan = self.plan(run, self).await.unwrap();
        self.phase(run, "draft", &[("plan", &plan)]).await.unwrap();
        Phases::build(self, &plan).await.unwrap();
        let bill = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6"}"#;
        std::fs::write(self.folder.path().join("sbom.json"), bill).unwrap();
        self.forget();
        plan
    }

    /// Attests the build until success, each time in another attempt of the run, as when only the failed job is run again.
    async fn attested_to_the_end(&self, plan: &str) -> Result<u32, String> {
        let mut last = String::new();
        for attempt in 1..=3 {
            let inputs = [
                ("plan", plan),
                ("image", "binary"),
                ("job-workflow", BUILDER),
                ("build-attempt", "1"),
                ("sbom", "sbom.json"),
            ];
            match Phases::phase(self, Run { id: 1, attempt }, "attest-build", &inputs).await {
                Ok(_) => return Ok(attempt),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
}

/// With `WHOLE_MATRICES` in the environment every request is cut in every way, otherwise each in one or two.
#[tokio::test]
async fn build_is_attested_once_after_every_interruption() {
    const ALL: [Server; 4] = [
        Server::Issuer,
        Server::Sigstore,
        Server::Attestations,
        Server::Registry,
    ];
    let mut scene = Scene::start(|_| {}).await.signing(REQUIRE);
    scene.sigstore = Some(Sigstore::start(&scene.clock).await);
    let plan = scene.built().await;
    let before = ALL.map(|server| scene.server(server).0.last());
    assert_eq!(scene.attested_to_the_end(&plan).await, Ok(1));
    let whole = scene.attested();
    let kinds: Vec<&str> = whole.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(
        kinds,
        [
            "https://cyclonedx.org/bom",
            "https://slsa.dev/provenance/v1"
        ]
    );
    let requests = ALL.into_iter().zip(before);
    let requests = requests.map(|(server, before)| scene.requests_to(server, before));
    let requests: Vec<_> = requests.collect();
    let mut cases = 0;
    for (server, requests) in ALL.into_iter().zip(requests) {
        assert!(!requests.is_empty(), "{server:?} was never asked");
        for (nth, request) in (0..).zip(requests) {
            for (kind, fault) in (0..).zip(CUTS) {
                if !whole_matrices() && (nth + kind) % 3 != 0 {
                    continue;
                }
                let plan = scene.built().await;
                scene.cut(server, request, fault());
                let case = format!("{server:?} {request} {:?}", fault());
                let ended = scene.attested_to_the_end(&plan).await;
                ended.unwrap_or_else(|why| panic!("{case}: {why}"));
                let pending = scene.server(server).1.pending();
                assert_eq!(pending, 0, "{case} was never reached");
                assert_eq!(scene.attested(), whole, "{case}");
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cuts survived, and each statement is signed once");
}
