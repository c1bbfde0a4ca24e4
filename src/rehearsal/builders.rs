//! The two builds that the tag, or with a late tag the draft, starts: the container image, and the module with its release assets.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use futures_util::future::try_join;
use serde_json::json;
use stand_ins::GitHubEvent;
use tokio::sync::broadcast::Receiver;

use super::Rehearsal;
use crate::adapters::http::{Http, HttpSettings};
use crate::adapters::registry::{Credentials, Registries};
use crate::adapters::system_clock::SystemClock;
use crate::domain::{Digest, ImageRef};
use crate::plan::{ReleasePlan, TagWhen};
use crate::protocol::{Blob, BlobSource, Clock, RegistryWriter as _};
use crate::settings::BuilderBehavior;
use ocm_module::oci::media;
use ocm_module::oci::{ContentDescriptor, ImageManifest};

/// The simulated duration of a build.
const BUILDS_TAKE: Duration = Duration::from_millis(700);
/// The longest time until it appears, once `draft` has ended.
const START_MAY_TAKE: Duration = Duration::from_secs(2);

/// Waits for what starts the builds, then builds.
pub(super) struct RehearsedBuilders<'a> {
    rehearsal: &'a Rehearsal<'a>,
    events: Receiver<GitHubEvent>,
    clock: Arc<SystemClock>,
}

impl<'a> RehearsedBuilders<'a> {
    /// Starts listening, as Prow does for the webhooks of a repository.
    pub(super) fn listen(rehearsal: &'a Rehearsal<'a>) -> Self {
        Self {
            rehearsal,
            events: rehearsal.services.github.events(),
            clock: Arc::new(SystemClock::start()),
        }
    }

    /// Builds once; a tag or a draft that existed before starts nothing.
    pub(super) async fn build(mut self, plan: &str) -> anyhow::Result<()> {
        let never = self.rehearsal.settings.builders == BuilderBehavior::Never;
        if never || !self.started().await {
            return Ok(());
        }
        try_join(self.build_image(plan), self.build_module(plan))
            .await
            .map(drop)
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

    async fn build_image(&self, plan: &str) -> anyhow::Result<()> {
        const NAME: &str = "image builder";
        let _spinner = self.rehearsal.timeline.spinner(NAME);
        let log = |line: String| self.rehearsal.timeline.log(NAME, &line);
        let plan = ReleasePlan::from_json(plan, None)?;
        let Some(image) = &plan.wanted.binary_image else {
            return Ok(());
        };
        log(format!("started for {}", plan.wanted.tag));
        self.pretend_to_build().await;
        let digest = self.push_image(image, &plan).await?;
        log(format!("pushed {image} ({digest})"));
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
    async fn build_module(&self, plan: &str) -> anyhow::Result<()> {
        const NAME: &str = "module builder";
        let _spinner = self.rehearsal.timeline.spinner(NAME);
        self.rehearsal.timeline.log(NAME, "started");
        self.pretend_to_build().await;
        self.write_sources(&ReleasePlan::from_json(plan, None)?)?;
        let inputs = [
            ("plan", plan),
            ("manifest", "build/manifest.yaml"),
            ("default-cr", "build/default-cr.yaml"),
        ];
        let built = self.rehearsal.step("build-module", &inputs).await?;
        if built.succeeded() {
            let inputs = [("plan", plan), ("files", built.output("files"))];
            self.rehearsal.step("upload", &inputs).await?;
        }
        Ok(())
    }

    /// Writes the files that a checkout and `kustomize build` would leave in the workspace.
    fn write_sources(&self, plan: &ReleasePlan) -> io::Result<()> {
        let settings = self.rehearsal.settings;
        let folder = self.rehearsal.services.workspace.join("build");
        std::fs::create_dir_all(&folder)?;
        let image = plan.wanted.binary_image.as_ref().map(ToString::to_string);
        let example = || {
            let example = include_str!("example/manifest.yaml");
            example.replace("{binary-image}", &image.unwrap_or_default())
        };
        let manifest = settings.manifest.clone().unwrap_or_else(example);
        std::fs::write(folder.join("manifest.yaml"), manifest)?;
        let example = include_str!("example/default-cr.yaml");
        let default_cr = settings.default_cr.as_deref().unwrap_or(example);
        std::fs::write(folder.join("default-cr.yaml"), default_cr)
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
