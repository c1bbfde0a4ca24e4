//! Writes: each is sent once, and each refusal has its cause.

use btp_release::protocol::{
    AssetId, Cause, GitHubReader, GitHubWriter, NewDraft, NewTag, Publication, ReleaseId,
};
use stand_ins::github::{StoredRelease, Token};

use crate::support::github::{REPOSITORY, Rig, file, kind, new_tag, tag};

fn new_draft(rig: &Rig, name: &str) -> NewDraft {
    NewDraft {
        tag: tag(name),
        target: rig.tip(),
        name: name.into(),
        body: "Notes".into(),
        prerelease: false,
    }
}

fn publication(release: ReleaseId, name: &str) -> Publication {
    Publication {
        release,
        tag: tag(name),
        body: "The final notes".into(),
        prerelease: false,
        make_latest: true,
    }
}

fn release(rig: &Rig, id: ReleaseId) -> StoredRelease {
    rig.repository(|repository| repository.releases[&id.0].clone())
}

#[tokio::test]
async fn draft_is_created_edited_and_published() {
    let rig = Rig::start().await;
    let id = rig
        .github
        .create_draft(&new_draft(&rig, "1.1.0"))
        .await
        .unwrap();
    let made = release(&rig, id);
    assert!(made.draft && !made.prerelease);
    assert_eq!(
        (made.tag_name.as_str(), made.target_commitish),
        ("1.1.0", rig.tip().to_string())
    );

    rig.github
        .edit_draft(id, &tag("1.1.0"), "Better notes")
        .await
        .unwrap();
    let edited = release(&rig, id);
    assert_eq!(
        (edited.body.as_deref(), edited.tag_name.as_str()),
        (Some("Better notes"), "1.1.0")
    );
    assert!(edited.draft);

    rig.github
        .create_tag(&new_tag("1.1.0", &rig.tip()))
        .await
        .unwrap();
    rig.github.publish(&publication(id, "1.1.0")).await.unwrap();
    let published = release(&rig, id);
    assert!(!published.draft);
    assert_eq!(published.tag_name, "1.1.0");
    assert_eq!(published.body.as_deref(), Some("The final notes"));
    assert_eq!(rig.repository(|repository| repository.latest), Some(id.0));
    assert_eq!(rig.hub.log().writes().len(), 4);
}

#[tokio::test]
async fn publish_without_make_latest_keeps_the_latest() {
    let rig = Rig::start().await;
    let before = rig.repository(|repository| repository.latest);
    let id = rig
        .github
        .create_draft(&new_draft(&rig, "1.1.0"))
        .await
        .unwrap();
    let publication = Publication {
        make_latest: false,
        ..publication(id, "1.1.0")
    };
    rig.github.publish(&publication).await.unwrap();
    assert_eq!(rig.repository(|repository| repository.latest), before);
}

#[tokio::test]
async fn draft_is_created_without_target_where_workflow_rights_are_missing() {
    let rig = Rig::start().await;
    rig.repository(|repository| {
        repository
            .on("release-1.1")
            .commit_workflows("Build faster", "new");
    });
    let id = rig
        .github
        .create_draft(&new_draft(&rig, "1.1.0"))
        .await
        .unwrap();
    assert_eq!(release(&rig, id).target_commitish, "main");
    let posts = rig.requests("POST", "/releases");
    assert_eq!(
        posts.iter().map(|post| post.landed).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(
        rig.repository(|repository| repository.releases_of("1.1.0").len()),
        1
    );

    rig.hub.world().token("reader", Token::read_only());
    rig.hub.log().clear();
    let refused = rig
        .connect("reader", |_| ())
        .create_draft(&new_draft(&rig, "1.2.0"))
        .await;
    assert_eq!(kind(&refused), "denied");
    assert_eq!(rig.requests("POST", "/releases").len(), 1);
}

#[tokio::test]
async fn annotated_tag_is_an_object_and_a_reference_to_it() {
    let rig = Rig::start().await;
    let annotated = NewTag {
        message: Some("Release 1.1.0".into()),
        ..new_tag("api/v1.1.0", &rig.tip())
    };
    rig.github.create_tag(&annotated).await.unwrap();
    let tip = rig.tip().to_string();
    rig.repository(|repository| {
        let sha = &repository.refs["refs/tags/api/v1.1.0"];
        let object = &repository.tag_objects[sha];
        assert_eq!(object.tag, "api/v1.1.0");
        assert_eq!(object.message, "Release 1.1.0");
        assert_eq!(object.object, tip);
        assert_eq!(object.tagger, "github-actions[bot]");
    });
    // Its own object is known already.
    rig.hub.log().clear();
    assert_eq!(
        rig.github.tag(&tag("api/v1.1.0")).await.unwrap(),
        Some(rig.tip())
    );
    assert_eq!(rig.hub.log().entries().len(), 1);

    let again = rig.github.create_tag(&annotated).await;
    assert_eq!(kind(&again), "conflict");
    let lightweight = rig
        .github
        .create_tag(&new_tag("api/v1.1.0", &rig.tip()))
        .await;
    assert_eq!(kind(&lightweight), "conflict");
    let elsewhere = NewTag {
        commit: "0".repeat(40).parse().unwrap(),
        ..annotated
    };
    assert_eq!(kind(&rig.github.create_tag(&elsewhere).await), "refused");
}

#[tokio::test]
async fn existing_tag_is_a_conflict() {
    let rig = Rig::start().await;
    rig.github
        .create_tag(&new_tag("api/v1.1.0", &rig.tip()))
        .await
        .unwrap();
    let commit = rig.repository(|repository| repository.tag_commit("api/v1.1.0"));
    assert_eq!(commit, Some(rig.tip().to_string()));
    let again = rig
        .github
        .create_tag(&new_tag("api/v1.1.0", &rig.tip()))
        .await;
    assert_eq!(kind(&again), "conflict");
    let absent = "0".repeat(40).parse().unwrap();
    assert_eq!(
        kind(&rig.github.create_tag(&new_tag("2.0.0", &absent)).await),
        "refused"
    );
}

#[tokio::test]
async fn existing_names_are_conflicts() {
    let rig = Rig::start().await;
    let second = rig.draft("1.0.0");
    assert_eq!(
        kind(&rig.github.publish(&publication(second, "1.0.0")).await),
        "conflict"
    );
    for name in ["a.yaml", "b.yaml"] {
        rig.hub
            .world()
            .attach(REPOSITORY, second.0, name, b"x")
            .unwrap();
    }
    let asset = AssetId(release(&rig, second).assets[0].id);
    let taken = rig
        .github
        .rename_asset(asset, &"b.yaml".parse().unwrap())
        .await;
    assert_eq!(kind(&taken), "conflict");
}

#[tokio::test]
async fn reserved_tag_name_is_refused_with_the_message_of_github() {
    let rig = Rig::start().await;
    rig.repository(|repository| repository.reserved_tags.insert("1.1.0".into()));
    let error = rig
        .github
        .create_draft(&new_draft(&rig, "1.1.0"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error.cause, Cause::Refused { status: 422, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("immutable"), "{error}");
}

#[tokio::test]
async fn asset_is_renamed_and_deleted() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    rig.hub
        .world()
        .attach(REPOSITORY, id.0, "new.yaml", b"x")
        .unwrap();
    let asset = AssetId(release(&rig, id).assets[0].id);
    rig.github
        .rename_asset(asset, &"template.yaml".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(release(&rig, id).assets[0].name, "template.yaml");
    rig.github.delete_asset(asset).await.unwrap();
    assert!(release(&rig, id).assets.is_empty());
}

#[tokio::test]
async fn deleting_twice_succeeds() {
    let rig = Rig::start().await;
    let id = rig.draft("1.1.0");
    rig.repository(|repository| _ = repository.tag("1.1.0"));
    for _ in 0..2 {
        rig.github.delete_release(id).await.unwrap();
        rig.github.delete_tag(&tag("1.1.0")).await.unwrap();
        rig.github.delete_asset(AssetId(42)).await.unwrap();
    }
    rig.repository(|repository| {
        assert!(!repository.releases.contains_key(&id.0));
        assert_eq!(repository.tag_commit("1.1.0"), None);
    });
    assert_eq!(
        rig.hub
            .log()
            .writes()
            .iter()
            .filter(|entry| entry.landed)
            .count(),
        2
    );
}

#[tokio::test]
async fn writes_without_the_right_are_denied_with_its_name() {
    let rig = Rig::start().await;
    rig.hub.world().token("reader", Token::read_only());
    let reader = rig.connect("reader", |_| ());
    let id = rig.repository(|repository| {
        let published = repository.releases.values().next().unwrap();
        ReleaseId(published.id)
    });
    let folder = tempfile::tempdir().unwrap();
    let file = file(&folder, "x.yaml", b"x");
    let before = rig.hub.world().clone();
    let name = "x.yaml".parse().unwrap();
    let outcomes = [
        reader
            .create_draft(&new_draft(&rig, "1.1.0"))
            .await
            .map(drop),
        reader.create_tag(&new_tag("1.1.0", &rig.tip())).await,
        reader.edit_draft(id, &tag("1.0.0"), "x").await,
        reader.publish(&publication(id, "1.0.0")).await,
        reader.upload_asset(id, &name, &file).await.map(drop),
        reader.delete_release(id).await,
        reader.delete_tag(&tag("1.0.0")).await,
    ];
    for outcome in outcomes {
        let error = outcome.unwrap_err();
        assert!(
            matches!(&error.cause, Cause::Denied { status: 403, accepted: Some(right), request_id: Some(_), .. } if right == "contents=write"),
            "{error}"
        );
    }
    assert!(*rig.hub.world() == before);
}

#[tokio::test]
async fn write_to_an_invisible_release_is_denied() {
    let rig = Rig::start().await;
    let outcome = rig
        .github
        .publish(&publication(ReleaseId(42), "1.1.0"))
        .await;
    assert!(
        matches!(
            outcome.as_ref().unwrap_err().cause,
            Cause::Denied { status: 404, .. }
        ),
        "{outcome:?}"
    );
}
