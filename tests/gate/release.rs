//! A release that succeeded up to and including its tests, and the inputs of the job that publishes it.

use std::collections::BTreeMap;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use btp_release::plan::{Artifacts, ReleasePlan, Verdict};
use serde_json::Value;
use stand_ins::github::{GitHubWorld, GitRepository, StoredStatus};
use stand_ins::registry::{Store, StoredRepository as ImageRepository};

use super::images::{Image, index, sidecar};
use super::support::scene::{ASSETS, OFF, Outputs, Run, Scene, TAG};

pub(crate) const RUN: Run = Run { id: 17, attempt: 1 };
pub(crate) const BINARY: &str = "kyma-project/prod/btp-manager";
pub(crate) const SIDECAR: &str = "kyma-project/prod/sidecar";
pub(crate) const SIDECAR_TAG: &str = "3.1";
pub(crate) const MODULES: &str = "kyma-project/prod/unsigned";
pub(crate) const LEGS: [&str; 2] = ["k3s-1.31", "k3s-1.32"];
const NEEDS: &str = r#"{"unit-tests":{"result":"success"},"e2e":{"result":"success"},"upgrade":{"result":"skipped"}}"#;

/// The inputs of the phase `publish`.
#[derive(Clone)]
pub(crate) struct PublishJob {
    pub(crate) plan: String,
    pub(crate) artifacts: String,
    pub(crate) needs: String,
    pub(crate) legs: String,
}

/// The state of both services.
pub(crate) struct Snapshot {
    github: GitHubWorld,
    images: BTreeMap<String, ImageRepository>,
}

impl Snapshot {
    pub(crate) fn images(&self) -> &BTreeMap<String, ImageRepository> {
        &self.images
    }
}

/// The codes of a refusal, each once.
pub(crate) fn codes(stop: &Stop) -> Vec<Code> {
    let Stop::Blocked { findings, .. } = stop else {
        panic!("{stop}")
    };
    let mut codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
    codes.sort_unstable_by_key(|code| code.as_str());
    codes.dedup();
    codes
}

/// The full name of the module's repository in the registry.
pub(crate) fn module_repository(store: &Store) -> String {
    let mut names = store.repositories.keys();
    names
        .find(|name| name.starts_with(MODULES))
        .unwrap()
        .clone()
}

impl Scene {
    pub(crate) async fn planned(&self) -> String {
        self.planned_with(&[]).await
    }

    /// With more inputs than usual.
    pub(crate) async fn planned_with(&self, more: &[(&str, &str)]) -> String {
        self.begin(RUN);
        let (image, host) = (self.image(), self.registry.host());
        let (sidecar, modules) = (
            format!("{host}/{SIDECAR}:{SIDECAR_TAG}"),
            format!("{host}/{MODULES}"),
        );
        let inputs = [
            ("version", TAG),
            ("assets", ASSETS),
            ("binary-image", image.as_str()),
            ("extra-images", &sidecar),
            ("module-name", "kyma-project.io/module/btp-operator"),
            ("module-registry", &modules),
            ("guard-branch", "main"),
            ("tag-when", self.tag_when),
            ("signing", self.signing),
            ("referrers", self.referrers),
        ];
        let inputs = [&inputs[..], &self.test_signer(), more].concat();
        let mut planned = self.phase(RUN, "plan", &inputs).await.unwrap();
        planned.remove("plan").unwrap()
    }

    /// Pushes the manager's image for the release's commit, as its builder does.
    pub(crate) fn push_manager(&self, plan: &ReleasePlan, bytes: &[u8]) {
        let store = &mut self.registry.store();
        let images = ["amd64", "arm64"].map(|architecture| {
            Image::of(plan)
                .on(architecture)
                .holding(bytes)
                .push(store, BINARY)
        });
        index(store, BINARY, TAG, &images);
    }

    /// Runs `build-module` and `upload`, as the build of the module does.
    pub(crate) async fn build_module(&self, plan: &str, more: &[(&str, &str)]) {
        let usual = [
            ("plan", plan),
            ("manifest", "manifest.yaml"),
            ("default-cr", "default-cr.yaml"),
        ];
        let inputs = [&usual, more].concat();
        let built = self.phase(RUN, "build-module", &inputs).await.unwrap();
        let inputs = [("plan", plan), ("files", built["files"].as_str())];
        self.phase(RUN, "upload", &inputs).await.unwrap();
    }

    pub(crate) async fn record(&self, plan: &str, artifacts: &str) {
        let usual = [("plan", plan), ("artifacts", artifacts)];
        let [own, later] = LEGS;
        let record = async |more: &[(&str, &str)]| {
            let inputs = [&usual, more].concat();
            self.phase(RUN, "record-tests", &inputs).await.unwrap();
        };
        record(&[("leg", own)]).await;
        record(&[("leg", later), ("status-only", "true")]).await;
        self.end_job_of(later, RUN);
        if self.signing != OFF {
            self.sign_legs(plan, artifacts).await.unwrap();
        }
    }

    /// The job that signs the result of the last leg.
    pub(crate) async fn sign_legs(&self, plan: &str, artifacts: &str) -> Result<Outputs, Stop> {
        let inputs = [
            ("plan", plan),
            ("artifacts", artifacts),
            ("legs", "k3s-1.32=k3s 1.32"),
        ];
        self.phase(RUN, "record-tests", &inputs).await
    }

    /// The pipeline as far as the draft; comes with the plan.
    pub(crate) async fn until_drafted(&self) -> String {
        self.until_drafted_with(&[]).await
    }

    /// The same with more inputs of `plan` than usual.
    pub(crate) async fn until_drafted_with(&self, more: &[(&str, &str)]) -> String {
        self.repository(|repository| {
            repository
                .check("lint", "success")
                .status("ci/prow", "success")
                .on("other")
                .commit("Another line of work")
                .on("main");
        });
        let plan = self.planned_with(more).await;
        self.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
        plan
    }

    /// Pushes the container images, as their builders do.
    pub(crate) fn push_images(&self, plan: &str) {
        let plan = ReleasePlan::from_json(plan, None).unwrap();
        self.push_manager(&plan, b"the manager");
        let store = &mut self.registry.store();
        sidecar(store, SIDECAR, SIDECAR_TAG, b"the sidecar");
    }

    /// Awaits what was built, and tests it.
    pub(crate) async fn test(&self, plan: String) -> PublishJob {
        let inputs = [
            ("plan", plan.as_str()),
            ("image-platforms", "linux/amd64\nlinux/arm64"),
        ];
        let awaited = self.phase(RUN, "await", &inputs).await.unwrap();
        let artifacts = awaited["artifacts"].clone();
        let inputs = [("plan", plan.as_str()), ("artifacts", &artifacts)];
        self.phase(RUN, "fetch-module", &inputs).await.unwrap();
        self.record(&plan, &artifacts).await;
        PublishJob {
            plan,
            artifacts,
            needs: NEEDS.into(),
            legs: LEGS.join("\n"),
        }
    }

    /// The whole pipeline without the publishing job.
    pub(crate) async fn until_tested(&self) -> PublishJob {
        let plan = self.until_drafted().await;
        self.push_images(&plan);
        self.build_module(&plan, &[]).await;
        self.test(plan).await
    }

    pub(crate) async fn publish(&self, job: &PublishJob) -> Result<Outputs, Stop> {
        self.finish(job, &[]).await
    }

    /// The phase `publish` with more inputs than usual.
    pub(crate) async fn finish(
        &self,
        job: &PublishJob,
        more: &[(&str, &str)],
    ) -> Result<Outputs, Stop> {
        let inputs = [
            ("plan", job.plan.as_str()),
            ("artifacts", &job.artifacts),
            ("needs", &job.needs),
            ("optional-jobs", "upgrade"),
            ("test-legs", &job.legs),
            ("required-checks", "lint\nci/prow"),
        ];
        let inputs = [&inputs, more].concat();
        self.phase(RUN, "publish", &inputs).await
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot {
            github: self.github.world().clone(),
            images: self.registry.store().repositories.clone(),
        }
    }

    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        *self.github.world() = snapshot.github.clone();
        self.registry
            .store()
            .repositories
            .clone_from(&snapshot.images);
        self.github.log().clear();
        self.registry.log().clear();
        self.github.faults().clear();
    }

    /// The writes that took effect in both services, according to their logs.
    pub(crate) fn written(&self) -> Vec<String> {
        let logs = [self.github.log(), self.registry.log()].map(stand_ins::EventLog::writes);
        let landed = logs.into_iter().flatten().filter(|entry| entry.landed);
        landed
            .map(|entry| format!("{} {}", entry.method, entry.path))
            .collect()
    }

    pub(crate) fn releases_published(&self) -> usize {
        self.repository(|repository| {
            let releases = repository.releases_of(TAG);
            releases.iter().filter(|release| !release.draft).count()
        })
    }
}

impl PublishJob {
    /// Records that the tests passed with the artifact's digest `now`.
    pub(crate) fn tested(&mut self, scene: &Scene, artifact: &str, now: &str) {
        let mut artifacts: Value = serde_json::from_str(&self.artifacts).unwrap();
        let before = artifacts[artifact]["digest"].as_str().unwrap().to_owned();
        let entry = artifacts[artifact].to_string().replace(&before, now);
        artifacts[artifact] = serde_json::from_str(&entry).unwrap();
        self.artifacts = artifacts.to_string();
        let description = Verdict {
            run: RUN.id.to_string(),
            artifacts: Artifacts::from_json(&self.artifacts).unwrap().digest(),
        };
        scene.repository(|repository| {
            for leg in LEGS {
                let status = verdict(repository, leg).clone();
                let description = Some(description.to_string());
                repository.statuses.push(StoredStatus {
                    description,
                    ..status
                });
            }
        });
    }

    /// The result of one of the jobs before.
    pub(crate) fn job(&mut self, name: &str, result: &str) {
        let mut needs: Value = serde_json::from_str(&self.needs).unwrap();
        needs[name]["result"] = result.into();
        self.needs = needs.to_string();
    }

    /// Removes one of the awaited artifacts.
    pub(crate) fn forget(&mut self, artifact: &str) {
        let mut artifacts: Value = serde_json::from_str(&self.artifacts).unwrap();
        artifacts.as_object_mut().unwrap().remove(artifact).unwrap();
        self.artifacts = artifacts.to_string();
    }
}

pub(crate) fn verdict<'a>(repository: &'a mut GitRepository, leg: &str) -> &'a mut StoredStatus {
    let context = Verdict::context(leg);
    let mut statuses = repository.statuses.iter_mut();
    statuses.find(|status| status.context == context).unwrap()
}
