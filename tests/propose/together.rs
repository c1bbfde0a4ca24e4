//! Two runs at once: the second begins with each request that the first sends.

use std::sync::Arc;
use std::time::Duration;

use stand_ins::Fault;
use tokio::sync::Notify;

use super::scene_with;
use super::support::cuts::whole_matrices;
use super::ways::{Way, assert_merged_once};

/// Without `WHOLE_MATRICES` in the environment, only each request of so many is tried.
const STRIDE: usize = 5;

#[tokio::test]
async fn two_runs_at_once_end_with_one_pull_request_and_one_merge() {
    let stride = if whole_matrices() { 1 } else { STRIDE };
    for way in Way::ALL {
        for lag in [0, 3] {
            let scene = scene_with(|options| options.lag = Duration::from_secs(lag)).await;
            let base = way.fill(&scene).await;
            way.propose(&scene, 1, &base).await.unwrap();
            let requests = scene.github.log().entries().len() as u64;
            for request in (1..=requests).step_by(stride) {
                way.fill(&scene).await;
                let case = format!("{way:?}, lag {lag}, at {request} of {requests}");
                let begun = Arc::new(Notify::new());
                let notify = Arc::clone(&begun);
                let number = scene.github.log().last() + request;
                let arrival = Fault::call(move |_| notify.notify_one());
                scene.github.faults().at(number, arrival);
                let second = async {
                    begun.notified().await;
                    way.propose(&scene, 2, &base).await
                };
                let (one, other) = tokio::join!(way.propose(&scene, 1, &base), second);
                for ended in [one, other] {
                    let outputs = ended.unwrap_or_else(|stop| panic!("{case}: {stop:?}"));
                    assert_merged_once(&scene, &base, &outputs, &case);
                }
            }
        }
    }
}
