//! The gate with `tag-when: publish`, where the tag comes last, and with `leave-draft`, where a person publishes.

use btp_release::domain::Code;
use btp_release::plan::ReleasePlan;
use serde_json::{Value, json};
use stand_ins::{Fault, Pattern};

use super::facts::{Fact, IN_THE_WORLD};
use super::release::{PublishJob, RUN, codes};
use super::support::scene::{EARLY, LATE, Outputs, REPOSITORY, Scene, TAG, TOKEN};
use super::world::{attach, draft, mark, other, other_bytes, swap, tag, upload_again};
use super::{
    described, harmless_changes_are_ignored, refused_after_the_tests,
    refused_right_before_publishing, tested_with, verified,
};

const LEAVE: &[(&str, &str)] = &[("leave-draft", "true")];
/// There is none yet, so it cannot be deleted.
const NEEDS_THE_TAG: &str = "the tag is deleted";

fn without_the_tag() -> Vec<Fact> {
    let facts = IN_THE_WORLD.iter().copied();
    facts.filter(|(fact, ..)| *fact != NEEDS_THE_TAG).collect()
}

impl Scene {
    /// Whether the release's commit got its tag although that comes last.
    pub(crate) fn tag_created(&self, job: &PublishJob) -> bool {
        let plan = ReleasePlan::from_json(&job.plan, None).unwrap();
        let at = self.repository(|repository| repository.tag_commit(TAG));
        self.tag_when == LATE && at.as_deref() == Some(plan.wanted.commit.as_str())
    }

    fn tag_commit(&self) -> Option<String> {
        self.repository(|repository| repository.tag_commit(TAG))
    }

    fn commit(&self, job: &PublishJob) -> String {
        let plan = ReleasePlan::from_json(&job.plan, None).unwrap();
        assert!(self.repository(|r| r.commits.contains_key(plan.wanted.commit.as_str())));
        plan.wanted.commit.to_string()
    }

    /// What GitHub's page sends for *Publish release*: the text comes with other line ends.
    async fn click_publish(&self, more: Value) {
        let (id, body) = self.repository(|repository| {
            let release = repository.releases_of(TAG)[0];
            (release.id, release.body.clone().unwrap())
        });
        let mut form = json!({
            "tag_name": TAG, "draft": false, "make_latest": "true", "body": body.replace('\n', "\r\n"),
        });
        let fields = more.as_object().unwrap().clone();
        form.as_object_mut().unwrap().extend(fields);
        let url = format!("{}/repos/{REPOSITORY}/releases/{id}", self.github.api_url());
        let request = self.http.answers().patch(url).bearer_auth(TOKEN);
        let answer = request.json(&form).send().await.unwrap();
        assert_eq!(
            answer.status().as_u16(),
            200,
            "{}",
            answer.text().await.unwrap()
        );
    }

    async fn left(&self, job: &PublishJob) -> Outputs {
        let left = self.finish(job, LEAVE).await;
        left.unwrap_or_else(|stop| panic!("{}", described(&stop)))
    }

    async fn verify(&self) -> Option<Vec<Code>> {
        let ended = self.phase(RUN, "verify", &[("version", TAG)]).await;
        ended.err().map(|stop| codes(&stop))
    }
}

#[tokio::test]
async fn gate_refuses_each_altered_fact_before_a_late_tag() {
    let (scene, job, snapshot) = tested_with(LATE).await;
    let facts = without_the_tag();
    refused_after_the_tests(&scene, &job, &snapshot, &facts, &[]).await;
}

#[tokio::test]
async fn gate_refuses_each_fact_altered_right_before_a_late_tag() {
    let (scene, job, snapshot) = tested_with(LATE).await;
    refused_right_before_publishing(&scene, &job, &snapshot, &without_the_tag()).await;
}

#[tokio::test]
async fn gate_refuses_each_altered_fact_of_a_draft_that_is_left() {
    let (scene, job, snapshot) = tested_with(LATE).await;
    let mut facts = without_the_tag();
    facts.extend::<[Fact; 2]>([
        (
            "the target is changed to a branch",
            &[Code::TargetDiffers],
            |s| draft(s, |d| d.target_commitish = "main".into()),
        ),
        (
            "the target is changed to another commit",
            &[Code::TargetDiffers],
            |s| {
                let other = s.repository(|r| other(r));
                draft(s, |d| d.target_commitish = other);
            },
        ),
    ]);
    refused_after_the_tests(&scene, &job, &snapshot, &facts, LEAVE).await;
}

#[tokio::test]
async fn gate_ignores_changes_outside_a_release_with_a_late_tag() {
    let (scene, job, snapshot) = tested_with(LATE).await;
    harmless_changes_are_ignored(&scene, &job, &snapshot).await;
    // The tag is created before anything could be tagged by the target.
    scene.restore(&snapshot);
    draft(&scene, |draft| draft.target_commitish = "other".into());
    scene.publish(&job).await.unwrap();
    assert_eq!(scene.tag_commit(), Some(scene.commit(&job)));
    assert_eq!(scene.verify().await, None);
}

/// Somebody creates the tag between the last read and our own request for it.
#[tokio::test]
async fn tag_that_appears_in_between_is_used_or_refused() {
    let (scene, job, snapshot) = tested_with(LATE).await;
    for elsewhere in [false, true] {
        scene.restore(&snapshot);
        let at = if elsewhere {
            scene.repository(|r| other(r))
        } else {
            scene.commit(&job)
        };
        let their = std::sync::Arc::clone(&scene);
        let name = format!("refs/tags/{TAG}");
        let appears = move || their.repository(|r| drop(r.refs.insert(name.clone(), at.clone())));
        let faults = scene.github.faults();
        let last_read = Pattern::new("GET", "*/git/matching-refs/*");
        faults.when(last_read, 1, Fault::call_after(move |_| appears()));
        let published = scene.publish(&job).await;
        assert_eq!(scene.github.faults().pending(), 0, "it appeared");
        match published {
            Ok(_) => assert!(!elsewhere && scene.releases_published() == 1),
            Err(stop) => {
                assert!(elsewhere, "{}", described(&stop));
                assert_eq!(codes(&stop), [Code::TagElsewhere]);
                assert_eq!(scene.releases_published(), 0);
            }
        }
    }
}

/// GitHub takes the tag and refuses the release.
#[tokio::test]
async fn refusal_after_a_late_tag_says_what_is_left_and_can_be_continued() {
    let (scene, job, _) = tested_with(LATE).await;
    let publishing = Pattern::new("PATCH", "*/releases/*");
    let faults = scene.github.faults();
    faults.when(publishing, 1, Fault::Status(422));
    let Err(stop) = scene.publish(&job).await else {
        panic!("was let through")
    };
    assert_eq!(codes(&stop), [Code::ServiceRefused]);
    assert_eq!(scene.releases_published(), 0);
    assert_eq!(scene.tag_commit(), Some(scene.commit(&job)));
    // A change that the gate refuses is told together with the tag.
    let text = std::cell::RefCell::new(None);
    draft(&scene, |draft| *text.borrow_mut() = draft.body.clone());
    mark(&scene, |mark| {
        mark.plan = btp_release::domain::Digest::of(b"theirs")
    });
    let Err(stop) = scene.publish(&job).await else {
        panic!("was let through")
    };
    assert_eq!(codes(&stop), [Code::DraftOfAnotherPlan, Code::TagLeft]);
    draft(&scene, |draft| draft.body = text.take());
    scene.publish(&job).await.unwrap();
    assert_eq!(scene.verify().await, None);
}

#[tokio::test]
async fn draft_that_is_left_is_complete_and_a_second_run_writes_nothing() {
    for tag_when in [EARLY, LATE] {
        let (scene, job, _) = tested_with(tag_when).await;
        let tags = scene.tag_commit();
        let left = scene.left(&job).await;
        assert_eq!(left["state"], "ready");
        assert!(left["release-url"].contains("untagged-"), "{left:?}");
        assert_eq!(left["artifacts"], job.artifacts);
        assert_eq!((scene.releases_published(), scene.tag_commit()), (0, tags));
        scene.forget();
        assert_eq!(scene.left(&job).await, left);
        assert_eq!(scene.written(), [""; 0], "{tag_when}");
        // A person's change of the draft is refused or put right as by any other run.
        let snapshot = scene.snapshot();
        swap(&scene, "rendered.yaml", other_bytes);
        let refused = scene.finish(&job, LEAVE).await.err();
        assert_eq!(
            refused.map(|stop| codes(&stop)),
            Some(vec![Code::AssetDiffers])
        );
        scene.restore(&snapshot);
        draft(&scene, |draft| {
            let text = draft.body.take().unwrap();
            draft.body = Some(text.replace("sha256:", "sha512:"));
        });
        // The mark names the plan by its digest, so that this one is no longer ours.
        assert!(scene.finish(&job, LEAVE).await.is_err());
        scene.restore(&snapshot);
        draft(&scene, |draft| {
            let text = draft.body.take().unwrap();
            let (before, after) = text.split_once("| `template.yaml` | `sha256:").unwrap();
            draft.body = Some(format!(
                "Better.\n\n{before}| `template.yaml` | `sha256:0{after}"
            ));
        });
        assert_eq!(scene.left(&job).await, left);
        scene.click_publish(json!({})).await;
        assert_eq!(scene.verify().await, None, "the table is put right");
    }
}

#[tokio::test]
async fn verify_accepts_what_a_person_published_unchanged_and_finds_each_altered_fact() {
    for tag_when in [EARLY, LATE] {
        let (scene, job, _) = tested_with(tag_when).await;
        scene.left(&job).await;
        scene.click_publish(json!({})).await;
        assert_eq!(scene.tag_commit(), Some(scene.commit(&job)));
        scene.forget();
        let again = scene.left(&job).await;
        assert_eq!(
            (&*again["state"], &*again["is-latest"]),
            ("published", "true")
        );
        assert_eq!(scene.written(), [""; 0], "nothing is left to do");
        verified::each_altered_fact_is_found(&scene).await;
    }
}

/// What a person may change on the page of the draft before the click.
#[tokio::test]
async fn verify_refuses_what_a_person_changed_while_publishing() {
    type Change = (&'static str, Option<Code>, fn(&Scene), Value);
    let nothing: fn(&Scene) = |_| ();
    let changes: [Change; 7] = [
        ("latest", None, nothing, json!({"make_latest": "false"})),
        (
            "prerelease",
            Some(Code::EvidenceDiffers),
            nothing,
            json!({"prerelease": true}),
        ),
        (
            "target",
            Some(Code::EvidenceDiffers),
            nothing,
            json!({"target_commitish": "other"}),
        ),
        (
            "text",
            Some(Code::EvidenceDiffers),
            nothing,
            json!({"body": "Mine"}),
        ),
        (
            "tag",
            Some(Code::EvidenceMissing),
            nothing,
            json!({"tag_name": "v1.2.1"}),
        ),
        (
            "asset",
            Some(Code::EvidenceDiffers),
            |s| upload_again(s, "rendered.yaml", other_bytes),
            json!({}),
        ),
        (
            "one more asset",
            Some(Code::EvidenceDiffers),
            |s| attach(s, "x", b"x"),
            json!({}),
        ),
    ];
    let (scene, job, _) = tested_with(LATE).await;
    scene.left(&job).await;
    let snapshot = scene.snapshot();
    for (what, expected, alter, form) in changes {
        scene.restore(&snapshot);
        alter(&scene);
        scene.click_publish(form).await;
        let found = scene.verify().await;
        assert_eq!(found, expected.map(|code| vec![code]), "{what}");
    }
    // A tag of another commit that was there before the click: GitHub then ignores the target.
    scene.restore(&snapshot);
    tag(&scene, Some(other));
    scene.click_publish(json!({})).await;
    assert_eq!(scene.verify().await, Some(vec![Code::EvidenceDiffers]));
}

/// A token that may not change workflows cannot give a draft a target whose workflows are others than the default branch's.
#[tokio::test]
async fn late_tag_needs_no_target_unless_a_person_publishes() {
    let scene = Scene::start(|_| {}).await.tagging(LATE);
    scene.begin(RUN);
    let commit = scene.repository(|repository| {
        repository
            .on("release-1.2")
            .commit_workflows("Build faster", "new");
        repository.branch_tip("release-1.2").unwrap()
    });
    std::fs::write(scene.folder.path().join("a.yaml"), "a").unwrap();
    let phase = async |phase: &str, inputs: &[(&str, &str)]| {
        scene
            .phase(RUN, phase, inputs)
            .await
            .map_err(|stop| codes(&stop))
    };
    let wanted = [
        ("version", TAG),
        ("assets", "a.yaml"),
        ("commit", &commit),
        ("tag-when", LATE),
    ];
    let planned = phase("plan", &wanted).await.unwrap();
    let plan = ("plan", planned["plan"].as_str());
    phase("draft", &[plan]).await.unwrap();
    let target = scene.repository(|r| r.releases_of(TAG)[0].target_commitish.clone());
    assert_eq!((target.as_str(), scene.tag_commit()), ("main", None));
    phase("upload", &[plan, ("files", "a.yaml")]).await.unwrap();
    let awaited = phase("await", &[plan]).await.unwrap();
    let tested = [
        plan,
        ("artifacts", &awaited["artifacts"]),
        ("needs", "none"),
    ];
    let left = phase("publish", &[&tested, LEAVE].concat()).await;
    assert_eq!(left, Err(vec![Code::TargetDiffers]));
    assert_eq!(scene.tag_commit(), None);
    phase("publish", &tested).await.unwrap();
    assert_eq!(scene.tag_commit(), Some(commit));
    assert_eq!(scene.verify().await, None);
}
