//! Writes what this version publishes into `tests/golden/<version>/`, for every later version to read:
//! `cargo test --test published_data -- --ignored`, once before a version is released.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use btp_release::plan::{ReleasePlan, Verdict};
use serde_json::json;
use stand_ins::registry::Store;

use super::HOST;
use super::images::{Image, index, sidecar};
use super::interface::Interface;
use super::support::scene::{ASSETS, Outputs, Run, Scene, TAG};

pub(crate) const RUN: Run = Run { id: 17, attempt: 1 };
const MANAGER: &str = "kyma-project/prod/btp-manager";
const SIDECAR: &str = "kyma-project/prod/sidecar";
const NEEDS: &str = r#"{"unit-tests":{"result":"success"},"e2e":{"result":"success"},"upgrade":{"result":"skipped"}}"#;

pub(crate) struct Recording {
    scene: Scene,
    folder: PathBuf,
    /// The outputs of each phase.
    pub(crate) outputs: BTreeMap<&'static str, Outputs>,
}

impl Recording {
    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    async fn phase(&mut self, phase: &'static str, inputs: &[(&str, &str)]) -> Outputs {
        let outputs = self.scene.phase(RUN, phase, inputs).await;
        let outputs = outputs.unwrap_or_else(|stop| panic!("{phase}: {stop:?}"));
        self.outputs.insert(phase, outputs.clone());
        outputs
    }

    fn body(&self) -> String {
        self.scene.repository(|repository| {
            let release = repository.releases_of(TAG)[0];
            release.body.clone().unwrap()
        })
    }

    /// Plans with values that the plan of the release does not have.
    async fn plans(&mut self) {
        self.phase("plan", &[("version", "1.3.0-rc1")]).await;
        self.write("plan-minimal.json", &self.outputs["plan"]["plan"]);
        let notes = self.scene.folder.path().join("notes.md");
        std::fs::write(&notes, "## \"Notes\" <!-- a -->\n\tfor users — \\ 𝄞\u{7}\n").unwrap();
        self.scene.repository(|repository| {
            repository.tag("operator/v1.9.0");
        });
        let inputs = [
            ("version", "2.0.0"),
            ("tag-format", "operator/v{version}"),
            ("assets", "template.yaml"),
            (
                "binary-image",
                "registry.example/kyma-project/prod/btp-manager:{version}",
            ),
            ("notes-file", notes.to_str().unwrap()),
            ("prerelease", "true"),
            ("make-latest", "false"),
            ("previous-tag", "operator/v1.9.0"),
            ("on-existing", "replace"),
            ("replace-published", "CVE-2026-1 -- \"critical\""),
        ];
        self.phase("plan", &inputs).await;
        self.write("plan-notes.json", &self.outputs["plan"]["plan"]);
    }

    async fn drafted(&mut self) -> String {
        let (modules, extra) = (
            format!("{HOST}/kyma-project/prod/unsigned"),
            format!("{HOST}/{SIDECAR}:3.1"),
        );
        let image = self.scene.image();
        let inputs = [
            ("version", TAG),
            ("assets", ASSETS),
            ("binary-image", image.as_str()),
            ("extra-images", &extra),
            ("module-name", "kyma-project.io/module/btp-operator"),
            ("module-registry", &modules),
            ("guard-branch", "main"),
        ];
        let plan = self.phase("plan", &inputs).await["plan"].clone();
        self.write("plan.json", &plan);
        // What the tag means before the release is noted in the mark.
        sidecar(
            &mut self.scene.registry.store(),
            SIDECAR,
            "3.1",
            b"an older sidecar",
        );
        self.phase("draft", &[("plan", &plan)]).await;
        self.write("draft-body.md", self.body());
        let lock = self.scene.repository(|repository| {
            let mut objects = repository.tag_objects.values();
            let lock = objects.find(|object| object.message.contains("btp-release-lock"));
            lock.unwrap().message.clone()
        });
        self.write("lock.txt", lock);
        plan
    }

    fn push_images(&self, plan: &str) {
        let plan = ReleasePlan::from_json(plan, None).unwrap();
        let store = &mut self.scene.registry.store();
        let images = ["amd64", "arm64"].map(|on| Image::of(&plan).on(on).push(store, MANAGER));
        index(store, MANAGER, TAG, &images);
        sidecar(store, SIDECAR, "3.1", b"the sidecar");
    }

    async fn tested(&mut self, plan: &str) -> String {
        let inputs = [
            ("plan", plan),
            ("manifest", "manifest.yaml"),
            ("default-cr", "default-cr.yaml"),
        ];
        let files = self.phase("build-module", &inputs).await["files"].clone();
        self.phase("upload", &[("plan", plan), ("files", &files)])
            .await;
        for asset in ASSETS.lines() {
            let built = self.scene.folder.path().join("module-release").join(asset);
            self.write(&format!("assets/{asset}"), std::fs::read(built).unwrap());
        }
        let platforms = ("image-platforms", "linux/amd64\nlinux/arm64");
        let awaited = self.phase("await", &[("plan", plan), platforms]).await;
        let artifacts = awaited["artifacts"].clone();
        self.write("artifacts.json", &artifacts);
        let inputs = [("plan", plan), ("artifacts", &artifacts)];
        self.phase("fetch-module", &inputs).await;
        let leg = ("leg", "k3s-1.31");
        self.phase("record-tests", &[inputs[0], inputs[1], leg])
            .await;
        let context = Verdict::context(leg.1);
        let verdict = self.scene.repository(|repository| {
            let mut statuses = repository.statuses.iter();
            let verdict = statuses.find(|status| status.context == context);
            verdict.unwrap().description.clone().unwrap()
        });
        self.write("verdict.txt", format!("{context}\n{verdict}\n"));
        artifacts
    }

    async fn published(&mut self, plan: &str, artifacts: &str) {
        self.phase("publish", &publish_inputs(plan, artifacts))
            .await;
        self.write("body.md", self.body());
        let evidence = self.scene.folder.path().join("release-evidence.json");
        self.write("release-evidence.json", std::fs::read(evidence).unwrap());
        self.phase("verify", &[("version", TAG)]).await;
    }

    fn images(&self) {
        let store = self.scene.registry.store();
        self.write("images.json", format!("{:#}\n", listed(&store)));
        for repository in store.repositories.values() {
            for digest in repository.blobs.iter().chain(repository.manifests.keys()) {
                let name = digest.trim_start_matches("sha256:");
                self.write(&format!("images/{name}"), store.bytes(digest).unwrap());
            }
        }
    }
}

/// By repository: blobs, manifests with their media types, and tags.
fn listed(store: &Store) -> serde_json::Value {
    let repositories = store.repositories.iter().map(|(name, repository)| {
        let manifests = repository.manifests.iter();
        let manifests: BTreeMap<_, _> = manifests
            .map(|(digest, m)| (digest, &m.media_type))
            .collect();
        let listed =
            json!({"blobs": repository.blobs, "manifests": manifests, "tags": repository.tags});
        (name.clone(), listed)
    });
    serde_json::Value::Object(repositories.collect())
}

pub(crate) fn publish_inputs<'a>(
    plan: &'a str,
    artifacts: &'a str,
) -> [(&'static str, &'a str); 7] {
    [
        ("plan", plan),
        ("artifacts", artifacts),
        ("needs", NEEDS),
        ("optional-jobs", "upgrade"),
        ("test-legs", "k3s-1.31"),
        ("required-checks", "lint"),
        ("builder-checks", "build-*"),
    ]
}

/// A repository without a release, and a registry whose name does not change.
pub(crate) async fn scene() -> Scene {
    let mut scene = Scene::start(|_| {}).await;
    HOST.clone_into(&mut scene.registry_host);
    scene.begin(RUN);
    scene
}

/// A whole release; what it publishes is written into the folder.
pub(crate) async fn release(folder: &Path) -> Recording {
    let (scene, folder, outputs) = (scene().await, folder.to_owned(), BTreeMap::new());
    scene.repository(|repository| {
        repository
            .check("lint", "success")
            .check("build-manager", "success");
    });
    let mut recording = Recording {
        scene,
        folder,
        outputs,
    };
    recording.plans().await;
    let plan = recording.drafted().await;
    recording.push_images(&plan);
    let artifacts = recording.tested(&plan).await;
    recording.published(&plan, &artifacts).await;
    recording.images();
    let outputs = serde_json::to_string_pretty(&recording.outputs).unwrap();
    recording.write("outputs.json", outputs + "\n");
    let interface = serde_json::to_string_pretty(&Interface::now()).unwrap();
    recording.write("interface.json", interface + "\n");
    recording
}

#[tokio::test]
#[ignore = "writes files, once for a version"]
async fn record_what_this_version_publishes() {
    let version = env!("CARGO_PKG_VERSION");
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let folder = golden.join(version);
    assert!(
        !folder.exists(),
        "{version} is recorded, and what is published never changes"
    );
    release(&folder).await;
}
