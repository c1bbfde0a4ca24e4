//! `await` while the run waits for an approval.

use std::pin::pin;
use std::time::Duration;

use btp_release::engine::Stop;
use futures_util::future::{Either, select};
use stand_ins::github::{CheckRun, Level, Token};

use crate::release::Phases as _;
use crate::support::scene::{ASSETS, Outputs, REPOSITORY, Run, Scene, TAG, TOKEN};

const RUN: Run = Run { id: 1, attempt: 1 };
const TIMEOUT: Duration = Duration::from_mins(20);

/// A release whose builders have not started.
async fn drafted(scene: &Scene) -> String {
    scene.begin(RUN);
    let image = scene.image();
    let inputs = [
        ("version", TAG),
        ("assets", ASSETS),
        ("binary-image", &image),
    ];
    let planned = scene.phase(RUN, "plan", &inputs).await.unwrap();
    let plan = planned["plan"].clone();
    scene.phase(RUN, "draft", &[("plan", &plan)]).await.unwrap();
    plan
}

fn pending(scene: &Scene, environments: &[&str]) {
    scene.repository(|repository| {
        let run = repository.runs.get_mut(&RUN.id).unwrap();
        run.pending_environments = environments.iter().map(|&name| name.to_owned()).collect();
    });
}

/// Approves when this time has passed, and builds if asked to.
async fn approve(scene: &Scene, after: Duration, build: Option<&str>) {
    let at = scene.clock.now() + after;
    while scene.clock.now() < at {
        tokio::task::yield_now().await;
    }
    pending(scene, &[]);
    let Some(plan) = build else { return };
    scene.repository(|repository| {
        let check = CheckRun {
            id: repository.id * 7,
            name: "image".into(),
            head_sha: repository.tip(),
            status: "completed".into(),
            conclusion: Some("success".into()),
            ..CheckRun::default()
        };
        repository.check_runs.push(check);
    });
    let release = scene.repository(|repository| repository.releases_of(TAG)[0].id);
    for name in ASSETS.lines() {
        let text = format!("image: {}:{TAG}\n", scene.image());
        let mut world = scene.github.world();
        world
            .attach(REPOSITORY, release, name, text.as_bytes())
            .unwrap();
    }
    scene.build(plan).await.unwrap();
}

async fn awaiting(scene: &Scene, plan: &str, more: &[(&str, &str)]) -> Result<Outputs, Stop> {
    let inputs = [
        ("plan", plan),
        ("timeout", "20m"),
        ("await-interval", "30s"),
        ("builder-checks", "image"),
    ];
    scene.phase(RUN, "await", &[&inputs, more].concat()).await
}

/// Waits while somebody approves; a wait that ends earlier does not go on until then.
async fn until_approved<T>(
    awaiting: impl Future<Output = T>,
    approving: impl Future<Output = ()>,
) -> T {
    match select(pin!(awaiting), pin!(approving)).await {
        Either::Left((awaited, _)) => awaited,
        Either::Right(((), awaiting)) => awaiting.await,
    }
}

#[tokio::test]
async fn an_approval_may_take_longer_than_the_time_limit() {
    let scene = Scene::start(|_| ()).await;
    let plan = drafted(&scene).await;
    pending(&scene, &["staging", "Production"]);
    scene.forget();
    let began = scene.clock.now();
    let more = [("environment", "production")];
    let awaited = until_approved(
        Box::pin(awaiting(&scene, &plan, &more)),
        Box::pin(approve(&scene, TIMEOUT * 3, Some(&plan))),
    )
    .await;
    assert!(awaited.unwrap().contains_key("artifacts"));
    assert!(scene.clock.now() > began + TIMEOUT * 3);
    let asked = scene
        .github
        .log()
        .filter(|entry| entry.path.ends_with("/pending_deployments"));
    let most = scene.clock.now().saturating_sub(began).as_secs() / 10 + 1;
    assert!(asked.len() as u64 <= most, "{} of {most}", asked.len());
    let free = asked.iter().filter(|entry| entry.cost == 0);
    assert!(
        free.count() > asked.len() / 2,
        "unchanged answers cost nothing"
    );
}

#[tokio::test]
async fn time_counts_again_after_the_approval() {
    let scene = Scene::start(|_| ()).await;
    let plan = drafted(&scene).await;
    pending(&scene, &["production"]);
    let began = scene.clock.now();
    let more = [
        ("environment", "production"),
        ("builder-start-timeout", "6h"),
    ];
    let awaited = until_approved(
        Box::pin(awaiting(&scene, &plan, &more)),
        Box::pin(approve(&scene, TIMEOUT, None)),
    )
    .await;
    let Err(Stop::TimedOut { allowed, .. }) = awaited else {
        unreachable!("{awaited:?}")
    };
    assert_eq!(allowed, TIMEOUT);
    let took = scene.clock.now().saturating_sub(began);
    assert!(took >= TIMEOUT * 2, "{took:?}");
    assert!(took < TIMEOUT * 2 + Duration::from_mins(2), "{took:?}");
}

#[tokio::test]
async fn approvals_of_other_environments_and_without_the_input_count() {
    for environment in ["", "production"] {
        let scene = Scene::start(|_| ()).await;
        let plan = drafted(&scene).await;
        pending(&scene, &["staging"]);
        let began = scene.clock.now();
        let more = [
            ("environment", environment),
            ("builder-start-timeout", "6h"),
        ];
        let awaited = awaiting(&scene, &plan, &more).await;
        assert!(matches!(awaited, Err(Stop::TimedOut { .. })), "{awaited:?}");
        assert_eq!(scene.clock.now(), began + TIMEOUT);
    }
}

#[tokio::test]
async fn time_counts_where_the_token_may_not_read_approvals() {
    let scene = Scene::start(|_| ()).await;
    let plan = drafted(&scene).await;
    pending(&scene, &["production"]);
    let lacking = Token::github_token().with(|rights| rights.actions = Level::None);
    scene.github.world().token(TOKEN, lacking);
    scene.repository(|repository| repository.private = true);
    scene.forget();
    let inputs = [
        ("plan", plan.as_str()),
        ("timeout", "2m"),
        ("environment", "production"),
    ];
    let awaited = scene.phase(RUN, "await", &inputs).await;
    let Err(Stop::TimedOut { on, .. }) = awaited else {
        unreachable!("{awaited:?}")
    };
    let told = on.last().unwrap();
    assert!(told.starts_with("approvals: all time counts"), "{told}");
    assert!(told.contains("denied with 403"), "{told}");
    let asked = scene
        .github
        .log()
        .filter(|entry| entry.path.ends_with("/pending_deployments"));
    assert_eq!(asked.len(), 1, "it is asked for once");
}
