//! What is pushed and written, depending on the existing content.
use super::*;
use crate::domain::Code;
use crate::plan::ModulePlan;
use crate::plan::tests::example;
use crate::release::examples::{foreign_draft, our_draft};
use ocm_module::build::GitSource;
use ocm_module::build::{ModuleInputs, assemble};
use ocm_module::raw_manifest::RawManifest;
use ocm_module::values::ModuleForm;

const CRD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: samples.kyma.example}\nspec:\n  group: kyma.example\n  scope: Namespaced\n  names: {kind: Sample, plural: samples}\n  versions: [{name: v1, served: true, storage: true}]\n";
const NAME: &str = "kyma-project.io/module/btp-operator";

fn image() -> ImageRef {
    let image = format!("r.example/prod/component-descriptors/{NAME}:v1.2.0");
    image.parse().unwrap()
}

fn plan(on_existing: OnExisting) -> ReleasePlan {
    let module = ModulePlan {
        name: NAME.parse().unwrap(),
        image: image(),
        form: ModuleForm::KymaCli2,
        second_image: None,
    };
    example().with(|wanted| {
        wanted.on_existing = on_existing;
        wanted.binary_image = None;
        wanted.module = Some(module);
    })
}

fn options(ctf: Option<&str>, push: bool) -> BuildOptions {
    BuildOptions {
        forms: BuildForms {
            style: DescriptorStyle::KymaCli2,
            template: TemplateForm::V1Beta2,
            kyma_cli_2_template: None,
            namespace: None,
        },
        channel: None,
        manifest: None,
        default_cr: None,
        config: None,
        security: None,
        additional: AdditionalOptions::default(),
        output: "out".into(),
        ctf: ctf.map(PathBuf::from),
        push,
        pin_images: false,
        mount_from: None,
    }
}

fn assembled() -> Assembled {
    let plan = example();
    let manifest = RawManifest::parse("manifest.yaml", CRD.as_bytes()).unwrap();
    let inputs = ModuleInputs {
        style: DescriptorStyle::KymaCli2,
        template: TemplateForm::V1Beta2,
        kyma_cli_2_template: None,
        namespace: None,
        component: NAME,
        version: &plan.wanted.version,
        registry: &"r.example/prod".parse().unwrap(),
        channel: "regular",
        source: &GitSource {
            repo_url: "github.com/kyma-project/btp-manager".into(),
            commit: plan.wanted.commit.clone(),
            reference: None,
        },
        default_cr: None,
        config: None,
        security: None,
        manager: None,
    };
    assemble(&inputs, &manifest).unwrap()
}

/// Nothing exists yet.
fn nothing(options: &BuildOptions) -> BuildState {
    let assembled = assembled();
    let files = wanted(options, &assembled).ok().unwrap();
    BuildState {
        registry: options.push.then(|| RegistryState {
            missing: (0..assembled.version.blobs().count()).collect(),
            by_tag: vec![(image(), None)],
            releases: vec![],
        }),
        files: files.into_iter().map(|file| (file, None)).collect(),
        assembled,
    }
}

fn everything(options: &BuildOptions) -> BuildState {
    let mut seen = nothing(options);
    for (file, there) in &mut seen.files {
        *there = Some(LocalFile {
            path: file.path.clone(),
            size: file.bytes.len() as u64,
            digest: Digest::of(&file.bytes),
        });
    }
    let digest = seen.assembled.version.digest();
    seen.registry = options.push.then(|| RegistryState {
        missing: vec![],
        by_tag: vec![(image(), Some(tagged(digest)))],
        releases: vec![],
    });
    seen
}

fn tagged(digest: Digest) -> SeenManifest {
    SeenManifest {
        digest,
        media_type: "application/vnd.oci.image.manifest.v1+json".into(),
        size: None,
    }
}

/// The first words of the actions.
fn actions(options: &BuildOptions, seen: &BuildState) -> Vec<String> {
    match decide(Some(&plan(OnExisting::Resume)), options, seen) {
        Step::Act(actions) => actions.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn tag_is_pushed_last_and_existing_blobs_are_not_pushed_again() {
    let options = options(None, true);
    let all = actions(&options, &nothing(&options));
    let short = |action: &String| action.split(' ').take(3).collect::<Vec<_>>().join(" ");
    let wanted = [
        "push the blob",
        "push the manifest",
        "write out/rendered.yaml",
        "write out/template.yaml",
        "write out/template_control_plane.yaml",
    ];
    let seen: Vec<_> = all.iter().map(short).collect();
    assert!(
        seen.iter().zip(wanted).all(|(a, b)| a.starts_with(b)),
        "{all:?}"
    );
    assert_eq!(all.len(), wanted.len());
    assert_eq!(all[0].matches("push the blob").count(), 3);
    assert!(all[1].ends_with(":v1.2.0"), "{all:?}");

    let mut untagged = everything(&options);
    if let Some(registry) = &mut untagged.registry {
        registry.by_tag[0].1 = None;
    }
    let only = actions(&options, &untagged);
    assert_eq!(only.len(), 1);
    assert!(only[0].ends_with(":v1.2.0"));

    let mut changed = everything(&options);
    changed.files[1].1 = None;
    assert!(actions(&options, &changed)[0].starts_with("write out/template.yaml"));
}

#[test]
fn missing_blobs_are_mounted_from_the_named_repository() {
    let mut options = options(None, true);
    options.mount_from = Some("r.example/unsigned/x".parse().unwrap());
    let mut seen = nothing(&options);
    if let Some(registry) = &mut seen.registry {
        registry.missing.remove(0);
    }
    let all = actions(&options, &seen);
    let mounts = all[0].split(", and ").filter(|blob| {
        blob.starts_with("mount the blob") && blob.contains("from r.example/unsigned/x, or push it")
    });
    assert_eq!(mounts.count(), 2);
    let pushes = |action: &&String| action.contains("the blob");
    assert_eq!(all.iter().filter(pushes).count(), 1);
}

#[test]
fn report_names_the_image_by_digest_and_the_files() {
    let options = options(Some("m.tgz"), true);
    let Step::Done(report) = decide(
        Some(&plan(OnExisting::Resume)),
        &options,
        &everything(&options),
    ) else {
        panic!()
    };
    let names: Vec<_> = report.outputs.iter().map(|o| o.name).collect();
    assert_eq!(
        names,
        ["module-image", "version", "module-digest", "files", "ctf"]
    );
    assert!(report.outputs[0].value.contains("@sha256:"));
    assert_eq!(report.outputs[1].value, "1.2.0");
    assert_eq!(report.outputs[3].value.lines().count(), 3);
}

#[test]
fn ctf_archive_is_one_file_or_a_folder_with_the_index_last() {
    for (path, push) in [
        ("m.tgz", true),
        ("m.tar.gz", false),
        ("m", true),
        ("m", false),
    ] {
        let options = options(Some(path), push);
        let all = actions(&options, &nothing(&options));
        let pushes = all.iter().filter(|a| a.starts_with("push")).count();
        assert_eq!(pushes > 0, push);
        let last = all.last().unwrap();
        let index = format!("write m/{} ", ctf::INDEX);
        if path == "m" {
            assert!(last.starts_with(&index), "{all:?}");
        } else {
            assert!(last.starts_with(&format!("write {path} ")), "{all:?}");
        }
    }
    let options = options(Some("m"), false);
    let Step::Done(report) = decide(
        Some(&plan(OnExisting::Resume)),
        &options,
        &everything(&options),
    ) else {
        panic!()
    };
    assert!(
        report.summary.ends_with("was not pushed"),
        "{}",
        report.summary
    );
    assert!(report.outputs.iter().all(|o| o.name != "module-image"));
}

#[test]
fn taken_tag_is_never_replaced_without_a_release() {
    let options = options(None, true);
    let mut seen = everything(&options);
    if let Some(registry) = &mut seen.registry {
        registry.by_tag[0].1 = Some(tagged(Digest::of(b"other")));
    }
    let Step::Blocked(findings) = decide(None, &options, &seen) else {
        panic!()
    };
    assert_eq!(findings[0].code, Code::ModuleTagTaken);
}

#[test]
fn target_of_a_plan_names_the_module_and_its_commit() {
    let plan = plan(OnExisting::Resume);
    let url = "https://github.com/kyma-project/btp-manager";
    let target = ModuleTarget::of_plan(&plan, url.into()).unwrap();
    assert_eq!(target.images, [image()]);
    assert_eq!(target.registry.to_string(), "r.example/prod");
    assert_eq!(target.source.commit, plan.wanted.commit);
    assert_eq!(target.source.reference.as_deref(), Some("refs/tags/v1.2.0"));
    let without = plan.with(|wanted| wanted.module = None);
    let refused = ModuleTarget::of_plan(&without, url.into()).unwrap_err();
    assert_eq!(refused.code, Code::ModuleUnplanned);
}

#[test]
fn taken_tag_is_replaced_only_for_our_draft_with_on_existing_replace() {
    let options = options(None, true);
    for (policy, release, replaced) in [
        (OnExisting::Resume, our_draft(&example()), false),
        (OnExisting::Replace, our_draft(&example()), true),
        (OnExisting::Replace, foreign_draft(&example()), false),
        (
            OnExisting::Replace,
            crate::release::examples::published(our_draft(&example())),
            false,
        ),
    ] {
        let mut seen = everything(&options);
        if let Some(registry) = &mut seen.registry {
            registry.by_tag[0].1 = Some(tagged(Digest::of(b"other")));
            registry.releases = vec![release];
        }
        match decide(Some(&plan(policy)), &options, &seen) {
            Step::Act(actions) => assert!(replaced && actions.len() == 1),
            Step::Blocked(findings) => {
                assert!(!replaced);
                assert_eq!(findings[0].code, Code::ModuleTagTaken);
            }
            other => panic!("{other:?}"),
        }
    }
}
