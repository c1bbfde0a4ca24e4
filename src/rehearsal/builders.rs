//! The two builds that the tag, or with a late tag the draft, starts: the container image, and the module with its release assets.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use futures_util::future::join_all;
use serde_json::json;
use stand_ins::GitHubEvent;
use stand_ins::github::CheckRun;
use tokio::sync::broadcast::Receiver;

use super::Rehearsal;
use crate::adapters::http::{Http, HttpSettings};
use crate::adapters::registry::{Credentials, Registries};
use crate::adapters::system_clock::SystemClock;
use crate::domain::{Digest, ImageRef};
use crate::plan::{ReleasePlan, TagWhen};
use crate::protocol::{Blob, BlobSource, Clock, RegistryWriter as _};
use crate::settings::{BuilderBehavior, RehearsedModule};
use ocm_module::oci::media;
use ocm_module::oci::{ContentDescriptor, ImageManifest};

/// The folder of what is built, in the workspace.
const BUILD: &str = "build";
/// The module's configuration there.
pub(super) const MODULE_CONFIG: &str = "build/module-config.yaml";
/// The simulated duration of a build.
const BUILDS_TAKE: Duration = Duration::from_millis(700);
/// The longest time until it appears, once `draft` has ended.
const START_MAY_TAKE: Duration = Duration::from_secs(2);

/// The checks of the builders at the commit, as the input `builder-checks` names them.
pub(super) const BUILDER_CHECKS: &str = "rehearsal/*";

/// One of the builders, which has a check of its own.
#[derive(Clone, Copy)]
struct RehearsedBuilder {
    check: &'static str,
    name: &'static str,
}

const OF_IMAGES: RehearsedBuilder = RehearsedBuilder {
    check: "rehearsal/images",
    name: "image builder",
};

const OF_MODULE: RehearsedBuilder = RehearsedBuilder {
    check: "rehearsal/module",
    name: "module builder",
};

const OF_ASSETS: RehearsedBuilder = RehearsedBuilder {
    check: "rehearsal/assets",
    name: "asset builder",
};

/// Waits for what starts the builds, then builds.
pub(super) struct RehearsedBuilders<'a> {
    rehearsal: &'a Rehearsal<'a>,
    /// The commit that is built.
    commit: &'a str,
    events: Receiver<GitHubEvent>,
    clock: Arc<SystemClock>,
    /// Those that failed in an earlier rehearsal with the same state, and are run again at once.
    failed: bool,
}

impl<'a> RehearsedBuilders<'a> {
    /// Starts listening, as Prow does for the webhooks of a repository.
    pub(super) fn listen(rehearsal: &'a Rehearsal<'a>, commit: &'a str) -> Self {
        let mut builders = Self {
            rehearsal,
            commit,
            events: rehearsal.services.github.events(),
            clock: Arc::new(SystemClock::start()),
            failed: false,
        };
        for builder in builders.all() {
            if builders.conclusion(builder).as_deref() == Some("failure") {
                builders.failed = true;
                builders.report(builder, None);
            }
        }
        builders
    }

    /// The builders of this release.
    fn all(&self) -> Vec<RehearsedBuilder> {
        let release = &self.rehearsal.settings.release;
        let has_images =
            |(input, _): &(&str, String)| matches!(*input, "binary-image" | "extra-images");
        let images = release.plan.iter().any(has_images).then_some(OF_IMAGES);
        let files = match (&release.module, release.assets.as_slice()) {
            (Some(_), _) => Some(OF_MODULE),
            (None, []) => None,
            (None, _) => Some(OF_ASSETS),
        };
        images.into_iter().chain(files).collect()
    }

    /// Builds once, and reports each build as a check, so that one that failed ends the wait. What an earlier rehearsal built
    /// is not built again, unless a new tag or draft starts it.
    pub(super) async fn build(mut self, plan: &str) {
        if self.rehearsal.settings.builders == BuilderBehavior::Never {
            return;
        }
        // Somebody starts those by hand that did not succeed.
        let are_missing = |builders: &Self| {
            let mut all = builders.all().into_iter();
            all.any(|builder| builders.conclusion(builder).as_deref() != Some("success"))
        };
        if self.failed || self.started().await || are_missing(&self) {
            let builds = self.all().into_iter().map(|one| self.run(one, plan));
            join_all(builds).await;
        }
    }

    async fn started(&mut self) -> bool {
        let by_the_draft = self.rehearsal.settings.tag_when == TagWhen::Publish;
        let end = self.clock.now().plus(START_MAY_TAKE);
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(GitHubEvent::TagCreated { .. }) if !by_the_draft => return true,
                    Ok(GitHubEvent::DraftCreated { .. }) if by_the_draft => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                },
                () = self.clock.sleep_until(end) => return false,
            }
        }
    }

    async fn run(&self, builder: RehearsedBuilder, plan: &str) {
        let RehearsedBuilder { name, .. } = builder;
        let timeline = self.rehearsal.timeline;
        let _spinner = timeline.spinner(name);
        self.report(builder, None);
        let tag = &self.rehearsal.settings.release.tag;
        timeline.log(name, &format!("started for {tag}"));
        self.pretend_to_build().await;
        let built = match self.rehearsal.settings.builders {
            BuilderBehavior::Fail => Err(anyhow::anyhow!("as --builder fail asks for")),
            _ if builder.check == OF_IMAGES.check => self.build_images(plan).await,
            _ => self.build_files(plan).await,
        };
        let conclusion = match built {
            Ok(()) => "success",
            Err(error) => {
                timeline.log(name, &format!("failed: {error:#}"));
                "failure"
            }
        };
        self.report(builder, Some(conclusion));
    }

    /// The conclusion of a builder's last run at the commit; `None` also while it runs.
    fn conclusion(&self, builder: RehearsedBuilder) -> Option<String> {
        let services = self.rehearsal.services;
        let world = services.github.world();
        let repository = world.repositories.get(&services.repository)?;
        let mut runs = repository.check_runs.iter().rev();
        let of_builder = |run: &&CheckRun| run.name == builder.check && run.head_sha == self.commit;
        runs.find(of_builder)?.conclusion.clone()
    }

    /// Adds a run of the builder's check, which is running, or ends it.
    fn report(&self, builder: RehearsedBuilder, conclusion: Option<&str>) {
        let services = self.rehearsal.services;
        let since_1970 = self.clock.wall().duration_since(SystemTime::UNIX_EPOCH);
        let now = since_1970.unwrap_or_default().as_secs();
        let mut world = services.github.world();
        let repository = world.repository(&services.repository);
        let is_running =
            |run: &&mut CheckRun| run.name == builder.check && run.conclusion.is_none();
        if let Some(run) = repository.check_runs.iter_mut().rev().find(is_running) {
            if let Some(conclusion) = conclusion {
                "completed".clone_into(&mut run.status);
                run.conclusion = Some(conclusion.to_owned());
                run.completed_at = Some(now);
            }
            return;
        }
        repository.check(builder.check, "");
        if let Some(run) = repository.check_runs.last_mut() {
            "in_progress".clone_into(&mut run.status);
            run.conclusion = None;
            run.started_at = now;
            run.completed_at = None;
        }
    }

    async fn build_images(&self, plan: &str) -> anyhow::Result<()> {
        let plan = ReleasePlan::from_json(plan, None)?;
        let wanted = &plan.wanted;
        for image in wanted.binary_image.iter().chain(&wanted.extra_images) {
            let digest = self.push_image(image, &plan).await?;
            let pushed = format!("pushed {image} ({digest})");
            self.rehearsal.timeline.log(OF_IMAGES.name, &pushed);
        }
        Ok(())
    }

    async fn pretend_to_build(&self) {
        let end = self.clock.now().plus(BUILDS_TAKE);
        self.clock.sleep_until(end).await;
    }

    /// Pushes a small image as `docker build` makes it: one layer, and a config with the labels of its source.
    async fn push_image(&self, image: &ImageRef, plan: &ReleasePlan) -> anyhow::Result<Digest> {
        let (manifest, blobs) = small_image(plan)?;
        let http = Http::new(&HttpSettings::default())?;
        let clock = Arc::clone(&self.clock);
        let registry = Registries::new(&http, Credentials::anonymous(), clock);
        for (named, bytes) in manifest.layers.iter().chain([&manifest.config]).zip(blobs) {
            let blob = Blob {
                digest: named.digest,
                size: named.size,
                bytes: BlobSource::Memory(bytes.into()),
                mount_from: None,
            };
            registry.push_blob(image.repository(), &blob).await?;
        }
        let bytes = manifest.to_json();
        let digest = Digest::of(&bytes);
        registry
            .push_manifest(image, media::IMAGE_MANIFEST, Bytes::from(bytes))
            .await?;
        Ok(digest)
    }

    /// Runs two phases, as the workflow that builds modules does.
    async fn build_files(&self, plan: &str) -> anyhow::Result<()> {
        let release = &self.rehearsal.settings.release;
        let mut files = String::new();
        if let Some(module) = &release.module {
            let inputs = self.write_sources(&ReleasePlan::from_json(plan, None)?, module)?;
            let given = release.build.iter();
            let given = given.map(|(input, value)| (*input, value.as_str()));
            let inputs = [("plan", plan)].into_iter().chain(inputs).chain(given);
            let inputs: Vec<_> = inputs.collect();
            let built = self.rehearsal.step("build-module", &inputs).await?;
            anyhow::ensure!(built.succeeded(), "build-module did not succeed");
            built.output("files").clone_into(&mut files);
        }
        let folder = self.rehearsal.services.workspace.join(BUILD);
        std::fs::create_dir_all(&folder)?;
        for asset in &release.assets {
            std::fs::write(folder.join(&asset.name), &asset.text)?;
            files.push_str(&["\n", BUILD, "/", &asset.name].concat());
        }
        let inputs = [("plan", plan), ("files", &files)];
        let uploaded = self.rehearsal.step("upload", &inputs).await?;
        anyhow::ensure!(uploaded.succeeded(), "upload did not succeed");
        Ok(())
    }

    /// Writes the files that a checkout and `kustomize build` would leave in the workspace. Answers with the inputs that name
    /// them.
    fn write_sources(
        &self,
        plan: &ReleasePlan,
        module: &RehearsedModule,
    ) -> io::Result<Vec<(&'static str, &'static str)>> {
        let workspace = &self.rehearsal.services.workspace;
        std::fs::create_dir_all(workspace.join(BUILD))?;
        let image = plan.wanted.binary_image.as_ref().map(ToString::to_string);
        let manifest = module.manifest.with_image(&image.unwrap_or_default());
        let files = [
            ("manifest", "build/manifest.yaml", Some(&manifest)),
            (
                "default-cr",
                "build/default-cr.yaml",
                module.default_cr.as_ref(),
            ),
            ("module-config", MODULE_CONFIG, module.config.as_ref()),
            (
                "security-config",
                "build/sec-scanners-config.yaml",
                module.security.as_ref(),
            ),
        ];
        let mut inputs = Vec::new();
        for (input, path, text) in files {
            if let Some(text) = text {
                std::fs::write(workspace.join(path), text)?;
                inputs.push((input, path));
            }
        }
        Ok(inputs)
    }
}

/// A manifest, and the bytes of its layer and its config, in this order. The same commit always gives the same bytes.
fn small_image(plan: &ReleasePlan) -> io::Result<(ImageManifest, [Vec<u8>; 2])> {
    let content = b"the manager of the module, as far as a rehearsal needs one\n";
    let tar = one_file_tar("manager", content)?;
    let mut gzip = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::default());
    gzip.write_all(&tar)?;
    let layer = gzip.finish()?;
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/manager"], "Labels": {
            "org.opencontainers.image.revision": plan.wanted.commit,
            "org.opencontainers.image.version": plan.wanted.version,
            "org.opencontainers.image.source": format!("https://github.com/{}", plan.wanted.repository),
        }},
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(&tar)]},
    });
    let config = config.to_string().into_bytes();
    let manifest = ImageManifest::new(
        ContentDescriptor::of("application/vnd.oci.image.config.v1+json", &config),
        vec![ContentDescriptor::of(
            "application/vnd.oci.image.layer.v1.tar+gzip",
            &layer,
        )],
    );
    Ok((manifest, [layer, config]))
}

fn one_file_tar(name: &str, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, Path::new(name), bytes)?;
    tar.into_inner()
}
