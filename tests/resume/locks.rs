//! The lock of a tag: held, taken over, unreadable, and refused by the repository's rules.

use std::sync::Arc;
use std::time::Duration;

use btp_release::domain::{Code, Diagnostic, Lock, LockOwner};
use btp_release::engine::Stop;
use stand_ins::github::{GitRepository, Rule, StoredTag, Token};
use stand_ins::{Fault, Pattern};

use super::support::scene::{REPOSITORY, Run, Scene, TAG, TOKEN};

const ME: Run = Run { id: 20, attempt: 1 };
const LOCK: &str = "refs/release-locks/v1.2.0";

async fn scene() -> Scene {
    Scene::start(|options| options.lag = Duration::from_secs(3)).await
}

impl Scene {
    /// A lock of another owner, of the given age.
    fn held_by(&self, run: Option<u64>, age: Duration) {
        let lock = Lock {
            owner: LockOwner {
                repository: Some(REPOSITORY.parse().unwrap()),
                run,
                attempt: 1,
                process: "1".into(),
            },
            since: self.clock.unix() - age.as_secs(),
            taken_over: false,
        };
        self.repository(|repository| {
            let object = StoredTag {
                tag: "release-lock".into(),
                message: lock.message(),
                object: repository.tip(),
                tagger: "octocat".into(),
                date: 0,
            };
            let sha = "1".repeat(40);
            repository.tag_objects.insert(sha.clone(), object);
            repository.refs.insert(LOCK.into(), sha);
        });
    }

    async fn draft(&self) -> Result<(), Stop> {
        self.begin(ME);
        let plan = self.plan(ME, self).await.unwrap();
        let drafted = self.phase(ME, "draft", &[("plan", &plan)]).await;
        drafted.map(drop)
    }

    /// Drafts of the tag, whether it is tagged, and whether a lock is left.
    fn drafts_tag_and_lock(&self) -> (usize, bool, bool) {
        self.repository(|repository: &mut GitRepository| {
            (
                repository.releases_of(TAG).len(),
                repository.tag_commit(TAG).is_some(),
                repository.refs.contains_key(LOCK),
            )
        })
    }
}

fn only_finding(drafted: Result<(), Stop>) -> Diagnostic {
    match drafted {
        Err(Stop::Blocked { mut findings, .. }) if findings.len() == 1 => findings.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn lock_is_released_at_the_end_and_not_taken_without_need() {
    let scene = scene().await;
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
    let before = scene.github.log().writes().len();
    scene.draft().await.unwrap();
    assert_eq!(
        scene.github.log().writes().len(),
        before,
        "where nothing is made, no lock is taken"
    );
}

#[tokio::test]
async fn lock_of_an_ended_run_is_taken_over_and_its_last_write_awaited() {
    let scene = scene().await;
    let dead = Run { id: 7, attempt: 1 };
    scene.begin(dead);
    scene.end(dead);
    scene.held_by(Some(dead.id), Duration::ZERO);
    let before = scene.clock.now();
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
    assert!(scene.clock.now() >= before + Duration::from_secs(15));
}

#[tokio::test]
async fn lock_of_a_running_run_is_waited_for() {
    let scene = scene().await;
    let alive = Run { id: 7, attempt: 1 };
    scene.begin(alive);
    scene.held_by(Some(alive.id), Duration::from_hours(1));
    let stop = scene.draft().await.unwrap_err();
    assert!(matches!(stop, Stop::TimedOut { .. }), "{stop}");
    assert_eq!(scene.drafts_tag_and_lock(), (0, false, true));
    scene.end(alive);
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
}

#[tokio::test]
async fn lock_without_a_known_run_is_taken_over_by_age() {
    let scene = scene().await;
    scene.held_by(None, Duration::from_mins(4));
    assert!(scene.draft().await.is_err(), "9 minutes are not enough");
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));

    scene.reset().await;
    let mut token = Token::github_token();
    token.rights.actions = stand_ins::github::Level::None;
    scene.github.world().token(TOKEN, token);
    scene.repository(|repository| repository.private = true);
    let unknown = Run { id: 7, attempt: 1 };
    scene.begin(unknown);
    scene.held_by(Some(unknown.id), Duration::from_mins(4));
    assert!(scene.draft().await.is_err());
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
}

#[tokio::test]
async fn unreadable_lock_is_refused() {
    let scene = scene().await;
    scene.repository(|repository| {
        let tip = repository.tip();
        repository.refs.insert(LOCK.into(), tip)
    });
    let finding = only_finding(scene.draft().await);
    assert_eq!(finding.code, Code::LockUnreadable);
    assert_eq!(scene.drafts_tag_and_lock(), (0, false, true));
}

#[tokio::test]
async fn reserved_tag_name_is_refused_and_the_next_version_named() {
    let scene = scene().await;
    scene.repository(|repository| repository.reserved_tags.insert(TAG.into()));
    let finding = only_finding(scene.draft().await);
    assert_eq!(finding.code, Code::TagReserved);
    assert!(finding.help.contains("1.2.1"), "{}", finding.help);
    assert_eq!(scene.drafts_tag_and_lock(), (0, false, false));
}

#[tokio::test]
async fn lock_is_read_again_right_before_publishing() {
    let scene = Arc::new(scene().await);
    scene.begin(ME);
    let inputs = [("version", TAG), ("assets", "template.yaml")];
    let mut planned = scene.phase(ME, "plan", &inputs).await.unwrap();
    let plan = planned.remove("plan").unwrap();
    let plan = ("plan", plan.as_str());
    scene.phase(ME, "draft", &[plan]).await.unwrap();
    std::fs::write(scene.folder.path().join("template.yaml"), "x").unwrap();
    let files = [plan, ("files", "template.yaml")];
    scene.phase(ME, "upload", &files).await.unwrap();
    let awaited = scene.phase(ME, "await", &[plan]).await.unwrap();
    let artifacts = ("artifacts", awaited["artifacts"].as_str());
    // GitHub shows this run as ended, and another one takes the lock over while this one uploads its evidence.
    let other = Run { id: 7, attempt: 1 };
    scene.begin(other);
    let there = Arc::clone(&scene);
    let taken_over = Fault::call_after(move |_| there.held_by(Some(other.id), Duration::ZERO));
    let upload = Pattern::new("POST", "*/releases/*/assets");
    scene.github.faults().when(upload, 1, taken_over);
    let inputs = [plan, artifacts, ("needs", "none")];
    let stop = scene.phase(ME, "publish", &inputs).await.unwrap_err();
    assert!(matches!(stop, Stop::TimedOut { .. }), "{stop}");
    scene.repository(|repository| {
        assert!(repository.releases_of(TAG)[0].draft);
        assert!(repository.refs.contains_key(LOCK), "it is the other run's");
    });
}

fn refuse_locks(scene: &Scene) {
    let rule = Rule {
        refs: "refs/release-locks/*".into(),
        creation: true,
        ..Rule::default()
    };
    scene.repository(|repository| repository.rules.push(rule));
}

#[tokio::test]
async fn draft_continues_without_a_lock_where_rules_refuse_it() {
    let scene = scene().await;
    refuse_locks(&scene);
    scene.draft().await.unwrap();
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
}

#[tokio::test]
async fn without_a_lock_the_draft_with_the_lowest_id_is_kept() {
    let scene = Scene::at(stand_ins::ServerClock::real(), |options| {
        options.lag = Duration::from_secs(1);
    })
    .await;
    refuse_locks(&scene);
    scene.begin(ME);
    let plan = scene.plan(ME, &scene).await.unwrap();
    let failed = super::processes::one_plan_at_once(&scene, ME, &plan, 8).await;
    assert_eq!(failed, [""; 0]);
    assert_eq!(scene.drafts_tag_and_lock(), (1, true, false));
    let made = scene
        .github
        .log()
        .filter(|e| e.method == "POST" && e.path.ends_with("/releases") && e.landed);
    assert!(made.len() > 1, "they did get into each other's way");
}
