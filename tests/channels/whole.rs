//! From the release to two channels.

use super::{CHANNELS, CONFIG, Modules, RELEASES, SUBMISSION};

#[tokio::test]
async fn version_is_submitted_and_promoted_with_one_pull_request_each() {
    let modules = Modules::published().await;
    let submitted = modules.submit(&[]).await.unwrap();
    assert_eq!(submitted["state"], "open");
    let merged = modules.submit(&[("merge", "squash")]).await.unwrap();
    assert_eq!(
        (&merged["state"], &merged["pull-request"]),
        (&"merged".into(), &submitted["pull-request"])
    );
    let expected = CONFIG
        .replace("0.0.0", "1.2.0")
        .replace("manifest:", "repositoryTag: v1.2.0\nmanifest:");
    assert_eq!(modules.text(SUBMISSION), Some(expected));

    for channel in ["fast", "regular"] {
        let promoted = modules.promote(channel, &[("merge", "squash")]).await;
        assert_eq!(promoted.unwrap()["state"], "merged");
    }
    let expected = CHANNELS.replace("1.1.0", "1.2.0");
    assert_eq!(modules.text(RELEASES), Some(expected));
    let titles: Vec<_> = modules.pulls().into_iter().map(|pull| pull.title).collect();
    assert_eq!(
        titles,
        [
            "Submit btp-operator 1.2.0",
            "Promote btp-operator 1.2.0 to fast",
            "Promote btp-operator 1.2.0 to regular"
        ]
    );
}

#[tokio::test]
async fn what_is_as_wanted_is_not_written_again() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    modules
        .promote("fast", &[("merge", "squash")])
        .await
        .unwrap();
    modules.other.log().clear();
    modules.scene.forget();
    let again = modules.submit(&[("merge", "squash")]).await.unwrap();
    assert_eq!(again["state"], "merged");
    let again = modules
        .promote("fast", &[("merge", "squash")])
        .await
        .unwrap();
    assert_eq!(again["state"], "merged");
    // By another's hand, and so without a pull request of ours.
    modules.push(RELEASES, &CHANNELS.replace("1.1.0", "1.2.0"));
    let equal = modules.promote("regular", &[]).await.unwrap();
    assert_eq!(equal["state"], "unchanged");
    assert_eq!(modules.other.log().writes().len(), 0);
    assert_eq!(modules.scene.github.log().writes().len(), 0);
}

#[tokio::test]
async fn promotions_of_one_version_to_two_channels_are_open_at_the_same_time() {
    let modules = Modules::published().await;
    modules.submit(&[("merge", "squash")]).await.unwrap();
    modules.promote("fast", &[]).await.unwrap();
    modules.promote("regular", &[]).await.unwrap();
    let heads: Vec<_> = modules.pulls().into_iter().map(|pull| pull.head).collect();
    assert_eq!(
        heads,
        [
            "release/submission/v1.2.0",
            "release/promotion/fast/v1.2.0",
            "release/promotion/regular/v1.2.0"
        ]
    );
    // One after the other, since both change one file.
    for channel in ["fast", "regular"] {
        let merged = modules.promote(channel, &[("merge", "squash")]).await;
        assert_eq!(merged.unwrap()["state"], "merged");
    }
    assert_eq!(modules.pulls().len(), 3);
    assert_eq!(
        modules.text(RELEASES),
        Some(CHANNELS.replace("1.1.0", "1.2.0"))
    );
}
