//! `build-module`, `fetch-module` and `inspect-module` as a person runs them, over real sockets.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy takes the helpers of an integration test for production code"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use btp_release::domain::{Digest, TagFormat};
use btp_release::plan::{ModulePlan, NotesSource, OnExisting, ReleasePlan, Wanted};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use stand_ins::{Fault, Pattern, Registry, RegistryOptions};

const NAME: &str = "kyma-project.io/module/btp-operator";
const COMMIT: &str = "4e4b9d47cb655ca23e5c706462485ff7605e8d71";
const IMAGE: &str = "r.example/prod/btp-manager:v1.2.0";
const MANIFEST: &str = include_str!("../src/rehearsal/example/manifest.yaml");
const DEFAULT_CR: &str = include_str!("../src/rehearsal/example/default-cr.yaml");
const REPOSITORY: &str = "prod/component-descriptors/kyma-project.io/module/btp-operator";

struct Desk {
    registry: Registry,
    folder: tempfile::TempDir,
}

struct Ended {
    code: i32,
    /// `name=value` lines, or what was asked to be shown.
    out: String,
    told: String,
}

impl Ended {
    fn output(&self, name: &str) -> &str {
        let lines = self.out.lines().filter_map(|line| line.split_once('='));
        lines
            .filter(|(key, _)| *key == name)
            .map(|(_, v)| v)
            .next()
            .unwrap()
    }
}

impl Desk {
    async fn new() -> Self {
        let registry = Registry::start(RegistryOptions::default()).await.unwrap();
        let desk = Self {
            registry,
            folder: tempfile::tempdir().unwrap(),
        };
        desk.write("manifest.yaml", &MANIFEST.replace("{binary-image}", IMAGE));
        desk.write("default-cr.yaml", DEFAULT_CR);
        desk.plan(&desk.registry.host(), "v1.2.0");
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    fn plan(&self, host: &str, module_tag: &str) {
        let (tag, version, tag_format) = TagFormat::read("v1.2.0", None).unwrap();
        let image = format!("{host}/{REPOSITORY}:{module_tag}");
        let plan = ReleasePlan::draw(
            Wanted {
                repository: "kyma-project/btp-manager".parse().unwrap(),
                version,
                tag,
                tag_format,
                commit: COMMIT.parse().unwrap(),
                run: "17".into(),
                prerelease: false,
                make_latest: None,
                previous_tag: None,
                on_existing: OnExisting::Resume,
                guard_branch: None,
                notes: NotesSource::Generated,
                assets: ["template.yaml".parse().unwrap()].into(),
                binary_image: Some(IMAGE.parse().unwrap()),
                module: Some(ModulePlan {
                    name: NAME.parse().unwrap(),
                    image: image.parse().unwrap(),
                }),
                extra_images: [].into(),
            },
            None,
            true,
            None,
        );
        self.write("plan.json", &plan.to_json());
    }

    /// The binary, with no more of an environment than it needs.
    async fn run(&self, arguments: &[&str], token: bool) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_btp-release"));
        command
            .args(arguments)
            .env_clear()
            .current_dir(self.path(""));
        if token {
            command.env("GITHUB_TOKEN", "t0ken");
        }
        let ended = tokio::task::spawn_blocking(move || command.output().unwrap());
        let ended = ended.await.unwrap();
        Ended {
            code: ended.status.code().unwrap(),
            out: String::from_utf8(ended.stdout).unwrap(),
            told: String::from_utf8(ended.stderr).unwrap(),
        }
    }

    async fn build(&self, more: &[&str]) -> Ended {
        let usual = [
            "build-module",
            "--plan=@plan.json",
            "--manifest=manifest.yaml",
        ];
        self.run(&[&usual, more].concat(), true).await
    }

    async fn fetch(&self, image: &str) -> Ended {
        let image = format!("--module-image={image}");
        self.run(&["fetch-module", "--plan=@plan.json", &image], true)
            .await
    }

    /// Every file below the folder that holds the working folder.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_built_is_what_is_fetched_in_both_forms() {
    for (style, tag) in [("2023", "v1.2.0"), ("local-blob", "1.2.0")] {
        let desk = Desk::new().await;
        desk.plan(&desk.registry.host(), tag);
        let style = format!("--descriptor-style={style}");
        let more = [
            "--default-cr=default-cr.yaml",
            style.as_str(),
            "--ctf=module.tgz",
        ];
        let built = desk.build(&more).await;
        assert_eq!(built.code, 0, "{}", built.told);
        let again = desk.build(&more).await;
        assert!(again.told.contains("nothing to do"), "{}", again.told);
        assert_eq!(again.out, built.out);
        assert!(desk.path("module.tgz").is_file());

        let image = built.output("module-image");
        let fetched = desk.fetch(image).await;
        assert_eq!(fetched.code, 0, "{}", fetched.told);
        assert_eq!(
            fetched.output("module-digest"),
            built.output("module-digest")
        );
        assert_eq!(fetched.output("manifest-kind"), "raw-manifest");
        let words = "module: manifest.yaml from the layer raw-manifest (";
        assert!(fetched.told.contains(words), "{}", fetched.told);
        assert_eq!(
            desk.read("module/manifest.yaml"),
            desk.read("manifest.yaml")
        );
        let descriptor = desk.read("module/component-descriptor.yaml");
        assert!(descriptor.starts_with("component:\n"), "{descriptor}");
        assert!(descriptor.contains(COMMIT));
        let template = desk.read("module-release/template.yaml");
        let template: Value = yaml_serde::from_str(&template).unwrap();
        let default_cr: Value = yaml_serde::from_str(DEFAULT_CR).unwrap();
        assert_eq!(template["spec"]["data"], default_cr);
        if tag == "1.2.0" {
            // The form of 2023 has it in the template alone.
            assert_eq!(desk.read("module/default-cr.yaml"), DEFAULT_CR);
        }
        assert_eq!(
            desk.read("module-release/rendered.yaml"),
            desk.read("manifest.yaml")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_neighbour_has_is_mounted_and_not_sent() {
    let desk = Desk::new().await;
    let neighbour = format!("{}/unsigned/btp-operator", desk.registry.host());
    let manifest = desk.read("manifest.yaml");
    let digest = desk
        .registry
        .store()
        .put_blob("unsigned/btp-operator", manifest.as_bytes());
    let digest = digest.unwrap();
    let built = desk.build(&[&format!("--mount-from={neighbour}")]).await;
    assert_eq!(built.code, 0, "{}", built.told);
    let of_manifest = |entry: &stand_ins::Entry| {
        entry.method != "GET" && entry.query.replace("%3A", ":").contains(&digest)
    };
    let seen = desk.registry.log().filter(of_manifest);
    // One request, and no body: its bytes were never sent.
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(
        (seen[0].method.as_str(), seen[0].status),
        ("POST", Some(201))
    );
    assert!(seen[0].query.contains("from=unsigned"), "{seen:?}");
    let fetched = desk.fetch(built.output("module-image")).await;
    assert_eq!(fetched.code, 0, "{}", fetched.told);
    assert_eq!(desk.read("module/manifest.yaml"), manifest);

    let elsewhere = desk.build(&["--mount-from=r.example/unsigned"]).await;
    assert_eq!(elsewhere.code, 2, "{}", elsewhere.told);
    assert!(
        elsewhere.told.contains("error[mount-elsewhere]"),
        "{}",
        elsewhere.told
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_needs_no_registry() {
    let desk = Desk::new().await;
    // Nobody listens there.
    desk.plan("127.0.0.1:9", "v1.2.0");
    for path in ["module.tgz", "module"] {
        let built = desk.build(&["--no-push", &format!("--ctf={path}")]).await;
        assert_eq!(built.code, 0, "{}", built.told);
        assert_eq!(built.output("ctf"), path);
    }
    let index: Value = serde_json::from_str(&desk.read("module/artifact-index.json")).unwrap();
    let digest = index["artifacts"][0]["digest"].as_str().unwrap();
    let blob = desk.read(&format!("module/blobs/{}", digest.replace(':', ".")));
    assert_eq!(Digest::of(blob.as_bytes()).to_string(), digest);
    assert!(desk.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_wrong_is_told_with_its_place() {
    let desk = Desk::new().await;
    desk.write(
        "module-config.yaml",
        "name: kyma-project.io/module/other\nversion: 1.2.1\nchanel: fast\nmanifest: manifest.yaml\n",
    );
    desk.write("default-cr.yaml", "kind: Unknown\napiVersion: a/v1\n");
    desk.write(
        "manifest.yaml",
        &MANIFEST.replace("{binary-image}", "r.example/other:latest"),
    );
    let more = [
        "--default-cr=default-cr.yaml",
        "--module-config=module-config.yaml",
        "--channel=X",
    ];
    let built = desk.build(&more).await;
    assert_eq!(built.code, 12, "{}", built.told);
    for words in [
        "error[config-name-differs]",
        "error[config-version-differs]",
        "module-config.yaml:3:1: ",
        "error[channel-invalid]",
        "error[default-cr-unknown]",
        "error[image-tag-moving]",
        "error[manager-image-missing]",
        "manifest.yaml:",
    ] {
        assert!(built.told.contains(words), "{words}\n{}", built.told);
    }
    let config = desk.build(&["--template-form=of-config"]).await;
    assert_eq!(config.code, 2, "{}", config.told);
    desk.plan(&desk.registry.host(), "1.2.0");
    desk.write("manifest.yaml", &MANIFEST.replace("{binary-image}", IMAGE));
    let differs = desk.build(&[]).await;
    assert!(
        differs.told.contains("error[module-image-differs]"),
        "{}",
        differs.told
    );
    assert!(desk.registry.log().writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_shown_as_a_tree_and_as_json_without_a_token() {
    let desk = Desk::new().await;
    let built = desk.build(&[]).await;
    assert_eq!(built.code, 0, "{}", built.told);
    let tagged = format!("{}/{REPOSITORY}:v1.2.0", desk.registry.host());
    for image in [tagged.as_str(), built.output("module-image")] {
        let shown = desk.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, 0, "{}", shown.told);
        assert!(
            shown.out.starts_with(&format!("{NAME} v1.2.0\n")),
            "{}",
            shown.out
        );
        assert!(shown.out.contains(COMMIT), "{}", shown.out);
        let json = desk.run(&["inspect-module", image, "--json"], false).await;
        let json: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json["layers"][0]["name"], "raw-manifest");
        assert_eq!(json["digest"], built.output("module-digest"));
    }
    for (image, code, finding) in [
        ("btp-operator", 2, "image-invalid"),
        (&tagged.replace("v1.2.0", "v9"), 12, "module-missing"),
    ] {
        let shown = desk.run(&["inspect-module", image], false).await;
        assert_eq!(shown.code, code, "{}", shown.told);
        assert!(
            shown.told.contains(&format!("error[{finding}]")),
            "{}",
            shown.told
        );
        assert_eq!(shown.out, "");
    }
}

fn tar(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// Pushes an image whose only resource is this layer; its reference by digest.
fn push(desk: &Desk, name: &str, kind: &str, media_type: &str, layer: &[u8]) -> String {
    let digest = Digest::of(layer);
    let descriptor = json!({
        "meta": {"schemaVersion": "v2"},
        "component": {
            "name": NAME, "version": "v1.2.0", "provider": "internal",
            "repositoryContexts": [], "componentReferences": [],
            "sources": [{"name": "module-sources", "type": "git", "version": "v1.2.0",
                "access": {"type": "gitHub", "repoUrl": "github.com/kyma-project/btp-manager", "commit": COMMIT}}],
            "resources": [{"name": name, "type": kind, "relation": "local", "version": "v1.2.0",
                "access": {"type": "localOciBlob", "digest": digest}}],
        },
    });
    let descriptor = tar(
        "component-descriptor.yaml",
        descriptor.to_string().as_bytes(),
    );
    let named = |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()});
    let layers = [
        named(
            "application/vnd.ocm.software.component-descriptor.v2+yaml+tar",
            &descriptor,
        ),
        named(media_type, layer),
    ];
    let config = json!({"componentDescriptorLayer": layers[0]})
        .to_string()
        .into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": named("application/vnd.ocm.software.component.config.v1+json", &config),
        "layers": layers,
    });
    let mut store = desk.registry.store();
    for blob in [layer, &descriptor, &config] {
        store.put_blob(REPOSITORY, blob).unwrap();
    }
    let digest = store
        .put_manifest(
            REPOSITORY,
            "v1.2.0",
            "application/vnd.oci.image.manifest.v1+json",
            manifest.to_string().as_bytes(),
        )
        .unwrap();
    format!("{}/{REPOSITORY}@{digest}", desk.registry.host())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_image_leaves_nothing_outside_the_folder() {
    let crd = MANIFEST.as_bytes();
    let bomb = gzip(&tar("x", &vec![0; 64 << 20]));
    // What is unpacked into a folder, and what is taken out in memory.
    let chart = (
        "btp-operator",
        "helm-chart",
        "application/gzip",
        "content-broken",
    );
    let raw = (
        "raw-manifest",
        "directoryTree",
        "application/x-tar",
        "archive-invalid",
    );
    for (what, (name, kind, media_type, code), layer) in [
        ("chart that leads out", chart, gzip(&tar("../../x", crd))),
        (
            "absolute chart",
            chart,
            gzip(&tar("/tmp/btp-release-x", crd)),
        ),
        ("chart bomb", chart, bomb.clone()),
        ("manifest that leads out", raw, tar("../x", crd)),
        ("manifest bomb", raw, bomb),
        ("cut manifest", raw, tar("x", crd)[..700].to_vec()),
    ] {
        let desk = Desk::new().await;
        let before = desk.files();
        let image = push(&desk, name, kind, media_type, &layer);
        let ended = desk.fetch(&image).await;
        assert_eq!(ended.code, 12, "{what}\n{}", ended.told);
        assert!(
            ended.told.contains(&format!("error[{code}]")),
            "{what}\n{}",
            ended.told
        );
        stays_inside(&desk, &before, what);
        assert!(!Path::new("/tmp/btp-release-x").exists());
    }
}

fn stays_inside(desk: &Desk, before: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let module = desk.path("module");
    let mut after = desk.files();
    // A chart's archive was saved by its digest; nothing of it was unpacked, and nothing says that the folder is whole.
    after.retain(|path, _| *path != module.join("chart.tgz"));
    assert_eq!(&after, before, "{what}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_another_digest_is_not_used() {
    let desk = Desk::new().await;
    let before = desk.files();
    let layer = MANIFEST.as_bytes();
    let image = push(
        &desk,
        "raw-manifest",
        "yaml",
        "application/octet-stream",
        layer,
    );
    let blob = format!("/v2/{REPOSITORY}/blobs/{}", Digest::of(layer));
    let always = 100;
    desk.registry
        .faults()
        .when(Pattern::new("GET", &blob), always, Fault::FlipByte(7));
    let ended = desk.fetch(&image).await;
    assert_eq!(ended.code, 12, "{}", ended.told);
    assert!(
        ended.told.contains("error[content-broken]"),
        "{}",
        ended.told
    );
    stays_inside(&desk, &before, "another digest");
}
