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

/// A release, the answers about it, and the options that say what it needs.
struct Stages {
    scene: Scene,
    answers: Answers,
    options: Vec<String>,
}

impl Stages {
    /// The answer with all options, which is checked against the schema.
    async fn look(&mut self) -> Value {
        let options: Vec<_> = self.options.iter().map(String::as_str).collect();
        let answer = json(&self.scene, &options).await;
        self.answers.take(&answer);
        answer
    }

    fn sidecar(&self) -> String {
        let host = self.scene.registry.host();
        format!("{host}/{SIDECAR}:{SIDECAR_TAG}")
    }

    async fn drafted(&mut self) {
        hold_lock(&self.scene, Some(17));
        let drafted = self.look().await;
        assert_eq!(
            states(&drafted["artifacts"]),
            [
                "rendered.yaml absent",
                "template.yaml absent",
                "template_control_plane.yaml absent",
                "binary-image absent",
                "module-image absent",
                &format!("{} absent", self.sidecar()),
            ]
        );
        assert_eq!(states(&drafted["builders"]), ["build-* not-started"]);
        assert_eq!(
            states(&drafted["checks"]),
            ["lint success", "ci/prow success"]
        );
        let legs = LEGS.map(|leg| format!("{leg} none"));
        assert_eq!(states(&drafted["legs"]), legs);
        assert_eq!(drafted["missing"].as_array().unwrap().len(), 6);
        assert_eq!(
            drafted["missing"][0]["from"],
            "builder build-*: not started"
        );
        let lock = &drafted["lock"];
        assert_eq!((&lock["run"], &lock["alive"]), (&17.into(), &true.into()));
        assert_eq!(lock["since"], "2026-01-01T00:00:00Z");
        // Without the plan, nothing says what is to come.
        let unplanned = json(&self.scene, &[]).await;
        assert_eq!(unplanned["expected_from"], "release");
        assert_eq!(states(&unplanned["artifacts"]), [""; 0]);
        let lock = format!("refs/release-locks/{TAG}");
        self.scene
            .repository(|repository| repository.refs.remove(&lock));
    }

    async fn built(&mut self, plan: &str) {
        self.scene.push_images(plan);
        let pushed = self.look().await;
        let ready = states(&pushed["artifacts"]).into_iter();
        let ready: Vec<_> = ready.filter(|it| it.ends_with(" ready")).collect();
        let sidecar = self.sidecar();
        assert_eq!(
            ready,
            ["binary-image ready".to_owned(), format!("{sidecar} ready")]
        );
        assert!(pushed["artifacts_digest"].is_null());
        self.scene.build_module(plan, &[]).await;
        let built = self.look().await;
        let all = states(&built["artifacts"]);
        assert!(all.iter().all(|it| it.ends_with(" ready")), "{built}");
        assert_eq!(missing(&built), ["tests"]);
        // A builder that says where it runs.
        let page = "https://status.build.example/1";
        self.scene.repository(|repository| {
            repository.status("build-images", "success");
            let status = repository.statuses.last_mut().unwrap();
            status.target_url = Some(page.to_owned());
        });
        let told = self.look().await;
        assert_eq!(states(&told["builders"]), ["build-images success"]);
        assert_eq!(told["builders"][0]["url"], page);
        // What is typed says the same as the plan.
        let (image, host) = (self.scene.image(), self.scene.registry.host());
        assert!(image.ends_with(BINARY));
        let typed = [
            format!("--assets={ASSETS}"),
            format!("--binary-image={image}"),
            format!("--extra-images={sidecar}"),
            format!("--module-registry={host}/{MODULES}"),
            "--module-name=kyma-project.io/module/btp-operator".to_owned(),
        ];
        let typed: Vec<_> = typed.iter().map(String::as_str).collect();
        let typed = json(&self.scene, &typed).await;
        assert_eq!(typed["expected_from"], "inputs");
        assert_eq!(typed["artifacts"], built["artifacts"]);
    }

    async fn tested(&mut self) -> Value {
        let tested = self.look().await;
        assert_eq!(missing(&tested), ["publication"]);
        assert_eq!(tested["legs"][0]["artifacts"], tested["artifacts_digest"]);
        let options: Vec<_> = self.options.iter().map(String::as_str).collect();
        let text = look(&self.scene, &options).await;
        let url = tested["release"]["url"].as_str().unwrap();
        assert_eq!(text.out, format!("state=draft\nrelease-url={url}\n"));
        let leg = "success    k3s-1.31, these artifacts, run 17";
        assert!(text.log.contains(leg), "{}", text.log);
        tested
    }

    async fn published(&mut self, tested: &Value) {
        let published = json(&self.scene, &[]).await;
        self.answers.take(&published);
        assert_eq!(published["expected_from"], "evidence");
        assert_eq!(published["artifacts"], tested["artifacts"]);
        assert_eq!(published["legs"], tested["legs"]);
        assert_eq!(published["verified"]["as_published"], true);
        assert_eq!(missing(&published), [""; 0]);
        assert_eq!(published["submission"], Value::Null);
        self.promoted().await;
        self.scene.repository(|repository| {
            let id = repository.releases_of(TAG)[0].id;
            let release = repository.releases.get_mut(&id).unwrap();
            release.assets.retain(|asset| asset.name != "template.yaml");
        });
        let altered = json(&self.scene, &[]).await;
        self.answers.take(&altered);
        assert_eq!(
            altered["verified"]["findings"][0]["code"],
            "evidence-differs"
        );
    }

    /// What the repository of all modules has of the version: what cannot be read is not known.
    async fn promoted(&mut self) {
        let target = ["--target-repository", "kyma/module-manifests"];
        let unread = json(&self.scene, &target).await;
        self.answers.take(&unread);
        assert_eq!(unread["submission"], Value::Null);
        assert_eq!(unread["not_known"][0]["code"], "access-denied");
        {
            let mut world = self.scene.github.world();
            let modules = world.repository("kyma/module-manifests");
            modules.commit("Initial commit");
        }
        self.scene.seen_by_all().await;
        let nothing = json(&self.scene, &target).await;
        self.answers.take(&nothing);
        assert_eq!(nothing["submission"]["submitted"], false);
        assert_eq!(nothing["submission"]["channels"], Value::Array(vec![]));
        let files = [
            (
                "modules/btp-operator/1.2.0/module-config.yaml",
                Some(
                    "name: kyma-project.io/module/btp-operator\nversion: 1.2.0\nmanifest: m.yaml\n",
                ),
            ),
            (
                "modules/btp-operator/module-releases.yaml",
                Some(
                    "channels:\n  - channel: regular\n    version: 1.1.0\n  - channel: fast\n    version: 1.2.0\n",
                ),
            ),
        ];
        {
            let mut world = self.scene.github.world();
            let modules = world.repository("kyma/module-manifests");
            modules.push("main", "ada", "Promote to fast", &files);
        }
        self.scene.seen_by_all().await;
        let there = json(&self.scene, &target).await;
        self.answers.take(&there);
        assert_eq!(there["submission"]["submitted"], true);
        let channels = there["submission"]["channels"].as_array().unwrap();
        let has: Vec<_> = channels.iter().map(|it| &it["has_version"]).collect();
        assert_eq!(has, [false, true]);
        let text = look(&self.scene, &target).await.log;
        assert!(text.contains("channel fast: 1.2.0"), "{text}");
    }

    /// A draft whose tag was moved, and a token that may not read the runs of workflows.
    async fn contradicted(&mut self) {
        let token = Token::github_token().with(|rights| rights.actions = Level::None);
        self.scene.github.world().token(TOKEN, token);
        self.scene.repository(|repository| {
            // What is public may be read by everyone.
            repository.private = true;
            let id = repository.releases_of(TAG)[0].id;
            repository.releases.get_mut(&id).unwrap().draft = true;
            let commit = repository.refs["refs/heads/other"].clone();
            repository.refs.insert(format!("refs/tags/{TAG}"), commit);
        });
        let elsewhere = self.look().await;
        assert_eq!(elsewhere["findings"][0]["code"], "tag-elsewhere");
        assert_eq!(
            elsewhere["not_known"][0]["code"], "access-denied",
            "{elsewhere:#}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_stage_of_a_release_is_said() {
    let mut stages = Stages {
        scene: Scene::start(|_| {}).await,
        answers: Answers {
            schema: Schema::read(),
            members: BTreeSet::new(),
        },
        options: checked(),
    };
    let absent = stages.look().await;
    assert_eq!(absent["state"], "absent");
    assert_eq!(missing(&absent), ["draft"]);
    let plan = stages.scene.until_drafted().await;
    let (_folder, given) = plan_file(&plan);
    stages.options.push(given);
    stages.drafted().await;
    stages.built(&plan).await;
    let job = stages.scene.test(plan).await;
    let tested = stages.tested().await;
    stages.scene.publish(&job).await.unwrap();
    stages.published(&tested).await;
    stages.contradicted().await;

    let Answers { schema, members } = stages.answers;
    let mut unseen = schema.properties();
    unseen.retain(|path| !members.contains(path) && path != "/not_known/wanted");
    assert_eq!(unseen, BTreeSet::new(), "described, and in no answer");
}
