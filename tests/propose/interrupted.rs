//! Every request of a proposal that is merged × every fault: after each interruption another run ends with one pull request, merged once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use super::support::cuts::CUTS;
use super::support::scene::{Outputs, Run, Scene};
use super::{BRANCH, CONFIG, fill, inputs, pulls, scene_with, text, tip};

async fn run(
    scene: &Scene,
    id: u64,
    more: &[(&str, &str)],
    killed: &Notify,
) -> Result<Outputs, String> {
    let run = Run { id, attempt: 1 };
    let inputs = inputs(more);
    tokio::select! {
        ended = scene.phase(run, "propose", &inputs) => ended.map_err(|stop| format!("{stop:?}")),
        () = killed.notified() => Err("killed".into()),
    }
}

#[tokio::test]
async fn interrupted_proposal_ends_with_one_pull_request_and_one_merge() {
    let mut cases = 0;
    for lag in [0, 3] {
        let scene = scene_with(|options| options.lag = Duration::from_secs(lag)).await;
        let base = tip(&scene, "main").unwrap();
        let merge = [("merge", "squash"), ("commit", base.as_str())];
        run(&scene, 1, &merge, &Notify::new()).await.unwrap();
        let requests = scene.github.log().entries().len() as u64;
        for request in 1..=requests {
            for cut in CUTS {
                fill(&scene).await;
                assert_eq!(
                    tip(&scene, "main").unwrap(),
                    base,
                    "the same world each time"
                );
                let case = format!("lag {lag}, {cut:?} at {request} of {requests}");
                let killed = Arc::new(Notify::new());
                let (log, faults) = (scene.github.log(), scene.github.faults());
                cut.plan(log, faults, request, &killed);
                let mut last = run(&scene, 1, &merge, &killed).await;
                for id in 2..=4 {
                    if last.is_ok() {
                        break;
                    }
                    last = run(&scene, id, &merge, &killed).await;
                }
                let outputs = last.unwrap_or_else(|why| panic!("{case}: {why}"));
                assert_eq!(scene.github.faults().pending(), 0, "{case}");
                let pulls = pulls(&scene);
                assert_eq!(pulls.len(), 1, "{case}");
                let (_, pull) = &pulls[0];
                assert_eq!(
                    pull.merge_commit.as_ref(),
                    Some(&outputs["commit"]),
                    "{case}"
                );
                assert_eq!(outputs["state"], "merged", "{case}");
                assert_eq!(
                    tip(&scene, "main").as_ref(),
                    Some(&outputs["commit"]),
                    "{case}"
                );
                assert_eq!(tip(&scene, BRANCH), None, "{case}");
                assert!(text(&scene, "main", CONFIG).contains("'1.2.0'"), "{case}");
                scene.repository(|repository| {
                    let merged = &repository.commits[&outputs["commit"]];
                    assert_eq!(merged.parents, std::slice::from_ref(&base), "{case}");
                });
                cases += 1;
            }
        }
    }
    assert!(cases > 100, "{cases}");
}
