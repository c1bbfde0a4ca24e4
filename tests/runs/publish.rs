//! The logs as an asset of the release.

use std::cell::RefCell;

use btp_release::domain::Digest;
use btp_release::plan::{EVIDENCE, LOGS, Statement};
use stand_ins::Fault;
use stand_ins::github::StoredRelease;

use crate::release::{Phases, told};
use crate::support::scene::{Outputs, REPOSITORY, Run, Scene, TAG};

const RUN: Run = Run { id: 1, attempt: 1 };

/// Publishes with logs.
struct WithLogs<'a> {
    scene: &'a Scene,
    /// The inputs of `publish`.
    inputs: RefCell<Vec<(String, String)>>,
}

impl<'a> WithLogs<'a> {
    fn of(scene: &'a Scene) -> Self {
        Self {
            scene,
            inputs: RefCell::default(),
        }
    }

    /// The phase `publish` again.
    async fn publish(&self, logs: &[u8]) -> Result<Outputs, String> {
        std::fs::write(self.scene.folder.path().join("logs.zip"), logs).unwrap();
        let inputs = self.inputs.borrow().clone();
        let inputs = inputs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let inputs: Vec<_> = inputs.chain([("logs", "logs.zip")]).collect();
        let ended = Scene::phase(self.scene, RUN, "publish", &inputs).await;
        ended.map_err(|stop| told("publish", &stop))
    }

    fn keep(&self, inputs: &[(&str, &str)]) {
        let inputs = inputs.iter();
        let inputs = inputs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        *self.inputs.borrow_mut() = inputs.collect();
    }

    async fn release_up_to_publish(&self) {
        self.scene.begin(RUN);
        let ended = self.scene.release(RUN, &UpToPublish(self)).await;
        assert_eq!(ended.unwrap_err(), "ready");
    }
}

impl Phases for WithLogs<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        if phase != "publish" {
            return Phases::phase(self.scene, run, phase, inputs).await;
        }
        self.keep(inputs);
        self.publish(b"first").await
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        Phases::build(self.scene, plan).await
    }
}

/// Ends before it publishes, with the inputs for that.
struct UpToPublish<'a>(&'a WithLogs<'a>);

impl Phases for UpToPublish<'_> {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        if phase == "publish" {
            self.0.keep(inputs);
            return Err("ready".into());
        }
        self.0.phase(run, phase, inputs).await
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        self.0.build(plan).await
    }
}

fn release(scene: &Scene) -> StoredRelease {
    let world = scene.github.world();
    let releases = world.repositories[REPOSITORY].releases_of(TAG);
    assert_eq!(releases.len(), 1);
    releases[0].clone()
}

/// The digest of the logs among the assets and in the evidence, which have to be the same.
fn logs_of(scene: &Scene) -> Digest {
    let release = release(scene);
    let mut names: Vec<_> = release.assets.iter().map(|a| a.name.as_str()).collect();
    names.sort_unstable();
    let wanted = [
        EVIDENCE,
        LOGS,
        "rendered.yaml",
        "template.yaml",
        "template_control_plane.yaml",
    ];
    assert_eq!(names, wanted);
    let asset = |name: &str| release.assets.iter().find(|a| a.name == name).unwrap();
    let evidence = scene.github.world().bytes(asset(EVIDENCE)).unwrap();
    let statement = Statement::from_bytes(&evidence).unwrap();
    let subject = statement.subject.iter().find(|s| s.name == LOGS).unwrap();
    let digest = subject.digest().unwrap();
    assert_eq!(asset(LOGS).content, Some(digest.hex()));
    digest
}

#[tokio::test]
async fn logs_are_published_named_and_verified_and_then_never_changed() {
    let scene = Scene::start(|_| ()).await;
    scene.begin(RUN);
    let by = WithLogs::of(&scene);
    scene.release(RUN, &by).await.unwrap();
    assert!(!release(&scene).draft);
    assert_eq!(logs_of(&scene), Digest::of(b"first"));

    scene.forget();
    by.publish(b"of a run again").await.unwrap();
    assert_eq!(scene.github.log().writes().len(), 0);
    assert_eq!(logs_of(&scene), Digest::of(b"first"));
}

#[tokio::test]
async fn other_logs_of_a_run_again_replace_those_of_a_draft() {
    let scene = Scene::start(|_| ()).await;
    let by = WithLogs::of(&scene);
    by.release_up_to_publish().await;
    let draft = release(&scene).id;
    scene
        .github
        .world()
        .attach(REPOSITORY, draft, LOGS, b"of an earlier run")
        .unwrap();
    by.publish(b"second").await.unwrap();
    assert_eq!(logs_of(&scene), Digest::of(b"second"));
    let inputs = [("version", TAG)];
    Phases::phase(&scene, RUN, "verify", &inputs).await.unwrap();
}

/// Each request of `publish` is cut, and then the phase runs again, with other logs.
#[tokio::test]
async fn publishing_with_logs_survives_every_cut() {
    let scene = Scene::start(|_| ()).await;
    let by = WithLogs::of(&scene);
    by.release_up_to_publish().await;
    let before = scene.github.snapshot();
    let earlier = scene.github.log().last();
    by.publish(b"first").await.unwrap();
    let requests = scene.github.log().last() - earlier;
    let whole = scene.ending();
    assert!(requests > 20, "{requests}");
    let (mut first, mut second) = (0, 0);
    for request in 1..=requests {
        for fault in [
            Fault::ConnectionCutBefore,
            Fault::AnswerLost,
            Fault::Status(502),
        ] {
            scene.github.restore(&before);
            scene.forget();
            let _ = std::fs::remove_file(scene.folder.path().join(EVIDENCE));
            let at = scene.github.log().last() + request;
            scene.github.faults().at(at, fault.clone());
            let case = format!("{fault:?} at request {request}");
            let ended = by.publish(b"first").await;
            by.publish(b"second")
                .await
                .unwrap_or_else(|why| unreachable!("{case}: {why}, after {ended:?}"));
            assert_eq!(scene.github.faults().pending(), 0, "{case}");
            let logs = logs_of(&scene);
            if logs == Digest::of(b"first") {
                let ending = scene.ending();
                assert!(ending == whole, "{case}: {}", ending.differs(&whole));
                first += 1;
            } else {
                assert!(ended.is_err(), "{case}");
                assert_eq!(logs, Digest::of(b"second"), "{case}");
                second += 1;
            }
            assert!(!release(&scene).draft, "{case}");
            let verified = Phases::phase(&scene, RUN, "verify", &[("version", TAG)]).await;
            verified.unwrap_or_else(|why| unreachable!("{case}: {why}"));
        }
    }
    assert!(
        first > 0 && first + second == 3 * requests,
        "{first} and {second}"
    );
}
