//! Statements are signed at an issuer, an authority and a log that behave as the real ones, and their faults are survived.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use btp_release::adapters::http::{Http, HttpSettings};
use btp_release::adapters::sigstore::{
    IdTokenRequest, SigningServices, SigstoreSettings, SigstoreSigner, TrustedRoot, verify,
};
use btp_release::domain::Moment;
use btp_release::protocol::{
    Cause, Clock, NewAttestation, SecretMask, ServiceError, SignatureFault, Signer as _, Subject,
};
use bytes::Bytes;
use serde_json::{Value, json};
use stand_ins::faults::{Fault, Pattern};
use stand_ins::oidc::{Job, OidcOptions, OidcServer};
use stand_ins::sigstore::{SigstoreOptions, SigstoreServer};

/// A clock on which whoever sleeps is at the end of the sleep at once.
#[derive(Default)]
struct JumpingClock(Mutex<Duration>);

#[async_trait::async_trait]
impl Clock for JumpingClock {
    fn now(&self) -> Moment {
        Moment::at(*self.0.lock().unwrap())
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(500_000)
    }

    async fn sleep_until(&self, at: Moment) {
        let mut now = self.0.lock().unwrap();
        let wait = at.since(Moment::at(*now));
        *now += wait;
    }
}

const SECRET: &str = "runner-secret";

/// The services, and what a signer knows of them.
struct World {
    oidc: OidcServer,
    sigstore: SigstoreServer,
    id_token: Option<IdTokenRequest>,
    clock: Arc<JumpingClock>,
    hidden: Arc<Hidden>,
}

/// What is to be hidden in the log of the run.
#[derive(Debug, Default)]
struct Hidden(Mutex<Vec<String>>);

impl SecretMask for Hidden {
    fn mask(&self, secret: &str) {
        self.0.lock().unwrap().push(secret.to_owned());
    }
}

impl World {
    async fn start() -> Self {
        let oidc = OidcServer::start(OidcOptions::default()).await.unwrap();
        let options = SigstoreOptions::default();
        let sigstore = SigstoreServer::start(vec![oidc.trusted()], options);
        let sigstore = sigstore.await.unwrap();
        let sha = "0123456789abcdef0123456789abcdef01234567";
        let workflow = ".github/workflows/release.yaml";
        let job = Job::new("kyma-project/module", workflow, "refs/tags/v1.2.0", sha);
        let url = oidc.job(SECRET, job.in_run(77, 2));
        Self {
            id_token: Some(IdTokenRequest {
                url: url.into(),
                token: SECRET.into(),
            }),
            oidc,
            sigstore,
            clock: Arc::default(),
            hidden: Arc::default(),
        }
    }

    fn root(&self) -> TrustedRoot {
        TrustedRoot::parse(self.sigstore.trusted_root().to_string().as_bytes()).unwrap()
    }

    fn services(&self) -> SigningServices {
        let config = self.sigstore.signing_config().to_string();
        SigningServices::of_configuration(&config).unwrap()
    }

    async fn sign_with(
        &self,
        services: SigningServices,
        root: TrustedRoot,
    ) -> Result<Bytes, ServiceError> {
        let settings = SigstoreSettings {
            services,
            root,
            id_token: self.id_token.clone(),
            mask: Some(self.hidden.clone()),
        };
        let http = Http::new(&HttpSettings::default()).unwrap();
        let signer = SigstoreSigner::new(settings, http, self.clock.clone());
        signer.sign(&statement()).await
    }

    async fn sign(&self) -> Result<Bytes, ServiceError> {
        self.sign_with(self.services(), self.root()).await
    }
}

fn statement() -> NewAttestation {
    NewAttestation {
        subjects: vec![Subject {
            name: "rendered.yaml".into(),
            digest: format!("sha256:{}", "ab".repeat(32)).parse().unwrap(),
        }],
        predicate_type: "https://in-toto.io/attestation/test-result/v0.1".into(),
        predicate: json!({"result": "PASSED"}),
    }
}

#[tokio::test]
async fn statement_is_signed_in_the_name_of_the_workflow() {
    let world = World::start().await;
    let bundle = world.sign().await.unwrap();
    let seen = verify(&bundle, &world.root()).unwrap();
    let wanted = statement();
    assert_eq!(seen.subjects, wanted.subjects);
    assert_eq!(seen.predicate, wanted.predicate);
    let workflow =
        "https://github.com/kyma-project/module/.github/workflows/release.yaml@refs/tags/v1.2.0";
    assert_eq!(seen.signer.subject, workflow);
    let run = "https://github.com/kyma-project/module/actions/runs/77/attempts/2";
    assert_eq!(seen.signer.run_invocation_uri.as_deref(), Some(run));
    let json: Value = serde_json::from_slice(&bundle).unwrap();
    let material = &json["verificationMaterial"];
    assert_eq!(material["tlogEntries"].as_array().unwrap().len(), 1);
    assert_eq!(
        material["timestampVerificationData"]["rfc3161Timestamps"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(world.sigstore.log_size(), 1);
    // The identity token, which is good for a certificate until it expires.
    let hidden = world.hidden.0.lock().unwrap().clone();
    assert!(
        matches!(hidden.as_slice(), [token] if token.split('.').count() == 3),
        "{}",
        hidden.len()
    );
    let foreign = World::start().await;
    let refused = verify(&bundle, &foreign.root()).unwrap_err();
    assert_eq!(refused.fault, SignatureFault::CertificateUntrusted);
}

/// Two signatures over the same statement, each with its own key, certificate, timestamp and entry.
#[tokio::test]
async fn parts_of_another_signature_are_refused() {
    let world = World::start().await;
    let bundle = async || {
        let bundle = world.sign().await.unwrap();
        serde_json::from_slice::<Value>(&bundle).unwrap()
    };
    let (one, other) = (bundle().await, bundle().await);
    for (member, fault) in [
        ("certificate", SignatureFault::SignatureInvalid),
        ("tlogEntries", SignatureFault::LogEntryInvalid),
        (
            "timestampVerificationData",
            SignatureFault::TimestampInvalid,
        ),
    ] {
        let mut mixed = one.clone();
        mixed["verificationMaterial"][member] = other["verificationMaterial"][member].clone();
        let refused = verify(&mixed.to_string().into(), &world.root()).unwrap_err();
        assert_eq!(refused.fault, fault, "{member}: {refused}");
    }
}

#[tokio::test]
async fn private_form_has_a_timestamp_only() {
    let world = World::start().await;
    let mut root = world.sigstore.trusted_root();
    root["tlogs"] = json!([]);
    let root = TrustedRoot::parse(root.to_string().as_bytes()).unwrap();
    let mut services = world.services();
    services.log = None;
    let bundle = world.sign_with(services, root.clone()).await.unwrap();
    verify(&bundle, &root).unwrap();
    assert_eq!(world.sigstore.log_size(), 0);
    let refused = verify(&bundle, &world.root()).unwrap_err();
    assert_eq!(refused.fault, SignatureFault::LogEntryInvalid);
}

#[tokio::test]
async fn job_without_an_identity_is_told_what_it_lacks() {
    let mut world = World::start().await;
    world.id_token = None;
    let error = world.sign().await.unwrap_err();
    let Cause::Explained(why) = &error.cause else {
        panic!("{error}");
    };
    assert_eq!(why.code.as_str(), "signing-impossible");
    assert!(why.help.contains("id-token: write"), "{}", why.help);
    assert!(error.doing.contains("rendered.yaml"), "{error}");
}

#[tokio::test]
async fn what_does_not_verify_is_not_given_away() {
    let (world, foreign) = (World::start().await, World::start().await);
    let error = world.sign_with(world.services(), foreign.root()).await;
    let error = error.unwrap_err();
    assert!(matches!(error.cause, Cause::Broken { .. }), "{error}");
}

#[tokio::test]
async fn token_of_another_job_is_refused() {
    let mut world = World::start().await;
    if let Some(id_token) = &mut world.id_token {
        id_token.token = "another".into();
    }
    let error = world.sign().await.unwrap_err();
    assert!(
        matches!(error.cause, Cause::Denied { .. } | Cause::Refused { .. }),
        "{error}"
    );
    let said = format!("{error:?}");
    assert!(
        !said.contains("another") && !said.contains(SECRET),
        "{said}"
    );
}

/// Every request of a signing, by a part of its path.
const REQUESTS: [&str; 4] = ["signingCert", "timestamp", "log/entries", "token"];

impl World {
    fn plan(&self, path: &str, fault: Fault) {
        let faults = match path {
            "token" => self.oidc.faults(),
            _ => self.sigstore.faults(),
        };
        let path = if path == "token" { "" } else { path };
        faults.when(Pattern::path(path), 1, fault);
    }

    fn pending(&self) -> usize {
        self.oidc.faults().pending() + self.sigstore.faults().pending()
    }
}

#[tokio::test]
async fn faults_that_pass_are_survived_at_every_request() {
    let faults = || {
        [
            Fault::Status(429),
            Fault::Status(500),
            Fault::Status(503),
            Fault::ConnectionCutBefore,
            Fault::AnswerLost,
            Fault::StatusAfter(502),
            Fault::CutAt(10),
        ]
    };
    for path in REQUESTS {
        let world = World::start().await;
        for fault in faults() {
            let name = format!("{path}: {fault:?}");
            world.plan(path, fault);
            let bundle = world
                .sign()
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(world.pending(), 0, "{name} did not happen");
            verify(&bundle, &world.root()).unwrap();
        }
    }
}

/// A log takes each signature once. That it has one already says that an answer was lost, and another signature is as good.
#[tokio::test]
async fn signature_that_the_log_has_already_is_made_anew() {
    let world = World::start().await;
    world.plan("log/entries", Fault::Status(409));
    let bundle = world.sign().await.unwrap();
    assert_eq!(world.pending(), 0);
    verify(&bundle, &world.root()).unwrap();
}

#[tokio::test]
async fn service_that_is_not_reached_by_https_is_sent_nothing() {
    let world = World::start().await;
    let mut services = world.services();
    services.certificates = "http://fulcio.invalid".parse().unwrap();
    let error = world.sign_with(services, world.root()).await.unwrap_err();
    let Cause::Broken { detail } = &error.cause else {
        panic!("{error}");
    };
    assert!(detail.contains("not reached by HTTPS"), "{detail}");
}

#[tokio::test]
async fn answers_that_cannot_be_used_are_refused() {
    for path in REQUESTS {
        let world = World::start().await;
        for fault in [
            Fault::Status(400),
            Fault::Status(403),
            Fault::Status(302),
            Fault::Body("{}".into()),
            Fault::Body("<html>".into()),
            Fault::Body(String::new()),
            Fault::Body("x".repeat(2 << 20)),
        ] {
            let name = format!("{path}: {:.40}", format!("{fault:?}"));
            world.plan(path, fault);
            let error = world.sign().await.expect_err(&name);
            assert_eq!(world.pending(), 0, "{name} did not happen");
            let said = format!("{error:?}");
            assert!(!said.contains(SECRET), "{said}");
        }
        world.sign().await.unwrap();
    }
}

#[tokio::test]
async fn services_that_stay_away_are_given_up() {
    for path in REQUESTS {
        let world = World::start().await;
        for _ in 0..20 {
            world.plan(path, Fault::Status(503));
        }
        let error = world.sign().await.unwrap_err();
        assert!(
            matches!(error.cause, Cause::Unknown { .. }),
            "{path}: {error}"
        );
    }
}
