//! A working folder, a registry, and images of all kinds.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use btp_release::domain::Digest;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use stand_ins::{RegistryOptions, RegistryServer};

use super::plan;

pub(crate) const NAME: &str = "kyma-project.io/module/btp-operator";
pub(crate) const COMMIT: &str = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
pub(crate) const IMAGE: &str = "r.example/prod/btp-manager:v1.2.0";
pub(crate) const MANIFEST: &str = include_str!("../../src/rehearsal/example/manifest.yaml");
pub(crate) const DEFAULT_CR: &str = include_str!("../../src/rehearsal/example/default-cr.yaml");
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const REPOSITORY: &str =
    "prod/component-descriptors/kyma-project.io/module/btp-operator";

pub(crate) struct Workspace {
    pub(crate) registry: RegistryServer,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) struct CommandResult {
    pub(crate) code: i32,
    /// `name=value` lines, or the requested output.
    pub(crate) out: String,
    pub(crate) stderr: String,
}

impl CommandResult {
    pub(crate) fn output(&self, name: &str) -> &str {
        let lines = self.out.lines().filter_map(|line| line.split_once('='));
        lines
            .filter(|(key, _)| *key == name)
            .map(|(_, v)| v)
            .next()
            .unwrap()
    }
}

impl Workspace {
    pub(crate) async fn new() -> Self {
        let registry = RegistryServer::start(RegistryOptions::default());
        Self::with(registry.await.unwrap())
    }

    pub(crate) fn with(registry: RegistryServer) -> Self {
        let workspace = Self {
            registry,
            folder: tempfile::tempdir().unwrap(),
        };
        workspace.write("manifest.yaml", &MANIFEST.replace("{binary-image}", IMAGE));
        workspace.write("default-cr.yaml", DEFAULT_CR);
        workspace.plan(&workspace.registry.host(), "v1.2.0");
        workspace
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn plan(&self, host: &str, module_tag: &str) {
        let image = format!("{host}/{REPOSITORY}:{module_tag}");
        let plan = plan::with_module("v1.2.0", NAME, &image);
        self.write("plan.json", &plan.to_json());
    }

    /// The binary, with a minimal environment.
    pub(crate) async fn run(&self, arguments: &[&str], token: bool) -> CommandResult {
        let token = token.then_some(("GITHUB_TOKEN", "t0ken"));
        self.run_with(arguments, &Vec::from_iter(token)).await
    }

    /// The binary, with these variables and no others.
    pub(crate) async fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> CommandResult {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .args(arguments)
            .env_clear()
            .envs(env.iter().copied())
            .current_dir(self.path(""));
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        CommandResult {
            code: ended.status.code().unwrap(),
            out: String::from_utf8(ended.stdout).unwrap(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    pub(crate) async fn build(&self, more: &[&str]) -> CommandResult {
        let usual = [
            "build-module",
            "--plan=@plan.json",
            "--manifest=manifest.yaml",
        ];
        self.run(&[&usual, more].concat(), true).await
    }

    pub(crate) async fn fetch(&self, image: &str) -> CommandResult {
        let image = format!("--module-image={image}");
        self.run(&["fetch-module", "--plan=@plan.json", &image], true)
            .await
    }

    /// Every file below the folder that holds the working folder.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.clone(), std::fs::read(path).unwrap());
                }
            }
        }
        found
    }
}

pub(crate) fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
    tar.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Pushes an image whose only resource is this layer, and returns its reference by digest.
pub(crate) fn push(
    workspace: &Workspace,
    name: &str,
    kind: &str,
    media_type: &str,
    layer: &[u8],
) -> String {
    push_of(workspace, NAME, name, kind, media_type, layer)
}

/// The same for any component.
pub(crate) fn push_of(
    workspace: &Workspace,
    component: &str,
    name: &str,
    kind: &str,
    media_type: &str,
    layer: &[u8],
) -> String {
    push_layers(workspace, component, media_type, &[(name, kind, layer)])
}

/// The same with several resources: name, type and layer of each.
pub(crate) fn push_layers(
    workspace: &Workspace,
    component: &str,
    media_type: &str,
    resources: &[(&str, &str, &[u8])],
) -> String {
    let described = resources.iter().map(|(name, kind, layer)| {
        json!({"name": name, "type": kind, "relation": "local", "version": "v1.2.0",
            "access": {"type": "localOciBlob", "digest": Digest::of(layer)}})
    });
    let described: Vec<_> = described.collect();
    let descriptor = json!({
        "meta": {"schemaVersion": "v2"},
        "component": {
            "name": component, "version": "v1.2.0", "provider": "internal",
            "repositoryContexts": [], "componentReferences": [],
            "sources": [{"name": "module-sources", "type": "git", "version": "v1.2.0",
                "access": {"type": "gitHub", "repoUrl": "github.com/kyma-project/btp-manager", "commit": COMMIT}}],
            "resources": described,
        },
    });
    let descriptor = tar(
        "component-descriptor.yaml",
        descriptor.to_string().as_bytes(),
    );
    let named = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()});
    let described = named(
        "application/vnd.ocm.software.component-descriptor.v2+yaml+tar",
        &descriptor,
    );
    let others = resources
        .iter()
        .map(|(_, _, layer)| named(media_type, layer));
    let layers: Vec<_> = [described].into_iter().chain(others).collect();
    let config = json!({"componentDescriptorLayer": layers[0]})
        .to_string()
        .into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": named("application/vnd.ocm.software.component.config.v1+json", &config),
        "layers": layers,
    });
    let mut store = workspace.registry.store();
    let layers = resources.iter().map(|(_, _, layer)| *layer);
    for blob in layers.chain([&descriptor[..], &config]) {
        store.put_blob(REPOSITORY, blob).unwrap();
    }
    drop(store);
    push_document(workspace, &manifest)
}

/// Pushes a manifest or an index, and returns its reference by digest.
pub(crate) fn push_document(workspace: &Workspace, document: &Value) -> String {
    let media_type = document["mediaType"].as_str().unwrap();
    let bytes = document.to_string();
    let mut store = workspace.registry.store();
    let digest = store.put_manifest(REPOSITORY, "v1.2.0", media_type, bytes.as_bytes());
    format!(
        "{}/{REPOSITORY}@{}",
        workspace.registry.host(),
        digest.unwrap()
    )
}

/// Pushes a container image without layers, and returns its digest.
pub(crate) fn push_container(workspace: &Workspace, repository: &str, tag: &str) -> String {
    let config = b"{\"architecture\": \"amd64\", \"os\": \"linux\"}";
    let mut store = workspace.registry.store();
    let digest = store.put_blob(repository, config).unwrap();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest, "size": config.len()},
        "layers": [],
    });
    let bytes = manifest.to_string();
    store
        .put_manifest(repository, tag, MANIFEST_TYPE, bytes.as_bytes())
        .unwrap()
}

/// Pushes an index of images that were pushed before.
pub(crate) fn push_index(workspace: &Workspace, images: &[&str]) -> String {
    let entry = |image: &&str| {
        let digest = image.rsplit('@').next().unwrap();
        json!({"mediaType": MANIFEST_TYPE, "digest": digest, "size": 7})
    };
    let entries: Vec<_> = images.iter().map(entry).collect();
    push_document(
        workspace,
        &json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": entries,
        }),
    )
}
