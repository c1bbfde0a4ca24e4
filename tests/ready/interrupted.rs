//! Every request of `ready` with its comment × every fault: after each interruption another run ends with one comment.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::comments::{BOT, COMMENT, comments};
use super::support::cuts::{CUTS, Cut};
use super::support::scene::{Run, Scene};
use super::{fill, module};

/// What is there before: nothing, a comment of ours with another text, or two of them.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    Old,
    Two,
}

async fn begin(scene: &Scene, before: Before) {
    fill(scene, module).await;
    let count = match before {
        Before::Nothing => 0,
        Before::Old => 1,
        Before::Two => 2,
    };
    scene.repository(|repository| {
        let old = (1..=count).map(|id| stand_ins::github::StoredComment {
            id,
            login: BOT.into(),
            body: "<!-- btp-release-ready -->\nold".into(),
            ..stand_ins::github::StoredComment::default()
        });
        repository.pulls.get_mut(&3).unwrap().comments = old.collect();
    });
    scene.seen_by_all().await;
    scene.forget();
}

async fn run(scene: &Scene, id: u64, killed: &Notify) -> Result<(), String> {
    let run = Run { id, attempt: 1 };
    tokio::select! {
        ended = scene.phase(run, "ready", &COMMENT) => ended.map(drop).map_err(|stop| stop.to_string()),
        () = killed.notified() => Err("killed".into()),
    }
}

#[tokio::test]
async fn interrupted_run_never_leaves_two_comments() {
    let mut cases = 0;
    for lag in [0, 3] {
        let scene = Scene::start(|options| options.lag = Duration::from_secs(lag)).await;
        for before in [Before::Nothing, Before::Old, Before::Two] {
            begin(&scene, before).await;
            run(&scene, 1, &Notify::new()).await.unwrap();
            let requests = scene.github.log().entries().len() as u64;
            let wanted = comments(&scene);
            assert_eq!(wanted.len(), 1);
            for request in 1..=requests {
                for cut in CUTS {
                    begin(&scene, before).await;
                    let case = format!("{before:?}, lag {lag}, {cut:?} at {request}");
                    let killed = Arc::new(Notify::new());
                    let (log, faults) = (scene.github.log(), scene.github.faults());
                    cut.plan(log, faults, request, &killed);
                    let mut last = run(&scene, 1, &killed).await;
                    for id in 2..=4 {
                        if last.is_ok() {
                            break;
                        }
                        last = run(&scene, id, &killed).await;
                    }
                    last.unwrap_or_else(|why| panic!("{case}: {why}"));
                    assert_eq!(scene.github.faults().pending(), 0, "{case}");
                    let there = comments(&scene);
                    assert_eq!(there.len(), 1, "{case}");
                    assert_eq!(there[0].body, wanted[0].body, "{case}");
                    let made = scene.github.log().writes();
                    let made = made.iter().filter(|it| it.method == "POST" && it.landed);
                    let made = made.filter(|it| it.path.ends_with("/comments")).count();
                    // A killed run does not know what it has sent, and lists that lag do not tell the next one.
                    if lag == 0 || !matches!(cut, Cut::KilledBefore | Cut::KilledAfter) {
                        assert!(made <= 1, "{case}: {made} comments were made");
                    }
                    cases += 1;
                }
            }
        }
    }
    assert!(cases > 500, "{cases}");
}
