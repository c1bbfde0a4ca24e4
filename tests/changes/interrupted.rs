//! Every request of `draft` × every fault, where the notes are longer than a plan holds: whatever is interrupted, a run again leaves one
//! draft with the whole notes, which were uploaded once.

use std::sync::Arc;

use btp_release::plan::FULL_NOTES;
use tokio::sync::Notify;

use super::history::scene;
use super::long_notes::{CATEGORIES, long_history, phase, published, run};
use super::support::cuts::CUTS;
use super::support::scene::Scene;

async fn draft(
    scene: &Scene,
    id: u64,
    plan: &[(&str, &str)],
    killed: &Notify,
) -> Result<(), String> {
    scene.begin(run(id));
    let ended = tokio::select! {
        ended = scene.phase(run(id), "draft", plan) => ended.map(drop).map_err(|stop| stop.to_string()),
        () = killed.notified() => Err("killed".into()),
    };
    scene.end(run(id));
    ended
}

#[tokio::test]
async fn whole_notes_are_attached_once_whatever_is_interrupted() {
    let scene = scene(long_history).await;
    scene.begin(run(1));
    let planned = phase(&scene, 1, "plan", &CATEGORIES).await;
    let plan = [("plan", planned["plan"].as_str())];
    let before = scene.github.snapshot();
    scene.forget();
    draft(&scene, 1, &plan, &Notify::new()).await.unwrap();
    let requests = scene.github.log().entries().len() as u64;
    let wanted = published(&scene);
    for request in 1..=requests {
        for cut in CUTS {
            scene.github.restore(&before);
            scene.forget();
            let case = format!("{cut:?} at {request} of {requests}");
            let killed = Arc::new(Notify::new());
            cut.plan(scene.github.log(), scene.github.faults(), request, &killed);
            let mut last = draft(&scene, 1, &plan, &killed).await;
            for id in 2..=4 {
                if last.is_ok() {
                    break;
                }
                last = draft(&scene, id, &plan, &killed).await;
            }
            last.unwrap_or_else(|why| panic!("{case}: {why}"));
            assert_eq!(scene.github.faults().pending(), 0, "{case}");
            assert_eq!(published(&scene), wanted, "{case}");
            let uploads = scene.github.log().writes().into_iter();
            let uploads = uploads.filter(|it| it.landed && it.query.contains(FULL_NOTES));
            assert_eq!(uploads.count(), 1, "{case}");
        }
    }
    assert!(requests > 8, "{requests}");
}
