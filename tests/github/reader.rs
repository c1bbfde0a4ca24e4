//! Reads: existing objects are found, missing ones are absent, and every failure is an error.

use btp_release::domain::CommitSha;
use btp_release::protocol::{AssetState, Cause, CountedReleases, GitHubReader, ReleaseId};
use stand_ins::github::{Digests, GitHubWorld, Level, Token};
use stand_ins::{Category, RateLimits};

use crate::support::github::{REPOSITORY, Rig, TOKEN, kind, tag};

#[tokio::test]
async fn repository_is_read_with_the_right_to_push() {
    let rig = Rig::start().await;
    let seen = rig.github.repository().await.unwrap();
    assert_eq!(seen.slug.to_string(), REPOSITORY);
    assert_eq!(seen.default_branch, "main");
    assert_ne!(seen.may_push, Some(false));
}

#[tokio::test]
async fn invisible_repository_is_denied_with_the_request_id() {
    let rig = Rig::start().await;
    let other = rig.connect(TOKEN, |settings| {
        settings.repository = "kyma-project/nothing".parse().unwrap();
    });
    for (github, status) in [(other, 404), (rig.connect("expired", |_| ()), 401)] {
        let error = github.repository().await.unwrap_err();
        let Cause::Denied {
            status: seen,
            request_id,
            ..
        } = &error.cause
        else {
            panic!("{error}")
        };
        assert_eq!(*seen, status);
        assert!(
            error.to_string().contains(request_id.as_ref().unwrap()),
            "{error}"
        );
        assert_eq!(kind(&github.releases(&tag("1.0.0")).await), "denied");
        assert_eq!(kind(&github.tags("v").await), "denied");
        let tags = ["1.0.0".to_owned()];
        assert_eq!(
            kind(&github.first_released(&tags, CountedReleases::All).await),
            "denied"
        );
    }
}

#[tokio::test]
async fn immutable_releases_setting_is_readable_by_administrators_only() {
    let rig = Rig::start().await;
    let mut administrator = Token::pat("admin");
    administrator.rights.administration = Level::Read;
    rig.hub.world().token("administrator", administrator);
    rig.repository(|repository| repository.immutable_releases = true);
    let administrator = rig.connect("administrator", |_| ());
    assert_eq!(
        administrator.immutable_releases().await.unwrap(),
        Some(true)
    );
    assert_eq!(rig.github.immutable_releases().await.unwrap(), None);
}

#[tokio::test]
async fn commits_and_branches_are_found_or_absent() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .on("release-1.0")
            .commit("Fix")
            .on("feature/x+y")
            .commit("More");
    });
    let (tip, absent) = (rig.tip(), "0".repeat(40).parse().unwrap());
    assert!(rig.github.has_commit(&tip).await.unwrap());
    assert!(!rig.github.has_commit(&absent).await.unwrap());
    assert_eq!(rig.github.branch("feature/x+y").await.unwrap(), Some(tip));
    assert!(rig.github.branch("release-1.0").await.unwrap().is_some());
    for name in [
        "release-1",
        "release-1.0/x",
        "feature",
        "none",
        "a?b#c",
        "1.0.0",
    ] {
        assert_eq!(rig.github.branch(name).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn annotated_tags_are_followed_to_their_commit() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .tag("light")
            .annotated_tag("api/v1.2.0", "Release");
        let annotated = repository.refs["refs/tags/api/v1.2.0"].clone();
        let mut outer = repository.tag_objects[&annotated].clone();
        outer.object = annotated;
        repository.tag_objects.insert("7".repeat(40), outer);
        repository
            .refs
            .insert("refs/tags/nested".into(), "7".repeat(40));
    });
    for name in ["light", "api/v1.2.0", "nested"] {
        assert_eq!(
            rig.github.tag(&tag(name)).await.unwrap(),
            Some(rig.tip()),
            "{name}"
        );
    }
    let is_annotated = async |name| rig.github.is_annotated(&tag(name)).await.unwrap();
    assert!(is_annotated("api/v1.2.0").await && is_annotated("nested").await);
    assert!(!is_annotated("light").await && !is_annotated("absent").await);
    for name in ["ligh", "api", "api/v1.2", "main"] {
        assert_eq!(rig.github.tag(&tag(name)).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn releases_include_drafts_and_duplicates() {
    let rig = Rig::with(GitHubWorld::example(), |options| options.page_size_max = 2).await;
    let drafts: Vec<ReleaseId> = (0..5).map(|_| rig.draft("1.1.0")).collect();
    rig.draft("1.1.0-rc1");
    let seen = rig.github.releases(&tag("1.1.0")).await.unwrap();
    assert_eq!(
        seen.iter().map(|release| release.id).collect::<Vec<_>>(),
        drafts
    );
    assert!(
        seen.iter()
            .all(|release| release.draft && release.tag == "1.1.0")
    );

    rig.draft("1.0.0");
    let seen = rig.github.releases(&tag("1.0.0")).await.unwrap();
    assert_eq!(
        seen.iter().map(|release| release.draft).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(rig.github.releases(&tag("9.9.9")).await.unwrap(), []);
}

#[tokio::test]
async fn draft_at_the_end_of_the_list_is_found() {
    let mut world = GitHubWorld::example();
    let draft = world.repository(REPOSITORY).draft("1.1.0");
    for minor in 2..40 {
        world
            .repository(REPOSITORY)
            .commit("More")
            .publish(&format!("1.{minor}.0"));
    }
    let rig = Rig::with(world, |options| options.page_size_max = 1).await;
    let seen = rig.github.releases(&tag("1.1.0")).await.unwrap();
    assert_eq!(
        seen.iter().map(|release| release.id.0).collect::<Vec<_>>(),
        [draft]
    );
}

#[tokio::test]
async fn tags_are_listed_by_their_prefix() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .tag("v1.1.0")
            .annotated_tag("v1.2.0", "Release")
            .tag("api/v1.0.0");
    });
    for (prefix, expected) in [
        ("v", &["v1.1.0", "v1.2.0"][..]),
        ("api/v", &["api/v1.0.0"]),
        ("", &["1.0.0", "api/v1.0.0", "v1.1.0", "v1.2.0"]),
        ("none", &[]),
    ] {
        assert_eq!(rig.github.tags(prefix).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn tags_at_a_commit_are_found_through_annotated_tags() {
    let rig = Rig::start().await;
    let before = rig.tip();
    rig.repository(|repository| {
        repository.tag("1.1.0").annotated_tag("1.2.0", "Two");
        let annotated = repository.refs["refs/tags/1.2.0"].clone();
        let mut outer = repository.tag_objects[&annotated].clone();
        outer.object = annotated;
        repository.tag_objects.insert("7".repeat(40), outer);
        let nested = "refs/tags/nested".into();
        repository.refs.insert(nested, "7".repeat(40));
        repository.commit("More").tag("1.3.0");
    });
    let now = rig.tip();
    let at = async |commit, tags: &[&str]| {
        let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
        rig.github.tags_at(commit, &tags).await.unwrap()
    };
    let all = ["absent", "1.3.0", "1.2.0", "1.1.0", "nested"];
    assert_eq!(at(&now, &all).await, ["1.3.0"]);
    assert_eq!(at(&before, &all).await, ["1.2.0", "1.1.0", "nested"]);
    assert_eq!(at(&now, &["1.1.0", "absent"]).await, [""; 0]);
    assert_eq!(at(&now, &[]).await, [""; 0]);
    // Beyond one query.
    let many: Vec<_> = (0..120).map(|n| format!("0.{n}.0")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).chain(["1.3.0"]).collect();
    rig.hub.log().clear();
    assert_eq!(at(&now, &many).await, ["1.3.0"]);
    assert_eq!(rig.hub.log().entries().len(), 3);
}

#[tokio::test]
async fn first_release_among_tags_is_neither_a_draft_nor_a_prerelease() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        for minor in 1..9 {
            repository.commit("More").publish(&format!("1.{minor}.0"));
        }
        let newest = repository.releases.values_mut().last().unwrap();
        newest.prerelease = true;
        repository.tag("1.9.0").draft("2.0.0");
    });
    let counted = async |tags: &[&str], counted| {
        let tags: Vec<_> = tags.iter().map(ToString::to_string).collect();
        rig.github.first_released(&tags, counted).await.unwrap()
    };
    let first = async |tags: &[&str]| counted(tags, CountedReleases::NoPrereleases).await;
    let all = ["2.0.0", "1.9.0", "1.8.0", "1.7.0", "1.6.0"];
    let with_prereleases = counted(&all, CountedReleases::All).await;
    assert_eq!(with_prereleases.as_deref(), Some("1.8.0"));
    assert_eq!(first(&all).await.as_deref(), Some("1.7.0"));
    assert_eq!(first(&all[..3]).await, None);
    assert_eq!(first(&[]).await, None);
    // Beyond one query.
    let many: Vec<_> = (0..120).map(|n| format!("0.{n}.0")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).chain(["1.3.0"]).collect();
    rig.hub.log().clear();
    assert_eq!(first(&many).await.as_deref(), Some("1.3.0"));
    assert_eq!(rig.hub.log().entries().len(), 3);
}

#[tokio::test]
async fn commit_is_found_on_its_branches_in_one_query() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .on("release-1.1")
            .commit("Fix")
            .on("main")
            .commit("More");
    });
    let tip = |branch: &str| {
        let name = format!("refs/heads/{branch}");
        let sha = rig.repository(|repository| repository.refs[&name].clone());
        sha.parse::<CommitSha>().unwrap()
    };
    let branches = ["main", "no/such", "release-1.1"].map(str::to_owned);
    for (commit, expected) in [
        (tip("main"), [Some(true), None, Some(false)]),
        (tip("release-1.1"), [Some(false), None, Some(true)]),
    ] {
        rig.hub.log().clear();
        let found = rig.github.on_branches(&commit, &branches).await.unwrap();
        assert_eq!(found, expected);
        assert_eq!(rig.hub.log().entries().len(), 1);
    }
    let nowhere = rig.github.on_branches(&tip("main"), &[]).await.unwrap();
    assert_eq!(nowhere, []);
}

#[tokio::test]
async fn duplicates_are_found_among_the_newest_of_many_releases() {
    let mut world = GitHubWorld::example();
    let repository = world.repository(REPOSITORY);
    for minor in 2..300 {
        repository.publish(&format!("1.{minor}.0"));
    }
    let drafts = [0; 3].map(|_| repository.draft("1.1.0"));
    let rig = Rig::with(world, |_| ()).await;
    let seen = rig.github.releases(&tag("1.1.0")).await.unwrap();
    let ids: Vec<_> = seen.iter().map(|release| release.id.0).collect();
    assert_eq!(ids, drafts);
    // One query, and one request for each.
    assert_eq!(rig.hub.log().entries().len(), 4);
}

#[tokio::test]
async fn latest_tag_may_be_absent() {
    let rig = Rig::start().await;
    assert_eq!(
        rig.github.latest_tag().await.unwrap().as_deref(),
        Some("1.0.0")
    );
    rig.repository(|repository| {
        repository.releases.clear();
        repository.latest = None;
    });
    assert_eq!(rig.github.latest_tag().await.unwrap(), None);
}

#[tokio::test]
async fn release_is_read_with_all_pages_of_assets() {
    let rig = Rig::with(GitHubWorld::example(), |options| {
        options.page_size_max = 20;
        options.digests = Digests::Never;
    })
    .await;
    let id = rig.draft("1.1.0");
    for n in 0..75 {
        let name = format!("asset-{n}.yaml");
        rig.hub
            .world()
            .attach(REPOSITORY, id.0, &name, &[n])
            .unwrap();
    }
    rig.repository(|repository| {
        let release = repository.releases.get_mut(&id.0).unwrap();
        release.assets[7].state = "starter".into();
        release.assets[7].content = None;
    });
    let seen = rig.github.release(id).await.unwrap().unwrap();
    assert_eq!(seen.assets.len(), 75);
    assert!(
        seen.assets
            .iter()
            .all(|asset| asset.digest.is_none() && asset.size == 1)
    );
    let unfinished = seen
        .assets
        .iter()
        .filter(|asset| asset.state == AssetState::Unfinished);
    assert_eq!(
        unfinished
            .map(|asset| asset.name.as_str())
            .collect::<Vec<_>>(),
        ["asset-7.yaml"]
    );
    assert_eq!(rig.github.release(ReleaseId(42)).await.unwrap(), None);
}

#[tokio::test]
async fn generating_notes_changes_nothing() {
    let rig = Rig::start().await;
    let before = rig.hub.world().clone();
    let previous = tag("1.0.0");
    let notes = rig
        .github
        .notes(&tag("1.1.0"), &rig.tip(), Some(&previous))
        .await
        .unwrap();
    assert!(notes.body.contains("Support a proxy"), "{}", notes.body);
    assert!(*rig.hub.world() == before);
}

#[tokio::test]
async fn unchanged_polls_cost_no_quota() {
    let rig = Rig::with(GitHubWorld::example(), |options| {
        options.limits = RateLimits::default()
    })
    .await;
    let id = rig.draft("1.1.0");
    let cost = || {
        rig.hub
            .log()
            .entries()
            .iter()
            .map(|entry| entry.cost)
            .sum::<u32>()
    };
    for _ in 0..180 {
        let seen = rig.github.release(id).await.unwrap().unwrap();
        assert!(seen.draft && seen.assets.is_empty());
        rig.clock.advance(std::time::Duration::from_secs(10));
    }
    assert_eq!(cost(), 1);
    let conditional = rig
        .hub
        .log()
        .filter(|entry| entry.category == Category::Conditional);
    assert_eq!(conditional.len(), 179);
    rig.hub
        .world()
        .attach(REPOSITORY, id.0, "template.yaml", b"x")
        .unwrap();
    assert_eq!(
        rig.github.release(id).await.unwrap().unwrap().assets.len(),
        1
    );
    assert_eq!(cost(), 2);
}

#[tokio::test]
async fn unchanged_pages_of_a_list_cost_no_quota() {
    let rig = Rig::with(GitHubWorld::example(), |options| options.page_size_max = 2).await;
    rig.repository(|repository| {
        for context in ["a", "b", "c", "d", "e"] {
            repository.status(context, "success");
        }
    });
    rig.github.statuses(&rig.tip()).await.unwrap();
    rig.hub.log().clear();
    let statuses = rig.github.statuses(&rig.tip()).await.unwrap();
    assert_eq!(statuses.len(), 5);
    let pages = rig.hub.log().entries();
    assert_eq!(
        pages.iter().map(|page| page.status).collect::<Vec<_>>(),
        [Some(304); 3]
    );
}

#[tokio::test]
async fn object_of_an_annotated_tag_is_read_once() {
    let rig = Rig::start().await;
    rig.repository(|repository| _ = repository.annotated_tag("v1.2.0", "Release"));
    for _ in 0..3 {
        rig.github.tag(&tag("v1.2.0")).await.unwrap();
    }
    let objects = rig.hub.log().filter(|e| e.path.contains("/git/tags/"));
    assert_eq!((objects.len(), rig.hub.log().entries().len()), (1, 4));
}

#[tokio::test]
async fn read_only_token_sees_no_drafts() {
    let rig = Rig::start().await;
    rig.hub.world().token("reader", Token::read_only());
    let id = rig.draft("1.1.0");
    let reader = rig.connect("reader", |_| ());
    assert_eq!(reader.release(id).await.unwrap(), None);
    assert_eq!(reader.releases(&tag("1.1.0")).await.unwrap(), []);
    assert_eq!(reader.releases(&tag("1.0.0")).await.unwrap().len(), 1);
    let error = reader
        .notes(&tag("1.1.0"), &rig.tip(), None)
        .await
        .unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Denied { status: 403, accepted: Some(right), .. } if right == "contents=write"),
        "{error}"
    );
}
