//! The requests of a look, and that a watch costs nothing of GitHub's quota while nothing changes.

use btp_release::engine::Stop;
use stand_ins::LogEntry;

use super::release::RUN;
use super::support::scene::{Scene, TAG};

/// The requests to GitHub and to the registry of one look.
async fn look(scene: &Scene, inputs: &[(&str, &str)]) -> (Vec<LogEntry>, usize) {
    scene.github.log().clear();
    scene.registry.log().clear();
    let inputs = [&[("version", TAG)], inputs].concat();
    scene.phase(RUN, "status", &inputs).await.unwrap();
    (
        scene.github.log().entries(),
        scene.registry.log().entries().len(),
    )
}

fn listed(entries: &[LogEntry]) -> String {
    let lines = entries.iter();
    let lines = lines.map(|it| format!("{} {} {:?}\n", it.method, it.path, it.status));
    lines.collect()
}

#[tokio::test]
async fn look_stays_within_its_budget() {
    let scene = Scene::start(|_| {}).await;
    let mut exceeded = Vec::new();
    let mut check =
        |what: &str, (github, registry): (Vec<LogEntry>, usize), budget: (usize, usize)| {
            let sent = (github.len(), registry);
            if sent != budget {
                exceeded.push(format!("{what}: {sent:?}\n{}", listed(&github)));
            }
        };
    // The query, the tag, the repository, which says whether drafts are shown, and the lock.
    check("absent", look(&scene, &[]).await, (4, 0));
    let plan = scene.until_drafted().await;
    // The query, the release, the tag, the lock and the statuses.
    check("draft", look(&scene, &[]).await, (5, 0));
    scene.push_images(&plan);
    scene.build_module(&plan, &[]).await;
    let job = scene.test(plan.clone()).await;
    let given = ("plan", plan.as_str());
    // The same, with the texts of two assets that name images, which redirect to where they are stored.
    check("draft with a plan", look(&scene, &[given]).await, (9, 23));
    let checks = [given, ("required-checks", "lint")];
    check("draft with checks", look(&scene, &checks).await, (11, 23));
    scene.publish(&job).await.unwrap();
    // The query, the release, the tag, the lock and the evidence, which `verify` reads again.
    check("published", look(&scene, &[]).await, (11, 23));
    assert_eq!(exceeded, [""; 0]);
}

#[tokio::test]
async fn watch_of_a_draft_costs_nothing_while_nothing_changes() {
    let scene = Scene::start(|_| {}).await;
    let plan = scene.until_drafted().await;
    scene.push_images(&plan);
    scene.github.log().clear();
    let inputs = [
        ("version", TAG),
        ("plan", &plan),
        ("required-checks", "lint"),
        ("watch", "true"),
        ("timeout", "30m"),
    ];
    let ended = scene.phase(RUN, "status", &inputs).await;
    let Err(Stop::TimedOut { on, .. }) = ended else {
        panic!("{ended:?}");
    };
    assert!(
        on.contains(&"asset template.yaml: absent".to_owned()),
        "{on:?}"
    );
    let all = scene.github.log().entries();
    let looks = all
        .iter()
        .filter(|it| it.path.ends_with("/statuses"))
        .count();
    assert!((150..=400).contains(&looks), "{looks} looks in 30 minutes");
    let counted: Vec<_> = all
        .into_iter()
        .filter(|it| it.status != Some(304))
        .collect();
    // The first look, and the first lists of the tag and of the lock.
    assert_eq!(counted.len(), 9, "{}", listed(&counted));
}

#[tokio::test]
async fn release_that_is_not_there_is_looked_for_twice_a_minute() {
    let scene = Scene::start(|_| {}).await;
    scene.github.log().clear();
    let inputs = [("version", TAG), ("watch", "true"), ("timeout", "30m")];
    let ended = scene.phase(RUN, "status", &inputs).await;
    assert!(matches!(ended, Err(Stop::TimedOut { .. })), "{ended:?}");
    let all = scene.github.log().entries();
    let counted = all.iter().filter(|it| it.status != Some(304));
    let (queries, others): (Vec<_>, Vec<_>) = counted.partition(|it| it.path.ends_with("/graphql"));
    assert!((60..=140).contains(&queries.len()), "{}", queries.len());
    assert!(others.len() <= 6, "{}", others.len());
}
