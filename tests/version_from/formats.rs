//! Every source of a version with tags of every format, of both kinds, early and late.

use super::release::{RUN, scene};
use super::support::scene::{ANNOTATED, EARLY, LATE, LIGHTWEIGHT, Run};

/// A prefix of tags, and the format that makes it.
const FORMATS: [(&str, &str); 4] = [
    ("", "{version}"),
    ("v", "v{version}"),
    ("api/v", "api/v{version}"),
    ("listener/v", "listener/v{version}"),
];

#[tokio::test]
async fn every_source_of_a_version_works_with_every_format_and_kind_of_tag() {
    for (prefix, format) in FORMATS {
        for (tag_when, tag_type) in [
            (EARLY, LIGHTWEIGHT),
            (EARLY, ANNOTATED),
            (LATE, LIGHTWEIGHT),
            (LATE, ANNOTATED),
        ] {
            let inputs = [
                ("tag-format", format),
                ("tag-when", tag_when),
                ("tag-type", tag_type),
                ("binary-image", "r.example/prod/manager"),
            ];
            for (source, version) in [
                (&[("version", "1.3.0")][..], "1.3.0"),
                (&[("version-from", "branch-next-patch")], "1.2.2"),
                (
                    &[("version-from", "next-rc"), ("version", "1.3.0")],
                    "1.3.0-rc.2",
                ),
            ] {
                let tag = format!("{prefix}{version}");
                let scene = scene("refs/heads/release-1.2", |repository| {
                    repository.publish(&format!("{prefix}1.2.1"));
                    repository.tag("x/v1.2.9").tag("nightly");
                    repository
                        .tag(&format!("{prefix}1.3.0-rc.1"))
                        .commit("More");
                })
                .await;
                // Nothing is built here.
                let inputs = [source, &inputs[..3]].concat();
                let seen = scene.released(RUN, &inputs).await.unwrap();
                assert_eq!(seen, tag);
                let (message, previous) = scene.repository(|repository| {
                    let sha = &repository.refs[&format!("refs/tags/{tag}")];
                    let object = repository.tag_objects.get(sha);
                    assert_eq!(repository.tag_commit(&tag), Some(repository.tip()));
                    (
                        object.map(|it| it.message.clone()),
                        repository.releases.len(),
                    )
                });
                let annotated = (tag_type == ANNOTATED).then(|| tag.clone());
                assert_eq!((message, previous), (annotated, 2), "{tag}");
                scene
                    .step(
                        RUN,
                        "verify",
                        &[("version", version), ("tag-format", format)],
                    )
                    .await
                    .unwrap();
            }
            // What is missing in the names of images is filled in with what an image may be called.
            let scene = scene("refs/heads/release-1.2", |_| ()).await;
            let inputs = [&[("version-from", "branch-next-patch")], &inputs[..]].concat();
            assert_eq!(scene.planned(RUN, &inputs).await, format!("{prefix}1.2.0"));
        }
    }
}

#[tokio::test]
async fn pushed_tag_with_a_prefix_needs_no_format() {
    for (prefix, format) in FORMATS {
        let reference = format!("refs/tags/{prefix}1.3.0");
        for given in [&[][..], &[("tag-format", format)]] {
            let scene = scene(&reference, |repository| {
                repository
                    .publish(&format!("{prefix}1.2.1"))
                    .tag("x/v1.2.9");
                repository.commit("More").tag(&format!("{prefix}1.3.0"));
            })
            .await;
            let inputs = [&[("version-from", "ref")], given].concat();
            let planned = scene.drafted(RUN, &inputs).await.unwrap();
            assert_eq!(planned["version"], "1.3.0");
            assert_eq!(planned["tag"], format!("{prefix}1.3.0"));
            assert_eq!(planned["previous-tag"], format!("{prefix}1.2.1"));
            assert_eq!(scene.released(RUN, &inputs).await.unwrap(), planned["tag"]);
        }
    }
}

/// A tag that exists at the commit is used as it is, whatever kind is asked for.
#[tokio::test]
async fn lightweight_tag_that_exists_is_released_where_an_annotated_one_is_asked_for() {
    for tag_when in [EARLY, LATE] {
        let scene = scene("refs/heads/main", |_| ()).await;
        let at = scene.repository(|repository| repository.tag("1.2.0").tip());
        scene.seen_by_all().await;
        let inputs = [
            ("version", "1.2.0"),
            ("tag-type", "annotated"),
            ("tag-when", tag_when),
        ];
        assert_eq!(scene.released(RUN, &inputs).await.unwrap(), "1.2.0");
        let now = scene.repository(|repository| repository.refs["refs/tags/1.2.0"].clone());
        assert_eq!(now, at);
        scene
            .released(Run { id: 2, attempt: 1 }, &inputs)
            .await
            .unwrap();
    }
}
