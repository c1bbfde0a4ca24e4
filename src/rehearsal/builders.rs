//! The two builds that the tag starts: the container image, and the module with its release assets.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use futures_util::future::try_join;
use serde_json::json;
use stand_ins::Event;
use tokio::sync::broadcast::Receiver;

use super::Script;
use super::invocation::run;
use super::timeline::Timeline;
use super::world::World;
use crate::adapters::http::{Http, HttpSettings};
use crate::adapters::registry::{Credentials, Registries};
use crate::adapters::system_clock::SystemClock;
use crate::domain::ImageRef;
use crate::plan::ReleasePlan;
use crate::protocol::{Blob, BlobSource, Clock, RegistryWriter as _};
use ocm_module::media;
use ocm_module::oci::{ContentDescriptor, Manifest};

/// How long a build pretends to take.
const BUILDS_TAKE: Duration = Duration::from_millis(700);
/// How long the tag may take to appear, once `draft` has ended.
const TAG_MAY_TAKE: Duration = Duration::from_secs(2);

pub(super) struct Builders<'a> {
    world: &'a World,
    script: &'a Script,
    timeline: &'a Timeline,
    run_id: &'a str,
    events: Receiver<Event>,
    clock: Arc<SystemClock>,
}

impl<'a> Builders<'a> {
    /// Listens from now on, as Prow does for the webhooks of a repository.
    pub(super) fn listen(
        world: &'a World,
        script: &'a Script,
        timeline: &'a Timeline,
        run_id: &'a str,
    ) -> Self {
        Self {
            world,
            script,
            timeline,
            run_id,
            events: world.github.events(),
            clock: Arc::new(SystemClock::start()),
        }
    }

    /// Builds once for the tag; a tag that was there before starts nothing.
    pub(super) async fn build(mut self, plan: &str) -> anyhow::Result<()> {
        if !self.script.cast.builders_build || !self.tag_appeared().await {
            return Ok(());
        }
        try_join(self.image(plan), self.module(plan))
            .await
            .map(drop)
    }

    async fn tag_appeared(&mut self) -> bool {
        let end = self.clock.now().plus(TAG_MAY_TAKE);
        loop {
            tokio::select! {
                event = self.events.recv() => match event {
                    Ok(Event::TagCreated { .. }) => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                },
                () = self.clock.sleep_until(end) => return false,
            }
        }
    }

    async fn image(&self, plan: &str) -> anyhow::Result<()> {
        const WHO: &str = "image builder";
        let _busy = self.timeline.busy(WHO);
        let plan = ReleasePlan::from_json(plan, None)?;
        let Some(image) = &plan.binary_image else {
            return Ok(());
        };
        self.timeline
            .say(WHO, &format!("started by the tag {}", plan.tag));
        self.clock
            .sleep_until(self.clock.now().plus(BUILDS_TAKE))
            .await;
        let digest = self.push_image(image, &plan).await?;
        self.timeline
            .say(WHO, &format!("pushed {image} ({digest})"));
        Ok(())
    }

    /// A small image as `docker build` makes it: one layer, and a config with the labels that tell where it is from.
    async fn push_image(&self, image: &ImageRef, plan: &ReleasePlan) -> anyhow::Result<String> {
        let tar = one_file_tar(
            "manager",
            b"the manager of the module, as far as a rehearsal needs one\n",
        )?;
        let mut gzip = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::default());
        gzip.write_all(&tar)?;
        let layer = gzip.finish()?;
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {"Entrypoint": ["/manager"], "Labels": {
                "org.opencontainers.image.revision": plan.commit,
                "org.opencontainers.image.version": plan.version,
                "org.opencontainers.image.source": format!("https://github.com/{}", plan.repository),
            }},
            "rootfs": {"type": "layers", "diff_ids": [crate::domain::Digest::of(&tar)]},
        });
        let config = config.to_string().into_bytes();
        let manifest = Manifest::new(
            ContentDescriptor::of("application/vnd.oci.image.config.v1+json", &config),
            vec![ContentDescriptor::of(
                "application/vnd.oci.image.layer.v1.tar+gzip",
                &layer,
            )],
        );
        let http = Http::new(&HttpSettings::default())?;
        let registry = Registries::new(
            &http,
            Credentials::anonymous(),
            Arc::clone(&self.clock) as _,
        );
        for (named, bytes) in manifest
            .layers
            .iter()
            .chain([&manifest.config])
            .zip([layer, config])
        {
            let blob = Blob {
                digest: named.digest,
                size: named.size,
                bytes: BlobSource::Memory(bytes.into()),
                mount_from: None,
            };
            registry.push_blob(image.repository(), &blob).await?;
        }
        let bytes = manifest.to_json();
        let digest = crate::domain::Digest::of(&bytes).to_string();
        registry
            .push_manifest(image, media::IMAGE_MANIFEST, Bytes::from(bytes))
            .await?;
        Ok(digest)
    }

    /// The module's build is two steps of ours, as in the workflow of that name.
    async fn module(&self, plan: &str) -> anyhow::Result<()> {
        const WHO: &str = "module builder";
        let _busy = self.timeline.busy(WHO);
        self.timeline.say(WHO, "started by the tag");
        self.clock
            .sleep_until(self.clock.now().plus(BUILDS_TAKE))
            .await;
        self.lay_out(&ReleasePlan::from_json(plan, None)?)?;
        let inputs = [
            ("plan", plan),
            ("manifest", "build/manifest.yaml"),
            ("default-cr", "build/default-cr.yaml"),
        ];
        let built = run(
            self.world,
            self.timeline,
            self.run_id,
            "build-module",
            &inputs,
        )
        .await?;
        if built.succeeded() {
            let inputs = [("plan", plan), ("files", built.output("files"))];
            run(self.world, self.timeline, self.run_id, "upload", &inputs).await?;
        }
        Ok(())
    }

    /// The files that a checkout and `kustomize build` would leave in the workspace.
    fn lay_out(&self, plan: &ReleasePlan) -> anyhow::Result<()> {
        let folder = self.world.workspace.join("build");
        std::fs::create_dir_all(&folder)?;
        let image = plan
            .binary_image
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        let manifest = match &self.script.manifest {
            Some(path) => std::fs::read_to_string(path)?,
            None => include_str!("example/manifest.yaml").replace("{binary-image}", &image),
        };
        std::fs::write(folder.join("manifest.yaml"), manifest)?;
        let default_cr = folder.join("default-cr.yaml");
        match &self.script.default_cr {
            Some(path) => std::fs::copy(path, default_cr).map(drop)?,
            None => std::fs::write(default_cr, include_str!("example/default-cr.yaml"))?,
        }
        Ok(())
    }
}

/// The same bytes each time, so that another rehearsal of the same commit makes the same image.
fn one_file_tar(name: &str, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, Path::new(name), bytes)?;
    tar.into_inner()
}
