//! Two runs at once: the second begins with each request that the first sends to the repository of all modules.

use std::sync::Arc;
use std::time::Duration;

use btp_release::engine::Stop;
use stand_ins::Fault;
use tokio::sync::Notify;

use super::Modules;
use super::support::cuts::whole_matrices;
use super::support::scene::{Outputs, Run};

/// Without `WHOLE_MATRICES` in the environment, only each request of so many is tried.
const STRIDE: usize = 4;

async fn submit(modules: &Modules, id: u64, merge: &str) -> Result<Outputs, Stop> {
    let inputs = modules.inputs(&[
        ("kind", "submission"),
        ("module-config", "module-config.yaml"),
        ("merge", merge),
    ]);
    let run = Run { id, attempt: 1 };
    modules.scene.phase(run, "propose", &inputs).await
}

#[tokio::test]
async fn two_submissions_at_once_end_with_one_pull_request() {
    let stride = if whole_matrices() { 1 } else { STRIDE };
    for (lag, merge) in [(0, "none"), (3, "squash"), (0, "squash"), (3, "none")] {
        let modules = Modules::published_while_lists_lag(Duration::from_secs(lag)).await;
        let before = modules.before();
        modules.restore(&before).await;
        let alone = submit(&modules, 1, merge).await.unwrap();
        let wanted = modules.ending();
        let requests = modules.other.log().entries().len() as u64;
        for request in (1..=requests).step_by(stride) {
            modules.restore(&before).await;
            let begun = Arc::new(Notify::new());
            let notify = Arc::clone(&begun);
            let number = modules.other.log().last() + request;
            let arrival = Fault::call(move |_| notify.notify_one());
            modules.other.faults().at(number, arrival);
            let second = async {
                begun.notified().await;
                submit(&modules, 2, merge).await
            };
            let (one, other) = tokio::join!(submit(&modules, 1, merge), second);
            let case = format!("{merge}, lag {lag}, at {request} of {requests}");
            let ended =
                [one, other].map(|ended| ended.unwrap_or_else(|stop| panic!("{case}: {stop:?}")));
            for outputs in &ended {
                for output in ["state", "pull-request"] {
                    assert_eq!(outputs[output], alone[output], "{case}");
                }
                assert_eq!(outputs["commit"], ended[0]["commit"], "{case}");
            }
            assert_eq!(modules.ending(), wanted, "{case}");
            assert_eq!(modules.landed("POST", "/pulls"), 1, "{case}");
        }
    }
}
