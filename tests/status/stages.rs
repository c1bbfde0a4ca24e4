//! What is said of a release from its plan to its publication.

use std::collections::BTreeSet;

use serde_json::Value;
use stand_ins::github::{Level, StoredTag, Token};

use super::release::{BINARY, LEGS, MODULES, SIDECAR, SIDECAR_TAG};
use super::schema::{Schema, members};
use super::support::scene::{ASSETS, REPOSITORY, Scene, TAG, TOKEN};
use super::{json, look, missing, states};
use btp_release::domain::{Lock, LockOwner};

/// Every answer is of the schema, and together they have everything that it describes.
struct Answers {
    schema: Schema,
    members: BTreeSet<String>,
}

impl Answers {
    fn take(&mut self, answer: &Value) {
        assert_eq!(self.schema.refused(answer), [""; 0]);
        let mut all = BTreeSet::new();
        members(answer, "", &mut all);
        let properties = self.schema.properties();
        let undescribed: Vec<_> = all.difference(&properties).collect();
        assert_eq!(undescribed, [""; 0]);
        self.members.extend(all);
    }
}

/// The lock of the tag, held by a run.
pub(crate) fn hold_lock(scene: &Scene, run: Option<u64>) {
    let lock = Lock {
        owner: LockOwner {
            repository: Some(REPOSITORY.parse().unwrap()),
            run,
            attempt: 1,
            process: "1".into(),
        },
        since: 1_767_225_600,
        taken_over: false,
    };
    scene.repository(|repository| {
        let object = StoredTag {
            tag: "release-lock".into(),
            message: lock.message(),
            object: repository.tip(),
            tagger: "octocat".into(),
            date: 0,
        };
        let sha = "1".repeat(40);
        repository.tag_objects.insert(sha.clone(), object);
        let name = format!("refs/release-locks/{TAG}");
        repository.refs.insert(name, sha);
    });
}

/// The inputs of `publish`, which say what is to be checked.
pub(crate) fn checked() -> Vec<String> {
    let legs = LEGS.map(|leg| format!("--test-legs={leg}"));
    let checks = [
        "--required-checks=lint\nci/prow",
        "--builder-checks=build-*",
    ];
    legs.into_iter().chain(checks.map(str::to_owned)).collect()
}

/// A file with the plan, as a person keeps it.
pub(crate) fn plan_file(plan: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.json");
    std::fs::write(&path, plan).unwrap();
    let given = format!("--plan=@{}", path.display());
    (folder, given)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_stage_of_a_release_is_said() {
    let scene = Scene::start(|_| {}).await;
    let mut answers = Answers {
        schema: Schema::read(),
        members: BTreeSet::new(),
    };
    let absent = json(&scene, &[]).await;
    answers.take(&absent);
    assert_eq!(
        (absent["state"].as_str(), missing(&absent)),
        (Some("absent"), vec!["draft".into()])
    );

    let plan = scene.until_drafted().await;
    let (_folder, given) = plan_file(&plan);
    let checked = checked();
    let with_plan: Vec<&str> = [given.as_str()]
        .into_iter()
        .chain(checked.iter().map(String::as_str))
        .collect();
    hold_lock(&scene, Some(17));
    let drafted = json(&scene, &with_plan).await;
    answers.take(&drafted);
    let sidecar = format!("{}/{SIDECAR}:{SIDECAR_TAG}", scene.registry.host());
    assert_eq!(
        states(&drafted["artifacts"]),
        [
            "rendered.yaml absent",
            "template.yaml absent",
            "template_control_plane.yaml absent",
            "binary-image absent",
            "module-image absent",
            &format!("{sidecar} absent"),
        ]
    );
    assert_eq!(states(&drafted["builders"]), ["build-* not-started"]);
    assert_eq!(
        states(&drafted["checks"]),
        ["lint success", "ci/prow success"]
    );
    assert_eq!(
        states(&drafted["legs"]),
        LEGS.map(|leg| format!("{leg} none"))
    );
    assert_eq!(drafted["missing"].as_array().unwrap().len(), 6);
    assert_eq!(
        drafted["missing"][0]["from"],
        "builder build-*: not started"
    );
    let lock = &drafted["lock"];
    assert_eq!((&lock["run"], &lock["alive"]), (&17.into(), &true.into()));
    assert_eq!(lock["since"], "2026-01-01T00:00:00Z");
    // Without the plan, nothing says what is to come.
    let unplanned = json(&scene, &[]).await;
    assert_eq!(unplanned["expected_from"], "release");
    assert_eq!(states(&unplanned["artifacts"]), [""; 0]);
    scene.repository(|repository| repository.refs.remove(&format!("refs/release-locks/{TAG}")));

    scene.push_images(&plan);
    let pushed = json(&scene, &with_plan).await;
    answers.take(&pushed);
    let ready = states(&pushed["artifacts"])
        .into_iter()
        .filter(|it| it.ends_with(" ready"));
    assert_eq!(
        ready.collect::<Vec<_>>(),
        ["binary-image ready".to_owned(), format!("{sidecar} ready")]
    );
    assert!(pushed["artifacts_digest"].is_null());

    scene.build_module(&plan, &[]).await;
    let built = json(&scene, &with_plan).await;
    answers.take(&built);
    assert!(
        states(&built["artifacts"])
            .iter()
            .all(|it| it.ends_with(" ready")),
        "{built}"
    );
    assert_eq!(missing(&built), ["tests"]);
    // What is typed says the same as the plan.
    let (image, host) = (scene.image(), scene.registry.host());
    let assets = format!("--assets={ASSETS}");
    let (binary, sidecar) = (
        format!("--binary-image={image}"),
        format!("--extra-images={sidecar}"),
    );
    let modules = format!("--module-registry={host}/{MODULES}");
    let typed = [
        &assets,
        &binary,
        &sidecar,
        &modules,
        "--module-name=kyma-project.io/module/btp-operator",
    ];
    let typed = json(&scene, &typed).await;
    assert_eq!(typed["expected_from"], "inputs");
    assert_eq!(typed["artifacts"], built["artifacts"]);
    assert!(image.ends_with(BINARY));

    let job = scene.test(plan).await;
    let tested = json(&scene, &with_plan).await;
    answers.take(&tested);
    assert_eq!(missing(&tested), ["publication"]);
    assert_eq!(tested["legs"][0]["artifacts"], tested["artifacts_digest"]);
    let text = look(&scene, &with_plan).await;
    assert_eq!(
        text.out,
        format!(
            "state=draft\nrelease-url={}\n",
            tested["release"]["url"].as_str().unwrap()
        )
    );
    assert!(
        text.log
            .contains("success    k3s-1.31, these artifacts, run 17"),
        "{}",
        text.log
    );

    scene.publish(&job).await.unwrap();
    let published = json(&scene, &[]).await;
    answers.take(&published);
    assert_eq!(published["expected_from"], "evidence");
    assert_eq!(published["artifacts"], tested["artifacts"]);
    assert_eq!(published["legs"], tested["legs"]);
    assert_eq!(
        (&published["verified"]["as_published"], missing(&published)),
        (&true.into(), vec![])
    );
    scene.repository(|repository| {
        let id = repository.releases_of(TAG)[0].id;
        let release = repository.releases.get_mut(&id).unwrap();
        release.assets.retain(|asset| asset.name != "template.yaml");
    });
    let altered = json(&scene, &[]).await;
    answers.take(&altered);
    assert_eq!(
        altered["verified"]["findings"][0]["code"],
        "evidence-differs"
    );

    let token = Token::github_token().with(|rights| rights.statuses = Level::None);
    scene.github.world().token(TOKEN, token);
    scene.repository(|repository| {
        // What is public may be read by everyone.
        repository.private = true;
        let id = repository.releases_of(TAG)[0].id;
        repository.releases.get_mut(&id).unwrap().draft = true;
        let commit = repository.refs["refs/heads/other"].clone();
        repository.refs.insert(format!("refs/tags/{TAG}"), commit);
    });
    let elsewhere = json(&scene, &with_plan).await;
    answers.take(&elsewhere);
    assert_eq!(elsewhere["findings"][0]["code"], "tag-elsewhere");
    assert_eq!(elsewhere["not_known"][0]["code"], "access-denied");

    let never = ["/not_known/wanted".to_owned()].into();
    let properties: BTreeSet<_> = answers
        .schema
        .properties()
        .difference(&never)
        .cloned()
        .collect();
    let unseen: Vec<_> = properties.difference(&answers.members).collect();
    assert_eq!(unseen, [""; 0], "described, and in no answer");
}
