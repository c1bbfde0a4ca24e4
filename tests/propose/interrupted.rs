//! Every request of a proposal that is merged × every fault: after each interruption another run ends with one pull request, merged once.

use std::sync::Arc;
use std::time::Duration;

use stand_ins::LogEntry;
use tokio::sync::Notify;

use super::scene_with;
use super::support::cuts::{CUTS, whole_matrices};
use super::support::scene::{Outputs, Scene};
use super::ways::{Way, assert_merged_once};

/// How many runs are begun at most until one succeeds.
const MOST_RUNS: u64 = 4;

async fn run(
    scene: &Scene,
    way: Way,
    id: u64,
    base: &str,
    killed: &Notify,
) -> Result<Outputs, String> {
    tokio::select! {
        ended = way.propose(scene, id, base) => ended.map_err(|stop| format!("{stop:?}")),
        () = killed.notified() => Err("killed".into()),
    }
}

/// With `WHOLE_MATRICES` in the environment every request is cut in every way and with lists that lag, otherwise all of a merge by the
/// run, and a part of the others.
#[tokio::test]
async fn interrupted_proposal_ends_with_one_pull_request_and_one_merge() {
    let few = [
        (Way::Squash, 0),
        (Way::Squash, 3),
        (Way::Auto, 0),
        (Way::Queue, 3),
    ];
    let every = Way::ALL.map(|way| [(way, 0), (way, 3)]);
    let scenes = if whole_matrices() {
        every.concat()
    } else {
        few.to_vec()
    };
    for (way, lag) in scenes {
        let scene = scene_with(|options| options.lag = Duration::from_secs(lag)).await;
        let base = way.fill(&scene).await;
        let whole = run(&scene, way, 1, &base, &Notify::new()).await.unwrap();
        assert_merged_once(&scene, &base, &whole, "undisturbed");
        let requests = scene.github.log().entries();
        let mut cases = 0;
        for (nth, request) in (1..).zip(&requests) {
            for (kind, cut) in (0..).zip(CUTS) {
                if way != Way::Squash && !cut.is_tried(request, nth, kind) {
                    continue;
                }
                assert_eq!(way.fill(&scene).await, base, "the same world each time");
                let LogEntry { method, path, .. } = request;
                let case = format!("{way:?}, lag {lag}, {cut:?} at {nth}, {method} {path}");
                let killed = Arc::new(Notify::new());
                let (log, faults) = (scene.github.log(), scene.github.faults());
                cut.plan(log, faults, nth, &killed);
                let mut last = run(&scene, way, 1, &base, &killed).await;
                for id in 2..=MOST_RUNS {
                    if last.is_ok() {
                        break;
                    }
                    last = run(&scene, way, id, &base, &killed).await;
                }
                let outputs = last.unwrap_or_else(|why| panic!("{case}: {why}"));
                assert_eq!(scene.github.faults().pending(), 0, "{case}");
                assert_merged_once(&scene, &base, &outputs, &case);
                cases += 1;
            }
        }
        eprintln!("{cases} cuts survived ({way:?}, lists lag by {lag} s)");
        assert!(cases > 10, "{cases}");
    }
}
