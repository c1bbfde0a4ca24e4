//! Which releases may be submitted and promoted.

use std::collections::BTreeMap;
use std::sync::Arc;

use ocm_module::descriptor::Descriptor;

use super::*;
use crate::domain::ModuleForm;
use crate::plan::tests::example;
use crate::plan::{ModulePlan, ReleasePlan};
use crate::release::image_check::Contents;

const REGISTRY: &str = "europe-docker.pkg.dev/kyma-project/prod";
const NAME: &str = "kyma-project.io/module/btp-operator";

fn image(registry: &str, tag: &str) -> ImageRef {
    let image = format!("{registry}/component-descriptors/{NAME}:{tag}");
    image.parse().unwrap()
}

fn released(goal: ModuleGoal, registry: Option<&str>) -> ReleasedModule {
    ReleasedModule {
        name: NAME.parse().unwrap(),
        version: "1.2.0".parse().unwrap(),
        tag: "v1.2.0".parse().unwrap(),
        registry: registry.map(|registry| registry.parse().unwrap()),
        goal,
        published: Box::new(|| unreachable!()),
    }
}

fn submitted() -> ModuleGoal {
    ModuleGoal::Submitted {
        config: "module-config.yaml".into(),
        file: "modules/btp-operator/1.2.0/module-config.yaml"
            .parse()
            .unwrap(),
    }
}

fn promoted() -> ModuleGoal {
    ModuleGoal::InChannel {
        channel: "fast".parse().unwrap(),
        after: vec![],
        releases: "modules/btp-operator/module-releases.yaml".parse().unwrap(),
        submission: "modules/btp-operator/1.2.0/module-config.yaml"
            .parse()
            .unwrap(),
        config: None,
    }
}

/// The facts of a release with these tags of its module image.
fn facts(component: &str, tags: &[(&str, &str)]) -> ReleaseFacts {
    let plan: ReleasePlan = example().with(|wanted| {
        wanted.module = Some(ModulePlan {
            name: component.parse().unwrap(),
            image: image(REGISTRY, "1.2.0"),
            form: ModuleForm::Modulectl3,
            second_image: None,
        });
    });
    let artifacts = tags.iter().map(|(name, tag)| {
        let tagged = image(REGISTRY, tag);
        let digest = Digest::of(b"module");
        let artifact = Artifact::Image {
            digest,
            image: tagged.repository().pinned(digest),
            tagged,
            platforms: vec![],
            size: 0,
            waited: 0,
            expected: false,
            ready_at: None,
        };
        ((*name).to_owned(), artifact)
    });
    let artifacts: BTreeMap<_, _> = artifacts.collect();
    ReleaseFacts::of_plan(&plan).with_artifacts(&artifacts.into())
}

fn complete(bytes: &[u8], components: &[(&str, &str)]) -> ImageState {
    let modules = components.iter().map(|(name, version)| {
        let text = format!(
            "meta: {{schemaVersion: v2}}\ncomponent: {{name: {name}, version: {version}, provider: internal, repositoryContexts: [], componentReferences: [], sources: [], resources: []}}\n"
        );
        ModuleContents {
            descriptor: Descriptor::from_text(text.as_bytes()).unwrap(),
            images: None,
        }
    });
    ImageState::Complete {
        digest: Digest::of(bytes),
        contents: Arc::new(Contents {
            modules: modules.collect(),
            ..Contents::default()
        }),
    }
}

#[test]
fn component_is_looked_up_by_the_version_in_the_registry_that_is_named() {
    let ours = (MODULE_IMAGE, "1.2.0");
    let second = (SECOND_MODULE_IMAGE, "v1.2.0");
    let digest = Some(Digest::of(b"module"));
    let found = |registry: &str, digest| {
        Ok(Some(WantedComponent {
            image: image(registry, "1.2.0"),
            digest,
        }))
    };
    let other = "r.example/modules";
    for (goal, registry, tags, expected) in [
        (submitted(), None, vec![ours], found(REGISTRY, digest)),
        (
            submitted(),
            None,
            vec![ours, second],
            found(REGISTRY, digest),
        ),
        (submitted(), Some(other), vec![ours], found(other, digest)),
        (submitted(), Some(other), vec![], found(other, None)),
        (submitted(), None, vec![], Ok(None)),
        (promoted(), None, vec![ours], found(REGISTRY, digest)),
        (promoted(), Some(other), vec![], found(other, None)),
        (promoted(), None, vec![], Err(Code::ComponentUnknown)),
        // Lifecycle Manager does not find what only the Kyma CLI 2 names so.
        (
            submitted(),
            None,
            vec![(MODULE_IMAGE, "v1.2.0")],
            Err(Code::ComponentMisnamed),
        ),
        (
            promoted(),
            Some(other),
            vec![(MODULE_IMAGE, "v1.2.0")],
            Err(Code::ComponentMisnamed),
        ),
    ] {
        let wanted = wanted_component(&released(goal.clone(), registry), &facts(NAME, &tags));
        let wanted = wanted.map_err(|finding| finding.code);
        assert_eq!(wanted, expected, "{goal:?} {registry:?} {tags:?}");
    }
    let other = facts("kyma-project.io/module/keda", &[ours]);
    let refused = wanted_component(&released(promoted(), None), &other).unwrap_err();
    assert_eq!(refused.code, Code::ComponentMisnamed);
}

#[test]
fn component_is_waited_for_and_another_one_refused() {
    let absent = ImageState::Absent;
    let incomplete = |bytes: &[u8]| ImageState::Incomplete {
        digest: Digest::of(bytes),
        why: "a part is missing".to_owned(),
    };
    let ours = [(NAME, "1.2.0")];
    let (known, any) = (Some(Digest::of(b"module")), None);
    for (digest, state, expected) in [
        (known, absent.clone(), "wait"),
        (any, absent, "wait"),
        (known, incomplete(b"module"), "wait"),
        (any, incomplete(b"module"), "wait"),
        (known, incomplete(b"other"), "refused"),
        (known, complete(b"module", &ours), "ready"),
        (known, complete(b"other", &ours), "refused"),
        (any, complete(b"other", &ours), "ready"),
        (any, complete(b"other", &[(NAME, "v1.2.0")]), "ready"),
        (any, complete(b"other", &[(NAME, "1.2.1")]), "refused"),
        (
            any,
            complete(b"other", &[("kyma-project.io/module/keda", "1.2.0")]),
            "refused",
        ),
        (any, complete(b"other", &[]), "refused"),
    ] {
        let wanted = WantedComponent {
            image: image(REGISTRY, "1.2.0"),
            digest,
        };
        let found = match decide(&released(promoted(), None), &wanted, &state) {
            ComponentCourse::Ready => "ready",
            ComponentCourse::Wait(_) => "wait",
            ComponentCourse::Refused(finding) => {
                assert_eq!(finding.code, Code::ComponentDiffers);
                "refused"
            }
        };
        assert_eq!(found, expected, "{digest:?} {state:?}");
    }
}

const CONFIG: &str = "name: kyma-project.io/module/btp-operator
version: 0.0.1
team: kyma/gopher
repository: https://github.com/kyma-project/btp-manager.git
manifest: btp-manager.yaml
defaultCR: https://assets.example/btp-operator.yaml
documentation: https://help.example/btp-operator
icons:
  - name: module-icon
    link: https://icons.example/logo.svg
";

#[test]
fn submission_has_version_and_tag_of_the_release_and_the_rest_of_the_modules_own_configuration() {
    let asset = |name: &str| {
        let artifact = Artifact::Asset {
            digest: Digest::of(b"a"),
            size: 1,
            waited: 0,
            ready_at: None,
        };
        Artifacts::from(BTreeMap::from([(name.to_owned(), artifact)]))
    };
    let path = "modules/btp-operator/1.2.0/module-config.yaml"
        .parse()
        .unwrap();
    let of = |config: &str, asset: &Artifacts| {
        let module = released(submitted(), None);
        let text = submission(
            &module,
            Path::new("c.yaml"),
            config.as_bytes(),
            Some(asset),
            &path,
        );
        text.map_err(|findings| {
            findings
                .iter()
                .map(|finding| finding.code)
                .collect::<Vec<_>>()
        })
    };
    let expected = CONFIG
        .replace("0.0.1", "1.2.0")
        .replace("manifest:", "repositoryTag: v1.2.0\nmanifest:");
    let assets = asset("btp-manager.yaml");
    assert_eq!(of(CONFIG, &assets), Ok(expected));
    for (config, assets, code) in [
        (
            CONFIG.to_owned(),
            asset("other.yaml"),
            Code::SubmissionFileMissing,
        ),
        (
            CONFIG.replace("https://assets.example/", ""),
            assets.clone(),
            Code::SubmissionFileMissing,
        ),
        (
            CONFIG.replace("module/btp-operator\n", "module/keda\n"),
            assets.clone(),
            Code::ComponentMisnamed,
        ),
    ] {
        assert_eq!(of(&config, &assets), Err(vec![code]), "{config}");
    }
    assert!(of("- a list", &assets).is_err());
}
