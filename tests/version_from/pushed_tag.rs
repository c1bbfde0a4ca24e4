//! `version-from: ref`: somebody pushes a tag, and the workflow that it starts releases it.

use btp_release::domain::Code;
use btp_release::plan::{Mark, ReleasePlan, VersionFrom};

use super::release::{RUN, scene};
use super::support::scene::Run;

const FROM: (&str, &str) = ("version-from", "ref");
const PUSHED: &str = "refs/tags/v1.2.0";

#[tokio::test]
async fn pushed_tag_is_released_as_it_is() {
    let scene = scene(PUSHED, |repository| {
        _ = repository.annotated_tag("v1.2.0", "By a person")
    })
    .await;
    let tag = || scene.repository(|repository| repository.refs[PUSHED].clone());
    let before = tag();
    // The tag is no release that exists.
    let inputs = [FROM, ("on-existing", "fail")];
    let planned = scene.drafted(RUN, &inputs).await.unwrap();
    let plan = ReleasePlan::from_json(&planned["plan"], None).unwrap();
    assert_eq!(plan.wanted.version_from, VersionFrom::Ref);
    assert_eq!(
        (planned["version"].as_str(), planned["tag"].as_str()),
        ("1.2.0", "v1.2.0")
    );
    let body = scene.repository(|r| r.releases_of("v1.2.0")[0].body.clone().unwrap());
    assert!(Mark::find(&body).unwrap().tag_was_there);
    assert_eq!(scene.released(RUN, &inputs).await.unwrap(), "v1.2.0");
    assert_eq!(scene.published().len(), 1);
    assert_eq!(tag(), before);
    // Again, with the version typed beside it.
    let again = [FROM, ("version", "1.2.0")];
    assert_eq!(
        scene
            .released(Run { id: 2, attempt: 1 }, &again)
            .await
            .unwrap(),
        "v1.2.0"
    );
}

#[tokio::test]
async fn discarded_release_leaves_the_pushed_tag_and_is_replaced_under_it() {
    let scene = scene(PUSHED, |repository| _ = repository.tag("v1.2.0")).await;
    scene.drafted(RUN, &[FROM]).await.unwrap();
    scene.end(RUN);
    let second = Run { id: 2, attempt: 1 };
    let drafts = || scene.repository(|r| r.releases.keys().copied().collect::<Vec<_>>());
    let first = drafts();
    scene
        .drafted(second, &[FROM, ("on-existing", "replace")])
        .await
        .unwrap();
    assert!(drafts().len() == 1 && drafts() != first);
    scene.end(second);
    scene.begin(Run { id: 3, attempt: 1 });
    let discard = [("version", "v1.2.0")];
    scene
        .step(Run { id: 3, attempt: 1 }, "discard", &discard)
        .await
        .unwrap();
    assert_eq!(drafts(), [0; 0]);
    assert!(scene.repository(|r| r.refs.contains_key(PUSHED)));
}

/// A tag that btp-release made, whose own run made it: a run on that tag does not delete what started it.
#[tokio::test]
async fn replacing_a_release_keeps_the_tag_that_the_run_is_on() {
    let scene = scene(PUSHED, |_| ()).await;
    scene.drafted(RUN, &[("version", "v1.2.0")]).await.unwrap();
    scene.end(RUN);
    let second = Run { id: 2, attempt: 1 };
    scene
        .drafted(second, &[FROM, ("on-existing", "replace")])
        .await
        .unwrap();
    assert!(scene.repository(|r| r.refs.contains_key(PUSHED)));
}

#[tokio::test]
async fn tag_of_another_commit_is_refused() {
    let scene = scene(PUSHED, |repository| {
        repository.tag("v1.2.0").commit("More");
    })
    .await;
    let refused = scene.drafted(RUN, &[FROM]).await.unwrap_err();
    assert_eq!(refused, [Code::TagElsewhere]);
    let tagged = scene.repository(|r| r.tag_commit("v1.2.0").unwrap());
    let at_tag = [FROM, ("commit", tagged.as_str())];
    assert_eq!(scene.released(RUN, &at_tag).await.unwrap(), "v1.2.0");
    assert_eq!(scene.published(), [("v1.2.0".to_owned(), tagged)]);
}

#[tokio::test]
async fn deleted_tag_is_not_created_again() {
    let scene = scene(PUSHED, |repository| _ = repository.tag("v1.2.0")).await;
    let delete = || scene.repository(|r| r.refs.remove(PUSHED).unwrap());
    scene.begin(RUN);
    let plan = scene.step(RUN, "plan", &[FROM]).await.unwrap()["plan"].clone();
    let tagged = delete();
    let draft = async || scene.step(RUN, "draft", &[("plan", &plan)]).await;
    assert_eq!(draft().await.unwrap_err(), [Code::TagMissing]);
    assert_eq!(
        scene.step(RUN, "plan", &[FROM]).await.unwrap_err(),
        [Code::TagMissing]
    );
    assert!(scene.repository(|r| r.releases.is_empty() && !r.refs.contains_key(PUSHED)));
    // Pushed again, as the help says.
    scene.repository(|r| r.refs.insert(PUSHED.into(), tagged));
    draft().await.unwrap();
    delete();
    assert_eq!(draft().await.unwrap_err(), [Code::TagMissing]);
    assert!(!scene.repository(|r| r.refs.contains_key(PUSHED)));
}

/// The list of tags may not show a tag that was pushed a second ago.
#[tokio::test]
async fn pushed_tag_is_seen_while_lists_lag() {
    let scene = scene(PUSHED, |_| ()).await;
    scene.repository(|repository| _ = repository.tag("v1.2.0"));
    let planned = scene.drafted(RUN, &[FROM]).await.unwrap();
    assert_eq!(planned["tag"], "v1.2.0");
}
