//! Module images through docker-registry and skopeo, read in the steps of Lifecycle Manager of 2023 and of its present version.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a helper of tests panics as a test does"
)]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use btp_release::adapters::registry::Credentials;
use btp_release::domain::ImageRef;
use btp_release::protocol::{RegistryReader as _, RegistryWriter as _};
use ocm_module::build::TemplateForm;
use ocm_module::build::{Assembled, ModuleInputs, NamedFile, assemble};
use ocm_module::build::{DescriptorStyle, GitSource};
use ocm_module::raw_manifest::RawManifest;
use serde_json::Value;

use crate::real::copy_with_skopeo;
use crate::support::plan;
use crate::support::registry::{DockerRegistry, blob, have, registries, repository};

const NAME: &str = "kyma-project.io/module/btp-operator";
const IMAGE: &str = "r.example/prod/btp-manager:v1.2.0";
const MANIFEST: &str = include_str!("../../src/rehearsal/example/manifest.yaml");
const DEFAULT_CR: &str = include_str!("../../src/rehearsal/example/default-cr.yaml");

fn module(host: &str, style: DescriptorStyle, manifest: &str) -> Assembled {
    let template = match style {
        DescriptorStyle::KymaCli2 => TemplateForm::V1Beta2,
        DescriptorStyle::Modulectl3 => TemplateForm::Modulectl3,
    };
    let manager: ImageRef = IMAGE.parse().unwrap();
    let manifest = RawManifest::parse("manifest.yaml", manifest.as_bytes()).unwrap();
    let inputs = ModuleInputs {
        style,
        template,
        kyma_cli_2_template: None,
        namespace: None,
        component: NAME,
        version: &"1.2.0".parse().unwrap(),
        registry: &format!("{host}/prod").parse().unwrap(),
        channel: "regular",
        source: &GitSource {
            repo_url: "https://github.com/kyma-project/btp-manager".into(),
            commit: "4e4b9d47cb655ca23e5c706462485ff7605e8d71".parse().unwrap(),
            reference: None,
        },
        default_cr: Some(NamedFile {
            name: "default-cr.yaml",
            bytes: DEFAULT_CR.as_bytes(),
        }),
        config: None,
        security: None,
        manager: Some(&manager),
    };
    assemble(&inputs, &manifest).unwrap()
}

#[tokio::test]
async fn module_image_round_trips_and_installs_with_both_lifecycle_managers() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    if !have("skopeo") {
        return;
    }
    let manifest = MANIFEST.replace("{binary-image}", IMAGE);
    for style in [DescriptorStyle::KymaCli2, DescriptorStyle::Modulectl3] {
        let built = module(&server.host, style, &manifest);
        let version = &built.version;
        let to = registries(Credentials::anonymous());
        for part in version.blobs() {
            let part = blob(part.bytes.clone());
            to.push_blob(version.target.repository(), &part)
                .await
                .unwrap();
        }
        let media_type = &version.manifest.named.media_type;
        let bytes = || version.manifest.bytes.clone().into();
        to.push_manifest(&version.target, media_type, bytes())
            .await
            .unwrap();

        let folder = tempfile::tempdir().unwrap();
        copy_with_skopeo(&version.target, folder.path());
        let copied = Copied(folder.path().join("dir"));
        assert_eq!(copied.read("manifest.json"), version.manifest.bytes);
        for part in version.blobs() {
            assert_eq!(copied.read(&part.named.digest.hex()), part.bytes);
        }

        assert_eq!(copied.installed_today(), manifest.as_bytes());
        if style == DescriptorStyle::KymaCli2 {
            let template = &built.files["template.yaml"];
            assert_eq!(
                copied.installed_in_2023(template, &server.host),
                manifest.as_bytes()
            );
        }
    }
}

#[tokio::test]
async fn build_module_mounts_a_blob_instead_of_uploading_it() {
    let Some(server) = DockerRegistry::start(&[]) else {
        return;
    };
    let manifest = MANIFEST.replace("{binary-image}", IMAGE);
    let neighbour = repository(&server.host, "unsigned/btp-operator");
    let stored = blob(manifest.clone().into_bytes());
    let to = registries(Credentials::anonymous());
    to.push_blob(&neighbour, &stored).await.unwrap();
    let before = server.requests().len();

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("manifest.yaml", &manifest);
    let image = format!("{}/prod/component-descriptors/{NAME}:v1.2.0", server.host);
    write(
        "plan.json",
        &plan::with_module("v1.2.0", NAME, &image).to_json(),
    );
    let built = Command::new(env!("CARGO_BIN_EXE_btp-release"))
        .args([
            "build-module",
            "--plan=@plan.json",
            "--manifest=manifest.yaml",
        ])
        .arg(format!("--mount-from={neighbour}"))
        .current_dir(folder.path())
        .env_clear()
        .env("GITHUB_TOKEN", "t0ken")
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );

    let requests = server.requests();
    let of_manifest = requests[before..]
        .iter()
        .filter(|line| line.contains(&stored.digest.to_string()));
    let sent: Vec<_> = of_manifest
        .filter(|line| !line.contains("\"HEAD "))
        .collect();
    assert_eq!(sent.len(), 1, "{requests:#?}");
    assert!(
        sent[0].contains("\"POST ") && sent[0].contains("\" 201 "),
        "{sent:?}"
    );
    let target = repository(&server.host, &format!("prod/component-descriptors/{NAME}"));
    assert!(to.has_blob(&target, stored.digest).await.unwrap());
}

/// An image in the format of `skopeo copy … dir:`.
struct Copied(PathBuf);

impl Copied {
    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    fn blob(&self, digest: &Value) -> Vec<u8> {
        self.read(digest.as_str().unwrap().strip_prefix("sha256:").unwrap())
    }

    /// `lifecycle-manager:internal/service/componentdescriptor/service.go`: config → descriptor layer → untar → decode, and
    /// `parser/template_to_module.go`: only `raw-manifest` is installed, from a tar or from a plain layer.
    fn installed_today(&self) -> Vec<u8> {
        let manifest: Value = serde_json::from_slice(&self.read("manifest.json")).unwrap();
        let config: Value =
            serde_json::from_slice(&self.blob(&manifest["config"]["digest"])).unwrap();
        let layer = self.blob(&config["componentDescriptorLayer"]["digest"]);
        assert!(layer.len() <= 100 * 1024);
        let (name, descriptor) = first_file(&layer);
        assert_eq!(name, Path::new("component-descriptor.yaml"));
        let descriptor: Value = yaml_serde::from_slice(&descriptor).unwrap();
        assert_eq!(descriptor["meta"]["schemaVersion"], "v2");
        let component = &descriptor["component"];
        assert_eq!(component["name"], NAME);
        assert!(
            !component["repositoryContexts"]
                .as_array()
                .unwrap()
                .is_empty()
        );
        let resources = component["resources"].as_array().unwrap();
        let raw = resources
            .iter()
            .find(|r| r["name"] == "raw-manifest")
            .unwrap();
        let bytes = self.blob(local_digest(raw).unwrap());
        match raw["access"]["mediaType"].as_str() {
            Some("application/x-tar") => first_file(&bytes).1,
            _ => bytes,
        }
    }

    /// `lifecycle-manager:pkg/module/parse/template_to_module.go` of mid-2023: the template's descriptor names where layers
    /// are; `config` and `crds` are settings, and of all others the last one is installed, as it is.
    fn installed_in_2023(&self, template: &[u8], host: &str) -> Vec<u8> {
        let template: Value = yaml_serde::from_slice(template).unwrap();
        let component = &template["spec"]["descriptor"]["component"];
        let contexts = component["repositoryContexts"].as_array().unwrap();
        // It uses a registry without TLS only if the address says so.
        let base = format!("http://{host}/prod");
        assert_eq!(contexts.last().unwrap()["baseUrl"], base);
        let mut install = None;
        for resource in component["resources"].as_array().unwrap() {
            match (local_digest(resource), resource["name"].as_str().unwrap()) {
                (Some(_), "config" | "crds") | (None, _) => {}
                (Some(digest), _) => install = Some(digest),
            }
        }
        self.blob(install.unwrap())
    }
}

/// `None` for images, which are no layers; anything else is an error to both.
fn local_digest(resource: &Value) -> Option<&Value> {
    let access = &resource["access"];
    match access["type"].as_str().unwrap() {
        "localOciBlob" => Some(&access["digest"]),
        "localBlob" => Some(&access["localReference"]),
        "ociArtifact" | "ociRegistry" => None,
        other => panic!("access type {other}"),
    }
}

/// The first regular file that is not a macOS metadata file.
fn first_file(archive: &[u8]) -> (PathBuf, Vec<u8>) {
    let mut archive = tar::Archive::new(archive);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = entry.path().unwrap().into_owned();
        if entry.header().entry_type().is_file() && !path.to_string_lossy().starts_with("._") {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            return (path, bytes);
        }
    }
    panic!("no file")
}
