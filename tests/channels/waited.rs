//! What changes while a promotion waits.

use std::sync::Arc;

use btp_release::domain::Code;
use btp_release::engine::Stop;
use stand_ins::{Fault, Pattern};

use super::refused::{COPIES, copy};
use super::{CHANNELS, Modules, RELEASES, codes};

#[tokio::test]
async fn promotion_waits_until_the_component_is_where_it_is_looked_up() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    copy(&mut modules.scene.registry.store());
    // Until it is replicated.
    let looks = Pattern::new("HEAD", &format!("*{COPIES}*"));
    let faults = modules.scene.registry.faults();
    faults.when(looks, 5, Fault::ManifestUnknown);
    let registry = format!("{}/{COPIES}", modules.scene.registry.host());
    let inputs = [("module-registry", registry.as_str()), ("merge", "squash")];
    let promoted = modules.promote("fast", &inputs).await.unwrap();
    assert_eq!(promoted["state"], "merged");
    assert_eq!(modules.scene.registry.faults().pending(), 0);
}

#[tokio::test]
async fn promotion_waits_until_the_channels_before_have_the_version() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let inputs = [("channel-order", "fast, regular"), ("merge", "squash")];
    // Both at once, and the later channel first.
    let (regular, fast) = tokio::join!(
        modules.promote("regular", &inputs),
        modules.promote("fast", &inputs)
    );
    for promoted in [regular, fast] {
        assert_eq!(promoted.unwrap()["state"], "merged");
    }
    assert_eq!(
        modules.text(RELEASES),
        Some(CHANNELS.replace("1.1.0", "1.2.0"))
    );
    let titles: Vec<_> = modules.pulls().into_iter().map(|pull| pull.title).collect();
    assert_eq!(
        titles[1..],
        [
            "Promote btp-operator 1.2.0 to fast",
            "Promote btp-operator 1.2.0 to regular"
        ]
    );
}

#[tokio::test]
async fn channel_that_is_never_reached_is_named_at_the_deadline() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let inputs = [
        ("channel-order", "fast\nregular"),
        ("merge", "wait"),
        ("timeout", "2m"),
    ];
    let ended = modules.promote("regular", &inputs).await;
    let Err(Stop::TimedOut { on, .. }) = &ended else {
        panic!("{ended:?}")
    };
    let line = on.join("\n");
    assert!(
        line.contains("follows fast, which has version 1.1.0"),
        "{line}"
    );
    assert_eq!(modules.pulls().len(), 1, "the submission");
}

#[tokio::test]
async fn release_is_verified_again_right_before_the_merge() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    let github = Arc::clone(&modules.scene.github);
    // Once the pull request is open, somebody alters the release.
    let alter = Fault::call_after(move |_| {
        let mut world = github.world();
        let repository = world.repository(super::support::scene::REPOSITORY);
        for release in repository.releases.values_mut() {
            release.body = None;
        }
    });
    modules
        .other
        .faults()
        .when(Pattern::new("POST", "*/pulls"), 1, alter);
    let ended = modules.promote("fast", &[("merge", "squash")]).await;
    let found = codes(ended);
    assert!(found.contains(&Code::EvidenceDiffers), "{found:?}");
    assert_eq!(modules.text(RELEASES).as_deref(), Some(CHANNELS));
    assert_eq!(modules.pulls().len(), 2, "it is open, and not merged");
}
