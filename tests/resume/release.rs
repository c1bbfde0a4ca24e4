//! The pipeline from `plan` to `verify` with its builders, and the final state of GitHub and the registry.

use std::collections::BTreeMap;

use btp_release::domain::{Digest, ImageRef};
use btp_release::engine::Stop;
use btp_release::plan::{
    EVIDENCE, Mark, REPORT, REQUESTS, ReleasePlan, SIGNED_EVIDENCE, SIGNED_VERDICT,
};
use btp_release::protocol::{Blob, BlobSource, RegistryReader, RegistryWriter, ServiceError};
use serde_json::json;

use super::support::scene::{ASSETS, OFF, Outputs, Run, Scene, TAG};

const LEGS: [&str; 2] = ["k3s-1.31", "k3s-1.32"];

/// Runs a phase: in this process, or in another one.
pub(crate) trait Phases {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String>;

    /// An external builder.
    async fn build(&self, plan: &str) -> Result<(), String>;
}

impl Phases for Scene {
    async fn phase(
        &self,
        run: Run,
        phase: &str,
        inputs: &[(&str, &str)],
    ) -> Result<Outputs, String> {
        Scene::phase(self, run, phase, inputs)
            .await
            .map_err(|stop| told(phase, &stop))
    }

    async fn build(&self, plan: &str) -> Result<(), String> {
        self.build_image(plan).await.map_err(|e| e.to_string())
    }
}

pub(crate) fn told(phase: &str, stop: &Stop) -> String {
    match stop {
        Stop::Blocked { findings, .. } => {
            let codes: Vec<_> = findings
                .iter()
                .map(|finding| format!("code: \"{}\"", finding.code))
                .collect();
            format!("{phase}: blocked: {} {findings:?}", codes.join(", "))
        }
        other => format!("{phase}: {other}"),
    }
}

impl Scene {
    pub(crate) async fn plan(&self, run: Run, by: &impl Phases) -> Result<String, String> {
        self.plan_with(run, by, &[]).await
    }

    /// With more inputs than usual.
    pub(crate) async fn plan_with(
        &self,
        run: Run,
        by: &impl Phases,
        more: &[(&str, &str)],
    ) -> Result<String, String> {
        let image = self.image();
        let registry = format!("{}/kyma-project/prod/unsigned", self.registry.host());
        let inputs = [
            ("version", TAG),
            ("assets", ASSETS),
            ("binary-image", &image),
            ("module-name", "kyma-project.io/module/btp-operator"),
            ("module-registry", &registry),
            ("guard-branch", "main"),
            ("tag-when", self.tag_when),
            ("tag-type", self.tag_type),
            ("signing", self.signing),
            ("referrers", self.referrers),
        ];
        let inputs = [&inputs, &self.test_signer()[..], more].concat();
        let mut planned = by.phase(run, "plan", &inputs).await?;
        Ok(planned.remove("plan").unwrap())
    }

    /// The whole release. The first error ends it, as it ends a workflow.
    pub(crate) async fn release(&self, run: Run, by: &impl Phases) -> Result<(), String> {
        let plan = self.plan(run, by).await?;
        self.go_on(run, &plan, by).await
    }

    /// The phases after `plan`.
    pub(crate) async fn go_on(&self, run: Run, plan: &str, by: &impl Phases) -> Result<(), String> {
        by.phase(run, "draft", &[("plan", plan)]).await?;
        by.build(plan).await?;
        let inputs = [
            ("plan", plan),
            ("manifest", "manifest.yaml"),
            ("default-cr", "default-cr.yaml"),
        ];
        let built = by.phase(run, "build-module", &inputs).await?;
        let inputs = [("plan", plan), ("files", built["files"].as_str())];
        by.phase(run, "upload", &inputs).await?;
        let awaited = by.phase(run, "await", &[("plan", plan)]).await?;
        let artifacts = awaited["artifacts"].as_str();
        let inputs = [("plan", plan), ("artifacts", artifacts)];
        by.phase(run, "fetch-module", &inputs).await?;
        // One leg signs its own result, and a later job the other's.
        let [own, later] = LEGS;
        let own = [&inputs[..], &[("leg", own)]].concat();
        by.phase(run, "record-tests", &own).await?;
        let status = [&inputs[..], &[("leg", later), ("status-only", "true")]].concat();
        by.phase(run, "record-tests", &status).await?;
        self.end_job_of(later, run);
        if self.signing != OFF {
            let later = [&inputs[..], &[("legs", "k3s-1.32=k3s 1.32")]].concat();
            by.phase(run, "record-tests", &later).await?;
        }
        let legs = LEGS.join("\n");
        let needs = r#"{"unit-tests":{"result":"success"}}"#;
        let inputs = [
            ("plan", plan),
            ("artifacts", artifacts),
            ("needs", needs),
            ("test-legs", &legs),
            ("leave-draft", self.leave_draft),
            ("report", self.report),
        ];
        by.phase(run, "publish", &inputs).await?;
        by.phase(run, "verify", &[("version", TAG)]).await.map(drop)
    }

    /// An external builder, which pushes only if the image does not exist yet.
    async fn build_image(&self, plan: &str) -> Result<(), ServiceError> {
        let registry = self.registries();
        let plan = ReleasePlan::from_json(plan, None).unwrap();
        let image: ImageRef = plan.wanted.binary_image.clone().unwrap();
        if registry.resolve(&image).await?.is_some() {
            return Ok(());
        }
        let layer = b"the manager".to_vec();
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {
                "org.opencontainers.image.revision": plan.wanted.commit,
                "org.opencontainers.image.version": plan.wanted.version,
            }},
            "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer)]},
        });
        let config = config.to_string().into_bytes();
        let named = |kind: &str, bytes: &[u8]| {
            json!({
                "mediaType": format!("application/vnd.oci.image.{kind}"),
                "digest": Digest::of(bytes),
                "size": bytes.len(),
            })
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": named("config.v1+json", &config),
            "layers": [named("layer.v1.tar", &layer)],
        });
        for bytes in [layer, config] {
            let blob = Blob {
                digest: Digest::of(&bytes),
                size: bytes.len() as u64,
                bytes: BlobSource::Memory(bytes.into()),
                mount_from: None,
            };
            if !registry.has_blob(image.repository(), blob.digest).await? {
                registry.push_blob(image.repository(), &blob).await?;
            }
        }
        let media_type = "application/vnd.oci.image.manifest.v1+json";
        let bytes = manifest.to_string().into_bytes().into();
        registry.push_manifest(&image, media_type, bytes).await
    }
}

/// The state after the release, without what differs from run to run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ending {
    releases: Vec<Ended>,
    refs: BTreeMap<String, String>,
    latest: Option<String>,
    tags: BTreeMap<String, String>,
    module: Vec<(String, Vec<u8>)>,
}

impl Ending {
    /// The differences of the two, without the bytes of files.
    pub(crate) fn differs(&self, wanted: &Self) -> String {
        let told = |ending: &Self| {
            let names = ending
                .module
                .iter()
                .map(|(name, bytes)| (name, bytes.len()));
            let names: Vec<_> = names.collect();
            let Self {
                releases,
                refs,
                latest,
                tags,
                ..
            } = ending;
            format!("{releases:?} {refs:?} {latest:?} {tags:?} {names:?}")
        };
        format!("{}\ninstead of\n{}", told(self), told(wanted))
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Ended {
    tag: String,
    target: String,
    text: String,
    of: Option<String>,
    draft: bool,
    assets: BTreeMap<String, (String, Option<String>)>,
}

impl Scene {
    pub(crate) fn ending(&self) -> Ending {
        let world = self.github.world();
        let repository = &world.repositories[super::support::scene::REPOSITORY];
        let ended = |release: &stand_ins::github::StoredRelease| {
            let body = release.body.clone().unwrap_or_default();
            let assets = release.assets.iter();
            // The evidence and the report contain their run, and the text contains their digests.
            let mut text = Mark::strip(&body).to_owned();
            for asset in release.assets.iter().filter(|asset| is_of_run(&asset.name)) {
                text = text.replace(&asset.content.clone().unwrap_or_default(), "");
            }
            Ended {
                tag: release.tag_name.clone(),
                target: release.target_commitish.clone(),
                of: Mark::find(&body).map(|mark| mark.commit.to_string()),
                text,
                draft: release.draft,
                assets: assets
                    .map(|a| {
                        let content = a.content.clone().filter(|_| !is_of_run(&a.name));
                        (a.name.clone(), (a.state.clone(), content))
                    })
                    .collect(),
            }
        };
        // An annotated tag contains the time at which it was made.
        let peeled = |(name, sha): (&String, &String)| {
            let seen = match repository.tag_objects.get(sha) {
                Some(tag) => format!("{} {} {}", tag.object, tag.tag, tag.message),
                None => sha.clone(),
            };
            (name.clone(), seen)
        };
        let store = self.registry.store();
        let tags = store.repositories.iter().flat_map(|(name, repository)| {
            let tags = repository.tags.iter();
            tags.map(move |(tag, digest)| (format!("{name}:{tag}"), digest.clone()))
        });
        Ending {
            releases: repository.releases.values().map(ended).collect(),
            refs: repository.refs.iter().map(peeled).collect(),
            latest: repository
                .latest
                .map(|id| repository.releases[&id].tag_name.clone()),
            tags: tags.collect(),
            module: files(&self.folder.path().join("module")),
        }
    }
}

/// Whether the content of an asset names its run, or was signed by it.
fn is_of_run(name: &str) -> bool {
    [EVIDENCE, REPORT, REQUESTS, SIGNED_EVIDENCE, SIGNED_VERDICT].contains(&name)
}

fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return vec![];
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read(path).unwrap_or_default())
        })
        .collect();
    files.sort();
    files
}
