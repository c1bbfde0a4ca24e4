//! A release whose statements become referrers of its images, and that is interrupted at every request about them.

use stand_ins::EventLog;

use super::signing::CUTS;
use super::support::cuts::whole_matrices;
use super::support::scene::{REQUIRE, Scene};

/// Every request of `publish` about referrers, from the first look at what a registry has of them.
fn requests_about_referrers(log: &EventLog) -> Vec<u64> {
    let mut since = false;
    let entries = log.filter(|_| true);
    let about = entries.iter().filter(|entry| {
        since |= entry.path.contains("/referrers/");
        since
    });
    about.map(|entry| entry.number).collect()
}

/// In a registry that lists referrers, and in one where they are listed in an index that is written. `verify`, which ends each
/// release, finds all of them. With `WHOLE_MATRICES` in the environment every request is cut in every way.
#[tokio::test]
async fn release_with_referrers_completes_after_every_interruption_of_the_registry() {
    let mut cases = 0;
    for lists in [true, false] {
        let scene = Scene::start(|_| {})
            .await
            .signing(REQUIRE)
            .referring(REQUIRE);
        let scene = scene
            .with_registry(|registry| registry.referrers = lists)
            .await;
        let before = scene.registry.log().last();
        assert_eq!(scene.signed_to_the_end().await, Ok(1));
        let requests = requests_about_referrers(scene.registry.log());
        assert!(requests.len() > 20, "{requests:?}");
        for (nth, request) in (0..).zip(requests) {
            for (kind, fault) in (0..).zip(CUTS) {
                // Every third request, in one way.
                if !whole_matrices() && (nth + 3 * kind) % 15 != 0 {
                    continue;
                }
                scene.reset().await;
                let (log, faults) = (scene.registry.log(), scene.registry.faults());
                faults.at(log.last() + request - before, fault());
                let case = format!("lists: {lists}, {request} {:?}", fault());
                let ended = scene.signed_to_the_end().await;
                ended.unwrap_or_else(|why| panic!("{case}: {why}"));
                assert_eq!(faults.pending(), 0, "{case} was never reached");
                cases += 1;
            }
        }
    }
    eprintln!("{cases} cuts of requests about referrers survived");
}
